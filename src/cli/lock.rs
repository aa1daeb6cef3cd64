//! `lock status` and `unlock`.
//!
//! A lock whose holder died on this machine frees itself. `unlock` is for the one case that nobody can decide from here:
//! the state is on a disk that several machines share, and another one left a record.

use std::path::Path;

use serde_json::{Value, json};

use super::args::Common;
use super::failure::{Exit, Failure};
use super::output::stack_of;
use super::session::{holder, place};
use super::terminal::Terminal;
use crate::state::lock::{Holder, Standing};
use crate::state::note::{LONGEST, Note};
use crate::state::store::Place;

/// Says how the lock of a stack stands, or of every stack in the folder.
pub(super) fn status(common: &Common, stack: Option<&str>, terminal: Terminal) -> Result<Exit, Failure> {
    let place = place(common);
    let stacks = match stack {
        Some(_) => [stack_of(&place, stack)?].into(),
        None => place.stacks(),
    };
    let mut all = Vec::new();
    let mut exit = Exit::Success;
    for stack in stacks {
        let standing = place.standing(&stack)?;
        let notes = place.notes(&stack)?;
        if matches!(standing, Standing::Held { .. } | Standing::Elsewhere { .. }) {
            exit = Exit::State;
        }
        if terminal.json {
            let mut document = json!(standing);
            document["stack"] = json!(stack);
            document["freed"] = json!(notes);
            all.push(document);
        } else {
            terminal.data(&format!("{stack}  {}\n", told(&standing)));
            if let Some(Note { at, by, freed, reason }) = notes.last() {
                terminal.data(&format!("  {by} freed the lock of {freed} at {at}: {reason}\n"));
            }
        }
    }
    if terminal.json {
        terminal.data(&format!("{}\n", Value::Array(all)));
    }
    Ok(exit)
}

/// Frees the lock of a stack, unless its holder is known to be alive.
pub(super) fn unlock(common: &Common, stack: Option<&str>, reason: &str, terminal: Terminal) -> Result<Exit, Failure> {
    let reason = reason.trim();
    if reason.is_empty() || LONGEST < reason.chars().count() || reason.chars().any(char::is_control) {
        let message = format!("a reason has 1 to {LONGEST} characters, on one line");
        return Err(Failure::new(Exit::Usage, message, "say how you know that the holder has died"));
    }
    let place = place(common);
    let stack = stack_of(&place, stack)?;
    let freed = match place.standing(&stack)? {
        Standing::Free => {
            terminal.note(&format!("the lock of stack `{stack}` is free"));
            return Ok(Exit::Success);
        }
        Standing::Held { holder } => return Err(alive(&stack, holder.as_ref())),
        Standing::Dead { holder } | Standing::Elsewhere { holder } => holder.to_string(),
    };
    let Holder { pid: _, host, command: _, since } = holder("unlock");
    let user = rustix::process::getuid().as_raw();
    let note = Note { at: since, by: format!("user {user} on {host}"), freed, reason: reason.to_owned() };
    place.free(&stack, &note)?;
    terminal.note(&format!("freed the lock of stack `{stack}`, which {} held", note.freed));
    Ok(Exit::Success)
}

fn told(standing: &Standing) -> String {
    match standing {
        Standing::Free => "free".to_owned(),
        Standing::Dead { holder } => format!("left by {holder}, which has died; the next run takes it over"),
        Standing::Held { holder: Some(holder) } => format!("held by {holder}, which is alive"),
        Standing::Held { holder: None } => "held by a process that has just begun".to_owned(),
        Standing::Elsewhere { holder } => {
            format!("held by {holder}, on another machine; if that has died: moodle-infra unlock STACK --reason \"…\"")
        }
    }
}

/// The kernel of this machine says that the holder lives.
fn alive(stack: &str, holder: Option<&Holder>) -> Failure {
    let message = format!("the holder of the lock of stack `{stack}` is alive");
    let Some(Holder { pid, .. }) = holder else {
        return Failure::new(Exit::State, message, "wait until it has ended");
    };
    let mut failure =
        Failure::new(Exit::State, message, "wait until it has ended, or stop it; nothing is lost by that:");
    if Path::new(&format!("/proc/{pid}")).exists() {
        failure.help += &format!("\n    kill {pid}");
    }
    failure.causes.extend(holder.map(|it| format!("it is {it}")));
    failure
}
