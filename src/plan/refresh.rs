//! Reading every recorded resource as it stands in AWS, one call per kind and batch.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::{Pace, PlanError, diff};
use crate::aws::{Cx, Error};
use crate::kind::Address;
use crate::kind::erased::{Erased, Meta, Registry, SeenValue};
use crate::state::State;
use crate::state::resource::{Key, Open, Resource, Stage};

/// What a look at a resource showed.
#[derive(Debug, Clone, PartialEq)]
pub enum Look {
    /// It is not there; looked at twice.
    Absent,
    /// It is there.
    Seen(SeenValue),
}

/// What one batched call can take together: a kind, and a region (`None` is the stack's own).
pub(super) type Group<'a> = (&'a str, Option<&'a str>);

/// How often a read that failed without a refusal is tried before the plan fails.
const TRIES: u32 = 4;
/// For how long "slower" is put up with.
const THROTTLED_FOR: Duration = Duration::from_mins(10);
/// The longest pause between two tries.
const LONGEST: Duration = Duration::from_secs(20);

/// Looks at every resource that exists as far as the state knows.
///
/// # Errors
/// When AWS refuses a look, or does not answer [`TRIES`] times.
pub async fn refresh(
    cx: &Cx,
    registry: &Registry,
    state: &State,
    pace: Pace,
) -> Result<BTreeMap<Key, Look>, PlanError> {
    let all = state.resources.iter().filter(|(_, it)| it.stage != Stage::Creating);
    look_twice(cx, registry, all, pace).await
}

/// Reads these resources, and once more those that were not found or are not as expected: one answer is no evidence, it
/// comes from a replica, which may not know yet what we changed a moment ago.
pub(super) async fn look_twice<'a>(
    cx: &Cx,
    registry: &Registry,
    resources: impl Iterator<Item = (&'a Key, &'a Resource)> + Clone,
    pace: Pace,
) -> Result<BTreeMap<Key, Look>, PlanError> {
    let mut looks = look(cx, registry, resources.clone(), pace).await?;
    let mut again = Vec::new();
    for (key, resource) in resources.filter(|(_, it)| it.stage != Stage::Leaving) {
        let expected = match looks.get(key) {
            Some(Look::Seen(seen)) => {
                is_expected(known(registry, &resource.kind, &key.address)?.meta(), resource, seen)
            }
            Some(Look::Absent) | None => false,
        };
        if !expected {
            again.push((key, resource));
        }
    }
    if !again.is_empty() {
        tokio::time::sleep(pace.absent).await;
        looks.extend(look(cx, registry, again.into_iter(), pace).await?);
    }
    Ok(looks)
}

/// Whether a resource is as our last call left it, whose answer may not be known.
fn is_expected(meta: &Meta, resource: &Resource, seen: &SeenValue) -> bool {
    let mut expected = match &resource.open {
        Some(Open::Update { props, .. }) => props.clone(),
        _ => resource.props.clone(),
    };
    if resource.open.is_none() {
        for field in &resource.later {
            expected[field.as_str()] = Value::Null;
        }
    }
    diff::differences(meta, &expected, &seen.props).is_empty()
}

/// Reads these resources, grouped by kind and region, in batches, all at the same time.
async fn look<'a>(
    cx: &Cx,
    registry: &Registry,
    resources: impl Iterator<Item = (&'a Key, &'a Resource)>,
    pace: Pace,
) -> Result<BTreeMap<Key, Look>, PlanError> {
    let mut groups: BTreeMap<Group<'_>, Vec<(Key, Value)>> = BTreeMap::new();
    for (key, resource) in resources {
        let group = groups.entry((resource.kind.as_str(), resource.region.as_deref())).or_default();
        group.push((key.clone(), resource.attrs.clone()));
    }
    let mut reads = JoinSet::new();
    for ((name, region), members) in groups {
        let kind = known(registry, name, &members[0].0.address)?;
        for (key, attrs) in &members {
            kind.check_attrs(attrs).map_err(|why| unfit(kind, &key.address, why))?;
        }
        let cx = region.map_or_else(|| cx.clone(), |region| cx.at(region));
        for batch in members.chunks(kind.meta().batch) {
            let (kind, cx, batch) = (Arc::clone(kind), cx.clone(), batch.to_vec());
            reads.spawn(async move {
                let seen = read(&*kind, &cx, &batch, pace).await;
                (kind, batch, seen)
            });
        }
    }
    let mut looks = BTreeMap::new();
    while let Some(done) = reads.join_next().await {
        let (kind, batch, seen) = done.unwrap_or_else(|error| panic!("bug: a read panicked: {error}"));
        let seen = seen.map_err(|source| PlanError::Look {
            address: batch[0].0.address.clone(),
            kind: kind.meta().name.to_owned(),
            source: Box::new(source),
        })?;
        let answers = seen.into_iter().map(|it| it.map_or(Look::Absent, Look::Seen));
        looks.extend(batch.into_iter().map(|(key, _)| key).zip(answers));
    }
    Ok(looks)
}

async fn read(kind: &dyn Erased, cx: &Cx, batch: &[(Key, Value)], pace: Pace) -> Result<Vec<Option<SeenValue>>, Error> {
    let attrs: Vec<Value> = batch.iter().map(|(_, attrs)| attrs.clone()).collect();
    patiently(cx, kind.meta(), pace, || kind.read(cx, &attrs)).await
}

/// Makes a call that only looks, at its rate, and again while it is throttled or gets no clear answer.
pub(super) async fn patiently<T, F>(cx: &Cx, meta: &Meta, pace: Pace, mut call: impl FnMut() -> F) -> Result<T, Error>
where
    F: Future<Output = Result<T, Error>>,
{
    let (limits, service, rate) = (cx.limits(), meta.service(), meta.reads);
    let begun = Instant::now();
    let mut longest = Duration::from_secs(1);
    let mut losses = 0;
    loop {
        while pace.rates
            && let Err(at) = limits.take(service, cx.region(), rate)
        {
            tokio::time::sleep_until(at).await;
        }
        match call().await {
            Err(error) if error.is_throttling() && begun.elapsed() < THROTTLED_FOR => {
                limits.slower(service, cx.region(), rate);
            }
            Err(error) if error.effect == crate::aws::Effect::Unknown && losses + 1 < TRIES => losses += 1,
            Err(error) => return Err(error),
            Ok(answer) => {
                limits.got_through(service, cx.region(), rate);
                return Ok(answer);
            }
        }
        tokio::time::sleep(limits.pause(service, longest)).await;
        longest = (longest * 2).min(LONGEST);
    }
}

/// Returns the kind of a recorded resource.
pub(super) fn known<'a>(
    registry: &'a Registry,
    name: &str,
    address: &Address,
) -> Result<&'a Arc<dyn Erased>, PlanError> {
    registry.get(name).ok_or_else(|| PlanError::UnknownKind { address: address.clone(), kind: name.to_owned() })
}

/// Returns the error of a record that does not fit its kind.
pub(super) fn unfit(kind: &Arc<dyn Erased>, address: &Address, why: String) -> PlanError {
    PlanError::Unfit { address: address.clone(), kind: kind.meta().name.to_owned(), why }
}
