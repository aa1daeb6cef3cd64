//! The database tier: what it becomes, and what is said about its faults.

use std::fmt::Write as _;

use moodle_infra::graph::Graph;
use moodle_infra::kind::{Address, Milestone};
use moodle_infra::topology::{self, Facts, Topology, effective};

use super::faults::faults;

const NETWORK: &str = "network { zones 2; nat \"none\"; flow-logs #false }";

/// Returns the faults of what stands in the block of `database`.
fn within(block: &str) -> String {
    faults(&format!("moodle \"a\" {{\nregion \"eu-west-1\"; {NETWORK}\ndatabase {{\n{block}\n}}\n}}"))
}

fn topology_of(spec: &str) -> Topology {
    let (topology, faults) = topology::read(spec.as_bytes(), "x.kdl");
    assert!(faults.is_empty(), "{faults:?}");
    topology.expect("a spec without faults is a topology")
}

fn database(block: &str) -> Topology {
    topology_of(&format!("moodle \"campus\" {{ region \"eu-west-1\"; {NETWORK}; database {{ {block} }} }}"))
}

fn graph(topology: &Topology) -> Graph {
    topology.graph(&Facts::offline(topology))
}

fn props(graph: &Graph, address: &str) -> String {
    let node = graph.get(&Address::parse(address).expect("an address")).unwrap_or_else(|| panic!("no {address}"));
    serde_json::to_string(&node.props).expect("JSON")
}

#[test]
fn the_resources_and_what_each_waits_for() {
    let graph = graph(&database("instances \"db.r6g.large\" count=3"));
    let mut text = String::new();
    for node in graph.nodes().filter(|it| it.address.as_str().starts_with("database.")) {
        let needs = graph.needs(&node.address);
        let ready = |until: Milestone| if until == Milestone::Ready { " ready" } else { "" };
        let needs: Vec<String> = needs.iter().map(|(address, until)| format!("{address}{}", ready(*until))).collect();
        writeln!(text, "{} <- {}", node.address, needs.join(", ")).unwrap();
    }
    insta::assert_snapshot!(text, @"");
}

#[test]
fn properties_are_safe_by_default() {
    let graph = graph(&database(""));
    insta::assert_snapshot!(props(&graph, "database.parameter-group"), @"");
    insta::assert_snapshot!(props(&graph, "database.cluster"), @"");
    insta::assert_snapshot!(props(&graph, "database.instance[\"2\"]"), @"");
}

#[test]
fn mysql_has_its_own_settings_and_port() {
    let graph = graph(&database("engine \"aurora-mysql\"; serverless min=1 max=8.5 count=1"));
    insta::assert_snapshot!(props(&graph, "database.parameter-group"), @"");
    let cluster = props(&graph, "database.cluster");
    assert!(cluster.contains("\"scaling\":{\"max\":8.5,\"min\":1.0}"), "{cluster}");
    assert!(props(&graph, "database.instance[\"1\"]").contains("\"class\":\"db.serverless\""));
    let rule = props(&graph, "network.rule.database.mysql");
    assert!(rule.contains("\"from_port\":3306") && rule.contains("MySQL from the web servers"), "{rule}");
    assert!(props(&graph, "network.rule.web.to-database").contains("\"to_port\":3306"));
}

#[test]
fn a_restored_database_has_the_names_of_its_snapshot() {
    let graph = graph(&database("restore snapshot=\"campus-database-0123abcd-final\""));
    let cluster = props(&graph, "database.cluster");
    assert!(cluster.contains("\"database\":null") && cluster.contains("\"username\":null"), "{cluster}");
    assert!(cluster.contains("\"snapshot\":\"campus-database-0123abcd-final\""), "{cluster}");
}

#[test]
fn an_existing_database_is_told_and_not_made() {
    let spec = "moodle \"campus\" { database { existing host=\"db.example.edu\" reader=\"ro.example.edu\" secret=\"arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-a1b2c3\" } }";
    let topology = topology_of(spec);
    let graph = graph(&topology);
    assert!(graph.is_empty());
    insta::assert_snapshot!(serde_json::to_string(&graph.outputs).unwrap(), @"");
    assert_eq!(topology_of(&effective(&topology)), topology);
}

#[test]
fn outputs_name_what_others_build_on() {
    let graph = graph(&database("instances \"db.t4g.medium\" count=1"));
    let outputs: Vec<String> = graph
        .outputs
        .iter()
        .filter(|(name, _)| name.starts_with("database-"))
        .map(|(name, value)| format!("{name} {value}"))
        .collect();
    insta::assert_snapshot!(outputs.join("\n"), @"");
}

#[test]
fn the_effective_spec_says_everything() {
    let text = effective(&topology_of("moodle \"campus\" { network; database }"));
    insta::assert_snapshot!(text.split_once("    database {").unwrap().1, @"");
}

#[test]
fn the_effective_spec_is_the_same_topology() {
    for block in [
        "",
        "engine \"aurora-mysql\"; serverless min=0.5 max=3.5 count=3; readers #false",
        "engine \"aurora-postgresql\" version=\"16.9\"; instances \"db.t4g.medium\"; name \"school\"; username \"teacher\"",
        "backup-days 1; key \"arn:aws:kms:eu-west-1:123456789012:key/0123\"; deletion-protection #false; restore snapshot=\"rds:a-2026\"",
    ] {
        let topology = database(block);
        let text = effective(&topology);
        assert_eq!(topology_of(&text), topology, "{block}");
        assert_eq!(moodle_infra::spec::format(&text).unwrap(), text, "{block}");
    }
}

#[test]
fn one_instance_more_only_adds() {
    let of = |count: usize| graph(&database(&format!("instances \"db.r6g.large\" count={count}")));
    let (before, after) = (of(2), of(3));
    for node in before.nodes() {
        assert_eq!(after.get(&node.address).map(|it| &it.props), Some(&node.props), "{}", node.address);
    }
    assert_eq!(after.len(), before.len() + 1);
}

#[test]
fn a_database_needs_a_network_of_two_zones() {
    insta::assert_snapshot!(faults("moodle \"a\" {\ndatabase\n}"), @"");
    insta::assert_snapshot!(faults("moodle \"a\" {\nnetwork { zones 1 }\ndatabase\n}"), @"");
    insta::assert_snapshot!(faults(         "moodle \"a\" {\nnetwork { existing vpc=\"vpc-12345678\" { data \"subnet-12345678\" } }\ndatabase\n}"     ), @"");
}

#[test]
fn engines() {
    insta::assert_snapshot!(within("engine \"mysql\""), @"");
    insta::assert_snapshot!(within("engine \"aurora-postgresql\" version=17.5"), @"");
    insta::assert_snapshot!(within("engine \"aurora-postgresql\" version=\"17\""), @"");
    insta::assert_snapshot!(within("engine \"aurora-mysql\" version=\"8.0\""), @"");
}

#[test]
fn servers() {
    insta::assert_snapshot!(within("instances"), @"");
    insta::assert_snapshot!(within("instances \"r6g.large\" count=0"), @"");
    insta::assert_snapshot!(within("instances \"db.m5.large\" count=17"), @"");
    insta::assert_snapshot!(within("instances \"db.serverless\""), @"");
    insta::assert_snapshot!(within("instances \"large\""), @"");
    insta::assert_snapshot!(within("instances \"db.r6g.large\"\nserverless"), @"");
    insta::assert_snapshot!(within("serverless min=0.25 max=300"), @"");
    insta::assert_snapshot!(within("serverless min=8 max=4"), @"");
    insta::assert_snapshot!(within("serverless min=\"1\""), @"");
}

#[test]
fn names() {
    insta::assert_snapshot!(within("name \"2nd\""), @"");
    insta::assert_snapshot!(within("name \"postgres\""), @"");
    insta::assert_snapshot!(within("username \"moodle_user\""), @"");
    insta::assert_snapshot!(within("username \"Admin\""), @"");
    insta::assert_snapshot!(within("username"), @"");
}

#[test]
fn the_rest() {
    insta::assert_snapshot!(within("backup-days 36; deletion-protection \"yes\"; readers 1"), @"");
    insta::assert_snapshot!(within("key \"alias/moodle\""), @"");
    insta::assert_snapshot!(within("key \"arn:aws:kms:eu-west-1:123456789012:alias/moodle\""), @"");
    insta::assert_snapshot!(within("key \"arn:aws:kms:us-east-1:123456789012:key/0123\""), @"");
    insta::assert_snapshot!(within("restore\nrestore-from \"x\""), @"");
    insta::assert_snapshot!(within("restore snapshot=\"my snapshot\""), @"");
    insta::assert_snapshot!(within("existing host=\"https://db.example.edu/\" name=\"moodle\"\nbackup-days 3"), @"");
}
