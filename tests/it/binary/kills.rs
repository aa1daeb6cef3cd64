//! Kill -9 in the middle of a whole site: before and after every record of the journal and every API call of an apply,
//! an update and a destroy of `specs/everything.kdl`. The next run converges, and a listing of the account by a program
//! that knows nothing of us shows no orphan, no double and nothing lost.
//!
//! A site lives through one cycle: it is made, changed and deleted, and each of the three is killed at the same part of
//! its way and run again. Cycles run side by side, because most of a run is waiting for AWS's rates.
//!
//! `KILL_EVERY=n` tries every n-th point only; 1 is all of them (some 1,600 cycles). Without it a sample is taken that
//! fits into two minutes, evenly spread, which begins at another point each time (`KILL_SEED=n` for a certain one).
//! `KILL_WORKERS=n` is the number of cycles at a time, `KILL_MINUTES=n` ends the sweep early.

use std::collections::BTreeMap;
use std::ops::AddAssign;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use moodle_infra::state::store::Store;

use super::run::{Desk, Ended};
use super::sites;
use crate::support::inventory::Inventory;

/// The sides of a point.
const SIDES: &[&str] = &["before", "after", "before-call", "after-call"];

/// A sample has so many cycles of each side.
const SAMPLE: u64 = 6;

/// What a cycle does, and with which spec.
const ACTS: &[&str] = &["apply", "update", "destroy"];

/// How many records an act writes, and how many calls it makes.
#[derive(Debug, Clone, Copy)]
struct Length {
    records: u64,
    calls: u64,
}

/// What came out.
#[derive(Debug, Default)]
struct Tally {
    /// Kills by act and side.
    points: BTreeMap<(&'static str, &'static str), u64>,
    longest: Duration,
    /// What was wrong, with its point.
    faults: Vec<String>,
}

impl Length {
    fn of(self, side: &str) -> u64 {
        if side.ends_with("-call") { self.calls } else { self.records }
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Tally) {
        let Tally { points, longest, faults } = other;
        for (point, count) in points {
            *self.points.entry(point).or_default() += count;
        }
        self.longest = self.longest.max(longest);
        self.faults.extend(faults);
    }
}

fn setting(name: &str) -> Option<u64> {
    std::env::var_os(name).map(|it| it.into_string().unwrap().parse().unwrap())
}

#[tokio::test]
async fn a_whole_site_survives_a_kill_anywhere() {
    let lengths = lengths().await;
    let longest = |side: &str| lengths.iter().map(|it| it.of(side)).max().unwrap();
    let every = |side: &str| setting("KILL_EVERY").unwrap_or(longest(side) / SAMPLE).max(1);
    let seed = setting("KILL_SEED").unwrap_or_else(|| u64::from(std::process::id()));
    let cycles: Vec<(&'static str, u64, u64)> = SIDES
        .iter()
        .enumerate()
        .flat_map(|(index, side)| {
            // Each side begins elsewhere.
            let every = every(side);
            let first = 1 + (seed + index as u64 * every / 4) % every;
            let step = usize::try_from(every).unwrap();
            (first..=longest(side)).step_by(step).map(move |number| (*side, number, every))
        })
        .collect();
    // From all sides and parts alike, so that a sweep that is ended early has seen some of each.
    let order = |at: usize| at * 1009 % cycles.len();
    let until = setting("KILL_MINUTES").map(|it| Instant::now() + Duration::from_mins(it));
    let next = AtomicU64::new(0);
    let tally = Mutex::new(Tally::default());
    let work = || {
        loop {
            let at = usize::try_from(next.fetch_add(1, Ordering::Relaxed)).unwrap();
            if cycles.len() <= at || until.is_some_and(|it| it < Instant::now()) {
                return;
            }
            let (side, number, every) = cycles[order(at)];
            let done = cycle(side, number, every, &lengths);
            *tally.lock().unwrap() += done;
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..setting("KILL_WORKERS").unwrap_or(12) {
            scope.spawn(work);
        }
    });
    let tally = tally.into_inner().unwrap();
    let points: u64 = tally.points.values().sum();
    let told: Vec<String> = tally.points.iter().map(|((act, side), count)| format!("{act} {side} {count}")).collect();
    report(&format!(
        "killed at {points} points ({}); {} faults; the longest recovery took {:.1} s (KILL_SEED={seed})",
        told.join(", "),
        tally.faults.len(),
        tally.longest.as_secs_f64()
    ));
    assert_eq!(tally.faults, Vec::<String>::new());
    for act in ACTS {
        for side in SIDES {
            let seen = tally.points.get(&(*act, *side)).copied().unwrap_or(0);
            assert!(0 < seen, "{act}: no run was killed {side} anything: the sweep did not reach the run");
        }
    }
}

#[expect(clippy::print_stderr, reason = "the number of points is the result of the sweep")]
fn report(text: &str) {
    eprintln!("{text}");
}

/// Runs a cycle without a kill, to know how long each act is.
async fn lengths() -> Vec<Length> {
    let (desk, _) = sites::site().await;
    let mut lengths = Vec::new();
    let mut serial = 0;
    for act in ACTS {
        let ended = desk.ends_with(0, &format!("{} -v", command(&desk, act)));
        let counts = ended.talk.lines().filter_map(|line| line.split_once("calls operation=")?.1.split_once("count="));
        // Signing in comes before a run can be killed at a call.
        let calls = counts.map(|(_, count)| count.trim().parse::<u64>().unwrap()).sum::<u64>() - 1;
        let state = Store::peek(&desk.path("state"), "campus").unwrap().unwrap();
        lengths.push(Length { records: state.serial - serial, calls });
        serial = state.serial;
    }
    lengths
}

/// Puts the spec of an act in place, and returns its command.
fn command(desk: &Desk, act: &str) -> String {
    if act == "update" {
        desk.write(&sites::changed());
    }
    match act {
        "destroy" => format!("destroy campus.kdl --yes {}", sites::LOSES),
        _ => "apply campus.kdl --yes".to_owned(),
    }
}

fn cycle(side: &'static str, number: u64, every: u64, lengths: &[Length]) -> Tally {
    let mut tally = Tally::default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (desk, before) = runtime.block_on(sites::site());
    let longest = lengths.iter().map(|it| it.of(side)).max().unwrap();
    for (act, length) in ACTS.iter().zip(lengths) {
        // The same part of the way of a shorter act; and each of its points once.
        let at = |number: u64| number * length.of(side) / longest;
        let point = at(number).max(1);
        let command = command(&desk, act);
        let name = format!("{act} {side}:{point}");
        if every <= number && at(number - every) == point {
            if let Err(why) = ends_well(&desk, &command) {
                tally.faults.push(format!("{name}, without a kill: {why}"));
                return tally;
            }
            continue;
        }
        let variable = format!("{side}:{point}");
        let killed = Ended::of(desk.command(&command).env("MOODLE_INFRA_KILL_AT", &variable).output().unwrap());
        match killed.code {
            None => *tally.points.entry((*act, side)).or_default() += 1,
            // A run is not always as long as the last one.
            Some(0) => {}
            Some(code) => {
                tally.faults.push(format!("{name}: code {code}: {} {}", killed.out, killed.talk));
                return tally;
            }
        }
        let begun = Instant::now();
        if let Err(why) = ends_well(&desk, &command).and_then(|()| is_as_recorded(&desk, &before, act)) {
            tally.faults.push(format!("{name}: {why}"));
            return tally;
        }
        tally.longest = tally.longest.max(begun.elapsed());
    }
    tally
}

/// Runs a command, and a plan that finds nothing to do.
fn ends_well(desk: &Desk, command: &str) -> Result<(), String> {
    let ended = desk.run(command);
    if ended.code != Some(0) {
        return Err(format!("{:?}: {} {}", ended.code, ended.out, ended.talk));
    }
    let destroy = if command.starts_with("destroy") { " --destroy" } else { "" };
    let plan = desk.run(&format!("plan campus.kdl --detailed-exitcode{destroy}"));
    if plan.code != Some(0) {
        return Err(format!("the next plan is not empty: {:?}: {} {}", plan.code, plan.out, plan.talk));
    }
    Ok(())
}

/// Checks that the account has of each kind what the state has.
fn is_as_recorded(desk: &Desk, before: &Inventory, act: &str) -> Result<(), String> {
    let state = Store::peek(&desk.path("state"), "campus").map_err(|it| it.to_string())?.unwrap();
    let there = Inventory::of(&desk.account).since(before);
    let mut faults = there.differences(state.resources.values().map(|it| it.kind.as_str()));
    if act == "destroy" && !state.resources.is_empty() {
        faults.push(format!("{} resources are left in the state", state.resources.len()));
    }
    // An unfinished file would be one more a crash.
    let unfinished = std::fs::read_dir(desk.path("state")).unwrap().map(|it| it.unwrap().file_name());
    faults.extend(
        unfinished
            .filter(|it| it.to_string_lossy().starts_with(".writing"))
            .map(|it| format!("{} is left", it.display())),
    );
    if faults.is_empty() { Ok(()) } else { Err(faults.join("; ")) }
}
