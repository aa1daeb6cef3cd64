//! Names in DNS as Route 53 means them, however they are written.

use serde::{Deserialize, Serialize};

use crate::kind::Text;

/// A name in canonical form once it is known: in lower case, with no dot at its end and a star that is a star.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Text")]
pub struct DnsName(Text);

impl DnsName {
    /// Returns the name.
    ///
    /// # Panics
    /// When it is not resolved yet; see [`Text::as_str`].
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl From<Text> for DnsName {
    fn from(text: Text) -> DnsName {
        match text {
            Text::Known(name) => DnsName(Text::Known(canonical(&name))),
            unknown @ Text::From(_) => DnsName(unknown),
        }
    }
}

impl From<&str> for DnsName {
    fn from(name: &str) -> DnsName {
        DnsName::from(Text::from(name))
    }
}

/// Returns a name as [`DnsName`] has it. Route 53 answers names with a dot at the end, and stars as `\052`.
#[must_use]
pub fn canonical(name: &str) -> String {
    name.trim_end_matches('.').replace("\\052", "*").to_lowercase()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_that_mean_the_same_are_equal() {
        let name = DnsName::from("Moodle.Example.edu.");
        assert_eq!(name.as_str(), "moodle.example.edu");
        assert_eq!(DnsName::from("\\052.example.edu."), DnsName::from("*.example.edu"));
        assert_eq!(serde_json::from_value::<DnsName>(json!("MOODLE.example.edu")).unwrap(), name);
        assert_eq!(json!(name), json!("moodle.example.edu"));
    }

    #[test]
    fn a_reference_stays_one() {
        let from = json!({ "$from": [{ "attr": "record_name", "of": "a.b", "until": "ready" }] });
        assert_eq!(json!(serde_json::from_value::<DnsName>(from.clone()).unwrap()), from);
    }
}
