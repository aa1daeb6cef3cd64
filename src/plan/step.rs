//! A step: one verb on one resource.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::diff::Difference;
use super::reason::Reason;
use crate::kind::{Address, Milestone};
use crate::state::resource::Key;

/// One verb on one resource.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// The incarnation that it works on; for a creation, the one that it makes.
    pub key: Key,
    /// The name of the kind.
    pub kind: String,
    /// The region; `None` is the stack's own.
    pub region: Option<String>,
    /// What it does.
    pub action: Action,
    /// Why.
    pub reasons: Vec<Reason>,
    /// What changes: for a creation every property, for a deletion none.
    pub differences: Vec<Difference>,
    /// What it waits for.
    pub waits: Vec<Wait>,
    /// Why it may not be carried out unless the user names its address.
    pub blocked: Option<String>,
}

/// What a step does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Action {
    /// Makes a resource.
    Create {
        /// Its properties; references may be unresolved.
        props: Value,
        /// What it needs.
        needs: BTreeSet<Address>,
        /// The incarnation whose place it takes.
        replaces: Option<u32>,
    },
    /// Changes one in place.
    Update {
        /// Its properties as seen.
        was: Value,
        /// Its properties after; references may be unresolved.
        props: Value,
        /// The names of the properties to change.
        changed: Vec<String>,
        /// Whether it gets our marks too, which its tags lack.
        marks: bool,
        /// What it needs after.
        needs: BTreeSet<Address>,
    },
    /// Deletes one.
    Delete {
        /// The incarnation that took its place, or will.
        replaced_by: Option<u32>,
    },
    /// Waits until one that exists is usable.
    Await,
}

/// Something that a step waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wait {
    /// The number of the other step in the plan.
    pub step: usize,
    /// How far it must be. A deletion is ready when the resource is gone.
    pub until: Milestone,
}
