//! Why a step is there.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::kind::Address;

/// Why a step is there. Its `Display` is a sentence without its full stop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Reason {
    /// The spec asks for it and there is none.
    New,
    /// It was recorded, but is gone from AWS.
    Missing,
    /// A property changed that AWS changes in place.
    Changed {
        /// The properties.
        fields: Vec<String>,
    },
    /// A property changed that AWS cannot change.
    Immutable {
        /// The properties.
        fields: Vec<String>,
    },
    /// AWS gave up on it.
    Failed {
        /// What AWS says.
        why: String,
    },
    /// It is on its way out, though the spec asks for it.
    Leaving,
    /// The user asked for its replacement.
    Requested,
    /// It must go before something that it needs can be replaced.
    InTheWay {
        /// What it needs.
        of: Address,
    },
    /// The spec does not ask for it any more.
    NotInSpec,
    /// The whole stack goes.
    Destroy,
    /// A newer incarnation is in its place.
    Replaced,
    /// Its tags do not say that it belongs to this stack.
    Unmarked,
    /// It was made, but was never seen usable.
    Unready,
    /// It is made in another way or region now.
    OtherKind,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::New => f.write_str("the spec asks for it"),
            Reason::Missing => f.write_str("it is gone from AWS, and not by moodle-infra"),
            Reason::Changed { fields } => write!(f, "{} in place", changes(fields)),
            Reason::Immutable { fields } => write!(f, "{}, which AWS cannot change in place", changes(fields)),
            Reason::Failed { why } => write!(f, "AWS gave up on it: {why}"),
            Reason::Leaving => f.write_str("it is being deleted in AWS"),
            Reason::Requested => f.write_str("its replacement was asked for"),
            Reason::InTheWay { of } => write!(f, "it must go before `{of}` can be replaced"),
            Reason::NotInSpec => f.write_str("the spec does not ask for it"),
            Reason::Destroy => f.write_str("the whole stack goes"),
            Reason::Replaced => f.write_str("a newer one is in its place"),
            Reason::Unmarked => f.write_str("its tags do not say yet that it is of this stack"),
            Reason::Unready => f.write_str("it was made, but not seen usable yet"),
            Reason::OtherKind => f.write_str("it is another kind of resource now, or in another region"),
        }
    }
}

fn changes(fields: &[String]) -> String {
    let named: Vec<String> = fields.iter().map(|field| format!("`{field}`")).collect();
    let verb = if fields.len() == 1 { "changes" } else { "change" };
    format!("{} {verb}", named.join(", "))
}
