//! The tiers `web` and `bastion`: the resources that they become, what is said about their faults, and the spec that says
//! all of it.

use std::fmt::Write as _;

use moodle_infra::graph::Graph;
use moodle_infra::kind::{Address, Milestone};
use moodle_infra::spec::format;
use moodle_infra::topology::{self, Facts, Topology, effective};

use super::faults::faults;

/// Returns the faults of what stands in the block of `web`.
fn within(block: &str) -> String {
    faults(&format!("moodle \"a\" {{\nregion \"eu-west-1\"; network\nweb {{\n{block}\n}}\n}}"))
}

/// Returns the faults of what stands in the block of `bastion`.
fn of_bastion(block: &str) -> String {
    faults(&format!("moodle \"a\" {{\nregion \"eu-west-1\"; network\nbastion {{\n{block}\n}}\n}}"))
}

fn topology_of(tiers: &str) -> Topology {
    let spec = format!("moodle \"campus\" {{ region \"eu-west-1\"; {tiers} }}");
    let (topology, faults) = topology::read(spec.as_bytes(), "x.kdl");
    assert!(faults.is_empty(), "{faults:?}");
    topology.expect("a spec without faults is a topology")
}

fn graph(tiers: &str) -> Graph {
    let topology = topology_of(tiers);
    topology.graph(&Facts::offline(&topology))
}

/// Returns the resources of a tier and what each waits for.
fn needs(graph: &Graph, tier: &str) -> String {
    let mut text = String::new();
    for node in graph.nodes().filter(|it| it.address.tier() == tier) {
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
    let ours = |name: &str| ["web", "shell", "bastion"].iter().any(|it| name.starts_with(it));
    let lines = graph.outputs.iter().filter(|(name, _)| ours(name)).map(|(name, value)| format!("{name} {value}\n"));
    lines.collect()
}

#[test]
fn an_empty_web_tier_is_a_working_tier() {
    let graph = graph("network { zones 2; nat \"single\" }; web");
    insta::assert_snapshot!(needs(&graph, "web"), @"");
    insta::assert_snapshot!(props(&graph, "web.template"), @"");
    insta::assert_snapshot!(props(&graph, "web.group"), @"");
    insta::assert_snapshot!(props(&graph, "web.capacity"), @"");
    insta::assert_snapshot!(props(&graph, "web.refresh"), @"");
    insta::assert_snapshot!(props(&graph, "web.policy.in"), @"");
    insta::assert_snapshot!(props(&graph, "web.alarm.scale-out"), @"");
    insta::assert_snapshot!(outputs(&graph), @"");
}

#[test]
fn servers_may_do_what_the_other_tiers_need_and_no_more() {
    let alone = graph("network { zones 2; nat \"none\" }; web");
    insta::assert_snapshot!(props(&alone, "web.role-policy"), @"");
    let database = "database { existing host=\"db.example.edu\" name=\"moodle\" \
        secret=\"arn:aws:secretsmanager:eu-west-1:123456789012:secret:moodle-AbCdEf\" }";
    let graph = graph(&format!("network {{ zones 2; nat \"none\" }}; {database}; files; web"));
    insta::assert_snapshot!(props(&graph, "web.role-policy"), @"");
    assert!(needs(&graph, "web").contains("files.mount-target[\"eu-west-1b\"] ready"));
}

#[test]
fn a_target_takes_the_place_of_steps() {
    let graph = graph("network { zones 2; nat \"none\" }; web { target-tracking cpu=60 }");
    let resources = needs(&graph, "web");
    assert!(resources.contains("web.policy.cpu <- web.group"), "{resources}");
    assert!(!resources.contains("web.alarm"), "{resources}");
    insta::assert_snapshot!(props(&graph, "web.policy.cpu"), @"");
}

#[test]
fn parameters_say_what_the_site_is_made_of() {
    let graph =
        graph("network { zones 2; nat \"none\" }; database; files; cache \"session\"; web { parameters #true }");
    let parameters = |line: &&str| line.contains("web.parameter");
    let resources = needs(&graph, "web");
    insta::assert_snapshot!(resources.lines().filter(parameters).collect::<Vec<_>>().join("\n"), @"");
    insta::assert_snapshot!(props(&graph, "web.parameter[\"database/endpoint\"]"), @"");
}

#[test]
fn servers_of_an_existing_network_stand_in_its_subnets() {
    let network = "network { existing vpc=\"vpc-12345678\" { app \"subnet-11111111\" \"subnet-22222222\" } }";
    let graph = graph(&format!("{network}; web"));
    assert!(props(&graph, "web.group").contains("\"subnets\":[\"subnet-11111111\",\"subnet-22222222\"]"));
}

#[test]
fn a_bastion_that_is_off_has_no_servers() {
    let graph = graph("network { zones 2; nat \"none\" }; bastion");
    insta::assert_snapshot!(needs(&graph, "bastion"), @"");
    insta::assert_snapshot!(outputs(&graph), @"");
}

#[test]
fn a_bastion_that_is_on_has_one() {
    let network = "network { zones 2; nat \"none\" }";
    let on = graph(&format!("{network}; bastion {{ scale 1; ssh-from \"203.0.113.0/24\"; key-pair \"ops\" }}"));
    let off = graph(&format!("{network}; bastion {{ ssh-from \"203.0.113.0/24\"; key-pair \"ops\" }}"));
    let addresses = |graph: &Graph| graph.nodes().map(|it| it.address.to_string()).collect::<Vec<_>>();
    let (on_addresses, off_addresses) = (addresses(&on), addresses(&off));
    let more: Vec<_> = on_addresses.iter().filter(|it| !off_addresses.contains(it)).cloned().collect();
    assert_eq!(more, ["bastion.capacity", "bastion.refresh"]);
    insta::assert_snapshot!(props(&on, "bastion.template"), @"");
    insta::assert_snapshot!(props(&on, "bastion.rule.ssh"), @"");
}

#[test]
fn the_effective_spec_reads_back_as_the_same_topology() {
    let all = "web { instances \"m7i.large\"; image \"ami-0123456789abcdef0\"; volume gib=20; scale min=0 max=1; \
        target-tracking cpu=50; health grace-seconds=120; refresh min-healthy-percent=50; key-pair \"my \\\"key\\\"\"; \
        opcache memory-mib=256 files=20000 revalidate-seconds=60; php memory-limit-mib=1024 max-input-vars=10000; \
        logs retain-days=30; parameters #true }; \
        bastion { instances \"t3.micro\"; scale 1; ssh-from \"198.51.100.7/32\"; key-pair \"ops\" }";
    for tiers in ["network; web; bastion", &format!("network; {all}")] {
        let topology = topology_of(tiers);
        let written = effective(&topology);
        let (again, faults) = topology::read(written.as_bytes(), "effective.kdl");
        assert!(faults.is_empty(), "{written}\n{faults:?}");
        assert_eq!(again.as_ref(), Some(&topology), "{written}");
        assert_eq!(format::format(&written).unwrap(), written);
    }
    let written = effective(&topology_of("network; web; bastion"));
    let from = written.find("    web {").expect("the tier is written");
    insta::assert_snapshot!(&written[from..], @"");
}

#[test]
fn tiers_without_a_place() {
    insta::assert_snapshot!(faults("moodle \"a\" {\nweb\nbastion\n}"), @"");
    let existing = "network { existing vpc=\"vpc-12345678\" { data \"subnet-11111111\" } }";
    insta::assert_snapshot!(faults(&format!("moodle \"a\" {{\n{existing}\nweb\nbastion\n}}")), @"");
}

#[test]
fn instances_images_and_keys() {
    insta::assert_snapshot!(within("instances \"large\""), @"");
    insta::assert_snapshot!(within("instances \"db.r6g.large\""), @"");
    insta::assert_snapshot!(within("instances \"mac2.metal\""), @"");
    insta::assert_snapshot!(within("instances 4"), @"");
    insta::assert_snapshot!(within("image \"ubuntu\""), @"");
    insta::assert_snapshot!(within("volume gib=4"), @"");
    insta::assert_snapshot!(within("volume 10"), @"");
    insta::assert_snapshot!(within("key-pair \"\""), @"");
}

#[test]
fn numbers_of_servers() {
    insta::assert_snapshot!(within("scale min=11 max=31"), @"");
    insta::assert_snapshot!(within("scale min=5 max=4"), @"");
    assert_eq!(within("scale max=1"), "");
    insta::assert_snapshot!(within("scale-out cpu=20"), @"");
    insta::assert_snapshot!(within("scale-in cpu=25 minutes=0 cooldown-seconds=-1"), @"");
    insta::assert_snapshot!(within("target-tracking"), @"");
    insta::assert_snapshot!(within("target-tracking cpu=60\nscale-in cpu=10"), @"");
    insta::assert_snapshot!(within("refresh min-healthy-percent=101; health grace-seconds=9000"), @"");
}

#[test]
fn settings_of_php_and_logs() {
    insta::assert_snapshot!(within("opcache memory-mib=1 files=10 revalidate-seconds=#true"), @"");
    insta::assert_snapshot!(within("php memory-limit-mib=64 max-input-vars=1000"), @"");
    insta::assert_snapshot!(within("logs retain-days=8"), @"");
    insta::assert_snapshot!(within("parameters \"yes\"; instnces \"c7g.large\""), @"");
}

#[test]
fn bastions() {
    insta::assert_snapshot!(of_bastion("scale 2"), @"");
    insta::assert_snapshot!(of_bastion("ssh-from \"0.0.0.0/0\"; key-pair \"ops\""), @"");
    insta::assert_snapshot!(of_bastion("ssh-from \"203.0.113.7\"; key-pair \"ops\""), @"");
    insta::assert_snapshot!(of_bastion("ssh-from \"203.0.113.7/24\"; key-pair \"ops\""), @"");
    insta::assert_snapshot!(of_bastion("ssh-from \"::/0\"; key-pair \"ops\""), @"");
    insta::assert_snapshot!(of_bastion("ssh-from \"203.0.113.0/24\""), @"");
    insta::assert_snapshot!(of_bastion("image \"al2023\""), @"");
}
