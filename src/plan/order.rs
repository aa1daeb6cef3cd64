//! From decisions to steps, and what each step waits for.
//!
//! - Something new waits for what it needs, as far as its references ask; and for what must go or move first.
//! - An old one goes after everything that needs it is gone or points elsewhere, and, unless it must go first, after
//!   its successor is ready.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::Options;
use super::decide::{Decision, Decisions, View};
use super::diff::{self, Difference};
use super::reason::Reason;
use super::room;
use super::step::{Action, Blocked, Step, Wait};
use crate::graph::Node;
use crate::kind::erased::TAGS;
use crate::kind::{Address, Milestone};
use crate::state::event::Event;
use crate::state::resource::Key;

/// Returns the steps, and the events of resources that stay while what they need changes.
pub(super) fn steps(view: &View<'_>, decisions: &Decisions, options: &Options) -> (Vec<Step>, Vec<Event>) {
    let mut steps: Vec<Step> = Vec::new();
    let mut linked = Vec::new();
    let mut forward: BTreeMap<Address, usize> = BTreeMap::new();
    for node in view.graph.nodes() {
        let Some(decision) = decisions.by_address.get(&node.address) else { continue };
        if let Some(mut step) = forward_step(view, decision, node) {
            step.blocked = blocked(view, decisions, &step, options);
            forward.insert(node.address.clone(), steps.len());
            steps.push(step);
        }
        linked.extend(link(view, decision, node));
    }
    let mut removal: BTreeMap<&Key, usize> = BTreeMap::new();
    for (key, reasons) in &decisions.removals {
        let mut step = removal_step(view, decisions, key);
        step.reasons.clone_from(reasons);
        step.blocked = blocked(view, decisions, &step, options);
        removal.insert(key, steps.len());
        steps.push(step);
    }
    let moves = room::moves(view, decisions);
    for (address, index) in &forward {
        steps[*index].waits = waits_of_new(view, decisions, &forward, &removal, &moves, &steps, address);
    }
    for (key, index) in &removal {
        steps[*index].waits = waits_of_old(view, decisions, &forward, &removal, &steps, key);
    }
    (steps, linked)
}

/// Returns the event of a resource that stays while what it needs changes. One that is only waited for may have been
/// changed by a run whose answer was lost.
fn link(view: &View<'_>, decision: &Decision, node: &Node) -> Option<Event> {
    let stays = matches!(decision, Decision::Keep | Decision::Await);
    let (key, now) = view.current(&node.address).filter(|_| stays)?;
    let needs: BTreeSet<Address> = view.graph.needs(&node.address).into_keys().collect();
    (now.recorded.needs != needs).then(|| Event::Linked { key: key.clone(), needs })
}

/// Returns the step that a decision about an address of the spec comes to.
fn forward_step(view: &View<'_>, decision: &Decision, node: &Node) -> Option<Step> {
    let needs: BTreeSet<Address> = view.graph.needs(&node.address).into_keys().collect();
    let current = view.current(&node.address);
    let step = |key: Key, action, reasons: &[Reason], differences: &[Difference]| {
        Some(Step {
            key,
            kind: node.kind.to_owned(),
            region: node.region.clone(),
            action,
            reasons: reasons.to_vec(),
            differences: differences.to_vec(),
            waits: Vec::new(),
            blocked: None,
        })
    };
    match (decision, current) {
        (Decision::Create { wanted, reasons }, _) => {
            let differences = view.registry.get(node.kind).map(|kind| diff::all_new(kind.meta(), wanted));
            let action = Action::Create { props: wanted.clone(), needs, replaces: None };
            step(view.state.next_key(&node.address), action, reasons, &differences.unwrap_or_default())
        }
        (Decision::Replace { wanted, differences, reasons }, current) => {
            let replaces = current.map(|(key, _)| key.incarnation);
            let action = Action::Create { props: wanted.clone(), needs, replaces };
            step(view.state.next_key(&node.address), action, reasons, differences)
        }
        (Decision::Update { wanted, differences, reasons, marks }, Some((key, now))) => {
            let mut changed: Vec<String> = differences.iter().map(|it| it.field.clone()).collect();
            if *marks && !changed.iter().any(|it| it == TAGS) {
                changed.push(TAGS.to_owned());
            }
            let was = now.props.clone();
            let action = Action::Update { was, props: wanted.clone(), changed, marks: *marks, needs };
            step(key.clone(), action, reasons, differences)
        }
        (Decision::Await, Some((key, _))) => step(key.clone(), Action::Await, &[Reason::Unready], &[]),
        _ => None,
    }
}

fn removal_step(view: &View<'_>, decisions: &Decisions, key: &Key) -> Step {
    let recorded = &view.state.resources[key];
    let replaced = matches!(decisions.by_address.get(&key.address), Some(Decision::Replace { .. }));
    let newest = view.state.current(&key.address).map(|(current, _)| current.incarnation);
    let replaced_by = if replaced {
        Some(view.state.next_key(&key.address).incarnation)
    } else {
        newest.filter(|newest| *newest > key.incarnation)
    };
    Step {
        key: key.clone(),
        kind: recorded.kind.clone(),
        region: recorded.region.clone(),
        action: Action::Delete { replaced_by },
        reasons: Vec::new(),
        differences: Vec::new(),
        waits: Vec::new(),
        blocked: None,
    }
}

fn waits_of_new(
    view: &View<'_>,
    decisions: &Decisions,
    forward: &BTreeMap<Address, usize>,
    removal: &BTreeMap<&Key, usize>,
    moves: &[(Address, Address)],
    steps: &[Step],
    address: &Address,
) -> Vec<Wait> {
    let step = &steps[forward[address]];
    if step.action == Action::Await {
        return Vec::new();
    }
    let needs = view.graph.needs(address);
    let mut waits: BTreeSet<Wait> =
        needs.into_iter().filter_map(|(need, until)| Some(Wait { step: *forward.get(&need)?, until })).collect();
    // What is only waited for was made before.
    waits.retain(|wait| wait.until == Milestone::Ready || steps[wait.step].action != Action::Await);
    if let (Action::Create { props, .. } | Action::Update { props, .. }, Some(kind)) =
        (&step.action, view.registry.get(&step.kind))
    {
        for key in &decisions.gone_first {
            if key.address == *address || room::blocks(view, kind.as_ref(), key, props) {
                waits.extend(removal.get(key).map(|index| Wait { step: *index, until: Milestone::Ready }));
            }
        }
        let leaving = moves.iter().filter(|(comes, _)| comes == address).filter_map(|(_, other)| forward.get(other));
        waits.extend(leaving.map(|index| Wait { step: *index, until: Milestone::Ready }));
    }
    waits.into_iter().collect()
}

fn waits_of_old(
    view: &View<'_>,
    decisions: &Decisions,
    forward: &BTreeMap<Address, usize>,
    removal: &BTreeMap<&Key, usize>,
    steps: &[Step],
    key: &Key,
) -> Vec<Wait> {
    let ready = |index: usize| Wait { step: index, until: Milestone::Ready };
    let mut waits = BTreeSet::new();
    for (user, _) in view.dependents(&key.address) {
        // A user that is deleted goes first; one that is changed, or was and is waited for, points elsewhere first.
        if let Some(index) = removal.get(user) {
            waits.insert(ready(*index));
        } else if let Some(index) = forward.get(&user.address)
            && matches!(steps[*index].action, Action::Update { .. } | Action::Await)
        {
            waits.insert(ready(*index));
        }
    }
    if !decisions.gone_first.contains(key)
        && let Some(index) = forward.get(&key.address)
    {
        waits.insert(ready(*index));
    }
    waits.into_iter().collect()
}

fn blocked(view: &View<'_>, decisions: &Decisions, step: &Step, options: &Options) -> Option<Blocked> {
    if let Some(used) = used(view, decisions, step) {
        return Some(used);
    }
    let leaves = match step.action {
        Action::Delete { .. } => step.key.incarnation,
        Action::Create { replaces, .. } => replaces?,
        Action::Update { .. } | Action::Await => return None,
    };
    let leaves = Key { address: step.key.address.clone(), incarnation: leaves };
    let allowed = options.allow_data_loss.iter().any(|address| leaves.address.is_below(address));
    (!allowed && holds_data(view, &leaves)).then_some(Blocked::Data)
}

/// Returns what stays and refers to something that goes for good. The spec need not say so: a property that it no longer
/// has is left to AWS, and stays what it is.
fn used(view: &View<'_>, decisions: &Decisions, step: &Step) -> Option<Blocked> {
    let Action::Delete { replaced_by: None } = step.action else { return None };
    let now = view.now(&step.key)?;
    let called = |name: &str| now.attrs[name].as_str().filter(|it| !it.is_empty());
    // What AWS assigns is nothing else; what users named may be any text of who does not need it.
    let assigned: Vec<&str> = ["arn", "id"].into_iter().filter_map(called).collect();
    let named = called(now.kind.meta().id);
    let mut stays = view.existing().filter(|(key, _)| !decisions.removals.contains_key(key));
    stays.find_map(|(key, user)| {
        let needs = user.recorded.needs.contains(&step.key.address);
        let is_it = |text: &str| assigned.contains(&text) || needs && named == Some(text);
        let wanted = match decisions.by_address.get(&key.address) {
            Some(Decision::Update { wanted, .. }) => Some(wanted),
            _ => None,
        };
        let after = |field: &str| wanted.map(|it| &it[field]).filter(|it| !it.is_null());
        let mut fields = user.kind.meta().fields.iter().map(|it| it.name);
        let field = fields.find(|field| mentions(after(field).unwrap_or(&user.stands()[*field]), &is_it))?;
        Some(Blocked::Used { by: key.address.clone(), field: field.to_owned() })
    })
}

fn mentions(value: &Value, is_it: &impl Fn(&str) -> bool) -> bool {
    match value {
        Value::String(text) => is_it(text),
        Value::Array(items) => items.iter().any(|it| mentions(it, is_it)),
        Value::Object(members) => members.values().any(|it| mentions(it, is_it)),
        _ => false,
    }
}

/// Whether a resource holds data, as recorded or as seen.
fn holds_data(view: &View<'_>, key: &Key) -> bool {
    let Some(now) = view.now(key) else { return false };
    [&now.recorded.props, now.stands()].into_iter().any(|props| now.kind.holds_data(props))
}
