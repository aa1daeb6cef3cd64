//! Asking: each check is one or two calls that only read.

use std::collections::BTreeSet;

use super::checks::{Check, Subject};
use crate::aws::offers::{self, Certificate, Place};
use crate::aws::present::{self, FileSystem, LoadBalancer, TargetGroup, Vpc};
use crate::aws::{Cx, Result};

/// What AWS says. Each sort of check has its own.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// The zones of a type of instance.
    Zones(BTreeSet<String>),
    /// The architecture of an image, where there is one, and those of a type of instance.
    Architectures(Option<String>, BTreeSet<String>),
    /// The versions of an engine, each with its family.
    Versions(Vec<(String, String)>),
    /// The classes that can be ordered.
    Classes(BTreeSet<String>),
    /// The engine of a snapshot and whether it is complete.
    Snapshot(Option<(String, bool)>),
    /// Whether there is such a thing.
    Is(bool),
    /// A certificate.
    Certificate(Option<Certificate>),
    /// The quota, and how many there are.
    Count(Option<f64>, usize),
    /// The subnets that exist.
    Places(Vec<Place>),
    /// A VPC.
    Vpc(Option<Vpc>),
    /// A file system.
    FileSystem(Option<FileSystem>),
    /// A load balancer.
    LoadBalancer(Option<LoadBalancer>),
    /// A target group.
    TargetGroup(Option<TargetGroup>),
    /// What something is, or where it stands; `None` where there is no such thing.
    Of(Option<String>),
    /// Types of records, or names of servers.
    Names(BTreeSet<String>),
}

/// Asks.
pub(super) async fn answer(cx: &Cx, check: &Check) -> Result<Answer> {
    Ok(match check {
        Check::InstanceClass { class, .. } => Answer::Zones(offers::instance_zones(cx, class).await?),
        Check::Image { image, class, .. } => {
            Answer::Architectures(offers::image(cx, image).await?, offers::architectures(cx, class).await?)
        }
        Check::DatabaseVersion { engine, .. } => Answer::Versions(offers::database_versions(cx, engine).await?),
        Check::DatabaseClass { engine, version, .. } => {
            Answer::Classes(offers::database_classes(cx, engine, version).await?)
        }
        Check::Snapshot { snapshot, .. } => Answer::Snapshot(offers::snapshot(cx, snapshot).await?),
        Check::CacheClass { class, .. } => Answer::Is(offers::has_cache_class(cx, class).await?),
        Check::Certificate { arn, .. } => Answer::Certificate(offers::certificate(cx, arn).await?),
        Check::Quota { subject, .. } => {
            let (service, code) = subject.quota();
            let quota = offers::quota(cx, service, code).await?;
            let there = match subject {
                Subject::Addresses => offers::addresses(cx).await?,
                Subject::Vpcs => offers::vpcs(cx).await?,
            };
            Answer::Count(quota, there)
        }
        Check::Subnets { groups, .. } => {
            let subnets: BTreeSet<String> = groups.values().flatten().cloned().collect();
            Answer::Places(offers::places(cx, &subnets.into_iter().collect::<Vec<_>>()).await?)
        }
        Check::Vpc { vpc, .. } => Answer::Vpc(present::vpc(cx, vpc).await?),
        Check::FileSystem { id, .. } => Answer::FileSystem(present::file_system(cx, id).await?),
        Check::LoadBalancer { arn, .. } => Answer::LoadBalancer(present::load_balancer(cx, arn).await?),
        Check::TargetGroup { arn, .. } => Answer::TargetGroup(present::target_group(cx, arn).await?),
        Check::Group { group, .. } => Answer::Of(present::group(cx, group).await?),
        Check::Secret { arn } => Answer::Is(present::secret(cx, arn).await?),
        Check::Database { host, .. } => Answer::Of(present::database(cx, host).await?),
        Check::Record { zone, name, .. } => Answer::Names(present::records(cx, zone, name).await?),
        Check::Delegation { zone, .. } => Answer::Names(present::name_servers(cx, zone).await?.into_iter().collect()),
        Check::Name { kind, region, name, .. } => {
            let cx = region.as_deref().map_or_else(|| cx.clone(), |region| cx.at(region));
            Answer::Is(offers::is_taken(&cx, kind, name).await?)
        }
    })
}
