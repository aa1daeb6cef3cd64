//! The tiers `certificate` and `dns`: the resources that they become, what is said about their faults, and the spec
//! that says all of it.

use std::fmt::Write as _;

use moodle_infra::graph::Graph;
use moodle_infra::kind::{Address, Milestone};
use moodle_infra::spec::format;
use moodle_infra::topology::{self, Facts, Question, Topology, effective};

use super::faults::faults;

const SITE: &str = "site { domain \"moodle.example.edu\" zone=\"example.edu\"; }";
const HERE: &str = "arn:aws:acm:eu-west-1:123456789012:certificate/0123";
const THERE: &str = "arn:aws:acm:us-east-1:123456789012:certificate/4567";

/// Returns the faults of what stands in the block of a stack.
fn within(block: &str) -> String {
    faults(&format!("moodle \"a\" {{\nregion \"eu-west-1\"\n{block}\n}}"))
}

fn topology_of(block: &str) -> Topology {
    let spec = format!("moodle \"campus\" {{ region \"eu-west-1\"; {block}; }}");
    let (topology, faults) = topology::read(spec.as_bytes(), "x.kdl");
    assert!(faults.is_empty(), "{faults:?}");
    topology.expect("a spec without faults is a topology")
}

fn graph(block: &str) -> Graph {
    let topology = topology_of(block);
    topology.graph(&Facts::offline(&topology))
}

/// Returns the resources and what each waits for.
fn needs(graph: &Graph) -> String {
    let mut text = String::new();
    for node in graph.nodes() {
        let needs = graph.needs(&node.address);
        let needs: Vec<String> = needs
            .iter()
            .map(|(address, until)| format!("{address}{}", if *until == Milestone::Ready { " ready" } else { "" }))
            .collect();
        writeln!(text, "{} <- {}", node.address, needs.join(", ")).unwrap();
    }
    text
}

fn props(graph: &Graph, address: &str) -> String {
    let node = graph.get(&Address::parse(address).expect("an address")).unwrap_or_else(|| panic!("no {address}"));
    serde_json::to_string(&node.props).expect("JSON")
}

fn outputs(graph: &Graph) -> String {
    let lines: Vec<String> = graph.outputs.iter().map(|(name, value)| format!("{name} {value}")).collect();
    lines.join("\n")
}

#[test]
fn a_certificate_is_proven_in_the_zone_that_is_there() {
    let graph = graph(&format!("{SITE}; certificate"));
    insta::assert_snapshot!(needs(&graph), @r#"
    certificate.request <- 
    certificate.record <- certificate.request ready
    certificate.issued <- certificate.record ready, certificate.request
    "#);
    insta::assert_snapshot!(props(&graph, "certificate.request"), @r#"{"domain":"moodle.example.edu","tags":{"Name":"campus-certificate"}}"#);
    insta::assert_snapshot!(props(&graph, "certificate.record"), @r#"{"alias":null,"alias_zone":null,"evaluate_health":null,"name":{"$from":[{"attr":"record_name","of":"certificate.request","until":"ready"}]},"record_type":"CNAME","ttl":300,"value":{"$from":[{"attr":"record_value","of":"certificate.request","until":"ready"}]},"zone":"Z0000000000000"}"#);
    insta::assert_snapshot!(props(&graph, "certificate.issued"), @r#"{"certificate":{"$from":[{"attr":"arn","of":"certificate.request","until":"created"}]},"domain":"moodle.example.edu"}"#);
    insta::assert_snapshot!(outputs(&graph), @r#"
    certificate {"$from":[{"attr":"arn","of":"certificate.issued","until":"ready"}]}
    hosted-zone "Z0000000000000"
    "#);
}

#[test]
fn without_a_zone_a_person_makes_the_record() {
    let graph = graph("site { domain \"moodle.example.edu\"; }; certificate");
    insta::assert_snapshot!(needs(&graph), @r#"
    certificate.request <- 
    certificate.issued <- certificate.request
    "#);
    insta::assert_snapshot!(outputs(&graph), @r#"
    certificate {"$from":[{"attr":"arn","of":"certificate.issued","until":"ready"}]}
    create-record-certificate {"$from":[{"attr":"record_name","of":"certificate.request","until":"ready"}," CNAME ",{"attr":"record_value","of":"certificate.request","until":"ready"}]}
    "#);
}

#[test]
fn an_existing_certificate_is_only_looked_at() {
    let graph = graph(&format!("{SITE}; certificate {{ existing \"{HERE}\" cdn=\"{THERE}\"; }}"));
    insta::assert_snapshot!(needs(&graph), @"certificate.issued <-");
    insta::assert_snapshot!(props(&graph, "certificate.issued"), @r#"{"certificate":"arn:aws:acm:eu-west-1:123456789012:certificate/0123","domain":"moodle.example.edu"}"#);
    insta::assert_snapshot!(outputs(&graph), @r#"certificate {"$from":[{"attr":"arn","of":"certificate.issued","until":"ready"}]}"#);
}

#[test]
fn a_zone_can_be_made_before_there_is_anything_to_lead_to() {
    let graph = graph(&format!("{SITE}; certificate; dns {{ create-zone #true; }}"));
    insta::assert_snapshot!(needs(&graph), @r#"
    dns.zone <- 
    certificate.request <- 
    certificate.record <- certificate.request ready, dns.zone
    certificate.issued <- certificate.record ready, certificate.request
    "#);
    insta::assert_snapshot!(props(&graph, "dns.zone"), @r#"{"comment":"Made by moodle-infra for campus","name":"example.edu","tags":{"Name":"campus-zone"}}"#);
    insta::assert_snapshot!(outputs(&graph), @r#"
    certificate {"$from":[{"attr":"arn","of":"certificate.issued","until":"ready"}]}
    hosted-zone {"$from":[{"attr":"id","of":"dns.zone","until":"ready"}]}
    name-servers {"$from":[{"attr":"name_servers","of":"dns.zone","until":"ready"}]}
    "#);
}

#[test]
fn the_account_is_asked_for_a_zone_that_is_needed_and_not_made() {
    let zone = Question::HostedZone("example.edu".to_owned());
    let asked = |block: &str| topology_of(&format!("{SITE}; {block}")).questions();
    assert_eq!(asked("certificate"), [zone].into());
    for nothing in
        ["network", "certificate; dns { create-zone #true; }", &format!("certificate {{ existing \"{HERE}\"; }}")]
    {
        assert!(asked(nothing).is_empty(), "{nothing}");
    }
    assert!(topology_of("site { domain \"moodle.example.edu\"; }; certificate").questions().is_empty());
}

#[test]
fn the_effective_spec_says_everything_and_is_the_same_topology() {
    let mut all = String::new();
    for block in [
        "certificate".to_owned(),
        format!("certificate {{ existing \"{HERE}\" cdn=\"{THERE}\"; }}"),
        format!("certificate {{ existing \"{HERE}\"; }}; dns {{ alias #false; create-zone #true; }}"),
        "dns { create-zone #true; }".to_owned(),
    ] {
        let topology = topology_of(&format!("{SITE}; {block}"));
        let text = effective(&topology);
        let (again, faults) = topology::read(text.as_bytes(), "x.kdl");
        assert!(faults.is_empty(), "{faults:?}");
        assert_eq!(again, Some(topology));
        assert_eq!(format(&text).unwrap(), text);
        all.push_str(text.split_once("cron nodes=\"one\"\n    }\n").unwrap().1);
    }
    insta::assert_snapshot!(all, @r#"
        certificate
    }
        certificate {
            existing "arn:aws:acm:eu-west-1:123456789012:certificate/0123" cdn="arn:aws:acm:us-east-1:123456789012:certificate/4567"
        }
    }
        certificate {
            existing "arn:aws:acm:eu-west-1:123456789012:certificate/0123"
        }
        dns {
            alias #false
            create-zone #true
        }
    }
        dns {
            alias #true
            create-zone #true
        }
    }
    "#);
}

#[test]
fn certificates() {
    insta::assert_snapshot!(within("certificate"), @r#"x.kdl:3:1: error: Certificate without a domain: A certificate is for a domain, and the spec names none. Write site { domain "moodle.example.edu" zone="example.edu" }, or remove `certificate`. [certificate::domain]"#);
    insta::assert_snapshot!(within("site; certificate"), @r#"x.kdl:3:7: error: Certificate without a domain: A certificate is for a domain, and the spec names none. Write site { domain "moodle.example.edu" zone="example.edu" }, or remove `certificate`. [certificate::domain]"#);
    let long = format!("site {{ domain \"{}.example.edu\"; }}\ncertificate", "a".repeat(60));
    insta::assert_snapshot!(within(&long), @r#"x.kdl:4:1: error: Domain too long for a certificate: The domain has 72 characters, and ACM takes 64 in a certificate. Choose a shorter domain, or name a certificate that is there: certificate { existing "arn:…" } [certificate::domain-length]"#);
    let of = |existing: &str| within(&format!("{SITE}\ncertificate {{ existing {existing}; }}"));
    insta::assert_snapshot!(of(""), @r#"x.kdl:4:15: error: Missing value: `existing` needs a value. Write for example: existing "arn:aws:acm:eu-west-1:123456789012:certificate/01234567-89ab-cdef-0123-456789abcdef" [spec::missing-value]"#);
    insta::assert_snapshot!(of("\"arn:aws:iam::123456789012:server-certificate/x\""), @r#"x.kdl:4:24: error: Not the ARN of a certificate: `arn:aws:iam::123456789012:server-certificate/x` is not the ARN of a certificate of ACM. Write it like "arn:aws:acm:eu-west-1:123456789012:certificate/01234567-89ab-cdef-0123-456789abcdef". [certificate::arn]"#);
    insta::assert_snapshot!(of("\"arn:aws:acm:eu-west-1:1234:certificate/x\""), @r#"x.kdl:4:24: error: Not the ARN of a certificate: `arn:aws:acm:eu-west-1:1234:certificate/x` is not the ARN of a certificate of ACM. Write it like "arn:aws:acm:eu-west-1:123456789012:certificate/01234567-89ab-cdef-0123-456789abcdef". [certificate::arn]"#);
    insta::assert_snapshot!(of(&format!("\"{THERE}\"")), @"x.kdl:4:24: error: Certificate of another region: The certificate is in `us-east-1`, and the stack is in `eu-west-1`; a load balancer takes certificates of its own region. Name one of eu-west-1; one for a distribution stands behind `cdn=`. [certificate::region]");
    insta::assert_snapshot!(of(&format!("\"{HERE}\" cdn=\"{HERE}\"")), @"x.kdl:4:82: error: Certificate of another region: Distributions take certificates of us-east-1 only, and this one is in `eu-west-1`. Name one of us-east-1. [certificate::cdn]");
    // The site's own fault is enough.
    insta::assert_snapshot!(within("site { domain \"x\"; }\ncertificate"), @r#"x.kdl:3:15: error: Not a domain: `x` has no dot. Write a name such as "moodle.example.edu". [site::domain]"#);
}

#[test]
fn a_distribution_needs_a_certificate_of_its_region() {
    // What else a distribution needs is said besides.
    let with = |existing: &str| {
        let said = within(&format!("{SITE}; certificate {{ existing {existing}; }}\ncdn"));
        said.lines().filter(|it| it.contains("[certificate::")).collect::<String>()
    };
    insta::assert_snapshot!(with(&format!("\"{HERE}\"")), @r#"x.kdl:3:82: error: No certificate for the distribution: Distributions take certificates of us-east-1 only, and this one is in eu-west-1. Name a second one: existing "…" cdn="arn:aws:acm:us-east-1:…" [certificate::cdn]"#);
    assert_eq!(with(&format!("\"{HERE}\" cdn=\"{THERE}\"")), "");
}

#[test]
fn names() {
    insta::assert_snapshot!(within(&format!("{SITE}; dns")), @"x.kdl:3:59: error: Nothing to lead to: The spec has neither `load-balancer` nor `cdn`, so no record can lead anywhere. Write `load-balancer` too; or dns { create-zone #true } to make only the zone for now. [dns::target]");
    insta::assert_snapshot!(within("dns { create-zone #true; }"), @r#"x.kdl:3:1: error: DNS without a domain: A record is about a domain, and the spec names none. Write site { domain "moodle.example.edu" zone="example.edu" }, or remove `dns`. [dns::domain]"#);
    insta::assert_snapshot!(within("site { domain \"moodle.example.edu\"; }; dns { create-zone #true; }"), @r#"x.kdl:3:40: error: DNS without a zone: A record stands in a zone of Route 53, and the spec names none. Write domain "moodle.example.edu" zone="…" in `site`. Where the zone is not in Route 53, remove `dns`: an apply then says which record to make. [dns::zone]"#);
    insta::assert_snapshot!(within("site { domain \"example.edu\" zone=\"example.edu\"; }; dns { alias #false; create-zone #true; }"), @"x.kdl:3:58: error: CNAME for a zone: The domain is the zone's own name, and DNS allows no CNAME there. Remove `alias`, or choose a domain in the zone. [dns::apex]");
    insta::assert_snapshot!(within(&format!("{SITE}; dns {{ alias \"no\"; create-zone 1; }}")), @r#"
    x.kdl:3:71: error: Wrong type of value: `alias` is a text, and must be a switch. Write `#true` or `#false`. [spec::wrong-type]
    x.kdl:3:89: error: Wrong type of value: `create-zone` is a number, and must be a switch. Write `#true` or `#false`. [spec::wrong-type]
    "#);
    insta::assert_snapshot!(within(&format!("{SITE}; dns {{ create-zone; ttl 5; }}")), @r#"
    x.kdl:3:65: error: Missing value: `create-zone` needs a value. Write for example: create-zone #true [spec::missing-value]
    x.kdl:3:78: error: Unknown node: `dns` has no node `ttl` in its block. Known here: alias, create-zone. [spec::unknown-node]
    "#);
}
