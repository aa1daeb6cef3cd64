//! Property values as a plan shows them.

use std::collections::BTreeSet;

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::policy;
use crate::kind::reference;

/// The most characters of a value that stand in a line.
const LONGEST: usize = 320;

/// Returns a value in one line: texts bare where that is clear, references as what they point at.
#[must_use]
pub fn short(value: &Value) -> String {
    let sources = reference::sources(value);
    if let (Value::Object(members), [first, ..]) = (value, sources.as_slice())
        && members.len() == 1
        && members.contains_key("$from")
    {
        return match sources.len() {
            1 if is_only(value) => format!("→ {}", first.of),
            _ => format!("from {}", first.of),
        };
    }
    match value {
        Value::Null => "none".to_owned(),
        Value::String(text) if LONGEST < text.chars().count() => digest(text),
        Value::String(text) if is_plain(text) => text.clone(),
        Value::String(text) => format!("{text:?}"),
        Value::Array(items) => format!("[{}]", items.iter().map(short).collect::<Vec<_>>().join(", ")),
        Value::Object(members) => policy::statement(members).unwrap_or_else(|| {
            let members: Vec<String> =
                members.iter().map(|(name, value)| format!("{name}: {}", short(value))).collect();
            format!("{{{}}}", members.join(", "))
        }),
        other => other.to_string(),
    }
}

/// Returns the property of a new resource in as many lines as it needs: policies by statements, and of documents that
/// nobody reads in one line the beginning.
#[must_use]
pub fn lines(field: &str, value: &Value) -> Vec<String> {
    if let Some(statements) = policy::statements(value) {
        return [format!("{field}:")].into_iter().chain(statements.map(|it| format!("  {it}"))).collect();
    }
    vec![format!("{field} {}", beginning(&short(value)))]
}

/// Returns the beginning of a long text, and how long it is: `plan --json` has all of it.
fn beginning(text: &str) -> String {
    let count = text.chars().count();
    if count <= LONGEST {
        return text.to_owned();
    }
    let begins: String = text.chars().take(LONGEST - 80).collect();
    format!("{begins}… ({count} characters)")
}

/// Returns what tells a long text from another.
fn digest(text: &str) -> String {
    let sum = Sha256::digest(text.as_bytes());
    let first: String = sum.iter().take(4).fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
    format!("({} characters, SHA-256 {first}…)", text.chars().count())
}

/// Whether an unresolved text is one reference and nothing else.
fn is_only(value: &Value) -> bool {
    value["$from"].as_array().is_some_and(|parts| parts.len() == 1)
}

fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"'[]{},".contains(&byte))
}

/// One line of a difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The property, and where in it.
    pub path: String,
    /// What changes, `old → new`.
    pub change: String,
}

/// Returns what differs between two values, member by member: whole documents are not repeated for one word.
#[must_use]
pub fn changes(path: &str, old: &Value, new: &Value) -> Vec<Line> {
    let line = |change: String| vec![Line { path: path.to_owned(), change }];
    match (old, new) {
        (Value::Object(before), Value::Object(after)) if reference::sources(new).is_empty() => {
            let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
            let differing = names.into_iter().filter(|name| before.get(*name) != after.get(*name));
            differing
                .flat_map(|name| {
                    let member = |of: &serde_json::Map<String, Value>| of.get(name).cloned().unwrap_or(Value::Null);
                    changes(&format!("{path}.{name}"), &member(before), &member(after))
                })
                .collect()
        }
        (Value::Array(before), Value::Array(after)) => {
            let gone = before.iter().filter(|it| !after.contains(it)).map(|it| format!("- {}", beginning(&short(it))));
            let come = after.iter().filter(|it| !before.contains(it)).map(|it| format!("+ {}", beginning(&short(it))));
            gone.chain(come).map(|change| Line { path: path.to_owned(), change }).collect()
        }
        (Value::Null, new) => line(format!("+ {}", beginning(&short(new)))),
        (old, Value::Null) => line(format!("- {}", beginning(&short(old)))),
        (old, new) if reference::sources(new).is_empty() => {
            line(format!("{} → {}", beginning(&short(old)), beginning(&short(new))))
        }
        (old, new) => {
            let source = reference::sources(new).first().map(|it| it.of.to_string()).unwrap_or_default();
            line(format!("{} → (known after `{source}`)", beginning(&short(old))))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_short_and_plain() {
        let vpc = json!({ "$from": [{ "of": "network.vpc", "attr": "id", "until": "created" }] });
        let arn = json!({ "$from": [{ "of": "network.log-group", "attr": "arn", "until": "ready" }, ":*"] });
        assert_eq!(
            short(&json!({ "a": "10.0.0.0/16", "b": ["two words", 3, true, null] })),
            r#"{a: 10.0.0.0/16, b: ["two words", 3, true, none]}"#
        );
        assert_eq!(short(&vpc), "→ network.vpc");
        assert_eq!(short(&arn), "from network.log-group");
    }

    #[test]
    fn long_values_are_cut_and_policies_stand_by_statements() {
        let text = "a".repeat(400);
        assert_eq!(short(&json!(text)), "(400 characters, SHA-256 abd5e54b…)");
        let list = json!(vec!["0123456789"; 40]);
        let line = lines("body", &list).concat();
        assert!(line.starts_with("body [0123456789, 0123456789, "), "{line}");
        assert!(line.ends_with("… (480 characters)"), "{line}");
        let policy = json!({ "Version": "2012-10-17", "Statement": [
            { "Effect": "Allow", "Principal": { "Service": ["ec2.amazonaws.com"] }, "Action": ["sts:AssumeRole"] },
        ]});
        assert_eq!(lines("trust", &policy), ["trust:", "  Allow ec2.amazonaws.com: sts:AssumeRole"]);
    }

    #[test]
    fn only_what_changes_is_said() {
        let said = |old: Value, new: Value| -> Vec<String> {
            changes("p", &old, &new).into_iter().map(|it| format!("{} {}", it.path, it.change)).collect()
        };
        assert_eq!(said(json!({ "a": 1, "b": 2 }), json!({ "a": 1, "b": 3, "c": 4 })), ["p.b 2 → 3", "p.c + 4"]);
        assert_eq!(said(json!(["a", "b"]), json!(["b", "c"])), ["p - a", "p + c"]);
        let vpc = json!({ "$from": [{ "of": "network.vpc", "attr": "id", "until": "created" }] });
        assert_eq!(said(json!("vpc-1"), vpc), ["p vpc-1 → (known after `network.vpc`)"]);
    }
}
