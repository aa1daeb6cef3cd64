//! Roles, for what AWS services do on our behalf.

pub mod role;
pub mod role_policy;
pub mod role_policy_attachment;

pub mod instance_profile;

use crate::aws::{Error, Result};
use crate::kind::Rate;
use crate::kind::values::Policy;

/// IAM publishes no rates; this is what it stands without complaint.
const MUTATING: Rate = Rate { group: "mutating", burst: 20, per_second: 5.0 };

/// Reads a policy document as IAM answers it: URL-encoded JSON.
fn document(operation: &'static str, text: &str) -> Result<Policy> {
    let unreadable = |error: &dyn std::error::Error| Error::unknown(operation, format!("unreadable policy: {error}"));
    let text = percent_encoding::percent_decode_str(text).decode_utf8().map_err(|error| unreadable(&error))?;
    Policy::parse(&text).map_err(|error| unreadable(&error))
}
