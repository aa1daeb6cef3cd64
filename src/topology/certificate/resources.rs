//! The resources of the certificate tier.

use super::{Certificate, Existing, OF_DISTRIBUTIONS};
use crate::kind::{Ref, Text};
use crate::kinds::acm::certificate::{self, CertificateProps};
use crate::kinds::acm::issued::{self, IssuedProps};
use crate::kinds::route53::hosted_zone::HostedZone;
use crate::kinds::route53::record::{Record, RecordProps};
use crate::topology::{Build, Issued, Site, at};

/// For how many seconds resolvers keep the record that proves the domain.
const TTL: i64 = 300;

/// A certificate that may not be issued yet.
type Asked = Ref<certificate::Certificate>;

impl Certificate {
    /// Adds the resources of the tier to a graph and returns what those need who speak TLS. `cdn` is whether there is a
    /// distribution.
    ///
    /// # Panics
    /// When the site has no domain, which reading a spec refuses.
    pub(in crate::topology) fn add_to(
        &self,
        cx: &mut Build<'_>,
        site: Option<&Site>,
        zone: Option<&Ref<HostedZone>>,
        cdn: bool,
    ) -> Issued {
        let domain = site.and_then(|it| it.domain.as_deref()).unwrap_or_else(|| panic!("bug: no domain"));
        let issued = match self {
            Certificate::Own => add_own(cx, domain, zone, cdn),
            Certificate::Existing(existing) => add_existing(cx, domain, existing, cdn),
        };
        cx.output("certificate", &issued.here);
        if let Some(cdn) = &issued.cdn {
            cx.output("certificate-cdn", cdn);
        }
        issued
    }
}

fn add_own(cx: &mut Build<'_>, domain: &str, zone: Option<&Ref<HostedZone>>, cdn: bool) -> Issued {
    let second = cdn && cx.facts.region() != OF_DISTRIBUTIONS;
    let props = CertificateProps { domain: domain.to_owned(), tags: cx.tags("certificate") };
    let here: Asked = cx.graph.add(at("certificate.request"), props.clone());
    let there: Option<Asked> =
        second.then(|| cx.graph.add_in(Some(OF_DISTRIBUTIONS), at("certificate.cdn.request"), &props));
    // For one domain ACM asks for the same record in every region.
    let proof = zone.map(|zone| add_proof(cx, &here, zone));
    if proof.is_none() {
        cx.output("create-record-certificate", &proof_by_hand(&here));
    }
    let issued = |cx: &mut Build<'_>, region, address, certificate: &Asked| -> Text {
        let props = IssuedProps { certificate: certificate.early(), domain: domain.to_owned() };
        let issued: Ref<issued::Issued> = cx.graph.add_in(region, at(address), &props);
        if let Some(proof) = &proof {
            cx.graph.after(&issued, &proof.early());
        }
        issued.text()
    };
    let first = issued(cx, None, "certificate.issued", &here);
    let second = there.map(|it| issued(cx, Some(OF_DISTRIBUTIONS), "certificate.cdn.issued", &it));
    Issued { cdn: cdn.then(|| second.unwrap_or_else(|| first.clone())), here: first }
}

fn add_proof(cx: &mut Build<'_>, certificate: &Asked, zone: &Ref<HostedZone>) -> Ref<Record> {
    let props = RecordProps {
        zone: zone.early(),
        name: certificate.attr("record_name").into(),
        record_type: "CNAME".to_owned(),
        value: Some(certificate.attr("record_value").into()),
        ttl: Some(TTL),
        alias: None,
        alias_zone: None,
        evaluate_health: None,
    };
    cx.graph.add(at("certificate.record"), props)
}

/// Returns the line that a person writes into a zone elsewhere.
fn proof_by_hand(certificate: &Asked) -> Text {
    Text::concat([certificate.attr("record_name"), " CNAME ".into(), certificate.attr("record_value")])
}

/// Nothing is made, but the certificates are looked at: they must be issued, and for the domain.
fn add_existing(cx: &mut Build<'_>, domain: &str, existing: &Existing, cdn: bool) -> Issued {
    let Existing { here, cdn: other } = existing;
    let props = |arn: &str| IssuedProps { certificate: Ref::known(arn), domain: domain.to_owned() };
    let first: Ref<issued::Issued> = cx.graph.add(at("certificate.issued"), props(here));
    let first = first.text();
    let second = other.as_ref().filter(|_| cdn).map(|other| {
        let address = at("certificate.cdn.issued");
        let second: Ref<issued::Issued> = cx.graph.add_in(Some(OF_DISTRIBUTIONS), address, &props(other));
        second.text()
    });
    Issued { cdn: cdn.then(|| second.unwrap_or_else(|| first.clone())), here: first }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;
    use crate::graph::Graph;
    use crate::kind::values::Tags;
    use crate::topology::{self, Facts, Topology, database, network::Visitors};

    const HERE: &str = "arn:aws:acm:eu-west-1:123456789012:certificate/0123";
    const THERE: &str = "arn:aws:acm:us-east-1:123456789012:certificate/4567";

    /// Returns the resources with regions and needs, and what the tier offers.
    fn tier(region: &str, block: &str, cdn: bool) -> String {
        let spec = format!(
            "moodle \"campus\" {{ region \"{region}\"; site {{ domain \"moodle.example.edu\" zone=\"example.edu\" }}; \
             certificate {{ {block} }} }}"
        );
        let topology = topology::read(spec.as_bytes(), "x.kdl").0.unwrap();
        let facts = Facts::offline(&topology);
        let Topology { name, site, certificate, .. } = &topology;
        let mut cx = Build {
            graph: Graph::default(),
            facts: &facts,
            stack: name,
            tags: Tags::default(),
            engine: database::Engine::Postgresql,
            visitors: Visitors::Nobody,
        };
        let zone = Ref::known("Z1");
        let issued = certificate.as_ref().unwrap().add_to(&mut cx, site.as_ref(), Some(&zone), cdn);
        let mut text = String::new();
        for node in cx.graph.nodes() {
            let needs: Vec<String> =
                cx.graph.needs(&node.address).iter().map(|(at, until)| format!("{at} {until:?}")).collect();
            writeln!(text, "{} {} <- {}", node.address, node.region.as_deref().unwrap_or("here"), needs.join(", "))
                .unwrap();
        }
        let Issued { here, cdn } = issued;
        writeln!(text, "here {here:?}\ncdn {cdn:?}").unwrap();
        text
    }

    #[test]
    fn a_distribution_has_a_certificate_of_its_own() {
        insta::assert_snapshot!(tier("eu-west-1", "", true), @r#"
        certificate.request here <- 
        certificate.cdn.request us-east-1 <- 
        certificate.record here <- certificate.request Ready
        certificate.issued here <- certificate.record Ready, certificate.request Created
        certificate.cdn.issued us-east-1 <- certificate.cdn.request Created, certificate.record Ready
        here [Of(Source { of: certificate.issued, attr: "arn", until: Ready })]
        cdn Some([Of(Source { of: certificate.cdn.issued, attr: "arn", until: Ready })])
        "#);
    }

    #[test]
    fn in_the_region_of_distributions_one_serves_both() {
        insta::assert_snapshot!(tier("us-east-1", "", true), @r#"
        certificate.request here <- 
        certificate.record here <- certificate.request Ready
        certificate.issued here <- certificate.record Ready, certificate.request Created
        here [Of(Source { of: certificate.issued, attr: "arn", until: Ready })]
        cdn Some([Of(Source { of: certificate.issued, attr: "arn", until: Ready })])
        "#);
    }

    #[test]
    fn existing_ones_are_looked_at() {
        let both = format!("existing \"{HERE}\" cdn=\"{THERE}\"");
        insta::assert_snapshot!(tier("eu-west-1", &both, true), @r#"
        certificate.issued here <- 
        certificate.cdn.issued us-east-1 <- 
        here [Of(Source { of: certificate.issued, attr: "arn", until: Ready })]
        cdn Some([Of(Source { of: certificate.cdn.issued, attr: "arn", until: Ready })])
        "#);
        insta::assert_snapshot!(tier("eu-west-1", &both, false), @r#"
        certificate.issued here <- 
        here [Of(Source { of: certificate.issued, attr: "arn", until: Ready })]
        cdn None
        "#);
        insta::assert_snapshot!(tier("us-east-1", &format!("existing \"{THERE}\""), true), @r#"
        certificate.issued here <- 
        here [Of(Source { of: certificate.issued, attr: "arn", until: Ready })]
        cdn Some([Of(Source { of: certificate.issued, attr: "arn", until: Ready })])
        "#);
    }
}
