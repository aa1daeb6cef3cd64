//! Judging answers: pure, and in words for the user.

use std::collections::{BTreeMap, BTreeSet};

use super::{About, Answer, Check, Fault, Findings, Subject, there};
use crate::aws::offers::{Certificate, Place};

/// So many others are named where something is not there.
const MOST_OTHERS: usize = 8;

impl Check {
    /// Returns what an answer means.
    ///
    /// # Panics
    /// When the answer is to another question: our bug.
    #[must_use]
    pub fn judge(&self, answer: &Answer) -> Findings {
        match (self, answer) {
            (Check::InstanceClass { about, class, zones }, Answer::Zones(there)) => {
                instance_class(about, class, zones, there)
            }
            (Check::Image { about, image, class }, Answer::Architectures(architecture, takes)) => {
                faults(self::image(about, image, architecture.as_deref(), class, takes))
            }
            (Check::DatabaseVersion { about, engine, version, families }, Answer::Versions(there)) => {
                database_version(about, engine, version, families, there)
            }
            (Check::DatabaseClass { about, engine, version, class }, Answer::Classes(there)) => {
                database_class(about, engine, version, class, there)
            }
            (Check::Snapshot { about, snapshot, engine }, Answer::Snapshot(there)) => {
                faults(self::snapshot(about, snapshot, engine, there.as_ref()))
            }
            (Check::CacheClass { about, class }, Answer::Is(there)) => cache_class(about, class, *there),
            (Check::Certificate { about, arn, names }, Answer::Certificate(there)) => {
                faults(certificate(about, arn, names, there.as_ref()))
            }
            (Check::Quota { about, subject, more }, Answer::Count(quota, there)) => {
                self::quota(about, *subject, *more, *quota, *there)
            }
            (Check::Subnets { vpc, groups }, Answer::Places(there)) => faults(subnets(vpc, groups, there)),
            (Check::Vpc { vpc, named }, Answer::Vpc(it)) => faults(there::vpc(vpc, *named, *it)),
            (Check::FileSystem { id, vpc }, Answer::FileSystem(it)) => {
                faults(there::file_system(id, vpc.as_deref(), it.as_ref()))
            }
            (Check::LoadBalancer { arn, dns, zone_id }, Answer::LoadBalancer(it)) => {
                faults(there::load_balancer(arn, dns, zone_id, it.as_ref()))
            }
            (Check::TargetGroup { arn, load_balancer, vpc }, Answer::TargetGroup(it)) => {
                faults(there::target_group(arn, load_balancer, vpc.as_deref(), it.as_ref()))
            }
            (Check::Group { tier, group, vpc }, Answer::Of(it)) => {
                faults(there::group(tier, group, vpc.as_deref(), it.as_deref()))
            }
            (Check::Secret { arn }, Answer::Is(it)) => faults(there::secret(arn, *it)),
            (Check::Database { host, .. }, Answer::Of(None)) => {
                // It may be a server without a cluster, or another account's.
                note(format!(
                    "not checked: the database `{host}`: no cluster of this account and region is reached by it"
                ))
            }
            (Check::Database { host, engine }, Answer::Of(Some(it))) => faults(there::database(host, engine, it)),
            (Check::Record { about, name, record_type, .. }, Answer::Names(it)) => {
                faults(there::record(about, name, record_type, it))
            }
            (Check::Delegation { name, .. }, Answer::Names(it)) => delegation(name, it),
            (Check::Name { about, kind, name, .. }, Answer::Is(taken)) => faults(self::name(about, kind, name, *taken)),
            (check, answer) => panic!("bug: {answer:?} does not answer {check:?}"),
        }
    }
}

fn faults(faults: impl IntoIterator<Item = Fault>) -> Findings {
    Findings { faults: faults.into_iter().collect(), notes: Vec::new() }
}

fn note(text: String) -> Findings {
    Findings { faults: Vec::new(), notes: vec![text] }
}

impl About {
    pub(super) fn fault(&self, summary: &str, detail: String, help: impl Into<String>) -> Fault {
        let About { address, field } = self.clone();
        Fault { address, field, summary: summary.to_owned(), detail, help: help.into() }
    }
}

/// Returns names as a list in a sentence, the first of them where there are many.
fn listed<'a>(names: impl IntoIterator<Item = &'a String>) -> String {
    let names: Vec<&str> = names.into_iter().map(String::as_str).collect();
    let shown = names.iter().take(MOST_OTHERS).copied().collect::<Vec<_>>().join(", ");
    if MOST_OTHERS < names.len() { format!("{shown} …") } else { shown }
}

fn instance_class(about: &About, class: &str, zones: &BTreeSet<String>, there: &BTreeSet<String>) -> Findings {
    if there.is_empty() {
        let detail = format!("EC2 has no instances of the type `{class}` in this region");
        return faults([about.fault("no such instance type here", detail, "correct the type, or choose another one")]);
    }
    let without: BTreeSet<String> = zones.difference(there).cloned().collect();
    if without.is_empty() {
        return Findings::default();
    }
    let detail = format!("`{class}` cannot be had in {}; it can in {}", listed(&without), listed(there));
    let help = "choose another type, or name zones that have it: network { zones \"…\" \"…\" }";
    faults([about.fault("instance type not in every zone", detail, help)])
}

fn image(
    about: &About,
    image: &str,
    architecture: Option<&str>,
    class: &str,
    takes: &BTreeSet<String>,
) -> Option<Fault> {
    let Some(architecture) = architecture else {
        let detail = format!("there is no image `{image}` in this region that this account may use");
        return Some(about.fault("no such image", detail, "name an image of this region, or write image \"al2023\""));
    };
    if architecture.is_empty() || takes.is_empty() || takes.contains(architecture) {
        return None;
    }
    let detail = format!("`{image}` is made for {architecture}, and `{class}` runs {}", listed(takes));
    Some(about.fault("image of another architecture", detail, "choose a type or an image of the same architecture"))
}

fn database_version(
    about: &About,
    engine: &str,
    version: &str,
    families: &BTreeSet<String>,
    there: &[(String, String)],
) -> Findings {
    if there.is_empty() {
        return note(format!("not checked: the version {version} of {engine}: AWS names no version of it"));
    }
    let Some((_, family)) = there.iter().find(|(it, _)| it == version) else {
        // The newest of the same major version first.
        let major = version.split('.').next().unwrap_or(version);
        let near = there.iter().rev().map(|(it, _)| it).filter(|it| it.split('.').next() == Some(major));
        let near: Vec<&String> = near.collect();
        let others = if near.is_empty() { there.iter().rev().map(|(it, _)| it).collect() } else { near };
        let detail = format!("RDS has no {engine} {version} in this region; it has {}", listed(others));
        return faults([about.fault("no such version", detail, "write one of these versions")]);
    };
    let other = families.iter().find(|it| *it != family);
    faults(other.map(|other| {
        let detail = format!("{engine} {version} takes parameters of the family {family}, not of {other}");
        about.fault("parameters of another version", detail, "leave the version to its default, or report this")
    }))
}

fn database_class(about: &About, engine: &str, version: &str, class: &str, there: &BTreeSet<String>) -> Findings {
    if there.is_empty() {
        return note(format!("not checked: the database class `{class}`: AWS offers no class for {engine} {version}"));
    }
    if there.contains(class) {
        return Findings::default();
    }
    // `db.r6g`, without the size.
    let family = |it: &str| it.rsplit_once('.').map(|(family, _)| family.to_owned());
    let alike: Vec<&String> = there.iter().filter(|it| family(it) == family(class)).collect();
    let others = if alike.is_empty() { there.iter().collect() } else { alike };
    let detail = format!("`{class}` cannot be ordered for {engine} {version} here; there are {}", listed(others));
    faults([about.fault("database class not offered", detail, "choose one of these classes, or another version")])
}

fn snapshot(about: &About, snapshot: &str, engine: &str, there: Option<&(String, bool)>) -> Option<Fault> {
    let Some((of, complete)) = there else {
        let detail = format!("there is no cluster snapshot `{snapshot}` in this account and region");
        return Some(about.fault("no such snapshot", detail, "correct its name; of another account, write its ARN"));
    };
    if !of.is_empty() && of != engine {
        let detail = format!("`{snapshot}` is a snapshot of {of}, and the database is to be {engine}");
        return Some(about.fault("snapshot of another engine", detail, format!("write engine \"{of}\"")));
    }
    if *complete {
        return None;
    }
    let detail = format!("the snapshot `{snapshot}` is not available");
    Some(about.fault("unfinished snapshot", detail, "wait until it is complete, or name another one"))
}

/// A note only: nothing says that what cannot be reserved cannot be had.
fn cache_class(about: &About, class: &str, there: bool) -> Findings {
    if there {
        return Findings::default();
    }
    note(format!("{}: ElastiCache does not list `{class}` in this region; check its spelling", about.address))
}

fn certificate(about: &About, arn: &str, names: &BTreeSet<String>, there: Option<&Certificate>) -> Vec<Fault> {
    let Some(Certificate { status, names: its }) = there else {
        let region = arn.split(':').nth(3).unwrap_or_default();
        let detail = format!("{arn} does not exist in {region}, or is another account's");
        let help = "import or request it there, or correct the ARN";
        return vec![about.fault("no such certificate", detail, help)];
    };
    let mut faults = Vec::new();
    if status != "ISSUED" {
        let detail = format!("{arn} is {status}; load balancer and CDN take certificates that are ISSUED");
        faults.push(about.fault("certificate not issued", detail, "validate it first, or name another one"));
    }
    let without: BTreeSet<String> =
        names.iter().filter(|name| !its.iter().any(|it| covers(it, name))).cloned().collect();
    if !without.is_empty() {
        let detail = format!("it is for {}, and visitors come to {}", listed(its), listed(&without));
        faults.push(about.fault("certificate for other names", detail, "name a certificate for this domain"));
    }
    faults
}

/// Whether a certificate's name is for a domain: the same, or with a star in place of the first label.
fn covers(certificate: &str, domain: &str) -> bool {
    let (certificate, domain) = (certificate.to_ascii_lowercase(), domain.to_ascii_lowercase());
    let rest = certificate.strip_prefix("*.");
    certificate == domain || rest.is_some() && domain.split_once('.').map(|(_, rest)| rest) == rest
}

fn quota(about: &About, subject: Subject, more: usize, quota: Option<f64>, there: usize) -> Findings {
    let word = subject.word();
    let Some(quota) = quota else { return note(format!("not checked: the quota of {word}: AWS does not tell it")) };
    #[expect(clippy::cast_precision_loss, reason = "a few at most")]
    let needed = (there + more) as f64;
    if needed <= quota {
        return Findings::default();
    }
    let detail =
        format!("the account has {there} {word} in this region and may have {quota}; the plan makes {more} more");
    let (service, code) = subject.quota();
    let fewer = if subject == Subject::Addresses { "write nat \"single\", or " } else { "" };
    let help = format!(
        "{fewer}ask for more:\n    aws service-quotas request-service-quota-increase --service-code {service} --quota-code {code} --desired-value {needed}"
    );
    faults([about.fault("no room under a quota", detail, help)])
}

fn subnets(vpc: &str, groups: &BTreeMap<&'static str, Vec<String>>, there: &[Place]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (group, ids) in groups {
        let about =
            About { address: "network".to_owned(), field: format!("network {{ existing vpc=… {{ {group} … }} }}") };
        let place = |id: &String| there.iter().find(|it| it.subnet == *id);
        let unknown: Vec<&String> = ids.iter().filter(|id| place(id).is_none()).collect();
        if !unknown.is_empty() {
            let detail = format!("{} cannot be found in this account and region", listed(unknown));
            faults.push(about.fault("no such subnet", detail, "correct the id, or the region of the stack"));
        }
        let elsewhere: Vec<&String> = ids.iter().filter(|id| place(id).is_some_and(|it| it.vpc != vpc)).collect();
        if !elsewhere.is_empty() {
            let detail = format!("{} is not in `{vpc}`", listed(elsewhere));
            faults.push(about.fault("subnet of another VPC", detail, "name subnets of the VPC"));
        }
        // Servers may share a zone; a load balancer and mount targets take one subnet of each.
        let mut first: BTreeMap<&str, &str> = BTreeMap::new();
        for it in ids.iter().filter_map(place).filter(|_| *group != "app") {
            if let Some(other) = first.insert(&it.zone, &it.subnet) {
                let detail = format!("{other} and {} are both in {}", it.subnet, it.zone);
                let help = "name one subnet of each zone";
                faults.push(about.fault("two subnets in one zone", detail, help));
            }
        }
    }
    faults
}

/// A note only: what the world asks is in the hands of whoever keeps the zone above, and the resolver of this machine need
/// not be the world's.
fn delegation(name: &str, servers: &BTreeSet<String>) -> Findings {
    if servers.is_empty() {
        return Findings::default();
    }
    note(format!(
        "not checked: whether the world asks the name servers of `{name}`, without which no certificate is issued and \
         nobody finds the site; `dig +short NS {name}` must answer {}",
        listed(servers)
    ))
}

fn name(about: &About, kind: &str, name: &str, taken: bool) -> Option<Fault> {
    let detail = format!(
        "something of the kind {kind} is called `{name}` already, and this stack's state does not know it: another stack's, or one whose state is lost"
    );
    let help = "give the stack another name, use the state of the other one (--state-dir), or delete what is there";
    taken.then(|| about.fault("name taken", detail, help))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|it| (*it).to_owned()).collect()
    }

    fn about() -> About {
        About { address: "web.launch-template".to_owned(), field: "web { instances … }".to_owned() }
    }

    /// Returns what is found, one a line.
    fn text(check: &Check, answer: &Answer) -> String {
        let Findings { faults, notes } = check.judge(answer);
        let faults = faults.into_iter().map(|it| format!("{}: {}. {}.", it.summary, it.detail, it.help));
        faults.chain(notes.into_iter().map(|it| format!("note: {it}"))).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn instance_types_must_be_in_every_zone() {
        let class = "c7g.xlarge".to_owned();
        let check = Check::InstanceClass { about: about(), class, zones: set(&["eu-west-1a", "eu-west-1b"]) };
        let zones = |names: &[&str]| text(&check, &Answer::Zones(set(names)));
        assert_eq!(zones(&["eu-west-1a", "eu-west-1b", "eu-west-1c"]), "");
        insta::assert_snapshot!(zones(&["eu-west-1b", "eu-west-1c"]), @r#"instance type not in every zone: `c7g.xlarge` cannot be had in eu-west-1a; it can in eu-west-1b, eu-west-1c. choose another type, or name zones that have it: network { zones "…" "…" }."#);
        insta::assert_snapshot!(zones(&[]), @"no such instance type here: EC2 has no instances of the type `c7g.xlarge` in this region. correct the type, or choose another one.");
    }

    #[test]
    fn images_must_run_on_the_type() {
        let check = Check::Image { about: about(), image: "ami-1".to_owned(), class: "c7g.xlarge".to_owned() };
        let image = |of: Option<&str>| text(&check, &Answer::Architectures(of.map(str::to_owned), set(&["arm64"])));
        assert_eq!(image(Some("arm64")), "");
        insta::assert_snapshot!(image(Some("x86_64")), @"image of another architecture: `ami-1` is made for x86_64, and `c7g.xlarge` runs arm64. choose a type or an image of the same architecture.");
        insta::assert_snapshot!(image(None), @r#"no such image: there is no image `ami-1` in this region that this account may use. name an image of this region, or write image "al2023"."#);
    }

    #[test]
    fn versions_must_exist_and_take_the_parameters() {
        let check = |version: &str, family: &str| Check::DatabaseVersion {
            about: about(),
            engine: "aurora-postgresql".to_owned(),
            version: version.to_owned(),
            families: set(&[family]),
        };
        let pair = |(version, family): &(&str, &str)| ((*version).to_owned(), (*family).to_owned());
        let there = [("16.9", "aurora-postgresql16"), ("17.4", "aurora-postgresql17"), ("17.5", "aurora-postgresql17")];
        let answer = Answer::Versions(there.iter().map(pair).collect());
        assert_eq!(text(&check("17.5", "aurora-postgresql17"), &answer), "");
        insta::assert_snapshot!(text(&check("17.9", "aurora-postgresql17"), &answer), @"no such version: RDS has no aurora-postgresql 17.9 in this region; it has 17.5, 17.4. write one of these versions.");
        insta::assert_snapshot!(text(&check("12.1", "aurora-postgresql17"), &answer), @"no such version: RDS has no aurora-postgresql 12.1 in this region; it has 17.5, 17.4, 16.9. write one of these versions.");
        insta::assert_snapshot!(text(&check("16.9", "aurora-postgresql17"), &answer), @"parameters of another version: aurora-postgresql 16.9 takes parameters of the family aurora-postgresql16, not of aurora-postgresql17. leave the version to its default, or report this.");
        insta::assert_snapshot!(text(&check("17.5", "aurora-postgresql17"), &Answer::Versions(Vec::new())), @"note: not checked: the version 17.5 of aurora-postgresql: AWS names no version of it");
    }

    #[test]
    fn classes_must_be_for_sale() {
        let check = Check::DatabaseClass {
            about: about(),
            engine: "aurora-postgresql".to_owned(),
            version: "17.5".to_owned(),
            class: "db.r6g.huge".to_owned(),
        };
        assert_eq!(text(&check, &Answer::Classes(set(&["db.r6g.huge"]))), "");
        insta::assert_snapshot!(text(&check, &Answer::Classes(set(&["db.r6g.large", "db.r7g.large"]))), @"database class not offered: `db.r6g.huge` cannot be ordered for aurora-postgresql 17.5 here; there are db.r6g.large. choose one of these classes, or another version.");
        insta::assert_snapshot!(text(&check, &Answer::Classes(set(&["db.t4g.medium"]))), @"database class not offered: `db.r6g.huge` cannot be ordered for aurora-postgresql 17.5 here; there are db.t4g.medium. choose one of these classes, or another version.");
        insta::assert_snapshot!(text(&check, &Answer::Classes(set(&[]))), @"note: not checked: the database class `db.r6g.huge`: AWS offers no class for aurora-postgresql 17.5");
        let check = Check::CacheClass { about: about(), class: "cache.t4g.mediun".to_owned() };
        assert_eq!(text(&check, &Answer::Is(true)), "");
        insta::assert_snapshot!(text(&check, &Answer::Is(false)), @"note: web.launch-template: ElastiCache does not list `cache.t4g.mediun` in this region; check its spelling");
    }

    #[test]
    fn snapshots_must_be_complete_and_of_the_engine() {
        let (snapshot, engine) = ("campus-2025".to_owned(), "aurora-postgresql".to_owned());
        let check = Check::Snapshot { about: about(), snapshot, engine };
        let of = |engine: &str, complete| Answer::Snapshot(Some((engine.to_owned(), complete)));
        assert_eq!(text(&check, &of("aurora-postgresql", true)), "");
        insta::assert_snapshot!(text(&check, &of("aurora-postgresql", false)), @"unfinished snapshot: the snapshot `campus-2025` is not available. wait until it is complete, or name another one.");
        insta::assert_snapshot!(text(&check, &of("aurora-mysql", true)), @r#"snapshot of another engine: `campus-2025` is a snapshot of aurora-mysql, and the database is to be aurora-postgresql. write engine "aurora-mysql"."#);
        insta::assert_snapshot!(text(&check, &Answer::Snapshot(None)), @"no such snapshot: there is no cluster snapshot `campus-2025` in this account and region. correct its name; of another account, write its ARN.");
    }

    #[test]
    fn certificates_must_be_issued_for_the_domain() {
        let arn = "arn:aws:acm:us-east-1:123456789012:certificate/0123".to_owned();
        let check = Check::Certificate { about: about(), arn, names: set(&["moodle.example.edu"]) };
        let of = |status: &str, names: &[&str]| {
            Answer::Certificate(Some(Certificate { status: status.to_owned(), names: set(names) }))
        };
        assert_eq!(text(&check, &of("ISSUED", &["example.edu", "*.example.edu"])), "");
        assert_eq!(text(&check, &of("ISSUED", &["Moodle.example.edu"])), "");
        insta::assert_snapshot!(text(&check, &of("PENDING_VALIDATION", &["example.edu", "*.moodle.example.edu"])), @"
    certificate not issued: arn:aws:acm:us-east-1:123456789012:certificate/0123 is PENDING_VALIDATION; load balancer and CDN take certificates that are ISSUED. validate it first, or name another one.
    certificate for other names: it is for *.moodle.example.edu, example.edu, and visitors come to moodle.example.edu. name a certificate for this domain.
    ");
        insta::assert_snapshot!(text(&check, &Answer::Certificate(None)), @"no such certificate: arn:aws:acm:us-east-1:123456789012:certificate/0123 does not exist in us-east-1, or is another account's. import or request it there, or correct the ARN.");
    }

    #[test]
    fn there_must_be_room() {
        let check = |subject| Check::Quota { about: about(), subject, more: 3 };
        assert_eq!(text(&check(Subject::Addresses), &Answer::Count(Some(5.0), 2)), "");
        insta::assert_snapshot!(text(&check(Subject::Addresses), &Answer::Count(Some(5.0), 3)), @r#"
    no room under a quota: the account has 3 elastic addresses in this region and may have 5; the plan makes 3 more. write nat "single", or ask for more:
        aws service-quotas request-service-quota-increase --service-code ec2 --quota-code L-0263D0A3 --desired-value 6.
    "#);
        insta::assert_snapshot!(text(&check(Subject::Vpcs), &Answer::Count(None, 3)), @"note: not checked: the quota of VPCs: AWS does not tell it");
    }

    #[test]
    fn existing_subnets_belong_together() {
        let ids = |ids: &[&str]| ids.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
        let groups =
            [("app", ids(&["subnet-1", "subnet-2"])), ("data", ids(&["subnet-1", "subnet-2", "subnet-3", "subnet-4"]))];
        let check = Check::Subnets { vpc: "vpc-1".to_owned(), groups: groups.into() };
        let place = |subnet: &str, vpc: &str, zone: &str| Place {
            subnet: subnet.to_owned(),
            vpc: vpc.to_owned(),
            zone: zone.to_owned(),
        };
        let there = vec![
            place("subnet-1", "vpc-1", "eu-west-1a"),
            place("subnet-2", "vpc-1", "eu-west-1a"),
            place("subnet-3", "vpc-2", "eu-west-1b"),
        ];
        insta::assert_snapshot!(text(&check, &Answer::Places(there)), @"
    no such subnet: subnet-4 cannot be found in this account and region. correct the id, or the region of the stack.
    subnet of another VPC: subnet-3 is not in `vpc-1`. name subnets of the VPC.
    two subnets in one zone: subnet-1 and subnet-2 are both in eu-west-1a. name one subnet of each zone.
    ");
    }

    #[test]
    fn names_must_be_free() {
        let name = "campus-FlowLog".to_owned();
        let check = Check::Name { about: about(), kind: "logs.log_group".to_owned(), region: None, name };
        assert_eq!(text(&check, &Answer::Is(false)), "");
        insta::assert_snapshot!(text(&check, &Answer::Is(true)), @"name taken: something of the kind logs.log_group is called `campus-FlowLog` already, and this stack's state does not know it: another stack's, or one whose state is lost. give the stack another name, use the state of the other one (--state-dir), or delete what is there.");
    }
}
