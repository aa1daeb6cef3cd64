//! `validate` and `fmt`: no credentials, no network.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::failure::{Exit, Failure, Instead};
use super::session::{self, read_spec};
use super::terminal::Terminal;
use crate::{spec, topology};

/// Checks a spec, and prints it with its defaults if asked to.
pub(super) fn validate(path: &Path, effective: bool, terminal: Terminal) -> Result<Exit, Failure> {
    let read = read_spec(path, terminal)?;
    if effective {
        terminal.data(&topology::effective(&read.topology));
    } else if terminal.json {
        // Warnings: a spec with errors does not come so far.
        let (_, warnings) = topology::read(&read.bytes, &path.display().to_string());
        terminal.data(&format!("{}\n", session::diagnostics_json(&json!(warnings))));
    } else {
        terminal.note(&format!("{} is valid: stack `{}`", path.display(), read.topology.name));
    }
    Ok(Exit::Success)
}

/// Formats specs in place, or says which would change.
pub(super) fn fmt(paths: &[PathBuf], check: bool, terminal: Terminal) -> Result<Exit, Failure> {
    let mut changed = Vec::new();
    for path in paths {
        let bytes = session::read_file(path)?;
        let file = path.display().to_string();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let formatted = spec::format(&text).map_err(|faults| {
            let mut failure = Failure::new(Exit::Spec, format!("{file} is not KDL"), "");
            failure.instead = Some(Box::new(Instead {
                text: spec::render::render(&faults, &file, &text, terminal.style().colour),
                json: session::diagnostics_json(&json!(faults)),
            }));
            failure
        })?;
        if formatted.as_bytes() == bytes {
            continue;
        }
        if !check {
            write_spec(path, &formatted)?;
        }
        changed.push(file);
    }
    if terminal.json {
        terminal.data(&format!("{}\n", json!({ "changed": changed })));
    } else {
        for file in &changed {
            terminal.data(&format!("{file}\n"));
        }
    }
    Ok(if check && !changed.is_empty() { Exit::Failed } else { Exit::Success })
}

/// A spec is the user's file: replaced whole, with the mode that it had.
fn write_spec(path: &Path, text: &str) -> Result<(), Failure> {
    let failed = |error: &std::io::Error| Failure::file("write", path, error);
    let about = std::fs::metadata(path).map_err(|error| failed(&error))?;
    // Through a link, so that the link stays one.
    let real = std::fs::canonicalize(path).map_err(|error| failed(&error))?;
    let folder = real.parent().unwrap_or(Path::new("."));
    let mut temp = tempfile::Builder::new().prefix(".writing-").tempfile_in(folder).map_err(|error| failed(&error))?;
    std::io::Write::write_all(&mut temp, text.as_bytes()).map_err(|error| failed(&error))?;
    temp.as_file().set_permissions(about.permissions()).map_err(|error| failed(&error))?;
    temp.as_file().sync_all().map_err(|error| failed(&error))?;
    temp.persist(&real).map_err(|error| failed(&error.error))?;
    Ok(())
}
