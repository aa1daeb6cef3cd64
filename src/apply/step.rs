//! What the loop remembers of a step while it runs.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use super::call::Call;
use super::progress::What;
use crate::aws::Error;
use crate::kind::erased::Erased;
use crate::kind::{Retry, Verb, Wait};
use crate::plan::step::{Action, Step};

/// A lost answer is looked for, and its call made again, at most so often.
const LOST_TRIES: u32 = 3;
/// How long throttling is put up with, in seconds.
const THROTTLED_FOR: f64 = 600.0;

/// A step that runs.
pub(super) struct Running {
    pub(super) kind: Arc<dyn Erased>,
    pub(super) what: What,
    pub(super) started: Instant,
    /// The call under way, or to be made after a pause.
    pub(super) call: Option<Call>,
    /// The properties that its resource is to have.
    pub(super) want: Value,
    /// Whether the create call lost an answer and nothing was found at the first look.
    pub(super) looked_once: bool,
    /// The failure that made us look.
    pub(super) lost: Option<Error>,
    refused_since: Option<Instant>,
    refusals: u32,
    losses: u32,
}

/// What to do about a failed call, after a pause of at most so long.
pub(super) enum Verdict {
    /// Make it again.
    Again(Duration),
    /// It may have had an effect: look.
    Look(Duration),
    /// Give up; `open` when the effect stays unknown.
    GiveUp { open: bool },
}

impl Running {
    pub(super) fn new(kind: Arc<dyn Erased>, what: What) -> Running {
        Running {
            kind,
            what,
            started: Instant::now(),
            call: None,
            want: Value::Null,
            looked_once: false,
            lost: None,
            refused_since: None,
            refusals: 0,
            losses: 0,
        }
    }

    /// Returns how its resource gets ready: made, or changed in place. What a run before this one left unready may be
    /// either.
    pub(super) fn readiness(&self) -> Wait {
        let meta = self.kind.meta();
        match self.what {
            What::Call(Verb::Update) => meta.changed,
            What::Await => Wait { timeout: meta.poll.ready.timeout.max(meta.changed.timeout), ..meta.poll.ready },
            What::Call(Verb::Create | Verb::Delete) => meta.poll.ready,
        }
    }

    /// Judges a failed call of this verb.
    pub(super) fn judge(&mut self, verb: Verb, error: &Error) -> Verdict {
        if error.effect == crate::aws::Effect::Unknown {
            self.losses += 1;
            if self.losses > LOST_TRIES {
                return Verdict::GiveUp { open: true };
            }
            let pause = backoff(self.losses, 2.0);
            return if verb == Verb::Create { Verdict::Look(pause) } else { Verdict::Again(pause) };
        }
        let (patience, slowest) = if error.is_throttling() {
            (THROTTLED_FOR, 20.0)
        } else {
            match self.kind.meta().retry.iter().find(|it| it.verb == verb && passes(it, error)) {
                Some(retry) => (retry.seconds, 5.0),
                None => return Verdict::GiveUp { open: false },
            }
        };
        let now = Instant::now();
        let since = *self.refused_since.get_or_insert(now);
        if now.duration_since(since).as_secs_f64() > patience {
            return Verdict::GiveUp { open: false };
        }
        self.refusals += 1;
        Verdict::Again(backoff(self.refusals, slowest))
    }

    /// Whether a lost call that left nothing behind may be made again.
    pub(super) fn may_try_again(&mut self) -> bool {
        self.looked_once = false;
        self.losses < LOST_TRIES
    }

    /// Forgets refusals, because a call got through: the next call of the step has its own patience.
    pub(super) fn got_through(&mut self) {
        self.refused_since = None;
        self.refusals = 0;
        self.losses = 0;
    }
}

/// Whether an error is the refusal that a kind expects to pass.
fn passes(retry: &Retry, error: &Error) -> bool {
    error.is(retry.code) && error.message.contains(retry.message)
}

/// Returns 0.5, 1, 2, 4, … up to `slowest` seconds: dense at first, because most refusals pass within a second.
fn backoff(count: u32, slowest: f64) -> Duration {
    let exponent = i32::try_from(count.min(16)).unwrap_or(16) - 1;
    Duration::from_secs_f64((0.5 * 2_f64.powi(exponent)).min(slowest))
}

/// Returns what a step does.
pub(super) fn what(step: &Step) -> What {
    match step.action {
        Action::Create { .. } => What::Call(Verb::Create),
        Action::Update { .. } => What::Call(Verb::Update),
        Action::Delete { .. } => What::Call(Verb::Delete),
        Action::Await => What::Await,
    }
}
