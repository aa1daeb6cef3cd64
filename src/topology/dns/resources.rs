//! The resources of the DNS tier.

use std::collections::BTreeSet;

use super::Dns;
use crate::kind::{Address, Ref};
use crate::kinds::route53::hosted_zone::{HostedZone, HostedZoneProps};
use crate::kinds::route53::record::{Record, RecordProps};
use crate::topology::{Build, Certificate, Front, Question, Site, Topology, at};

/// For how many seconds resolvers keep the site's `CNAME`.
const TTL: i64 = 300;

/// Returns what must be known of the account: the id of the zone, where somebody needs it and the stack does not make it.
pub(in crate::topology) fn questions(topology: &Topology) -> BTreeSet<Question> {
    let made = topology.dns.is_some_and(|it| it.create_zone);
    let zone = needed_zone(topology).filter(|_| !made);
    zone.map(|it| Question::HostedZone(it.to_owned())).into_iter().collect()
}

/// Returns the zone in which records are made; `None` where none are.
pub(in crate::topology) fn zone(cx: &mut Build<'_>, topology: &Topology) -> Option<Ref<HostedZone>> {
    let name = needed_zone(topology)?;
    let zone = if topology.dns.is_some_and(|it| it.create_zone) {
        let comment = format!("Made by moodle-infra for {}", cx.stack);
        let props = HostedZoneProps { name: name.into(), comment, tags: cx.tags("zone") };
        let zone: Ref<HostedZone> = cx.graph.add(at("dns.zone"), props);
        cx.output("name-servers", &zone.attr("name_servers"));
        zone
    } else {
        Ref::known(cx.facts.answer(&Question::HostedZone(name.to_owned())))
    };
    cx.output("hosted-zone", &zone.text());
    Some(zone)
}

/// Returns the name of the zone, where a certificate or the site needs records in it.
fn needed_zone(topology: &Topology) -> Option<&str> {
    let needed = topology.dns.is_some() || topology.certificate == Some(Certificate::Own);
    topology.site.as_ref()?.zone.as_deref().filter(|_| needed)
}

impl Dns {
    /// Adds the records that lead to the site, as far as there is one to lead to.
    ///
    /// # Panics
    /// When there is no domain or no zone, which reading a spec refuses.
    pub(in crate::topology) fn add_to(
        self,
        cx: &mut Build<'_>,
        site: Option<&Site>,
        zone: Option<&Ref<HostedZone>>,
        front: &Front,
    ) {
        let domain = site.and_then(|it| it.domain.as_deref()).unwrap_or_else(|| panic!("bug: no domain"));
        let zone = zone.unwrap_or_else(|| panic!("bug: no zone"));
        let Some(target) = front.target() else { return };
        let of_cdn = front.cdn.is_some();
        // A load balancer speaks IPv4 alone.
        let types: &[&str] = match (self.alias, of_cdn) {
            (true, true) => &["A", "AAAA"],
            (true, false) => &["A"],
            (false, _) => &["CNAME"],
        };
        for record_type in types {
            let props = RecordProps {
                zone: zone.early(),
                name: domain.into(),
                record_type: (*record_type).to_owned(),
                value: (!self.alias).then(|| target.name.clone().into()),
                ttl: (!self.alias).then_some(TTL),
                alias: self.alias.then(|| target.name.clone().into()),
                alias_zone: self.alias.then(|| target.zone_id.clone()),
                // A distribution is healthy by definition.
                evaluate_health: self.alias.then_some(!of_cdn),
            };
            cx.graph.add::<Record>(Address::of("dns.record", Some(record_type)), props);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Graph;
    use crate::kind::values::Tags;
    use crate::topology::{Facts, Target, database, network::Visitors, read};

    /// Returns the records that lead to a target.
    fn records(alias: bool, cdn: bool, load_balancer: bool) -> String {
        let spec =
            "moodle \"campus\" { region \"eu-west-1\"; site { domain \"moodle.example.edu\" zone=\"example.edu\" } }";
        let topology = read(spec.as_bytes(), "x.kdl").0.unwrap();
        let facts = Facts::offline(&topology);
        let mut cx = Build {
            graph: Graph::default(),
            facts: &facts,
            stack: "campus",
            tags: Tags::default(),
            engine: database::Engine::Postgresql,
            visitors: Visitors::Nobody,
            boots: None,
        };
        let target = |name: &str, zone: &str| Target { name: name.into(), zone_id: zone.into() };
        let front = Front {
            certificate: true,
            cdn: cdn.then(|| target("d1.cloudfront.net", "Z2FDTNDATAQYW2")),
            load_balancer: load_balancer.then(|| target("LB-1.eu-west-1.elb.amazonaws.com", "Z32O12XQLNTSW2")),
        };
        let zone = Ref::known("Z1");
        Dns { alias, create_zone: false }.add_to(&mut cx, topology.site.as_ref(), Some(&zone), &front);
        let line = |it: &crate::graph::Node| format!("{} {}\n", it.address, it.props);
        cx.graph.nodes().map(line).collect()
    }

    #[test]
    fn a_distribution_has_both_protocols() {
        insta::assert_snapshot!(records(true, true, true), @r#"
        dns.record["A"] {"alias":"d1.cloudfront.net","alias_zone":"Z2FDTNDATAQYW2","evaluate_health":false,"name":"moodle.example.edu","record_type":"A","ttl":null,"value":null,"zone":"Z1"}
        dns.record["AAAA"] {"alias":"d1.cloudfront.net","alias_zone":"Z2FDTNDATAQYW2","evaluate_health":false,"name":"moodle.example.edu","record_type":"AAAA","ttl":null,"value":null,"zone":"Z1"}
        "#);
    }

    #[test]
    fn a_load_balancer_answers_while_it_is_healthy() {
        insta::assert_snapshot!(records(true, false, true), @r#"dns.record["A"] {"alias":"lb-1.eu-west-1.elb.amazonaws.com","alias_zone":"Z32O12XQLNTSW2","evaluate_health":true,"name":"moodle.example.edu","record_type":"A","ttl":null,"value":null,"zone":"Z1"}"#);
    }

    #[test]
    fn without_an_alias_it_is_a_cname() {
        insta::assert_snapshot!(records(false, true, true), @r#"dns.record["CNAME"] {"alias":null,"alias_zone":null,"evaluate_health":null,"name":"moodle.example.edu","record_type":"CNAME","ttl":300,"value":"d1.cloudfront.net","zone":"Z1"}"#);
        assert_eq!(records(true, false, false), "");
    }
}
