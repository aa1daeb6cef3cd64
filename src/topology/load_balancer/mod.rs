//! The load balancer tier: the one door to the web servers, who may come to it, and what is refused there; or the load
//! balancer that is there already.

use crate::kind::values::Cidr;
use crate::kind::{Ref, Text};
use crate::kinds::elbv2::listener::Listener;

mod fields;

mod checks;

mod existing;

mod visitors;

mod waf;

mod logs;

mod resources;

mod effective;

pub(super) use effective::lines;
pub(super) use fields::read;

/// The header in which the CDN shows the load balancer its secret.
pub const ORIGIN_HEADER: &str = "X-Moodle-Origin";

/// The prefix list of the addresses from which CloudFront asks.
pub const CLOUDFRONT: &str = "com.amazonaws.global.cloudfront.origin-facing";

/// The load balancer tier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoadBalancer {
    /// One that the stack makes.
    Own(Own),
    /// One that is there already, with listeners that lead to its target group.
    Existing(Existing),
}

/// A load balancer that the stack makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Own {
    /// After so many seconds without a byte a connection is closed.
    pub idle_timeout_seconds: i32,
    /// Which versions and ciphers of TLS are taken, where there is a certificate.
    pub tls_policy: String,
    /// How many days access logs are kept; `None` is no access logs.
    pub access_logs: Option<i32>,
    /// How it sees that a web server is well.
    pub health_check: HealthCheck,
    /// The ranges that visitors may come from.
    pub allow: Vec<Cidr>,
    /// Whether visitors come through the CDN alone.
    pub only_from_cdn: bool,
    /// Whether a web ACL stands before it.
    pub waf: bool,
}

/// How a load balancer sees that a web server is well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HealthCheck {
    /// The page that is asked for.
    pub path: String,
    /// From one check to the next.
    pub interval_seconds: i32,
    /// After so long without an answer a check has failed.
    pub timeout_seconds: i32,
    /// After so many good checks a web server is well.
    pub healthy: i32,
    /// After so many failed checks it is not.
    pub unhealthy: i32,
}

/// A load balancer that is there already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Existing {
    /// `arn:aws:elasticloadbalancing:…:loadbalancer/app/…`.
    pub arn: String,
    /// The ARN of the target group that the web servers register with.
    pub target_group: String,
    /// The name by which it is reached.
    pub dns: String,
    /// The hosted zone of that name.
    pub zone_id: String,
    /// Its security group, which the web servers let in; `None` leaves that to others.
    pub group: Option<String>,
}

/// What the tier takes from others.
#[derive(Default)]
pub(super) struct Inputs {
    /// The ARN of an issued certificate of the stack's region.
    pub(super) certificate: Option<Text>,
    /// Whether somebody installs Moodle through it, where a page takes minutes.
    pub(super) patient: bool,
}

/// What the tier offers others. All of it is known as soon as the load balancer is created.
pub(super) struct Balancer {
    /// Its ARN.
    pub(super) arn: Text,
    /// The name by which it is reached.
    pub(super) dns_name: Text,
    /// The hosted zone of that name, for alias records.
    pub(super) zone_id: Text,
    /// What metrics call it: `app/…/…`.
    pub(super) full_name: Text,
    /// The ARN of the target group.
    pub(super) target_group: Text,
    /// What metrics call that: `targetgroup/…/…`.
    pub(super) target_group_full_name: Text,
    /// The ARN of the secret that requests must carry in [`ORIGIN_HEADER`]; `None` where they need not.
    pub(super) origin_secret: Option<Text>,
    /// What must be there before a web server can be seen to be well; empty for an existing load balancer.
    pub(super) listeners: Vec<Ref<Listener>>,
}
