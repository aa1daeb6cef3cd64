//! Damaged states, wrong accounts, bad networks: a clear error each, and nothing lost.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use super::inventory;
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
fn an_emulator_that_dies_in_the_middle_leaves_nothing_behind() {
    for requests in [12, 45] {
        let proxy = Proxy::before(&emulator(Emulator::Ministack).url);
        let desk = Desk::with(SMALL).through(&proxy.url);
        proxy.cut_after(requests);
        let ended = desk.run("apply campus.kdl --yes");
        assert!(matches!(ended.code, Some(1 | 4)), "{requests}: {} {}", ended.out, ended.talk);
        proxy.mend();
        desk.ends_with(0, "apply campus.kdl --yes");
        desk.ends_with(0, "plan campus.kdl --detailed-exitcode");
        inventory::matches_state(&desk, "after the emulator came back");
    }
}
