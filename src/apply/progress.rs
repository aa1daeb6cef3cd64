//! What an apply tells while it runs: a closed enum that `report` renders.

use std::time::Duration;

use crate::kind::{Address, Verb};

/// Something that happened during an apply.
#[derive(Debug, Clone, PartialEq)]
pub enum Progress {
    /// It begins.
    Began {
        /// The number of steps.
        steps: usize,
        /// The expected duration: the longest path of typical durations.
        expected: Duration,
    },
    /// A step's call is being made.
    Started {
        /// The step.
        step: usize,
        /// The resource.
        address: Address,
        /// What is done.
        what: What,
        /// How long that usually takes.
        expected: Duration,
    },
    /// The call answered; now it is waited for.
    Waiting {
        /// The step.
        step: usize,
        /// The resource.
        address: Address,
    },
    /// AWS said "not yet" or "slower", or lost an answer; the call is made again.
    Again {
        /// The step.
        step: usize,
        /// The resource.
        address: Address,
        /// What AWS said.
        why: String,
        /// The pause before.
        pause: Duration,
    },
    /// A step is done.
    Done {
        /// The step.
        step: usize,
        /// The resource.
        address: Address,
        /// What was done.
        what: What,
        /// How long it took.
        took: Duration,
        /// The id of the resource, where it has one.
        id: Option<String>,
    },
    /// A step failed; what waits for it will not be tried.
    Failed {
        /// The step.
        step: usize,
        /// The resource.
        address: Address,
        /// What was tried.
        what: What,
        /// What went wrong.
        why: String,
    },
    /// The user asked to stop: calls under way are waited for, nothing new is started.
    Draining {
        /// The number of calls under way.
        calls: usize,
    },
    /// The time left changed.
    Left {
        /// The expected duration until the end.
        expected: Duration,
    },
}

/// What is done to a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// One of the calls that change AWS.
    Call(Verb),
    /// Only waiting.
    Await,
}

impl std::fmt::Display for What {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            What::Call(verb) => verb.fmt(f),
            What::Await => f.write_str("await"),
        }
    }
}
