//! Values that another resource will have: references and texts made of them.
//!
//! In properties a reference is either known (read from AWS, or given as a literal) or names its source. As JSON a
//! known text is a string, an unknown one the object `{"$from": [...]}`; the engine finds and resolves these without
//! knowing any property type.

use std::cmp::Ordering;
use std::fmt;
use std::marker::PhantomData;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Value, json};

use super::{Address, Attributes, Kind};

/// How far the source of a reference must be before its user can start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Milestone {
    /// Its create call has answered; its id is known.
    Created,
    /// It is usable.
    Ready,
}

/// An attribute of another resource.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// The resource.
    pub of: Address,
    /// The name of its attribute.
    pub attr: String,
    /// What to wait for.
    pub until: Milestone,
}

/// A piece of a text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Known.
    Literal(String),
    /// Known when its source is.
    Of(Source),
}

const MARK: &str = "$from";

/// A text that is known, or made of attributes of other resources.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Text {
    /// Known.
    Known(String),
    /// Not known before its sources are.
    From(Vec<Part>),
}

impl Text {
    /// Returns the pieces joined to one text.
    #[must_use]
    pub fn concat(pieces: impl IntoIterator<Item = Text>) -> Text {
        let mut parts: Vec<Part> = Vec::new();
        for piece in pieces {
            let more = match piece {
                Text::Known(literal) => vec![Part::Literal(literal)],
                Text::From(more) => more,
            };
            for part in more {
                match (parts.last_mut(), part) {
                    (Some(Part::Literal(before)), Part::Literal(literal)) => before.push_str(&literal),
                    (_, part) => parts.push(part),
                }
            }
        }
        match parts.as_mut_slice() {
            [] => Text::Known(String::new()),
            [Part::Literal(only)] => Text::Known(std::mem::take(only)),
            _ => Text::From(parts),
        }
    }

    /// Returns the text.
    ///
    /// # Panics
    /// When it is not resolved yet. The engine resolves every property before it calls a kind, so that is our bug.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Text::Known(text) => text,
            Text::From(parts) => panic!("bug: {parts:?} is not resolved"),
        }
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Text {
        Text::Known(text.to_owned())
    }
}

impl From<String> for Text {
    fn from(text: String) -> Text {
        Text::Known(text)
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Text::Known(text) => write!(f, "{text:?}"),
            Text::From(parts) => f.debug_list().entries(parts).finish(),
        }
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Text::Known(text) => serializer.serialize_str(text),
            Text::From(parts) => {
                let parts: Vec<Value> = parts
                    .iter()
                    .map(|part| match part {
                        Part::Literal(text) => json!(text),
                        Part::Of(source) => json!(source),
                    })
                    .collect();
                json!({ MARK: parts }).serialize(serializer)
            }
        }
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Text, D::Error> {
        let value = Value::deserialize(deserializer)?;
        if let Value::String(text) = value {
            return Ok(Text::Known(text));
        }
        parts_of(&value).map(Text::From).ok_or_else(|| D::Error::custom("expected a text or a reference"))
    }
}

/// Returns the parts of a value that is an unresolved text.
fn parts_of(value: &Value) -> Option<Vec<Part>> {
    let object = value.as_object().filter(|it| it.len() == 1)?;
    object.get(MARK)?.as_array()?.iter().map(part_of).collect()
}

fn part_of(value: &Value) -> Option<Part> {
    match value {
        Value::String(text) => Some(Part::Literal(text.clone())),
        other => Source::deserialize(other).ok().map(Part::Of),
    }
}

/// Returns every source that `value` refers to, in the order in which they stand.
#[must_use]
pub fn sources(value: &Value) -> Vec<Source> {
    fn walk(value: &Value, found: &mut Vec<Source>) {
        if let Some(parts) = parts_of(value) {
            found.extend(parts.into_iter().filter_map(|part| match part {
                Part::Of(source) => Some(source),
                Part::Literal(_) => None,
            }));
            return;
        }
        match value {
            Value::Array(items) => items.iter().for_each(|item| walk(item, found)),
            Value::Object(members) => members.values().for_each(|member| walk(member, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    walk(value, &mut found);
    found
}

/// Returns `value` with every text resolved whose sources `known` knows; the others stay as they are.
#[must_use]
pub fn resolve(value: &Value, known: &impl Fn(&Source) -> Option<String>) -> Value {
    if let Some(parts) = parts_of(value) {
        let texts = parts.iter().map(|part| match part {
            Part::Literal(text) => Some(text.clone()),
            Part::Of(source) => known(source),
        });
        return match texts.collect::<Option<Vec<String>>>() {
            Some(texts) => Value::String(texts.concat()),
            None => value.clone(),
        };
    }
    match value {
        Value::Array(items) => items.iter().map(|item| resolve(item, known)).collect(),
        Value::Object(members) => members.iter().map(|(name, member)| (name.clone(), resolve(member, known))).collect(),
        other => other.clone(),
    }
}

/// A reference to a resource of kind `K`: its [`Kind::ID`] attribute.
///
/// Only `Graph::add` makes one that names a source, so it cannot dangle, close a cycle or name another kind.
pub struct Ref<K> {
    text: Text,
    kind: PhantomData<fn() -> K>,
}

impl<K: Kind> Ref<K> {
    /// Returns a reference to something whose id is known: read from AWS, or not ours.
    #[must_use]
    pub fn known(id: impl Into<String>) -> Ref<K> {
        Ref { text: Text::Known(id.into()), kind: PhantomData }
    }

    /// Returns the reference to the resource at `address`. For the graph alone.
    #[must_use]
    pub(crate) fn to(address: Address) -> Ref<K> {
        let source = Source { of: address, attr: K::ID.to_owned(), until: Milestone::Ready };
        Ref { text: Text::From(vec![Part::Of(source)]), kind: PhantomData }
    }

    /// Returns the same reference, satisfied as soon as the resource is created.
    #[must_use]
    pub fn early(&self) -> Ref<K> {
        self.adjusted(|source| source.until = milestone::<K>(&source.attr, Milestone::Created))
    }

    /// Returns another attribute of the resource, waited for like the reference itself; one that an update moves is
    /// waited for until the resource is ready, because the update that follows a creation moves it as well.
    ///
    /// # Panics
    /// When the kind has no such attribute, or the reference is a literal: our bug, shown by building the graph.
    #[must_use]
    pub fn attr(&self, name: &str) -> Text {
        assert!(K::Attrs::NAMES.contains(&name), "bug: {} has no attribute {name}", K::NAME);
        assert!(self.source().is_some(), "bug: {name} of a literal {}", K::NAME);
        let take = |source: &mut Source| {
            name.clone_into(&mut source.attr);
            source.until = milestone::<K>(name, source.until);
        };
        self.adjusted(take).text
    }

    /// Returns the id.
    ///
    /// # Panics
    /// When it is not resolved yet; see [`Text::as_str`].
    #[must_use]
    pub fn id(&self) -> &str {
        self.text.as_str()
    }

    /// Returns the id as a text, to be joined with others.
    #[must_use]
    pub fn text(&self) -> Text {
        self.text.clone()
    }

    /// Returns what it refers to; `None` for a literal.
    #[must_use]
    pub fn source(&self) -> Option<&Source> {
        match &self.text {
            Text::From(parts) => parts.iter().find_map(|part| match part {
                Part::Of(source) => Some(source),
                Part::Literal(_) => None,
            }),
            Text::Known(_) => None,
        }
    }

    fn adjusted(&self, change: impl Fn(&mut Source)) -> Ref<K> {
        let mut text = self.text.clone();
        if let Text::From(parts) = &mut text {
            for part in parts {
                if let Part::Of(source) = part {
                    change(source);
                }
            }
        }
        Ref { text, kind: PhantomData }
    }
}

/// Returns what to wait for before an attribute is the one that stays.
fn milestone<K: Kind>(attr: &str, until: Milestone) -> Milestone {
    if K::MOVES.contains(&attr) { Milestone::Ready } else { until }
}

// By hand, because a derive would ask the same of `K`.
impl<K> Clone for Ref<K> {
    fn clone(&self) -> Ref<K> {
        Ref { text: self.text.clone(), kind: PhantomData }
    }
}

impl<K> PartialEq for Ref<K> {
    fn eq(&self, other: &Ref<K>) -> bool {
        self.text == other.text
    }
}

impl<K> Eq for Ref<K> {}

impl<K> PartialOrd for Ref<K> {
    fn partial_cmp(&self, other: &Ref<K>) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<K> Ord for Ref<K> {
    fn cmp(&self, other: &Ref<K>) -> Ordering {
        self.text.cmp(&other.text)
    }
}

impl<K> fmt::Debug for Ref<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text.fmt(f)
    }
}

impl<K> Serialize for Ref<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.text.serialize(serializer)
    }
}

impl<'de, K> Deserialize<'de> for Ref<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Ref<K>, D::Error> {
        Ok(Ref { text: Text::deserialize(deserializer)?, kind: PhantomData })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arn() -> Text {
        let of = Address::of("network.log-group", None);
        Text::From(vec![Part::Of(Source { of, attr: "arn".to_owned(), until: Milestone::Created })])
    }

    #[test]
    fn a_text_keeps_its_sources_through_json_and_resolves() {
        let text = Text::concat(["a:".into(), "b:".into(), arn(), ":*".into()]);
        let value = json!({ "deep": [text] });
        assert_eq!(
            value.to_string(),
            r#"{"deep":[{"$from":["a:b:",{"attr":"arn","of":"network.log-group","until":"created"},":*"]}]}"#
        );
        assert_eq!(serde_json::from_value::<Text>(value["deep"][0].clone()).unwrap(), text);
        assert_eq!(sources(&value).len(), 1);
        assert_eq!(resolve(&value, &|_| None), value);
        assert_eq!(resolve(&value, &|_| Some("X".to_owned())), json!({ "deep": ["a:b:X:*"] }));
    }

    #[test]
    fn known_texts_join_to_a_known_text() {
        assert_eq!(Text::concat(["a".into(), "b".into()]), Text::Known("ab".to_owned()));
        assert_eq!(Text::concat([]), Text::Known(String::new()));
    }
}
