//! `state scan`: looks for secrets in what moodle-infra wrote, for whoever has to show that there are none.
//!
//! It says where something is and what it looks like, and never what it is: the output goes into logs.

mod suspect;

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::args::Common;
use super::failure::{Exit, Failure};
use super::output::stack_of;
use super::session::place;
use super::terminal::Terminal;
use crate::state::store::{Folder, Place};
use crate::state::{StateError, file, json as strict};
use suspect::{Find, suspects};

/// What of a stack is kept in files of JSON: one document, or one a line.
const FILES: &[(&str, bool)] = &[("json", false), ("journal", true), ("notes", true), ("lock", false)];

/// Scans the files of a stack, or of all stacks, and plan files.
pub(super) fn scan(
    common: &Common,
    stack: Option<&str>,
    plans: &[PathBuf],
    terminal: Terminal,
) -> Result<Exit, Failure> {
    let place = place(common);
    let mut files = files_of(&place, stack, plans.is_empty())?;
    files.extend(plans.iter().map(|path| (path.clone(), false)));
    let mut scanned = Vec::new();
    let mut found: Vec<(String, Find)> = Vec::new();
    for (path, lines) in files {
        let Some(bytes) = file::read(&path)? else {
            if plans.contains(&path) {
                let error = std::io::Error::from(std::io::ErrorKind::NotFound);
                return Err(Failure::file("read", &path, &error));
            }
            continue;
        };
        found.extend(in_file(&path, &bytes, lines)?);
        scanned.push(path.display().to_string());
    }
    if terminal.json {
        let finds: Vec<Value> =
            found.iter().map(|(file, Find { at, what })| json!({ "file": file, "at": at, "what": what })).collect();
        terminal.data(&format!("{}\n", json!({ "scanned": scanned, "found": finds })));
    } else {
        for (file, Find { at, what }) in &found {
            terminal.data(&format!("{file}: {at} looks like {what}\n"));
        }
        let files = crate::report::count(scanned.len(), "file");
        terminal.note(&match found.len() {
            0 => format!("No secret in {files}."),
            count => format!("{} in {files}.", crate::report::count(count, "suspect")),
        });
    }
    Ok(if found.is_empty() { Exit::Success } else { Exit::Failed })
}

fn files_of(place: &Folder, stack: Option<&str>, needed: bool) -> Result<Vec<(PathBuf, bool)>, Failure> {
    let stacks = match stack {
        Some(_) => [stack_of(place, stack)?].into(),
        None => place.stacks(),
    };
    if stacks.is_empty() && needed {
        let help = "apply a spec first, check --state-dir and --sandbox, or name a plan file with --plan";
        return Err(Failure::new(Exit::State, format!("there is no state in {}", place.0.display()), help));
    }
    let of_stack = |stack: String| FILES.iter().map(move |(ending, lines)| (stack.clone(), *ending, *lines));
    let files = stacks.into_iter().flat_map(of_stack);
    Ok(files.map(|(stack, ending, lines)| (place.file(&stack, ending), lines)).collect())
}

fn in_file(path: &Path, bytes: &[u8], lines: bool) -> Result<Vec<(String, Find)>, StateError> {
    let read = |bytes: &[u8], place: &str| {
        let damaged = |why: serde_json::Error| StateError::Damaged { path: path.to_owned(), why: why.to_string() };
        let finds = suspects(&strict::parse(bytes).map_err(damaged)?);
        Ok(finds.into_iter().map(|find| (format!("{}{place}", path.display()), find)).collect::<Vec<_>>())
    };
    if !lines {
        // The file of a free lock is empty.
        return if bytes.is_empty() { Ok(Vec::new()) } else { read(bytes, "") };
    }
    let mut found = Vec::new();
    for (index, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
        // A torn last line is no record; what is in it is text all the same.
        let torn = !line.ends_with(b"\n");
        let place = format!(":{}", index + 1);
        found.extend(if torn {
            let text = Value::String(String::from_utf8_lossy(line).into_owned());
            let told =
                |find: Find| (format!("{}{place}", path.display()), Find { at: "the torn line".to_owned(), ..find });
            suspects(&text).into_iter().map(told).collect()
        } else {
            read(line, &place)?
        });
    }
    Ok(found)
}
