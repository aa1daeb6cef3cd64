//! A whole site by the binary: `specs/everything.kdl` comes, stays as it is, and goes.

use std::collections::BTreeMap;

use serde_json::Value;

use super::run::Desk;
use crate::support::inventory::Inventory;

/// Of what AWS tells the tags one by one, a call each.
const TAGS_ONE_BY_ONE: &str = "cloudwatch:ListTagsForResource";

/// Returns the API calls that a command tells with `-v`, by operation.
fn calls(talk: &str) -> BTreeMap<String, usize> {
    let counted = talk.lines().filter_map(|line| line.split_once("calls operation=")?.1.split_once("count="));
    counted
        .map(|(operation, count)| (operation.trim().trim_matches('"').to_owned(), count.trim().parse().unwrap()))
        .collect()
}

#[tokio::test]
#[expect(clippy::print_stdout, reason = "the figures are for people")]
async fn a_whole_site_comes_stays_and_goes() {
    let desk = Desk::with(include_str!("../../../specs/everything.kdl"));
    let zone = desk.cx().route53().create_hosted_zone().name("example.edu").caller_reference("site");
    zone.send().await.unwrap();
    let before = Inventory::of(&desk.account);

    let applied = desk.ends_with(0, "apply campus.kdl --yes --json");
    let ended: Value = serde_json::from_str(applied.out.lines().last().unwrap()).unwrap();
    assert_eq!((&ended["event"], &ended["complete"]), (&"ended".into(), &true.into()));
    assert_eq!(ended["outputs"]["url"], "https://moodle.example.edu");
    let made = ended["created"].as_u64().unwrap();
    let sum = |calls: &Value| calls.as_object().unwrap().values().filter_map(Value::as_u64).sum::<u64>();
    println!("everything, in three zones: {made} resources, made by {} calls", sum(&ended["calls"]));
    assert!(150 < made, "{made}");

    let planned = desk.ends_with(0, "plan campus.kdl --detailed-exitcode -v");
    assert_eq!(planned.out, "No changes: AWS is as the spec says.\n");
    let calls = calls(&planned.talk);
    let count: usize = calls.values().sum();
    println!("a plan makes {count} calls of {} operations: {calls:#?}", calls.len());
    // A site has some 60 kinds. Each is read by a call or two, so fewer calls than operations cannot be.
    let of_alarms = calls[TAGS_ONE_BY_ONE];
    assert!(of_alarms < 30 && count - of_alarms < 2 * calls.len(), "{count}: {calls:#?}");

    let refused = desk.run("destroy campus.kdl --yes");
    assert_ne!(refused.code, Some(0), "{}", refused.out);
    assert!(refused.talk.contains("database.cluster"), "{}", refused.talk);
    let named = "--allow-data-loss database.cluster --allow-data-loss files.file-system \
     --allow-data-loss site.admin-secret --allow-data-loss site.backup-vault";
    let destroyed = desk.ends_with(0, &format!("destroy campus.kdl --yes --json {named}"));
    let ended: Value = serde_json::from_str(destroyed.out.lines().last().unwrap()).unwrap();
    println!("deleted by {} calls", sum(&ended["calls"]));
    let left = Inventory::of(&desk.account).since(&before);
    assert_eq!(left.kinds, BTreeMap::new());
    let kept: BTreeMap<&str, usize> = left.besides.iter().map(|(what, there)| (what.as_str(), there.len())).collect();
    assert_eq!(kept, [("secrets on their way out", 1), ("snapshots of clusters", 1)].into());
}
