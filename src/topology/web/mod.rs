//! The web tier: a group of servers that run Moodle, grows with the load, and is replaced server by server.

use std::collections::BTreeMap;

use super::cache::{Purpose, Store};
use super::database::Reached;
use super::machines::Image;
use super::{Places, Shared};
use crate::kind::{Ref, Text};
use crate::kinds::elbv2::listener::Listener;

mod fields;

mod scaling;

mod role;

mod boot;

mod resources;

mod life;

mod parameters;

mod effective;

pub(super) use effective::lines;
pub(super) use fields::read;
pub(super) use life::Moodle;
pub(super) use resources::Ground;
pub(super) use role::files as files_statement;

/// Returns the path under which a stack's parameters stand, as in the reference architecture.
pub(super) fn parameters_of(stack: &str) -> String {
    format!("/Moodle/{stack}")
}

/// The web tier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Web {
    /// The type of the servers: `c7g.xlarge`.
    pub instances: String,
    /// What they start from.
    pub image: Image,
    /// The size of their volume.
    pub volume_gib: i32,
    /// How many there are.
    pub scale: Scale,
    /// When there are more, and when there are fewer.
    pub scaling: Scaling,
    /// For how long a new server may be ill, in seconds.
    pub grace_seconds: i32,
    /// The share of the servers that go on serving while others are replaced, in percent.
    pub min_healthy_percent: i32,
    /// The SSH key that they let in.
    pub key_pair: Option<String>,
    /// The cache of compiled PHP.
    pub opcache: Opcache,
    /// The limits of PHP.
    pub php: Php,
    /// For how many days their logs are kept.
    pub retain_days: i32,
    /// Whether what the site is made of is written to parameters under `/Moodle/<stack>/`.
    pub parameters: bool,
}

/// How many servers there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scale {
    /// At least.
    pub min: i32,
    /// At most.
    pub max: i32,
}

/// When there are more servers, and when there are fewer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scaling {
    /// One more and one fewer, when the load crosses one threshold or the other.
    Steps {
        /// When there is one more.
        out: Step,
        /// When there is one fewer.
        inward: Step,
    },
    /// So many that the load of each stays near this.
    Target(Load),
}

/// The load of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Load {
    /// Of its processors, in percent.
    Cpu(i32),
    /// Requests that the load balancer sends it, a minute.
    Requests(i32),
}

/// A threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// The load of the processors in percent.
    pub cpu: i32,
    /// For how long it must be beyond that.
    pub minutes: i32,
    /// The pause before the next step.
    pub cooldown_seconds: i32,
}

/// The cache of compiled PHP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opcache {
    /// Its memory.
    pub memory_mib: i32,
    /// How many files it holds.
    pub files: i32,
    /// How often it looks whether a file has changed.
    pub revalidate_seconds: i32,
}

/// The limits of PHP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Php {
    /// The memory of a request.
    pub memory_limit_mib: i32,
    /// The fields of a form.
    pub max_input_vars: i32,
}

/// What the web tier takes from the others.
pub(super) struct Needs<'a> {
    pub places: &'a Places,
    /// The ARN of the target group that visitors come through.
    pub target_group: Option<Text>,
    /// What metrics call the load balancer and that target group: `app/…/…/targetgroup/…/…`.
    pub label: Option<Text>,
    /// What must be there before a server can be seen to be well.
    pub listeners: Vec<Ref<Listener>>,
    pub database: Option<&'a Reached>,
    pub shared: Option<&'a Shared>,
    pub stores: &'a BTreeMap<Purpose, Store>,
    /// The ARNs of secrets that the servers read besides the database's: of the administrator, of caches.
    pub secrets: Vec<Text>,
    /// The ARNs of keys that encrypt what they read.
    pub keys: Vec<Text>,
    /// The ARNs of objects in S3 that they fetch: the source of Moodle, plug-ins.
    pub objects: Vec<Text>,
    /// What visitors open.
    pub url: Option<Text>,
}

/// What the web tier offers the others.
#[expect(dead_code, reason = "the tier that watches reads it")]
pub(super) struct Fleet {
    /// The name of the group.
    pub group: Text,
    /// The name of the servers' role.
    pub role: Text,
    /// The name of their log group.
    pub log_group: Text,
}
