//! Carrying a plan out: one loop that owns everything.
//!
//! ```text
//!            ┌────────────── queue ◀──────── milestone reached ───────────┐
//!            ▼                                                            │
//!   intent on disk ──▶ call (task) ──▶ answer ──▶ result on disk ──▶ done │ wait ──▶ one poll a kind
//!                        ▲                │                                          │
//!                        └── pause ◀── refused for now, or effect unknown: look ◀────┘
//! ```
//!
//! [`run::apply`] owns queue, state, journal, poll set and progress; a call runs as a task of its `JoinSet` and
//! returns one [`call::Answer`]. There is no lock, no detached task, and no `?` on a step's error inside the loop: a
//! failed step keeps its dependents from starting, and the rest goes on.
//!
//! *Absent on purpose*: a decision. What to do was decided by the plan; the loop only decides when.

mod call;
mod polls;
pub mod progress;
mod queue;
pub mod run;
mod step;

use std::time::Duration;

use crate::aws::Cx;
use crate::kind::erased::Registry;
use crate::plan::{Pace, Plan};
use crate::state::StateError;

/// What an apply works with.
#[derive(Clone, Copy)]
pub struct Job<'a> {
    /// The clients of the stack's account and region.
    pub cx: &'a Cx,
    /// The kinds.
    pub registry: &'a Registry,
    /// The plan; its blocked steps must have been dealt with.
    pub plan: &'a Plan,
    /// How long to wait before believing that something is not there.
    pub pace: Pace,
    /// The most calls under way at a time, per service.
    pub per_service: usize,
}

/// What a user who interrupts asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stop {
    /// Start nothing new and wait for the calls under way.
    Drain,
    /// Do not wait for anything; the journal remembers the calls under way.
    Drop,
}

/// How an apply ended. The numbers are those of the plan's steps.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The steps that are done.
    pub done: Vec<usize>,
    /// The steps that failed.
    pub failed: Vec<Failure>,
    /// The steps that were not tried, and the failed step because of which; `None` because the run was stopped.
    pub untried: Vec<(usize, Option<usize>)>,
    /// Whether the user stopped it, and how.
    pub stopped: Option<Stop>,
    /// Why the state could not be written, which ends an apply.
    pub state_error: Option<StateError>,
    /// How long it took.
    pub took: Duration,
}

impl Outcome {
    /// Whether everything in the plan is done.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.failed.is_empty() && self.untried.is_empty() && self.state_error.is_none()
    }
}

/// A step that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Its number in the plan.
    pub step: usize,
    /// What went wrong: the API call with its request id, or what was waited for in vain.
    pub why: String,
    /// Whether its call may have changed something; the next run finds out.
    pub open: bool,
}
