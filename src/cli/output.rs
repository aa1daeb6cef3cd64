//! `output`: what the last apply left to know.

use std::path::Path;

use serde_json::{Value, json};

use super::args::Common;
use super::failure::{Exit, Failure};
use super::session::state_folder;
use super::terminal::Terminal;
use crate::report::value::short;
use crate::state::State;
use crate::state::store::Store;

/// Prints one output bare, or all of them.
pub(super) fn output(
    common: &Common,
    name: Option<&str>,
    stack: Option<&str>,
    terminal: Terminal,
) -> Result<Exit, Failure> {
    let state = peek(common, stack)?;
    match name {
        Some(name) => {
            let value = state.outputs.get(name).ok_or_else(|| unknown(name, &state))?;
            let text = match value {
                Value::String(text) if !terminal.json => text.clone(),
                other => other.to_string(),
            };
            terminal.data(&format!("{text}\n"));
        }
        None if terminal.json => terminal.data(&format!("{}\n", json!(state.outputs))),
        None => {
            for (name, value) in &state.outputs {
                terminal.data(&format!("{name}  {}\n", short(value)));
            }
        }
    }
    Ok(Exit::Success)
}

fn unknown(name: &str, state: &State) -> Failure {
    let known: Vec<&str> = state.outputs.keys().map(String::as_str).collect();
    let help = match known.as_slice() {
        [] => "there are no outputs before the first apply".to_owned(),
        known => format!("the outputs are {}", known.join(", ")),
    };
    Failure::new(Exit::Usage, format!("there is no output `{name}`"), help)
}

/// Reads the state of the stack named, or of the only one in the folder.
pub(super) fn peek(common: &Common, stack: Option<&str>) -> Result<State, Failure> {
    let folder = state_folder(common);
    let stack = stack_of(&folder, stack)?;
    Store::peek(&folder, &stack)?.ok_or_else(|| {
        let message = format!("there is no state of stack `{stack}` in {}", folder.display());
        Failure::new(Exit::State, message, "check --stack, --state-dir and --sandbox")
    })
}

/// Returns the name of the stack to work on.
pub(super) fn stack_of(folder: &Path, named: Option<&str>) -> Result<String, Failure> {
    if let Some(named) = named {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        if named.is_empty() || named.len() > 64 || !named.bytes().all(fits) {
            let help = "a stack's name has letters, digits and hyphens";
            return Err(Failure::new(Exit::Usage, format!("`{named}` is not the name of a stack"), help));
        }
        return Ok(named.to_owned());
    }
    let mut stacks = std::collections::BTreeSet::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let ours = path.extension().is_some_and(|it| it == "json" || it == "journal");
        let name = path.file_stem().and_then(|it| it.to_str()).filter(|it| ours && !it.starts_with('.'));
        if let Some(name) = name.filter(|it| *it != "sandbox") {
            stacks.insert(name.to_owned());
        }
    }
    let names: Vec<String> = stacks.into_iter().collect();
    match names.as_slice() {
        [one] => Ok(one.clone()),
        [] => {
            let help = "apply a spec first, or check --state-dir and --sandbox";
            Err(Failure::new(Exit::State, format!("there is no state in {}", folder.display()), help))
        }
        several => {
            let message = format!("{} has the state of several stacks: {}", folder.display(), several.join(", "));
            Err(Failure::new(Exit::Usage, message, "name one with --stack"))
        }
    }
}
