//! How an apply ended: what is done, what failed and why, what was not tried, and how to go on.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::style::{Paint, Style};
use super::value::short;
use super::{count, duration};
use crate::apply::{Outcome, Stop};
use crate::plan::Plan;
use crate::plan::step::Action;

/// Returns the text of an outcome. `calls` is the number of API calls of the whole run, `again` the command that
/// continues.
#[must_use]
pub fn text(
    plan: &Plan,
    outcome: &Outcome,
    outputs: &BTreeMap<String, Value>,
    calls: u64,
    again: &str,
    style: Style,
) -> String {
    let mut lines = Vec::new();
    let address = |step: usize| &plan.steps[step].key.address;
    for failure in &outcome.failed {
        lines.push(style.paint(Paint::Gone, format!("failed: {}", address(failure.step))));
        lines.push(format!("  {}", failure.why));
        if failure.open {
            lines.push("  Whether this call had an effect is not known; the next run finds out by itself.".to_owned());
        }
    }
    for (step, cause) in &outcome.untried {
        let why = match cause {
            Some(cause) => format!("because `{}` failed", address(*cause)),
            None => "because the run was stopped".to_owned(),
        };
        lines.push(format!("not tried: {} {why}", address(*step)));
    }
    if !lines.is_empty() {
        lines.push(String::new());
    }
    let (made, changed, deleted) = numbers(plan, outcome);
    let ended = match (outcome.is_complete(), outcome.stopped) {
        (true, _) => "Done",
        (false, Some(Stop::Drain | Stop::Drop)) => "Stopped",
        (false, None) => "Failed",
    };
    let paint = if outcome.is_complete() { Paint::Made } else { Paint::Gone };
    lines.push(format!(
        "{}: {made} created, {changed} changed, {deleted} deleted in {}, {}.",
        style.paint(paint, ended),
        duration(outcome.took),
        count(usize::try_from(calls).unwrap_or(usize::MAX), "API call"),
    ));
    if !outcome.is_complete() {
        lines.push("Everything made so far is recorded. To continue:".to_owned());
        lines.push(format!("    {again}"));
    }
    if !outputs.is_empty() {
        lines.push(String::new());
        lines.push(style.paint(Paint::Strong, "Outputs"));
        let width = outputs.keys().map(String::len).max().unwrap_or(0);
        lines.extend(outputs.iter().map(|(name, value)| format!("  {name:width$}  {}", short(value))));
    }
    lines.join("\n") + "\n"
}

/// Returns an outcome as data.
#[must_use]
pub fn json(plan: &Plan, outcome: &Outcome, outputs: &BTreeMap<String, Value>, calls: &BTreeMap<String, u64>) -> Value {
    let address = |step: usize| plan.steps[step].key.address.as_str();
    let (made, changed, deleted) = numbers(plan, outcome);
    let failed: Vec<Value> = outcome
        .failed
        .iter()
        .map(|it| json!({ "address": address(it.step), "why": it.why, "effect-unknown": it.open }))
        .collect();
    let untried: Vec<Value> = outcome
        .untried
        .iter()
        .map(|(step, cause)| json!({ "address": address(*step), "because-of": cause.map(address) }))
        .collect();
    json!({
        "event": "ended",
        "complete": outcome.is_complete(),
        "stopped": outcome.stopped.is_some(),
        "created": made,
        "changed": changed,
        "deleted": deleted,
        "failed": failed,
        "not-tried": untried,
        "seconds": outcome.took.as_secs_f64(),
        "calls": calls,
        "outputs": outputs,
    })
}

fn numbers(plan: &Plan, outcome: &Outcome) -> (usize, usize, usize) {
    let number =
        |test: fn(&Action) -> bool| outcome.done.iter().filter(|step| test(&plan.steps[**step].action)).count();
    (
        number(|it| matches!(it, Action::Create { .. })),
        number(|it| matches!(it, Action::Update { .. })),
        number(|it| matches!(it, Action::Delete { .. })),
    )
}
