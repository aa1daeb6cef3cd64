//! Values that an apply brings: tokens in the files, and the list that says what they stand for.

use std::collections::BTreeMap;

use super::{Database, Files, Install, Instance};
use crate::kind::{Part, Source, Text};

/// Returns the values of an instance that may be unknown before an apply, by the names of their tokens.
pub(super) fn values(instance: &Instance) -> BTreeMap<&'static str, Text> {
    let Database { host, reader, secret, .. } = &instance.database;
    let Files { file_system, dns, data, cache, temp } = &instance.files;
    let mut values = BTreeMap::from([
        ("ADDRESS", instance.address.host()),
        ("DATABASE_HOST", host.clone()),
        ("DATABASE_SECRET", secret.clone()),
        ("FILE_SYSTEM", file_system.clone()),
        ("FILE_SYSTEM_DNS", dns.clone()),
        ("ACCESS_POINT_DATA", data.clone()),
        ("ACCESS_POINT_CACHE", cache.clone()),
        ("ACCESS_POINT_TEMP", temp.clone()),
    ]);
    values.extend(reader.clone().map(|it| ("DATABASE_READER", it)));
    values.extend(instance.sessions.as_ref().map(|it| ("SESSION_SERVERS", it.servers.clone())));
    values.extend(instance.application.as_ref().map(|it| ("APPLICATION_SERVERS", it.servers.clone())));
    values.extend(instance.logs.clone().map(|it| ("LOG_GROUP", it)));
    if let Install::Unattended(admin) = &instance.install {
        values.insert("ADMIN_SECRET", admin.secret.clone());
    }
    for (name, value) in &values {
        let Text::Known(value) = value else { continue };
        assert!(is_plain(value), "bug: {name} is {value:?}, which a checked spec does not have");
    }
    values
}

/// Whether a value means nothing but itself in shell, PHP, JSON, ini files and tables. The instance asks the same of
/// the values that it is told (`templates/unpack.sh`).
#[must_use]
pub fn is_plain(value: &str) -> bool {
    let means_nothing = |it: char| it.is_ascii_alphanumeric() || "._:/,@+=#!-".contains(it);
    !value.is_empty() && value.chars().all(means_nothing) && !value.contains("@@")
}

/// Returns the token for a value in a file.
pub(super) fn token(name: &str) -> String {
    format!("@@{name}@@")
}

/// Returns a file with its values in place of their tokens.
pub(super) fn filled(file: &str, values: &BTreeMap<&'static str, Text>) -> Text {
    let mut pieces = Vec::new();
    let mut rest = file;
    let next = |rest: &str| {
        let found = values.keys().filter_map(|name| rest.find(&token(name)).map(|at| (at, *name)));
        found.min()
    };
    while let Some((at, name)) = next(rest) {
        pieces.push(Text::from(&rest[..at]));
        pieces.push(values[name].clone());
        rest = &rest[at + token(name).len()..];
    }
    pieces.push(Text::from(rest));
    Text::concat(pieces)
}

/// Returns a text with what `known` knows of its sources; what it does not know shows as `<address.attribute>`.
#[must_use]
pub fn show(text: &Text, known: &impl Fn(&Source) -> Option<String>) -> String {
    let parts = match text {
        Text::Known(text) => return text.clone(),
        Text::From(parts) => parts,
    };
    let parts = parts.iter().map(|part| match part {
        Part::Literal(text) => text.clone(),
        Part::Of(source) => known(source).unwrap_or_else(|| format!("<{}.{}>", source.of, source.attr)),
    });
    parts.collect()
}
