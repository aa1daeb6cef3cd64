//! Key Management Service: keys of one's own for what a site stores.

pub mod key;

pub mod alias;

use crate::kind::Rate;

/// Of `CreateKey`, `CreateAlias` and their like.
const MUTATING: Rate = Rate { group: "mutating", burst: 5, per_second: 5.0 };

/// Told for seconds after a key was made, too.
const NOT_FOUND: &str = "NotFoundException";
