//! What the web servers may do: read the site's secrets, mount its files, write its log and report on themselves.

use serde_json::{Value, json};

use super::{Needs, parameters_of};
use crate::kind::values::Policy;
use crate::kind::{Ref, Text};
use crate::kinds::logs::log_group::LogGroup;
use crate::topology::fleet::value_of;
use crate::topology::{Build, Shared};

/// Returns the policy of the servers' role.
pub(super) fn policy(cx: &Build<'_>, needs: &Needs<'_>, log_group: &Ref<LogGroup>) -> Policy {
    let mut statements = vec![log(log_group), metrics()];
    statements.extend(parameters(cx));
    let secrets: Vec<&Text> = needs.database.iter().map(|it| &it.secret).chain(&needs.secrets).collect();
    statements.extend(reading("Secrets", "secretsmanager:GetSecretValue", &secrets));
    statements.extend(reading("Keys", "kms:Decrypt", &needs.keys.iter().collect::<Vec<_>>()));
    statements.extend(reading("Objects", "s3:GetObject", &needs.objects.iter().collect::<Vec<_>>()));
    statements.extend(needs.shared.map(|it| files(cx, it)));
    Policy::of(json!({ "Version": "2012-10-17", "Statement": statements }))
}

fn reading(sid: &str, action: &str, what: &[&Text]) -> Option<Value> {
    let what: Vec<Value> = what.iter().map(|it| value_of(it)).collect();
    (!what.is_empty()).then(|| json!({ "Sid": sid, "Effect": "Allow", "Action": [action], "Resource": what }))
}

fn log(group: &Ref<LogGroup>) -> Value {
    let arn = group.early().attr("arn");
    let streams = Text::concat([arn.clone(), ":*".into()]);
    json!({
        "Sid": "Log",
        "Effect": "Allow",
        "Action": ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
        "Resource": [value_of(&arn), value_of(&streams)],
    })
}

/// Metrics have no ARN, but a name space.
fn metrics() -> Value {
    json!({
        "Sid": "Metrics",
        "Effect": "Allow",
        "Action": ["cloudwatch:PutMetricData"],
        "Resource": ["*"],
        "Condition": { "StringEquals": { "cloudwatch:namespace": ["CWAgent", "Moodle"] } },
    })
}

/// Servers read all of the stack's parameters, and write what they report on themselves.
fn parameters(cx: &Build<'_>) -> [Value; 2] {
    let facts = cx.facts;
    let (partition, region, account) = (facts.partition(), facts.region(), facts.account());
    let path = format!("arn:{partition}:ssm:{region}:{account}:parameter{}", parameters_of(cx.stack));
    [
        json!({
            "Sid": "Parameters",
            "Effect": "Allow",
            "Action": ["ssm:GetParameter", "ssm:GetParameters", "ssm:GetParametersByPath"],
            "Resource": [path, format!("{path}/*")],
        }),
        json!({
            "Sid": "Report",
            "Effect": "Allow",
            "Action": ["ssm:PutParameter"],
            "Resource": [format!("{path}/report/*")],
        }),
    ]
}

/// Mounting and writing, through the access points and no other way: each server is the user of the web server there.
pub(in crate::topology) fn files(cx: &Build<'_>, shared: &Shared) -> Value {
    let facts = cx.facts;
    let (partition, region, account) = (facts.partition(), facts.region(), facts.account());
    let of = |what: &str, id: Text| {
        let prefix = format!("arn:{partition}:elasticfilesystem:{region}:{account}:{what}/");
        value_of(&Text::concat([prefix.into(), id]))
    };
    let points: Vec<Value> = shared.access_points.iter().map(|(_, it)| of("access-point", it.early().text())).collect();
    json!({
        "Sid": "Files",
        "Effect": "Allow",
        "Action": ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"],
        "Resource": [of("file-system", shared.file_system.clone())],
        "Condition": { "StringEquals": { "elasticfilesystem:AccessPointArn": points } },
    })
}
