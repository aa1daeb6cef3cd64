//! Settling the calls whose answer a crash lost: AWS is asked what happened, and the answer is recorded.
//!
//! A create call's resource is looked for by its token (twice, because a tag index lags); it is adopted, or nothing
//! happened. After an update or delete call the resource is read, and once more after a pause where it stands as if there
//! had been no call: the request of a process that has just died may still be under way. Nothing is left to the user.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::refresh::{self, Group, Look, known, patiently, unfit};
use super::{Pace, PlanError};
use crate::aws::Cx;
use crate::kind::erased::{LostValue, Registry};
use crate::kind::{Phase, Token};
use crate::state::event::Event;
use crate::state::resource::{Key, Open, Resource};
use crate::state::store::Ledger;

/// Settles every open call and returns what was learnt, in words for the user.
///
/// # Errors
/// When AWS cannot be asked, or an answer cannot be recorded. What was settled before stays settled.
pub async fn settle(
    cx: &Cx,
    registry: &Registry,
    ledger: &mut dyn Ledger,
    pace: Pace,
) -> Result<Vec<Settled>, PlanError> {
    let open: Vec<(Key, Resource, Open)> =
        ledger.state().open().map(|(key, resource, open)| (key.clone(), resource.clone(), open.clone())).collect();
    let (created, touched): (Vec<_>, Vec<_>) = open.into_iter().partition(|(_, _, open)| *open == Open::Create);

    let lost: Vec<(Key, Resource)> = created.into_iter().map(|(key, resource, _)| (key, resource)).collect();
    let stack = ledger.state().stack.clone();
    let lineage = ledger.state().lineage.clone();
    let mut found = find(cx, registry, &stack, &lineage, &lost, pace).await?;
    let mut looks = refresh::look_twice(cx, registry, keyed(&touched), pace).await?;
    let early: Vec<_> = touched.iter().filter(|it| may_still_come(it, looks.get(&it.0))).cloned().collect();
    if found.len() < lost.len() || !early.is_empty() {
        tokio::time::sleep(pace.lost).await;
        let missing: Vec<_> = lost.iter().filter(|(key, _)| !found.contains_key(key)).cloned().collect();
        found.extend(find(cx, registry, &stack, &lineage, &missing, pace).await?);
        looks.extend(refresh::look_twice(cx, registry, keyed(&early), pace).await?);
    }
    let mut events = Vec::new();
    for (key, resource) in lost {
        let kind = known(registry, &resource.kind, &key.address)?;
        events.push(match found.remove(&key) {
            Some(attrs) => {
                let later = kind.later(&resource.props).into_iter().map(str::to_owned).collect();
                Event::Created { key, attrs, later, ready: false }
            }
            None => Event::Nothing { key },
        });
    }

    for (key, resource, open) in touched {
        events.push(match looks.get(&key) {
            Some(Look::Seen(seen)) => {
                let leaving = seen.phase == Phase::Deleting;
                match open {
                    Open::Delete if leaving => Event::Deleting { key },
                    Open::Delete => Event::Nothing { key },
                    Open::Create | Open::Update { .. } => Event::Observed {
                        key,
                        props: seen.props.clone(),
                        attrs: seen.attrs.clone(),
                        ready: seen.phase == Phase::Ready,
                    },
                }
            }
            // What is gone from under an update the plan finds out.
            Some(Look::Absent) | None => match open {
                Open::Delete => Event::Gone { key },
                Open::Create | Open::Update { .. } => {
                    Event::Observed { key, props: resource.props.clone(), attrs: resource.attrs.clone(), ready: false }
                }
            },
        });
    }

    let mut settled = Vec::new();
    for event in events {
        let told = Settled::of(&event);
        ledger.record(event)?;
        settled.extend(told);
    }
    Ok(settled)
}

/// A resource and its open call.
type Touched = (Key, Resource, Open);

fn keyed(touched: &[Touched]) -> impl Iterator<Item = (&Key, &Resource)> + Clone {
    touched.iter().map(|(key, resource, _)| (key, resource))
}

/// Whether a call may yet have its effect, as far as a look shows: its request may still be under way, or its effect not
/// have reached the replica that answered.
fn may_still_come((_, _, open): &Touched, look: Option<&Look>) -> bool {
    let Some(Look::Seen(seen)) = look else { return false };
    match open {
        Open::Delete => seen.phase != Phase::Deleting,
        Open::Create | Open::Update { .. } => true,
    }
}

async fn find(
    cx: &Cx,
    registry: &Registry,
    stack: &str,
    lineage: &str,
    lost: &[(Key, Resource)],
    pace: Pace,
) -> Result<BTreeMap<Key, Value>, PlanError> {
    let mut groups: BTreeMap<Group<'_>, Vec<(&Key, LostValue)>> = BTreeMap::new();
    for (key, resource) in lost {
        let token = Token::derive(stack, lineage, &key.address, key.incarnation);
        let want = LostValue { token, want: resource.props.clone() };
        groups.entry((resource.kind.as_str(), resource.region.as_deref())).or_default().push((key, want));
    }
    let mut found = BTreeMap::new();
    for ((name, region), members) in groups {
        let kind = Arc::clone(known(registry, name, &members[0].0.address)?);
        let cx = region.map_or_else(|| cx.clone(), |region| cx.at(region));
        for (key, value) in &members {
            kind.normalise(&value.want).map_err(|why| unfit(&kind, &key.address, why))?;
        }
        for batch in members.chunks(kind.meta().batch) {
            let wanted: Vec<LostValue> = batch.iter().map(|(_, value)| value.clone()).collect();
            let answers = patiently(&cx, kind.meta(), pace, || kind.find(&cx, &wanted)).await;
            let answers = answers.map_err(|source| PlanError::Look {
                address: batch[0].0.address.clone(),
                kind: name.to_owned(),
                source: Box::new(source),
            })?;
            let keyed = batch.iter().zip(answers).filter_map(|((key, _), attrs)| Some(((*key).clone(), attrs?)));
            found.extend(keyed);
        }
    }
    Ok(found)
}

/// A call that was settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// The resource.
    pub key: Key,
    /// What had happened.
    pub outcome: Outcome,
}

/// What had happened to a call whose answer was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The resource was made; it is adopted.
    Made,
    /// The resource was deleted, or is being deleted.
    Deleted,
    /// The resource was read again.
    Read,
    /// Nothing.
    Nothing,
}

impl Settled {
    fn of(event: &Event) -> Option<Settled> {
        let (key, outcome) = match event {
            Event::Created { key, .. } => (key, Outcome::Made),
            Event::Gone { key } | Event::Deleting { key } => (key, Outcome::Deleted),
            Event::Observed { key, .. } => (key, Outcome::Read),
            Event::Nothing { key } => (key, Outcome::Nothing),
            _ => return None,
        };
        Some(Settled { key: key.clone(), outcome })
    }
}
