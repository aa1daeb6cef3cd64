//! The graphs of the specs that users see, and of edits of them.

use std::sync::OnceLock;

use moodle_infra::graph::Graph;

use super::network::from_spec;
use crate::support::sim::dice::Dice;

const EVERYTHING: &str = include_str!("../../../specs/everything.kdl");

/// Specs with a part of the tiers each.
const PARTS: [&str; 7] = [
    include_str!("../../../specs/cache.kdl"),
    include_str!("../../../specs/database.kdl"),
    include_str!("../../../specs/files.kdl"),
    include_str!("../../../specs/load-balancer.kdl"),
    include_str!("../../../specs/network-small.kdl"),
    include_str!("../../../specs/watch.kdl"),
    include_str!("../../../specs/web.kdl"),
];

/// What people change: what stands there, and what they write instead.
const EDITS: &[(&str, &str)] = &[
    ("owner=\"it-services\"", "owner=\"library\""),
    ("retain-days=7", "retain-days=30"),
    ("zones 3", "zones 2"),
    ("nat \"per-zone\"", "nat \"single\""),
    ("idle-timeout-seconds 60", "idle-timeout-seconds 120"),
    ("only-from-cdn #true", "only-from-cdn #false"),
    ("waf #true", "waf #false"),
    ("\"db.r6g.large\" count=2", "\"db.r6g.xlarge\" count=2"),
    ("\"db.r6g.large\" count=2", "\"db.r6g.large\" count=3"),
    ("nodes \"cache.t4g.medium\" count=3", "nodes \"cache.t4g.medium\" count=2"),
    ("serverless max-gib=10", "serverless max-gib=20"),
    ("scale min=2 max=10", "scale min=2 max=12"),
    ("cpu=75", "cpu=70"),
    ("memory-mib=512", "memory-mib=768"),
    ("static-cache #true", "static-cache #false"),
    ("instances \"t4g.nano\"", "instances \"t4g.micro\""),
    ("dashboard #true", "dashboard #false"),
    ("alarms #true", "alarms #false"),
    ("release \"5.3.0\"", "release \"5.3.1\""),
    ("domain \"moodle.example.edu\"", "domain \"learn.example.edu\""),
    ("10.0.0.0/16", "10.1.0.0/16"),
];

/// Returns the graph of the spec with everything, and of random edits of it.
pub(super) fn everything() -> &'static [Graph] {
    static ALL: OnceLock<Vec<Graph>> = OnceLock::new();
    ALL.get_or_init(|| edited(EVERYTHING, 16))
}

/// Returns the graphs of specs with some of the tiers: of each, and of edits of it.
pub(super) fn parts() -> &'static [Graph] {
    static ALL: OnceLock<Vec<Graph>> = OnceLock::new();
    ALL.get_or_init(|| PARTS.iter().flat_map(|text| edited(text, 3)).collect())
}

fn edited(text: &str, times: u64) -> Vec<Graph> {
    let mut all = vec![from_spec(text.as_bytes())];
    for seed in 0..times {
        let mut dice = Dice::of(seed);
        let mut text = text.to_owned();
        for (from, to) in EDITS {
            // Another network is another everything: seldom.
            if dice.chance(if from.contains('/') { 0.05 } else { 0.3 }) {
                text = text.replace(from, to);
            }
        }
        all.push(from_spec(text.as_bytes()));
    }
    all
}
