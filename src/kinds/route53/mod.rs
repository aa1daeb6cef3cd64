//! Route 53: under which names the world finds a site.

pub mod hosted_zone;
pub mod record;

pub mod name;

use crate::kind::Rate;

/// For the account as a whole, whatever the region.
const MUTATING: Rate = Rate { burst: 50, per_second: 10.0 };

const NO_ZONE: &str = "NoSuchHostedZone";
