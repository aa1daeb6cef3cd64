//! Route 53: under which names the world finds a site.

pub mod hosted_zone;
pub mod record;

pub mod name;

use crate::kind::Rate;

/// For the account as a whole, whatever the region.
const MUTATING: Rate = Rate { group: "mutating", burst: 50, per_second: 10.0 };

/// Looks take from the account's 50 calls and 10 a second as well; a look at twenty records takes as many.
const READING: Rate = Rate { group: "reads", burst: 2, per_second: 0.4 };

const NO_ZONE: &str = "NoSuchHostedZone";
