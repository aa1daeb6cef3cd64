//! Caches, for sessions and for what Moodle would otherwise ask the database again and again.

pub mod subnet_group;

pub mod parameter_group;

pub mod cache_cluster;

pub mod replication_group;

pub mod serverless_cache;

mod listed;

mod tags;

use std::collections::BTreeSet;

use aws_sdk_elasticache::types::Endpoint;

use crate::kind::{Kind, Rate, Ref, Token};

/// `ElastiCache` publishes no rates; this is what it stands without complaint.
const MUTATING: Rate = Rate { group: "mutating", burst: 5, per_second: 2.0 };

/// What who uses the site notices of a new one.
const STARTS_EMPTY: &str = "a cache starts empty; where it keeps sessions, everybody is logged out";

/// What follows the name that was asked for: a hyphen and eight digits of the token.
const SUFFIX: usize = 9;

/// Returns the name on AWS: in lower case, as AWS keeps it, with a piece of our token, so that a replacement can stand
/// beside its predecessor.
fn named(name: &str, token: &Token) -> String {
    format!("{}-{}", name.to_ascii_lowercase(), token.short())
}

/// Returns the name that was asked for, of one on AWS.
fn asked(name: &str) -> &str {
    let piece = |it: &str| it.starts_with('-') && it[1..].bytes().all(|it| it.is_ascii_hexdigit());
    let split = name.len().checked_sub(SUFFIX).and_then(|at| name.split_at_checked(at));
    split.filter(|(_, suffix)| piece(suffix)).map_or(name, |(name, _)| name)
}

/// Returns a version without its patch level, which AWS changes by itself: `7.1.0` is `7.1`.
fn track(version: &str) -> String {
    let mut parts = version.splitn(3, '.');
    match (parts.next(), parts.next()) {
        (Some(major), Some(minor)) => format!("{major}.{minor}"),
        _ => version.to_owned(),
    }
}

/// Returns `host:port`; `None` while AWS has not assigned it.
fn host_and_port(endpoint: Option<&Endpoint>) -> Option<String> {
    let endpoint = endpoint?;
    Some(format!("{}:{}", endpoint.address()?, endpoint.port()?))
}

fn ids<K: Kind>(all: &BTreeSet<Ref<K>>) -> Vec<String> {
    all.iter().map(|it| it.id().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kind::Address;

    #[test]
    fn a_name_gets_a_piece_of_the_token_and_loses_it_again() {
        let token = Token::derive("campus", "lineage", &Address::of("cache.session", None), 1);
        let longest = named("Abcdefghijklmnopqrstuvw-session", &token);
        // The identifier of a replication group has at most 40 characters.
        assert_eq!(longest.len(), 40);
        assert_eq!(asked(&longest), "abcdefghijklmnopqrstuvw-session");
        for other in ["session", "campus-sessions", "campus-session-0123456z", "0123abcd"] {
            assert_eq!(asked(other), other);
        }
    }

    #[test]
    fn a_patch_level_is_not_compared() {
        assert_eq!(["7.1.0", "8.1", "1.6.22", "8"].map(track), ["7.1", "8.1", "1.6", "8"]);
    }

    #[test]
    fn an_endpoint_is_known_when_both_of_its_parts_are() {
        let endpoint = Endpoint::builder().address("cache.example").port(6379).build();
        assert_eq!(host_and_port(Some(&endpoint)).as_deref(), Some("cache.example:6379"));
        assert_eq!(host_and_port(Some(&Endpoint::builder().address("cache.example").build())), None);
        assert_eq!(host_and_port(None), None);
    }
}
