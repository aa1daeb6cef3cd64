//! `import resource`: what exists comes into the state, is compared, and gets our marks.

use aws_sdk_ec2::types::{ResourceType, Tag, TagSpecification, Tenancy};
use serde_json::Value;

use super::inventory::{is_empty, matches_state};
use super::run::{Desk, SMALL};

/// Makes a VPC as somebody else would, with these tags, and returns its id.
async fn foreign_vpc(desk: &Desk, cidr: &str, tags: &[(&str, &str)]) -> String {
    let tags = tags.iter().map(|(key, value)| Tag::builder().key(*key).value(*value).build()).collect();
    let tags = TagSpecification::builder().resource_type(ResourceType::Vpc).set_tags(Some(tags)).build();
    let cx = desk.cx();
    let create = cx.ec2().create_vpc().cidr_block(cidr).instance_tenancy(Tenancy::Default).tag_specifications(tags);
    create.send().await.unwrap().vpc.unwrap().vpc_id.unwrap()
}

fn recorded(desk: &Desk, address: &str) -> Value {
    let shown = desk.ends_with(0, &format!("state show {address} --json")).out;
    serde_json::from_str(&shown).unwrap()
}

#[tokio::test]
async fn what_exists_is_taken_over_and_not_made_a_second_time() {
    let desk = Desk::with(SMALL);
    let id = foreign_vpc(&desk, "10.0.0.0/16", &[("Name", "old")]).await;
    let imported = desk.ends_with(0, &format!("import resource campus.kdl network.vpc {id}"));
    assert_eq!(imported.out, "");
    assert!(imported.talk.contains(&format!("imported {id} as network.vpc (ec2.vpc); nothing was changed in AWS\n")));
    assert!(
        imported.talk.contains("An apply would change in place:\n      tags.Name: old → campus"),
        "{}",
        imported.talk
    );
    assert!(imported.talk.contains("put the tags on it that say that it is of this stack"), "{}", imported.talk);

    let planned = desk.ends_with(0, "plan campus.kdl").out;
    assert!(planned.contains("  ~ network.vpc  ec2.vpc  `tags` changes in place"), "{planned}");
    desk.ends_with(0, "apply campus.kdl --yes");
    matches_state(&desk, "after an import");
    assert_eq!(recorded(&desk, "network.vpc")["resource"]["attrs"]["id"], id);
    assert_eq!(desk.ends_with(0, "plan campus.kdl").out, "No changes: AWS is as the spec says.\n");
    let described = desk.cx().ec2().describe_vpcs().vpc_ids(&id).send().await.unwrap();
    let marks = described.vpcs()[0].tags().iter().any(|it| it.key() == Some("moodle-infra:stack"));
    assert!(marks, "{described:?}");
    desk.ends_with(0, "destroy campus.kdl --yes");
    is_empty(&desk);
}

#[tokio::test]
async fn what_was_forgotten_comes_back_unchanged() {
    let desk = Desk::with(SMALL);
    desk.ends_with(0, "apply campus.kdl --yes");
    let before = recorded(&desk, "network.vpc");
    let id = before["resource"]["attrs"]["id"].as_str().unwrap();
    desk.ends_with(0, "state rm network.vpc");
    let listed = desk.ends_with(0, "import resource campus.kdl");
    assert_eq!(listed.out, "network.vpc  ec2.vpc  vpc-…\n");
    let imported = desk.ends_with(0, &format!("import resource campus.kdl network.vpc {id} --json"));
    let told: Value = serde_json::from_str(&imported.out).unwrap();
    assert_eq!(told["format"], "moodle-infra/import");
    assert_eq!((&told["unmarked"], &told["differences"]), (&false.into(), &Value::Array(Vec::new())));
    assert_eq!(desk.ends_with(0, "plan campus.kdl").out, "No changes: AWS is as the spec says.\n");
    let after = recorded(&desk, "network.vpc");
    assert_eq!(after["resource"]["props"], before["resource"]["props"]);
    assert_eq!(after["incarnation"], 2);
}

#[tokio::test]
async fn what_may_not_be_taken_is_refused_and_says_why() {
    let desk = Desk::with(SMALL);
    let theirs = foreign_vpc(&desk, "10.0.0.0/16", &[("moodle-infra:stack", "other")]).await;
    let refused = desk.ends_with(1, &format!("import resource campus.kdl network.vpc {theirs}"));
    assert!(refused.talk.contains("because: its tags say that it is of stack `other`"), "{}", refused.talk);
    let wrong = desk.ends_with(64, "import resource campus.kdl network.vpc subnet-0abc");
    assert!(wrong.talk.contains("help: the id of a ec2.vpc looks like `vpc-…`"), "{}", wrong.talk);
    let absent = desk.ends_with(1, "import resource campus.kdl network.vpc vpc-0abc");
    assert!(absent.talk.contains("there is none with this id, in this account and region"), "{}", absent.talk);
    let nowhere = desk.ends_with(64, "import resource campus.kdl network.vcp vpc-0abc --json");
    let error: Value = serde_json::from_str(&nowhere.out).unwrap();
    assert_eq!(error["error"]["message"], "cannot import `vpc-0abc` as `network.vcp`");
    assert!(error["error"]["help"].as_str().unwrap().contains("\n    network.vpc"), "{error}");
    let halved = desk.ends_with(64, "import resource campus.kdl network.vpc");
    assert!(halved.talk.contains("<ID>"), "{}", halved.talk);
    // Nothing was recorded.
    assert!(!desk.path("state/campus.json").exists());

    let other = foreign_vpc(&desk, "10.9.0.0/16", &[]).await;
    let warned = desk.ends_with(0, &format!("import resource campus.kdl network.vpc {other}"));
    assert!(warned.talk.contains("WARNING: an apply would put a new one in its place"), "{}", warned.talk);
    assert!(warned.talk.contains("cidr: 10.9.0.0/16 → 10.0.0.0/16"), "{}", warned.talk);
    let again = desk.ends_with(64, &format!("import resource campus.kdl network.vpc {other}"));
    assert!(again.talk.contains("the state has a resource at this address already"), "{}", again.talk);
}

#[test]
fn the_documentation_has_the_table_of_ids() {
    let desk = Desk::with(SMALL);
    let table = desk.ends_with(0, "import resource --table").out;
    for kind in moodle_infra::kinds::registry().iter() {
        assert!(table.contains(&format!("| `{}` | ", kind.meta().name)), "{}\n{table}", kind.meta().name);
    }
    let page = include_str!("../../../docs/import.md");
    assert!(page.ends_with(&format!("\n\n{table}")), "print it with `import resource --table`\n{table}");
}
