//! What the cloud makes up of a resource, and how it recognises itself in what it is shown.
//!
//! Every made-up value carries the number of its resource as a mark, `ec2.vpc-id<#12>`, wherever it goes: into a list, a
//! policy, the middle of a text. So the cloud knows what a property refers to without being told.

use std::collections::{BTreeMap, BTreeSet};

use moodle_infra::kind::Named;
use serde_json::{Map, Value, json};

use super::nature::Nature;
use super::resource::Resource;

/// Attributes that are known only when the resource is ready.
const LATE: &[(&str, &[&str])] = &[
    ("acm.certificate", &["record_name", "record_type", "record_value"]),
    ("elasticache.cache_cluster", &["endpoint", "nodes"]),
    ("elasticache.replication_group", &["endpoint", "reader_endpoint"]),
    ("elasticache.serverless_cache", &["endpoint", "reader_endpoint"]),
];

/// Attributes that are made up though a property has that name.
const MADE_UP: &[(&str, &str)] = &[("elasticache.cache_cluster", "nodes")];

/// The kinds whose resources are called just as users say; others add something of the token, so that two incarnations
/// can stand side by side.
const PLAIN: &[&str] = &[
    "autoscaling.policy",
    "cloudwatch.alarm",
    "cloudwatch.dashboard",
    "cloudwatch.math_alarm",
    "iam.instance_profile",
    "iam.role",
    "iam.role_policy",
    "kms.alias",
    "logs.log_group",
    "rds.copy",
    "route53.record",
    "ssm.parameter",
];

/// Attributes that are a property under another name: kind, attribute, property.
const RENAMED: &[(&str, &str, &str)] = &[("acm.issued", "arn", "certificate")];

/// Attributes that are no texts: kind, name, JSON. What acts remember of themselves is nothing that others refer to.
const TYPED: &[(&str, &str, &str)] = &[
    ("autoscaling.release", "failed", "[]"),
    ("autoscaling.release", "upgrade", "false"),
    ("backup.copy", "count", "0"),
    ("rds.copy", "count", "0"),
];

/// The texts of these are never the names of other resources.
const NO_REFERENCE: &[&str] = &["name", "description", "tags", "service", "zone", "note", "place"];

/// Returns the attributes that a kind's resources get only when they are ready.
pub(super) fn late(kind: &str) -> &'static [&'static str] {
    LATE.iter().find(|(late, _)| *late == kind).map_or(&[], |(_, names)| names)
}

/// Returns the attributes that are what was asked for.
pub(super) fn asked_for(nature: &Nature) -> Vec<&'static str> {
    let meta = nature.real.meta();
    let asked = |name: &&'static str| {
        let same = meta.fields.iter().any(|field| field.name == *name)
            && !MADE_UP.contains(&(meta.name, name))
            && (*name != "name" || PLAIN.contains(&meta.name));
        same || renamed(meta.name, name).is_some()
    };
    meta.attributes.iter().copied().filter(asked).collect()
}

/// Returns the property that an attribute is, when it has another name.
fn renamed(kind: &str, attribute: &str) -> Option<&'static str> {
    RENAMED.iter().find(|(of, name, _)| (*of, *name) == (kind, attribute)).map(|(.., property)| *property)
}

/// Makes the attributes of a resource.
pub(super) fn attributes(nature: &Nature, want: &Value, number: usize) -> Value {
    let kind = nature.real.meta().name;
    let attribute = |name: &&'static str| {
        let value = match *name {
            name if late(kind).contains(&name) => Value::Null,
            name if nature.asked_for.contains(&name) => want[renamed(kind, name).unwrap_or(name)].clone(),
            name => looking(nature, name, made_up(kind, name, number, 0)),
        };
        ((*name).to_owned(), value)
    };
    Value::Object(nature.real.meta().attributes.iter().map(attribute).collect())
}

/// Gives an id the beginning by which users know it: `vpc-`.
fn looking(nature: &Nature, name: &str, made_up: Value) -> Value {
    let Named::By(parts) = nature.real.meta().named else { return made_up };
    let look = parts.iter().find(|(part, _)| *part == name).and_then(|(_, look)| look.strip_suffix('…'));
    match (look, made_up) {
        (Some(begins), Value::String(text)) => json!(format!("{begins}{text}")),
        (_, made_up) => made_up,
    }
}

/// Makes a value up; `serial` tells the values of one resource apart that change.
pub(super) fn made_up(kind: &str, name: &str, number: usize, serial: usize) -> Value {
    if let Some((.., json)) = TYPED.iter().find(|(of, which, _)| (*of, *which) == (kind, name)) {
        return serde_json::from_str(json).expect("the table is right");
    }
    let serial = if serial == 0 { String::new() } else { format!("v{serial}") };
    json!(format!("{kind}-{name}<#{number}>{serial}"))
}

/// Returns the text by which a resource is told from others of its kind.
pub(super) fn identity(nature: &Nature, have: &Value) -> String {
    let mut text = String::from(nature.real.meta().name);
    for name in &nature.identity {
        text.push('\n');
        match &have[*name] {
            Value::String(value) => text.push_str(value),
            other => text.push_str(&other.to_string()),
        }
    }
    text
}

/// Returns the attributes that make that text: the id, or all that never move.
pub(super) fn identifying(nature: &Nature) -> Vec<&'static str> {
    let meta = nature.real.meta();
    // What moves to where the properties say is found there; what AWS makes up anew tells nothing.
    let moves = |name: &str| meta.moves.contains(&name) && !nature.asked_for.contains(&name);
    let stays = |name: &&'static str| !moves(name) && !late(meta.name).contains(name);
    let all: Vec<&'static str> = meta.attributes.iter().copied().filter(stays).collect();
    if all.contains(&"id") { vec!["id"] } else { all }
}

/// Returns the name that users gave a resource and by which others refer to it.
pub(super) fn identity_name<'a>(natures: &BTreeMap<&'static str, Nature>, it: &'a Resource) -> Option<&'a str> {
    let nature = &natures[it.kind];
    let id = nature.real.meta().id;
    it.attrs[id].as_str().filter(|_| nature.asked_for.contains(&id))
}

/// Returns the numbers of the resources that properties refer to, gone or not.
pub(super) fn references(props: &Value, named: &BTreeMap<String, Vec<(usize, &'static str)>>) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    for (field, value) in props.as_object().into_iter().flatten() {
        each_text(value, &mut |text| {
            marked(text, &mut found);
            if let Some(bearers) = named.get(text).filter(|_| !NO_REFERENCE.contains(&field.as_str())) {
                found.extend(bearers.iter().filter(|(_, kind)| means(field, kind)).map(|(number, _)| *number));
            }
        });
    }
    found
}

/// Whether a property of that name may name a resource of that kind: `subnet_group` an `rds.subnet_group`.
fn means(field: &str, kind: &str) -> bool {
    let noun = kind.split('.').nth(1).unwrap_or(kind);
    field.contains(noun) || noun.ends_with(field.trim_end_matches('s'))
}

fn marked(text: &str, found: &mut BTreeSet<usize>) {
    let marks = text.split("<#").skip(1).filter_map(|part| part.split_once('>'));
    found.extend(marks.filter_map(|(number, _)| number.parse::<usize>().ok()));
}

fn each_text(value: &Value, tell: &mut impl FnMut(&str)) {
    match value {
        Value::String(text) => tell(text),
        Value::Array(items) => items.iter().for_each(|item| each_text(item, tell)),
        Value::Object(members) => members.values().for_each(|member| each_text(member, tell)),
        _ => {}
    }
}

/// Returns what is different of two objects of properties, by name.
pub(super) fn merged(mut props: Map<String, Value>, want: &Value, changed: &[String]) -> Value {
    for name in changed {
        props.insert(name.clone(), want[name.as_str()].clone());
    }
    Value::Object(props)
}
