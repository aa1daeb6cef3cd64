//! The `size` of a stack: which defaults it changes, and that what is written wins.

use moodle_infra::topology::{self, Size, Topology, effective};

use super::faults::faults;

fn topology_of(spec: &str) -> Topology {
    topology::read(spec.as_bytes(), "x.kdl").0.expect("a spec without errors is a topology")
}

fn within(block: &str) -> String {
    faults(&format!("moodle \"a\" {{\n{block}\n}}"))
}

#[test]
fn a_size_changes_defaults_and_nothing_that_is_written() {
    let spec = |size: &str, zones: &str, class: &str| {
        format!("moodle \"a\" {{ {size}\nnetwork {{ {zones} }}; database {{ {class} }}; cache \"session\" }}")
    };
    let of = |size: &str| effective(&topology_of(&spec(size, "", "")));
    assert_eq!(of(""), of("size \"standard\""));
    let small = of("size \"small\"");
    for line in
        ["zones 2", "nat \"single\"", "instances \"db.t4g.medium\" count=2", "nodes \"cache.t4g.small\" count=2"]
    {
        assert!(small.contains(line), "{line} is not in\n{small}");
    }
    let large = of("size \"large\"");
    for line in ["zones 3", "nat \"per-zone\"", "\"db.r7g.4xlarge\"", "nodes \"cache.r7g.large\" count=3"] {
        assert!(large.contains(line), "{line} is not in\n{large}");
    }
    let written = effective(&topology_of(&spec("size \"large\"", "zones 2", "instances \"db.r6g.large\" count=1")));
    assert!(written.contains("zones 2") && written.contains("\"db.r6g.large\" count=1"), "{written}");
    assert_eq!(effective(&topology_of(&small)), small);
    assert_eq!(topology_of(&small).size, Size::Small);
}

#[test]
fn sizes_that_are_none() {
    insta::assert_snapshot!(within("size \"huge\"\nsize"), @r#"
    x.kdl:2:6: error: Unknown value: The size is `huge`, and must be one of "small", "standard", "large". [spec::unknown-value]
    x.kdl:3:1: error: Written twice: `size` can stand here only once. Remove one of the two. [spec::duplicate] (2:1 the first one)
    "#);
    insta::assert_snapshot!(within("size"), @r#"x.kdl:2:1: error: Missing value: `size` needs a value. Write for example: size "standard" [spec::missing-value]"#);
}
