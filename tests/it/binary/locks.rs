//! Locks: one writer, and who holds one is told, freed by itself when it has died, and freed by hand with a reason.

use std::os::unix::fs::PermissionsExt;

use serde_json::Value;

use super::proxy::{Hold, Proxy};
use super::run::{Desk, SMALL};
use crate::support::emulator::{Emulator, emulator};

#[test]
fn one_writer_at_a_time_and_everybody_is_told_who() {
    let proxy = Proxy::before(&emulator(Emulator::Ministack).url);
    proxy.hold_after(20, Hold::Requests);
    let desk = Desk::with(SMALL).through(&proxy.url);
    let mut first = desk.start("apply campus.kdl --yes");
    proxy.wait_held();
    let holder = format!("process {} on ", first.id());

    let status = desk.ends_with(5, "lock status campus");
    assert!(status.out.starts_with(&format!("campus  held by {holder}")), "{}", status.out);
    assert!(status.out.contains("(`apply`, since 20") && status.out.ends_with("which is alive\n"), "{}", status.out);
    let status: Value = serde_json::from_str(&desk.ends_with(5, "lock status --json").out).unwrap();
    assert_eq!((&status[0]["lock"], &status[0]["holder"]["pid"]), (&"held".into(), &first.id().into()));
    let refused = desk.command("unlock campus --reason").arg("I am in a hurry").output().unwrap();
    let talk = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(5), "{talk}");
    assert!(talk.contains("is alive") && talk.contains(&format!("    kill {}", first.id())), "{talk}");
    assert!(!desk.path("state/campus.notes").exists());

    proxy.lose();
    // Held requests are lost, which an apply gets over by itself; whatever it says, it leaves in order.
    let code = first.wait().unwrap().code();
    assert!(code.is_some());
    assert_eq!(desk.ends_with(0, "lock status").out, "campus  free\n");
    desk.ends_with(0, "apply campus.kdl --yes");
}

#[test]
fn a_second_writer_is_refused_and_changes_nothing() {
    let proxy = Proxy::before(&emulator(Emulator::Ministack).url);
    proxy.hold_after(20, Hold::Requests);
    let desk = Desk::with(SMALL).through(&proxy.url);
    let mut first = desk.start("apply campus.kdl --yes");
    proxy.wait_held();
    let journal = std::fs::read(desk.path("state/campus.journal")).unwrap();
    // Signing in goes past what is held.
    let beside =
        desk.command("apply campus.kdl --yes").env("AWS_ENDPOINT_URL", &emulator(Emulator::Ministack).url).output();
    let beside = beside.unwrap();
    let talk = String::from_utf8(beside.stderr).unwrap();
    assert_eq!(beside.status.code(), Some(5), "{talk}");
    assert!(talk.contains(&format!("stack `campus` is locked by process {}", first.id())), "{talk}");
    // Some calls of the first one may have been answered meanwhile.
    assert!(std::fs::read(desk.path("state/campus.journal")).unwrap().starts_with(&journal));
    proxy.release();
    assert!(first.wait().unwrap().success());
    desk.ends_with(0, "plan campus.kdl --detailed-exitcode");
}

#[test]
fn a_dead_holder_is_told_and_taken_over() {
    let desk = Desk::with(SMALL);
    let killed = desk.command("apply campus.kdl --yes").env("MOODLE_INFRA_KILL_AT", "after:9").output().unwrap();
    assert_eq!(killed.status.code(), None);
    let status = desk.ends_with(0, "lock status");
    assert!(status.out.contains("which has died; the next run takes it over"), "{}", status.out);
    let next = desk.ends_with(0, "apply campus.kdl --yes");
    assert!(next.talk.contains("took over the lock of process"), "{}", next.talk);
    assert_eq!(desk.ends_with(0, "lock status").out, "campus  free\n");
}

#[test]
fn who_frees_a_lock_says_why() {
    let desk = Desk::with(SMALL);
    let killed = desk.command("apply campus.kdl --yes").env("MOODLE_INFRA_KILL_AT", "after:9").output().unwrap();
    assert_eq!(killed.status.code(), None);
    let unlock = |reason: &str| {
        let output = desk.command("unlock --reason").arg(reason).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    assert_eq!(unlock(" ").0, Some(64));
    assert_eq!(unlock("two\nlines").0, Some(64));
    assert_eq!(desk.run("unlock").code, Some(64));
    assert_eq!(desk.run("unlock ../campus --reason x").code, Some(64));
    let (code, talk) = unlock("the runner was switched off");
    assert_eq!(code, Some(0), "{talk}");
    assert!(talk.contains("freed the lock of stack `campus`, which process"), "{talk}");
    assert!(unlock("again").1.contains("is free"));
    let status = desk.ends_with(0, "lock status");
    assert!(status.out.starts_with("campus  free\n"), "{}", status.out);
    assert!(status.out.ends_with(": the runner was switched off\n"), "{}", status.out);
    let notes = std::fs::metadata(desk.path("state/campus.notes")).unwrap();
    assert_eq!(notes.permissions().mode() & 0o777, 0o600);
    let next = desk.ends_with(0, "apply campus.kdl --yes");
    assert!(!next.talk.contains("took over"), "{}", next.talk);
    // The note outlives runs.
    assert!(desk.ends_with(0, "lock status").out.contains("switched off"));
}

#[test]
fn a_run_whose_lock_is_taken_away_stops_at_its_next_record() {
    let proxy = Proxy::before(&emulator(Emulator::Ministack).url);
    proxy.hold_after(20, Hold::Answers);
    let desk = Desk::with(SMALL).through(&proxy.url);
    let first = desk.start("apply campus.kdl --yes");
    proxy.wait_held();
    // As `unlock` does on another machine, for which this one is not there.
    std::fs::remove_file(desk.path("state/campus.lock")).unwrap();
    let journal = std::fs::read(desk.path("state/campus.journal")).unwrap();
    proxy.release();
    let ended = first.wait_with_output().unwrap();
    let talk = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(5), "{talk}");
    assert!(talk.contains("the lock of stack `campus` was taken from this run"), "{talk}");
    assert_eq!(std::fs::read(desk.path("state/campus.journal")).unwrap(), journal);
    desk.ends_with(0, "apply campus.kdl --yes");
    desk.ends_with(0, "plan campus.kdl --detailed-exitcode");
}
