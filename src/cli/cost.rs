//! `cost`: what a spec costs, without credentials and network; and the same for the two ends of a plan.

use std::path::Path;

use serde_json::{Value, json};

use super::failure::{Exit, Failure};
use super::offline;
use super::session::{Spec, read_spec};
use super::terminal::Terminal;
use crate::cost::prices::{AS_OF, REGION};
use crate::cost::{Estimate, Item, estimate};
use crate::report;
use crate::state::State;
use crate::state::resource::Stage;
use crate::topology::Facts;

/// Prints what a month of a spec's stack costs.
pub(super) fn cost(path: &Path, terminal: Terminal) -> Result<Exit, Failure> {
    let spec = read_spec(path, terminal)?;
    let graph = spec.topology.graph(&Facts::offline(&spec.topology));
    let estimate = estimate(&Item::all(&graph));
    let region = spec.topology.region.as_deref();
    if terminal.json {
        let mut document = json!({ "format": "moodle-infra/cost", "version": 1, "stack": spec.topology.name,
            "region": region, "currency": "USD", "priced-as": { "region": REGION, "as-of": AS_OF } });
        document["estimate"] = json!(estimate);
        terminal.data(&format!("{document}\n"));
    } else {
        terminal.data(&report::cost::text(&estimate, region, terminal.data_style()));
    }
    Ok(Exit::Success)
}

/// What a month costs before a plan and after it.
pub(super) struct Change {
    before: Estimate,
    after: Estimate,
}

impl Change {
    /// Prices what the state has, and what the spec asks for; of a destruction, nothing.
    pub(super) fn of(spec: &Spec, state: &State, destroy: bool) -> Change {
        let there = state.resources.iter().filter(|(_, it)| it.stage != Stage::Leaving).map(|(key, it)| Item {
            address: key.address.clone(),
            kind: it.kind.clone(),
            props: it.props.clone(),
            needs: it.needs.clone(),
        });
        let there: Vec<Item> = there.collect();
        let wanted = if destroy { Vec::new() } else { Item::all(&spec.topology.graph(&offline::facts(spec, state))) };
        Change { before: estimate(&there), after: estimate(&wanted) }
    }

    /// Returns a line for people, and one more where the plan chooses a throughput that has other ways.
    pub(super) fn line(&self) -> String {
        let line = report::cost::change(&self.before, &self.after);
        let news = self.after.advice.iter().filter(|it| !self.before.advice.contains(it));
        news.fold(line, |text, advice| text + "\n" + advice)
    }

    /// Returns what stands in a plan for programs.
    pub(super) fn json(&self) -> Value {
        json!({ "currency": "USD", "priced-as": REGION, "as-of": AS_OF, "before": self.before.monthly,
            "after": self.after.monthly })
    }
}
