//! A plan as text: grouped by tier, only what changes, one summary line. Plain and stable, so that two plans can be
//! compared with `diff`.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::Value;

use super::style::{Paint, Style};
use super::value::{changes, lines, short};
use super::{count, duration};
use crate::kind::Address;
use crate::plan::diff::Difference;
use crate::plan::interruptions::{Interruption, old_goes_first};
use crate::plan::reason::Reason;
use crate::plan::step::{Action, Blocked, Step};
use crate::plan::{Drift, Plan};

/// The columns up to which the properties of a new resource are put in one line.
const WIDTH: usize = 110;

/// What a plan does to an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Mark {
    Create,
    Update,
    Replace,
    Delete,
    Await,
}

impl Mark {
    fn sign(self) -> &'static str {
        match self {
            Mark::Create => "+",
            Mark::Update => "~",
            Mark::Replace => "-/+",
            Mark::Delete => "-",
            Mark::Await => "..",
        }
    }

    fn paint(self) -> Paint {
        match self {
            Mark::Create => Paint::Made,
            Mark::Update | Mark::Replace => Paint::Changed,
            Mark::Delete => Paint::Gone,
            Mark::Await => Paint::Faint,
        }
    }
}

/// Returns the text of a plan. `expected` is how long an apply usually takes.
#[must_use]
pub fn text(plan: &Plan, expected: Duration, style: Style) -> String {
    let mut lines = Vec::new();
    if !plan.is_empty() || !plan.drift.is_empty() {
        lines.push(format!("Stack {}, account {}, region {}", plan.stack, plan.account, plan.region));
        lines.push(String::new());
    }
    drift(&plan.drift, style, &mut lines);
    let shared = shared_tags(plan);
    if !shared.is_empty() {
        let tags: Vec<String> = shared.iter().map(|(key, value)| format!("{key}={}", short(value))).collect();
        lines.push(format!("Every new resource that has tags gets {}.", tags.join(", ")));
        lines.push(String::new());
    }
    let mut tier = "";
    for entry in entries(plan) {
        if entry.step.key.address.tier() != tier {
            tier = entry.step.key.address.tier();
            lines.push(style.paint(Paint::Strong, tier));
        }
        lines.extend(entry.lines(&shared, style));
    }
    if !plan.steps.is_empty() {
        lines.push(String::new());
    }
    lines.push(summary(plan, expected));
    if !plan.interruptions.is_empty() {
        lines.push("Who uses the site notices:".to_owned());
        lines.extend(plan.interruptions.iter().map(|it| noticed(it, style)));
    }
    lines.join("\n") + "\n"
}

/// Returns the numbers of a plan in one line.
#[must_use]
pub fn summary(plan: &Plan, expected: Duration) -> String {
    if plan.is_empty() {
        return "No changes: AWS is as the spec says.".to_owned();
    }
    let counts = counts(plan);
    let number = |mark: Mark| counts.get(&mark).copied().unwrap_or(0);
    let mut text = format!(
        "Plan: {} to create, {} to change, {} to replace, {} to delete",
        number(Mark::Create),
        number(Mark::Update),
        number(Mark::Replace),
        number(Mark::Delete)
    );
    if number(Mark::Await) > 0 {
        text += &format!(", {} to wait for", number(Mark::Await));
    }
    let blocked = entries(plan).iter().filter(|entry| entry.step.blocked.is_some()).count();
    if blocked > 0 {
        text += &format!("; {blocked} BLOCKED");
    }
    text + &format!(". On AWS this usually takes about {}.", duration(expected))
}

fn noticed(it: &Interruption, style: Style) -> String {
    let by: Vec<String> = it.by.iter().map(ToString::to_string).collect();
    format!("  {} ({})", style.paint(Paint::Strong, &it.what), by.join(", "))
}

fn counts(plan: &Plan) -> BTreeMap<Mark, usize> {
    let mut counts = BTreeMap::new();
    for entry in entries(plan) {
        *counts.entry(entry.mark).or_default() += 1;
    }
    counts
}

/// What a plan does to one address; a replacement is one entry of two steps.
struct Entry<'a> {
    mark: Mark,
    step: &'a Step,
    /// For a replacement: whether the old one goes before the new one is made.
    old_first: bool,
}

fn entries(plan: &Plan) -> Vec<Entry<'_>> {
    let mut entries = Vec::new();
    for step in &plan.steps {
        let successor = |incarnation: u32| {
            plan.steps.iter().find(|it| {
                it.key.address == step.key.address
                    && it.key.incarnation == incarnation
                    && matches!(it.action, Action::Create { replaces: Some(_), .. })
            })
        };
        let mark = match &step.action {
            Action::Create { replaces: None, .. } => Mark::Create,
            Action::Create { replaces: Some(_), .. } => Mark::Replace,
            Action::Update { .. } => Mark::Update,
            Action::Await => Mark::Await,
            Action::Delete { replaced_by: Some(new) } if successor(*new).is_some() => continue,
            Action::Delete { .. } => Mark::Delete,
        };
        let old_first = old_goes_first(&plan.steps, step);
        entries.push(Entry { mark, step, old_first });
    }
    let tiers: Vec<&str> = entries.iter().map(|entry| entry.step.key.address.tier()).collect();
    let first_of = |address: &Address| tiers.iter().position(|tier| *tier == address.tier());
    entries.sort_by_cached_key(|entry| (first_of(&entry.step.key.address), entry.step.key.clone()));
    entries
}

impl Entry<'_> {
    fn lines(&self, shared: &BTreeMap<String, Value>, style: Style) -> Vec<String> {
        let step = self.step;
        let sign = style.paint(self.mark.paint(), format!("{:>3}", self.mark.sign()));
        let mut head = format!("{sign} {}  {}", step.key.address, style.paint(Paint::Faint, &step.kind));
        let why: Vec<String> = step.reasons.iter().filter(|it| **it != Reason::New).map(ToString::to_string).collect();
        if !why.is_empty() {
            head += &format!("  {}", why.join("; "));
        }
        if self.mark == Mark::Replace {
            head += if self.old_first { " (the old one goes first)" } else { " (the new one comes first)" };
        }
        let mut lines = vec![head];
        if let Some(blocked) = &step.blocked {
            let name = if *blocked == Blocked::Data { format!(" {}", step.key.address) } else { String::new() };
            lines.push(style.paint(Paint::Gone, format!("      BLOCKED: {blocked}{name}")));
        }
        match self.mark {
            Mark::Create => lines.extend(new_properties(&step.differences, shared)),
            Mark::Update | Mark::Replace => lines.extend(step.differences.iter().flat_map(changed_property)),
            Mark::Delete | Mark::Await => {}
        }
        lines
    }
}

/// The properties of a new resource, as few lines as they need.
fn new_properties(differences: &[Difference], shared: &BTreeMap<String, Value>) -> Vec<String> {
    let mut told: Vec<String> = Vec::new();
    let mut open = true;
    for Difference { field, old: _, new, replaces: _ } in differences {
        let texts = new_property(field, new, shared);
        if texts.is_empty() {
            continue;
        }
        match (texts.as_slice(), told.last_mut()) {
            ([text], Some(line)) if open && line.chars().count() + text.chars().count() + 3 <= WIDTH => {
                *line += &format!(" · {text}");
            }
            (texts, _) => told.extend(texts.iter().map(|text| format!("      {text}"))),
        }
        // What stands in several lines is ended by them.
        open = texts.len() <= 1;
    }
    told
}

/// The lines of a property; none where there is nothing to say of it.
fn new_property(field: &str, new: &Value, shared: &BTreeMap<String, Value>) -> Vec<String> {
    if new.as_array().is_some_and(Vec::is_empty) {
        return Vec::new();
    }
    if field != "tags" {
        return lines(field, new);
    }
    // The name is the address in other words, and what all share was said once.
    let all = new.as_object().into_iter().flatten();
    let own = all.filter(|(key, _)| *key != "Name" && !shared.contains_key(*key));
    let own: Vec<String> = own.map(|(key, value)| format!("{key}={}", short(value))).collect();
    if own.is_empty() { Vec::new() } else { vec![format!("tags {}", own.join(", "))] }
}

fn changed_property(difference: &Difference) -> Vec<String> {
    let Difference { field, old, new, replaces } = difference;
    let forced = if *replaces { "  (forces the replacement)" } else { "" };
    changes(field, old, new).into_iter().map(|line| format!("      {}: {}{forced}", line.path, line.change)).collect()
}

/// The tags, but for the name, that every new resource with tags has alike.
fn shared_tags(plan: &Plan) -> BTreeMap<String, Value> {
    let created = plan.steps.iter().filter(|step| matches!(step.action, Action::Create { replaces: None, .. }));
    let tags = created.flat_map(|step| &step.differences).filter(|it| it.field == "tags");
    let sets = tags.filter_map(|it| it.new.as_object());
    let entries = |set: &serde_json::Map<String, Value>| -> BTreeMap<String, Value> {
        set.iter().filter(|(key, _)| *key != "Name").map(|(key, value)| (key.clone(), value.clone())).collect()
    };
    let common = |shared: BTreeMap<String, Value>, set: BTreeMap<String, Value>| {
        shared.into_iter().filter(|(key, value)| set.get(key) == Some(value)).collect()
    };
    sets.map(entries).reduce(common).unwrap_or_default()
}

fn drift(drift: &[Drift], style: Style, lines: &mut Vec<String>) {
    if drift.is_empty() {
        return;
    }
    let what = count(drift.len(), "resource");
    let verb = if drift.len() == 1 { "is" } else { "are" };
    let head = format!("Drift: {what} in AWS {verb} not as moodle-infra left them.");
    lines.push(style.paint(Paint::Strong, head));
    let sorted: BTreeSet<(&Address, usize)> =
        drift.iter().enumerate().map(|(index, it)| (&it.address, index)).collect();
    for (_, index) in sorted {
        let Drift { address, kind, gone, differences } = &drift[index];
        let remark = if *gone { "  gone" } else { "" };
        lines.push(format!("  ! {address}  {}{remark}", style.paint(Paint::Faint, kind)));
        lines.extend(differences.iter().flat_map(|it| changed_property(&Difference { replaces: false, ..it.clone() })));
    }
    lines.push(String::new());
}
