//! What we made in AWS, as a fold of a log.
//!
//! The state is `snapshot + journal`. An [`Event`] is on disk before anything acts on it: an intent before its API
//! call, a result before a dependent starts. [`State::fold`] is the one function that changes a state, live and in
//! replay, and refuses illegal transitions.
//!
//! The life of one incarnation of a resource:
//!
//! ```text
//!               intend create                 created               ready
//!   (no record) ─────────────▶ Creating ───────────────▶ Created ───────────▶ Ready
//!        ▲                        │ nothing                 ▲  │ intend update   │
//!        ├────────────────────────┘                updated  └──┴── Open::Update ◀┘
//!        │ gone                                                     (nothing: as before)
//!        └───────── Leaving ◀── deleting ── Open::Delete ◀── intend delete ── Created | Ready
//! ```
//!
//! What stands in AWS already comes in by `adopted`, Created or Ready.
//!
//! *Absent on purpose*: secrets (they are referred to by ARN), times (nothing depends on one), and any event that
//! changes two resources.

pub mod event;
pub mod file;
pub mod journal;
pub mod json;
pub mod lock;
pub mod note;
pub mod resource;
pub mod snapshot;
pub mod store;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde_json::Value;

use crate::kind::Address;
use event::{Call, Event};
use resource::{Key, Open, Resource, Stage};

/// Everything recorded of one stack.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    /// The stack's name.
    pub stack: String,
    /// Drawn at random when the state was made; a part of every token.
    pub lineage: String,
    /// The account that the resources are in; `None` before the first contact.
    pub account: Option<String>,
    /// The stack's region; `None` before the first contact.
    pub region: Option<String>,
    /// The number of events folded so far. A saved plan is bound to it.
    pub serial: u64,
    /// What was looked up once and must not change by itself: the zones in their order.
    pub facts: BTreeMap<String, Value>,
    /// The resources, older incarnations of an address first.
    pub resources: BTreeMap<Key, Resource>,
    /// The last incarnation of every address that ever was, so that no token is used twice.
    pub incarnations: BTreeMap<Address, u32>,
    /// What users want to know, as of the last apply.
    pub outputs: BTreeMap<String, Value>,
}

impl State {
    /// Returns the state of a stack that has nothing yet.
    #[must_use]
    pub fn empty(stack: &str, lineage: &str) -> State {
        State {
            stack: stack.to_owned(),
            lineage: lineage.to_owned(),
            account: None,
            region: None,
            serial: 0,
            facts: BTreeMap::new(),
            resources: BTreeMap::new(),
            incarnations: BTreeMap::new(),
            outputs: BTreeMap::new(),
        }
    }

    /// Returns the newest incarnation at `address`.
    #[must_use]
    pub fn current(&self, address: &Address) -> Option<(&Key, &Resource)> {
        let all =
            Key { address: address.clone(), incarnation: 0 }..=Key { address: address.clone(), incarnation: u32::MAX };
        self.resources.range(all).next_back()
    }

    /// Returns the key of the next incarnation at `address`.
    #[must_use]
    pub fn next_key(&self, address: &Address) -> Key {
        let incarnation = self.incarnations.get(address).copied().unwrap_or(0) + 1;
        Key { address: address.clone(), incarnation }
    }

    /// Returns the resources whose last call has no recorded answer: what a crash leaves behind.
    pub fn open(&self) -> impl Iterator<Item = (&Key, &Resource, &Open)> {
        self.resources.iter().filter_map(|(key, it)| it.open.as_ref().map(|open| (key, it, open)))
    }

    /// Takes an event into account.
    ///
    /// # Errors
    /// When the event is illegal in this state. The state is unchanged then.
    pub fn fold(&mut self, event: &Event) -> Result<(), Illegal> {
        match event {
            Event::Begin { account, region } => {
                let same = |known: &Option<String>, new| known.as_ref().is_none_or(|known| known == new);
                if !same(&self.account, account) || !same(&self.region, region) {
                    return Err(illegal(event, "the stack is in another account or region"));
                }
                self.account = Some(account.clone());
                self.region = Some(region.clone());
            }
            Event::Fact { name, value } => drop(self.facts.insert(name.clone(), value.clone())),
            Event::Outputs { outputs } => self.outputs.clone_from(outputs),
            Event::Moved { from, to } => self.moved(event, from, to)?,
            Event::Intend { key, call: Call::Create { kind, region, token, props, needs } } => {
                self.count(event, key)?;
                let made = Resource {
                    kind: kind.clone(),
                    region: region.clone(),
                    token: token.clone(),
                    stage: Stage::Creating,
                    open: Some(Open::Create),
                    later: Vec::new(),
                    kept: BTreeSet::new(),
                    needs: needs.clone(),
                    props: props.clone(),
                    attrs: Value::Null,
                };
                self.resources.insert(key.clone(), made);
            }
            Event::Adopted { key, kind, region, token, props, attrs, needs, kept, ready } => {
                if self.current(&key.address).is_some() {
                    return Err(illegal(event, "the address is taken"));
                }
                self.count(event, key)?;
                let adopted = Resource {
                    kind: kind.clone(),
                    region: region.clone(),
                    token: token.clone(),
                    stage: if *ready { Stage::Ready } else { Stage::Created },
                    open: None,
                    later: Vec::new(),
                    kept: kept.clone(),
                    needs: needs.clone(),
                    props: props.clone(),
                    attrs: attrs.clone(),
                };
                self.resources.insert(key.clone(), adopted);
            }
            Event::Created { key, .. } if self.resources.get(key).is_none_or(|it| it.stage != Stage::Creating) => {
                return Err(illegal(event, "nothing is being created there"));
            }
            Event::Nothing { key } if self.resources.get(key).is_some_and(|it| it.stage == Stage::Creating) => {
                self.resources.remove(key);
            }
            Event::Gone { key } | Event::Forgotten { key } => {
                self.resources.remove(key).ok_or_else(|| illegal(event, "there is no such resource"))?;
            }
            Event::Intend { key, .. }
            | Event::Created { key, .. }
            | Event::Updated { key, .. }
            | Event::Deleting { key }
            | Event::Ready { key, .. }
            | Event::Nothing { key }
            | Event::Observed { key, .. }
            | Event::Linked { key, .. } => {
                let resource =
                    self.resources.get_mut(key).ok_or_else(|| illegal(event, "there is no such resource"))?;
                resource.fold(event).map_err(|why| illegal(event, why))?;
            }
        }
        self.serial += 1;
        Ok(())
    }

    /// Counts a new incarnation at its address.
    fn count(&mut self, event: &Event, key: &Key) -> Result<(), Illegal> {
        let last = self.incarnations.get(&key.address).copied().unwrap_or(0);
        if key.incarnation <= last {
            return Err(illegal(event, "this incarnation was used before"));
        }
        self.incarnations.insert(key.address.clone(), key.incarnation);
        Ok(())
    }

    fn moved(&mut self, event: &Event, from: &Key, to: &Key) -> Result<(), Illegal> {
        if self.resources.keys().any(|key| key.address == to.address) {
            return Err(illegal(event, "the new address is taken"));
        }
        if self.incarnations.get(&to.address).is_some_and(|last| *last >= to.incarnation) {
            return Err(illegal(event, "this incarnation was used before"));
        }
        let moved = self.resources.remove(from).ok_or_else(|| illegal(event, "there is no such resource"))?;
        self.resources.insert(to.clone(), moved);
        self.incarnations.insert(to.address.clone(), to.incarnation);
        for resource in self.resources.values_mut() {
            if resource.needs.remove(&from.address) {
                resource.needs.insert(to.address.clone());
            }
        }
        Ok(())
    }

    /// Checks what must hold in every state that this program wrote; for states read from a file.
    ///
    /// # Errors
    /// The first thing that does not hold.
    pub fn verify(&self) -> Result<(), String> {
        for (key, resource) in &self.resources {
            if self.incarnations.get(&key.address).is_none_or(|last| *last < key.incarnation) {
                return Err(format!("`{key}` is newer than the last incarnation recorded for its address"));
            }
            resource.verify().map_err(|why| format!("`{key}`: {why}"))?;
        }
        Ok(())
    }
}

/// Returns what is wrong with a file, which may have been made to say much.
fn shortened(why: &str) -> String {
    const LONGEST: usize = 300;
    if why.chars().count() <= LONGEST { why.to_owned() } else { why.chars().take(LONGEST).chain(['…']).collect() }
}

fn illegal(event: &Event, why: &'static str) -> Illegal {
    Illegal { event: format!("{event:?}").chars().take(200).collect(), why }
}

/// An event that cannot happen in a state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why} (event {event})")]
pub struct Illegal {
    event: String,
    why: &'static str,
}

/// What can go wrong with the files of a state.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// A file could not be read.
    #[error("cannot read {}", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file could not be written; what was on disk before is still there.
    #[error("cannot write {}", .path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file is not what this program wrote.
    #[error("{} is damaged: {why}", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        why: String,
    },
    /// A file was written by a newer version.
    #[error("{} is of format version {found}; this version of moodle-infra reads up to {known}", .path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// The version in the file.
        found: u64,
        /// The newest version that this program reads.
        known: u64,
    },
    /// A file is of another stack.
    #[error("{} is the state of stack `{found}`, not of `{wanted}`", .path.display())]
    OtherStack {
        /// The file.
        path: PathBuf,
        /// The stack in the file.
        found: String,
        /// The stack asked for.
        wanted: String,
    },
    /// A journal goes on from a newer snapshot than the one that is there: one of the two was restored without the other.
    #[error("{} goes on from record {after}, but the snapshot beside it ends at record {found}", .path.display())]
    Behind {
        /// The journal.
        path: PathBuf,
        /// The record that the journal goes on from.
        after: u64,
        /// The last record in the snapshot.
        found: u64,
    },
    /// Others may change a file or a folder, or it is not a plain file.
    #[error("{} is not safe to use: {why}", .path.display())]
    Unsafe {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// Another process works on the stack.
    #[error("stack `{stack}` is locked by {holder}")]
    Locked {
        /// The stack.
        stack: String,
        /// Who holds the lock, as it wrote itself down.
        holder: Box<lock::Holder>,
    },
    /// Whether the holder of the lock is alive cannot be found out from here.
    #[error("stack `{stack}` is locked by {holder}, on another machine")]
    LockedElsewhere {
        /// The stack.
        stack: String,
        /// Who took the lock, as it wrote itself down.
        holder: Box<lock::Holder>,
    },
    /// Somebody freed the lock while we held it.
    #[error("the lock of stack `{stack}` was taken from this run: {} is not as this run wrote it", .path.display())]
    LockLost {
        /// The stack.
        stack: String,
        /// The lock file.
        path: PathBuf,
    },
    /// An event is illegal; nothing was written.
    #[error(transparent)]
    Illegal(#[from] Illegal),
}
