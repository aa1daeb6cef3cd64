//! `import resource`: a resource that stands in AWS already comes into the state. AWS is only read.

use std::path::Path;

use serde_json::{Value, json};

use crate::cli::args::Common;
use crate::cli::failure::{Exit, Failure};
use crate::cli::offline;
use crate::cli::session::{Session, read_spec};
use crate::cli::terminal::Terminal;
use crate::graph::Node;
use crate::kind::{Address, Named};
use crate::kinds;
use crate::plan::adopt::{AdoptError, Adoption, adopt};
use crate::plan::diff::Difference;
use crate::report::value::changes;
use crate::state::event::Event;

/// Imports one resource.
pub(in crate::cli) async fn import(
    common: &Common,
    path: &Path,
    address: &Address,
    id: &str,
    terminal: Terminal,
) -> Result<Exit, Failure> {
    let spec = read_spec(path, terminal)?;
    let mut session = Session::begin(common, &spec.topology, &[], "import resource", terminal).await?;
    let (facts, graph) = session.wanted(&spec.topology).await?;
    let state = session.store.state();
    let found = adopt(&session.cx, &session.registry, &graph, state, address, id, session.pace).await;
    let adoption = found.map_err(|error| refused(error, graph.get(address), address, id, path))?;
    if session.store.state().account.is_none() {
        let home = session.home();
        session.store.record(Event::Begin { account: home.account, region: home.region })?;
    }
    if let Some(pinning) = session.pinning(Some(&facts)) {
        session.store.record(pinning)?;
    }
    session.store.record(adoption.event.clone())?;
    session.store.compact()?;
    let kind = graph.get(address).map_or("", |node| node.kind);
    if terminal.json {
        terminal.data(&format!("{}\n", document(&adoption, address, kind, id)));
    } else {
        terminal.note(&told(&adoption, address, kind, id, path));
    }
    Ok(Exit::Success)
}

/// Lists what a spec asks for, and what the id of each looks like. Nobody is asked.
pub(in crate::cli) fn list(common: &Common, path: &Path, terminal: Terminal) -> Result<Exit, Failure> {
    let spec = read_spec(path, terminal)?;
    let state = offline::recorded(common, &spec)?;
    let graph = spec.topology.graph(&offline::facts(&spec, &state));
    let registry = kinds::registry();
    let mut all = Vec::new();
    for node in graph.nodes().filter(|node| state.current(&node.address).is_none()) {
        let look = registry.get(node.kind).and_then(|kind| kind.meta().named.look());
        all.push((&node.address, node.kind, look));
    }
    if terminal.json {
        let all: Vec<Value> =
            all.iter().map(|(at, kind, id)| json!({ "address": at, "kind": kind, "id": id })).collect();
        terminal.data(&format!("{}\n", Value::Array(all)));
        return Ok(Exit::Success);
    }
    for (address, kind, look) in &all {
        terminal.data(&format!("{address}  {kind}  {}\n", look.as_deref().unwrap_or("-")));
    }
    let what = if all.is_empty() { "The state has all that the spec asks for." } else { "These are not in the state." };
    terminal.note(&format!("{what} To import one:\n    moodle-infra import resource {} ADDRESS ID", path.display()));
    Ok(Exit::Success)
}

/// Prints what the ids of every kind look like, as the documentation shows it.
pub(in crate::cli) fn documentation(terminal: Terminal) -> Exit {
    let mut text = String::from("| kind | id |\n|---|---|\n");
    for kind in kinds::registry().iter() {
        let meta = kind.meta();
        text += &match meta.named {
            Named::By(_) => format!("| `{}` | `{}` |\n", meta.name, meta.named.look().unwrap_or_default()),
            Named::Not(why) => format!("| `{}` | none: {why} |\n", meta.name),
        };
    }
    terminal.data(&text);
    Exit::Success
}

/// Says what was done, and what is left for an apply.
fn told(adoption: &Adoption, address: &Address, kind: &str, id: &str, path: &Path) -> String {
    let Adoption { event, differences, unmarked } = adoption;
    let mut text = format!("imported {id} as {address} ({kind}); nothing was changed in AWS");
    if let Event::Adopted { kept, .. } = event
        && !kept.is_empty()
    {
        let kept: Vec<&str> = kept.iter().map(String::as_str).collect();
        text += &format!("\nIt keeps its own {}, which AWS cannot change.", kept.join(", "));
    }
    let (replaced, changed): (Vec<&Difference>, Vec<_>) = differences.iter().partition(|it| it.replaces);
    if replaced.is_empty() && changed.is_empty() && !unmarked {
        text += "\nIt is as the spec says.";
    }
    if !replaced.is_empty() {
        text += "\nWARNING: an apply would put a new one in its place, because AWS cannot change this:";
        text += &lines(&replaced);
        text += "\nTo keep it, correct the spec; to let go of it again:";
        text += &format!("\n    moodle-infra state rm '{address}'");
    } else if !changed.is_empty() {
        text += "\nAn apply would change in place:";
        text += &lines(&changed);
    }
    if *unmarked && replaced.is_empty() {
        text += "\nAn apply would also put the tags on it that say that it is of this stack.";
    }
    text + &format!("\nTo see what an apply would do:\n    moodle-infra plan {}", path.display())
}

fn lines(differences: &[&Difference]) -> String {
    let lines = differences.iter().flat_map(|it| changes(&it.field, &it.old, &it.new));
    lines.fold(String::new(), |text, line| text + &format!("\n      {}: {}", line.path, line.change))
}

fn document(adoption: &Adoption, address: &Address, kind: &str, id: &str) -> Value {
    let Adoption { event, differences, unmarked } = adoption;
    let (kept, attrs) = match event {
        Event::Adopted { kept, attrs, .. } => (json!(kept), attrs.clone()),
        _ => (json!([]), Value::Null),
    };
    json!({ "format": "moodle-infra/import", "version": 1, "address": address, "kind": kind, "id": id, "attrs": attrs,
        "kept": kept, "differences": differences, "unmarked": unmarked })
}

/// Returns the failure of an import that was refused.
fn refused(error: AdoptError, node: Option<&Node>, address: &Address, id: &str, path: &Path) -> Failure {
    let error = match error {
        AdoptError::Plan(error) => return error.into(),
        other => other,
    };
    let spec = path.display();
    let kind = node.map_or("", |node| node.kind);
    let (exit, help) = match &error {
        AdoptError::NotInSpec { near } => {
            let near: Vec<String> = near.iter().take(8).map(|it| format!("\n    {it}")).collect();
            let near = if near.is_empty() { String::new() } else { format!("; it has:{}", near.concat()) };
            (Exit::Usage, format!("list the addresses with\n    moodle-infra import resource {spec}{near}"))
        }
        AdoptError::Taken { .. } => (
            Exit::Usage,
            format!("if that is not the right one, let go of it first:\n    moodle-infra state rm '{address}'"),
        ),
        AdoptError::Nothing { .. } => (Exit::Usage, "the next apply makes what is needed".to_owned()),
        AdoptError::Malformed { look } => {
            (Exit::Usage, format!("the id of a {kind} looks like `{}`", look.as_deref().unwrap_or_default()))
        }
        AdoptError::NeedsFirst { of } => {
            (Exit::Usage, format!("import that first:\n    moodle-infra import resource {spec} '{of}' ID"))
        }
        AdoptError::Known { at } => {
            (Exit::Usage, format!("to give it this address instead:\n    moodle-infra state mv '{at}' '{address}'"))
        }
        AdoptError::Absent => (Exit::Failed, "check the id, the region and --profile".to_owned()),
        AdoptError::Leaving => {
            (Exit::Failed, "what is going cannot be kept; the next apply makes a new one".to_owned())
        }
        AdoptError::OtherStack { other } => (
            Exit::Failed,
            format!(
                "two stacks must not look after one resource; let `{other}` forget it, and take the tag \
                 `moodle-infra:stack` off it"
            ),
        ),
        AdoptError::Plan(_) => (Exit::Failed, String::new()),
    };
    let what = if kind.is_empty() { String::new() } else { format!(" ({kind})") };
    let mut failure = Failure::new(exit, format!("cannot import `{id}` as `{address}`{what}"), help);
    failure.causes.push(error.to_string());
    failure
}
