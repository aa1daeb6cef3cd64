//! Comparing properties, one by one.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::kind::Change;
use crate::kind::erased::Meta;
use crate::kind::reference;

/// A property that differs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Difference {
    /// Its name.
    pub field: String,
    /// Before; null where there was nothing.
    pub old: Value,
    /// After; an object `{"$from": …}` where it is known only after other steps.
    pub new: Value,
    /// Whether AWS cannot change it in place.
    pub replaces: bool,
}

/// Returns what differs between properties wanted and seen. A wanted null is left to AWS; a wanted value that is not
/// known yet differs, because what it comes from is new.
#[must_use]
pub fn differences(kind: &Meta, wanted: &Value, seen: &Value) -> Vec<Difference> {
    let differs = |field: &&crate::kind::Field| !wanted[field.name].is_null() && wanted[field.name] != seen[field.name];
    let difference = |field: &crate::kind::Field| Difference {
        field: field.name.to_owned(),
        old: seen[field.name].clone(),
        new: wanted[field.name].clone(),
        replaces: field.change == Change::Replace,
    };
    kind.fields.iter().filter(differs).map(difference).collect()
}

/// Returns every property of a new resource.
#[must_use]
pub fn all_new(kind: &Meta, wanted: &Value) -> Vec<Difference> {
    differences(kind, wanted, &Value::Null).into_iter().map(|it| Difference { replaces: false, ..it }).collect()
}

/// Whether a value is known only after other steps.
#[must_use]
pub fn is_unknown(value: &Value) -> bool {
    !reference::sources(value).is_empty()
}
