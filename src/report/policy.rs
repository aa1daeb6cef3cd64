//! IAM policies as a plan shows them: a line a statement, in the order in which people ask — who may what on what, if.

use serde_json::{Map, Value};

use super::value::short;

/// Returns the lines of a policy; `None` where the value is none.
pub(super) fn statements(value: &Value) -> Option<impl Iterator<Item = String>> {
    let all = value.get("Statement")?.as_array()?;
    let lines: Vec<String> = all.iter().map(|it| statement(it.as_object()?)).collect::<Option<_>>()?;
    Some(lines.into_iter())
}

/// Returns a statement as a line; `None` where the members are no statement's.
pub(super) fn statement(members: &Map<String, Value>) -> Option<String> {
    let effect = members.get("Effect")?.as_str()?;
    let actions = match (members.get("Action"), members.get("NotAction")) {
        (Some(actions), None) => list(actions),
        (None, Some(others)) => format!("all but {}", list(others)),
        _ => return None,
    };
    let who = members.get("Principal").map_or(String::new(), |it| format!(" {}:", principals(it)));
    let on = members.get("Resource").map_or(String::new(), |it| format!(" on {}", list(it)));
    let only_if = members.get("Condition").map_or(String::new(), |it| format!(" if {}", conditions(it)));
    Some(format!("{effect}{who} {actions}{on}{only_if}"))
}

fn list(value: &Value) -> String {
    match value {
        Value::Array(items) => items.iter().map(bare).collect::<Vec<_>>().join(", "),
        one => bare(one),
    }
}

/// Names, patterns and ARNs need no quotes in such a line.
fn bare(value: &Value) -> String {
    value.as_str().map_or_else(|| short(value), str::to_owned)
}

fn principals(value: &Value) -> String {
    match value {
        Value::Object(by_sort) if !by_sort.contains_key("$from") => {
            by_sort.values().map(list).collect::<Vec<_>>().join(", ")
        }
        all => list(all),
    }
}

fn conditions(value: &Value) -> String {
    let Some(operators) = value.as_object() else { return short(value) };
    let each = operators.iter().flat_map(|(operator, keys)| {
        let keys = keys.as_object().into_iter().flatten();
        keys.map(move |(key, values)| format!("{key} {operator} {}", list(values)))
    });
    each.collect::<Vec<_>>().join(" and ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_statement_is_a_line() {
        let bucket = json!({ "$from": [{ "of": "web.bucket", "attr": "arn", "until": "created" }] });
        let policy = json!({ "Statement": [
            {
                "Sid": "Read", "Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"], "Resource": [bucket, "*"],
                "Condition": { "StringEquals": { "aws:SourceAccount": ["123456789012"] } },
            },
            { "Effect": "Deny", "Principal": "*", "NotAction": "s3:*", "Resource": "*" },
        ]});
        let lines: Vec<String> = statements(&policy).unwrap().collect();
        assert_eq!(
            lines,
            [
                "Allow s3:GetObject, s3:ListBucket on → web.bucket, * if aws:SourceAccount StringEquals 123456789012",
                "Deny *: all but s3:* on *",
            ]
        );
        assert!(statements(&json!({ "Statement": [{ "Effect": "Allow" }] })).is_none());
        assert!(statements(&json!({ "widgets": [] })).is_none());
    }
}
