//! `CloudWatch` Logs: what parts of the site write down about themselves.

pub mod log_group;

pub mod delivery_destination;
pub mod delivery_source;

pub mod delivery;

use crate::kind::{Rate, Token};

/// Calls about deliveries have no published rates; this is what they stand without complaint.
const DELIVERIES: Rate = Rate { group: "deliveries", burst: 5, per_second: 2.0 };

const GONE: &[&str] = &["ResourceNotFoundException"];

/// What follows the name that was asked for: a hyphen and eight digits of the token.
const SUFFIX: usize = 9;

/// Returns the name on AWS. The piece of our token says whose it is: a put to a stranger's name would take it over.
fn named(name: &str, token: &Token) -> String {
    format!("{name}-{}", token.short())
}

/// Returns the name that was asked for, of one on AWS.
fn asked(name: &str) -> String {
    let piece = |it: &str| it.starts_with('-') && it[1..].bytes().all(|it| it.is_ascii_hexdigit());
    let split = name.len().checked_sub(SUFFIX).and_then(|at| name.split_at_checked(at));
    split.filter(|(_, suffix)| piece(suffix)).map_or(name, |(name, _)| name).to_owned()
}
