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
    insta::assert_snapshot!(talk, @r#"
    error: network.flow-log-group: name taken
      because: something of the kind logs.log_group is called `campus-FlowLog` already, and this stack's state does not know it: another stack's, or one whose state is lost
      in the spec: the stack's name: moodle "…"
      help: give the stack another name, use the state of the other one (--state-dir), or delete what is there

    error: network.flow-log-role: name taken
      because: something of the kind iam.role is called `campus-eu-west-1-flow-log` already, and this stack's state does not know it: another stack's, or one whose state is lost
      in the spec: the stack's name: moodle "…"
      help: give the stack another name, use the state of the other one (--state-dir), or delete what is there

    Nothing was changed: 2 faults. To plan or apply all the same, add --no-preflight.
    "#);

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
    insta::assert_snapshot!(talk, @"
    error: network: no such subnet
      because: subnet-11111111, subnet-22222222 cannot be found in this account and region
      in the spec: network { existing vpc=… { data … } }
      help: correct the id, or the region of the stack

    error: network: no such VPC
      because: `vpc-12345678` cannot be found in this account and region
      in the spec: network { existing vpc=… }
      help: correct the id, or the region of the stack

    Nothing was changed: 2 faults. To plan or apply all the same, add --no-preflight.
    ");
}
