//! The tags that say whose a resource is, and the tags that users see.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::kind::Token;
use crate::kind::values::Tags;

/// The tag key of the stack's name.
pub const STACK: &str = "moodle-infra:stack";
/// The tag key of the resource's address at its creation.
pub const ADDRESS: &str = "moodle-infra:address";
/// The tag key of the resource's token, by which a lost answer is found again.
pub const TOKEN: &str = "moodle-infra:token";

/// Returns every tag to put on a new resource.
#[must_use]
pub fn stamped(token: &Token, tags: &Tags) -> BTreeMap<String, String> {
    let mut all = tags.0.clone();
    all.insert(STACK.to_owned(), token.stack.clone());
    all.insert(ADDRESS.to_owned(), tag_value(token.address.as_str()));
    all.insert(TOKEN.to_owned(), token.as_str().to_owned());
    all
}

/// Returns the tags of a resource without AWS's own. Our marks are still among them; [`take_marks`] takes them out
/// before anybody compares.
#[must_use]
pub fn visible<'a>(tags: impl IntoIterator<Item = (&'a str, &'a str)>) -> Tags {
    let theirs = tags.into_iter().filter(|(key, _)| !key.starts_with("aws:"));
    Tags(theirs.map(|(k, v)| (k.to_owned(), v.to_owned())).collect())
}

/// Takes our marks out of a property that is the tags, so that those remain that users see, and returns the stack that
/// they name.
pub fn take_marks(tags: &mut Value) -> Option<String> {
    let tags = tags.as_object_mut()?;
    let stack = tags.get(STACK).and_then(Value::as_str).map(str::to_owned);
    tags.retain(|key, _| !key.starts_with("moodle-infra:"));
    stack
}

/// Adds our marks to a property that is the tags.
pub fn add_marks(tags: &mut Value, token: &Token) {
    for (key, value) in stamped(token, &Tags::default()) {
        tags[key] = Value::String(value);
    }
}

/// What to do so that a resource that has tags `was` has tags `want`: keys to remove, tags to set.
#[must_use]
pub fn difference(was: &Tags, want: &Tags) -> (Vec<String>, BTreeMap<String, String>) {
    let gone = was.0.keys().filter(|key| !want.0.contains_key(*key)).cloned().collect();
    let set = want.0.iter().filter(|(key, value)| was.0.get(*key) != Some(value));
    (gone, set.map(|(key, value)| (key.clone(), value.clone())).collect())
}

/// Brackets and quotes are not allowed in tag values of every service: `a["b"]` becomes `a/b`.
fn tag_value(address: &str) -> String {
    address.replace("[\"", "/").replace("\"]", "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(pairs: &[(&str, &str)]) -> Tags {
        Tags(pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn users_do_not_see_our_marks_nor_the_tags_of_aws() {
        let seen = visible([("owner", "it"), ("aws:x", "1"), (TOKEN, "2"), (STACK, "campus")]);
        let mut seen = serde_json::to_value(seen).unwrap();
        assert_eq!(take_marks(&mut seen).as_deref(), Some("campus"));
        assert_eq!(seen, serde_json::json!({ "owner": "it" }));
        assert_eq!(take_marks(&mut seen), None);
    }

    #[test]
    fn marks_stand_beside_the_tags() {
        let token = Token::derive("campus", "0", &crate::kind::Address::of("network.subnet.app", Some("a")), 1);
        let mut all = serde_json::json!({ "owner": "it" });
        add_marks(&mut all, &token);
        assert_eq!(all, serde_json::to_value(stamped(&token, &tags(&[("owner", "it")]))).unwrap());
        assert_eq!(take_marks(&mut all).as_deref(), Some("campus"));
    }

    #[test]
    fn a_difference_removes_and_sets() {
        let (gone, set) = difference(&tags(&[("a", "1"), ("b", "2")]), &tags(&[("b", "3"), ("c", "4")]));
        assert_eq!(gone, ["a"]);
        assert_eq!(Tags(set), tags(&[("b", "3"), ("c", "4")]));
    }
}
