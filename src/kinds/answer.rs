//! Answers that must be whole: a member that AWS always gives and that is missing is an error, never "gone".

use crate::aws::{Error, Result};

/// Returns `value`, or the failure of an answer that lacks it.
pub(super) fn complete<T>(operation: &'static str, value: Option<T>) -> Result<T> {
    value.ok_or_else(|| Error::unknown(operation, "the answer lacks a member that AWS always gives"))
}

/// Returns the outcome of a deletion in which each of the `gone` codes says that there is nothing left to delete.
pub(super) fn deleted<T>(answer: Result<T>, gone: &[&str]) -> Result<()> {
    match answer {
        Err(error) if gone.iter().any(|code| error.is(code)) => Ok(()),
        other => other.map(drop),
    }
}

/// Returns the answer of a read; `None` where one of the `gone` codes says that the thing does not exist.
pub(super) fn existing<T>(answer: Result<T>, gone: &[&str]) -> Result<Option<T>> {
    match answer {
        Err(error) if gone.iter().any(|code| error.is(code)) => Ok(None),
        other => other.map(Some),
    }
}
