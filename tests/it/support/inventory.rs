//! What really is in an account of the sandbox's emulator, whatever a state says: every kind of the registry, listed by
//! AWS's own Python library in every region that stacks use.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use moodle_infra::kinds::registry;
use serde::Deserialize;
use serde_json::json;

use super::emulator::{Emulator, REGION, emulator, python};

/// The stack's own region, and that of everything that CloudFront takes. What is global is listed once.
const REGIONS: &[&str] = &[REGION, "us-east-1"];

/// Kinds of which an account may have another number than the state, and why.
pub(crate) const UNEQUAL: &[(&str, &str)] = &[
    ("acm.issued", "it is a look at a certificate, which may be another's"),
    ("autoscaling.first", "it is how large a group was at first"),
    ("autoscaling.job", "a run of a job is an act of its group"),
    ("autoscaling.release", "it waits for what servers report, each by a parameter of its own"),
    ("backup.copy", "an installation copies nothing, and each upgrade something"),
    ("rds.copy", "an installation copies nothing, and each upgrade something"),
    ("ssm.command", "what servers were told is an act"),
    ("autoscaling.refresh", "a replacement of servers is an act, which AWS remembers while the group is there"),
];

const PROGRAM: &str = include_str!("inventory.py");

/// What there is, each entry as `region id`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub(crate) struct Inventory {
    /// By kind.
    pub(crate) kinds: BTreeMap<String, BTreeSet<String>>,
    /// What no kind is about, by a name: what AWS keeps of something that is deleted, and what comes without being asked.
    pub(crate) besides: BTreeMap<String, BTreeSet<String>>,
}

/// The program that lists, which ends with the test process: then its standard input does.
struct Lister {
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
    _child: Child,
}

impl Inventory {
    /// Lists an account.
    pub(crate) fn of(account: &str) -> Inventory {
        static LISTER: Mutex<Option<Lister>> = Mutex::new(None);
        let mut lister = LISTER.lock().unwrap_or_else(PoisonError::into_inner);
        let lister = lister.get_or_insert_with(Lister::start);
        let endpoint = &emulator(Emulator::Ministack).url;
        let question = json!({ "endpoint": endpoint, "account": account, "regions": REGIONS });
        writeln!(lister.questions, "{question}").unwrap();
        let mut answer = String::new();
        lister.answers.read_line(&mut answer).unwrap();
        serde_json::from_str(&answer).expect("the program that lists says above why it ended")
    }

    /// Returns what is here and was not there before; what there is nothing of is left out.
    pub(crate) fn since(&self, before: &Inventory) -> Inventory {
        let new = |now: &BTreeMap<String, BTreeSet<String>>, then: &BTreeMap<String, BTreeSet<String>>| {
            let all = now.iter().map(|(name, there)| {
                let new: BTreeSet<String> = there.difference(&then[name]).cloned().collect();
                (name.clone(), new)
            });
            all.filter(|(_, new)| !new.is_empty()).collect()
        };
        Inventory { kinds: new(&self.kinds, &before.kinds), besides: new(&self.besides, &before.besides) }
    }

    /// Returns how the numbers here differ from those of recorded resources, each of which is told by its kind.
    pub(crate) fn differences<'a>(&self, recorded: impl Iterator<Item = &'a str>) -> Vec<String> {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for kind in recorded {
            *counts.entry(kind).or_default() += 1;
        }
        let kinds: BTreeSet<&str> = self.kinds.keys().map(String::as_str).chain(counts.keys().copied()).collect();
        let equal = |kind: &&str| counts.is_empty() || !UNEQUAL.iter().any(|(it, _)| it == kind);
        let differing = kinds.into_iter().filter(equal).filter_map(|kind| {
            let (listed, recorded) = (self.kinds.get(kind), counts.get(kind).copied().unwrap_or(0));
            let count = listed.map_or(0, BTreeSet::len);
            (count != recorded).then(|| format!("{kind}: {count} in the account, {recorded} in the state: {listed:?}"))
        });
        differing.collect()
    }
}

impl Lister {
    fn start() -> Lister {
        let mut command = Command::new(python());
        command.args(["-c", PROGRAM]).env_clear().stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (questions, answers) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        Lister { questions, answers, _child: child }
    }
}

#[test]
fn every_kind_is_listed() {
    let empty = Inventory::of("199999999999");
    let registry = registry();
    let kinds: BTreeSet<&str> = registry.iter().map(|it| it.meta().name).collect();
    assert_eq!(empty.kinds.keys().map(String::as_str).collect::<BTreeSet<_>>(), kinds);
}
