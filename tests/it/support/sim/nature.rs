//! How AWS behaves by kind: durations, what makes a repeated create call harmless, and what is refused too early.

use std::collections::BTreeMap;
use std::sync::Arc;

use moodle_infra::kind::erased::{Erased, Registry};
use serde::Deserialize;
use serde_json::Value;

use super::shape;

/// The durations of AWS and what it refuses for some seconds, measured and collected in 2026.
const DURATIONS: &str = include_str!("../durations.json");

/// The behaviour of a kind.
pub(crate) struct Nature {
    pub(crate) real: Arc<dyn Erased>,
    pub(crate) repeated: Repeated,
    pub(crate) times: Times,
    /// The kinds that must be so many seconds old before this one may refer to them, and the code of the refusal.
    pub(crate) too_early: Vec<TooEarly>,
    /// The attributes that are what was asked for.
    pub(super) asked_for: Vec<&'static str>,
    /// The attributes by which a resource is told from others.
    pub(super) identity: Vec<&'static str>,
}

impl Nature {
    /// Whether one stands for another that has the same attributes, and to delete it is to forget it.
    pub(super) fn is_act(&self) -> bool {
        ACTS.contains(&self.real.meta().name)
    }

    /// Whether AWS refuses the one while there is the other.
    pub(super) fn clash(&self, old: &Value, new: &Value) -> bool {
        match self.real.meta().name {
            // The kind says so of all of a file system, because it does not know the zones of subnets.
            "efs.mount_target" => self.real.conflicts(old, new) && old["subnet"] == new["subnet"],
            _ => self.real.conflicts(old, new),
        }
    }
}

/// What a create call does that is sent twice, and how its resource is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repeated {
    /// The second call answers with the first one's resource.
    Token,
    /// The second call makes another; the resource carries its token as a tag.
    Tag,
    /// The resource is found by what it is, whoever made it.
    NaturalKey,
}

/// Durations in seconds.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Times {
    /// Until the create call answers.
    #[serde(rename = "accept_s")]
    pub(crate) accept: f64,
    /// Until it is ready, from the create call.
    #[serde(rename = "create_s")]
    pub(crate) create: f64,
    /// Until an update call answers.
    #[serde(rename = "update_s")]
    pub(crate) update: f64,
    /// Until a change has come to its end, from the answer of the update call.
    #[serde(default, rename = "change_s")]
    pub(crate) change: f64,
    /// Until it is gone, from the delete call.
    #[serde(rename = "delete_s")]
    pub(crate) delete: f64,
}

/// A refusal of what refers to something new.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TooEarly {
    dependent: String,
    pub(crate) on: String,
    pub(crate) error: String,
    pub(crate) seconds: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    kinds: BTreeMap<String, Times>,
    too_early: Vec<TooEarly>,
}

/// The kinds whose create call takes a token.
const TOKEN: &[&str] = &[
    "acm.certificate",
    "backup.plan",
    "backup.selection",
    "ec2.flow_log",
    "ec2.launch_template",
    "ec2.nat_gateway",
    "ec2.route_table",
    "ec2.vpc_endpoint",
    "efs.access_point",
    "efs.file_system",
    "secretsmanager.secret",
    "sim.slow",
];
/// The kinds that are found by what they are.
const NATURAL_KEY: &[&str] = &[
    "acm.issued",
    "autoscaling.capacity",
    "autoscaling.policy",
    "autoscaling.refresh",
    "ec2.internet_gateway_attachment",
    "ec2.route",
    "ec2.route_table_association",
    "ec2.vpc_dns",
    "efs.backup_policy",
    "efs.file_system_policy",
    "efs.lifecycle",
    "iam.role_policy",
    "iam.role_policy_attachment",
    "logs.delivery",
    "s3.bucket_policy",
    "s3.encryption",
    "s3.lifecycle",
    "s3.ownership",
    "s3.public_access_block",
    "s3.versioning",
    "wafv2.association",
];

/// The kinds of which one more is the same to AWS: a look or an act, which only its record makes a thing.
const ACTS: &[&str] = &["acm.issued", "autoscaling.release", "ssm.command"];

/// Returns the behaviour of every kind of a registry.
pub(crate) fn natures(registry: &Registry) -> BTreeMap<&'static str, Nature> {
    let table: Table = serde_json::from_str(DURATIONS).unwrap();
    let nature = |real: &Arc<dyn Erased>| {
        let name = real.meta().name;
        let repeated = match name {
            _ if TOKEN.contains(&name) => Repeated::Token,
            _ if NATURAL_KEY.contains(&name) => Repeated::NaturalKey,
            _ => Repeated::Tag,
        };
        let poll = real.meta().poll;
        // The kinds of the tests alone take as long as they say.
        let changed = real.meta().changed;
        let change = changed.first.map_or(0.0, |_| changed.typical);
        let told = Times { accept: 0.5, create: poll.ready.typical, update: 0.5, change, delete: poll.gone.typical };
        let times = table.kinds.get(name).copied().unwrap_or(told);
        let too_early = table.too_early.iter().filter(|it| it.dependent == name).cloned().collect();
        let (asked_for, identity) = (Vec::new(), Vec::new());
        let mut nature = Nature { real: Arc::clone(real), repeated, times, too_early, asked_for, identity };
        nature.asked_for = shape::asked_for(&nature);
        nature.identity = shape::identifying(&nature);
        (name, nature)
    };
    registry.iter().map(nature).collect()
}
