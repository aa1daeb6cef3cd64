//! What was called, and when.

use moodle_infra::kind::Address;
use tokio::time::Instant;

/// The methods of a kind that call AWS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Method {
    /// Makes a resource.
    Create,
    /// Changes one.
    Update,
    /// Deletes one.
    Delete,
    /// Reads several.
    Read,
    /// Looks for lost ones.
    Find,
}

/// One call.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    /// The name of the kind.
    pub(crate) kind: &'static str,
    pub(crate) method: Method,
    /// The resource; `None` for a look at several.
    pub(crate) address: Option<Address>,
    pub(crate) began: Instant,
    /// When the answer was given; `None` when nobody waited for it.
    pub(crate) ended: Option<Instant>,
    /// The code of a refusal, or what became of an answer that got lost.
    pub(crate) failed: Option<String>,
}
