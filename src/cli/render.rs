//! `render`: what the web servers boot, as files; nobody is asked.

use std::collections::BTreeMap;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use serde_json::{Value, json};

use super::failure::{Exit, Failure};
use super::session::{read_file, read_spec};
use super::terminal::Terminal;
use crate::topology::{Facts, Rendered};

/// Writes user data, the files that it makes below `root/`, and what it fetches, into a folder that has nothing in it.
pub(super) fn render(path: &Path, out: &Path, outputs: Option<&Path>, terminal: Terminal) -> Result<Exit, Failure> {
    let spec = read_spec(path, terminal)?;
    let outputs = outputs.map(outputs_of).transpose()?.unwrap_or_default();
    let rendered = spec.topology.rendered(&Facts::offline(&spec.topology), &outputs).map_err(|error| {
        Failure::of(Exit::Usage, &error, "a server refuses it; give the outputs as `output --json` prints them")
    })?;
    let Some(rendered) = rendered else {
        let message = format!("{} has no web servers", path.display());
        return Err(Failure::new(Exit::Spec, message, "add `web`, `load-balancer`, `database` and `files`"));
    };
    make_empty(out)?;
    let Rendered { user_data, bundle, files, made_up } = rendered;
    let mut texts = BTreeMap::from([("user-data".to_owned(), user_data)]);
    texts.extend(bundle.map(|it| ("bundle".to_owned(), it)));
    texts.extend(files.into_iter().map(|(path, text)| (format!("root{path}"), text)));
    for (name, text) in &texts {
        write(&out.join(name), text)?;
    }
    if terminal.json {
        let files: Vec<&String> = texts.keys().collect();
        let document = json!({ "format": "moodle-infra/render", "version": 1, "files": files, "made-up": made_up });
        terminal.data(&format!("{document}\n"));
        return Ok(Exit::Success);
    }
    for name in texts.keys() {
        terminal.data(&format!("{}\n", out.join(name).display()));
    }
    for (name, value) in &made_up {
        terminal.note(&format!("made up: {name} is {value}"));
    }
    Ok(Exit::Success)
}

/// Reads outputs: an object of names and values.
fn outputs_of(path: &Path) -> Result<BTreeMap<String, Value>, Failure> {
    serde_json::from_slice(&read_file(path)?).map_err(|error| {
        let mut failure = Failure::new(
            Exit::File,
            format!("{} has no outputs", path.display()),
            "write one object of names and values:\n    moodle-infra output --json > FILE",
        );
        failure.causes.push(error.to_string());
        failure
    })
}

/// Makes the folder, unless it is there and has nothing in it.
fn make_empty(folder: &Path) -> Result<(), Failure> {
    let failed = |error: &std::io::Error| Failure::file("write to", folder, error);
    std::fs::DirBuilder::new().recursive(true).mode(0o755).create(folder).map_err(|error| failed(&error))?;
    if std::fs::read_dir(folder).map_err(|error| failed(&error))?.next().is_none() {
        return Ok(());
    }
    let help = "nothing was written; name a folder that is new or empty with --out";
    Err(Failure::new(Exit::File, format!("{} is not empty", folder.display()), help))
}

/// Writes a file with the mode that it has on a server; nothing that is there is replaced.
fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let failed = |error: &std::io::Error| Failure::file("write", path, error);
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::DirBuilder::new().recursive(true).mode(0o755).create(folder).map_err(|error| failed(&error))?;
    let is_program = path.extension().is_some_and(|it| it == "sh");
    let mode = if is_program { 0o755 } else { 0o644 };
    let file = std::fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(path);
    file.and_then(|mut it| it.write_all(text.as_bytes())).map_err(|error| failed(&error))
}
