//! What AWS can be asked before anything is made, so that an apply does not stop halfway over something that could be
//! known: is the class offered in these zones, is the certificate issued, is there room under a quota, is the name free.
//!
//! 1. [`checks::of`] reads a plan and says what is to be asked: only about resources to be made or changed.
//! 2. [`ask`] asks all of it at the same time. It only reads.
//! 3. [`Check::judge`] turns each answer into faults, in words for the user.
//!
//! What cannot be asked is a note, never a fault: a permission may be missing, and an emulator lacks calls. *Absent on
//! purpose*: what AWS offers is not asked of an emulator, which has a handful of classes and versions only.

pub mod checks;

mod answers;

mod judge;

mod there;

use std::fmt;
use std::time::Duration;

use serde::Serialize;
use tokio::task::JoinSet;

use crate::aws::Cx;
pub use answers::Answer;
use answers::answer;
pub use checks::{About, Check, Subject};

/// After so long a question counts as not answered.
const PATIENCE: Duration = Duration::from_secs(20);

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings {
    /// What keeps the plan from being carried out.
    pub faults: Vec<Fault>,
    /// What could not be checked, and what may matter.
    pub notes: Vec<String>,
}

/// Something that AWS would refuse, or make otherwise than meant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Fault {
    /// The resource, or the part of the spec.
    pub address: String,
    /// The field of the spec that decides it.
    pub field: String,
    /// What is wrong, in a few words.
    pub summary: String,
    /// Why.
    pub detail: String,
    /// What to do.
    pub help: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Fault { address, field, summary, detail, help } = self;
        write!(f, "error: {address}: {summary}\n  because: {detail}\n  in the spec: {field}\n  help: {help}\n")
    }
}

/// Asks every question at the same time and judges the answers.
///
/// # Panics
/// When a question panics: our bug.
pub async fn ask(cx: &Cx, checks: Vec<Check>) -> Findings {
    let mut asked = JoinSet::new();
    for check in checks {
        let cx = cx.clone();
        asked.spawn(async move {
            let answer = tokio::time::timeout(PATIENCE, answer(&cx, &check)).await;
            (check, answer)
        });
    }
    let mut findings = Findings::default();
    while let Some(done) = asked.join_next().await {
        let (check, answer) = done.unwrap_or_else(|error| panic!("bug: a question panicked: {error}"));
        match answer {
            Ok(Ok(answer)) => {
                let Findings { faults, notes } = check.judge(&answer);
                findings.faults.extend(faults);
                findings.notes.extend(notes);
            }
            Ok(Err(error)) => findings.notes.push(not_checked(&check, &error)),
            Err(_) => findings.notes.push(format!("not checked: {check}: no answer in {} s", PATIENCE.as_secs())),
        }
    }
    findings.faults.sort();
    findings.notes.sort();
    findings.notes.dedup();
    findings
}

/// The codes with which services say that a permission is missing.
const DENIED: &[&str] = &["AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation"];

fn not_checked(check: &Check, error: &crate::aws::Error) -> String {
    if DENIED.iter().any(|code| error.is(code)) {
        return format!("not checked: {check}: these credentials are not allowed {}", error.operation);
    }
    format!("not checked: {check}: {error}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::Error;

    #[test]
    fn what_is_forbidden_names_the_action() {
        let check = Check::CacheClass { about: About::default(), class: "cache.t4g.medium".to_owned() };
        let operation = "elasticache:DescribeReservedCacheNodesOfferings";
        let denied = Error::refused(operation, "AccessDenied", "User arn:aws:… is not authorized");
        insta::assert_snapshot!(not_checked(&check, &denied), @"not checked: the cache class `cache.t4g.medium`: these credentials are not allowed elasticache:DescribeReservedCacheNodesOfferings");
        let unknown = Error::refused(operation, "InvalidAction", "no such action");
        insta::assert_snapshot!(not_checked(&check, &unknown), @"not checked: the cache class `cache.t4g.medium`: elasticache:DescribeReservedCacheNodesOfferings failed: InvalidAction: no such action");
    }

    #[test]
    fn a_fault_says_where_what_why_and_what_to_do() {
        let fault = Fault {
            address: "cache.session".to_owned(),
            field: "cache \"session\" { nodes … }".to_owned(),
            summary: "no such class of cache nodes".to_owned(),
            detail: "ElastiCache has no `cache.t9.big` here".to_owned(),
            help: "choose another class".to_owned(),
        };
        insta::assert_snapshot!(fault, @r#"
    error: cache.session: no such class of cache nodes
      because: ElastiCache has no `cache.t9.big` here
      in the spec: cache "session" { nodes … }
      help: choose another class
    "#);
    }
}
