//! `init` and `cost`: what people type before there is anything.

use serde_json::Value;

use super::run::{Desk, SMALL};

#[test]
fn init_writes_a_spec_that_goes_all_the_way_and_never_over_another() {
    let desk = Desk::with(SMALL);
    let made = desk.ends_with(0, "init trial --region eu-west-1 --email ops@example.edu");
    assert_eq!(made.out, "");
    assert!(made.talk.starts_with("Wrote trial.kdl: stack `trial` in eu-west-1. Next:\n"), "{}", made.talk);
    let commands: Vec<&str> = made.talk.lines().skip(1).map(|it| it.split('#').next().unwrap().trim()).collect();
    assert_eq!(
        commands,
        [
            "moodle-infra validate --effective trial.kdl",
            "moodle-infra cost trial.kdl",
            "moodle-infra apply --sandbox trial.kdl",
            "moodle-infra plan trial.kdl"
        ]
    );
    let valid = desk.ends_with(0, "validate trial.kdl");
    assert_eq!(valid.talk, "trial.kdl is valid: stack `trial`\n");
    assert_eq!(desk.ends_with(0, "fmt --check trial.kdl").out, "");
    let planned = desk.ends_with(0, "plan --offline trial.kdl").out;
    assert!(planned.contains("  + web.") && planned.contains("Cost: about "), "{planned}");

    let again = desk.ends_with(66, "init trial --domain moodle.example.edu");
    assert!(again.talk.starts_with("error: trial.kdl is there already\n"), "{}", again.talk);
    assert_eq!(desk.ends_with(0, "validate trial.kdl").talk, valid.talk);
}

#[test]
fn init_takes_defaults_where_nobody_can_be_asked() {
    let desk = Desk::with(SMALL);
    let mut command = desk.command("init --json");
    let ended = super::run::Ended::of(command.env("AWS_REGION", "ap-south-1").output().unwrap());
    let told: Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!(told, serde_json::json!({ "file": "moodle.kdl", "stack": "moodle", "region": "ap-south-1" }));
    let wrong = desk.ends_with(64, "init Wrong_Name");
    assert!(wrong.talk.contains("these answers make no spec: "), "{}", wrong.talk);
    assert!(!desk.path("Wrong_Name.kdl").exists());
    assert!(desk.ends_with(64, "init x --size huge").talk.contains("[possible values: small, standard, large]"));
}

/// Runs a program on a terminal of its own, and types these lines.
const TYPIST: &str = "
import os, pty, sys
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], sys.argv[1:3])
for line in sys.argv[3:]:
    os.write(terminal, (line + '\\n').encode())
shown = b''
try:
    while chunk := os.read(terminal, 4096):
        shown += chunk
except OSError:
    pass
print(shown.decode().replace('\\r', ''))
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
";

#[test]
fn init_asks_a_person_for_what_no_option_says() {
    let desk = Desk::with(SMALL);
    let mut python = std::process::Command::new("python3");
    python.args(["-c", TYPIST, env!("CARGO_BIN_EXE_moodle-infra"), "init", "uni", "", "moodle.uni.example"]);
    python.current_dir(desk.folder()).env_clear().env("PATH", std::env::var_os("PATH").unwrap());
    let ended = super::run::Ended::of(python.env("TERM", "dumb").output().unwrap());
    assert_eq!(ended.code, Some(0), "{}{}", ended.out, ended.talk);
    for asked in ["names of its resources begin [`moodle`]: ", "The AWS region [`eu-west-1`]: ", "in Route 53 (moodle"]
    {
        assert!(ended.out.contains(asked), "{}", ended.out);
    }
    let shown = desk.ends_with(0, "validate --effective uni.kdl").out;
    assert!(shown.contains("domain \"moodle.uni.example\" zone=\"uni.example\""), "{shown}");
}

#[test]
fn cost_asks_nobody_and_a_plan_says_what_changes() {
    let desk = Desk::with(SMALL);
    let cost = desk.ends_with(0, "cost campus.kdl");
    assert!(cost.out.starts_with("network  "), "{}", cost.out);
    assert!(cost.out.contains("  NAT gateway                      32.85  1 × 32.85\n"), "{}", cost.out);
    assert!(cost.out.contains("Priced as us-east-1: those of eu-west-1 differ."), "{}", cost.out);
    let told: Value = serde_json::from_str(&desk.ends_with(0, "cost campus.kdl --json").out).unwrap();
    assert_eq!((&told["currency"], &told["priced-as"]["region"]), (&"USD".into(), &"us-east-1".into()));

    let line = "Cost: about 37 USD a month, priced as us-east-1 and without traffic and storage: network 37.\n";
    let planned = desk.ends_with(0, "plan campus.kdl").out;
    assert!(planned.ends_with(line), "{planned}");
    let applied = desk.ends_with(0, "apply campus.kdl --yes");
    assert!(applied.talk.contains(line), "{}", applied.talk);
    desk.write(&SMALL.replace("nat \"single\"", "nat \"per-zone\""));
    let more = desk.ends_with(0, "plan campus.kdl").out;
    assert!(more.contains("Cost: about 37 → 73 USD a month") && more.ends_with("network 37 → 73.\n"), "{more}");
    let json: Value = serde_json::from_str(&desk.ends_with(0, "plan campus.kdl --destroy --json").out).unwrap();
    assert_eq!((&json["cost"]["before"], &json["cost"]["after"]), (&36.5.into(), &0.0.into()));
}
