//! A step: one verb on one resource.

use std::collections::BTreeSet;
use std::fmt;

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
    /// Why it may not be carried out.
    pub blocked: Option<Blocked>,
}

/// Why a step may not be carried out. Its `Display` is a sentence without its full stop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Blocked {
    /// It holds data, and the user has not named its address.
    Data,
    /// Something that stays refers to it, by a property that is left to AWS.
    Used {
        /// What stays.
        by: Address,
        /// The property.
        field: String,
    },
}

impl fmt::Display for Blocked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Blocked::Data => {
                f.write_str("it holds data, which would be lost; to lose it, name it with --allow-data-loss")
            }
            Blocked::Used { by, field } => {
                write!(f, "`{by}` still uses it (`{field}`); leave it in the spec, or have {by} replaced by --replace")
            }
        }
    }
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
