//! What each command prints and how it ends.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::inventory;
use super::run::{Desk, SMALL};

#[test]
fn apply_then_plan_is_empty_then_destroy_leaves_nothing() {
    let desk = Desk::with(SMALL);
    let planned = desk.ends_with(2, "plan campus.kdl --detailed-exitcode");
    assert!(planned.out.contains("  + network.vpc  ec2.vpc\n"), "{}", planned.out);
    assert!(planned.out.contains("Every new resource that has tags gets owner=it."), "{}", planned.out);
    let applied = desk.ends_with(0, "apply campus.kdl --yes");
    assert!(applied.out.contains("Done: "), "{}", applied.out);
    assert!(applied.out.contains("Outputs\n"), "{}", applied.out);
    inventory::matches_state(&desk, "after apply");

    let again = desk.ends_with(0, "plan campus.kdl --detailed-exitcode");
    assert_eq!(again.out, "No changes: AWS is as the spec says.\n");
    let nothing = desk.ends_with(0, "apply campus.kdl");
    assert!(nothing.out.starts_with("Done: 0 created, 0 changed, 0 deleted"), "{}", nothing.out);

    desk.ends_with(0, "destroy campus.kdl --yes");
    inventory::is_empty(&desk);
    assert_eq!(desk.ends_with(0, "state list --stack campus").out, "");
}

/// One call reads everything of a kind; a few kinds need a second one.
#[test]
fn a_plan_makes_at_most_two_calls_per_kind() {
    let desk = Desk::with(SMALL);
    desk.ends_with(0, "apply campus.kdl --yes");
    let listed: Value = serde_json::from_str(&desk.ends_with(0, "state list --json").out).unwrap();
    let kinds: BTreeSet<&str> =
        listed.as_array().unwrap().iter().filter_map(|it| it["resource"]["kind"].as_str()).collect();
    let talk = desk.ends_with(0, "plan campus.kdl -v").talk;
    let counted = talk.lines().filter_map(|line| line.split_once("calls operation=")?.1.split_once("count="));
    let calls: BTreeMap<&str, usize> = counted.map(|(operation, count)| (operation, count.parse().unwrap())).collect();
    // Signing in is the one call that is not about a kind.
    let total: usize = calls.values().sum::<usize>() - 1;
    assert!(15 < kinds.len() && kinds.len() <= total && total <= 2 * kinds.len(), "{kinds:?} {calls:?}");
    assert!(calls.values().all(|count| *count <= 3), "{calls:?}");
}

#[test]
fn piped_output_is_plain_and_stable() {
    let desk = Desk::with(SMALL);
    let [first, second] = [(); 2].map(|()| desk.ends_with(0, "plan campus.kdl"));
    assert_eq!(first.out, second.out);
    assert!(!first.out.contains('\u{1b}') && !first.talk.contains('\u{1b}'));
    let applied = desk.ends_with(0, "apply campus.kdl --yes");
    assert!(!applied.out.contains('\u{1b}') && !applied.talk.contains('\u{1b}'));
    assert!(applied.talk.contains("created network.vpc as vpc-"), "{}", applied.talk);
}

#[test]
fn json_is_one_document_for_a_plan_and_lines_for_an_apply() {
    let desk = Desk::with(SMALL);
    let planned: Value = serde_json::from_str(&desk.ends_with(0, "plan campus.kdl --json").out).unwrap();
    assert_eq!((&planned["format"], &planned["version"]), (&"moodle-infra/plan".into(), &3.into()));
    let steps = planned["plan"]["steps"].as_array().unwrap().len();
    let applied = desk.ends_with(0, "apply campus.kdl --yes --json");
    let lines: Vec<Value> = applied.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let done = lines.iter().filter(|line| line["event"] == "done").count();
    assert_eq!(done, steps);
    let last = lines.last().unwrap();
    assert_eq!((&last["event"], &last["complete"], &last["created"]), (&"ended".into(), &true.into(), &steps.into()));
    let outputs: Value = serde_json::from_str(&desk.ends_with(0, "output --json").out).unwrap();
    assert_eq!(outputs, last["outputs"]);
}

#[test]
fn a_changed_spec_is_planned_with_reasons_and_applied() {
    let desk = Desk::with(SMALL);
    desk.ends_with(0, "apply campus.kdl --yes");
    desk.write(&SMALL.replace("owner=\"it\"", "owner=\"ops\"").replace("nat \"single\"", "nat \"none\""));
    let planned = desk.ends_with(0, "plan campus.kdl");
    assert!(
        planned.out.contains("  ~ network.vpc  ec2.vpc  `tags` changes in place\n      tags.owner: it → ops\n"),
        "{}",
        planned.out
    );
    assert!(planned.out.contains("the spec does not ask for it"), "{}", planned.out);
    desk.ends_with(0, "apply campus.kdl --yes");
    assert_eq!(desk.ends_with(0, "plan campus.kdl").out, "No changes: AWS is as the spec says.\n");
}

#[test]
fn a_zone_more_only_adds() {
    let two = SMALL.replace("zones \"eu-west-1a\" \"eu-west-1b\"", "zones 2");
    let desk = Desk::with(&two);
    desk.ends_with(0, "apply campus.kdl --yes");
    desk.write(&two.replace("zones 2", "zones 3"));
    let planned = desk.ends_with(0, "plan campus.kdl");
    // The endpoint of S3 gets the new zone's route table.
    assert!(planned.out.contains(" to create, 1 to change, 0 to replace, 0 to delete"), "{}", planned.out);
    desk.ends_with(0, "apply campus.kdl --yes");
    desk.ends_with(0, "plan campus.kdl --detailed-exitcode");
}

#[test]
fn a_saved_plan_is_applied_as_it_is_or_refused() {
    let desk = Desk::with(SMALL);
    desk.ends_with(0, "plan campus.kdl --out first.plan");
    let refused = desk.ends_with(64, "apply campus.kdl");
    assert!(refused.talk.contains("there is no terminal to ask"), "{}", refused.talk);
    desk.write(&SMALL.replace("owner=\"it\"", "owner=\"ops\""));
    let moved = desk.ends_with(5, "apply first.plan");
    assert!(moved.talk.contains("the spec campus.kdl changed after the plan was made"), "{}", moved.talk);
    desk.write(SMALL);
    desk.ends_with(0, "apply first.plan");
    let stale = desk.ends_with(5, "apply first.plan");
    assert!(stale.talk.contains("the state changed after the plan was made"), "{}", stale.talk);
    let mode = std::os::unix::fs::MetadataExt::mode(&std::fs::metadata(desk.path("first.plan")).unwrap());
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn targets_take_what_they_need() {
    let desk = Desk::with(SMALL);
    desk.ends_with(0, "apply campus.kdl --yes --target network.subnet.app");
    let listed = desk.ends_with(0, "state list").out;
    let addresses: Vec<&str> = listed.lines().map(|line| line.split("  ").next().unwrap()).collect();
    assert_eq!(addresses, ["network.subnet.app[\"eu-west-1a\"]", "network.subnet.app[\"eu-west-1b\"]", "network.vpc"]);
    desk.ends_with(0, "destroy campus.kdl --yes --target network.vpc");
    assert_eq!(desk.ends_with(0, "state list --stack campus").out, "");
    let unknown = desk.ends_with(64, "plan campus.kdl --target network.moon");
    assert!(unknown.talk.contains("there is no resource at or below `network.moon`"), "{}", unknown.talk);
}

#[test]
fn replacing_a_resource_takes_its_users_along() {
    let desk = Desk::with(SMALL);
    desk.ends_with(0, "apply campus.kdl --yes");
    let planned = desk.ends_with(0, "plan campus.kdl --replace network.internet-gateway");
    assert!(
        planned.out.contains("-/+ network.internet-gateway  ec2.internet_gateway  its replacement was asked for"),
        "{}",
        planned.out
    );
    desk.ends_with(0, "apply campus.kdl --yes --replace network.internet-gateway");
    assert_eq!(desk.ends_with(0, "plan campus.kdl").out, "No changes: AWS is as the spec says.\n");
}

#[tokio::test]
async fn what_others_change_is_told_and_put_back() {
    let desk = Desk::with(SMALL);
    desk.ends_with(0, "apply campus.kdl --yes");
    let group = desk.ends_with(0, "state show network.rule.database.postgresql --json").out;
    let rule: Value = serde_json::from_str(&group).unwrap();
    let attrs = &rule["resource"]["attrs"];
    let revoke = desk.cx().ec2().revoke_security_group_ingress().group_id(attrs["group"].as_str().unwrap());
    revoke.security_group_rule_ids(attrs["id"].as_str().unwrap()).send().await.unwrap();
    let planned = desk.ends_with(2, "plan campus.kdl --detailed-exitcode");
    assert!(planned.out.contains("Drift: 1 resource in AWS is not as moodle-infra left them."), "{}", planned.out);
    assert!(planned.out.contains("it is gone from AWS, and not by moodle-infra"), "{}", planned.out);
    desk.ends_with(0, "apply campus.kdl --yes");
    assert_eq!(desk.ends_with(0, "plan campus.kdl").out, "No changes: AWS is as the spec says.\n");
    inventory::matches_state(&desk, "after drift");
}

#[test]
fn the_state_can_be_looked_into_and_corrected() {
    let desk = Desk::with(SMALL);
    let none = desk.ends_with(5, "state list");
    assert!(none.talk.contains("there is no state in state"), "{}", none.talk);
    desk.ends_with(0, "apply campus.kdl --yes");
    let shown: Value = serde_json::from_str(&desk.ends_with(0, "state show network.vpc").out).unwrap();
    assert_eq!(shown["resource"]["props"]["cidr"], "10.0.0.0/16");
    assert_eq!(desk.ends_with(0, "output vpc").out.trim(), shown["resource"]["attrs"]["id"]);
    desk.ends_with(64, "state mv network.vpc network.internet-gateway");
    desk.ends_with(0, "state mv network.flow-log network.flow-log-old");
    let planned = desk.ends_with(0, "plan campus.kdl");
    assert!(planned.out.contains("1 to create, 0 to change, 0 to replace, 1 to delete"), "{}", planned.out);
    desk.ends_with(0, "state mv network.flow-log-old network.flow-log");
    assert_eq!(desk.ends_with(0, "plan campus.kdl").out, "No changes: AWS is as the spec says.\n");
    desk.ends_with(0, "state rm network.rule.database.postgresql");
    desk.ends_with(64, "state rm network.rule.database.postgresql");
    let planned = desk.ends_with(0, "plan campus.kdl");
    assert!(planned.out.contains("1 to create, 0 to change, 0 to replace, 0 to delete"), "{}", planned.out);
}

#[test]
fn faults_of_a_spec_end_with_a_code_of_their_own() {
    let desk = Desk::with("moodle \"campus\" { network { cidr \"10.0.0.0/99\"; zonse 3; } }");
    let shown = desk.ends_with(3, "plan campus.kdl");
    assert!(shown.talk.contains("zonse") && shown.talk.contains("zones"), "{}", shown.talk);
    assert!(shown.talk.contains("10.0.0.0/99"), "{}", shown.talk);
    let data: Value = serde_json::from_str(&desk.ends_with(3, "validate campus.kdl --json").out).unwrap();
    assert_eq!(data["diagnostics"].as_array().unwrap().len(), 2);
    desk.ends_with(66, "plan nowhere.kdl");
    desk.ends_with(64, "plan");
    desk.ends_with(64, "frobnicate");
}

#[test]
fn commands_without_aws_need_neither_credentials_nor_network() {
    let desk = Desk::with(SMALL).through("http://127.0.0.1:9");
    let without = |arguments: &str| {
        let output = desk.command(arguments).env_remove("AWS_ACCESS_KEY_ID").output().unwrap();
        assert!(output.status.success(), "{arguments}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    without("validate campus.kdl");
    assert!(without("validate campus.kdl --effective").contains("retain-days"));
    assert!(without("graph campus.kdl").starts_with("digraph {"));
    assert!(without("plan campus.kdl --offline").contains("to create"));
    without("fmt campus.kdl");
    assert_eq!(without("fmt --check campus.kdl"), "");
    assert!(without("completions bash").contains("moodle-infra"));
    assert!(without("man").contains("moodle-infra"));
    assert!(without("--help").contains("Usage: moodle-infra"));
}
