//! `graph` and `plan --offline`: nobody is asked; zones that are not in the state get the letters a, b, c….

use std::collections::BTreeMap;
use std::path::Path;

use super::args::{Common, PlanArgs};
use super::failure::{Exit, Failure};
use super::session::{self, Spec, place, read_spec};
use super::terminal::Terminal;
use super::{clock, plan};
use crate::graph::Graph;
use crate::kind::Milestone;
use crate::kinds;
use crate::plan::{Home, plan as make_plan};
use crate::state::State;
use crate::state::store::Place;
use crate::topology::Facts;

/// Prints the resources and what each waits for, in the DOT language.
pub(super) fn graph(path: &Path, terminal: Terminal) -> Result<Exit, Failure> {
    let spec = read_spec(path, terminal)?;
    let graph = spec.topology.graph(&Facts::offline(&spec.topology));
    let mut text = String::from("digraph {\n  rankdir=RL\n  node [shape=box]\n");
    for node in graph.nodes() {
        text += &format!("  {:?} [tooltip={:?}]\n", node.address.as_str(), node.kind);
        for (needed, until) in graph.needs(&node.address) {
            let style = if until == Milestone::Created { " [style=dashed]" } else { "" };
            text += &format!("  {:?} -> {:?}{style}\n", node.address.as_str(), needed.as_str());
        }
    }
    text += "}\n";
    terminal.data(&text);
    Ok(Exit::Success)
}

/// Plans without a look at AWS.
pub(super) fn plan(common: &Common, args: &PlanArgs, terminal: Terminal) -> Result<Exit, Failure> {
    let spec = read_spec(&args.spec, terminal)?;
    let state = recorded(common, &spec)?;
    let open = state.open().count();
    if open > 0 {
        let message =
            format!("an earlier run was interrupted and left {} without an answer", crate::report::count(open, "call"));
        return Err(Failure::new(Exit::State, message, "plan without --offline: that asks AWS what happened"));
    }
    let facts = facts(&spec, &state);
    let graph = if args.destroy { Graph::default() } else { spec.topology.graph(&facts) };
    // A state of another account or region is shown as it is: nobody is asked here.
    let home = Home { account: facts.account().to_owned(), region: facts.region().to_owned() };
    let options = session::options(&args.choice, &args.replace, args.destroy);
    let made = make_plan(&kinds::registry(), &graph, &state, &BTreeMap::new(), &options, &home)?;
    terminal.note("Nobody was asked: this compares the spec with the state alone.");
    plan::show(made, &spec, &state, args, false, terminal)
}

/// Returns the state of a spec's stack; an empty one where there is none.
pub(super) fn recorded(common: &Common, spec: &Spec) -> Result<State, Failure> {
    let state = place(common).peek(&spec.topology.name)?;
    Ok(state.unwrap_or_else(|| State::empty(&spec.topology.name, &clock::lineage())))
}

/// Returns the facts that the state has pinned, or made-up ones.
pub(super) fn facts(spec: &Spec, state: &State) -> Facts {
    let pinned = session::pinned_zones(state);
    let recorded = state.account.as_ref().zip(state.region.as_ref());
    let of_state = recorded.and_then(|(account, region)| Facts::of(&spec.topology, account, region, &pinned).ok());
    let facts = of_state.unwrap_or_else(|| Facts::offline(&spec.topology));
    facts.remembering(&spec.topology, &session::remembered(state))
}
