//! What the server boots that fills a bursting file system: one script, which is all of its user data.

use std::collections::BTreeMap;

use minijinja::context;
use minijinja::value::Value;

use super::{late, quote};
use crate::kind::Text;

/// What the server must be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seed {
    /// The region.
    pub region: String,
    /// How many files of 1 GiB there are to be.
    pub gib: i32,
    /// `fs-…`.
    pub file_system: Text,
    /// The access point of the directory that they stand in, which is nobody else's.
    pub access_point: Text,
    /// The parameter in which the server says how far it is.
    pub parameter: String,
}

const TEMPLATE: &str = include_str!("templates/seed.sh");

/// Returns the user data.
///
/// # Panics
/// When the template is wrong: our bug.
#[must_use]
pub fn seed(seed: &Seed) -> Text {
    let Seed { region, gib, file_system, access_point, parameter } = seed;
    let late = [("FILE_SYSTEM", file_system), ("ACCESS_POINT", access_point)];
    let values: BTreeMap<&'static str, Text> = late.map(|(name, value)| (name, value.clone())).into();
    let token = |name: &&'static str| (*name, Value::from_safe_string(late::token(name)));
    let tokens: BTreeMap<&str, Value> = values.keys().map(token).collect();
    let context = context! { region, gib, parameter, late => tokens };
    let script = quote::environment().render_str(TEMPLATE, context);
    late::filled(&script.unwrap_or_else(|error| panic!("bug: {error:#}")), &values)
}
