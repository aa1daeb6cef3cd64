//! One incarnation of one resource, as recorded.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::event::{Call, Event};
use crate::kind::Address;

/// Identifies a record: a replaced resource is an older incarnation at the same address.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Key {
    /// Where the resource stands.
    pub address: Address,
    /// 1 for the first one ever at this address.
    pub incarnation: u32,
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.address, self.incarnation)
    }
}

/// What is recorded of a resource.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resource {
    /// The name of its kind.
    pub kind: String,
    /// The region it was made in; `None` is the stack's own.
    pub region: Option<String>,
    /// The token that its create call carried, and its tag where it has tags.
    pub token: String,
    /// How far it is.
    pub stage: Stage,
    /// The call that has no recorded answer yet.
    pub open: Option<Open>,
    /// Properties that the create call could not carry and no update has set yet.
    pub later: Vec<String>,
    /// The properties that only name it and that it brought along when it was imported: the spec's are not compared.
    pub kept: BTreeSet<String>,
    /// The addresses that it needs; they are deleted after it.
    pub needs: BTreeSet<Address>,
    /// Its properties as last sent or seen.
    pub props: Value,
    /// Its attributes; null while it is being created.
    pub attrs: Value,
}

/// How far a resource is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Its create call has no recorded answer.
    Creating,
    /// It exists.
    Created,
    /// It is usable.
    Ready,
    /// AWS accepted its deletion.
    Leaving,
}

/// A call without a recorded answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Open {
    /// The create call.
    Create,
    /// An update call: the properties after it, and what the resource needs then.
    Update {
        /// The properties after the update.
        props: Value,
        /// The addresses needed after the update.
        needs: BTreeSet<Address>,
    },
    /// The delete call.
    Delete,
}

impl Resource {
    /// Takes an event of this resource into account.
    pub(super) fn fold(&mut self, event: &Event) -> Result<(), &'static str> {
        match event {
            Event::Intend { call: Call::Update { props, needs }, .. } => {
                self.idle()?;
                // Until the answer is known it may need either, so that neither is deleted under it.
                self.needs.extend(needs.iter().cloned());
                self.open = Some(Open::Update { props: props.clone(), needs: needs.clone() });
            }
            Event::Intend { call: Call::Delete, .. } => {
                // A deletion that is on its way may be asked for again.
                if self.open.is_some() || self.stage == Stage::Creating {
                    return Err("another call is open");
                }
                self.open = Some(Open::Delete);
            }
            Event::Created { attrs, later, ready, .. } => {
                self.open = None;
                self.later.clone_from(later);
                self.stage = if *ready { Stage::Ready } else { Stage::Created };
                self.attrs.clone_from(attrs);
            }
            Event::Updated { attrs, ready, .. } => {
                let Some(Open::Update { props, needs }) = self.open.take() else { return Err("no update is open") };
                self.stage = if *ready { Stage::Ready } else { Stage::Created };
                self.later.clear();
                self.props = props;
                self.needs = needs;
                self.attrs.clone_from(attrs);
            }
            Event::Deleting { .. } => {
                if self.open.take() != Some(Open::Delete) {
                    return Err("no deletion is open");
                }
                self.stage = Stage::Leaving;
            }
            Event::Ready { attrs, .. } => {
                if !matches!(self.stage, Stage::Created | Stage::Ready) {
                    return Err("it was not waited for");
                }
                self.stage = Stage::Ready;
                self.attrs.clone_from(attrs);
            }
            Event::Nothing { .. } => {
                self.open.take().ok_or("no call is open")?;
            }
            Event::Observed { props, attrs, ready, .. } => {
                if self.stage == Stage::Creating {
                    return Err("it does not exist yet");
                }
                self.open = None;
                self.later.clear();
                if self.stage != Stage::Leaving {
                    self.stage = if *ready { Stage::Ready } else { Stage::Created };
                }
                self.props.clone_from(props);
                self.attrs.clone_from(attrs);
            }
            Event::Linked { needs, .. } => self.needs.clone_from(needs),
            Event::Begin { .. }
            | Event::Fact { .. }
            | Event::Outputs { .. }
            | Event::Moved { .. }
            | Event::Gone { .. }
            | Event::Forgotten { .. }
            | Event::Adopted { .. }
            | Event::Intend { call: Call::Create { .. }, .. } => return Err("not an event of one resource"),
        }
        Ok(())
    }

    fn idle(&self) -> Result<(), &'static str> {
        if self.open.is_some() || !matches!(self.stage, Stage::Created | Stage::Ready) {
            return Err("it cannot be changed now");
        }
        Ok(())
    }

    pub(super) fn verify(&self) -> Result<(), &'static str> {
        if (self.stage == Stage::Creating) != (self.open == Some(Open::Create)) {
            return Err("it is being created, but no create call is open, or the other way round");
        }
        if (self.stage == Stage::Creating) != self.attrs.is_null() {
            return Err("it has attributes before it was created, or none after");
        }
        if !self.props.is_object() {
            return Err("its properties are not an object");
        }
        Ok(())
    }
}
