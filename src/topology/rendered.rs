//! What the web servers boot, for people to read: with what is known of a stack, and made-up values for the rest.

use std::cell::RefCell;
use std::collections::BTreeMap;

use serde_json::Value;

use super::{Facts, Topology, at};
use crate::kind::{Part, Source, Text, reference};
use crate::runtime;

/// What a web server gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// Its user data.
    pub user_data: String,
    /// What the user data fetches, where EC2 has no room for it.
    pub bundle: Option<String>,
    /// The files that it writes, by their paths on the server; none where the servers only show that they are well.
    pub files: BTreeMap<String, String>,
    /// The values that nobody knew, by `address.attribute`.
    pub made_up: BTreeMap<String, String>,
}

/// An output that no resource of AWS has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the output `{0}` is not one that a resource of AWS has")]
pub struct NotPlain(pub String);

impl Topology {
    /// Returns what the web servers boot; `None` where the spec has none. `outputs` are those of an apply, by their
    /// names, as far as they are known.
    ///
    /// # Errors
    /// When an output has characters that a server refuses.
    ///
    /// # Panics
    /// When the topology is not one that [`read`](super::read) gave.
    pub fn rendered(&self, facts: &Facts, outputs: &BTreeMap<String, Value>) -> Result<Option<Rendered>, NotPlain> {
        let built = self.build(facts);
        let Some(template) = built.graph.get(&at("web.template")) else { return Ok(None) };
        let told = told(&built.graph.outputs, outputs)?;
        let made_up = RefCell::new(BTreeMap::new());
        let known = |source: &Source| {
            let name = name(source);
            Some(told.get(&name).cloned().unwrap_or_else(|| {
                let value = invented(&self.name, facts.region(), source);
                made_up.borrow_mut().insert(name, value.clone());
                value
            }))
        };
        let user_data = reference::resolve(&template.props["user_data"], &known);
        let Value::String(user_data) = user_data else { panic!("bug: user data is {user_data}") };
        let files = built.boots.as_ref().map(runtime::files).unwrap_or_default();
        let files = files.into_iter().map(|(path, text)| (path, runtime::show(&text, &known))).collect();
        let bundle = built.graph.get(&at("web.boot.object")).and_then(|it| it.props["text"].as_str());
        let bundle = bundle.map(str::to_owned);
        Ok(Some(Rendered { user_data, bundle, files, made_up: made_up.into_inner() }))
    }
}

fn name(source: &Source) -> String {
    format!("{}.{}", source.of, source.attr)
}

/// Returns what outputs tell of the attributes that they are of: those that are one attribute, or a text around one.
fn told(
    wanted: &BTreeMap<String, Value>,
    outputs: &BTreeMap<String, Value>,
) -> Result<BTreeMap<String, String>, NotPlain> {
    let mut told = BTreeMap::new();
    for (output, value) in outputs {
        let (Some(wanted), Value::String(value)) = (wanted.get(output), value) else { continue };
        let Ok(Text::From(parts)) = serde_json::from_value(wanted.clone()) else { continue };
        let (before, source, after) = match parts.as_slice() {
            [Part::Of(source)] => ("", source, ""),
            [Part::Literal(before), Part::Of(source)] => (before.as_str(), source, ""),
            [Part::Of(source), Part::Literal(after)] => ("", source, after.as_str()),
            _ => continue,
        };
        let Some(value) = value.strip_prefix(before).and_then(|it| it.strip_suffix(after)) else { continue };
        if !runtime::is_plain(value) {
            return Err(NotPlain(output.clone()));
        }
        told.insert(name(source), value.to_owned());
    }
    Ok(told)
}

/// Returns a value as AWS could have given it.
fn invented(stack: &str, region: &str, source: &Source) -> String {
    let secret = |of: &str| format!("arn:aws:secretsmanager:{region}:000000000000:secret:{of}");
    match (source.of.as_str(), source.attr.as_str()) {
        ("database.cluster", "endpoint") => "database.example.internal".to_owned(),
        ("database.cluster", "reader_endpoint") => "database-reader.example.internal".to_owned(),
        ("database.cluster", "secret") => secret("database"),
        ("site.admin-secret", _) => secret("admin"),
        ("cache.session", "nodes") => "session-1.example.internal:11211,session-2.example.internal:11211".to_owned(),
        ("cache.session", _) => "session.example.internal:6379".to_owned(),
        ("cache.application", "nodes") => {
            "application-1.example.internal:11211,application-2.example.internal:11211".to_owned()
        }
        ("cache.application", _) => "application.example.internal:6379".to_owned(),
        ("files.file-system", "dns") => format!("fs-00000000000000000.efs.{region}.amazonaws.com"),
        ("files.file-system", _) => "fs-00000000000000000".to_owned(),
        ("files.access-point[\"data\"]", _) => "fsap-0000000000000000d".to_owned(),
        ("files.access-point[\"cache\"]", _) => "fsap-0000000000000000c".to_owned(),
        ("files.access-point[\"temp\"]", _) => "fsap-0000000000000000e".to_owned(),
        ("load-balancer.load-balancer", _) => "load-balancer.example.internal".to_owned(),
        ("cdn.distribution", _) => "cdn.example.internal".to_owned(),
        ("web.log-group", _) => format!("{stack}-web"),
        ("web.boot.object", _) => format!("s3://{}-boot-000000000000-00000000/boot", stack.to_ascii_lowercase()),
        (of, attr) => format!("{of}.{attr}").replace(|it: char| !it.is_ascii_alphanumeric(), "-"),
    }
}
