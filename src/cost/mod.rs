//! What a stack costs: a month of all that stands there whether anybody comes or not, and the prices of what depends on
//! use.
//!
//! A list of resources goes in, a spec's or a state's, and an estimate comes out; nobody is asked. *Absent on purpose*:
//! discounts, free tiers, taxes, and guesses of traffic. What has no price here is named as such and never counted as
//! nothing.

pub mod prices;
mod rules;
pub mod throughput;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;

use crate::graph::Graph;
use crate::kind::Address;
use rules::{Part, USES, parts};
use throughput::Throughput;

/// A resource to price.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// Where it stands.
    pub address: Address,
    /// The name of its kind.
    pub kind: String,
    /// Its properties; references may be unresolved.
    pub props: Value,
    /// The addresses that it needs.
    pub needs: BTreeSet<Address>,
}

impl Item {
    /// Returns the resources of a graph.
    #[must_use]
    pub fn all(graph: &Graph) -> Vec<Item> {
        let item = |node: &crate::graph::Node| Item {
            address: node.address.clone(),
            kind: node.kind.to_owned(),
            props: node.props.clone(),
            needs: graph.needs(&node.address).into_keys().collect(),
        };
        graph.nodes().map(item).collect()
    }
}

/// The resources by address, to find what one needs.
struct Items<'a>(BTreeMap<&'a Address, &'a Item>);

impl<'a> Items<'a> {
    /// Returns the resource of a kind that another needs.
    fn needed(&self, user: &Item, kind: &str) -> Option<&'a Item> {
        user.needs.iter().filter_map(|address| self.0.get(address)).find(|it| it.kind == kind).copied()
    }
}

/// What a stack costs.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Estimate {
    /// USD a month, without what has no price here and what depends on use.
    pub monthly: f64,
    /// By tier, the dearest first.
    pub tiers: Vec<Tier>,
    /// What depends on use, and its price.
    pub per_use: Vec<Use>,
    /// What has no price here.
    pub unpriced: Vec<Unpriced>,
    /// Which way to a throughput is the cheapest.
    pub advice: Vec<String>,
}

/// What a tier costs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Tier {
    /// The tier.
    pub tier: String,
    /// USD a month.
    pub monthly: f64,
    /// Its parts, the dearest first.
    pub lines: Vec<Line>,
}

/// So many of one thing.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Line {
    /// What.
    pub what: String,
    /// How many.
    pub count: f64,
    /// USD a month for one.
    pub each: f64,
    /// USD a month for all.
    pub monthly: f64,
}

/// A price that depends on use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Use {
    /// What is used.
    pub what: String,
    /// Its price, in USD and words.
    pub price: String,
}

/// What has no price here.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Unpriced {
    /// The tier.
    pub tier: String,
    /// What.
    pub what: String,
    /// How many.
    pub count: f64,
}

/// Prices resources.
#[must_use]
pub fn estimate(items: &[Item]) -> Estimate {
    let all = Items(items.iter().map(|it| (&it.address, it)).collect());
    let mut lines: BTreeMap<(&str, String), Line> = BTreeMap::new();
    let mut unpriced: BTreeMap<(&str, String), f64> = BTreeMap::new();
    for item in items {
        for part in parts(item, &all) {
            match part {
                Part::Fixed { what, count, each } if 0.0 < count => {
                    let line = lines.entry((item.address.tier(), what.clone()));
                    let line = line.or_insert(Line { what, count: 0.0, each, monthly: 0.0 });
                    line.count += count;
                    line.monthly += count * each;
                }
                Part::Unknown { what, count } if 0.0 < count => {
                    *unpriced.entry((item.address.tier(), what)).or_default() += count;
                }
                Part::Fixed { .. } | Part::Unknown { .. } => {}
            }
        }
    }
    let tiers = tiers(lines);
    let unpriced = unpriced.into_iter().map(|((tier, what), count)| Unpriced { tier: tier.to_owned(), what, count });
    Estimate {
        monthly: tiers.iter().map(|it| it.monthly).sum(),
        tiers,
        per_use: uses(items),
        unpriced: unpriced.collect(),
        advice: advice(items),
    }
}

fn tiers(lines: BTreeMap<(&str, String), Line>) -> Vec<Tier> {
    let mut tiers: BTreeMap<&str, Vec<Line>> = BTreeMap::new();
    for ((tier, _), line) in lines {
        tiers.entry(tier).or_default().push(line);
    }
    let mut all = Vec::new();
    for (tier, mut lines) in tiers {
        lines.sort_by(|one, other| other.monthly.total_cmp(&one.monthly));
        all.push(Tier { tier: tier.to_owned(), monthly: lines.iter().map(|it| it.monthly).sum(), lines });
    }
    all.sort_by(|one, other| other.monthly.total_cmp(&one.monthly));
    all
}

fn uses(items: &[Item]) -> Vec<Use> {
    let there = |kind: &str| {
        let gateway = |it: &Item| it.kind == "ec2.vpc_endpoint" && it.props["endpoint_type"] != "Interface";
        items.iter().any(|it| it.kind == kind && !gateway(it))
    };
    let mut all: Vec<Use> = USES
        .iter()
        .filter(|(kind, ..)| there(kind))
        .map(|(_, what, price)| Use { what: (*what).to_owned(), price: (*price).to_owned() })
        .collect();
    if items.iter().any(|it| it.kind == "efs.file_system" && it.props["throughput"] == "elastic") {
        let price = format!("{} a GB read, {} a GB written", prices::ELASTIC_READ_GB, prices::ELASTIC_WRITE_GB);
        all.push(Use { what: "elastic throughput of the files".to_owned(), price });
    }
    all
}

fn advice(items: &[Item]) -> Vec<String> {
    let whole = |it: &Value| -> Option<u32> { it.as_u64()?.try_into().ok() };
    let one = |it: &Item| match it.kind.as_str() {
        "efs.file_system" if it.props["throughput"] == "provisioned" => {
            let mibps = whole(&it.props["mibps"])?;
            let way = format!("files: throughput \"provisioned\" mibps={mibps}");
            Some(Throughput::provisioned(mibps).advice(&way))
        }
        "autoscaling.job" if it.address.tier() == "files" => {
            let gib = whole(&it.props["amount"])?;
            Some(Throughput::seeded(gib).advice(&format!("files: seed-gib {gib}")))
        }
        _ => None,
    };
    items.iter().filter_map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeded_data_costs_and_is_held_against_the_other_ways() {
        let job = Item {
            address: Address::of("files.seed.job", None),
            kind: "autoscaling.job".to_owned(),
            props: serde_json::json!({ "group": "campus-files-seed", "amount": 1024 }),
            needs: BTreeSet::new(),
        };
        let found = estimate(&[job]);
        assert!((found.monthly - 307.20).abs() < 0.001, "{found:?}");
        assert!(found.advice[0].starts_with("files: seed-gib 1024 costs 307.20 a month for 50 MiB/s."), "{found:?}");
    }
}
