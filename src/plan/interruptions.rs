//! What who uses the site notices of an apply.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::step::{Action, Step};
use crate::kind::erased::Registry;
use crate::kind::{Address, Transition};
use crate::state::State;
use crate::state::resource::Key;

/// Something that who uses the site notices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Interruption {
    /// What, as a clause: `nobody reaches the site`.
    pub what: String,
    /// The resources that change or are replaced meanwhile.
    pub by: BTreeSet<Address>,
}

/// Returns what kinds say of the steps, each thing once.
pub(super) fn interruptions(registry: &Registry, state: &State, steps: &[Step]) -> Vec<Interruption> {
    let mut all: BTreeMap<&'static str, BTreeSet<Address>> = BTreeMap::new();
    for step in steps {
        let Some(kind) = registry.get(&step.kind) else { continue };
        let what = match &step.action {
            Action::Update { was, props, .. } => kind.noticed(was, props, Transition::InPlace),
            Action::Create { props, replaces: Some(old), .. } => {
                let key = Key { address: step.key.address.clone(), incarnation: *old };
                // One of another kind says nothing of this one.
                let old = state.resources.get(&key).filter(|it| it.kind == step.kind);
                let transition = if old_goes_first(steps, step) { Transition::OldFirst } else { Transition::NewFirst };
                old.and_then(|old| kind.noticed(&old.props, props, transition))
            }
            _ => None,
        };
        if let Some(what) = what {
            all.entry(what).or_default().insert(step.key.address.clone());
        }
    }
    all.into_iter().map(|(what, by)| Interruption { what: what.to_owned(), by }).collect()
}

/// Whether a replacement waits for the end of what it replaces.
#[must_use]
pub fn old_goes_first(steps: &[Step], step: &Step) -> bool {
    step.waits.iter().any(|wait| {
        let other = &steps[wait.step];
        other.key.address == step.key.address && matches!(other.action, Action::Delete { .. })
    })
}
