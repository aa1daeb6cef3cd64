//! Security groups and their rules: who may talk to whom.
//!
//! Every rule is a resource, so that a change in AWS is told rule by rule and the groups can refer to each other. No
//! group has the rule that lets everything out; DNS and time come from the VPC's own addresses and need none.

use std::collections::BTreeMap;

use crate::kind::values::Cidr;
use crate::kind::{Address, Ref};
use crate::kinds::ec2::security_group::{SecurityGroup, SecurityGroupProps};
use crate::kinds::ec2::security_group_rule::Direction::{self, Egress, Ingress};
use crate::kinds::ec2::security_group_rule::{SecurityGroupRule, SecurityGroupRuleProps};
use crate::kinds::ec2::vpc::Vpc;
use crate::topology::database::Engine;
use crate::topology::network::resources::output;
use crate::topology::{Build, at};

/// Name and description; AWS takes no apostrophe in the latter, and keeps it for ever.
const GROUPS: &[(&str, &str)] = &[
    ("load-balancer", "Load balancer: visitors come in here"),
    ("web", "Web servers: PHP and the tasks of Moodle"),
    ("database", "Database"),
    ("cache", "Session and application caches"),
    ("files", "File system for moodledata"),
];

/// The other end of a rule.
#[derive(Clone, Copy)]
enum Peer {
    Anywhere,
    Group(&'static str),
}
use Peer::{Anywhere, Group};

/// A rule about one TCP port.
struct Rule {
    group: &'static str,
    meaning: &'static str,
    direction: Direction,
    port: i32,
    peer: Peer,
    description: &'static str,
}

impl Rule {
    /// Returns the rule as the engine of the database needs it.
    fn for_engine(&self, engine: Engine) -> Rule {
        let Rule { group, meaning, direction, port, peer, description } = *self;
        if engine == Engine::Postgresql || port != Engine::Postgresql.port() {
            return Rule { group, meaning, direction, port, peer, description };
        }
        let (meaning, description) = match direction {
            Ingress => ("mysql", "MySQL from the web servers"),
            Egress => (meaning, "MySQL to the database"),
        };
        Rule { group, meaning, direction, port: engine.port(), peer, description }
    }
}

const fn rule(
    group: &'static str,
    meaning: &'static str,
    direction: Direction,
    port: i32,
    peer: Peer,
    description: &'static str,
) -> Rule {
    Rule { group, meaning, direction, port, peer, description }
}

/// The address of a rule is `network.rule.<group>.<meaning>`.
const RULES: &[Rule] = &[
    rule("load-balancer", "http", Ingress, 80, Anywhere, "HTTP from visitors"),
    rule("load-balancer", "https", Ingress, 443, Anywhere, "HTTPS from visitors"),
    rule("load-balancer", "to-web-http", Egress, 80, Group("web"), "HTTP to the web servers"),
    rule("load-balancer", "to-web-https", Egress, 443, Group("web"), "HTTPS to the web servers"),
    rule("web", "http", Ingress, 80, Group("load-balancer"), "HTTP from the load balancer"),
    rule("web", "https", Ingress, 443, Group("load-balancer"), "HTTPS from the load balancer"),
    rule("web", "to-internet-http", Egress, 80, Anywhere, "HTTP to repositories and feeds"),
    rule("web", "to-internet-https", Egress, 443, Anywhere, "HTTPS to AWS and to services of the site"),
    rule("web", "to-database", Egress, 5432, Group("database"), "PostgreSQL to the database"),
    rule("web", "to-memcached", Egress, 11211, Group("cache"), "Memcached to the caches"),
    rule("web", "to-redis", Egress, 6379, Group("cache"), "Valkey and Redis to the caches"),
    rule("web", "to-files", Egress, 2049, Group("files"), "NFS to the file system"),
    rule("database", "postgresql", Ingress, 5432, Group("web"), "PostgreSQL from the web servers"),
    rule("cache", "memcached", Ingress, 11211, Group("web"), "Memcached from the web servers"),
    rule("cache", "redis", Ingress, 6379, Group("web"), "Valkey and Redis from the web servers"),
    rule("files", "nfs", Ingress, 2049, Group("web"), "NFS from the web servers"),
    rule("files", "nfs-self", Ingress, 2049, Group("files"), "NFS within the group"),
];

/// Who comes to the web servers and how. The load balancer tier says so; without one nobody does.
pub(in crate::topology) enum Visitors {
    /// Nobody.
    Nobody,
    /// People from these ranges, through the stack's load balancer.
    From(Vec<Cidr>),
    /// The CDN alone, through the stack's load balancer. With TLS it comes to the other port.
    Cdn {
        /// The prefix list of its addresses, which takes nearly all the room that a group has for rules: there is one
        /// rule about it.
        prefix_list: String,
        tls: bool,
    },
    /// Whom a load balancer lets in that is not the stack's, and its group, where it is known.
    Through(Option<String>),
}

const DOOR: &str = "load-balancer";
const EVERYWHERE: &str = "0.0.0.0/0";

/// Adds groups and rules to a VPC and returns the groups by name.
pub(super) fn add(cx: &mut Build<'_>, vpc: &Ref<Vpc>) -> BTreeMap<&'static str, Ref<SecurityGroup>> {
    let made: BTreeMap<&'static str, Ref<SecurityGroup>> =
        GROUPS.iter().map(|(name, description)| (*name, group(cx, vpc, name, description))).collect();
    for it in RULES {
        let it = &it.for_engine(cx.engine);
        let group = &made[it.group];
        match it.peer {
            _ if it.group == DOOR => add_of_door(cx, group, it, &made),
            Group(DOOR) => add_from_door(cx, group, it, &made),
            Anywhere => add_rule(cx, group, it, None, Other::Range(everywhere())),
            Group(peer) => add_rule(cx, group, it, None, Other::Group(made[peer].early())),
        }
    }
    made
}

/// Adds a rule of the load balancer's own group: whom it lets in, and where it may go.
fn add_of_door(
    cx: &mut Build<'_>,
    group: &Ref<SecurityGroup>,
    rule: &Rule,
    made: &BTreeMap<&'static str, Ref<SecurityGroup>>,
) {
    let visitors = std::mem::replace(&mut cx.visitors, Visitors::Nobody);
    match (&visitors, rule.peer) {
        (Visitors::Nobody | Visitors::Through(_), _) => {}
        (_, Group(peer)) => add_rule(cx, group, rule, None, Other::Group(made[peer].early())),
        (Visitors::From(ranges), Anywhere) => {
            for range in ranges {
                // Everybody needs no name.
                let key = (*range != everywhere()).then(|| range.to_string());
                add_rule(cx, group, rule, key.as_deref(), Other::Range(*range));
            }
        }
        (Visitors::Cdn { prefix_list, tls }, Anywhere) => {
            if rule.port == if *tls { 443 } else { 80 } {
                let description = if *tls { "HTTPS from the CDN" } else { "HTTP from the CDN" };
                let rule = Rule { description, ..*rule };
                add_rule(cx, group, &rule, Some("cdn"), Other::PrefixList(prefix_list.clone()));
            }
        }
    }
    cx.visitors = visitors;
}

/// Adds a rule by which others let in what comes from the load balancer.
fn add_from_door(
    cx: &mut Build<'_>,
    group: &Ref<SecurityGroup>,
    rule: &Rule,
    made: &BTreeMap<&'static str, Ref<SecurityGroup>>,
) {
    let door = match &cx.visitors {
        Visitors::Nobody | Visitors::Through(None) => return,
        Visitors::Through(Some(id)) => Ref::known(id.clone()),
        Visitors::From(_) | Visitors::Cdn { .. } => made[DOOR].early(),
    };
    add_rule(cx, group, rule, None, Other::Group(door));
}

fn everywhere() -> Cidr {
    EVERYWHERE.parse().unwrap_or_else(|error| panic!("bug: {error}"))
}

/// Adds the group of the interface endpoints, to which everything in the VPC may talk.
pub(super) fn add_for_endpoints(cx: &mut Build<'_>, vpc: &Ref<Vpc>, cidr: Cidr) -> Ref<SecurityGroup> {
    let group = group(cx, vpc, "endpoints", "Endpoints of AWS services");
    let https = rule("endpoints", "https", Ingress, 443, Anywhere, "HTTPS from the VPC");
    add_rule(cx, &group, &https, None, Other::Range(cidr));
    group
}

fn group(cx: &mut Build<'_>, vpc: &Ref<Vpc>, name: &str, description: &str) -> Ref<SecurityGroup> {
    let props = SecurityGroupProps {
        vpc: vpc.early(),
        name: cx.name(name),
        description: description.to_owned(),
        default_egress: false,
        tags: cx.tags(name),
    };
    let group: Ref<SecurityGroup> = cx.graph.add(at(&format!("network.security-group.{name}")), props);
    output(cx, &format!("security-group-{name}"), &group.text());
    group
}

/// The other end of a rule, as EC2 takes it.
enum Other {
    Range(Cidr),
    Group(Ref<SecurityGroup>),
    PrefixList(String),
}

/// Adds a rule; `key` tells it from others of the same meaning.
fn add_rule(cx: &mut Build<'_>, group: &Ref<SecurityGroup>, rule: &Rule, key: Option<&str>, other: Other) {
    let Rule { group: name, meaning, direction, port, peer: _, description } = rule;
    let (mut cidr, mut peer, mut prefix_list) = (None, None, None);
    match other {
        Other::Range(range) => cidr = Some(range),
        Other::Group(group) => peer = Some(group),
        Other::PrefixList(id) => prefix_list = Some(id),
    }
    let props = SecurityGroupRuleProps {
        group: group.early(),
        direction: *direction,
        protocol: "tcp".to_owned(),
        from_port: *port,
        to_port: *port,
        cidr,
        peer,
        prefix_list,
        description: (*description).to_owned(),
        tags: cx.tags(&format!("{name}-{meaning}")),
    };
    cx.graph.add::<SecurityGroupRule>(Address::of(&format!("network.rule.{name}.{meaning}"), key), props);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptions_have_only_what_ec2_takes() {
        let fits = |it: &str| {
            it.len() <= 255 && it.bytes().all(|b| b.is_ascii_alphanumeric() || b" ._-:/()#,@[]+=&;{}!$*".contains(&b))
        };
        for description in GROUPS.iter().map(|it| it.1).chain(RULES.iter().map(|it| it.description)) {
            assert!(fits(description), "{description}");
        }
    }

    #[test]
    fn what_one_group_sends_to_another_the_other_takes() {
        for it in RULES {
            let Group(peer) = it.peer else { continue };
            let answers = |other: &&Rule| {
                other.group == peer
                    && other.port == it.port
                    && other.direction != it.direction
                    && matches!(other.peer, Group(name) if name == it.group)
            };
            // The file system may take from itself what it never sends: mount targets do not connect.
            assert!(peer == it.group || RULES.iter().any(|other| answers(&other)), "{}.{}", it.group, it.meaning);
        }
    }
}
