//! The cases of the tiers `certificate` and `dns`, and what the emulators do otherwise.

use moodle_infra::graph::Graph;
use moodle_infra::kind::Ref;
use moodle_infra::kind::values::Tags;
use moodle_infra::kinds::acm::certificate::{Certificate, CertificateProps};
use moodle_infra::kinds::acm::issued::{Issued, IssuedProps};
use moodle_infra::kinds::route53::hosted_zone::{HostedZone, HostedZoneProps};
use moodle_infra::kinds::route53::record::{Record, RecordProps};

use super::cases::{Build, Case, at, case, tags};
use super::defects::Defect;
use super::life::Check;
use crate::support::emulator::Emulator;

/// The cases of the tiers.
pub(super) const CASES: &[Case] = &[
    Case { name: "certificate", build: certificate },
    Case { name: "issued", build: issued },
    Case { name: "hosted_zone", build: hosted_zone },
    Case { name: "record with a value", build: record_with_value },
    Case { name: "record renamed", build: record_renamed },
    Case { name: "record of an alias", build: record_of_alias },
];

/// What the emulators do otherwise than AWS.
pub(super) const DEFECTS: &[Defect] = &[Defect {
    emulator: Emulator::Moto,
    case: "record renamed",
    check: Check::Runs,
    saying: "Tried to create resource record set [name='moodle.example.edu.', type='CNAME'] but it already exists",
    reason: "a record that is gone can be made again",
}];

fn certificate_props(domain: &str) -> CertificateProps {
    CertificateProps { domain: domain.to_owned(), tags: tags("first") }
}

fn certificate() -> Build {
    let mut graph = Graph::default();
    // One of somebody else for the same domain.
    graph.add::<Certificate>(at("stranger"), certificate_props("moodle.example.edu"));
    let change = |it: &mut CertificateProps| it.tags = Tags([("owner".to_owned(), "second".to_owned())].into());
    case::<Certificate>(graph, certificate_props("moodle.example.edu"), change, |it| {
        "campus.example.edu".clone_into(&mut it.domain);
    })
}

fn issued() -> Build {
    let mut graph = Graph::default();
    let certificate = graph.add(at("certificate"), certificate_props("moodle.example.edu"));
    let other = graph.add(at("certificate.other"), certificate_props("moodle.example.edu"));
    case::<Issued>(
        graph,
        IssuedProps { certificate, domain: "moodle.example.edu".to_owned() },
        |_| (),
        |it| it.certificate = other,
    )
}

fn zone_props(name: &str) -> HostedZoneProps {
    HostedZoneProps { name: name.into(), comment: "It & others".to_owned(), tags: tags("first") }
}

fn add_zone(graph: &mut Graph, name: &str) -> Ref<HostedZone> {
    graph.add(at(name), zone_props("example.edu"))
}

fn hosted_zone() -> Build {
    let mut graph = Graph::default();
    // One of somebody else with the same name.
    add_zone(&mut graph, "stranger");
    let change = |it: &mut HostedZoneProps| {
        "It alone".clone_into(&mut it.comment);
        // More than one call takes.
        it.tags = Tags((0..15).map(|number| (format!("tag-{number}"), number.to_string())).collect());
    };
    case::<HostedZone>(graph, zone_props("example.edu"), change, |it| it.name = "example.org".into())
}

fn record_props(zone: Ref<HostedZone>, name: &str) -> RecordProps {
    RecordProps {
        zone,
        name: name.into(),
        record_type: "CNAME".to_owned(),
        value: Some("_One.acm-validations.aws.".into()),
        ttl: Some(300),
        alias: None,
        alias_zone: None,
        evaluate_health: None,
    }
}

fn record_with_value() -> Build {
    let mut graph = Graph::default();
    let (zone, other) = (add_zone(&mut graph, "zone"), add_zone(&mut graph, "zone.other"));
    let before = record_props(zone, "_it.moodle.example.edu");
    let change = |it: &mut RecordProps| (it.value, it.ttl) = (Some("_two.acm-validations.aws".into()), Some(60));
    case::<Record>(graph, before, change, |it| it.zone = other)
}

fn record_renamed() -> Build {
    let mut graph = Graph::default();
    let zone = add_zone(&mut graph, "zone");
    // Others before it, after it, and with its name as their end.
    for name in ["a.example.edu", "z.example.edu", "x.moodle.example.edu"] {
        graph.add::<Record>(at(&name.replace('.', "-")), record_props(zone.clone(), name));
    }
    let before = record_props(zone, "moodle.example.edu");
    case::<Record>(graph, before, |it| it.name = "*.campus.example.edu".into(), |_| ())
}

fn record_of_alias() -> Build {
    let mut graph = Graph::default();
    let (zone, other) = (add_zone(&mut graph, "zone"), add_zone(&mut graph, "zone.other"));
    let before = RecordProps {
        record_type: "AAAA".to_owned(),
        value: None,
        ttl: None,
        alias: Some("d111111abcdef8.cloudfront.net".into()),
        alias_zone: Some("Z2FDTNDATAQYW2".into()),
        evaluate_health: Some(false),
        ..record_props(zone, "moodle.example.edu")
    };
    // The same name in the other protocol.
    graph.add::<Record>(at("other"), RecordProps { record_type: "A".to_owned(), ..before.clone() });
    let change = |it: &mut RecordProps| {
        it.alias = Some("campus-1.eu-west-1.elb.amazonaws.com".into());
        it.alias_zone = Some("Z32O12XQLNTSW2".into());
        it.evaluate_health = Some(true);
    };
    case::<Record>(graph, before, change, |it| it.zone = other)
}
