//! What goes wrong in a simulated cloud, by schedule or by chance.

use std::collections::{BTreeMap, BTreeSet};

use moodle_infra::kind::Address;

use super::dice::Dice;
use super::log::Method;

/// What can happen to one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The request never arrives.
    LoseRequest,
    /// The request has its effect; its answer never arrives.
    LoseAnswer,
    /// AWS answers 500 and did nothing.
    Break,
    /// AWS answers 500 and did it.
    BreakDone,
    /// AWS says "slower".
    Throttle,
}

impl Fault {
    /// Every fault.
    pub(crate) const ALL: [Fault; 5] =
        [Fault::LoseRequest, Fault::LoseAnswer, Fault::Break, Fault::BreakDone, Fault::Throttle];

    /// Whether the request has its effect all the same.
    pub(crate) fn has_effect(self) -> bool {
        matches!(self, Fault::LoseAnswer | Fault::BreakDone)
    }
}

/// What goes wrong.
#[derive(Debug, Clone, Default)]
pub(crate) struct Weather {
    /// Faults of single calls, by the number of the call in the cloud's life.
    pub(crate) at: BTreeMap<usize, Fault>,
    /// How often a call has a fault.
    pub(crate) chance: f64,
    /// Whether AWS refuses what comes too soon after what it refers to.
    pub(crate) too_early: bool,
    /// For how long, at most, something new is not seen by reads, in seconds.
    pub(crate) stale: f64,
    /// For how long, at most, something new is not found by its token, in seconds.
    pub(crate) lag: f64,
    /// By how much durations vary, as a share.
    pub(crate) jitter: f64,
    /// Calls that are refused for good.
    pub(crate) refuse: BTreeSet<(Address, Method)>,
    /// Resources that AWS gives up on after they were made.
    pub(crate) fail: BTreeSet<Address>,
}

impl Weather {
    /// Everything that AWS does now and then.
    pub(crate) fn rough(chance: f64) -> Weather {
        Weather { chance, too_early: true, stale: 2.5, lag: 6.0, jitter: 0.3, ..Weather::default() }
    }

    /// Returns the fault of a call.
    pub(crate) fn fault(&self, number: usize, dice: &mut Dice) -> Option<Fault> {
        let planned = self.at.get(&number).copied();
        planned.or_else(|| dice.chance(self.chance).then(|| *dice.pick(&Fault::ALL)))
    }
}
