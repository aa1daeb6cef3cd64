//! What is there already and named in a spec: read-only questions, asked before anything is made beside it.

use std::collections::BTreeSet;

use aws_sdk_ec2::types::{Filter, VpcAttributeName};
use aws_sdk_route53::types::RrType;

use super::offers::unless;
use super::{Cx, Result, call};

/// A VPC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Vpc {
    /// Whether names are answered in it.
    pub dns_support: bool,
    /// Whether what stands in it gets names.
    pub dns_hostnames: bool,
}

/// Returns a VPC; `None` where there is none of this id.
///
/// # Errors
/// The failure of the call.
pub async fn vpc(cx: &Cx, id: &str) -> Result<Option<Vpc>> {
    let attribute = async |name: VpcAttributeName| {
        let describe = cx.ec2().describe_vpc_attribute().vpc_id(id).attribute(name).send().await;
        unless(call("ec2:DescribeVpcAttribute", describe), &["InvalidVpcID.NotFound", "InvalidVpcId.NotFound"])
    };
    let Some(support) = attribute(VpcAttributeName::EnableDnsSupport).await? else { return Ok(None) };
    let Some(hostnames) = attribute(VpcAttributeName::EnableDnsHostnames).await? else { return Ok(None) };
    Ok(Some(Vpc {
        dns_support: support.enable_dns_support.and_then(|it| it.value) == Some(true),
        dns_hostnames: hostnames.enable_dns_hostnames.and_then(|it| it.value) == Some(true),
    }))
}

/// Returns the VPC of a security group; `None` where there is no such group.
///
/// # Errors
/// The failure of the call.
pub async fn group(cx: &Cx, id: &str) -> Result<Option<String>> {
    let these = Filter::builder().name("group-id").values(id).build();
    let describe = cx.ec2().describe_security_groups().filters(these).send().await;
    let found = call("ec2:DescribeSecurityGroups", describe)?.security_groups.unwrap_or_default();
    let found = found.into_iter().find(|it| it.group_id() == Some(id));
    Ok(found.map(|it| it.vpc_id.unwrap_or_default()))
}

/// A file system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileSystem {
    /// `available`, `creating` …
    pub state: String,
    /// The VPCs in which it can be mounted.
    pub vpcs: BTreeSet<String>,
}

/// Returns a file system; `None` where there is none of this id.
///
/// # Errors
/// The failure of the call.
pub async fn file_system(cx: &Cx, id: &str) -> Result<Option<FileSystem>> {
    let describe = cx.efs().describe_file_systems().file_system_id(id).send().await;
    let answer = unless(call("elasticfilesystem:DescribeFileSystems", describe), &["FileSystemNotFound"])?;
    let Some(found) = answer.and_then(|it| it.file_systems).unwrap_or_default().into_iter().next() else {
        return Ok(None);
    };
    let describe = cx.efs().describe_mount_targets().file_system_id(id).send().await;
    let targets = call("elasticfilesystem:DescribeMountTargets", describe)?.mount_targets.unwrap_or_default();
    let vpcs = targets.into_iter().filter_map(|it| it.vpc_id).collect();
    Ok(Some(FileSystem { state: found.life_cycle_state.as_str().to_owned(), vpcs }))
}

/// A load balancer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadBalancer {
    /// The name by which it is reached.
    pub dns: String,
    /// The hosted zone of that name.
    pub zone_id: String,
    /// Its VPC.
    pub vpc: String,
}

/// Returns a load balancer; `None` where there is none of this ARN.
///
/// # Errors
/// The failure of the call.
pub async fn load_balancer(cx: &Cx, arn: &str) -> Result<Option<LoadBalancer>> {
    let describe = cx.elbv2().describe_load_balancers().load_balancer_arns(arn).send().await;
    let answer = unless(call("elasticloadbalancing:DescribeLoadBalancers", describe), &["LoadBalancerNotFound"])?;
    let found = answer.and_then(|it| it.load_balancers).unwrap_or_default().into_iter().next();
    Ok(found.map(|it| LoadBalancer {
        dns: it.dns_name.unwrap_or_default(),
        zone_id: it.canonical_hosted_zone_id.unwrap_or_default(),
        vpc: it.vpc_id.unwrap_or_default(),
    }))
}

/// A target group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetGroup {
    /// What its targets are: `instance`, `ip` …
    pub targets: String,
    /// What it speaks with them.
    pub protocol: String,
    /// Its VPC.
    pub vpc: String,
    /// The load balancers that lead to it.
    pub load_balancers: BTreeSet<String>,
}

/// Returns a target group; `None` where there is none of this ARN.
///
/// # Errors
/// The failure of the call.
pub async fn target_group(cx: &Cx, arn: &str) -> Result<Option<TargetGroup>> {
    let describe = cx.elbv2().describe_target_groups().target_group_arns(arn).send().await;
    let answer = unless(call("elasticloadbalancing:DescribeTargetGroups", describe), &["TargetGroupNotFound"])?;
    let found = answer.and_then(|it| it.target_groups).unwrap_or_default().into_iter().next();
    Ok(found.map(|it| TargetGroup {
        targets: it.target_type.as_ref().map_or_else(String::new, |it| it.as_str().to_owned()),
        protocol: it.protocol.as_ref().map_or_else(String::new, |it| it.as_str().to_owned()),
        vpc: it.vpc_id.unwrap_or_default(),
        load_balancers: it.load_balancer_arns.unwrap_or_default().into_iter().collect(),
    }))
}

/// Whether there is a secret, that is not on its way out.
///
/// # Errors
/// The failure of the call.
pub async fn secret(cx: &Cx, arn: &str) -> Result<bool> {
    let describe = cx.secrets().describe_secret().secret_id(arn).send().await;
    let answer = unless(call("secretsmanager:DescribeSecret", describe), &["ResourceNotFoundException"])?;
    Ok(answer.is_some_and(|it| it.deleted_date.is_none()))
}

/// Returns the engine of the database cluster that is reached by a name; `None` where none of the region is.
///
/// # Errors
/// The failure of the call.
pub async fn database(cx: &Cx, host: &str) -> Result<Option<String>> {
    let pages = cx.rds().describe_db_clusters().into_paginator().items().send();
    let clusters = call("rds:DescribeDBClusters", pages.collect::<std::result::Result<Vec<_>, _>>().await)?;
    let found = clusters.into_iter().find(|it| it.endpoint().is_some_and(|it| it.eq_ignore_ascii_case(host)));
    Ok(found.map(|it| it.engine.unwrap_or_default()))
}

/// Returns the types of the records that a zone has at a name.
///
/// # Errors
/// The failure of the call.
pub async fn records(cx: &Cx, zone: &str, name: &str) -> Result<BTreeSet<String>> {
    // The answer begins at the name and goes on with later ones.
    let list = cx.route53().list_resource_record_sets().hosted_zone_id(zone).start_record_name(name);
    let answer = call("route53:ListResourceRecordSets", list.start_record_type(RrType::A).send().await)?;
    let sets = answer.resource_record_sets().iter();
    let here = sets.filter(|it| it.name().trim_end_matches('.').eq_ignore_ascii_case(name.trim_end_matches('.')));
    Ok(here.map(|it| it.r#type().as_str().to_owned()).collect())
}

/// Returns the name servers that answer for a zone.
///
/// # Errors
/// The failure of the call.
pub async fn name_servers(cx: &Cx, zone: &str) -> Result<Vec<String>> {
    let answer = call("route53:GetHostedZone", cx.route53().get_hosted_zone().id(zone).send().await)?;
    Ok(answer.delegation_set.map(|it| it.name_servers).unwrap_or_default())
}
