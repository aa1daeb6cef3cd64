//! Where a resource stands in a stack: `network.subnet.public["eu-west-1a"]`.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The address of a resource, keyed by meaning and never by position, so that adding a zone only adds.
///
/// Dotted lower-case words, the first of them the tier, and at most one quoted key at the end.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Address(String);

impl Address {
    /// Returns the address `path`, or `path["key"]`.
    ///
    /// # Panics
    /// When the result is not an address: addresses are written by tiers, so that is our bug.
    #[must_use]
    pub fn of(path: &str, key: Option<&str>) -> Address {
        let text = match key {
            Some(key) => format!("{path}[\"{key}\"]"),
            None => path.to_owned(),
        };
        Address::parse(&text).unwrap_or_else(|error| panic!("bug: {error}"))
    }

    /// Reads an address as people type it.
    ///
    /// # Errors
    /// When `text` is not dotted lower-case words with at most one quoted key at the end.
    pub fn parse(text: &str) -> Result<Address, AddressError> {
        let refused = || AddressError { text: text.chars().take(200).collect() };
        if text.len() > 200 {
            return Err(refused());
        }
        let (path, key) = match text.split_once('[') {
            Some((path, rest)) => {
                let key = rest.strip_prefix('"').and_then(|it| it.strip_suffix("\"]")).ok_or_else(refused)?;
                (path, Some(key))
            }
            None => (text, None),
        };
        let word = |it: &str| {
            !it.is_empty() && it.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_')
        };
        let key_fits = key.is_none_or(|it| {
            !it.is_empty()
                && it.bytes().all(|b| {
                    b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'/' | b':' | b'*' | b'@' | b'+')
                })
        });
        if path.split('.').all(word) && key_fits { Ok(Address(text.to_owned())) } else { Err(refused()) }
    }

    /// Returns the text of the address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the tier, which is the first word.
    #[must_use]
    pub fn tier(&self) -> &str {
        self.0.split(['.', '[']).next().unwrap_or(&self.0)
    }

    /// Whether this is `prefix` itself or something below it: `network.subnet` covers `network.subnet.app["a"]`.
    #[must_use]
    pub fn is_below(&self, prefix: &Address) -> bool {
        self.0
            .strip_prefix(prefix.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('.') || rest.starts_with('['))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<Address> for String {
    fn from(address: Address) -> String {
        address.0
    }
}

impl TryFrom<String> for Address {
    type Error = AddressError;

    fn try_from(text: String) -> Result<Address, AddressError> {
        Address::parse(&text)
    }
}

/// A text that is not an address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not an address; an address looks like network.vpc or network.subnet.app[\"eu-west-1a\"]")]
pub struct AddressError {
    text: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_words_and_one_key() {
        for good in [
            "network.vpc",
            "network.subnet.app[\"eu-west-1a\"]",
            "cache.session",
            "network.route.public[\"0.0.0.0/0\"]",
        ] {
            assert_eq!(Address::parse(good).unwrap().as_str(), good);
        }
        for bad in [
            "",
            ".",
            "network..vpc",
            "Network.vpc",
            "network.vpc[eu]",
            "network[\"a\"].b",
            "../x",
            "a[\"\"]",
            "a[\"b\"c\"]",
        ] {
            assert!(Address::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn below_stops_at_a_whole_word() {
        let at = |text: &str| Address::parse(text).unwrap();
        assert!(at("network.subnet.app[\"a\"]").is_below(&at("network.subnet")));
        assert!(at("network.subnet.app[\"a\"]").is_below(&at("network.subnet.app")));
        assert!(!at("network.subnet.application").is_below(&at("network.subnet.app")));
        assert_eq!(at("network.vpc").tier(), "network");
    }
}
