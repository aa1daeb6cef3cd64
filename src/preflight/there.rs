//! What a spec says is there already: what is to be asked about it, and what the answers mean.

use std::collections::BTreeSet;

use super::{About, Check, Fault};
use crate::aws::present::{FileSystem, LoadBalancer, TargetGroup, Vpc};
use crate::topology::cache::Shape;
use crate::topology::database::Form;
use crate::topology::{Files, LoadBalancer as Tier, Network, Topology};

/// Returns a question about each thing that is there already. Whether things fit a VPC is asked only of one that is there,
/// too.
pub(super) fn checks(topology: &Topology) -> Vec<Check> {
    let vpc = match &topology.network {
        Some(Network::Existing(existing)) => Some(existing.vpc.clone()),
        Some(Network::Own(_)) | None => None,
    };
    let named = topology.files.is_some();
    let mut checks: Vec<Check> = vpc.iter().map(|vpc| Check::Vpc { vpc: vpc.clone(), named }).collect();
    let mut groups: BTreeSet<(&'static str, String)> = BTreeSet::new();
    let mut group = |tier, group: &Option<String>| groups.extend(group.iter().map(|it| (tier, it.clone())));
    if let Some(Files::Existing(existing)) = &topology.files {
        checks.push(Check::FileSystem { id: existing.id.clone(), vpc: vpc.clone() });
        group("files", &existing.group);
    }
    if let Some(Tier::Existing(existing)) = &topology.load_balancer {
        let (arn, target_group) = (existing.arn.clone(), existing.target_group.clone());
        let (dns, zone_id) = (existing.dns.clone(), existing.zone_id.clone());
        checks.push(Check::LoadBalancer { arn: arn.clone(), dns, zone_id });
        checks.push(Check::TargetGroup { arn: target_group, load_balancer: arn, vpc: vpc.clone() });
        group("load-balancer", &existing.group);
    }
    if let Some(database) = &topology.database
        && let Form::Existing(existing) = &database.form
    {
        checks.push(Check::Secret { arn: existing.secret.clone() });
        // What has another name may be anywhere.
        if existing.host.contains(".rds.amazonaws.com") {
            checks.push(Check::Database { host: existing.host.clone(), engine: database.engine.word().to_owned() });
        }
        group("database", &existing.group);
    }
    for cache in topology.caches.values() {
        if let Shape::Existing(existing) = &cache.shape {
            group("cache", &existing.group);
        }
    }
    checks.extend(groups.into_iter().map(|(tier, group)| Check::Group { tier, group, vpc: vpc.clone() }));
    checks
}

/// Returns the IAM actions by which one of these questions is asked.
pub(super) fn actions(check: &Check) -> &'static [&'static str] {
    match check {
        Check::Vpc { .. } => &["ec2:DescribeSubnets", "ec2:DescribeVpcAttribute"],
        Check::FileSystem { .. } => {
            &["elasticfilesystem:DescribeFileSystems", "elasticfilesystem:DescribeMountTargets"]
        }
        Check::LoadBalancer { .. } => &["elasticloadbalancing:DescribeLoadBalancers"],
        Check::TargetGroup { .. } => &["elasticloadbalancing:DescribeTargetGroups"],
        Check::Group { .. } => &["ec2:DescribeSecurityGroups"],
        Check::Secret { .. } => &["secretsmanager:DescribeSecret"],
        Check::Database { .. } => &["rds:DescribeDBClusters"],
        _ => &[],
    }
}

fn about(tier: &str, field: &str) -> About {
    About { address: tier.to_owned(), field: format!("{tier} {{ existing {field} }}") }
}

pub(super) fn vpc(id: &str, named: bool, there: Option<Vpc>) -> Option<Fault> {
    let about = about("network", "vpc=…");
    let Some(Vpc { dns_support, dns_hostnames }) = there else {
        let detail = format!("`{id}` cannot be found in this account and region");
        return Some(about.fault("no such VPC", detail, "correct the id, or the region of the stack"));
    };
    if dns_support && dns_hostnames || !named {
        return None;
    }
    let detail = format!("`{id}` gives no names to what stands in it, and the shared files are mounted by name");
    let help = format!(
        "switch both settings on:\n    aws ec2 modify-vpc-attribute --vpc-id {id} --enable-dns-support\n    aws ec2 modify-vpc-attribute --vpc-id {id} --enable-dns-hostnames"
    );
    Some(about.fault("VPC without names", detail, help))
}

pub(super) fn file_system(id: &str, vpc: Option<&str>, there: Option<&FileSystem>) -> Option<Fault> {
    let about = about("files", "\"fs-…\"");
    let Some(FileSystem { state, vpcs }) = there else {
        let detail = format!("`{id}` cannot be found in this account and region");
        return Some(about.fault("no such file system", detail, "correct the id, or the region of the stack"));
    };
    if state != "available" {
        let detail = format!("`{id}` is {state}");
        return Some(about.fault("file system not ready", detail, "wait until it is available, or name another one"));
    }
    let vpc = vpc.filter(|it| !vpcs.contains(*it))?;
    let detail = format!("`{id}` has no mount target in `{vpc}`, so the web servers cannot mount it");
    Some(about.fault("file system elsewhere", detail, "make a mount target in each zone of that VPC first"))
}

pub(super) fn load_balancer(arn: &str, dns: &str, zone_id: &str, there: Option<&LoadBalancer>) -> Vec<Fault> {
    let about = about("load-balancer", "\"arn:…\" dns=… zone-id=…");
    let Some(there) = there else {
        let detail = format!("{arn} does not exist");
        return vec![about.fault("no such load balancer", detail, "correct the ARN")];
    };
    let mut faults = Vec::new();
    for (what, written, is) in [("dns", dns, &there.dns), ("zone-id", zone_id, &there.zone_id)] {
        // An emulator may know neither.
        if !is.is_empty() && !is.eq_ignore_ascii_case(written) {
            let detail = format!("`{what}` is \"{written}\" in the spec, and \"{is}\" in AWS");
            faults.push(about.fault("load balancer of another name", detail, format!("write {what}=\"{is}\"")));
        }
    }
    faults
}

pub(super) fn target_group(
    arn: &str,
    load_balancer: &str,
    vpc: Option<&str>,
    there: Option<&TargetGroup>,
) -> Vec<Fault> {
    let about = about("load-balancer", "… target-group=…");
    let Some(there) = there else {
        return vec![about.fault("no such target group", format!("{arn} does not exist"), "correct the ARN")];
    };
    let mut faults = Vec::new();
    if there.targets != "instance" {
        let detail = format!("its targets are of the type {}, and the web servers are instances", there.targets);
        faults.push(about.fault("target group of another type", detail, "name one of the type `instance`"));
    }
    if there.protocol != "HTTP" {
        let detail = format!("it speaks {} with its targets, and the web servers speak HTTP", there.protocol);
        faults.push(about.fault("target group of another protocol", detail, "name one of HTTP on port 80"));
    }
    if vpc.is_some_and(|it| it != there.vpc) {
        let detail = format!("it is in `{}`, and the network is another VPC", there.vpc);
        faults.push(about.fault("target group of another VPC", detail, "name one of the network's VPC"));
    }
    if !there.load_balancers.contains(load_balancer) {
        let detail = "no listener of the load balancer leads to it, so nobody reaches the web servers".to_owned();
        faults.push(about.fault("target group without a listener", detail, "make a listener or a rule that does"));
    }
    faults
}

pub(super) fn group(tier: &str, group: &str, vpc: Option<&str>, there: Option<&str>) -> Option<Fault> {
    let about = about(tier, "… group=…");
    let Some(there) = there else {
        let detail = format!("`{group}` cannot be found in this account and region");
        return Some(about.fault("no such security group", detail, "correct the id, or the region of the stack"));
    };
    let vpc = vpc.filter(|it| *it != there)?;
    let detail = format!("`{group}` is in `{there}`, and the network is `{vpc}`");
    Some(about.fault("security group of another VPC", detail, "name one of the network's VPC"))
}

pub(super) fn secret(arn: &str, there: bool) -> Option<Fault> {
    let detail = format!("{arn} does not exist, or is being deleted");
    let help = "correct the ARN of the secret with the user and the password";
    (!there).then(|| about("database", "… secret=…").fault("no such secret", detail, help))
}

pub(super) fn database(host: &str, engine: &str, there: &str) -> Option<Fault> {
    let about = about("database", "host=…");
    if there.is_empty() || there == engine {
        return None;
    }
    let detail = format!("`{host}` is {there}, and the spec says {engine}");
    Some(about.fault("database of another engine", detail, format!("write engine \"{there}\"")))
}

/// Which types of records cannot stand beside one of a type.
pub(super) fn record(about: &About, name: &str, wanted: &str, there: &BTreeSet<String>) -> Option<Fault> {
    let collides = |it: &&String| match wanted {
        // A CNAME suffers nothing beside it; what Route 53 itself puts at the top of a zone it does not suffer either.
        "CNAME" => true,
        _ => *it == wanted || *it == "CNAME",
    };
    let other = there.iter().find(collides)?;
    let detail = format!("the zone has a record {other} of `{name}` already that this stack did not make");
    let help = "delete it in the zone when the site is to take its place, or choose another domain";
    Some(about.fault("name taken", detail, help))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(faults: impl IntoIterator<Item = Fault>) -> String {
        let lines = faults.into_iter().map(|it| format!("{}: {}. {}.", it.summary, it.detail, it.help));
        lines.collect::<Vec<_>>().join("\n")
    }

    fn names(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|it| (*it).to_owned()).collect()
    }

    #[test]
    fn a_vpc_must_give_names() {
        let with = |dns_support, dns_hostnames| told(vpc("vpc-1", true, Some(Vpc { dns_support, dns_hostnames })));
        assert_eq!(with(true, true), "");
        let nameless = Vpc { dns_support: false, dns_hostnames: false };
        assert_eq!(told(vpc("vpc-1", false, Some(nameless))), "");
        insta::assert_snapshot!(with(true, false), @"
        VPC without names: `vpc-1` gives no names to what stands in it, and the shared files are mounted by name. switch both settings on:
            aws ec2 modify-vpc-attribute --vpc-id vpc-1 --enable-dns-support
            aws ec2 modify-vpc-attribute --vpc-id vpc-1 --enable-dns-hostnames.
        ");
        insta::assert_snapshot!(told(vpc("vpc-1", false, None)), @"no such VPC: `vpc-1` cannot be found in this account and region. correct the id, or the region of the stack.");
    }

    #[test]
    fn a_file_system_must_be_there_where_the_servers_are() {
        let of = |state: &str, vpcs: &[&str]| FileSystem { state: state.to_owned(), vpcs: names(vpcs) };
        let is = |it: Option<&FileSystem>| told(file_system("fs-1", Some("vpc-1"), it));
        assert_eq!(is(Some(&of("available", &["vpc-1"]))), "");
        assert_eq!(told(file_system("fs-1", None, Some(&of("available", &[])))), "");
        insta::assert_snapshot!(is(Some(&of("available", &["vpc-2"]))), @"file system elsewhere: `fs-1` has no mount target in `vpc-1`, so the web servers cannot mount it. make a mount target in each zone of that VPC first.");
        insta::assert_snapshot!(is(Some(&of("deleting", &["vpc-1"]))), @"file system not ready: `fs-1` is deleting. wait until it is available, or name another one.");
        insta::assert_snapshot!(is(None), @"no such file system: `fs-1` cannot be found in this account and region. correct the id, or the region of the stack.");
    }

    #[test]
    fn a_load_balancer_must_be_as_the_spec_says() {
        let there =
            LoadBalancer { dns: "Web-1.elb.amazonaws.com".to_owned(), zone_id: "Z1".to_owned(), vpc: String::new() };
        assert_eq!(told(load_balancer("arn", "web-1.elb.amazonaws.com", "Z1", Some(&there))), "");
        insta::assert_snapshot!(told(load_balancer("arn", "web-2.elb.amazonaws.com", "Z2", Some(&there))), @r#"
        load balancer of another name: `dns` is "web-2.elb.amazonaws.com" in the spec, and "Web-1.elb.amazonaws.com" in AWS. write dns="Web-1.elb.amazonaws.com".
        load balancer of another name: `zone-id` is "Z2" in the spec, and "Z1" in AWS. write zone-id="Z1".
        "#);
        insta::assert_snapshot!(told(load_balancer("arn", "web", "Z1", None)), @"no such load balancer: arn does not exist. correct the ARN.");
        let target = |targets: &str, protocol: &str, vpc: &str, of: &[&str]| TargetGroup {
            targets: targets.to_owned(),
            protocol: protocol.to_owned(),
            vpc: vpc.to_owned(),
            load_balancers: names(of),
        };
        let is = |it: &TargetGroup| told(target_group("arn", "lb", Some("vpc-1"), Some(it)));
        assert_eq!(is(&target("instance", "HTTP", "vpc-1", &["lb"])), "");
        insta::assert_snapshot!(is(&target("ip", "HTTPS", "vpc-2", &["other"])), @"
        target group of another type: its targets are of the type ip, and the web servers are instances. name one of the type `instance`.
        target group of another protocol: it speaks HTTPS with its targets, and the web servers speak HTTP. name one of HTTP on port 80.
        target group of another VPC: it is in `vpc-2`, and the network is another VPC. name one of the network's VPC.
        target group without a listener: no listener of the load balancer leads to it, so nobody reaches the web servers. make a listener or a rule that does.
        ");
        insta::assert_snapshot!(told(target_group("arn", "lb", None, None)), @"no such target group: arn does not exist. correct the ARN.");
    }

    #[test]
    fn groups_secrets_and_databases_must_exist() {
        assert_eq!(told(group("cache", "sg-1", Some("vpc-1"), Some("vpc-1"))), "");
        assert_eq!(told(group("cache", "sg-1", None, Some("vpc-1"))), "");
        insta::assert_snapshot!(told(group("cache", "sg-1", Some("vpc-1"), Some("vpc-2"))), @"security group of another VPC: `sg-1` is in `vpc-2`, and the network is `vpc-1`. name one of the network's VPC.");
        insta::assert_snapshot!(told(group("cache", "sg-1", None, None)), @"no such security group: `sg-1` cannot be found in this account and region. correct the id, or the region of the stack.");
        assert_eq!(told(secret("arn", true)), "");
        insta::assert_snapshot!(told(secret("arn", false)), @"no such secret: arn does not exist, or is being deleted. correct the ARN of the secret with the user and the password.");
        assert_eq!(told(database("db", "aurora-mysql", "aurora-mysql")), "");
        insta::assert_snapshot!(told(database("db", "aurora-mysql", "aurora-postgresql")), @r#"database of another engine: `db` is aurora-postgresql, and the spec says aurora-mysql. write engine "aurora-postgresql"."#);
    }

    #[test]
    fn a_name_in_a_zone_has_one_owner() {
        let is = |wanted: &str, there: &[&str]| told(record(&About::default(), "a.example.edu", wanted, &names(there)));
        assert_eq!(is("A", &[]), "");
        assert_eq!(is("A", &["AAAA", "TXT"]), "");
        insta::assert_snapshot!(is("A", &["A"]), @"name taken: the zone has a record A of `a.example.edu` already that this stack did not make. delete it in the zone when the site is to take its place, or choose another domain.");
        insta::assert_snapshot!(is("AAAA", &["CNAME"]), @"name taken: the zone has a record CNAME of `a.example.edu` already that this stack did not make. delete it in the zone when the site is to take its place, or choose another domain.");
        insta::assert_snapshot!(is("CNAME", &["TXT"]), @"name taken: the zone has a record TXT of `a.example.edu` already that this stack did not make. delete it in the zone when the site is to take its place, or choose another domain.");
    }
}
