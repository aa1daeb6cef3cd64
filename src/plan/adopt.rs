//! Taking a resource into the state that stands in AWS already: whether it may be, and the event that records it.
//!
//! AWS is only read. What differs from the spec, and the marks that say whose the resource is, are for the next apply.

use std::collections::BTreeSet;

use super::diff::{self, Difference};
use super::refresh::{known, patiently, unfit};
use super::{Pace, PlanError};
use crate::aws::{Cx, Error};
use crate::graph::{Graph, Node};
use crate::kind::erased::{Erased, Registry, SeenValue};
use crate::kind::{Address, Named, Phase, Token, reference};
use crate::state::State;
use crate::state::event::Event;

/// What an import comes to.
#[derive(Debug, Clone, PartialEq)]
pub struct Adoption {
    /// What to record.
    pub event: Event,
    /// What the next plan will find to change, spec against AWS.
    pub differences: Vec<Difference>,
    /// Whether it lacks our marks, which the next apply will add.
    pub unmarked: bool,
}

/// Looks for the resource that users call `id` and says what to record of it at `address`.
///
/// # Errors
/// When the resource may not be taken, is not there, or AWS cannot be asked.
pub async fn adopt(
    cx: &Cx,
    registry: &Registry,
    graph: &Graph,
    state: &State,
    address: &Address,
    id: &str,
    pace: Pace,
) -> Result<Adoption, AdoptError> {
    let node = graph.get(address).ok_or_else(|| AdoptError::NotInSpec { near: near(graph, address) })?;
    let kind = known(registry, node.kind, address)?;
    let meta = kind.meta();
    if let Some((_, there)) = state.current(address) {
        return Err(AdoptError::Taken { id: meta.named.id(&there.attrs).unwrap_or_default() });
    }
    if let Named::Not(why) = meta.named {
        return Err(AdoptError::Nothing { why });
    }
    let told = meta.named.parse(id).ok_or_else(|| AdoptError::Malformed { look: meta.named.look() })?;
    let attribute = |source: &reference::Source| {
        state.current(&source.of)?.1.attrs[source.attr.as_str()].as_str().map(str::to_owned)
    };
    let wanted = reference::resolve(&node.props, &attribute);
    let wanted = kind.normalise(&wanted).map_err(|why| unfit(kind, address, why))?;
    let untold = meta.attributes.iter().filter(|it| !told.contains_key(*it));
    let missing = untold.flat_map(|it| reference::sources(&wanted[*it])).next();
    if let Some(source) = missing {
        return Err(AdoptError::NeedsFirst { of: source.of });
    }
    let cx = node.region.as_deref().map_or_else(|| cx.clone(), |region| cx.at(region));
    let mut seen = look(kind.as_ref(), &cx, id, &wanted, pace).await.map_err(|error| looked(node, error))?;
    if seen.is_none() {
        // One answer is no evidence: it comes from a replica.
        tokio::time::sleep(pace.absent).await;
        seen = look(kind.as_ref(), &cx, id, &wanted, pace).await.map_err(|error| looked(node, error))?;
    }
    judge(kind.as_ref(), state, graph, node, &wanted, seen.ok_or(AdoptError::Absent)?)
}

async fn look(
    kind: &dyn Erased,
    cx: &Cx,
    id: &str,
    wanted: &serde_json::Value,
    pace: Pace,
) -> Result<Option<SeenValue>, Error> {
    let meta = kind.meta();
    let Some(attrs) = patiently(cx, meta, pace, || kind.adopt(cx, id, wanted)).await? else { return Ok(None) };
    let mut seen = patiently(cx, meta, pace, || kind.read(cx, std::slice::from_ref(&attrs))).await?;
    Ok(seen.pop().flatten())
}

fn looked(node: &Node, source: Error) -> PlanError {
    PlanError::Look { address: node.address.clone(), kind: node.kind.to_owned(), source: Box::new(source) }
}

/// Decides about a resource that was found.
fn judge(
    kind: &dyn Erased,
    state: &State,
    graph: &Graph,
    node: &Node,
    wanted: &serde_json::Value,
    seen: SeenValue,
) -> Result<Adoption, AdoptError> {
    let SeenValue { phase, props, attrs, stack } = seen;
    let meta = kind.meta();
    if phase == Phase::Deleting {
        return Err(AdoptError::Leaving);
    }
    if let Some(other) = stack.as_ref().filter(|it| **it != state.stack) {
        return Err(AdoptError::OtherStack { other: other.clone() });
    }
    let id = meta.named.id(&attrs);
    let same = state.resources.iter().find(|(_, it)| {
        it.kind == node.kind && it.region == node.region && !it.attrs.is_null() && meta.named.id(&it.attrs) == id
    });
    if let Some((key, _)) = same {
        return Err(AdoptError::Known { at: key.address.clone() });
    }
    let mut differences = diff::differences(meta, wanted, &props);
    let is_label = |it: &Difference| meta.labels.contains(&it.field.as_str());
    let kept: BTreeSet<String> = differences.iter().filter(|it| is_label(it)).map(|it| it.field.clone()).collect();
    differences.retain(|it| !is_label(it));
    let key = state.next_key(&node.address);
    let token = Token::derive(&state.stack, &state.lineage, &key.address, key.incarnation);
    let event = Event::Adopted {
        key,
        kind: node.kind.to_owned(),
        region: node.region.clone(),
        token: token.as_str().to_owned(),
        props,
        attrs,
        needs: graph.needs(&node.address).into_keys().collect(),
        kept,
        ready: phase == Phase::Ready,
    };
    Ok(Adoption { event, differences, unmarked: meta.is_tagged() && stack.is_none() })
}

/// Returns addresses of the spec that may have been meant: those below it, else those of its tier.
fn near(graph: &Graph, address: &Address) -> Vec<Address> {
    let all = || graph.nodes().map(|node| node.address.clone());
    let below: Vec<Address> = all().filter(|it| it.is_below(address)).collect();
    if below.is_empty() { all().filter(|it| it.tier() == address.tier()).collect() } else { below }
}

/// Why a resource is not imported.
#[derive(Debug, thiserror::Error)]
pub enum AdoptError {
    /// The spec asks for nothing at the address.
    #[error("the spec has nothing at this address")]
    NotInSpec {
        /// Addresses that may have been meant.
        near: Vec<Address>,
    },
    /// The state has something at the address.
    #[error("the state has a resource at this address already: `{id}`")]
    Taken {
        /// What stands there.
        id: String,
    },
    /// There is nothing in AWS that could be imported.
    #[error("there is nothing to import: {why}")]
    Nothing {
        /// Why.
        why: &'static str,
    },
    /// The id is none of the kind.
    #[error("this is not an id of the kind")]
    Malformed {
        /// What one looks like.
        look: Option<String>,
    },
    /// What the id does not tell comes from a resource that is not in the state yet.
    #[error("it is found by `{of}`, which is not in the state yet")]
    NeedsFirst {
        /// That resource.
        of: Address,
    },
    /// It was looked for twice.
    #[error("there is none with this id, in this account and region")]
    Absent,
    /// It is on its way out.
    #[error("it is being deleted")]
    Leaving,
    /// Its tags say that it is of another stack.
    #[error("its tags say that it is of stack `{other}`")]
    OtherStack {
        /// That stack.
        other: String,
    },
    /// The state has it at another address.
    #[error("the state has it already, at `{at}`")]
    Known {
        /// Where.
        at: Address,
    },
    /// It could not be looked for.
    #[error(transparent)]
    Plan(#[from] PlanError),
}
