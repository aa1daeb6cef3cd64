//! The flow log: a record of who talked to whom in the VPC, in a log group of the stack's own.
//!
//! The log group is made before anything writes to it and deleted behind it, so that it has a retention and nothing of
//! it stays; the role may write to this one group and to no other.

use serde_json::json;

use super::resources::value_of;
use crate::kind::values::Policy;
use crate::kind::{Ref, Text};
use crate::kinds::ec2::flow_log::{FlowLog, FlowLogProps};
use crate::kinds::ec2::vpc::Vpc;
use crate::kinds::iam::role::{Role, RoleProps};
use crate::kinds::iam::role_policy::{RolePolicy, RolePolicyProps};
use crate::kinds::logs::log_group::{LogGroup, LogGroupProps};
use crate::topology::{Build, Facts, at};

/// Adds the flow log of a VPC.
pub(super) fn add(cx: &mut Build<'_>, vpc: &Ref<Vpc>, retain_days: i32) {
    let what = "flow-log";
    // Named as in the reference architecture.
    let name = cx.name("FlowLog");
    let props = LogGroupProps { name, retain_days: Some(retain_days), tags: cx.tags(what) };
    let group: Ref<LogGroup> = cx.graph.add(at("network.flow-log-group"), props);
    let props = RoleProps {
        // Roles are global in an account, and a stack of this name may stand in another region too.
        name: cx.name(&format!("{}-{what}", cx.facts.region())),
        trust: trust(cx.facts),
        description: format!("Lets the flow log of the Moodle stack {} write to its log group", cx.stack),
        tags: cx.tags(what),
    };
    let role: Ref<Role> = cx.graph.add(at("network.flow-log-role"), props);
    let props = RolePolicyProps { role: role.early(), name: what.to_owned(), policy: writing(cx.facts, &group) };
    let policy: Ref<RolePolicy> = cx.graph.add(at("network.flow-log-role-policy"), props);
    let props = FlowLogProps {
        vpc: vpc.early(),
        log_group: group.early(),
        role: role.attr("arn"),
        traffic: "ALL".to_owned(),
        interval_seconds: 600,
        tags: cx.tags(what),
    };
    let log: Ref<FlowLog> = cx.graph.add(at("network.flow-log"), props);
    // A role that may not write yet is accepted, and the log stays empty.
    cx.graph.after(&log, &policy);
}

/// Only flow logs of this account and region may take the role on.
fn trust(facts: &Facts) -> Policy {
    let (partition, region, account) = (facts.partition(), facts.region(), facts.account());
    Policy::of(json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "Service": "vpc-flow-logs.amazonaws.com" },
            "Action": "sts:AssumeRole",
            "Condition": {
                "StringEquals": { "aws:SourceAccount": account },
                "ArnLike": { "aws:SourceArn": format!("arn:{partition}:ec2:{region}:{account}:vpc-flow-log/*") },
            },
        }],
    }))
}

fn writing(facts: &Facts, group: &Ref<LogGroup>) -> Policy {
    let arn = group.early().attr("arn");
    let streams = Text::concat([arn.clone(), ":*".into()]);
    let (partition, region, account) = (facts.partition(), facts.region(), facts.account());
    Policy::of(json!({
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
                "Resource": [value_of(&arn), value_of(&streams)],
            },
            // A listing call, which cannot be limited to one group.
            {
                "Effect": "Allow",
                "Action": ["logs:DescribeLogGroups"],
                "Resource": [format!("arn:{partition}:logs:{region}:{account}:log-group:*")],
            },
        ],
    }))
}
