//! Signals in the middle of an apply, with calls really under way: a proxy holds them, some before the emulator has
//! seen them and some after.

use std::io::{BufRead, BufReader, Read};
use std::process::Child;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::inventory;
use super::proxy::{Hold, Proxy};
use super::run::{Desk, SMALL};
use crate::support::emulator::{Emulator, emulator};

/// By then the plan has been made and some calls were answered.
const MIDDLE: u64 = 20;

/// An apply whose calls are held.
struct Stuck {
    proxy: Proxy,
    desk: Desk,
    child: Child,
    /// What it says, as it says it.
    talk: Receiver<String>,
}

impl Stuck {
    fn new(hold: Hold) -> Stuck {
        let proxy = Proxy::before(&emulator(Emulator::Ministack).url);
        proxy.hold_after(MIDDLE, hold);
        let desk = Desk::with(SMALL).through(&proxy.url);
        let mut child = desk.start("apply campus.kdl --yes");
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let (told, talk) = channel();
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(|line| drop(told.send(line))));
        proxy.wait_held();
        assert!(desk.path("state/campus.journal").exists(), "the apply has not begun");
        Stuck { proxy, desk, child, talk }
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Waits until the program says this; a minute at most.
    #[track_caller]
    fn says(&self, what: &str) {
        let until = Instant::now() + Duration::from_mins(1);
        loop {
            let line = self.talk.recv_timeout(until.saturating_duration_since(Instant::now()));
            if line.expect("the program says something else, or nothing").contains(what) {
                return;
            }
        }
    }

    fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Waits until the program has ended as an interrupted one does, and returns what it printed.
    fn ended(mut self) -> (Proxy, Desk, String) {
        let code = self.child.wait().unwrap().code();
        let mut out = String::new();
        self.child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
        assert_eq!(code, Some(130), "{out}");
        (self.proxy, self.desk, out)
    }
}

/// The next run finishes what was begun.
fn goes_on(proxy: &Proxy, desk: &Desk, when: &str) {
    proxy.lose();
    desk.ends_with(0, "apply campus.kdl --yes");
    desk.ends_with(0, "plan campus.kdl --detailed-exitcode");
    inventory::matches_state(desk, when);
}

/// Runs a case for each signal and each side of a call, all at once.
fn for_each_case(case: impl Fn(Signal, Hold) + Sync) {
    std::thread::scope(|scope| {
        for signal in [Signal::INT, Signal::TERM] {
            for hold in [Hold::Requests, Hold::Answers] {
                let case = &case;
                scope.spawn(move || case(signal, hold));
            }
        }
    });
}

#[test]
fn the_first_signal_waits_for_the_calls_under_way() {
    for_each_case(|signal, hold| {
        let mut stuck = Stuck::new(hold);
        stuck.signal(signal);
        stuck.says("Stopping");
        assert!(stuck.is_running());
        stuck.proxy.release();
        let (proxy, desk, out) = stuck.ended();
        assert!(out.contains("Stopped: ") && out.contains("    moodle-infra apply campus.kdl\n"), "{out}");
        // What was under way has come to its end: nothing is left to be asked.
        let next = desk.ends_with(0, "plan campus.kdl");
        assert!(!next.talk.contains("without an answer"), "{signal:?} {hold:?}: {}", next.talk);
        goes_on(&proxy, &desk, &format!("{signal:?} once, {hold:?} held"));
    });
}

#[test]
fn the_second_signal_waits_for_nothing() {
    for_each_case(|signal, hold| {
        let stuck = Stuck::new(hold);
        stuck.signal(signal);
        stuck.says("Stopping");
        stuck.signal(signal);
        let (proxy, desk, out) = stuck.ended();
        assert!(out.contains("Stopped: "), "{out}");
        goes_on(&proxy, &desk, &format!("{signal:?} twice, {hold:?} held"));
    });
}

#[test]
fn three_signals_at_once_end_it() {
    for_each_case(|signal, hold| {
        let mut stuck = Stuck::new(hold);
        for _ in 0..3 {
            // The second may have ended it already; a process that nobody has waited for still takes signals.
            stuck.signal(signal);
        }
        // One that arrives while the one before is still pending is the same to the system: then these were fewer.
        let patience = Instant::now() + Duration::from_secs(5);
        while stuck.is_running() {
            if patience < Instant::now() {
                stuck.signal(signal);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let (proxy, desk, _) = stuck.ended();
        goes_on(&proxy, &desk, &format!("{signal:?} thrice, {hold:?} held"));
    });
}

/// GitHub Actions cancels a job with SIGINT, SIGTERM 7.5 seconds later, and SIGKILL 2.5 seconds after that.
#[test]
fn a_cancelled_job_of_github_actions_ends_in_order() {
    std::thread::scope(|scope| {
        for hold in [Hold::Requests, Hold::Answers] {
            scope.spawn(move || {
                let mut stuck = Stuck::new(hold);
                stuck.signal(Signal::INT);
                stuck.says("Stopping");
                // The sequence itself asks for its times.
                std::thread::sleep(Duration::from_millis(7500));
                assert!(stuck.is_running(), "it ended before its calls did");
                stuck.signal(Signal::TERM);
                let killed_at = Instant::now() + Duration::from_millis(2500);
                while stuck.is_running() && Instant::now() < killed_at {
                    std::thread::sleep(Duration::from_millis(10));
                }
                assert!(!stuck.is_running(), "{hold:?}: SIGKILL would have hit it");
                let (proxy, desk, out) = stuck.ended();
                assert!(out.contains("    moodle-infra apply campus.kdl\n"), "{out}");
                goes_on(&proxy, &desk, &format!("a cancelled job, {hold:?} held"));
            });
        }
    });
}
