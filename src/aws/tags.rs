//! The tags that say whose a resource is, and the tags that users see.

use std::collections::BTreeMap;

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

/// Returns the tags that users see, of those that a resource has.
#[must_use]
pub fn visible<'a>(tags: impl IntoIterator<Item = (&'a str, &'a str)>) -> Tags {
    let ours = |key: &str| key.starts_with("moodle-infra:") || key.starts_with("aws:");
    Tags(tags.into_iter().filter(|(key, _)| !ours(key)).map(|(k, v)| (k.to_owned(), v.to_owned())).collect())
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
    fn users_do_not_see_our_tags_nor_those_of_aws() {
        let seen = visible([("owner", "it"), ("aws:x", "1"), (TOKEN, "2"), (STACK, "3")]);
        assert_eq!(seen, tags(&[("owner", "it")]));
    }

    #[test]
    fn a_difference_removes_and_sets() {
        let (gone, set) = difference(&tags(&[("a", "1"), ("b", "2")]), &tags(&[("b", "3"), ("c", "4")]));
        assert_eq!(gone, ["a"]);
        assert_eq!(Tags(set), tags(&[("b", "3"), ("c", "4")]));
    }
}
