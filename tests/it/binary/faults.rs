//! Bad input, bad networks, full disks, interrupts: a clear error each, and nothing lost.

use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::inventory::Inventory;
use super::proxy::Proxy;
use super::run::{Desk, Ended, SMALL};
use crate::support::emulator::{Emulator, emulator};

#[expect(clippy::disallowed_methods, reason = "damage done on purpose")]
fn put(desk: &Desk, name: &str, text: &str) {
    std::fs::create_dir_all(desk.path("state")).unwrap();
    std::fs::write(desk.path(name), text).unwrap();
    std::fs::set_permissions(desk.path(name), PermissionsExt::from_mode(0o600)).unwrap();
}

#[test]
fn a_damaged_state_is_refused_and_left_alone() {
    for (name, text, said) in [
        ("state/campus.json", "{ torn", "is damaged"),
        ("state/campus.json", "{}", "it is not a state of moodle-infra"),
        ("state/campus.json", r#"{"format":"moodle-infra/state","version":99}"#, "is of format version 99"),
        ("state/campus.journal", "{\"format\":\"moodle-infra/journal\",\"version\":99}\n", "is of format version 99"),
        ("state/campus.journal", "rubbish\n", "line 1"),
    ] {
        let desk = Desk::with(SMALL);
        put(&desk, name, text);
        for command in ["plan campus.kdl", "apply campus.kdl --yes", "state list"] {
            let refused = desk.ends_with(5, command);
            assert!(refused.talk.contains(said), "{command}: {}", refused.talk);
            assert!(refused.talk.contains("help: "), "{command}: {}", refused.talk);
        }
        assert_eq!(std::fs::read_to_string(desk.path(name)).unwrap(), text);
    }
}

#[test]
fn a_torn_last_record_was_never_acted_on() {
    let desk = Desk::with(SMALL);
    let killed = desk.command("apply campus.kdl --yes").env("MOODLE_INFRA_KILL_AT", "after:30").output().unwrap();
    assert_eq!(killed.status.code(), None);
    let journal = desk.path("state/campus.journal");
    let mut bytes = std::fs::read(&journal).unwrap();
    bytes.extend_from_slice(b"{\"serial\":31,\"event\":{\"ready\":{\"key");
    put(&desk, "state/campus.journal", &String::from_utf8(bytes).unwrap());
    desk.ends_with(0, "apply campus.kdl --yes");
    desk.ends_with(0, "plan campus.kdl --detailed-exitcode");
}

#[test]
fn a_state_that_others_may_write_is_refused() {
    let desk = Desk::with(SMALL);
    desk.ends_with(0, "apply campus.kdl --yes");
    let state = desk.path("state/campus.json");
    assert_eq!(std::fs::metadata(&state).unwrap().permissions().mode() & 0o777, 0o600);
    std::fs::set_permissions(&state, PermissionsExt::from_mode(0o666)).unwrap();
    let refused = desk.ends_with(5, "plan campus.kdl");
    assert!(refused.talk.contains("chmod 600"), "{}", refused.talk);
}

#[test]
fn the_state_of_another_account_or_region_is_refused() {
    let desk = Desk::with(SMALL);
    desk.ends_with(0, "apply campus.kdl --yes");
    let other = desk.command("plan campus.kdl").env("AWS_ACCESS_KEY_ID", "999999999999").output().unwrap();
    let ended = Ended::of(other);
    assert_eq!(ended.code, Some(5), "{}", ended.talk);
    assert!(ended.talk.contains("account 999999999999"), "{}", ended.talk);
    desk.write(&SMALL.replace("eu-west-1", "eu-west-2"));
    let moved = desk.ends_with(5, "plan campus.kdl");
    assert!(moved.talk.contains("region eu-west-2"), "{}", moved.talk);
}

#[test]
fn who_cannot_sign_in_is_told_why() {
    let desk = Desk::with(SMALL);
    let ended = |command: &mut Command| Ended::of(command.output().unwrap());
    let nobody = ended(desk.command("plan campus.kdl").env_remove("AWS_ACCESS_KEY_ID"));
    assert_eq!(nobody.code, Some(4), "{}", nobody.talk);
    assert!(nobody.talk.contains("no AWS credentials found") && nobody.talk.contains("--sandbox"), "{}", nobody.talk);
    let unknown = desk.ends_with(4, "plan campus.kdl --profile nobody");
    assert!(unknown.talk.contains("no AWS profile is called `nobody`"), "{}", unknown.talk);
    let nowhere = ended(desk.command("plan campus.kdl").env("AWS_ENDPOINT_URL", "http://127.0.0.1:9"));
    assert_eq!(nowhere.code, Some(4), "{}", nowhere.talk);
    assert!(nowhere.talk.contains("cannot be reached"), "{}", nowhere.talk);
    desk.write(&SMALL.replace("region \"eu-west-1\"", "").replace("zones \"eu-west-1a\" \"eu-west-1b\"", "zones 2"));
    let regionless = desk.ends_with(4, "plan campus.kdl");
    assert!(regionless.talk.contains("no AWS region is given"), "{}", regionless.talk);
    desk.ends_with(0, "plan campus.kdl --region eu-west-1");
}

#[test]
fn one_writer_at_a_time() {
    let proxy = Proxy::before(&emulator(Emulator::Ministack).url);
    proxy.slow_down(Duration::from_millis(150));
    let desk = Desk::with(SMALL).through(&proxy.url);
    let mut first = desk.start("apply campus.kdl --yes");
    until(|| desk.path("state/campus.journal").exists());
    let refused = desk.ends_with(5, "plan campus.kdl");
    let holder = format!("stack `campus` is locked by process {}", first.id());
    assert!(refused.talk.contains(&holder) && refused.talk.contains("`apply`"), "{}", refused.talk);
    proxy.slow_down(Duration::ZERO);
    assert!(first.wait().unwrap().success());
    desk.ends_with(0, "plan campus.kdl --detailed-exitcode");
}

#[tokio::test]
async fn the_first_interrupt_drains_and_the_second_drops() {
    for signals in [1, 2] {
        let proxy = Proxy::before(&emulator(Emulator::Ministack).url);
        proxy.slow_down(Duration::from_millis(300));
        let desk = Desk::with(SMALL).through(&proxy.url);
        let child = desk.start("apply campus.kdl --yes");
        until(|| desk.path("state/campus.journal").exists());
        for _ in 0..signals {
            let pid = rustix::process::Pid::from_child(&child);
            rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
            std::thread::sleep(Duration::from_millis(50));
        }
        let ended = Ended::of(child.wait_with_output().unwrap());
        assert_eq!(ended.code, Some(130), "{} {}", ended.out, ended.talk);
        assert!(ended.out.contains("Stopped: "), "{}", ended.out);
        assert!(ended.out.contains("    moodle-infra apply campus.kdl\n"), "{}", ended.out);
        proxy.slow_down(Duration::ZERO);
        desk.ends_with(0, "apply campus.kdl --yes");
        desk.ends_with(0, "plan campus.kdl --detailed-exitcode");
        Inventory::of(&desk).await.matches_state_of(&desk, "after an interrupt");
    }
}

#[tokio::test]
async fn an_emulator_that_dies_in_the_middle_leaves_nothing_behind() {
    for requests in [12, 45] {
        let proxy = Proxy::before(&emulator(Emulator::Ministack).url);
        let desk = Desk::with(SMALL).through(&proxy.url);
        proxy.cut_after(requests);
        let ended = desk.run("apply campus.kdl --yes");
        assert!(matches!(ended.code, Some(1 | 4)), "{requests}: {} {}", ended.out, ended.talk);
        proxy.mend();
        desk.ends_with(0, "apply campus.kdl --yes");
        desk.ends_with(0, "plan campus.kdl --detailed-exitcode");
        Inventory::of(&desk).await.matches_state_of(&desk, "after the emulator came back");
    }
}

#[tokio::test]
async fn a_full_disk_stops_the_apply_and_loses_nothing() {
    // The shell's unit is 512 bytes: the journal outgrows each of these in the middle of the apply.
    for blocks in [4, 16, 40] {
        let desk = Desk::with(SMALL);
        let inner = desk.command("apply campus.kdl --yes");
        let mut shell = Command::new("sh");
        let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
        shell.arg("-c").arg(script).arg(inner.get_program()).args(inner.get_args());
        shell.current_dir(desk.folder()).env_clear().stdin(Stdio::null());
        shell.envs(inner.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let ended = Ended::of(shell.output().unwrap());
        assert_eq!(ended.code, Some(5), "{blocks}: {} {}", ended.out, ended.talk);
        assert!(ended.talk.contains("cannot write") && ended.talk.contains("File too large"), "{}", ended.talk);
        desk.ends_with(0, "apply campus.kdl --yes");
        desk.ends_with(0, "plan campus.kdl --detailed-exitcode");
        Inventory::of(&desk).await.matches_state_of(&desk, "after a full disk");
    }
}

/// Waits until a condition holds; a minute at most.
#[track_caller]
fn until(condition: impl Fn() -> bool) {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < Duration::from_mins(1), "waited in vain");
        std::thread::sleep(Duration::from_millis(5));
    }
}
