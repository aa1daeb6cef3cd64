//! A site that grows tier by tier: a tier more only adds, or changes in place what must know of it.

use moodle_infra::graph::{Graph, Node};
use moodle_infra::kind::Change;
use moodle_infra::kinds::registry;
use moodle_infra::topology::{self, Facts};

/// The tiers beside the network, in an order in which somebody may come to want them.
const TIERS: &[&str] = &[
    "load-balancer",
    "database",
    "files",
    "cache \"application\"",
    "web",
    "cache \"session\"",
    "bastion",
    "watch { email \"ops@example.edu\"; }",
    "site { domain \"moodle.example.edu\" zone=\"example.edu\"; }",
    "certificate",
    "dns",
    "cdn",
];

fn graph(tiers: &[&str]) -> Graph {
    let spec = format!("moodle \"campus\" {{ region \"eu-west-1\"; network; {} }}", tiers.join("; "));
    let (topology, faults) = topology::read(spec.as_bytes(), "x.kdl");
    let topology = topology.unwrap_or_else(|| panic!("{faults:?}\n{spec}"));
    topology.graph(&Facts::offline(&topology))
}

/// Returns the fields of a resource that only another resource can have otherwise.
fn replaced(before: &Node, after: &Node) -> Vec<&'static str> {
    let kinds = registry();
    let fields = kinds.get(after.kind).unwrap().meta().fields.iter();
    fields
        .filter(|it| it.change == Change::Replace && before.props[it.name] != after.props[it.name])
        .map(|it| it.name)
        .collect()
}

#[test]
fn a_tier_more_replaces_nothing() {
    let mut lines = Vec::new();
    for count in 1..=TIERS.len() {
        let (before, after) = (graph(&TIERS[..count - 1]), graph(&TIERS[..count]));
        assert!(before.len() < after.len() || TIERS[count - 1].starts_with("site"), "{}", TIERS[count - 1]);
        for old in before.nodes() {
            match after.get(&old.address) {
                None => lines.push(format!("{}: {} goes", TIERS[count - 1], old.address)),
                Some(new) => {
                    let fields = replaced(old, new);
                    if old.kind != new.kind || !fields.is_empty() {
                        lines.push(format!("{}: {} is replaced by {fields:?}", TIERS[count - 1], old.address));
                    }
                }
            }
        }
    }
    // What comes through the CDN alone does not come past it.
    insta::assert_snapshot!(lines.join("\n"), @r"
    cdn: network.rule.load-balancer.http goes
    cdn: network.rule.load-balancer.https goes
    ");
}
