//! Who must make room for whom: what cannot exist beside something else must be gone, or have moved, before it.
//!
//! - What is deleted anyway is deleted first ([`gone_first`]), and so is everything that needs it.
//! - What is changed in place is changed first ([`moves`]): rule `a` moves from port 80 to 443 and rule `b` comes to 80.
//! - Where two would wait for each other, one of them must go and be made again ([`in_the_way`]).

use std::collections::{BTreeMap, BTreeSet};

use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};
use serde_json::Value;

use super::decide::{Decision, Decisions, View};
use crate::kind::Address;
use crate::kind::erased::Erased;
use crate::state::resource::Key;

/// Returns the incarnations to delete that cannot exist beside something that is made or changed, and those that need
/// one of them.
pub(super) fn gone_first(view: &View<'_>, decisions: &Decisions) -> BTreeSet<Key> {
    let mut gone_first = BTreeSet::new();
    for (address, decision) in &decisions.by_address {
        let Some((kind, wanted)) = becomes(view, decision, address) else { continue };
        let in_place = |key: &&Key| blocks(view, kind, key, wanted);
        gone_first.extend(decisions.removals.keys().filter(in_place).cloned());
        if decision.goes_first()
            && let Some((key, _)) = view.current(address)
        {
            gone_first.insert(key.clone());
        }
    }
    let mut pending: Vec<Key> = gone_first.iter().cloned().collect();
    while let Some(key) = pending.pop() {
        for (user, _) in view.dependents(&key.address) {
            if decisions.removals.contains_key(user) && gone_first.insert(user.clone()) {
                pending.push(user.clone());
            }
        }
    }
    gone_first
}

/// Whether an existing incarnation cannot stand beside something of this kind that is to have these properties.
pub(super) fn blocks(view: &View<'_>, kind: &dyn Erased, key: &Key, wanted: &Value) -> bool {
    view.now(key).is_some_and(|now| now.recorded.kind == kind.meta().name && kind.conflicts(now.stands(), wanted))
}

/// Returns the pairs (comes, leaves) of addresses of which the first comes to where the second is changed away from.
pub(super) fn moves(view: &View<'_>, decisions: &Decisions) -> Vec<(Address, Address)> {
    let mut moves = Vec::new();
    for (address, decision) in &decisions.by_address {
        let Some((kind, wanted)) = becomes(view, decision, address) else { continue };
        for (other, leaving) in &decisions.by_address {
            let Decision::Update { wanted: after, .. } = leaving else { continue };
            let Some((key, now)) = view.current(other).filter(|_| other != address) else { continue };
            // Two that want the same place for good are the spec's mistake, which AWS names.
            let leaves = || now.recorded.region == region(view, address) && !kind.conflicts(after, wanted);
            if blocks(view, kind, key, wanted) && leaves() {
                moves.push((address.clone(), other.clone()));
            }
        }
    }
    moves
}

/// Adds the resources that cannot stay, and because of which address; returns whether there were any.
pub(super) fn in_the_way(view: &View<'_>, decisions: &Decisions, in_the_way: &mut BTreeMap<Address, Address>) -> bool {
    let before = in_the_way.len();
    // Something that must go first takes its users along: they could not be repointed before its successor exists.
    for key in &decisions.gone_first {
        for (user, _) in view.dependents(&key.address) {
            let stays = decisions.by_address.get(&user.address).is_some_and(|it| !matches!(it, Decision::Skip));
            let is_current = view.current(&user.address).is_some_and(|(current, _)| current == user);
            if stays && is_current {
                in_the_way.entry(user.address.clone()).or_insert_with(|| key.address.clone());
            }
        }
    }
    for (comes, leaves) in waiting_for_each_other(view, decisions) {
        in_the_way.entry(leaves).or_insert(comes);
    }
    in_the_way.len() > before
}

/// Returns one move of every circle of steps that wait for each other.
fn waiting_for_each_other(view: &View<'_>, decisions: &Decisions) -> Vec<(Address, Address)> {
    let moves = moves(view, decisions);
    if moves.is_empty() {
        return moves;
    }
    let mut waits: DiGraph<&Address, ()> = DiGraph::new();
    let index: BTreeMap<&Address, NodeIndex> =
        decisions.by_address.keys().map(|address| (address, waits.add_node(address))).collect();
    for (user, from) in &index {
        for need in view.graph.needs(user).keys().filter_map(|need| index.get(need)) {
            waits.add_edge(*from, *need, ());
        }
    }
    for (comes, leaves) in &moves {
        waits.add_edge(index[comes], index[leaves], ());
    }
    let circles = tarjan_scc(&waits);
    let broken = circles.iter().filter_map(|circle| {
        let inside = |address: &Address| circle.contains(&index[address]);
        moves.iter().find(|(comes, leaves)| inside(comes) && inside(leaves)).cloned()
    });
    broken.collect()
}

/// Returns what stands at an address after its step, if it has one that makes or changes something.
fn becomes<'a>(view: &'a View<'_>, decision: &'a Decision, address: &Address) -> Option<(&'a dyn Erased, &'a Value)> {
    let wanted = match decision {
        Decision::Create { wanted, .. } | Decision::Update { wanted, .. } | Decision::Replace { wanted, .. } => wanted,
        Decision::Keep | Decision::Await | Decision::Skip => return None,
    };
    let node = view.graph.get(address)?;
    Some((view.registry.get(node.kind)?.as_ref(), wanted))
}

fn region(view: &View<'_>, address: &Address) -> Option<String> {
    view.graph.get(address).and_then(|node| node.region.clone())
}
