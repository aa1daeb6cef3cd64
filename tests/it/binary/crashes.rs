//! Kill -9 at every record of the journal, on both sides of its becoming durable: the next run converges, and
//! listing the account shows no orphan, no double and nothing lost.
//!
//! `KILL_EVERY=n` tries every n-th point only (1 is all of them, and takes ten minutes; the usual 5 takes two);
//! `KILL_SPEC=FILE` takes another spec.

use std::sync::atomic::{AtomicU64, Ordering};

use super::inventory::Inventory;
use super::run::{Desk, Ended, SMALL};

fn spec() -> String {
    match std::env::var_os("KILL_SPEC") {
        Some(file) => std::fs::read_to_string(file).unwrap(),
        None => SMALL.to_owned(),
    }
}

fn every() -> u64 {
    let every = std::env::var_os("KILL_EVERY").and_then(|it| it.into_string().ok()?.parse().ok());
    every.unwrap_or(5)
}

/// Runs a command that kills itself at a record; `false` when it came to its end before.
fn killed(desk: &Desk, arguments: &str, at: &str) -> bool {
    let ended = Ended::of(desk.command(arguments).env("MOODLE_INFRA_KILL_AT", at).output().unwrap());
    assert!(matches!(ended.code, None | Some(0)), "{at}: {ended:?}");
    ended.code.is_none()
}

async fn converges(desk: &Desk, at: &str) {
    desk.ends_with(0, "apply campus.kdl --yes");
    let plan = desk.ends_with(0, "plan campus.kdl --detailed-exitcode");
    assert!(plan.out.contains("No changes"), "{at}: {}", plan.out);
    Inventory::of(desk).await.matches_state_of(desk, at);
}

/// Sweeps over the records of one command. `before` brings a desk to where the command starts.
async fn sweep(name: &str, before: impl Fn() -> Desk, command: &str, after: impl AsyncFn(&Desk, &str)) {
    let points = AtomicU64::new(0);
    for side in ["before", "after"] {
        for record in (1..).step_by(usize::try_from(every()).unwrap()) {
            let desk = before();
            let at = format!("{side}:{record}");
            let was_killed = killed(&desk, command, &at);
            after(&desk, &format!("{name} {at}")).await;
            if !was_killed {
                break;
            }
            points.fetch_add(1, Ordering::Relaxed);
        }
    }
    let points = points.load(Ordering::Relaxed);
    assert!(points > 10, "only {points} points: the sweep did not reach the run");
    report(&format!("{name}: killed at {points} points, 0 orphans, 0 doubles"));
}

#[expect(clippy::print_stderr, reason = "the number of points is the result of the sweep")]
fn report(text: &str) {
    eprintln!("{text}");
}

#[tokio::test]
async fn apply_survives_a_kill_at_every_record() {
    let spec = spec();
    sweep("apply", || Desk::with(&spec), "apply campus.kdl --yes", converges).await;
}

#[tokio::test]
async fn update_survives_a_kill_at_every_record() {
    // The zones trade places, so that their subnets do: updates, and replacements that must delete first.
    let after =
        SMALL.replace("\"eu-west-1a\" \"eu-west-1b\"", "\"eu-west-1b\" \"eu-west-1c\"").replace("it\"", "them\"");
    let prepare = || {
        let desk = Desk::with(SMALL);
        desk.ends_with(0, "apply campus.kdl --yes");
        desk.write(&after);
        desk
    };
    sweep("update", prepare, "apply campus.kdl --yes", converges).await;
}

#[tokio::test]
async fn destroy_survives_a_kill_at_every_record() {
    let prepare = || {
        let desk = Desk::with(SMALL);
        desk.ends_with(0, "apply campus.kdl --yes");
        desk
    };
    let gone = async |desk: &Desk, at: &str| {
        desk.ends_with(0, "destroy campus.kdl --yes");
        assert_eq!(Inventory::of(desk).await, Inventory::default(), "{at}");
        assert_eq!(desk.ends_with(0, "state list --stack campus").out, "", "{at}");
    };
    sweep("destroy", prepare, "destroy campus.kdl --yes", gone).await;
}
