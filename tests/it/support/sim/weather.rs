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
    /// The answer takes its time.
    Slow,
}

impl Fault {
    /// Every fault.
    pub(crate) const ALL: [Fault; 6] =
        [Fault::LoseRequest, Fault::LoseAnswer, Fault::Break, Fault::BreakDone, Fault::Throttle, Fault::Slow];

    /// Whether the request has its effect all the same.
    pub(crate) fn has_effect(self) -> bool {
        matches!(self, Fault::LoseAnswer | Fault::BreakDone | Fault::Slow)
    }
}

/// What goes wrong.
#[derive(Debug, Clone)]
pub(crate) struct Weather {
    /// Faults of single calls, by the number of the call in the cloud's life.
    pub(crate) at: BTreeMap<usize, Fault>,
    /// How often a call has a fault.
    pub(crate) chance: f64,
    /// Whether AWS refuses what comes too soon after what it refers to.
    pub(crate) too_early: bool,
    /// How often a call is refused with one of the codes that its kind expects to pass.
    pub(crate) not_yet: f64,
    /// For how long, at most, what a deleted resource used is still in use, in seconds.
    pub(crate) lingers: f64,
    /// How much of the published rates there is.
    pub(crate) rates: f64,
    /// For how long, at most, reads do not see what is new, or changed, or gone, in seconds.
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

impl Default for Weather {
    /// Nothing goes wrong.
    fn default() -> Weather {
        Weather {
            at: BTreeMap::new(),
            chance: 0.0,
            too_early: false,
            not_yet: 0.0,
            lingers: 0.0,
            rates: 1.0,
            stale: 0.0,
            lag: 0.0,
            jitter: 0.0,
            refuse: BTreeSet::new(),
            fail: BTreeSet::new(),
        }
    }
}

impl Weather {
    /// Everything that AWS does now and then.
    pub(crate) fn rough(chance: f64) -> Weather {
        let (stale, lag, jitter, not_yet, lingers) = (2.5, 6.0, 0.3, chance, 60.0);
        Weather { chance, too_early: true, not_yet, lingers, stale, lag, jitter, ..Weather::default() }
    }

    /// Returns the fault of a call.
    pub(crate) fn fault(&self, number: usize, dice: &mut Dice) -> Option<Fault> {
        let planned = self.at.get(&number).copied();
        planned.or_else(|| dice.chance(self.chance).then(|| *dice.pick(&Fault::ALL)))
    }
}
