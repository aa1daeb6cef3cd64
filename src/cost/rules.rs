//! What a resource costs: a month of it, whatever happens, and what depends on use.

use serde_json::Value;

use super::prices::{
    ACU_HOUR, ALARM, DASHBOARD, ENDPOINT_HOUR, FILES_GIB, HOSTED_ZONE, HOURS, IPV4_HOUR, KEY, LOAD_BALANCER_HOUR,
    NAT_HOUR, SECRET, THROUGHPUT_MIBPS, VALKEY, VOLUME_GIB, WEB_ACL, WEB_ACL_RULE, hour, serverless_cache,
};
use super::{Item, Items};

/// A part of a resource's price.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Part {
    /// So many of these, at so much each and month.
    Fixed { what: String, count: f64, each: f64 },
    /// These have no price here.
    Unknown { what: String, count: f64 },
}

/// What has a price for each use, by kind: what, and the price in words.
pub(super) const USES: &[(&str, &str, &str)] = &[
    ("ec2.nat_gateway", "traffic through NAT gateways", "0.045 a GB"),
    ("ec2.vpc_endpoint", "traffic through interface endpoints", "0.01 a GB"),
    ("elbv2.load_balancer", "load balancer capacity", "0.008 an LCU-hour"),
    ("elbv2.load_balancer", "traffic to the internet", "0.09 a GB after the first 100 of an account"),
    ("rds.cluster", "database storage", "0.10 a GB-month"),
    ("rds.cluster", "database reads and writes", "0.20 a million"),
    ("efs.file_system", "files", "0.30 a GB-month"),
    (
        "elasticache.serverless_cache",
        "requests to serverless caches",
        "0.0023 a million ECPU (Redis, memcached: 0.0034)",
    ),
    ("cloudfront.distribution", "traffic from CloudFront", "0.085 a GB after the first 1024 of an account"),
    ("cloudfront.distribution", "requests to CloudFront", "1.00 a million after the first 10 million of an account"),
    ("wafv2.web_acl", "requests that the firewall looks at", "0.60 a million"),
    ("logs.log_group", "log lines", "0.50 a GB"),
    ("s3.bucket", "logs and files in buckets", "0.023 a GB-month"),
    ("rds.cluster", "database backups beyond the size of the database", "0.021 a GB-month"),
    ("efs.backup_policy", "backups of files", "0.05 a GB-month"),
    ("backup.plan", "backups by the plan", "0.05 a GB-month"),
    ("route53.hosted_zone", "questions to the zone", "0.40 a million"),
];

/// Returns the parts of a resource's price. A kind that is not named here costs nothing by standing there.
pub(super) fn parts(item: &Item, all: &Items<'_>) -> Vec<Part> {
    let props = &item.props;
    let fixed = |what: &str, count: f64, each: f64| Part::Fixed { what: what.to_owned(), count, each };
    let hourly = |what: &str, count: f64, each: f64| fixed(what, count, each * HOURS);
    match item.kind.as_str() {
        "ec2.nat_gateway" => vec![hourly("NAT gateway", 1.0, NAT_HOUR)],
        "ec2.eip" => vec![hourly("public IPv4 address", 1.0, IPV4_HOUR)],
        "ec2.vpc_endpoint" if props["endpoint_type"] == "Interface" => {
            vec![hourly("interface endpoint in a zone", length(&props["subnets"]), ENDPOINT_HOUR)]
        }
        "elbv2.load_balancer" => {
            let mut parts = vec![hourly("load balancer", 1.0, LOAD_BALANCER_HOUR)];
            if props["scheme"] == "internet-facing" {
                parts.push(hourly("public IPv4 address", length(&props["subnets"]), IPV4_HOUR));
            }
            parts
        }
        "autoscaling.capacity" => servers(item, all),
        "rds.instance" => vec![database(item, all)],
        "rds.cluster" if props["managed_password"] == true => vec![fixed("secret", 1.0, SECRET)],
        "elasticache.replication_group" => {
            let share = if props["engine"] == "valkey" { VALKEY } else { 1.0 };
            vec![class(&props["node_type"], number(&props["nodes"]), share)]
        }
        "elasticache.cache_cluster" => vec![class(&props["node_type"], number(&props["nodes"]), 1.0)],
        "elasticache.serverless_cache" => {
            let (gb_hour, least) = serverless_cache(props["engine"].as_str().unwrap_or_default());
            let charged = props["min_gib"].as_f64().map_or(least, |it| it.max(least));
            vec![hourly("serverless cache at its least", 1.0, charged * gb_hour)]
        }
        // The data that a bursting file system is filled with for the sake of its throughput.
        "autoscaling.job" if item.address.tier() == "files" => {
            vec![fixed("GiB of seeded data", number(&props["amount"]), FILES_GIB)]
        }
        "efs.file_system" if props["throughput"] == "provisioned" => {
            vec![fixed("MiB/s of throughput", number(&props["mibps"]), THROUGHPUT_MIBPS)]
        }
        "wafv2.web_acl" => {
            vec![fixed("web ACL", 1.0, WEB_ACL), fixed("rule of a web ACL", length(&props["rules"]), WEB_ACL_RULE)]
        }
        "kms.key" => vec![fixed("key", 1.0, KEY)],
        "secretsmanager.secret" => vec![fixed("secret", 1.0, SECRET)],
        "cloudwatch.alarm" => vec![fixed("metric of an alarm", 1.0, ALARM)],
        "cloudwatch.math_alarm" => vec![fixed("metric of an alarm", length(&props["series"]), ALARM)],
        "cloudwatch.dashboard" => vec![fixed("dashboard", 1.0, DASHBOARD)],
        "route53.hosted_zone" => vec![fixed("hosted zone", 1.0, HOSTED_ZONE)],
        _ => Vec::new(),
    }
}

/// The fewest servers of a group, with their volumes and addresses.
fn servers(capacity: &Item, all: &Items<'_>) -> Vec<Part> {
    let count = number(&capacity.props["min"]);
    let template = all.needed(capacity, "autoscaling.group").and_then(|it| all.needed(it, "ec2.launch_template"));
    let Some(template) = template else {
        return vec![Part::Unknown { what: "server of a type that is not known here".to_owned(), count }];
    };
    let props = &template.props;
    let mut parts = vec![class(&props["instance_type"], count, 1.0)];
    let volumes = count * number(&props["volume_gib"]);
    parts.push(Part::Fixed { what: "GiB of volumes".to_owned(), count: volumes, each: VOLUME_GIB });
    if props["public_ip"] == true {
        parts.push(Part::Fixed { what: "public IPv4 address".to_owned(), count, each: IPV4_HOUR * HOURS });
    }
    parts
}

/// An instance of a cluster; a serverless one at the cluster's least capacity.
fn database(instance: &Item, all: &Items<'_>) -> Part {
    if instance.props["class"] != "db.serverless" {
        return class(&instance.props["class"], 1.0, 1.0);
    }
    let least = all.needed(instance, "rds.cluster").and_then(|it| it.props["scaling"]["min"].as_f64());
    match least {
        Some(least) => Part::Fixed { what: "ACU at the least".to_owned(), count: least, each: ACU_HOUR * HOURS },
        None => Part::Unknown { what: "serverless database instance".to_owned(), count: 1.0 },
    }
}

fn class(name: &Value, count: f64, share: f64) -> Part {
    let what = name.as_str().unwrap_or("a class that is not known").to_owned();
    match hour(&what) {
        Some(price) => Part::Fixed { what, count, each: price * share * HOURS },
        None => Part::Unknown { what, count },
    }
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or(0.0)
}

#[expect(clippy::cast_precision_loss, reason = "a handful")]
fn length(value: &Value) -> f64 {
    value.as_array().map(Vec::len).or(value.as_object().map(serde_json::Map::len)).unwrap_or(0) as f64
}
