//! Property values that are normalised when they are made, so that equal in AWS is equal here.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use ipnet::IpNet;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

/// An address range in canonical form: `10.0.0.5/16` is `10.0.0.0/16`, as AWS stores it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Cidr(#[serde(serialize_with = "as_text")] IpNet);

fn as_text<S: serde::Serializer>(net: &IpNet, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(net)
}

impl Cidr {
    /// Returns the range of `net` without host bits.
    #[must_use]
    pub fn of(net: IpNet) -> Cidr {
        Cidr(net.trunc())
    }

    /// Returns the range.
    #[must_use]
    pub fn net(self) -> IpNet {
        self.0
    }

    /// Whether the two ranges share an address.
    #[must_use]
    pub fn overlaps(self, other: Cidr) -> bool {
        self.0.contains(&other.0) || other.0.contains(&self.0)
    }
}

impl FromStr for Cidr {
    type Err = ipnet::AddrParseError;

    fn from_str(text: &str) -> Result<Cidr, ipnet::AddrParseError> {
        text.parse().map(Cidr::of)
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<'de> Deserialize<'de> for Cidr {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Cidr, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// The tags that users see: theirs and `Name`. The engine's own (`moodle-infra:*`) and AWS's (`aws:*`) are not in it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tags(pub BTreeMap<String, String>);

impl Tags {
    /// Returns these tags with `Name` set.
    #[must_use]
    pub fn named(&self, name: &str) -> Tags {
        let mut tags = self.clone();
        tags.0.insert("Name".to_owned(), name.to_owned());
        tags
    }
}

/// A value, or nothing, where nothing is wanted just as a value is: a property of `Option` that is `None` is left to AWS.
///
/// As JSON a list of at most one, which is never null, so that going from something to nothing is a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Maybe<T>(pub Option<T>);

impl<T: Serialize> Serialize for Maybe<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(&self.0)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Maybe<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Maybe<T>, D::Error> {
        let mut items = Vec::deserialize(deserializer)?;
        let first = items.pop();
        if items.is_empty() { Ok(Maybe(first)) } else { Err(serde::de::Error::custom("expected at most one")) }
    }
}

/// An IAM-style policy document in canonical form: scalars where AWS takes lists are lists, and lists whose order
/// means nothing are sorted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Policy(Value);

impl Policy {
    /// Returns the canonical form of a document, which may hold unresolved [`Text`](super::Text)s.
    #[must_use]
    pub fn of(document: Value) -> Policy {
        Policy(canonical_document(document))
    }

    /// Reads the document that AWS answers.
    ///
    /// # Errors
    /// When it is not JSON.
    pub fn parse(text: &str) -> Result<Policy, serde_json::Error> {
        serde_json::from_str(text).map(Policy::of)
    }

    /// Returns the JSON text to send.
    #[must_use]
    pub fn to_json(&self) -> String {
        self.0.to_string()
    }
}

impl<'de> Deserialize<'de> for Policy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Policy, D::Error> {
        Value::deserialize(deserializer).map(Policy::of)
    }
}

fn canonical_document(document: Value) -> Value {
    let Value::Object(mut members) = document else { return document };
    if let Some(statements) = members.remove("Statement") {
        let statements = match statements {
            Value::Array(items) => items,
            one => vec![one],
        };
        members.insert("Statement".to_owned(), sorted(statements.into_iter().map(canonical_statement).collect()));
    }
    Value::Object(members)
}

fn canonical_statement(statement: Value) -> Value {
    let Value::Object(members) = statement else { return statement };
    let canonical = members.into_iter().map(|(name, value)| {
        let value = match (name.as_str(), value) {
            ("Action" | "NotAction" | "Resource" | "NotResource", value) => listed(value),
            ("Principal" | "NotPrincipal", Value::Object(principals)) => each(principals, listed),
            ("Condition", Value::Object(operators)) => each(operators, |operator| match operator {
                Value::Object(keys) => each(keys, listed),
                other => other,
            }),
            (_, value) => value,
        };
        (name, value)
    });
    Value::Object(canonical.collect())
}

fn each(members: Map<String, Value>, change: impl Fn(Value) -> Value) -> Value {
    Value::Object(members.into_iter().map(|(name, value)| (name, change(value))).collect())
}

fn listed(value: Value) -> Value {
    match value {
        Value::Array(items) => sorted(items),
        one => Value::Array(vec![one]),
    }
}

fn sorted(mut items: Vec<Value>) -> Value {
    items.sort_by_cached_key(Value::to_string);
    items.dedup();
    Value::Array(items)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn nothing_is_a_value_and_not_null() {
        let [one, none] = [Maybe(Some("a".to_owned())), Maybe(None)];
        assert_eq!(json!([one, none]), json!([["a"], []]));
        assert_eq!(serde_json::from_value::<Maybe<String>>(json!(["a"])).unwrap(), one);
        assert_eq!(serde_json::from_value::<Maybe<String>>(json!([])).unwrap(), none);
        for wrong in [json!(null), json!("a"), json!(["a", "b"])] {
            assert!(serde_json::from_value::<Maybe<String>>(wrong.clone()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_range_loses_its_host_bits() {
        assert_eq!("10.0.0.5/16".parse::<Cidr>().unwrap().to_string(), "10.0.0.0/16");
        assert!("10.0.0.0/16".parse::<Cidr>().unwrap().overlaps("10.0.200.0/24".parse().unwrap()));
        assert!(!"10.0.0.0/24".parse::<Cidr>().unwrap().overlaps("10.0.1.0/24".parse().unwrap()));
    }

    #[test]
    fn policies_that_mean_the_same_are_equal() {
        let ours = json!({ "Version": "2012-10-17", "Statement": { "Effect": "Allow", "Action": "sts:AssumeRole",
            "Principal": { "Service": "ec2.amazonaws.com" } } });
        let theirs = json!({ "Statement": [{ "Principal": { "Service": ["ec2.amazonaws.com"] }, "Effect": "Allow",
            "Action": ["sts:AssumeRole"] }], "Version": "2012-10-17" });
        assert_eq!(Policy::of(ours), Policy::parse(&theirs.to_string()).unwrap());
        assert_ne!(
            Policy::of(json!({ "Statement": [{ "Action": ["a:B", "a:C"] }] })),
            Policy::of(json!({ "Statement": [{ "Action": ["a:B"] }] }))
        );
    }
}
