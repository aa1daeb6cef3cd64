//! The write-ahead log: one JSON line an event, on disk before anything acts on it.
//!
//! The first line is a header. It says which record the journal goes on from, so that it is never put behind an older
//! snapshot. A last line that is torn was never acted on: it is ignored, and cut off before the next record is written.
//! A crash tears it at its end; a power cut may also leave a page of zeros in it. Anything else that cannot be read is
//! an error, never skipped.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::event::Event;
use super::{State, StateError, file, json, shortened};

/// The version of the format. Version 1 did not know [`Event::Adopted`], versions 1 and 2 not what they go on from.
pub const VERSION: u64 = 3;
const FORMAT: &str = "moodle-infra/journal";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    format: String,
    version: u64,
    stack: String,
    lineage: String,
    /// The last record before those in here; the snapshot has it.
    after: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FirstHeader {
    #[serde(rename = "format")]
    _format: String,
    #[serde(rename = "version")]
    _version: u64,
    stack: String,
    lineage: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    serial: u64,
    event: Event,
}

/// A journal, open for appending.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    /// The length up to which every byte is a whole record.
    whole: u64,
    /// Whether half a record stands behind them.
    torn: bool,
}

impl Journal {
    /// Opens the journal of `state` for appending. `whole` is the number of its good bytes, as [`replay`] told.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn open(path: &Path, state: &State, whole: u64) -> Result<Journal, StateError> {
        let file = file::append(path)?;
        let mut journal = Journal { path: path.to_owned(), file, whole, torn: false };
        journal.file.set_len(whole).map_err(|error| journal.failed(error))?;
        if whole == 0 {
            let header = Header {
                format: FORMAT.to_owned(),
                version: VERSION,
                stack: state.stack.clone(),
                lineage: state.lineage.clone(),
                after: state.serial,
            };
            journal.line(&header)?;
            file::sync_folder(file::folder_of(path)).map_err(|error| journal.failed(error))?;
        }
        Ok(journal)
    }

    /// Writes one event and waits until it is on disk.
    ///
    /// # Errors
    /// When it cannot be written; then the event must not be acted on. The journal is as before.
    pub fn append(&mut self, serial: u64, event: &Event) -> Result<(), StateError> {
        self.line(&Line { serial, event: event.clone() })
    }

    fn line(&mut self, record: &impl Serialize) -> Result<(), StateError> {
        let mut bytes = serde_json::to_vec(record).unwrap_or_else(|error| panic!("bug: an event is not JSON: {error}"));
        bytes.push(b'\n');
        if self.torn {
            self.cut()?;
        }
        let written = self.file.write_all(&bytes).and_then(|()| self.file.sync_data());
        if let Err(error) = written {
            // A full disk leaves half a line, and the next record must not be glued to it. Should cutting fail as
            // well, no further record is written; replay ignores a torn last line.
            self.torn = true;
            let _cut = self.cut();
            return Err(self.failed(error));
        }
        self.whole += bytes.len() as u64;
        Ok(())
    }

    fn cut(&mut self) -> Result<(), StateError> {
        self.file.set_len(self.whole).map_err(|error| self.failed(error))?;
        self.torn = false;
        Ok(())
    }

    fn failed(&self, source: std::io::Error) -> StateError {
        StateError::Write { path: self.path.clone(), source }
    }
}

/// Folds a journal into the state of its snapshot and returns the number of good bytes. Events that the snapshot
/// holds already are skipped: the crash was between writing the snapshot and cutting the journal.
///
/// # Errors
/// When the journal is damaged, newer, of another stack, or goes on from what the snapshot does not have.
pub fn replay(path: &Path, state: &mut State) -> Result<u64, StateError> {
    match file::read(path)? {
        Some(bytes) => fold(path, &bytes, state),
        None => Ok(0),
    }
}

/// Does what [`replay`] does, with the bytes of the file at `path`.
///
/// # Errors
/// Those of [`replay`].
pub fn fold(path: &Path, bytes: &[u8], state: &mut State) -> Result<u64, StateError> {
    let damaged = |line: usize, why: String| StateError::Damaged {
        path: path.to_owned(),
        why: format!("line {line}: {}", shortened(&why)),
    };
    let mut whole = 0;
    let mut lines = bytes.split_inclusive(|byte| *byte == b'\n').enumerate().peekable();
    while let Some((index, line)) = lines.next() {
        if is_torn(line, lines.peek().is_none()) {
            break;
        }
        let number = index + 1;
        let value = json::parse(line).map_err(|error| damaged(number, error.to_string()))?;
        if index == 0 {
            check_header(path, value, state)?;
        } else {
            let line = Line::deserialize(value).map_err(|error| damaged(number, error.to_string()))?;
            if line.serial > state.serial {
                if line.serial != state.serial + 1 {
                    let why = format!("record {} follows record {}", line.serial, state.serial);
                    return Err(damaged(number, why));
                }
                state.fold(&line.event).map_err(|error| damaged(number, error.to_string()))?;
            }
        }
        whole += line.len() as u64;
    }
    Ok(whole)
}

/// Whether a line never got to disk as a whole. A page that did not is zeros, which no JSON has; and only the last
/// line can be so, because each is on disk before the next is written.
fn is_torn(line: &[u8], is_last: bool) -> bool {
    !line.ends_with(b"\n") || (is_last && line.contains(&0))
}

fn check_header(path: &Path, value: Value, state: &mut State) -> Result<(), StateError> {
    let damaged = |why: &str| StateError::Damaged { path: path.to_owned(), why: format!("line 1: {}", shortened(why)) };
    if value.get("format").and_then(Value::as_str) != Some(FORMAT) {
        return Err(damaged("it is not a journal of moodle-infra"));
    }
    let told = |error: serde_json::Error| damaged(&error.to_string());
    let (stack, lineage, after) = match value.get("version").and_then(Value::as_u64) {
        Some(VERSION) => {
            let Header { format: _, version: _, stack, lineage, after } = Header::deserialize(value).map_err(told)?;
            (stack, lineage, after)
        }
        Some(1 | 2) => {
            let FirstHeader { _format, _version, stack, lineage } = FirstHeader::deserialize(value).map_err(told)?;
            (stack, lineage, 0)
        }
        Some(found) if found > VERSION => {
            return Err(StateError::Newer { path: path.to_owned(), found, known: VERSION });
        }
        _ => return Err(damaged("it has no version that ever was")),
    };
    if stack != state.stack {
        return Err(StateError::OtherStack { path: path.to_owned(), found: stack, wanted: state.stack.clone() });
    }
    if state.serial < after {
        return Err(StateError::Behind { path: path.to_owned(), after, found: state.serial });
    }
    if state.serial == 0 {
        // There is no snapshot yet: the journal says which lineage this is.
        state.lineage = lineage;
    } else if lineage != state.lineage {
        return Err(damaged("it belongs to another state of a stack of this name"));
    }
    Ok(())
}
