//! `apply` and `destroy`.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use super::args::{ApplyArgs, Choice, Common, DestroyArgs};
use super::cost::Change;
use super::crash::Mortal;
use super::failure::{Exit, Failure};
use super::moved;
use super::preflight;
use super::session::{Session, Spec, read_file, read_spec};
use super::signals;
use super::terminal::Terminal;
use crate::apply::progress::Progress;
use crate::apply::run::{self, expected};
use crate::apply::{Job, Outcome, Stop};
use crate::aws::Cx;
use crate::kind::Address;
use crate::plan::Plan;
use crate::plan::saved::Saved;
use crate::plan::step::Blocked;
use crate::report;
use crate::report::progress::{Bars, Renderer};
use crate::state::file;
use crate::state::store::Opened;

/// The most calls under way at a time, per service: more gain nothing before AWS's own limits count.
const PER_SERVICE: usize = 16;

/// Makes AWS as the spec says, or carries out a saved plan.
pub(super) async fn apply(common: &Common, args: &ApplyArgs, terminal: Terminal) -> Result<Exit, Failure> {
    let bytes = read_file(&args.file)?;
    if Saved::is_one(&bytes) {
        // Read again, with the checks that a file of ours gets: others may not write it.
        let bytes = file::read(&args.file)?.unwrap_or_default();
        return apply_saved(common, args, Saved::parse(&bytes)?, terminal).await;
    }
    let spec = read_spec(&args.file, terminal)?;
    let again = format!("moodle-infra apply {}", told(common, &args.file));
    let asks = !args.no_preflight;
    change(common, &spec, &args.choice, &args.replace, false, asks, args.yes, &again, terminal).await
}

/// Deletes everything of the stack.
pub(super) async fn destroy(common: &Common, args: &DestroyArgs, terminal: Terminal) -> Result<Exit, Failure> {
    let spec = read_spec(&args.spec, terminal)?;
    let again = format!("moodle-infra destroy {}", told(common, &args.spec));
    change(common, &spec, &args.choice, &[], true, false, args.yes, &again, terminal).await
}

#[expect(clippy::too_many_arguments, reason = "the one place where apply and destroy come together")]
async fn change(
    common: &Common,
    spec: &Spec,
    choice: &Choice,
    replace: &[Address],
    destroy: bool,
    asks: bool,
    yes: bool,
    again: &str,
    terminal: Terminal,
) -> Result<Exit, Failure> {
    let command = if destroy { "destroy" } else { "apply" };
    let mut session = Session::begin(common, &spec.topology, &choice.limit, command, terminal).await?;
    let plan = session.plan(spec, choice, replace, destroy).await?;
    if asks {
        preflight::check(&session, &spec.topology, &plan, terminal).await?;
    }
    if !terminal.json {
        let text = report::plan::text(&plan, expected(&session.registry, &plan), terminal.style());
        terminal.talk(&text);
        if !plan.is_empty() {
            terminal.note(&Change::of(spec, session.store.state(), destroy).line());
        }
    }
    if let Some(text) = moved::note(&session, &plan) {
        terminal.note(&text);
    }
    refuse_blocked(&plan)?;
    if !plan.is_empty() && !yes && !confirmed(&plan, common, terminal)? {
        terminal.note("Nothing was changed.");
        return Ok(Exit::Failed);
    }
    carry_out(session, &plan, again, terminal).await
}

async fn apply_saved(common: &Common, args: &ApplyArgs, saved: Saved, terminal: Terminal) -> Result<Exit, Failure> {
    if !args.choice.target.is_empty() || !args.replace.is_empty() || !args.choice.allow_data_loss.is_empty() {
        let help = "plan again with these options and --out";
        return Err(Failure::new(Exit::Usage, "a saved plan takes no --target, --replace or --allow-data-loss", help));
    }
    if saved.sandbox != common.sandbox {
        let (made, help) = if saved.sandbox { ("", "add --sandbox") } else { ("not ", "leave out --sandbox") };
        return Err(Failure::new(Exit::Usage, format!("the plan was {made}made with --sandbox"), help));
    }
    let spec = read_spec(&saved.spec, terminal)?;
    let session = Session::begin(common, &spec.topology, &args.choice.limit, "apply", terminal).await?;
    saved.check(&spec.bytes, session.store.state())?;
    let home = session.home();
    if (&saved.plan.account, &saved.plan.region) != (&home.account, &home.region) {
        let planned = crate::plan::Home { account: saved.plan.account.clone(), region: saved.plan.region.clone() };
        return Err(crate::plan::PlanError::Elsewhere { state: planned, now: home }.into());
    }
    if !args.no_preflight {
        preflight::check(&session, &spec.topology, &saved.plan, terminal).await?;
    }
    refuse_blocked(&saved.plan)?;
    let again = format!("moodle-infra apply {}", told(common, &saved.spec));
    carry_out(session, &saved.plan, &again, terminal).await
}

fn refuse_blocked(plan: &Plan) -> Result<(), Failure> {
    let used: Vec<String> = plan
        .blocked()
        .filter_map(|step| match &step.blocked {
            Some(why @ Blocked::Used { .. }) => Some(format!("{}: {why}", step.key.address)),
            _ => None,
        })
        .collect();
    if !used.is_empty() {
        let message = format!("the plan would delete what is in use\n    {}", used.join("\n    "));
        return Err(Failure::new(Exit::Failed, message, "nothing was changed; no option allows it"));
    }
    let blocked: Vec<&str> = plan.blocked().map(|step| step.key.address.as_str()).collect();
    if blocked.is_empty() {
        return Ok(());
    }
    let message = format!("the plan would lose data: {}", blocked.join(", "));
    let flags: Vec<String> = blocked.iter().map(|it| format!("--allow-data-loss '{it}'")).collect();
    let help = format!("nothing was changed; to lose it, name each address:\n    {}", flags.join(" \\\n    "));
    Err(Failure::new(Exit::Failed, message, help))
}

fn confirmed(plan: &Plan, common: &Common, terminal: Terminal) -> Result<bool, Failure> {
    if terminal.can_ask() {
        let verb = if plan.destroy { "Delete all of this" } else { "Apply this" };
        let place = if common.sandbox { "the sandbox".to_owned() } else { format!("account {}", plan.account) };
        return Ok(terminal.ask(&format!("\n{verb} in {place}?")));
    }
    if common.sandbox {
        // Nothing but an emulator's memory is at stake, and nobody is there to be asked.
        return Ok(true);
    }
    let help = "add --yes, or save a plan with `plan --out FILE` and apply that";
    Err(Failure::new(Exit::Usage, "there is no terminal to ask for a confirmation on; nothing was changed", help))
}

async fn carry_out(session: Session, plan: &Plan, again: &str, terminal: Terminal) -> Result<Exit, Failure> {
    let Session { cx, registry, mut store, pace } = session;
    let mut renderer = if terminal.json {
        Renderer::Json
    } else if terminal.live {
        Renderer::Bars(Box::new(Bars::new(terminal.style())))
    } else {
        Renderer::Lines(terminal.style())
    };
    let mut stops = signals::listen();
    let job = Job { cx: &cx, registry: &registry, plan, pace, per_service: PER_SERVICE };
    let mut tell = |event: Progress| {
        let Some(line) = renderer.event(&event) else { return };
        if terminal.json { terminal.data(&format!("{line}\n")) } else { terminal.note(&line) }
    };
    let outcome = run::apply(job, &mut Mortal::of(store.as_mut())?, &mut stops, &mut tell).await;
    renderer.end();
    let compacted = store.compact();
    log_calls(&cx);
    end(plan, outcome, store.as_ref(), &cx, again, terminal, compacted.err())
}

fn end(
    plan: &Plan,
    mut outcome: Outcome,
    store: &dyn Opened,
    cx: &Cx,
    again: &str,
    terminal: Terminal,
    not_compacted: Option<crate::state::StateError>,
) -> Result<Exit, Failure> {
    let outputs: &BTreeMap<String, Value> = &store.state().outputs;
    let calls = cx.calls();
    if terminal.json {
        terminal.data(&format!("{}\n", report::outcome::json(plan, &outcome, outputs, &calls)));
    } else {
        let total = calls.values().sum();
        terminal.data(&report::outcome::text(plan, &outcome, outputs, total, again, terminal.data_style()));
    }
    if let Some(error) = outcome.state_error.take().or(not_compacted) {
        return Err(error.into());
    }
    Ok(match outcome.stopped {
        Some(Stop::Drain | Stop::Drop) if !outcome.is_complete() => Exit::Interrupted,
        _ if outcome.is_complete() => Exit::Success,
        _ => Exit::Failed,
    })
}

/// Tells the number of API calls of each operation, for those who ask with `-v`.
pub(super) fn log_calls(cx: &Cx) {
    for (operation, count) in cx.calls() {
        tracing::debug!(operation, count, "calls");
    }
}

/// Returns the options and the file of a command as the user would type them again.
fn told(common: &Common, file: &Path) -> String {
    let mut words = vec![file.display().to_string()];
    if common.sandbox {
        words.push("--sandbox".to_owned());
    }
    if common.state_dir != Path::new("state") {
        words.push(format!("--state-dir {}", common.state_dir.display()));
    }
    if let Some(profile) = &common.profile {
        words.push(format!("--profile {profile}"));
    }
    words.join(" ")
}
