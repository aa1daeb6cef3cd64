//! `import`: a resource into the state, and here `import cloudformation`: a spec from the parameters of a stack of the
//! reference templates. For that nobody is asked.

mod convert;
pub(super) mod resource;
pub mod table;

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use super::failure::{Exit, Failure};
use super::session::read_file;
use super::terminal::Terminal;
use crate::spec;
use convert::{Given, Imported, convert};
use table::{PARAMETERS, Version};

/// Prints the spec. What has no place in it is told on standard error and stands in the spec as a comment.
pub(super) fn cloudformation(
    path: &Path,
    version: Option<Version>,
    name: Option<&str>,
    terminal: Terminal,
) -> Result<Exit, Failure> {
    let bytes = read_file(path)?;
    let given = given(&bytes).ok_or_else(|| {
        let message = format!("{} has no parameters of a stack", path.display());
        let help = "write the file with:\n    aws cloudformation describe-stacks --stack-name NAME > stack.json";
        Failure::new(Exit::File, message, help)
    })?;
    let version = version.unwrap_or_else(|| version_of(&given.parameters));
    let Imported { text, remarks } = convert(&given, version, name);
    let text = spec::format(&text).unwrap_or_else(|faults| panic!("bug: not a spec: {faults:?}\n{text}"));
    if terminal.json {
        terminal.data(&format!("{}\n", json!({ "spec": text, "remarks": remarks })));
    } else {
        terminal.data(&text);
        for remark in &remarks {
            terminal.note(remark);
        }
    }
    Ok(Exit::Success)
}

/// Prints the table of parameters as the documentation shows it.
pub(super) fn documentation(terminal: Terminal) -> Exit {
    terminal.data(&table::documented());
    Exit::Success
}

/// Reads the answer of `describe-stacks`, or a file of parameters.
fn given(bytes: &[u8]) -> Option<Given> {
    let value: Value = serde_json::from_slice(bytes).ok()?;
    let known = |given: &Given| given.parameters.keys().filter(|name| is_known(name)).count();
    let found = match value.get("Stacks").and_then(Value::as_array) {
        // A stack of stacks: the outermost has the parameters that people set.
        Some(stacks) => stacks.iter().filter_map(of_stack).max_by_key(known)?,
        None => {
            of_stack(&value).or_else(|| of_pairs(&value).map(|parameters| Given { parameters, ..Given::default() }))?
        }
    };
    Some(found).filter(|given| !given.parameters.is_empty())
}

fn of_stack(stack: &Value) -> Option<Given> {
    let parameters = of_pairs(stack.get("Parameters")?)?;
    let text = |key: &str| stack.get(key).and_then(Value::as_str).map(str::to_owned);
    // arn:aws:cloudformation:REGION:…
    let region = text("StackId").and_then(|it| it.split(':').nth(3).map(str::to_owned));
    let tags = stack.get("Tags").and_then(Value::as_array).into_iter().flatten();
    let tags =
        tags.filter_map(|tag| Some((tag.get("Key")?.as_str()?.to_owned(), tag.get("Value")?.as_str()?.to_owned())));
    Some(Given { name: text("StackName"), region, tags: tags.collect(), parameters })
}

fn of_pairs(value: &Value) -> Option<BTreeMap<String, String>> {
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    };
    match value {
        Value::Array(pairs) => {
            let pair =
                |it: &Value| Some((it.get("ParameterKey")?.as_str()?.to_owned(), text(it.get("ParameterValue")?)?));
            pairs.iter().map(pair).collect()
        }
        Value::Object(members) => members.iter().map(|(name, value)| Some((name.clone(), text(value)?))).collect(),
        _ => None,
    }
}

fn is_known(name: &str) -> bool {
    PARAMETERS.iter().any(|it| it.name == name)
}

/// Version 2 where a parameter is given that only that has.
fn version_of(parameters: &BTreeMap<String, String>) -> Version {
    let only_v2 = |name: &String| PARAMETERS.iter().any(|it| it.name == name && it.v1.is_none() && it.v2.is_some());
    if parameters.keys().any(only_v2) { Version::V2 } else { Version::V1 }
}
