//! What `plan` and `apply` ask AWS before a plan is shown or carried out.

use serde_json::{Value, json};

use super::failure::{Exit, Failure, Instead};
use super::session::{Session, pinned_zones};
use super::terminal::Terminal;
use crate::plan::{Pace, Plan};
use crate::preflight::{Fault, Findings, ask, checks};
use crate::report;
use crate::state::event::Event;
use crate::topology::Topology;

/// Asks whether AWS can give what a plan makes; a plan without changes asks nothing. What cannot be asked is told.
pub(super) async fn check(
    session: &Session,
    topology: &Topology,
    plan: &Plan,
    terminal: Terminal,
) -> Result<(), Failure> {
    // An emulator knows a handful of classes and versions only.
    let offers = session.pace.looks >= Pace::AWS.looks;
    let checks = checks::of(plan, topology, &zones(session, plan), offers);
    let Findings { faults, notes } = ask(&session.cx, checks).await;
    for note in notes {
        terminal.note(&format!("note: {note}"));
    }
    if faults.is_empty() { Ok(()) } else { Err(failure(&faults)) }
}

/// Returns the zones that the stack uses after the plan.
fn zones(session: &Session, plan: &Plan) -> Vec<String> {
    let learnt = plan.learnt.iter().find_map(|event| match event {
        Event::Fact { name, value } if name == "zones" => value.as_array(),
        _ => None,
    });
    let named = |zones: &Vec<Value>| zones.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    learnt.map_or_else(|| pinned_zones(session.store.state()), named)
}

fn failure(faults: &[Fault]) -> Failure {
    let what = report::count(faults.len(), "fault");
    let mut failure = Failure::new(Exit::Spec, format!("the account cannot have this: {what}"), "");
    let told: Vec<String> = faults.iter().map(Fault::to_string).collect();
    let mut text = told.join("\n");
    text += &format!("\nNothing was changed: {what}. To plan or apply all the same, add --no-preflight.\n");
    let json = json!({ "format": "moodle-infra/preflight", "version": 1, "faults": faults });
    failure.instead = Some(Box::new(Instead { text, json }));
    failure
}
