//! What specs cost: every class that a size or a spec names has a price, and one estimate is shown in full.

use moodle_infra::cost::{Estimate, Item, estimate};
use moodle_infra::report;
use moodle_infra::report::style::Style;
use moodle_infra::topology::{self, Facts};

fn priced(text: &str) -> Estimate {
    let (topology, faults) = topology::read(text.as_bytes(), "spec.kdl");
    let topology = topology.unwrap_or_else(|| panic!("{faults:?}\n{text}"));
    estimate(&Item::all(&topology.graph(&Facts::offline(&topology))))
}

fn whole(size: &str, more: &str) -> String {
    format!(
        "moodle \"campus\" {{\n size \"{size}\"\n network\n load-balancer\n database\n files {{ {more} }}\n cache \"session\"\n \
         cache \"application\"\n web\n bastion {{ scale 1 }}\n}}"
    )
}

#[test]
fn every_spec_and_every_size_has_all_its_prices() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("specs");
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let found = priced(&std::fs::read_to_string(&path).unwrap());
        assert_eq!(found.unpriced, [], "{}", path.display());
    }
    let mut last = 0.0;
    for size in ["small", "standard", "large"] {
        let found = priced(&whole(size, ""));
        assert!(found.unpriced.is_empty() && last < found.monthly, "{size}: {found:?}");
        last = found.monthly;
    }
}

#[test]
fn what_has_no_price_is_named_and_not_counted() {
    let known = priced(&whole("small", ""));
    let text = whole("small", "").replace("web\n", "web { instances \"g5.xlarge\"; scale min=2 max=4 }\n");
    let found = priced(&text);
    let [unpriced] = found.unpriced.as_slice() else { panic!("{:?}", found.unpriced) };
    assert_eq!((unpriced.tier.as_str(), unpriced.what.as_str()), ("web", "g5.xlarge"));
    assert!((unpriced.count - 2.0).abs() < 0.001, "{unpriced:?}");
    assert!(found.monthly < known.monthly);
    let shown = report::cost::text(&found, None, Style { colour: false });
    assert!(shown.contains("not priced: web: 2 × g5.xlarge\n"), "{shown}");
    assert!(report::cost::change(&Estimate::default(), &found).contains("and not everything has a price here"));
}

#[test]
fn the_dearest_comes_first() {
    let found = priced(&whole("standard", ""));
    assert!(found.tiers.is_sorted_by(|one, other| one.monthly >= other.monthly));
    assert!(found.tiers.iter().all(|tier| tier.lines.is_sorted_by(|one, other| one.monthly >= other.monthly)));
    let sum: f64 = found.tiers.iter().flat_map(|tier| &tier.lines).map(|line| line.monthly).sum();
    assert!((sum - found.monthly).abs() < 0.001);
}

#[test]
fn throughput_is_held_against_the_other_ways() {
    let found = priced(&whole("small", "throughput \"provisioned\" mibps=100"));
    assert_eq!(
        found.advice,
        [
            "files: throughput \"provisioned\" mibps=100 costs 600.00 a month for 100 MiB/s. Elastic throughput is cheaper \
          as long as less than 20000 GB are read, or 10000 GB written, in a month."
        ]
    );
    let files = found.tiers.iter().find(|it| it.tier == "files").unwrap();
    assert!(files.lines.iter().any(|it| it.what == "MiB/s of throughput" && (it.monthly - 600.0).abs() < 0.001));
}

#[test]
fn everything_in_full() {
    let text = include_str!("../../../specs/everything.kdl");
    insta::assert_snapshot!(report::cost::text(&priced(text), Some("eu-west-1"), Style { colour: false }));
}
