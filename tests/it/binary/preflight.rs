//! What `plan` and `apply` find out before anything is made: all at once, as faults of the spec, and nothing is made.

use super::run::{Desk, Ended, SMALL};

/// Puts another stack's log group and role in the way.
async fn occupy(desk: &Desk) {
    let cx = desk.cx();
    cx.logs().create_log_group().log_group_name("campus-FlowLog").send().await.unwrap();
    let role = cx.iam().create_role().role_name("campus-eu-west-1-flow-log");
    role.assume_role_policy_document("{\"Version\":\"2012-10-17\",\"Statement\":[]}").send().await.unwrap();
}

#[tokio::test]
async fn names_of_another_stack_are_told_before_anything_is_made() {
    let desk = Desk::with(SMALL);
    occupy(&desk).await;
    let Ended { talk, out, .. } = desk.ends_with(3, "plan campus.kdl");
    assert_eq!(out, "");
    insta::assert_snapshot!(talk, @"");

    let json: serde_json::Value = serde_json::from_str(&desk.ends_with(3, "--json plan campus.kdl").out).unwrap();
    assert_eq!(
        (&json["format"], &json["faults"][0]["summary"]),
        (&"moodle-infra/preflight".into(), &"name taken".into())
    );

    desk.ends_with(3, "apply campus.kdl --yes");
    let vpcs = desk.cx().ec2().describe_vpcs().send().await.unwrap().vpcs.unwrap_or_default();
    assert!(vpcs.iter().all(|it| it.is_default == Some(true)), "{vpcs:?}");

    let plan = desk.ends_with(0, "plan campus.kdl --no-preflight");
    assert!(plan.out.contains("network.vpc"), "{}", plan.out);
}

#[test]
fn subnets_that_are_not_there_are_told() {
    let spec = "moodle \"campus\" { region \"eu-west-1\"\n network { existing vpc=\"vpc-12345678\" { data \"subnet-11111111\" \"subnet-22222222\" } }\n files\n }";
    let desk = Desk::with(spec);
    let Ended { talk, .. } = desk.ends_with(3, "plan campus.kdl");
    insta::assert_snapshot!(talk, @"");
}
