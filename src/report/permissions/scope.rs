//! How far a permission reaches: names, regions and services.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::graph::Graph;

/// Where a stack stands.
#[derive(Debug, Clone)]
pub struct Place {
    /// The stack's name, with which the names of its resources begin.
    pub stack: String,
    /// `aws`, `aws-cn`, …
    pub partition: String,
    /// The account; `None` where nobody was asked.
    pub account: Option<String>,
    /// The stack's region; `None` where the spec leaves it to the environment.
    pub region: Option<String>,
}

/// A place, and what a graph says of names and regions.
pub(super) struct Scope<'a> {
    place: &'a Place,
    /// The regions of the stack; empty where one is not known.
    regions: BTreeSet<&'a str>,
    log_groups: BTreeSet<String>,
    buckets: BTreeSet<String>,
}

/// Services that have one endpoint for all regions, so that a condition on the region would shut them out.
const GLOBAL: &[&str] = &["cloudfront", "iam", "route53", "sts", "waf"];

/// The services that make a role of their own at their first use in an account: kinds that begin so, and the service.
const LINKED_ROLES: &[(&str, &str)] = &[
    ("autoscaling.", "autoscaling.amazonaws.com"),
    ("backup.", "backup.amazonaws.com"),
    ("cloudfront.vpc_origin", "vpcorigin.cloudfront.amazonaws.com"),
    ("efs.backup_policy", "backup.amazonaws.com"),
    ("efs.", "elasticfilesystem.amazonaws.com"),
    ("elasticache.", "elasticache.amazonaws.com"),
    ("elbv2.", "elasticloadbalancing.amazonaws.com"),
    ("rds.", "rds.amazonaws.com"),
];

/// The services to which kinds hand a role.
const PASSED_TO: &[(&str, &str)] = &[
    ("autoscaling.", "ec2.amazonaws.com"),
    ("backup.", "backup.amazonaws.com"),
    ("ec2.flow_log", "vpc-flow-logs.amazonaws.com"),
    ("ec2.", "ec2.amazonaws.com"),
    ("iam.instance_profile", "ec2.amazonaws.com"),
    ("lambda.", "lambda.amazonaws.com"),
    ("rds.", "monitoring.rds.amazonaws.com"),
    ("scheduler.", "scheduler.amazonaws.com"),
];

/// Calls whose action has another name. A call that IAM does not know by any name has none.
const OTHER_NAMES: &[(&str, &[&str])] = &[
    ("cloudfront:CreateDistributionWithTags", &["cloudfront:CreateDistribution", "cloudfront:TagResource"]),
    ("s3:DeleteBucketEncryption", &["s3:PutEncryptionConfiguration"]),
    ("s3:DeleteBucketLifecycle", &["s3:PutLifecycleConfiguration"]),
    ("s3:DeleteBucketOwnershipControls", &["s3:PutBucketOwnershipControls"]),
    ("s3:DeleteBucketTagging", &["s3:PutBucketTagging"]),
    ("s3:DeleteObjects", &["s3:DeleteObject", "s3:DeleteObjectVersion"]),
    ("s3:DeletePublicAccessBlock", &["s3:PutBucketPublicAccessBlock"]),
    ("s3:GetBucketEncryption", &["s3:GetEncryptionConfiguration"]),
    ("s3:GetBucketLifecycleConfiguration", &["s3:GetLifecycleConfiguration"]),
    ("s3:GetPublicAccessBlock", &["s3:GetBucketPublicAccessBlock"]),
    ("s3:HeadBucket", &["s3:ListBucket"]),
    ("s3:HeadObject", &["s3:GetObject"]),
    ("s3:ListBuckets", &["s3:ListAllMyBuckets"]),
    ("s3:ListObjectVersions", &["s3:ListBucketVersions"]),
    ("s3:ListObjects", &["s3:ListBucket"]),
    ("s3:ListObjectsV2", &["s3:ListBucket"]),
    ("s3:PutBucketEncryption", &["s3:PutEncryptionConfiguration"]),
    ("s3:PutBucketLifecycleConfiguration", &["s3:PutLifecycleConfiguration"]),
    ("s3:PutPublicAccessBlock", &["s3:PutBucketPublicAccessBlock"]),
];

/// Returns the names under which IAM knows a call.
#[must_use]
pub fn iam_names(call: &'static str) -> Vec<&'static str> {
    let other = OTHER_NAMES.iter().find(|(name, _)| *name == call);
    other.map_or_else(|| vec![call], |(_, names)| names.to_vec())
}

/// Returns the service that makes itself a role for resources of this kind.
pub(super) fn linked_role(kind: &str) -> Option<&'static str> {
    of_kind(LINKED_ROLES, kind)
}

fn of_kind(table: &[(&str, &'static str)], kind: &str) -> Option<&'static str> {
    table.iter().find(|(prefix, _)| kind.starts_with(prefix)).map(|(_, service)| *service)
}

/// Returns why the resources of a service are not named.
pub(super) fn why_any(service: &str) -> &'static str {
    match service {
        "cloudwatch" | "logs" | "sts" => "these calls name no resource",
        "s3" => "these calls are about all buckets",
        "iam" => "these calls list",
        "rds" | "elasticache" => "calls that make, change or list; those that delete are limited to names of the stack",
        _ => "the ids are AWS's own and not known before the resources are made",
    }
}

impl<'a> Scope<'a> {
    /// Reads names and regions from the graph.
    pub(super) fn of(graph: &'a Graph, place: &'a Place) -> Scope<'a> {
        let names = |kind: &str| -> BTreeSet<String> {
            let named = graph.nodes().filter(|node| node.kind == kind).filter_map(|node| node.props["name"].as_str());
            let stack = format!("{}-", place.stack);
            named.map(|name| if name.starts_with(&stack) { stack.clone() } else { name.to_owned() }).collect()
        };
        let elsewhere = graph.nodes().filter_map(|node| node.region.as_deref());
        let own = place.region.as_deref();
        let regions = own.into_iter().chain(elsewhere.filter(|_| own.is_some())).collect();
        Scope { place, regions, log_groups: names("logs.log_group"), buckets: names("s3.bucket") }
    }

    /// Returns the resources that an action is about, as narrow as they are known before they are made.
    pub(super) fn resources(&self, action: &str) -> Vec<String> {
        let Place { stack, partition, account, region } = self.place;
        let account = account.as_deref().unwrap_or("*");
        // Names are in lower case where AWS makes them so.
        let lower = stack.to_ascii_lowercase();
        let region = if self.regions.len() == 1 { region.as_deref().unwrap_or("*") } else { "*" };
        let (service, call) = action.split_once(':').unwrap_or((action, ""));
        let one = |text: String| vec![text];
        match (service, call) {
            ("iam", "CreateServiceLinkedRole") => {
                one(format!("arn:{partition}:iam::{account}:role/aws-service-role/*"))
            }
            ("iam", "ListRoles" | "ListInstanceProfiles") | ("s3", "ListAllMyBuckets") => one("*".to_owned()),
            ("iam", call) if call.contains("InstanceProfile") && !call.ends_with("ForRole") => {
                one(format!("arn:{partition}:iam::{account}:instance-profile/{stack}-*"))
            }
            ("iam", call) if call.contains("Role") => one(format!("arn:{partition}:iam::{account}:role/{stack}-*")),
            (
                "logs",
                "CreateLogGroup"
                | "DeleteLogGroup"
                | "PutRetentionPolicy"
                | "DeleteRetentionPolicy"
                | "TagResource"
                | "UntagResource"
                | "ListTagsForResource",
            ) if !self.log_groups.is_empty() => {
                let arn = |name: &String| format!("arn:{partition}:logs:{region}:{account}:log-group:{name}*");
                self.log_groups.iter().map(arn).collect()
            }
            ("rds" | "elasticache", call) if call.starts_with("Delete") => {
                one(format!("arn:{partition}:{service}:{region}:{account}:*:{lower}-*"))
            }
            ("s3", call) if !self.buckets.is_empty() => {
                let inside = if call.contains("Object") { "/*" } else { "" };
                self.buckets.iter().map(|name| format!("arn:{partition}:s3:::{name}*{inside}")).collect()
            }
            _ => one("*".to_owned()),
        }
    }

    /// Returns the condition of an action that these kinds need; null for none.
    pub(super) fn condition(&self, action: &str, kinds: &BTreeSet<&str>) -> Value {
        let of = |table| -> BTreeSet<&'static str> { kinds.iter().filter_map(|kind| of_kind(table, kind)).collect() };
        match action {
            "iam:CreateServiceLinkedRole" => json!({ "StringEquals": { "iam:AWSServiceName": of(LINKED_ROLES) } }),
            "iam:PassRole" => json!({ "StringEquals": { "iam:PassedToService": of(PASSED_TO) } }),
            _ if self.regions.is_empty() || GLOBAL.iter().any(|it| action.starts_with(&format!("{it}:"))) => {
                Value::Null
            }
            _ => json!({ "StringEquals": { "aws:RequestedRegion": self.regions } }),
        }
    }
}
