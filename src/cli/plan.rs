//! `plan`: what an apply would do.

use super::args::{Common, PlanArgs};
use super::cost::Change;
use super::failure::{Exit, Failure};
use super::moved;
use super::preflight;
use super::session::{Session, Spec, read_spec};
use super::terminal::Terminal;
use crate::plan::Plan;
use crate::plan::saved::Saved;
use crate::state::{State, file};
use crate::{apply, kinds, report};

/// Plans and shows the plan.
pub(super) async fn plan(common: &Common, args: &PlanArgs, terminal: Terminal) -> Result<Exit, Failure> {
    let spec = read_spec(&args.spec, terminal)?;
    let mut session = Session::begin(common, &spec.topology, &args.choice.limit, "plan", terminal).await?;
    let made = session.plan(&spec, &args.choice, &args.replace, args.destroy).await?;
    if !args.no_preflight {
        preflight::check(&session, &spec.topology, &made, terminal).await?;
    }
    super::apply::log_calls(&session.cx);
    if let Some(text) = moved::note(&session, &made) {
        terminal.note(&text);
    }
    show(made, &spec, session.store.state(), args, common.sandbox, terminal)
}

/// Prints a plan, saves it if asked to, and returns the exit code.
pub(super) fn show(
    made: Plan,
    spec: &Spec,
    state: &State,
    args: &PlanArgs,
    sandbox: bool,
    terminal: Terminal,
) -> Result<Exit, Failure> {
    let changes = !made.is_empty();
    let mut text = report::plan::text(&made, apply::run::expected(&kinds::registry(), &made), terminal.data_style());
    let cost = Change::of(spec, state, args.destroy);
    if changes {
        text += &format!("{}\n", cost.line());
    }
    let saved = Saved::of(made, &spec.path, &spec.bytes, sandbox).costing(cost.json());
    terminal.data(&if terminal.json { saved.to_json() } else { text });
    if let Some(out) = &args.out {
        file::replace(out, saved.to_json().as_bytes()).map_err(|error| {
            Failure::of(Exit::File, &error, "check the path and its permissions; the plan is shown above")
        })?;
        terminal.note(&format!("Saved. To apply just this:\n    moodle-infra apply {}", out.display()));
    }
    Ok(if changes && args.detailed_exitcode { Exit::Changes } else { Exit::Success })
}
