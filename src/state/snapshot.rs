//! The state as one file: readable, sorted, diffable.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::resource::{Key, Open, Resource, Stage};
use super::{State, StateError, file, json, shortened};
use crate::kind::Address;

/// The version of the format. Version 1 did not have `kept`.
pub const VERSION: u64 = 2;
const FORMAT: &str = "moodle-infra/state";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Snapshot {
    format: String,
    version: u64,
    stack: String,
    lineage: String,
    serial: u64,
    account: Option<String>,
    region: Option<String>,
    facts: BTreeMap<String, Value>,
    outputs: BTreeMap<String, Value>,
    resources: Vec<Entry>,
    incarnations: BTreeMap<Address, u32>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    address: Address,
    incarnation: u32,
    kind: String,
    region: Option<String>,
    token: String,
    stage: Stage,
    open: Option<Open>,
    later: Vec<String>,
    kept: BTreeSet<String>,
    needs: BTreeSet<Address>,
    props: Value,
    attrs: Value,
}

/// Reads a snapshot; `None` where there is none.
///
/// # Errors
/// When it is damaged, newer, or of another stack.
pub fn load(path: &Path, stack: &str) -> Result<Option<State>, StateError> {
    file::read(path)?.map(|bytes| parse(path, &bytes, stack)).transpose()
}

/// Reads the bytes of the snapshot at `path`.
///
/// # Errors
/// Those of [`load`].
pub fn parse(path: &Path, bytes: &[u8], stack: &str) -> Result<State, StateError> {
    let damaged = |why: String| StateError::Damaged { path: path.to_owned(), why: shortened(&why) };
    let mut value = json::parse(bytes).map_err(|error| damaged(error.to_string()))?;
    if value.get("format").and_then(Value::as_str) != Some(FORMAT) {
        return Err(damaged("it is not a state of moodle-infra".to_owned()));
    }
    match value.get("version").and_then(Value::as_u64) {
        Some(VERSION) => {}
        Some(1) => upgrade(&mut value),
        Some(found) if found > VERSION => {
            return Err(StateError::Newer { path: path.to_owned(), found, known: VERSION });
        }
        _ => return Err(damaged("it has no version that ever was".to_owned())),
    }
    let read = Snapshot::deserialize(value).map_err(|error| damaged(error.to_string()))?;
    if read.stack != stack {
        return Err(StateError::OtherStack { path: path.to_owned(), found: read.stack, wanted: stack.to_owned() });
    }
    let state = state_of(read).map_err(damaged)?;
    state.verify().map_err(damaged)?;
    Ok(state)
}

/// Makes version 2 of version 1, in which nothing was imported.
fn upgrade(snapshot: &mut Value) {
    let resources = snapshot.get_mut("resources").and_then(Value::as_array_mut);
    for resource in resources.into_iter().flatten().filter_map(Value::as_object_mut) {
        resource.insert("kept".to_owned(), Value::Array(Vec::new()));
    }
}

/// Replaces the snapshot by `state`.
///
/// # Errors
/// When it cannot be written; the old one is still there then.
pub fn save(path: &Path, state: &State) -> Result<(), StateError> {
    file::replace(path, text(state).as_bytes())
}

/// Returns the text of a snapshot.
///
/// # Panics
/// When a state is not JSON: our bug.
#[must_use]
pub fn text(state: &State) -> String {
    let State { stack, lineage, account, region, serial, facts, resources, incarnations, outputs } = state.clone();
    let resources = resources.into_iter().map(|(Key { address, incarnation }, resource)| {
        let Resource { kind, region, token, stage, open, later, kept, needs, props, attrs } = resource;
        Entry { address, incarnation, kind, region, token, stage, open, later, kept, needs, props, attrs }
    });
    let snapshot = Snapshot {
        format: FORMAT.to_owned(),
        version: VERSION,
        stack,
        lineage,
        serial,
        account,
        region,
        facts,
        outputs,
        resources: resources.collect(),
        incarnations,
    };
    let mut text = serde_json::to_string_pretty(&snapshot).unwrap_or_else(|error| panic!("bug: {error}"));
    text.push('\n');
    text
}

fn state_of(read: Snapshot) -> Result<State, String> {
    let Snapshot {
        format: _,
        version: _,
        stack,
        lineage,
        serial,
        account,
        region,
        facts,
        outputs,
        resources,
        incarnations,
    } = read;
    let mut by_key = BTreeMap::new();
    for Entry { address, incarnation, kind, region, token, stage, open, later, kept, needs, props, attrs } in resources
    {
        let key = Key { address, incarnation };
        let resource = Resource { kind, region, token, stage, open, later, kept, needs, props, attrs };
        if by_key.insert(key.clone(), resource).is_some() {
            return Err(format!("`{key}` stands there twice"));
        }
    }
    Ok(State { stack, lineage, account, region, serial, facts, resources: by_key, incarnations, outputs })
}
