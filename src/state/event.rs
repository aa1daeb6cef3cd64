//! What happened: the records of the journal.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::resource::Key;
use crate::kind::Address;

/// A record of the journal. Adding a variant or a field bumps `journal::VERSION`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Event {
    /// First contact: where the stack is.
    Begin {
        /// The account's twelve digits.
        account: String,
        /// The stack's region.
        region: String,
    },
    /// Something looked up that must not change by itself.
    Fact {
        /// Its name.
        name: String,
        /// Its value.
        value: Value,
    },
    /// A call is about to be made.
    Intend {
        /// The resource.
        key: Key,
        /// The call.
        call: Call,
    },
    /// The create call answered, or its lost answer was found again.
    Created {
        /// The resource.
        key: Key,
        /// Its attributes.
        attrs: Value,
        /// The properties that the create call could not carry and an update has to set.
        later: Vec<String>,
        /// Whether it is usable at once.
        ready: bool,
    },
    /// The update call answered.
    Updated {
        /// The resource.
        key: Key,
        /// Its attributes.
        attrs: Value,
        /// Whether it is usable at once.
        ready: bool,
    },
    /// The delete call was accepted.
    Deleting {
        /// The resource.
        key: Key,
    },
    /// The resource was seen usable.
    Ready {
        /// The resource.
        key: Key,
        /// Its attributes; more may be known now.
        attrs: Value,
    },
    /// The resource was seen gone.
    Gone {
        /// The resource.
        key: Key,
    },
    /// The open call had no effect.
    Nothing {
        /// The resource.
        key: Key,
    },
    /// The resource was seen otherwise than recorded, or after a call whose answer was lost.
    Observed {
        /// The resource.
        key: Key,
        /// Its properties as they stand in AWS.
        props: Value,
        /// Its attributes.
        attrs: Value,
        /// Whether it is usable.
        ready: bool,
    },
    /// The resource itself did not change, but what it needs did.
    Linked {
        /// The resource.
        key: Key,
        /// What it needs now.
        needs: BTreeSet<Address>,
    },
    /// The user took a resource into the state that stands in AWS already.
    Adopted {
        /// The resource.
        key: Key,
        /// The name of its kind.
        kind: String,
        /// The region; `None` is the stack's own.
        region: Option<String>,
        /// The token of its incarnation, which its marks will carry.
        token: String,
        /// Its properties as they stand in AWS.
        props: Value,
        /// Its attributes.
        attrs: Value,
        /// The addresses needed.
        needs: BTreeSet<Address>,
        /// The properties that it keeps, whatever the spec says.
        kept: BTreeSet<String>,
        /// Whether it is usable.
        ready: bool,
    },
    /// The user took the resource out of the state; it is left in AWS.
    Forgotten {
        /// The resource.
        key: Key,
    },
    /// The user gave the resource another address.
    Moved {
        /// Where it was.
        from: Key,
        /// Where it is.
        to: Key,
    },
    /// The outputs of the last apply.
    Outputs {
        /// Name → value.
        outputs: BTreeMap<String, Value>,
    },
}

/// A call that is about to be made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Call {
    /// Create.
    Create {
        /// The name of the kind.
        kind: String,
        /// The region; `None` is the stack's own.
        region: Option<String>,
        /// The token that the call carries.
        token: String,
        /// The properties asked for, resolved.
        props: Value,
        /// The addresses needed.
        needs: BTreeSet<Address>,
    },
    /// Update.
    Update {
        /// The properties after the update, resolved.
        props: Value,
        /// The addresses needed after the update.
        needs: BTreeSet<Address>,
    },
    /// Delete.
    Delete,
}
