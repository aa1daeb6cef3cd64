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
    graph.outputs.iter().map(|(name, value)| format!("{name} {value}\n")).collect()
}

#[test]
fn a_certificate_is_proven_in_the_zone_that_is_there() {
    let graph = graph(&format!("{SITE}; certificate"));
    insta::assert_snapshot!(needs(&graph), @"");
    insta::assert_snapshot!(props(&graph, "certificate.request"), @"");
    insta::assert_snapshot!(props(&graph, "certificate.record"), @"");
    insta::assert_snapshot!(props(&graph, "certificate.issued"), @"");
    insta::assert_snapshot!(outputs(&graph), @"");
}

#[test]
fn without_a_zone_a_person_makes_the_record() {
    let graph = graph("site { domain \"moodle.example.edu\"; }; certificate");
    insta::assert_snapshot!(needs(&graph), @"");
    insta::assert_snapshot!(outputs(&graph), @"");
}

#[test]
fn an_existing_certificate_is_only_looked_at() {
    let graph = graph(&format!("{SITE}; certificate {{ existing \"{HERE}\" cdn=\"{THERE}\"; }}"));
    insta::assert_snapshot!(needs(&graph), @"");
    insta::assert_snapshot!(props(&graph, "certificate.issued"), @"");
    insta::assert_snapshot!(outputs(&graph), @"");
}

#[test]
fn a_zone_can_be_made_before_there_is_anything_to_lead_to() {
    let graph = graph(&format!("{SITE}; certificate; dns {{ create-zone #true; }}"));
    insta::assert_snapshot!(needs(&graph), @"");
    insta::assert_snapshot!(props(&graph, "dns.zone"), @"");
    insta::assert_snapshot!(outputs(&graph), @"");
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
    insta::assert_snapshot!(all, @"");
}

#[test]
fn certificates() {
    insta::assert_snapshot!(within("certificate"), @"");
    insta::assert_snapshot!(within("site; certificate"), @"");
    let long = format!("site {{ domain \"{}.example.edu\"; }}\ncertificate", "a".repeat(60));
    insta::assert_snapshot!(within(&long), @"");
    let of = |existing: &str| within(&format!("{SITE}\ncertificate {{ existing {existing}; }}"));
    insta::assert_snapshot!(of(""), @"");
    insta::assert_snapshot!(of("\"arn:aws:iam::123456789012:server-certificate/x\""), @"");
    insta::assert_snapshot!(of("\"arn:aws:acm:eu-west-1:1234:certificate/x\""), @"");
    insta::assert_snapshot!(of(&format!("\"{THERE}\"")), @"");
    insta::assert_snapshot!(of(&format!("\"{HERE}\" cdn=\"{HERE}\"")), @"");
    // The site's own fault is enough.
    insta::assert_snapshot!(within("site { domain \"x\"; }\ncertificate"), @"");
}

#[test]
fn a_distribution_needs_a_certificate_of_its_region() {
    // No distribution can be made yet, which is said besides.
    let with = |existing: &str| {
        let said = within(&format!("{SITE}; certificate {{ existing {existing}; }}\ncdn"));
        said.lines().filter(|it| !it.contains("not-available")).collect::<String>()
    };
    insta::assert_snapshot!(with(&format!("\"{HERE}\"")), @"");
    assert_eq!(with(&format!("\"{HERE}\" cdn=\"{THERE}\"")), "");
}

#[test]
fn names() {
    insta::assert_snapshot!(within(&format!("{SITE}; dns")), @"");
    insta::assert_snapshot!(within("dns { create-zone #true; }"), @"");
    insta::assert_snapshot!(within("site { domain \"moodle.example.edu\"; }; dns { create-zone #true; }"), @"");
    insta::assert_snapshot!(within("site { domain \"example.edu\" zone=\"example.edu\"; }; dns { alias #false; create-zone #true; }"), @"");
    insta::assert_snapshot!(within(&format!("{SITE}; dns {{ alias \"no\"; create-zone 1; }}")), @"");
    insta::assert_snapshot!(within(&format!("{SITE}; dns {{ create-zone; ttl 5; }}")), @"");
}
