//! `state list`, `show`, `rm`, `mv`.

use serde_json::{Value, json};

use super::args::{Common, StateCommand};
use super::failure::{Exit, Failure};
use super::output::{peek, stack_of};
use super::scan;
use super::session::{open, place};
use super::terminal::Terminal;
use crate::kind::Address;
use crate::state::State;
use crate::state::event::Event;
use crate::state::resource::{Key, Resource, Stage};

/// Looks into the state, or corrects it.
pub(super) fn state(common: &Common, command: &StateCommand, terminal: Terminal) -> Result<Exit, Failure> {
    match command {
        StateCommand::List { below, stack } => {
            list(&peek(common, stack.as_deref())?, below.as_ref(), terminal);
            Ok(Exit::Success)
        }
        StateCommand::Show { address, stack } => {
            let state = peek(common, stack.as_deref())?;
            let found: Vec<Value> =
                of(&state, address).into_iter().map(|(key, resource)| described(&key, &resource)).collect();
            let document = if found.len() == 1 { found[0].clone() } else { Value::Array(found) };
            let text = if terminal.json { document.to_string() } else { format!("{document:#}") };
            none_is_an_error(&state, address)?;
            terminal.data(&format!("{text}\n"));
            Ok(Exit::Success)
        }
        StateCommand::Rm { address, stack } => edit(common, stack.as_deref(), "state rm", terminal, |state| {
            none_is_an_error(state, address)?;
            let events = of(state, address).into_keys().map(|key| Event::Forgotten { key }).collect();
            Ok((events, format!("forgot {address}; it stays in AWS, and nothing looks after it any more")))
        }),
        StateCommand::Scan { stack, plan } => scan::scan(common, stack.as_deref(), plan, terminal),
        StateCommand::Mv { from, to, stack } => {
            edit(common, stack.as_deref(), "state mv", terminal, |state| moved(state, from, to))
        }
    }
}

fn list(state: &State, below: Option<&Address>, terminal: Terminal) {
    let listed = state.resources.iter().filter(|(key, _)| below.is_none_or(|it| key.address.is_below(it)));
    if terminal.json {
        let all: Vec<Value> = listed.map(|(key, resource)| described(key, resource)).collect();
        terminal.data(&format!("{}\n", Value::Array(all)));
        return;
    }
    for (key, resource) in listed {
        let id = resource.attrs["id"].as_str().or(resource.attrs["name"].as_str()).unwrap_or("-");
        let older = state.current(&key.address).is_some_and(|(current, _)| current != key);
        let remark = match (resource.open.is_some(), resource.stage, older) {
            (true, ..) => "  (interrupted)",
            (_, Stage::Leaving, _) => "  (being deleted)",
            (_, _, true) => "  (replaced, to be deleted)",
            _ => "",
        };
        terminal.data(&format!("{}  {}  {id}{remark}\n", key.address, resource.kind));
    }
}

fn described(key: &Key, resource: &Resource) -> Value {
    json!({ "address": key.address, "incarnation": key.incarnation, "resource": resource })
}

fn of(state: &State, address: &Address) -> std::collections::BTreeMap<Key, Resource> {
    let there = state.resources.iter().filter(|(key, _)| key.address == *address);
    there.map(|(key, resource)| (key.clone(), resource.clone())).collect()
}

fn none_is_an_error(state: &State, address: &Address) -> Result<(), Failure> {
    if of(state, address).is_empty() {
        let message = format!("there is no `{address}` in the state of stack `{}`", state.stack);
        return Err(Failure::new(Exit::Usage, message, "list the addresses:\n    moodle-infra state list"));
    }
    Ok(())
}

fn moved(state: &State, from: &Address, to: &Address) -> Result<(Vec<Event>, String), Failure> {
    none_is_an_error(state, from)?;
    let resources = of(state, from);
    if resources.len() > 1 || resources.values().any(|it| it.open.is_some()) {
        let help = "apply first: that finishes what was interrupted";
        return Err(Failure::new(Exit::Usage, format!("`{from}` is in the middle of a change"), help));
    }
    if !of(state, to).is_empty() {
        return Err(Failure::new(Exit::Usage, format!("`{to}` is taken"), "choose an address that is free"));
    }
    let events = resources.into_keys().map(|key| Event::Moved { from: key, to: state.next_key(to) }).collect();
    Ok((events, format!("moved {from} to {to}")))
}

fn edit(
    common: &Common,
    stack: Option<&str>,
    command: &str,
    terminal: Terminal,
    change: impl FnOnce(&State) -> Result<(Vec<Event>, String), Failure>,
) -> Result<Exit, Failure> {
    let place = place(common);
    // Read without the lock first, so that a wrong name does not make a lock file.
    let stack = peek(common, Some(&stack_of(&place, stack)?))?.stack;
    let mut store = open(&place, &stack, command, terminal)?;
    let (events, said) = change(store.state())?;
    for event in events {
        store.record(event)?;
    }
    store.compact()?;
    terminal.note(&said);
    Ok(Exit::Success)
}
