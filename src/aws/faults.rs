//! Faults to inject between the SDK and the network, for tests: what goes wrong, and at which call.
//!
//! A schedule is made in code ([`Faults::on`], [`Faults::seeded`]) or parsed from one line, so that it can be handed
//! to the binary: `ec2:CreateVpc#1=lose-answer,*#7=die-after,seed=42/10`.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::str::FromStr;
use std::time::Duration;

/// One thing that goes wrong with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The connection breaks before anything is sent.
    LoseRequest,
    /// The call is made; the connection breaks before its answer arrives.
    LoseAnswer,
    /// The call is made after a pause.
    Delay(Duration),
    /// The service asks for fewer calls, in the words of its protocol. Nothing is sent.
    Throttle,
    /// The service fails with status 500. Nothing is sent.
    ServerError,
    /// The process dies, as by `kill -9`, before anything is sent.
    DieBefore,
    /// The call is made; the process dies, as by `kill -9`, when its answer arrives.
    DieAfter,
    /// The call is made; the program panics when its answer arrives.
    Panic,
}

/// Which faults happen at which calls. Empty by default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Faults {
    planned: Vec<Planned>,
    seeded: Option<Seeded>,
    /// Calls seen so far by operation; `*` counts all.
    seen: BTreeMap<String, u64>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Planned {
    operation: String,
    occurrence: u64,
    fault: Fault,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Seeded {
    seed: u64,
    percent: u64,
}

/// A schedule that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a fault: expected `OPERATION#NUMBER=FAULT` or `seed=NUMBER/PERCENT`")]
pub struct BadFault(String);

impl Faults {
    /// Adds a fault at the `occurrence`-th call (from 1) of `operation` (`ec2:CreateVpc`; `*` for any) from now on.
    #[must_use]
    pub fn on(mut self, operation: &str, occurrence: u64, fault: Fault) -> Faults {
        self.planned.push(Planned { operation: operation.to_owned(), occurrence, fault });
        self
    }

    /// Adds faults at about `percent` of all calls: lost requests and answers, throttling, server errors.
    ///
    /// Which calls depends on nothing but the seed, the operation and its occurrence, so that calls made at the same
    /// time cannot change it.
    #[must_use]
    pub fn seeded(mut self, seed: u64, percent: u64) -> Faults {
        self.seeded = Some(Seeded { seed, percent });
        self
    }

    /// Returns what goes wrong with the next call of `operation`, and counts it.
    pub(crate) fn next(&mut self, operation: &str) -> Option<Fault> {
        let any = self.count("*");
        let own = self.count(operation);
        let hit = |it: &&Planned| match it.operation.as_str() {
            "*" => it.occurrence == any,
            name => name == operation && it.occurrence == own,
        };
        let planned = self.planned.iter().find(hit).map(|it| it.fault);
        planned.or_else(|| self.seeded.as_ref().and_then(|it| it.draw(operation, own)))
    }

    fn count(&mut self, key: &str) -> u64 {
        let seen = self.seen.entry(key.to_owned()).or_default();
        *seen += 1;
        *seen
    }
}

impl Seeded {
    fn draw(&self, operation: &str, occurrence: u64) -> Option<Fault> {
        let mut hasher = DefaultHasher::new();
        (self.seed, operation, occurrence).hash(&mut hasher);
        let drawn = hasher.finish();
        let kinds = [Fault::LoseRequest, Fault::LoseAnswer, Fault::Throttle, Fault::ServerError];
        // The hundreds choose the fault, so that the choice does not hang on whether there is one.
        let kind = kinds.into_iter().nth(usize::try_from(drawn / 100 % 4).unwrap_or(0));
        kind.filter(|_| drawn % 100 < self.percent)
    }
}

impl FromStr for Faults {
    type Err = BadFault;

    fn from_str(text: &str) -> Result<Faults, BadFault> {
        text.split(',').map(str::trim).filter(|it| !it.is_empty()).try_fold(Faults::default(), |faults, entry| {
            let bad = || BadFault(entry.to_owned());
            let (at, what) = entry.split_once('=').ok_or_else(bad)?;
            if at == "seed" {
                let (seed, percent) = what.split_once('/').ok_or_else(bad)?;
                return Ok(faults.seeded(seed.parse().map_err(|_| bad())?, percent.parse().map_err(|_| bad())?));
            }
            let (operation, occurrence) = at.split_once('#').ok_or_else(bad)?;
            Ok(faults.on(operation, occurrence.parse().map_err(|_| bad())?, parsed(what).ok_or_else(bad)?))
        })
    }
}

fn parsed(word: &str) -> Option<Fault> {
    Some(match word {
        "lose-request" => Fault::LoseRequest,
        "lose-answer" => Fault::LoseAnswer,
        "throttle" => Fault::Throttle,
        "server-error" => Fault::ServerError,
        "die-before" => Fault::DieBefore,
        "die-after" => Fault::DieAfter,
        "panic" => Fault::Panic,
        other => {
            let milliseconds = other.strip_prefix("delay:")?.strip_suffix("ms")?;
            Fault::Delay(Duration::from_millis(milliseconds.parse().ok()?))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_hits_its_occurrence_alone() {
        let mut faults = Faults::default().on("ec2:CreateVpc", 2, Fault::LoseAnswer).on("*", 4, Fault::Throttle);
        let seen = ["ec2:CreateVpc", "ec2:DescribeVpcs", "ec2:CreateVpc", "iam:GetRole", "ec2:CreateVpc"];
        let hits: Vec<_> = seen.iter().map(|it| faults.next(it)).collect();
        assert_eq!(hits, [None, None, Some(Fault::LoseAnswer), Some(Fault::Throttle), None]);
    }

    #[test]
    fn a_seeded_schedule_repeats_and_keeps_its_rate() {
        let run = |seed| {
            let mut faults = Faults::default().seeded(seed, 20);
            (0..2000).map(|_| faults.next("ec2:CreateVpc")).collect::<Vec<_>>()
        };
        assert_eq!(run(7), run(7));
        assert_ne!(run(7), run(8));
        let hits: Vec<_> = run(7).into_iter().flatten().collect();
        assert!((300..500).contains(&hits.len()), "{} of 2000", hits.len());
        for kind in [Fault::LoseRequest, Fault::LoseAnswer, Fault::Throttle, Fault::ServerError] {
            assert!(hits.iter().filter(|it| **it == kind).count() > 60, "{kind:?}");
        }
    }

    #[test]
    fn a_line_is_a_schedule() {
        let line = "ec2:CreateVpc#1=lose-answer, *#7=die-after,logs:PutRetentionPolicy#2=delay:250ms,seed=42/10";
        let made = Faults::default()
            .on("ec2:CreateVpc", 1, Fault::LoseAnswer)
            .on("*", 7, Fault::DieAfter)
            .on("logs:PutRetentionPolicy", 2, Fault::Delay(Duration::from_millis(250)))
            .seeded(42, 10);
        assert_eq!(line.parse(), Ok(made));
        for bad in ["ec2:CreateVpc=throttle", "*#1=explode", "seed=4", "*#x=throttle", "*#1=delay:3"] {
            assert_eq!(bad.parse::<Faults>(), Err(BadFault(bad.to_owned())));
        }
    }
}
