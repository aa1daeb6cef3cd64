//! What people did to a state by hand and why: `<stack>.notes`, one JSON line each, never cut.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{StateError, file, json, shortened};

/// The longest reason that is kept, in characters.
pub const LONGEST: usize = 1000;

/// A lock that a person freed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Note {
    /// When, RFC 3339.
    pub at: String,
    /// The user and the machine.
    pub by: String,
    /// Who was taken to hold the lock.
    pub freed: String,
    /// Why.
    pub reason: String,
}

/// Writes a note behind those that are there.
pub(super) fn append(path: &Path, note: &Note) -> Result<(), StateError> {
    let mut bytes = file::read(path)?.unwrap_or_default();
    serde_json::to_writer(&mut bytes, note).unwrap_or_else(|error| panic!("bug: a note is not JSON: {error}"));
    bytes.push(b'\n');
    file::replace(path, &bytes)
}

/// Returns the notes in a file, the oldest first.
pub(super) fn read(path: &Path) -> Result<Vec<Note>, StateError> {
    let bytes = file::read(path)?.unwrap_or_default();
    let mut notes = Vec::new();
    for (index, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let damaged = |why: String| StateError::Damaged {
            path: path.to_owned(),
            why: format!("line {}: {}", index + 1, shortened(&why)),
        };
        let value = json::parse(line).map_err(|error| damaged(error.to_string()))?;
        notes.push(Note::deserialize(value).map_err(|error| damaged(error.to_string()))?);
    }
    Ok(notes)
}
