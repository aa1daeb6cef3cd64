//! What every spec of the project is without asking for it: encrypted, closed to strangers, guarded against loss.
//!
//! The rules look at the resources that a spec becomes. What a kind decides and no property says (that file systems,
//! volumes and clusters are encrypted, that servers want tokens) shows in requests: the module `journeys` looks there.

use std::collections::BTreeMap;

use moodle_infra::kinds::registry;
use moodle_infra::topology::{self, Facts};
use serde_json::{Value, json};

/// A resource as the engine sees it.
#[derive(Debug, Clone)]
struct Resource {
    address: String,
    kind: String,
    props: Value,
}

/// What a rule finds in the resources of a spec: how many it looked at, and what is wrong.
#[derive(Default)]
struct Found {
    looked_at: usize,
    faults: Vec<String>,
}

impl Found {
    fn check(&mut self, resource: &Resource, holds: bool, what: &str) {
        self.looked_at += 1;
        if !holds {
            self.faults.push(format!("{}: {what}", resource.address));
        }
    }
}

/// A rule over the resources of a spec.
type Rule = fn(&[Resource]) -> Found;

const RULES: &[(&str, Rule)] = &[
    ("encrypted where it is stored", encrypted),
    ("encrypted on the way, by TLS 1.2 at least", with_tls),
    ("no database in the internet", not_public),
    ("nobody comes in but through the door", closed),
    ("roles may do what they name", narrow),
    ("what holds data is guarded", guarded),
    ("buckets are nobody else's", blocked),
];

/// Without these, listeners take older versions.
const TLS_POLICIES: &[&str] = &["ELBSecurityPolicy-TLS13-1-2-2021-06", "ELBSecurityPolicy-TLS13-1-2-Res-2021-06"];

/// What a role may do to `*`, and why nothing narrower can be named.
const EVERYTHING: &[(&str, &str)] = &[
    ("cloudwatch:PutMetricData", "metrics have no ARN; a condition names their name space"),
    ("tag:GetResources", "it has no resource level"),
    ("rds:DescribeDBClusterAutomatedBackups", "AWS Backup lists them without naming one; it only looks"),
    ("rds:DescribeDBClusterSnapshots", "likewise"),
    ("rds:DescribeDBClusters", "likewise"),
    ("kms:CreateGrant", "the keys of clusters are not known; a condition leaves it to AWS's services"),
    ("kms:DescribeKey", "likewise; a condition names the account"),
];

/// What can be made again, so that a deletion need not be asked for twice.
const DISPOSABLE: &[&str] = &["load-balancer.logs.bucket", "load-balancer.origin-secret"];

fn of<'a>(all: &'a [Resource], kind: &'a str) -> impl Iterator<Item = &'a Resource> {
    all.iter().filter(move |it| it.kind == kind)
}

/// Whether a property refers to this resource.
fn refers(property: &Value, to: &Resource) -> bool {
    property["$from"].as_array().is_some_and(|parts| parts.iter().any(|it| it["of"] == to.address.as_str()))
}

/// Returns the setting of a kind that belongs to a resource.
fn setting<'a>(all: &'a [Resource], kind: &'a str, field: &str, owner: &Resource) -> Option<&'a Value> {
    of(all, kind).find(|it| refers(&it.props[field], owner)).map(|it| &it.props)
}

fn statements(policy: &Value) -> &[Value] {
    policy["Statement"].as_array().map_or(&[], Vec::as_slice)
}

fn listed(value: &Value) -> Vec<&Value> {
    value.as_array().map_or_else(|| vec![value], |all| all.iter().collect())
}

fn encrypted(all: &[Resource]) -> Found {
    let mut found = Found::default();
    for bucket in of(all, "s3.bucket") {
        let set = setting(all, "s3.encryption", "bucket", bucket);
        found.check(bucket, set.is_some_and(|it| it["algorithm"] == "AES256"), "not encrypted");
    }
    for group in of(all, "elasticache.replication_group") {
        found.check(group, group.props["encrypted"] == true, "not encrypted");
    }
    found
}

fn with_tls(all: &[Resource]) -> Found {
    let mut found = Found::default();
    let by_https = of(all, "elbv2.listener").any(|it| it.props["protocol"] == "HTTPS");
    for listener in of(all, "elbv2.listener") {
        let policy = listener.props["tls_policy"].as_str();
        let strong = policy.is_some_and(|it| TLS_POLICIES.contains(&it));
        let sent_on = listener.props["action"] == "redirect-to-https";
        let holds = if listener.props["protocol"] == "HTTPS" { strong } else { sent_on || !by_https };
        found.check(listener, holds, "takes what is not encrypted, or by an old version");
    }
    for cdn in of(all, "cloudfront.distribution") {
        // With its own name and certificate CloudFront decides.
        let holds = cdn.props["tls"] == "TLSv1.2_2021" || cdn.props["certificate"] == "";
        found.check(cdn, holds, "takes an old version of TLS");
        found.check(cdn, cdn.props["origin_tls"] == by_https, "comes to the load balancer without TLS, which has it");
    }
    for group in of(all, "rds.cluster_parameter_group") {
        let parameters = &group.props["parameters"];
        let holds = parameters["rds.force_ssl"] == "1" || parameters["require_secure_transport"] == "ON";
        found.check(group, holds, "takes connections without TLS");
    }
    // Nodes of memcached are a kind of their own: Moodle's sessions cannot speak TLS with them.
    for group in of(all, "elasticache.replication_group") {
        found.check(group, group.props["tls"] == true, "takes connections without TLS");
    }
    let refuses = |policy: Option<&Value>| {
        let statements = policy.map_or(&[][..], |it| statements(&it["policy"]));
        let without = |it: &Value| listed(&it["Condition"]["Bool"]["aws:SecureTransport"]).contains(&&json!("false"));
        statements.iter().any(|it| it["Effect"] == "Deny" && without(it))
    };
    for bucket in of(all, "s3.bucket") {
        let policy = setting(all, "s3.bucket_policy", "bucket", bucket);
        found.check(bucket, refuses(policy), "takes requests without TLS");
    }
    for files in of(all, "efs.file_system") {
        let policy = setting(all, "efs.file_system_policy", "file_system", files);
        found.check(files, refuses(policy), "is mounted without TLS");
    }
    found
}

fn not_public(all: &[Resource]) -> Found {
    let mut found = Found::default();
    for instance in of(all, "rds.instance") {
        found.check(instance, instance.props["public"] == false, "has a public address");
    }
    for subnet in of(all, "ec2.subnet").filter(|it| !it.address.contains(".public")) {
        found.check(subnet, subnet.props["map_public_ip"] == false, "gives public addresses");
    }
    for template in of(all, "ec2.launch_template").filter(|it| !it.address.starts_with("bastion.")) {
        found.check(template, template.props["public_ip"] == false, "gives a public address");
    }
    found
}

fn closed(all: &[Resource]) -> Found {
    let mut found = Found::default();
    let through_cdn = of(all, "cloudfront.distribution").next().is_some();
    for rule in of(all, "ec2.security_group_rule").filter(|it| it.props["direction"] == "ingress") {
        let door = ["http", "https"].map(|it| format!("network.rule.load-balancer.{it}"));
        let is_door = door.contains(&rule.address) && [80, 443].iter().any(|it| rule.props["from_port"] == *it);
        let one_port = rule.props["from_port"] == rule.props["to_port"] && rule.props["protocol"] == "tcp";
        let everybody = rule.props["cidr"].as_str().is_some_and(|it| it.ends_with("/0"));
        found.check(rule, !everybody || (is_door && !through_cdn), "lets everybody in");
        found.check(rule, one_port, "opens more than one port");
    }
    for group in of(all, "ec2.security_group") {
        found.check(group, group.props["default_egress"] == false, "lets everything out");
    }
    found
}

fn narrow(all: &[Resource]) -> Found {
    let mut found = Found::default();
    for policy in of(all, "iam.role_policy") {
        for statement in statements(&policy.props["policy"]).iter().filter(|it| it["Effect"] == "Allow") {
            let everything = listed(&statement["Resource"]).contains(&&json!("*"));
            for action in listed(&statement["Action"]) {
                let action = action.as_str().unwrap_or_default();
                let known = EVERYTHING.iter().any(|(name, _)| *name == action);
                found.check(policy, !everything || known, &format!("{action} on everything"));
                found.check(policy, !action.contains('*'), &format!("{action} names no action"));
            }
        }
    }
    for role in of(all, "iam.role") {
        let anybody = role.props["trust"].to_string().contains("\"*\"");
        found.check(role, !anybody, "may be taken on by anybody");
    }
    for kind in ["s3.bucket_policy", "efs.file_system_policy", "kms.key"] {
        for resource in of(all, kind) {
            let allows = statements(&resource.props["policy"]).iter().filter(|it| it["Effect"] == "Allow");
            let anybody = allows.filter(|it| it["Principal"].to_string().contains("\"*\"")).count();
            found.check(resource, anybody == 0, "lets anybody in");
        }
    }
    found
}

fn guarded(all: &[Resource]) -> Found {
    let mut found = Found::default();
    let registry = registry();
    let kinds = ["rds.cluster", "efs.file_system", "kms.key", "route53.hosted_zone", "backup.vault", "s3.bucket"];
    for kind in kinds.into_iter().chain(["secretsmanager.secret"]) {
        for resource in of(all, kind).filter(|it| !DISPOSABLE.contains(&it.address.as_str())) {
            let holds = registry.get(kind).is_some_and(|it| it.holds_data(&resource.props));
            found.check(resource, holds, "is deleted without being named");
        }
    }
    for cluster in of(all, "rds.cluster") {
        found.check(cluster, cluster.props["deletion_protection"] == true, "is not protected in AWS");
        found.check(cluster, cluster.props["managed_password"] == true, "has a password that somebody chose");
        found.check(cluster, 7 <= cluster.props["backup_days"].as_i64().unwrap_or(0), "has few backups");
    }
    found
}

fn blocked(all: &[Resource]) -> Found {
    let mut found = Found::default();
    for bucket in of(all, "s3.bucket") {
        let block = setting(all, "s3.public_access_block", "bucket", bucket);
        let all_four = ["block_acls", "ignore_acls", "block_policy", "restrict"];
        let holds = block.is_some_and(|it| all_four.iter().all(|field| it[field] == true));
        found.check(bucket, holds, "may become public");
        let owner = setting(all, "s3.ownership", "bucket", bucket);
        found.check(bucket, owner.is_some_and(|it| it["owner"] == "BucketOwnerEnforced"), "may hold objects of others");
    }
    found
}

/// Returns what each spec of the project becomes, by file name.
fn specs() -> BTreeMap<String, Vec<Resource>> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/specs");
    let files = std::fs::read_dir(folder).unwrap().map(|it| it.unwrap().path());
    let specs = files.filter(|it| it.extension().is_some_and(|it| it == "kdl"));
    let name = |path: &std::path::Path| path.file_name().unwrap().to_string_lossy().into_owned();
    specs.map(|path| (name(&path), resources(&std::fs::read_to_string(&path).unwrap()))).collect()
}

fn resources(spec: &str) -> Vec<Resource> {
    let (topology, faults) = topology::read(spec.as_bytes(), "x.kdl");
    let topology = topology.unwrap_or_else(|| panic!("{faults:?}"));
    let graph = topology.graph(&Facts::offline(&topology));
    let resource = |it: &moodle_infra::graph::Node| Resource {
        address: it.address.to_string(),
        kind: it.kind.to_owned(),
        props: it.props.clone(),
    };
    graph.nodes().map(resource).collect()
}

#[test]
fn every_spec_is_safe_without_asking_for_it() {
    let specs = specs();
    for (name, rule) in RULES {
        let found: Vec<(&String, Found)> = specs.iter().map(|(file, resources)| (file, rule(resources))).collect();
        let faults: Vec<String> =
            found.iter().flat_map(|(file, it)| it.faults.iter().map(move |fault| format!("{file}: {fault}"))).collect();
        assert!(faults.is_empty(), "{name}:\n{}", faults.join("\n"));
        assert!(0 < found.iter().map(|(_, it)| it.looked_at).sum::<usize>(), "{name}: nothing to look at");
    }
}

/// Each rule refuses the site with everything when one of its properties is another.
#[test]
fn what_is_not_safe_is_refused() {
    let bad = [
        ("load-balancer.logs.encryption", "algorithm", json!("none")),
        ("load-balancer.listener.https", "tls_policy", json!("ELBSecurityPolicy-2016-08")),
        ("load-balancer.listener.http", "action", json!({ "forward": "x" })),
        ("cdn.distribution", "tls", json!("TLSv1")),
        ("cdn.distribution", "origin_tls", json!(false)),
        ("database.parameter-group", "parameters", json!({})),
        ("load-balancer.logs.policy", "policy", json!({})),
        ("files.policy", "policy", json!({ "Statement": [] })),
        ("files.policy", "policy", json!({ "Statement": [{ "Effect": "Allow", "Principal": { "AWS": "*" } }] })),
        ("database.instance[\"1\"]", "public", json!(true)),
        ("web.template", "public_ip", json!(true)),
        ("network.rule.files.nfs", "cidr", json!("0.0.0.0/0")),
        ("network.rule.load-balancer.https[\"cdn\"]", "cidr", json!("0.0.0.0/0")),
        ("network.rule.web.http", "to_port", json!(8080)),
        ("network.security-group.web", "default_egress", json!(true)),
        (
            "web.role-policy",
            "policy",
            json!({ "Statement": [{ "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*" }] }),
        ),
        ("web.role", "trust", json!({ "Statement": [{ "Principal": "*" }] })),
        ("database.cluster", "deletion_protection", json!(false)),
        ("database.cluster", "managed_password", json!(false)),
        ("site.admin-secret", "disposable", json!(true)),
        ("load-balancer.logs.public-access-block", "restrict", json!(false)),
        ("load-balancer.logs.ownership", "owner", json!("ObjectWriter")),
    ];
    let good = resources(include_str!("../../../specs/everything.kdl"));
    for (address, field, value) in bad {
        let mut changed = good.clone();
        let resource = changed.iter_mut().find(|it| it.address == address).unwrap_or_else(|| panic!("no {address}"));
        assert_ne!(resource.props[field], value, "{address}");
        resource.props[field] = value;
        let faults: Vec<String> = RULES.iter().flat_map(|(_, rule)| rule(&changed).faults).collect();
        assert!(!faults.is_empty(), "{address}: another {field} is not refused");
    }
}
