//! Where the files that web servers boot come from: their user data, or a bucket of the stack.

use std::collections::BTreeSet;

use moodle_infra::graph::Graph;
use moodle_infra::kind::{Address, Milestone};
use moodle_infra::topology::{self, Facts};
use serde_json::Value;

const SITE: &str = include_str!("../../../specs/smallest.kdl");

/// Returns the graph of a site with so many plug-ins.
fn graph(plugins: u128) -> Graph {
    let plugins: Vec<String> = (0..plugins)
        .map(|at| {
            let url = format!("https://moodle.org/plugins/download.php/{at}7311/mod_plugin{at}x.zip");
            let sum = format!("{:032x}{:032x}", u128::MAX / (at + 3), u128::MAX / (at + 7));
            format!("plugin \"mod_plugin{at}x\" url=\"{url}\" sha256=\"{sum}\"\n")
        })
        .collect();
    let spec = SITE.replace("site {", &format!("site {{\n{}", plugins.concat()));
    let (topology, faults) = topology::read(spec.as_bytes(), "x.kdl");
    assert!(faults.is_empty(), "{faults:?}");
    let topology = topology.expect("a spec without faults is a topology");
    topology.graph(&Facts::offline(&topology))
}

fn addresses(graph: &Graph) -> BTreeSet<&str> {
    graph.nodes().map(|it| it.address.as_str()).filter(|it| it.starts_with("web.boot.")).collect()
}

fn props<'a>(graph: &'a Graph, address: &str) -> &'a Value {
    &graph.get(&Address::parse(address).unwrap()).unwrap_or_else(|| panic!("no {address}")).props
}

#[test]
fn a_usual_site_needs_no_bucket() {
    assert_eq!(addresses(&graph(0)), BTreeSet::new());
    assert_eq!(addresses(&graph(8)), BTreeSet::new());
}

#[test]
fn many_plug_ins_come_from_a_bucket() {
    let graph = graph(100);
    let added = [
        "web.boot.bucket",
        "web.boot.encryption",
        "web.boot.object",
        "web.boot.ownership",
        "web.boot.policy",
        "web.boot.public-access-block",
        "web.boot.role-policy",
    ];
    assert_eq!(addresses(&graph), BTreeSet::from(added));
    // The text is what its name says that it is, and servers run nothing else.
    let object = props(&graph, "web.boot.object");
    let sum = object["key"].as_str().unwrap().strip_prefix("boot/").unwrap().to_owned();
    assert!(object["text"].as_str().unwrap().contains("mod_plugin99x"));
    let user_data = props(&graph, "web.template")["user_data"].to_string();
    assert!(user_data.contains(&format!("sha256={sum}")), "{user_data}");
    assert!(user_data.len() < 4096, "{} bytes", user_data.len());
    insta::assert_snapshot!(props(&graph, "web.boot.role-policy")["policy"]["Statement"], @r#"[{"Action":["s3:GetObject"],"Effect":"Allow","Resource":[{"$from":[{"attr":"arn","of":"web.boot.bucket","until":"ready"},"/boot/*"]}],"Sid":"Boot"}]"#);
    let policy = &props(&graph, "web.boot.policy")["policy"]["Statement"][0];
    assert_eq!(policy["Effect"], "Deny");
    assert!(policy["Condition"]["Bool"].to_string().contains("aws:SecureTransport"), "{policy}");
}

#[test]
fn servers_come_after_what_they_fetch() {
    let graph = graph(100);
    let mut needs = BTreeSet::new();
    let mut open = vec![Address::parse("web.capacity").unwrap()];
    while let Some(address) = open.pop() {
        for (needed, _) in graph.needs(&address) {
            if needs.insert(needed.as_str().to_owned()) {
                open.push(needed.clone());
            }
        }
    }
    for address in addresses(&graph) {
        assert!(needs.contains(address), "{address}");
    }
    let template = graph.needs(&Address::parse("web.template").unwrap());
    assert!(template.iter().any(|(it, until)| it.as_str() == "web.boot.object" && *until == Milestone::Ready));
}

#[test]
fn other_plug_ins_are_another_object() {
    let [one, other] = [100, 101].map(graph);
    let key = |graph: &Graph| props(graph, "web.boot.object")["key"].clone();
    assert_ne!(key(&one), key(&other));
    assert_eq!(props(&one, "web.boot.role-policy"), props(&other, "web.boot.role-policy"), "IAM would need its time");
}
