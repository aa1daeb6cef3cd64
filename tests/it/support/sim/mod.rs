//! A cloud in memory that behaves like AWS where that matters to an engine, on tokio's paused clock.
//!
//! Every kind of a registry can be driven against it ([`kind::simulated`]): the kind's own declarations (batch, polls,
//! rate, passing refusals, what conflicts) stay, and only its calls are answered from memory. A request takes effect
//! halfway between call and answer, whether or not anyone still waits for the answer.
//!
//! *Absent on purpose*: any look at the engine's state. What the cloud knows, it knows from calls; rules that a client
//! breaks are written down in [`world::World::broken`] and checked by the tests.

pub(crate) mod dice;
pub(crate) mod kind;
pub(crate) mod ledger;
pub(crate) mod log;
pub(crate) mod nature;
mod rates;
pub(crate) mod resource;
mod shape;
pub(crate) mod site;
pub(crate) mod things;
pub(crate) mod weather;
pub(crate) mod world;
