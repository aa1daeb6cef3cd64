//! The kinds: one file each, and the one table that registers them.

use crate::kind::erased::{Registry, erase};

pub mod ec2;
pub mod iam;
pub mod logs;

/// Returns every kind that this version knows.
#[must_use]
pub fn registry() -> Registry {
    Registry::of([erase::<ec2::vpc::Vpc>()])
}
