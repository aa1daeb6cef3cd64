//! What is to be asked about a plan.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::Value;

use super::there;
use crate::kind::Address;
use crate::plan::Plan;
use crate::plan::step::{Action, Step};
use crate::topology::{Network, Topology};

/// Where a fault is.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct About {
    /// The resource.
    pub address: String,
    /// The field of the spec.
    pub field: String,
}

/// Something to ask, with what is needed to judge the answer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each variant says what its fields are")]
pub enum Check {
    /// Whether instances of a type can stand in some zones.
    InstanceClass { about: About, class: String, zones: BTreeSet<String> },
    /// Whether an image runs on instances of a type.
    Image { about: About, image: String, class: String },
    /// Whether there is a version of a database engine, and whether its parameters are of a family.
    DatabaseVersion { about: About, engine: String, version: String, families: BTreeSet<String> },
    /// Whether database servers of a class can be ordered.
    DatabaseClass { about: About, engine: String, version: String, class: String },
    /// Whether a snapshot is there, of the right engine.
    Snapshot { about: About, snapshot: String, engine: String },
    /// Whether there are cache nodes of a class.
    CacheClass { about: About, class: String },
    /// Whether a certificate is issued, for these names.
    Certificate { about: About, arn: String, names: BTreeSet<String> },
    /// Whether there is room for more of something.
    Quota { about: About, subject: Subject, more: usize },
    /// Whether the subnets of a network that is there are in it, and in zones of their own.
    Subnets { vpc: String, groups: BTreeMap<&'static str, Vec<String>> },
    /// Whether a VPC is there, and gives names, where something is found by name.
    Vpc { vpc: String, named: bool },
    /// Whether a file system is there, and can be mounted in a VPC.
    FileSystem { id: String, vpc: Option<String> },
    /// Whether a load balancer is there, by this name.
    LoadBalancer { arn: String, dns: String, zone_id: String },
    /// Whether a target group is there, fits web servers of a VPC, and is led to.
    TargetGroup { arn: String, load_balancer: String, vpc: Option<String> },
    /// Whether a security group is there, in a VPC.
    Group { tier: &'static str, group: String, vpc: Option<String> },
    /// Whether a secret is there.
    Secret { arn: String },
    /// Whether a database is reached by a name, of an engine.
    Database { host: String, engine: String },
    /// Whether a name in a zone has no record of another owner.
    Record { about: About, zone: String, name: String, record_type: String },
    /// Whether the world asks the name servers of a zone.
    Delegation { zone: String, name: String },
    /// Whether a name that is unique in the account is free.
    Name { about: About, kind: String, region: Option<String>, name: String },
}

/// Something that an account has a limited number of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// Elastic addresses.
    Addresses,
    /// VPCs.
    Vpcs,
}

impl Subject {
    /// Returns the service and the code of its quota.
    #[must_use]
    pub fn quota(self) -> (&'static str, &'static str) {
        match self {
            Subject::Addresses => ("ec2", "L-0263D0A3"),
            Subject::Vpcs => ("vpc", "L-F678F1CE"),
        }
    }

    /// Returns the word for several of it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Subject::Addresses => "elastic addresses",
            Subject::Vpcs => "VPCs",
        }
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Check::InstanceClass { class, .. } => write!(f, "the zones that have `{class}`"),
            Check::Image { image, .. } => write!(f, "the image `{image}`"),
            Check::DatabaseVersion { engine, version, .. } => write!(f, "the version {version} of {engine}"),
            Check::DatabaseClass { class, .. } => write!(f, "the database class `{class}`"),
            Check::Snapshot { snapshot, .. } => write!(f, "the snapshot `{snapshot}`"),
            Check::CacheClass { class, .. } => write!(f, "the cache class `{class}`"),
            Check::Certificate { arn, .. } => write!(f, "the certificate {arn}"),
            Check::Quota { subject, .. } => write!(f, "the quota of {}", subject.word()),
            Check::Subnets { vpc, .. } => write!(f, "the subnets of `{vpc}`"),
            Check::Vpc { vpc, .. } => write!(f, "the VPC `{vpc}`"),
            Check::FileSystem { id, .. } => write!(f, "the file system `{id}`"),
            Check::LoadBalancer { arn, .. } => write!(f, "the load balancer {arn}"),
            Check::TargetGroup { arn, .. } => write!(f, "the target group {arn}"),
            Check::Group { group, .. } => write!(f, "the security group `{group}`"),
            Check::Secret { arn } => write!(f, "the secret {arn}"),
            Check::Database { host, .. } => write!(f, "the database `{host}`"),
            Check::Record { name, .. } => write!(f, "the records of `{name}`"),
            Check::Delegation { name, .. } => write!(f, "the name servers of `{name}`"),
            Check::Name { name, .. } => write!(f, "the name `{name}`"),
        }
    }
}

impl Check {
    /// Whether it asks what AWS sells, or what the world knows, which an emulator does not know.
    fn is_of_offers(&self) -> bool {
        match self {
            Check::InstanceClass { .. }
            | Check::Image { .. }
            | Check::DatabaseVersion { .. }
            | Check::DatabaseClass { .. }
            | Check::CacheClass { .. }
            | Check::Quota { .. }
            | Check::Delegation { .. } => true,
            Check::Snapshot { .. }
            | Check::Certificate { .. }
            | Check::Subnets { .. }
            | Check::Vpc { .. }
            | Check::FileSystem { .. }
            | Check::LoadBalancer { .. }
            | Check::TargetGroup { .. }
            | Check::Group { .. }
            | Check::Secret { .. }
            | Check::Database { .. }
            | Check::Record { .. }
            | Check::Name { .. } => false,
        }
    }
}

/// Returns what is to be asked about a plan; nothing where it changes nothing. `zones` are those that the stack uses;
/// `offers` is whether what answers knows what AWS sells.
#[must_use]
pub fn of(plan: &Plan, topology: &Topology, zones: &[String], offers: bool) -> Vec<Check> {
    let made: Vec<Made<'_>> = plan.steps.iter().filter_map(Made::of).collect();
    if made.is_empty() || plan.destroy {
        return Vec::new();
    }
    let mut checks = BTreeSet::new();
    checks.extend(instances(&made, zones));
    checks.extend(databases(&made, plan));
    checks.extend(made.iter().filter_map(cache));
    let domain = topology.site.as_ref().and_then(|it| it.domain.as_deref());
    checks.extend(made.iter().flat_map(|it| certificates(it, domain)));
    checks.extend(quotas(&made));
    checks.extend(made.iter().filter_map(name));
    checks.extend(made.iter().filter_map(record));
    checks.extend(made.iter().filter_map(|it| delegation(it, topology)));
    checks.extend(there::checks(topology));
    if let Some(Network::Existing(existing)) = &topology.network {
        let groups = existing.subnets().into_iter().filter(|(_, ids)| !ids.is_empty());
        let groups = groups.map(|(name, ids)| (name, ids.to_vec())).collect();
        checks.insert(Check::Subnets { vpc: existing.vpc.clone(), groups });
    }
    checks.into_iter().filter(|it| offers || !it.is_of_offers()).collect()
}

/// A resource that is made or changed.
struct Made<'a> {
    address: &'a Address,
    kind: &'a str,
    region: Option<&'a str>,
    props: &'a Value,
    /// The properties that change; `None` where all are new.
    changed: Option<&'a [String]>,
    /// Whether it is the first at its address.
    new: bool,
}

impl<'a> Made<'a> {
    fn of(step: &'a Step) -> Option<Made<'a>> {
        let (props, changed, new) = match &step.action {
            Action::Create { props, needs: _, replaces } => (props, None, replaces.is_none()),
            Action::Update { was: _, props, changed, marks: _, needs: _ } => (props, Some(changed.as_slice()), false),
            Action::Delete { .. } | Action::Await => return None,
        };
        let (address, kind, region) = (&step.key.address, step.kind.as_str(), step.region.as_deref());
        Some(Made { address, kind, region, props, changed, new })
    }

    /// Returns a property that is new or changes, where it is known already.
    fn text(&self, field: &str) -> Option<&'a str> {
        let changes = self.changed.is_none_or(|it| it.iter().any(|it| it == field));
        self.props[field].as_str().filter(|it| changes && !it.is_empty())
    }

    fn about(&self, field: &str) -> About {
        About { address: self.address.to_string(), field: field.to_owned() }
    }
}

fn instances(made: &[Made<'_>], zones: &[String]) -> Vec<Check> {
    let mut checks = Vec::new();
    for it in made.iter().filter(|it| it.kind == "ec2.launch_template") {
        // The server that fills a file system stands in any zone, and its type is ours.
        let ours = it.address.tier() == "files";
        let field = if ours { "seed-gib" } else { "instances" };
        let field = format!("{} {{ {field} … }}", it.address.tier());
        let Some(class) = it.props["instance_type"].as_str() else { continue };
        if it.text("instance_type").is_some() {
            let zones = zones.iter().filter(|_| !ours).cloned().collect();
            checks.push(Check::InstanceClass { about: it.about(&field), class: class.to_owned(), zones });
        }
        let image = it.text("image").or(it.text("instance_type").and(it.props["image"].as_str()));
        if let Some(image) = image.filter(|it| it.starts_with("ami-")) {
            let about = it.about(&format!("{} {{ image … }}", it.address.tier()));
            checks.push(Check::Image { about, image: image.to_owned(), class: class.to_owned() });
        }
    }
    checks
}

fn databases(made: &[Made<'_>], plan: &Plan) -> Vec<Check> {
    let mut checks = Vec::new();
    // Parameters whose family is another than the version's are refused when the cluster is made, after minutes.
    let families = made.iter().filter(|it| it.kind == "rds.cluster_parameter_group");
    let families: BTreeSet<String> = families.filter_map(|it| it.text("family").map(str::to_owned)).collect();
    for it in made.iter().filter(|it| it.kind == "rds.cluster") {
        let Some(engine) = it.props["engine"].as_str().map(str::to_owned) else { continue };
        if let Some(version) = it.text("version").map(str::to_owned) {
            let about = it.about("database { engine … version=… }");
            let families = families.clone();
            checks.push(Check::DatabaseVersion { about, engine: engine.clone(), version, families });
        }
        if let Some(snapshot) = it.text("snapshot").map(str::to_owned) {
            checks.push(Check::Snapshot { about: it.about("database { restore snapshot=… }"), snapshot, engine });
        }
    }
    // An instance does not say the version; its cluster does, where that is made or changed too.
    let cluster = |it: &&Step| it.kind == "rds.cluster";
    let props = plan.steps.iter().filter(cluster).find_map(|it| Made::of(it).map(|it| it.props));
    let version = props.and_then(|it| it["version"].as_str()).unwrap_or_default();
    for it in made.iter().filter(|it| it.kind == "rds.instance" && !version.is_empty()) {
        let (Some(engine), Some(class)) = (it.props["engine"].as_str(), it.text("class")) else { continue };
        let (engine, version, class) = (engine.to_owned(), version.to_owned(), class.to_owned());
        checks.push(Check::DatabaseClass { about: it.about("database { instances … }"), engine, version, class });
    }
    checks
}

fn cache(it: &Made<'_>) -> Option<Check> {
    let class = it.kind.starts_with("elasticache.").then(|| it.text("node_type")).flatten()?;
    Some(Check::CacheClass { about: it.about("cache … { nodes … }"), class: class.to_owned() })
}

/// Returns a check of every certificate that is there already; `domain` is the name that visitors come to.
fn certificates(it: &Made<'_>, domain: Option<&str>) -> Vec<Check> {
    let mut arns = BTreeSet::new();
    for (field, value) in it.props.as_object().into_iter().flatten() {
        if it.changed.is_none_or(|changed| changed.contains(field)) {
            collect(value, &mut arns);
        }
    }
    let aliases = it.props["aliases"].as_array();
    let aliases = aliases.into_iter().flatten().filter_map(Value::as_str);
    let names: BTreeSet<String> = aliases.chain(domain).map(str::to_owned).collect();
    let check = |arn| Check::Certificate { about: it.about("certificate { existing … }"), arn, names: names.clone() };
    arns.into_iter().map(check).collect()
}

/// Collects the ARNs of certificates in a value.
fn collect(value: &Value, arns: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => {
            let mut parts = text.split(':');
            if parts.next() == Some("arn") && parts.nth(1) == Some("acm") {
                arns.insert(text.clone());
            }
        }
        Value::Array(items) => items.iter().for_each(|it| collect(it, arns)),
        // What another resource is to say is not there yet.
        Value::Object(members) if !members.contains_key("$from") => members.values().for_each(|it| collect(it, arns)),
        _ => {}
    }
}

/// Returns a check of a record whose zone and name are known, that no other stands in its way.
fn record(it: &Made<'_>) -> Option<Check> {
    let (zone, name) = (it.props["zone"].as_str()?, it.text("name")?);
    let record_type = it.props["record_type"].as_str()?;
    (it.kind == "route53.record" && it.new).then(|| Check::Record {
        about: it.about("site { domain … }"),
        zone: zone.to_owned(),
        name: name.to_owned(),
        record_type: record_type.to_owned(),
    })
}

/// Returns a check of the zone that a new record is in, where that is there already.
fn delegation(it: &Made<'_>, topology: &Topology) -> Option<Check> {
    let zone = it.props["zone"].as_str().filter(|_| it.kind == "route53.record" && it.new)?;
    let name = topology.site.as_ref()?.zone.clone()?;
    Some(Check::Delegation { zone: zone.to_owned(), name })
}

fn quotas(made: &[Made<'_>]) -> Vec<Check> {
    let kinds = [("ec2.eip", Subject::Addresses, "network { nat … }"), ("ec2.vpc", Subject::Vpcs, "network")];
    let check = |(kind, subject, field): (&str, Subject, &str)| {
        // One that is replaced stands beside its successor for a while.
        let more: Vec<&Made<'_>> = made.iter().filter(|it| it.kind == kind && it.changed.is_none()).collect();
        Some(Check::Quota { about: more.first()?.about(field), subject, more: more.len() })
    };
    kinds.into_iter().filter_map(check).collect()
}

/// Kinds whose names are as in the spec and unique in account and region. The others' end in a piece of our token.
const UNIQUE: &[&str] = &[
    "cloudwatch.alarm",
    "cloudwatch.dashboard",
    "cloudwatch.math_alarm",
    "iam.instance_profile",
    "iam.role",
    "kms.alias",
    "logs.log_group",
    "sns.topic",
    "ssm.parameter",
    "ssm.report",
];

/// What checks of resources of a kind ask, and of everything that is there already.
const ACTIONS: &[(&str, &[&str])] = &[
    ("cloudfront.distribution", &["acm:DescribeCertificate"]),
    ("cloudwatch.", &["cloudwatch:DescribeAlarms", "cloudwatch:GetDashboard"]),
    ("ec2.eip", &["ec2:DescribeAddresses", "servicequotas:GetServiceQuota"]),
    ("ec2.launch_template", &["ec2:DescribeImages", "ec2:DescribeInstanceTypeOfferings", "ec2:DescribeInstanceTypes"]),
    ("ec2.vpc", &["ec2:DescribeVpcs", "servicequotas:GetServiceQuota"]),
    ("elasticache.", &["elasticache:DescribeReservedCacheNodesOfferings"]),
    ("elbv2.listener", &["acm:DescribeCertificate"]),
    ("iam.", &["iam:GetInstanceProfile", "iam:GetRole"]),
    ("kms.alias", &["kms:DescribeKey"]),
    ("logs.log_group", &["logs:DescribeLogGroups"]),
    ("rds.cluster", &["rds:DescribeDBClusterSnapshots", "rds:DescribeDBEngineVersions"]),
    ("rds.instance", &["rds:DescribeOrderableDBInstanceOptions"]),
    ("route53.record", &["route53:GetHostedZone", "route53:ListResourceRecordSets"]),
    ("sns.topic", &["sns:ListTopics"]),
    ("ssm.", &["ssm:GetParameter"]),
];

/// Returns the IAM actions by which is asked about a topology whose resources are of these kinds.
#[must_use]
pub fn actions(topology: &Topology, kinds: &BTreeSet<&str>) -> BTreeSet<&'static str> {
    let of_kinds = ACTIONS.iter().filter(|(prefix, _)| kinds.iter().any(|kind| kind.starts_with(prefix)));
    let there = there::checks(topology).into_iter().flat_map(|it| there::actions(&it).iter());
    of_kinds.flat_map(|(_, actions)| actions.iter()).chain(there).copied().collect()
}

fn name(it: &Made<'_>) -> Option<Check> {
    let name = it.text("name").filter(|_| it.new && UNIQUE.contains(&it.kind))?.to_owned();
    let about = it.about("the stack's name: moodle \"…\"");
    Some(Check::Name { about, kind: it.kind.to_owned(), region: it.region.map(str::to_owned), name })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::kind::Milestone;
    use crate::state::resource::Key;

    fn plan_of(steps: Vec<Step>) -> Plan {
        Plan {
            stack: "campus".to_owned(),
            account: "123456789012".to_owned(),
            region: "eu-west-1".to_owned(),
            serial: 0,
            destroy: false,
            drift: Vec::new(),
            learnt: Vec::new(),
            steps,
            interruptions: Vec::new(),
            outputs: BTreeMap::new(),
        }
    }

    fn step(address: &str, kind: &str, action: Action) -> Step {
        let address = Address::parse(address).unwrap();
        Step {
            key: Key { address, incarnation: 1 },
            kind: kind.to_owned(),
            region: None,
            action,
            reasons: Vec::new(),
            differences: Vec::new(),
            waits: Vec::new(),
            blocked: None,
        }
    }

    fn create(address: &str, kind: &str, props: Value) -> Step {
        step(address, kind, Action::Create { props, needs: BTreeSet::new(), replaces: None })
    }

    fn update(address: &str, kind: &str, props: Value, changed: &[&str]) -> Step {
        let changed = changed.iter().map(|it| (*it).to_owned()).collect();
        step(address, kind, Action::Update { was: json!({}), props, changed, marks: false, needs: BTreeSet::new() })
    }

    fn topology(network: &str) -> Topology {
        let spec = format!("moodle \"campus\" {{ {network}; tags a=\"b\" }}");
        crate::topology::read(spec.as_bytes(), "x.kdl").0.unwrap()
    }

    /// Returns the checks, one a line.
    fn checks(steps: Vec<Step>) -> String {
        let zones = ["eu-west-1a".to_owned(), "eu-west-1b".to_owned()];
        let checks = of(&plan_of(steps), &topology("network"), &zones, true);
        let lines: Vec<String> = checks.iter().map(|it| format!("{it:?}")).collect();
        lines.join("\n")
    }

    #[test]
    fn a_plan_without_changes_asks_nothing() {
        assert_eq!(checks(Vec::new()), "");
        let deletion = step("network.vpc", "ec2.vpc", Action::Delete { replaced_by: None });
        assert_eq!(checks(vec![deletion, step("network.vpc", "ec2.vpc", Action::Await)]), "");
    }

    #[test]
    fn what_is_made_is_asked_about() {
        let from = json!({ "$from": [{ "of": "a.b", "attr": "id", "until": Milestone::Ready }] });
        let template = json!({ "name": "campus-web", "image": "ami-1", "instance_type": "c7g.xlarge" });
        let cluster = json!({ "engine": "aurora-postgresql", "version": "17.5", "snapshot": "old" });
        let instance = json!({ "engine": "aurora-postgresql", "class": "db.r6g.large", "cluster": from });
        let edge = json!({ "certificate": "arn:aws:acm:us-east-1:1:certificate/2", "aliases": ["a.example.edu"],
            "secret": "arn:aws:secretsmanager:eu-west-1:1:secret:a" });
        insta::assert_snapshot!(checks(vec![
            create("network.vpc", "ec2.vpc", json!({})),
            create("network.eip[\"eu-west-1a\"]", "ec2.eip", json!({})),
            create("network.eip[\"eu-west-1b\"]", "ec2.eip", json!({})),
            create("web.launch-template", "ec2.launch_template", template),
            create("database.parameters", "rds.cluster_parameter_group", json!({ "family": "aurora-postgresql17" })),
            create("database.cluster", "rds.cluster", cluster),
            create("database.instance[\"1\"]", "rds.instance", instance),
            create("cache.session", "elasticache.replication_group", json!({ "node_type": "cache.t4g.medium" })),
            create("cdn.distribution", "cloudfront.distribution", edge),
            create("web.role", "iam.role", json!({ "name": "campus-web" })),
            create("network.group", "ec2.security_group", json!({ "name": "campus-web" })),
        ]), @r#"
    InstanceClass { about: About { address: "web.launch-template", field: "web { instances … }" }, class: "c7g.xlarge", zones: {"eu-west-1a", "eu-west-1b"} }
    Image { about: About { address: "web.launch-template", field: "web { image … }" }, image: "ami-1", class: "c7g.xlarge" }
    DatabaseVersion { about: About { address: "database.cluster", field: "database { engine … version=… }" }, engine: "aurora-postgresql", version: "17.5", families: {"aurora-postgresql17"} }
    DatabaseClass { about: About { address: "database.instance[\"1\"]", field: "database { instances … }" }, engine: "aurora-postgresql", version: "17.5", class: "db.r6g.large" }
    Snapshot { about: About { address: "database.cluster", field: "database { restore snapshot=… }" }, snapshot: "old", engine: "aurora-postgresql" }
    CacheClass { about: About { address: "cache.session", field: "cache … { nodes … }" }, class: "cache.t4g.medium" }
    Certificate { about: About { address: "cdn.distribution", field: "certificate { existing … }" }, arn: "arn:aws:acm:us-east-1:1:certificate/2", names: {"a.example.edu"} }
    Quota { about: About { address: "network.eip[\"eu-west-1a\"]", field: "network { nat … }" }, subject: Addresses, more: 2 }
    Quota { about: About { address: "network.vpc", field: "network" }, subject: Vpcs, more: 1 }
    Name { about: About { address: "web.role", field: "the stack's name: moodle \"…\"" }, kind: "iam.role", region: None, name: "campus-web" }
    "#);
    }

    #[test]
    fn a_new_record_in_a_zone_that_is_there_is_asked_about() {
        let site = "network; site { domain \"moodle.example.edu\" zone=\"example.edu\" }";
        let record = json!({ "zone": "Z1", "name": "moodle.example.edu", "record_type": "A" });
        let from = json!({ "zone": { "$from": [] }, "name": "moodle.example.edu", "record_type": "A" });
        let steps = vec![
            create("dns.record[\"A\"]", "route53.record", record),
            create("dns.record[\"AAAA\"]", "route53.record", from),
        ];
        let all = of(&plan_of(steps), &topology(site), &[], true);
        let lines: Vec<String> = all.iter().map(|it| format!("{it:?}")).collect();
        insta::assert_snapshot!(lines.join("\n"), @r#"
        Record { about: About { address: "dns.record[\"A\"]", field: "site { domain … }" }, zone: "Z1", name: "moodle.example.edu", record_type: "A" }
        Delegation { zone: "Z1", name: "example.edu" }
        "#);
    }

    #[test]
    fn what_is_there_already_is_asked_about() {
        let tiers = "network { existing vpc=\"vpc-12345678\" { app \"subnet-11111111\" } }; \
            files { existing \"fs-12345678\" group=\"sg-12345678\" }; \
            cache \"session\" { existing endpoint=\"a:1\" group=\"sg-12345678\" }; \
            database { existing host=\"a.rds.amazonaws.com\" secret=\"arn:aws:secretsmanager:eu-west-1:123456789012:secret:a-b1\" }";
        let topology = topology(tiers);
        let all = of(&plan_of(vec![create("web.role", "iam.role", json!({}))]), &topology, &[], false);
        let lines: Vec<String> = all.iter().map(|it| format!("{it:?}")).collect();
        insta::assert_snapshot!(lines.join("\n"), @r#"
        Subnets { vpc: "vpc-12345678", groups: {"app": ["subnet-11111111"]} }
        Vpc { vpc: "vpc-12345678", named: true }
        FileSystem { id: "fs-12345678", vpc: Some("vpc-12345678") }
        Group { tier: "cache", group: "sg-12345678", vpc: Some("vpc-12345678") }
        Group { tier: "files", group: "sg-12345678", vpc: Some("vpc-12345678") }
        Secret { arn: "arn:aws:secretsmanager:eu-west-1:123456789012:secret:a-b1" }
        Database { host: "a.rds.amazonaws.com", engine: "aurora-postgresql" }
        "#);
        let actions: Vec<&str> = actions(&topology, &["iam.role"].into()).into_iter().collect();
        insta::assert_snapshot!(actions.join("\n"), @"
        ec2:DescribeSecurityGroups
        ec2:DescribeSubnets
        ec2:DescribeVpcAttribute
        elasticfilesystem:DescribeFileSystems
        elasticfilesystem:DescribeMountTargets
        iam:GetInstanceProfile
        iam:GetRole
        rds:DescribeDBClusters
        secretsmanager:DescribeSecret
        ");
    }

    #[test]
    fn what_changes_is_asked_about_and_nothing_else() {
        let template = json!({ "name": "campus-web", "image": "ami-1", "instance_type": "c7g.xlarge" });
        let cluster = json!({ "engine": "aurora-postgresql", "version": "17.5", "name": "a" });
        let same = vec![
            update("web.launch-template", "ec2.launch_template", template.clone(), &["user_data"]),
            update("database.cluster", "rds.cluster", cluster.clone(), &["backup_days"]),
            update("web.role", "iam.role", json!({ "name": "campus-web" }), &["tags"]),
        ];
        assert_eq!(checks(same), "");
        insta::assert_snapshot!(checks(vec![
            update("web.launch-template", "ec2.launch_template", template, &["instance_type"]),
            update("database.cluster", "rds.cluster", cluster, &["version"]),
        ]), @r#"
    InstanceClass { about: About { address: "web.launch-template", field: "web { instances … }" }, class: "c7g.xlarge", zones: {"eu-west-1a", "eu-west-1b"} }
    Image { about: About { address: "web.launch-template", field: "web { image … }" }, image: "ami-1", class: "c7g.xlarge" }
    DatabaseVersion { about: About { address: "database.cluster", field: "database { engine … version=… }" }, engine: "aurora-postgresql", version: "17.5", families: {} }
    "#);
    }

    #[test]
    fn an_existing_network_is_looked_at_and_an_emulator_not_asked_for_offers() {
        let network = "network { existing vpc=\"vpc-12345678\" { data \"subnet-11111111\" \"subnet-22222222\" } }";
        let cache = create("cache.session", "elasticache.cache_cluster", json!({ "node_type": "cache.t4g.medium" }));
        let all = of(&plan_of(vec![cache]), &topology(network), &[], false);
        let [Check::Subnets { vpc, groups }, Check::Vpc { .. }] = all.as_slice() else { panic!("{all:?}") };
        assert_eq!((vpc.as_str(), groups["data"].len()), ("vpc-12345678", 2));
    }
}
