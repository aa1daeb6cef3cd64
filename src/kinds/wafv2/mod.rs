//! WAF: what is refused before it reaches a web server.

pub mod rules;

pub mod web_acl;

pub mod association;

use crate::kind::Rate;

/// As AWS publishes it for calls that change something.
const MUTATING: Rate = Rate { group: "mutating", burst: 1, per_second: 1.0 };

/// Five looks a second are allowed; a look at two takes four.
const READING: Rate = Rate { group: "reads", burst: 1, per_second: 1.0 };

const GONE: &str = "WAFNonexistentItemException";
