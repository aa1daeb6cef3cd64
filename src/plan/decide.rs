//! What becomes of every address: a pure comparison of wanted, recorded and seen.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use super::diff::{self, Difference};
use super::reason::Reason;
use super::refresh::{Look, known, unfit};
use super::{Drift, Options, PlanError, room};
use crate::graph::{Graph, Node};
use crate::kind::erased::{Erased, Meta, Registry, SeenValue};
use crate::kind::{Address, Phase, Source, reference};
use crate::state::State;
use crate::state::event::Event;
use crate::state::resource::{Key, Resource, Stage};

/// Everything that the decisions are made from.
pub(super) struct View<'a> {
    pub(super) registry: &'a Registry,
    pub(super) graph: &'a Graph,
    pub(super) state: &'a State,
    /// What stands in AWS as far as we know: as seen, or as recorded where nobody looked.
    now: BTreeMap<&'a Key, Now<'a>>,
}

/// A recorded resource as it stands now.
pub(super) struct Now<'a> {
    pub(super) recorded: &'a Resource,
    pub(super) kind: &'a Arc<dyn Erased>,
    /// Where it is in its life; `None` when it is gone.
    pub(super) phase: Option<Phase>,
    pub(super) props: Value,
    pub(super) attrs: Value,
    /// Whether its tags say that it is of this stack, as far as we know.
    pub(super) marked: bool,
}

impl<'a> View<'a> {
    /// Joins what is recorded with what was seen.
    pub(super) fn new(
        registry: &'a Registry,
        graph: &'a Graph,
        state: &'a State,
        looks: &BTreeMap<Key, Look>,
    ) -> Result<View<'a>, PlanError> {
        let mut now = BTreeMap::new();
        for (key, recorded) in &state.resources {
            let kind = known(registry, &recorded.kind, &key.address)?;
            let props = kind.normalise(&recorded.props).map_err(|why| unfit(kind, &key.address, why))?;
            let entry = match looks.get(key) {
                Some(Look::Absent) => {
                    Now { recorded, kind, phase: None, props, attrs: recorded.attrs.clone(), marked: true }
                }
                Some(Look::Seen(seen)) => Now {
                    recorded,
                    kind,
                    phase: Some(phase(recorded, seen)),
                    props: seen.props.clone(),
                    attrs: seen.attrs.clone(),
                    marked: !kind.meta().is_tagged() || seen.stack.as_deref() == Some(state.stack.as_str()),
                },
                None => as_recorded(recorded, kind, props),
            };
            now.insert(key, entry);
        }
        Ok(View { registry, graph, state, now })
    }

    /// Returns the resources that exist, with their keys.
    pub(super) fn existing(&self) -> impl Iterator<Item = (&'a Key, &Now<'a>)> {
        self.now.iter().filter(|(_, it)| it.phase.is_some()).map(|(key, it)| (*key, it))
    }

    /// Returns the newest incarnation at an address, if it exists.
    pub(super) fn current(&self, address: &Address) -> Option<(&'a Key, &Now<'a>)> {
        let (key, _) = self.state.current(address)?;
        let now = self.now.get(key)?;
        now.phase.is_some().then_some((key, now))
    }

    /// Returns an existing incarnation.
    pub(super) fn now(&self, key: &Key) -> Option<&Now<'a>> {
        self.now.get(key).filter(|now| now.phase.is_some())
    }

    /// Returns the existing resources that need `address`.
    pub(super) fn dependents(&self, address: &Address) -> impl Iterator<Item = (&'a Key, &Now<'a>)> {
        self.existing().filter(move |(_, it)| it.recorded.needs.contains(address))
    }

    /// Returns what stands in AWS otherwise than recorded, and what to record about it.
    pub(super) fn learnt(&self) -> (Vec<Drift>, Vec<Event>) {
        let mut drift = Vec::new();
        let mut events = Vec::new();
        for (key, now) in &self.now {
            let key = *key;
            let gone = now.phase.is_none();
            let leaving = now.recorded.stage == Stage::Leaving;
            // Properties that no update has set yet are our own business, and null was left to AWS.
            let mut recorded = now.recorded.props.clone();
            for field in &now.recorded.later {
                recorded[field.as_str()] = Value::Null;
            }
            let differences: Vec<Difference> = diff::differences(now.kind.meta(), &recorded, &now.props)
                .into_iter()
                .map(|it| Difference { old: it.new, new: it.old, ..it })
                .collect();
            if !leaving && (gone || !differences.is_empty()) {
                let kind = now.recorded.kind.clone();
                drift.push(Drift { address: key.address.clone(), kind, gone, differences });
            }
            events.extend(now.event(key));
        }
        (drift, events)
    }
}

impl Now<'_> {
    /// Returns every property that it has, or is about to get.
    pub(super) fn stands(&self) -> &Value {
        // What no update has set yet is null in `props`, which not every property can be.
        if self.recorded.later.is_empty() { &self.props } else { &self.recorded.props }
    }

    /// Returns what to record, if anything is otherwise than recorded.
    fn event(&self, key: &Key) -> Option<Event> {
        let key = key.clone();
        let Some(phase) = &self.phase else { return Some(Event::Gone { key }) };
        let ready = *phase == Phase::Ready;
        let same_stage = match self.recorded.stage {
            Stage::Ready => ready,
            Stage::Created => !ready,
            Stage::Leaving | Stage::Creating => return None,
        };
        let same = same_stage && self.props == self.recorded.props && self.attrs == self.recorded.attrs;
        let unseen = self.recorded.stage == Stage::Created && !self.recorded.later.is_empty() && !ready;
        if same || unseen {
            return None;
        }
        Some(Event::Observed { key, props: self.props.clone(), attrs: self.attrs.clone(), ready })
    }
}

/// Returns where a resource is in its life. A deletion that AWS has accepted counts, even if a stale replica does not
/// know of it yet; one that AWS gives up later is asked for again.
fn phase(recorded: &Resource, seen: &SeenValue) -> Phase {
    if recorded.stage == Stage::Leaving { Phase::Deleting } else { seen.phase.clone() }
}

fn as_recorded<'a>(recorded: &'a Resource, kind: &'a Arc<dyn Erased>, mut props: Value) -> Now<'a> {
    for field in &recorded.later {
        props[field.as_str()] = Value::Null;
    }
    let phase = match recorded.stage {
        Stage::Ready => Phase::Ready,
        Stage::Created | Stage::Creating => Phase::Pending,
        Stage::Leaving => Phase::Deleting,
    };
    Now { recorded, kind, phase: Some(phase), props, attrs: recorded.attrs.clone(), marked: true }
}

/// What becomes of an address that the spec has.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Decision {
    /// Stays as it is.
    Keep,
    /// Stays, but is waited for.
    Await,
    /// Is made.
    Create { wanted: Value, reasons: Vec<Reason> },
    /// Is changed in place.
    Update { wanted: Value, differences: Vec<Difference>, reasons: Vec<Reason>, marks: bool },
    /// A new one takes its place.
    Replace { wanted: Value, differences: Vec<Difference>, reasons: Vec<Reason> },
    /// Not a target.
    Skip,
}

impl Decision {
    /// Whether an attribute of what stands there now will be another one.
    fn changes(&self, kind: &Meta, attribute: &str) -> bool {
        match self {
            Decision::Create { .. } | Decision::Replace { .. } => true,
            Decision::Update { .. } => kind.moves.contains(&attribute),
            Decision::Keep | Decision::Await | Decision::Skip => false,
        }
    }

    /// Whether what stands there must be gone before its successor is made.
    pub(super) fn goes_first(&self) -> bool {
        let goes = |reason: &Reason| matches!(reason, Reason::InTheWay { .. } | Reason::Leaving);
        matches!(self, Decision::Replace { reasons, .. } if reasons.iter().any(goes))
    }
}

/// What becomes of everything.
#[derive(Debug, Default, Clone, PartialEq)]
pub(super) struct Decisions {
    /// By address of the spec.
    pub(super) by_address: BTreeMap<Address, Decision>,
    /// The incarnations to delete, and why.
    pub(super) removals: BTreeMap<Key, Vec<Reason>>,
    /// Those of them that must be gone before anything new can stand in their place.
    pub(super) gone_first: BTreeSet<Key>,
}

/// Decides. Each round may find more to replace (a user of something that must go first) or, with targets, more to
/// include; both only grow, so the rounds end.
pub(super) fn decide(view: &View<'_>, options: &Options) -> Result<Decisions, PlanError> {
    check_addresses(view, options)?;
    let mut included = included_at_first(view, options);
    let mut in_the_way: BTreeMap<Address, Address> = BTreeMap::new();
    loop {
        let mut decisions = Decisions::default();
        if !options.destroy {
            for node in view.graph.nodes() {
                let decision = if included.as_ref().is_none_or(|it| it.contains(&node.address)) {
                    one(view, options, &decisions, &in_the_way, node)?
                } else {
                    Decision::Skip
                };
                decisions.by_address.insert(node.address.clone(), decision);
            }
        }
        decisions.removals = removals(view, options, &decisions, included.as_ref());
        decisions.gone_first = room::gone_first(view, &decisions);
        let more_in_the_way = room::in_the_way(view, &decisions, &mut in_the_way);
        let more_included = included.as_mut().is_some_and(|it| include_dependents(view, options, &decisions, it));
        if !more_in_the_way && !more_included {
            return Ok(decisions);
        }
    }
}

fn check_addresses(view: &View<'_>, options: &Options) -> Result<(), PlanError> {
    let named = options.targets.iter().chain(&options.replace);
    // A destroy that is run again after a crash names what the first one has deleted already.
    let never = |address: &&Address| !view.state.incarnations.keys().any(|it| it.is_below(address));
    for address in named.chain(options.allow_data_loss.iter().filter(never)) {
        let in_spec = view.graph.nodes().any(|node| node.address.is_below(address));
        let in_state = view.state.resources.keys().any(|key| key.address.is_below(address));
        if !in_spec && !in_state {
            return Err(PlanError::NoSuchAddress { address: address.clone() });
        }
    }
    Ok(())
}

/// Returns the addresses that the targets include by themselves; `None` means all.
fn included_at_first(view: &View<'_>, options: &Options) -> Option<BTreeSet<Address>> {
    if options.targets.is_empty() {
        return None;
    }
    let targeted = |address: &Address| options.targets.iter().any(|target| address.is_below(target));
    let mut included: BTreeSet<Address> =
        view.state.resources.keys().map(|key| &key.address).filter(|it| targeted(it)).cloned().collect();
    if !options.destroy {
        let wanted = view.graph.nodes().map(|node| &node.address).filter(|it| targeted(it));
        included.extend(wanted.cloned());
        include_needs(view, &mut included);
    }
    Some(included)
}

/// What is made or changed takes along what it needs.
fn include_needs(view: &View<'_>, included: &mut BTreeSet<Address>) {
    // From the last to the first, so that what something needs is met after it.
    for node in view.graph.nodes().rev() {
        if included.contains(&node.address) {
            included.extend(view.graph.needs(&node.address).into_keys());
        }
    }
}

/// What is deleted or replaced takes along what cannot stay without it, with all that this needs.
fn include_dependents(
    view: &View<'_>,
    options: &Options,
    decisions: &Decisions,
    included: &mut BTreeSet<Address>,
) -> bool {
    let before = included.len();
    for key in decisions.removals.keys() {
        let users = view.dependents(&key.address).map(|(user, _)| user.address.clone());
        included.extend(users.collect::<Vec<_>>());
    }
    if !options.destroy {
        include_needs(view, included);
    }
    included.len() > before
}

/// Decides about one resource of the spec, whose needs are decided already.
fn one(
    view: &View<'_>,
    options: &Options,
    decisions: &Decisions,
    in_the_way: &BTreeMap<Address, Address>,
    node: &Node,
) -> Result<Decision, PlanError> {
    let kind = known(view.registry, node.kind, &node.address)?;
    let known_now = |source: &Source| {
        let (_, now) = view.current(&source.of)?;
        let changes = decisions.by_address.get(&source.of).is_some_and(|it| it.changes(now.kind.meta(), &source.attr));
        now.attrs[source.attr.as_str()].as_str().filter(|_| !changes).map(str::to_owned)
    };
    let wanted = reference::resolve(&node.props, &known_now);
    let wanted = kind.normalise(&wanted).map_err(|why| unfit(kind, &node.address, why))?;
    let Some((_, now)) = view.current(&node.address) else {
        let reason = if view.state.current(&node.address).is_some() { Reason::Missing } else { Reason::New };
        return Ok(Decision::Create { wanted, reasons: vec![reason] });
    };
    if now.recorded.kind != node.kind || now.recorded.region != node.region {
        let differences = diff::all_new(kind.meta(), &wanted);
        return Ok(Decision::Replace { wanted, differences, reasons: vec![Reason::OtherKind] });
    }
    let own = kept(now, &wanted);
    let differences = diff::differences(kind.meta(), &own, &now.props);
    let mut reasons = Vec::new();
    match &now.phase {
        Some(Phase::Failed(why)) => reasons.push(Reason::Failed { why: why.clone() }),
        Some(Phase::Deleting) => reasons.push(Reason::Leaving),
        _ => {}
    }
    if options.replace.iter().any(|address| node.address.is_below(address)) {
        reasons.push(Reason::Requested);
    }
    let fields = |replaces: bool| -> Vec<String> {
        differences.iter().filter(|it| it.replaces == replaces).map(|it| it.field.clone()).collect()
    };
    let immutable = fields(true);
    if !immutable.is_empty() {
        reasons.push(Reason::Immutable { fields: immutable });
    }
    if let Some(of) = in_the_way.get(&node.address) {
        reasons.push(Reason::InTheWay { of: of.clone() });
    }
    let changed = fields(false);
    let marks = !now.marked && now.phase == Some(Phase::Ready);
    Ok(if !reasons.is_empty() {
        Decision::Replace { wanted, differences, reasons }
    } else if !changed.is_empty() || marks {
        let changes = (!changed.is_empty()).then_some(Reason::Changed { fields: changed });
        let reasons = changes.into_iter().chain(marks.then_some(Reason::Unmarked)).collect();
        Decision::Update { wanted: own, differences, reasons, marks }
    } else if now.phase == Some(Phase::Pending) {
        Decision::Await
    } else {
        Decision::Keep
    })
}

/// Returns the properties wanted with those in place of them that an imported resource keeps.
fn kept(now: &Now<'_>, wanted: &Value) -> Value {
    let mut own = wanted.clone();
    for field in &now.recorded.kept {
        own[field.as_str()].clone_from(&now.props[field.as_str()]);
    }
    own
}

fn removals(
    view: &View<'_>,
    options: &Options,
    decisions: &Decisions,
    included: Option<&BTreeSet<Address>>,
) -> BTreeMap<Key, Vec<Reason>> {
    let mut removals = BTreeMap::new();
    for (key, _) in view.existing() {
        if included.is_some_and(|it| !it.contains(&key.address)) {
            continue;
        }
        let is_current = view.state.current(&key.address).is_some_and(|(current, _)| current == key);
        let reasons = match decisions.by_address.get(&key.address) {
            _ if options.destroy => vec![Reason::Destroy],
            None => vec![Reason::NotInSpec],
            Some(_) if !is_current => vec![Reason::Replaced],
            Some(Decision::Replace { reasons, .. }) => reasons.clone(),
            Some(_) => continue,
        };
        removals.insert(key.clone(), reasons);
    }
    removals
}
