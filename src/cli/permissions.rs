//! `permissions`: the least IAM policy for a spec; nobody is asked.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::json;

use super::failure::{Exit, Failure};
use super::session::read_spec;
use super::terminal::Terminal;
use crate::kinds;
use crate::preflight::checks;
use crate::report::permissions::{Place, Purpose, permissions};
use crate::topology::{Facts, Question};

/// Prints the policy, or the policies where one would be too long.
pub(super) fn print(path: &Path, purpose: Purpose, part: Option<usize>, terminal: Terminal) -> Result<Exit, Failure> {
    let spec = read_spec(path, terminal)?;
    let facts = Facts::offline(&spec.topology);
    let graph = spec.topology.graph(&facts);
    let questions = spec.topology.questions();
    let kinds: BTreeSet<&str> = graph.nodes().map(|node| node.kind).collect();
    let asked = checks::actions(&spec.topology, &kinds).into_iter();
    let asked: BTreeSet<&'static str> = asked.chain(questions.iter().map(Question::action)).collect();
    let place = Place {
        stack: spec.topology.name.clone(),
        partition: facts.partition().to_owned(),
        account: None,
        region: spec.topology.region.clone(),
    };
    let found = permissions(&graph, &kinds::registry(), &asked, &place, purpose);
    let count = found.policies.len();
    if terminal.json {
        let document = json!({ "format": "moodle-infra/permissions", "version": 1, "policies": found.policies, "notes": found.notes });
        terminal.data(&format!("{document}\n"));
        return Ok(Exit::Success);
    }
    let shown = match part.map(|part| found.policies.get(part.wrapping_sub(1))) {
        Some(Some(policy)) => policy.clone(),
        Some(None) => {
            let message = format!("the policy has parts 1 to {count}");
            return Err(Failure::new(Exit::Usage, message, "name one of them with --part"));
        }
        None if count == 1 => found.policies[0].clone(),
        None => json!(found.policies),
    };
    terminal.data(&format!("{shown:#}\n"));
    for note in &found.notes {
        terminal.note(&format!("any resource: {note}"));
    }
    if 1 < count && part.is_none() {
        terminal.note(&format!(
            "One policy would be longer than IAM allows, so these are {count}, and all of them are needed. One by \
             itself:\n    moodle-infra permissions {} --part 1",
            path.display()
        ));
    }
    Ok(Exit::Success)
}
