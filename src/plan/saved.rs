//! Plan files: a plan with the hash of the spec that it was made from.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::Plan;
use crate::state::{State, json};

/// The version of the format, which `plan --json` prints as well.
pub const VERSION: u64 = 3;
const FORMAT: &str = "moodle-infra/plan";

/// A plan and what it was made from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Saved {
    format: String,
    version: u64,
    /// The spec file, as the user named it.
    pub spec: PathBuf,
    /// The SHA-256 of the spec file, in hexadecimal.
    pub spec_sha256: String,
    /// Whether it was made for the sandbox.
    pub sandbox: bool,
    /// What a month costs before and after, for readers.
    pub cost: Option<Value>,
    /// The plan.
    pub plan: Plan,
}

impl Saved {
    /// Returns the plan file of a plan.
    #[must_use]
    pub fn of(plan: Plan, spec: &Path, text: &[u8], sandbox: bool) -> Saved {
        Saved {
            format: FORMAT.to_owned(),
            version: VERSION,
            spec: spec.to_owned(),
            spec_sha256: digest(text),
            sandbox,
            cost: None,
            plan,
        }
    }

    /// Returns it with what a month costs before and after.
    #[must_use]
    pub fn costing(self, cost: Value) -> Saved {
        Saved { cost: Some(cost), ..self }
    }

    /// Returns the text of the plan file.
    ///
    /// # Panics
    /// When a plan is not JSON: our bug.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).unwrap_or_else(|error| panic!("bug: {error}"));
        text.push('\n');
        text
    }

    /// Whether the bytes are meant to be a plan file; no spec begins with a brace.
    #[must_use]
    pub fn is_one(bytes: &[u8]) -> bool {
        bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{')
    }

    /// Reads a plan file.
    ///
    /// # Errors
    /// When this version cannot use it.
    pub fn parse(bytes: &[u8]) -> Result<Saved, SavedError> {
        let value = json::parse(bytes).map_err(SavedError::Damaged)?;
        if value.get("format").and_then(Value::as_str) != Some(FORMAT) {
            return Err(SavedError::Foreign);
        }
        let found = value.get("version").and_then(Value::as_u64).unwrap_or(0);
        if found != VERSION {
            return Err(SavedError::OtherVersion { found });
        }
        let saved = Saved::deserialize(value).map_err(SavedError::Damaged)?;
        let count = saved.plan.steps.len();
        if saved.plan.steps.iter().flat_map(|step| &step.waits).any(|wait| wait.step >= count) {
            return Err(SavedError::Foreign);
        }
        Ok(saved)
    }

    /// Checks that neither the spec nor the state moved since the plan was made.
    ///
    /// # Errors
    /// What moved.
    pub fn check(&self, spec: &[u8], state: &State) -> Result<(), SavedError> {
        if digest(spec) != self.spec_sha256 {
            return Err(SavedError::SpecMoved { spec: self.spec.clone() });
        }
        if state.serial != self.plan.serial || state.stack != self.plan.stack {
            return Err(SavedError::StateMoved { planned: self.plan.serial, found: state.serial });
        }
        Ok(())
    }
}

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

/// Why a plan file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SavedError {
    /// It is not readable.
    #[error("the plan file is damaged")]
    Damaged(#[source] serde_json::Error),
    /// It is JSON, but no plan of this program.
    #[error("the file is not a plan of moodle-infra")]
    Foreign,
    /// Another version of the program wrote it.
    #[error("the plan file is of format version {found}; this version of moodle-infra reads version {VERSION}")]
    OtherVersion {
        /// The version in the file.
        found: u64,
    },
    /// The spec changed after the plan was made.
    #[error("the spec {} changed after the plan was made", .spec.display())]
    SpecMoved {
        /// The spec.
        spec: PathBuf,
    },
    /// The state changed after the plan was made.
    #[error("the state changed after the plan was made (serial {planned} then, {found} now)")]
    StateMoved {
        /// The serial in the plan.
        planned: u64,
        /// The serial now.
        found: u64,
    },
}
