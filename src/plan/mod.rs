//! What an apply would do: a pure comparison of wanted, recorded and seen.
//!
//! 1. [`settle`] asks AWS about calls whose answer a crash lost, so that the state is true again.
//! 2. [`refresh`] reads every recorded resource, one call per kind and batch.
//! 3. [`decide`] compares, address by address, and says why.
//! 4. [`order`] turns the decisions into steps and says what each waits for.
//!
//! Only the first two talk to AWS, and they only read. *Absent on purpose*: any knowledge of a kind; any change.

pub mod adopt;
pub mod decide;
pub mod diff;
pub mod interruptions;
pub mod order;
pub mod reason;
pub mod refresh;
mod room;
pub mod saved;
pub mod settle;
pub mod step;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::aws::Error;
use crate::graph::Graph;
use crate::kind::Address;
use crate::kind::erased::Registry;
use crate::state::State;
use crate::state::event::Event;
use diff::Difference;
use interruptions::Interruption;
use refresh::Look;
use step::Step;

/// A plan: what an apply would do, in an order that any apply may refine but not contradict.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// The stack's name.
    pub stack: String,
    /// The account that it was made for.
    pub account: String,
    /// The stack's region.
    pub region: String,
    /// The serial of the state that it was made for.
    pub serial: u64,
    /// Whether it takes the whole stack down.
    pub destroy: bool,
    /// What stands in AWS otherwise than recorded, whoever did that.
    pub drift: Vec<Drift>,
    /// What was learnt by looking, to be recorded before the first step.
    pub learnt: Vec<Event>,
    /// The steps; a step waits only for steps of lower or higher number that never wait for it.
    pub steps: Vec<Step>,
    /// What who uses the site notices of it.
    pub interruptions: Vec<Interruption>,
    /// The outputs, which may refer to resources.
    pub outputs: BTreeMap<String, Value>,
}

impl Plan {
    /// Whether an apply would change nothing in AWS.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Returns the steps that may not be carried out unless the user names their address.
    pub fn blocked(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(|step| step.blocked.is_some())
    }
}

/// A resource that stands in AWS otherwise than recorded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Drift {
    /// Where it stands.
    pub address: Address,
    /// The name of its kind.
    pub kind: String,
    /// Whether it is not there any more.
    pub gone: bool,
    /// Recorded → seen.
    pub differences: Vec<Difference>,
}

/// Where a stack is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    /// The account's twelve digits.
    pub account: String,
    /// The stack's region.
    pub region: String,
}

impl Home {
    fn of(state: &State) -> Home {
        let text = |it: &Option<String>| it.clone().unwrap_or_default();
        Home { account: text(&state.account), region: text(&state.region) }
    }
}

impl std::fmt::Display for Home {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "account {}, region {}", self.account, self.region)
    }
}

/// What a user asks of a plan beyond the spec.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Take everything down.
    pub destroy: bool,
    /// Only these, what they need, and what cannot stay without them. Empty: everything.
    pub targets: Vec<Address>,
    /// Replace these though nothing changed.
    pub replace: BTreeSet<Address>,
    /// These may lose their data.
    pub allow_data_loss: BTreeSet<Address>,
}

/// How long things take on the other side. AWS's answers come from replicas, its tag index lags behind, and a gateway
/// takes minutes; an emulator answers from one memory and makes everything at once.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Before a recorded resource that was not found, or not as recorded, is looked at once more.
    pub absent: Duration,
    /// Before a lost create call's resource that was not found is looked for once more.
    pub lost: Duration,
    /// The part of a kind's usual times that passes before the first look whether a resource is ready or gone, and
    /// between looks.
    pub looks: f64,
    /// Whether calls keep to the published rates.
    pub rates: bool,
}

impl Pace {
    /// For AWS, whose tag index may lag by some seconds.
    pub const AWS: Pace =
        Pace { absent: Duration::from_secs(3), lost: Duration::from_secs(10), looks: 1.0, rates: true };
    /// For an emulator; the pause only lets a request of a killed process arrive.
    pub const EMULATOR: Pace =
        Pace { absent: Duration::ZERO, lost: Duration::from_millis(300), looks: 0.0, rates: false };
}

/// Makes the plan from wanted (`graph`), recorded (`state`) and seen (`looks`; empty without a refresh).
///
/// # Errors
/// When the state has kinds or properties that this version does not know, or an address asked for does not exist.
pub fn plan(
    registry: &Registry,
    graph: &Graph,
    state: &State,
    looks: &BTreeMap<crate::state::resource::Key, Look>,
    options: &Options,
    home: &Home,
) -> Result<Plan, PlanError> {
    let Home { account, region } = home.clone();
    if state.account.as_ref().is_some_and(|it| *it != account) || state.region.as_ref().is_some_and(|it| *it != region)
    {
        return Err(PlanError::Elsewhere { state: Home::of(state), now: home.clone() });
    }
    let view = decide::View::new(registry, graph, state, looks)?;
    let decisions = decide::decide(&view, options)?;
    let (steps, linked) = order::steps(&view, &decisions, options);
    let (drift, events) = view.learnt();
    let mut learnt = Vec::new();
    if state.account.is_none() {
        learnt.push(Event::Begin { account: account.clone(), region: region.clone() });
    }
    learnt.extend(events);
    learnt.extend(linked);
    let outputs = if options.destroy { BTreeMap::new() } else { graph.outputs.clone() };
    let stack = state.stack.clone();
    let interruptions = interruptions::interruptions(registry, state, &steps);
    let (serial, destroy) = (state.serial, options.destroy);
    Ok(Plan { stack, account, region, serial, destroy, drift, learnt, steps, interruptions, outputs })
}

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// The state is of another account or region.
    #[error("the state is of {state}, but these credentials and this spec are for {now}")]
    Elsewhere {
        /// Where the state's resources are.
        state: Home,
        /// Where we are now.
        now: Home,
    },
    /// The state has a kind that this version does not know.
    #[error("`{address}` is of kind `{kind}`, which this version of moodle-infra does not know")]
    UnknownKind {
        /// The resource.
        address: Address,
        /// Its kind.
        kind: String,
    },
    /// The state has properties or attributes that do not fit their kind.
    #[error("the state of `{address}` does not fit its kind `{kind}`: {why}")]
    Unfit {
        /// The resource.
        address: Address,
        /// Its kind.
        kind: String,
        /// What does not fit.
        why: String,
    },
    /// The user named an address that neither spec nor state has.
    #[error("there is no resource at or below `{address}`, neither in the spec nor in the state")]
    NoSuchAddress {
        /// What the user named.
        address: Address,
    },
    /// AWS could not be asked.
    #[error("cannot look at `{address}` ({kind})")]
    Look {
        /// One of the resources.
        address: Address,
        /// Their kind.
        kind: String,
        /// The failure.
        source: Box<Error>,
    },
    /// What was learnt could not be recorded.
    #[error(transparent)]
    State(#[from] crate::state::StateError),
}
