//! The policy that `permissions` prints allows what a journey calls, and little more.

use std::collections::BTreeSet;
use std::process::Command;

use moodle_infra::aws::transport::Recorded;
use moodle_infra::report::permissions::{LARGEST, iam_names};
use serde_json::Value;

use super::journeys;

/// Services that AWS asks for on the caller's behalf, so that a call of ours never names them.
const INDIRECT: &[(&str, &str)] = &[
    ("backup-storage", "a vault keeps its copies in storage of AWS Backup"),
    ("ec2", "a mount target and a serverless cache are network interfaces and endpoints of the caller"),
    ("iam", "roles that services make or are handed"),
    ("kms", "keys of the caller that a service uses"),
    ("logs", "a flow log is a delivery of logs"),
    ("route53", "an endpoint with private names is a zone"),
    ("secretsmanager", "the password of a database is made by RDS"),
    ("ssm", "the image of servers stands in a parameter, which EC2 reads for the caller"),
    ("sts", "every run asks who it is, on a wire of its own"),
];

/// A policy as printed.
struct Printed(Vec<Value>);

impl Printed {
    /// Prints the policy of a spec with the program itself.
    #[expect(clippy::disallowed_methods, reason = "a spec is a user's file")]
    fn of(spec: &str, purpose: &str) -> Printed {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("x.kdl");
        std::fs::write(&file, spec).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_moodle-infra"));
        let ended = command.arg("permissions").arg(&file).args([purpose, "--json"]).env_clear().output().unwrap();
        assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
        let document: Value = serde_json::from_slice(&ended.stdout).unwrap();
        let policies = document["policies"].as_array().unwrap().clone();
        for policy in &policies {
            let length = policy.to_string().chars().filter(|it| !it.is_whitespace()).count();
            assert!(policy["Version"] == "2012-10-17" && length <= LARGEST, "{length}");
        }
        Printed(policies)
    }

    /// Prints those of all specs that a stack was.
    fn of_all(specs: &[String], purpose: &str) -> Printed {
        Printed(specs.iter().flat_map(|spec| Printed::of(spec, purpose).0).collect())
    }

    fn statements(&self) -> impl Iterator<Item = &Value> {
        self.0.iter().flat_map(|it| it["Statement"].as_array().unwrap())
    }

    fn actions(&self) -> BTreeSet<&str> {
        self.statements().flat_map(|it| it["Action"].as_array().unwrap()).map(|it| it.as_str().unwrap()).collect()
    }

    /// Whether a call is allowed: by its action, and by the name of what it is about where the policy names it.
    fn allows(&self, call: &Recorded) -> bool {
        let allowed = |action: &str| {
            self.statements().filter(|it| it["Action"].as_array().unwrap().contains(&action.into())).any(|statement| {
                let resources = statement["Resource"].as_array().into_iter().flatten();
                let mut patterns = resources.map(|it| it.as_str().unwrap());
                statement["Resource"] == "*" || patterns.any(|pattern| names(call).iter().any(|it| fits(pattern, it)))
            })
        };
        let call: &'static str = String::leak(call.operation.clone());
        iam_names(call).into_iter().all(allowed)
    }
}

/// Returns the names that a request is about.
fn names(call: &Recorded) -> Vec<String> {
    let by_form = call.body.split('&').filter_map(|pair| pair.split_once('=')).filter(|(key, _)| {
        ["RoleName", "InstanceProfileName", "CacheClusterId", "ReplicationGroupId", "ServerlessCacheName"].contains(key)
            || ["Identifier", "GroupName"].iter().any(|end| key.ends_with(end))
    });
    let by_form = by_form.map(|(_, value)| value.to_owned());
    let json: Value = serde_json::from_str(&call.body).unwrap_or_default();
    let by_json = ["logGroupName", "resourceArn"].map(|key| json[key].as_str().map(str::to_owned));
    let bucket = call.url.split('/').nth(3).map(|it| it.split('?').next().unwrap_or(it).to_owned());
    by_form.chain(by_json.into_iter().flatten()).chain(bucket).collect()
}

/// Whether the last part of a pattern covers the last part of a name or ARN.
fn fits(pattern: &str, name: &str) -> bool {
    let last = |text: &str| text.trim_end_matches("/*").rsplit([':', '/']).next().unwrap_or_default().to_owned();
    let (pattern, whole) = (last(pattern), if name.contains(':') { last(name) } else { name.to_owned() });
    // The name of a log group may be a path.
    [whole, last(name)].iter().any(|name| name.starts_with(pattern.trim_end_matches('*')))
}

#[tokio::test]
async fn what_a_spec_calls_is_what_its_policy_allows() {
    for journey in journeys().await {
        let [plan, apply] = ["--plan", "--apply"].map(|purpose| Printed::of_all(&journey.texts, purpose));
        for (printed, calls) in [(&plan, &journey.looks), (&apply, &journey.all)] {
            let refused: BTreeSet<&str> =
                calls.iter().filter(|call| !printed.allows(call)).map(|call| call.operation.as_str()).collect();
            assert!(refused.is_empty(), "{}: not allowed: {refused:?}", journey.name);
        }
        let changing = |action: &&str| {
            let name = action.split(':').nth(1).unwrap();
            // A secret is read with the key that encrypts it.
            !["Decrypt", "Describe", "Get", "List"].iter().any(|it| name.starts_with(it))
        };
        let changes: Vec<_> = plan.actions().into_iter().filter(changing).collect();
        assert!(changes.is_empty(), "{}: a plan only reads, and yet: {changes:?}", journey.name);

        let service = |action: &str| action.split(':').next().unwrap().to_owned();
        let called: BTreeSet<String> = journey.all.iter().map(|it| service(&it.operation)).collect();
        let indirect = |it: &String| INDIRECT.iter().any(|(service, _)| it == service);
        // What is only read may be asked before an apply, and not of an emulator.
        let changes = apply.actions().into_iter().filter(changing).map(service);
        let never: Vec<String> = changes.filter(|it| !called.contains(it) && !indirect(it)).collect();
        assert!(never.is_empty(), "{}: never needed: {never:?}", journey.name);
    }
}

#[test]
fn the_policy_of_a_small_network() {
    let spec = "moodle \"campus\" { region \"eu-west-1\"; network { zones 2; nat \"none\" } }";
    let printed = Printed::of(spec, "--apply");
    let wide = |statement: &&Value| statement["Resource"] == "*";
    let narrow: Vec<&Value> = printed.statements().filter(|it| !wide(it)).collect();
    insta::assert_snapshot!(serde_json::to_string_pretty(&narrow).unwrap(), @r#"
    [
      {
        "Action": [
          "iam:GetInstanceProfile"
        ],
        "Effect": "Allow",
        "Resource": [
          "arn:aws:iam::*:instance-profile/campus-*"
        ]
      },
      {
        "Action": [
          "iam:CreateRole",
          "iam:DeleteRole",
          "iam:DeleteRolePolicy",
          "iam:GetRole",
          "iam:GetRolePolicy",
          "iam:PutRolePolicy",
          "iam:TagRole",
          "iam:UntagRole",
          "iam:UpdateAssumeRolePolicy",
          "iam:UpdateRole"
        ],
        "Effect": "Allow",
        "Resource": [
          "arn:aws:iam::*:role/campus-*"
        ]
      },
      {
        "Action": [
          "iam:PassRole"
        ],
        "Condition": {
          "StringEquals": {
            "iam:PassedToService": [
              "vpc-flow-logs.amazonaws.com"
            ]
          }
        },
        "Effect": "Allow",
        "Resource": [
          "arn:aws:iam::*:role/campus-*"
        ]
      },
      {
        "Action": [
          "logs:CreateLogGroup",
          "logs:DeleteLogGroup",
          "logs:ListTagsForResource",
          "logs:PutRetentionPolicy",
          "logs:TagResource",
          "logs:UntagResource"
        ],
        "Condition": {
          "StringEquals": {
            "aws:RequestedRegion": [
              "eu-west-1"
            ]
          }
        },
        "Effect": "Allow",
        "Resource": [
          "arn:aws:logs:eu-west-1:*:log-group:campus-*"
        ]
      }
    ]
    "#);
    let regional = printed.statements().filter(wide).filter(|it| {
        // These have one endpoint for all regions.
        !["route53:", "sts:"].iter().any(|service| it["Action"][0].as_str().unwrap().starts_with(service))
    });
    for statement in regional {
        assert_eq!(statement["Condition"]["StringEquals"]["aws:RequestedRegion"][0], "eu-west-1", "{statement}");
    }
}
