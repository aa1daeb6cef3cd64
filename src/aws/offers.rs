//! What AWS offers in a region, and what is there already: read-only questions, asked before anything is made.

use std::collections::BTreeSet;

use aws_sdk_ec2::types::{Filter, InstanceType, LocationType, ProcessorInfo};

use super::{Cx, Error, Result, call};

/// Returns the zones that have instances of this type, `c7g.xlarge`.
///
/// # Errors
/// The failure of the call.
pub async fn instance_zones(cx: &Cx, class: &str) -> Result<BTreeSet<String>> {
    let only = Filter::builder().name("instance-type").values(class).build();
    let offered = cx.ec2().describe_instance_type_offerings().location_type(LocationType::AvailabilityZone);
    let pages = offered.filters(only).into_paginator().items().send();
    let offers = pages.collect::<std::result::Result<Vec<_>, _>>().await;
    let offers = call("ec2:DescribeInstanceTypeOfferings", offers)?;
    // Checked again here, because emulators ignore filters that they do not know.
    let offers = offers.into_iter().filter(|it| it.instance_type().is_some_and(|it| it.as_str() == class));
    Ok(offers.filter_map(|it| it.location).collect())
}

/// Returns the architectures of instances of this type: `arm64`, `x86_64`.
///
/// # Errors
/// The failure of the call.
pub async fn architectures(cx: &Cx, class: &str) -> Result<BTreeSet<String>> {
    let describe = cx.ec2().describe_instance_types().instance_types(InstanceType::from(class)).send().await;
    let types = call("ec2:DescribeInstanceTypes", describe)?.instance_types.unwrap_or_default();
    let told = types.iter().filter_map(|it| it.processor_info());
    Ok(told.flat_map(ProcessorInfo::supported_architectures).map(|it| it.as_str().to_owned()).collect())
}

/// Returns the architecture of an image; `None` where it does not exist for this account.
///
/// # Errors
/// The failure of the call.
pub async fn image(cx: &Cx, id: &str) -> Result<Option<String>> {
    let answer = call("ec2:DescribeImages", cx.ec2().describe_images().image_ids(id).send().await);
    let answer = unless(answer, &["InvalidAMIID.NotFound", "InvalidAMIID.Unavailable", "InvalidAMIID.Malformed"])?;
    let found = answer.and_then(|it| it.images).unwrap_or_default().into_iter().next();
    Ok(found.map(|it| it.architecture.map_or_else(String::new, |it| it.as_str().to_owned())))
}

/// Returns the classes of database servers that can be ordered for a version of an engine.
///
/// # Errors
/// The failure of the call.
pub async fn database_classes(cx: &Cx, engine: &str, version: &str) -> Result<BTreeSet<String>> {
    let describe = cx.rds().describe_orderable_db_instance_options().engine(engine).engine_version(version).vpc(true);
    let pages = describe.into_paginator().items().send();
    let options = pages.collect::<std::result::Result<Vec<_>, _>>().await;
    let options = call("rds:DescribeOrderableDBInstanceOptions", options)?;
    Ok(options.into_iter().filter_map(|it| it.db_instance_class).collect())
}

/// Returns the versions of a database engine, each with the family of its parameters.
///
/// # Errors
/// The failure of the call.
pub async fn database_versions(cx: &Cx, engine: &str) -> Result<Vec<(String, String)>> {
    let pages = cx.rds().describe_db_engine_versions().engine(engine).into_paginator().items().send();
    let versions = pages.collect::<std::result::Result<Vec<_>, _>>().await;
    let versions = call("rds:DescribeDBEngineVersions", versions)?;
    Ok(versions.into_iter().filter_map(|it| Some((it.engine_version?, it.db_parameter_group_family?))).collect())
}

/// Returns the engine of a snapshot of a database cluster and whether it is complete; `None` where there is none.
///
/// # Errors
/// The failure of the call.
pub async fn snapshot(cx: &Cx, id: &str) -> Result<Option<(String, bool)>> {
    let describe = cx.rds().describe_db_cluster_snapshots().db_cluster_snapshot_identifier(id);
    // Somebody else's are named by ARN.
    let describe = describe.include_shared(id.starts_with("arn:")).send().await;
    let answer = call("rds:DescribeDBClusterSnapshots", describe);
    let answer = unless(answer, &["DBClusterSnapshotNotFoundFault", "DBClusterSnapshotNotFound"])?;
    let found = answer.and_then(|it| it.db_cluster_snapshots).unwrap_or_default().into_iter().next();
    Ok(found.map(|it| (it.engine.unwrap_or_default(), it.status.as_deref() == Some("available"))))
}

/// Whether caches can have nodes of this class. There is no call for that; what can be reserved can be had.
///
/// # Errors
/// The failure of the call.
pub async fn has_cache_class(cx: &Cx, class: &str) -> Result<bool> {
    let describe = cx.elasticache().describe_reserved_cache_nodes_offerings().cache_node_type(class).max_records(20);
    let answer = call("elasticache:DescribeReservedCacheNodesOfferings", describe.send().await);
    let answer = unless(answer, &["ReservedCacheNodesOfferingNotFound"])?;
    Ok(!answer.and_then(|it| it.reserved_cache_nodes_offerings).unwrap_or_default().is_empty())
}

/// A certificate as ACM tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// `ISSUED`, `PENDING_VALIDATION`, `EXPIRED` …
    pub status: String,
    /// The names that it is for.
    pub names: BTreeSet<String>,
}

/// Returns a certificate of the region that its ARN names; `None` where there is none.
///
/// # Errors
/// The failure of the call.
pub async fn certificate(cx: &Cx, arn: &str) -> Result<Option<Certificate>> {
    let cx = arn.split(':').nth(3).filter(|it| !it.is_empty()).map_or_else(|| cx.clone(), |region| cx.at(region));
    let answer = call("acm:DescribeCertificate", cx.acm().describe_certificate().certificate_arn(arn).send().await);
    let answer = unless(answer, &["ResourceNotFoundException", "InvalidArnException"])?;
    let found = answer.and_then(|it| it.certificate);
    Ok(found.map(|it| Certificate {
        status: it.status().map_or_else(String::new, |it| it.as_str().to_owned()),
        names: it.domain_name.into_iter().chain(it.subject_alternative_names.unwrap_or_default()).collect(),
    }))
}

/// Returns how many of something an account may have in the region.
///
/// # Errors
/// The failure of the call.
pub async fn quota(cx: &Cx, service: &str, code: &str) -> Result<Option<f64>> {
    let get = cx.quotas().get_service_quota().service_code(service).quota_code(code).send().await;
    Ok(call("servicequotas:GetServiceQuota", get)?.quota.and_then(|it| it.value))
}

/// Returns how many elastic addresses the account has in the region.
///
/// # Errors
/// The failure of the call.
pub async fn addresses(cx: &Cx) -> Result<usize> {
    let describe = cx.ec2().describe_addresses().send().await;
    Ok(call("ec2:DescribeAddresses", describe)?.addresses.unwrap_or_default().len())
}

/// Returns how many VPCs the account has in the region.
///
/// # Errors
/// The failure of the call.
pub async fn vpcs(cx: &Cx) -> Result<usize> {
    let pages = cx.ec2().describe_vpcs().into_paginator().items().send();
    Ok(call("ec2:DescribeVpcs", pages.collect::<std::result::Result<Vec<_>, _>>().await)?.len())
}

/// A subnet that is there already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// `subnet-…`.
    pub subnet: String,
    /// Its VPC.
    pub vpc: String,
    /// Its zone.
    pub zone: String,
}

/// Returns those of these subnets that exist.
///
/// # Errors
/// The failure of the call.
pub async fn places(cx: &Cx, subnets: &[String]) -> Result<Vec<Place>> {
    // By filter: a call by id fails as a whole when one is unknown.
    let these = Filter::builder().name("subnet-id").set_values(Some(subnets.to_vec())).build();
    let pages = cx.ec2().describe_subnets().filters(these).into_paginator().items().send();
    let found = call("ec2:DescribeSubnets", pages.collect::<std::result::Result<Vec<_>, _>>().await)?;
    let place = |it: aws_sdk_ec2::types::Subnet| {
        Some(Place { subnet: it.subnet_id?, vpc: it.vpc_id?, zone: it.availability_zone? })
    };
    Ok(found.into_iter().filter_map(place).collect())
}

/// Whether something of this kind has this name already.
///
/// # Errors
/// The failure of the call; a kind whose names are nobody else's is one.
pub async fn is_taken(cx: &Cx, kind: &str, name: &str) -> Result<bool> {
    match kind {
        "iam.role" => {
            let answer = call("iam:GetRole", cx.iam().get_role().role_name(name).send().await);
            Ok(unless(answer, &["NoSuchEntity"])?.is_some())
        }
        "iam.instance_profile" => {
            let get = cx.iam().get_instance_profile().instance_profile_name(name).send().await;
            Ok(unless(call("iam:GetInstanceProfile", get), &["NoSuchEntity"])?.is_some())
        }
        "logs.log_group" => {
            let describe = cx.logs().describe_log_groups().log_group_name_prefix(name).send().await;
            let groups = call("logs:DescribeLogGroups", describe)?.log_groups.unwrap_or_default();
            Ok(groups.iter().any(|it| it.log_group_name() == Some(name)))
        }
        "cloudwatch.alarm" | "cloudwatch.math_alarm" => {
            let describe = cx.cloudwatch().describe_alarms().alarm_names(name).send().await;
            Ok(!call("cloudwatch:DescribeAlarms", describe)?.metric_alarms.unwrap_or_default().is_empty())
        }
        "ssm.parameter" | "ssm.report" => {
            let get = cx.ssm().get_parameter().name(name).send().await;
            Ok(unless(call("ssm:GetParameter", get), &["ParameterNotFound"])?.is_some())
        }
        "cloudwatch.dashboard" => {
            let get =
                call("cloudwatch:GetDashboard", cx.cloudwatch().get_dashboard().dashboard_name(name).send().await);
            Ok(unless(get, &["ResourceNotFound", "ResourceNotFoundException"])?.is_some())
        }
        "kms.alias" => {
            let describe = call("kms:DescribeKey", cx.kms().describe_key().key_id(name).send().await);
            Ok(unless(describe, &["NotFoundException"])?.is_some())
        }
        "sns.topic" => {
            let pages = cx.sns().list_topics().into_paginator().items().send();
            let topics = call("sns:ListTopics", pages.collect::<std::result::Result<Vec<_>, _>>().await)?;
            Ok(topics.iter().any(|it| it.topic_arn().and_then(|it| it.rsplit(':').next()) == Some(name)))
        }
        other => Err(Error::refused("is_taken", "UnknownKind", format!("`{other}` has names of its own"))),
    }
}

/// Returns an answer; `None` where one of these codes says that there is nothing.
pub(super) fn unless<T>(answer: Result<T>, codes: &[&str]) -> Result<Option<T>> {
    match answer {
        Err(error) if codes.iter().any(|code| error.is(code)) => Ok(None),
        other => other.map(Some),
    }
}
