//! CloudFront: the site near its visitors.

pub mod cache_policy;
pub mod origin_request_policy;
pub mod response_headers_policy;

pub mod distribution;

mod config;

use aws_sdk_cloudfront::error::BuildError;

use crate::aws::{Error, Result};
use crate::kind::{Rate, Token};

/// CloudFront publishes no rates; this is what it stands without complaint.
const MUTATING: Rate = Rate { group: "mutating", burst: 5, per_second: 1.0 };

/// What AWS says when something was changed between our look and our call.
const CHANGED: &str = "PreconditionFailed";
const STALE: &str = "InvalidIfMatchVersion";

/// What follows the name that was asked for: a hyphen and eight digits of the token.
const SUFFIX: usize = 9;

/// Returns the name of a policy on AWS. Policies have no tags: the piece of our token says whose it is, and lets a
/// replacement stand beside its predecessor.
fn named(name: &str, token: &Token) -> String {
    format!("{name}-{}", token.short())
}

/// Returns the name that was asked for, of one on AWS.
fn asked(name: &str) -> String {
    let piece = |it: &str| it.starts_with('-') && it[1..].bytes().all(|it| it.is_ascii_hexdigit());
    let split = name.len().checked_sub(SUFFIX).and_then(|at| name.split_at_checked(at));
    split.filter(|(_, suffix)| piece(suffix)).map_or(name, |(name, _)| name).to_owned()
}

/// Returns a part of a request, or the refusal of one that lacks something.
fn built<T>(operation: &'static str, part: std::result::Result<T, BuildError>) -> Result<T> {
    part.map_err(|error| Error::refused(operation, "InvalidArgument", error.to_string()))
}

/// Returns how many there are, as CloudFront wants to be told beside each list.
fn quantity<T>(items: &[T]) -> i32 {
    i32::try_from(items.len()).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kind::Address;

    #[test]
    fn a_name_loses_the_piece_of_our_token_and_nothing_else() {
        let token = Token::derive("campus", "lineage", &Address::of("cdn.cache-policy", None), 1);
        assert_eq!(asked(&named("campus-static", &token)), "campus-static");
        assert_eq!(asked("campus-static"), "campus-static");
        assert_eq!(asked("Managed-CachingDisabled"), "Managed-CachingDisabled");
    }
}
