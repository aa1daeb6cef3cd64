//! `output`: what the last apply left to know.

use serde_json::{Value, json};

use super::args::Common;
use super::failure::{Exit, Failure};
use super::session::place;
use super::terminal::Terminal;
use crate::report::value::short;
use crate::state::State;
use crate::state::store::{Folder, Place, is_name};

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
    let place = place(common);
    let stack = stack_of(&place, stack)?;
    place.peek(&stack)?.ok_or_else(|| {
        let message = format!("there is no state of stack `{stack}` in {}", place.0.display());
        Failure::new(Exit::State, message, "check --stack, --state-dir and --sandbox")
    })
}

/// Returns the name of the stack to work on.
pub(super) fn stack_of(place: &Folder, named: Option<&str>) -> Result<String, Failure> {
    if let Some(named) = named {
        if !is_name(named) {
            let help = "a stack's name has letters, digits and hyphens";
            let named: String = named.chars().take(80).collect();
            return Err(Failure::new(
                Exit::Usage,
                format!("`{}` is not the name of a stack", named.escape_debug()),
                help,
            ));
        }
        return Ok(named.to_owned());
    }
    let names: Vec<String> = place.stacks().into_iter().collect();
    match names.as_slice() {
        [one] => Ok(one.clone()),
        [] => {
            let help = "apply a spec first, or check --state-dir and --sandbox";
            Err(Failure::new(Exit::State, format!("there is no state in {}", place.0.display()), help))
        }
        several => {
            let message = format!("{} has the state of several stacks: {}", place.0.display(), several.join(", "));
            Err(Failure::new(Exit::Usage, message, "name one with --stack"))
        }
    }
}
