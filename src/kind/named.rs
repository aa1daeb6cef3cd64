//! How users name a resource that stands in AWS already, for its import.

use std::collections::BTreeMap;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::{Attributes, Kind};

/// How users name a resource of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named {
    /// By these attributes, with a slash between them: the attribute, and what it looks like. In a look `…` stands for
    /// anything (`vpc-…`), and so does a word in capitals (`RANGE`).
    By(&'static [(&'static str, &'static str)]),
    /// Not at all, for this reason: there is nothing in AWS that could be imported.
    Not(&'static str),
}

impl Named {
    /// Returns what an id looks like: `rtb-…/RANGE`. `None` where there is nothing to import.
    #[must_use]
    pub fn look(&self) -> Option<String> {
        let Named::By(parts) = self else { return None };
        let looks: Vec<&str> = parts.iter().map(|(_, look)| *look).collect();
        Some(looks.join("/"))
    }

    /// Returns the attributes that an id tells; `None` if it does not look like one. The last part may have slashes.
    #[must_use]
    pub fn parse(&self, id: &str) -> Option<BTreeMap<&'static str, String>> {
        let Named::By(parts) = self else { return None };
        let pieces: Vec<&str> = id.splitn(parts.len(), '/').collect();
        let fits = pieces.len() == parts.len() && parts.iter().zip(&pieces).all(|((_, look), it)| fits(look, it));
        fits.then(|| parts.iter().zip(pieces).map(|((name, _), piece)| (*name, piece.to_owned())).collect())
    }

    /// Returns the id of a resource with these attributes.
    #[must_use]
    pub fn id(&self, attrs: &Value) -> Option<String> {
        let Named::By(parts) = self else { return None };
        let pieces: Option<Vec<&str>> = parts.iter().map(|(name, _)| attrs[*name].as_str()).collect();
        Some(pieces?.join("/"))
    }

    /// Returns attributes that suffice for [`Kind::read`]: what the id tells, what the wanted property of the same name
    /// says, and else nothing, for the read to fill. `None` if the id does not look like one.
    pub(super) fn attrs<K: Kind>(&self, id: &str, want: &K::Props) -> Option<K::Attrs> {
        let told = self.parse(id)?;
        let want = value(want);
        let known = |name: &&'static str| match told.get(name) {
            Some(piece) => Value::String(piece.clone()),
            None if !want[*name].is_null() => want[*name].clone(),
            None => Value::String(String::new()),
        };
        let all: Map<String, Value> = K::Attrs::NAMES.iter().map(|name| ((*name).to_owned(), known(name))).collect();
        typed(Value::Object(all))
    }
}

fn value(it: &impl Serialize) -> Value {
    serde_json::to_value(it).unwrap_or_default()
}

fn typed<T: DeserializeOwned>(it: Value) -> Option<T> {
    serde_json::from_value(it).ok()
}

/// Whether a piece of an id looks so.
fn fits(look: &str, piece: &str) -> bool {
    if piece.is_empty() || piece.chars().any(|it| it.is_control() || it == ' ') {
        return false;
    }
    let Some((before, after)) = look.split_once('…') else { return true };
    let Some(mut rest) = piece.strip_prefix(before) else { return false };
    let mut fixed = after.split('…').peekable();
    while let Some(text) = fixed.next() {
        if fixed.peek().is_none() {
            return text.is_empty() && !rest.is_empty() || !text.is_empty() && rest.ends_with(text);
        }
        match rest.find(text) {
            Some(at) => rest = &rest[at + text.len()..],
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROUTE: Named = Named::By(&[("table", "rtb-…"), ("destination", "RANGE")]);

    #[test]
    fn an_id_tells_attributes_and_the_last_may_have_slashes() {
        let told = ROUTE.parse("rtb-1/10.0.0.0/16").unwrap();
        assert_eq!(told, BTreeMap::from([("table", "rtb-1".to_owned()), ("destination", "10.0.0.0/16".to_owned())]));
        assert_eq!(ROUTE.id(&serde_json::json!(told)).unwrap(), "rtb-1/10.0.0.0/16");
        assert_eq!(ROUTE.look().unwrap(), "rtb-…/RANGE");
        for bad in ["", "rtb-1", "rtb-1/", "rtb-/0.0.0.0/0", "subnet-1/0.0.0.0/0", "rtb-1/ "] {
            assert_eq!(ROUTE.parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn an_arn_is_known_by_its_fixed_parts() {
        let group = Named::By(&[("arn", "arn:…:targetgroup/…")]);
        let arn = "arn:aws-cn:elasticloadbalancing:cn-north-1:111122223333:targetgroup/campus/0f";
        assert_eq!(group.parse(arn).unwrap()["arn"], arn);
        assert_eq!(group.parse("arn:aws:elasticloadbalancing:x:1:listener/app/campus/0f/1"), None);
        assert_eq!(group.parse("campus"), None);
    }

    #[test]
    fn what_owns_nothing_has_no_id() {
        let refresh = Named::Not("it owns nothing");
        assert_eq!((refresh.look(), refresh.parse("x")), (None, None));
    }
}
