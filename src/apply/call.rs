//! The calls, as tasks that each return one answer.

use std::sync::Arc;

use serde_json::Value;

use crate::aws::{Cx, Error, Result};
use crate::kind::Token;
use crate::kind::erased::{EditValue, Erased, LostValue, SeenValue};

/// A call to make.
#[derive(Debug, Clone)]
pub(super) enum Call {
    Create { token: Token, want: Value },
    Update { have: Value, was: Value, want: Value, changed: Vec<String>, mark: Option<Token> },
    Delete { have: Value },
    Find { token: Token, want: Value },
}

/// The answer to a call.
#[derive(Debug)]
pub(super) enum Answer {
    /// Of a step's own call.
    Step { step: usize, reply: Reply },
    /// Of a look at several resources, in the order of `steps`.
    Looked { group: super::polls::Group, steps: Vec<usize>, seen: Result<Vec<Option<SeenValue>>> },
}

/// The answer to a step's own call.
#[derive(Debug)]
pub(super) enum Reply {
    Created(Result<Value>),
    Updated(Result<Value>),
    Deleted(Result<()>),
    Found(Result<Option<Value>>),
}

impl Reply {
    /// Returns what went wrong.
    pub(super) fn error(&self) -> Option<&Error> {
        match self {
            Reply::Created(answer) | Reply::Updated(answer) => answer.as_ref().err(),
            Reply::Deleted(answer) => answer.as_ref().err(),
            Reply::Found(answer) => answer.as_ref().err(),
        }
    }
}

/// Makes a step's call.
pub(super) async fn make(kind: Arc<dyn Erased>, cx: Cx, step: usize, call: Call) -> Answer {
    let reply = match call {
        Call::Create { token, want } => Reply::Created(kind.create(&cx, &token, &want).await),
        Call::Update { have, was, want, changed, mark } => {
            let changed: Vec<&str> = changed.iter().map(String::as_str).collect();
            let edit = EditValue { have: &have, was: &was, want: &want, changed: &changed, mark: mark.as_ref() };
            Reply::Updated(kind.update(&cx, edit).await)
        }
        Call::Delete { have } => Reply::Deleted(kind.delete(&cx, &have).await),
        Call::Find { token, want } => {
            let found = kind.find(&cx, &[LostValue { token, want }]).await;
            Reply::Found(found.map(|found| found.into_iter().next().flatten()))
        }
    };
    Answer::Step { step, reply }
}

/// Looks at several resources of one kind.
pub(super) async fn look(
    kind: Arc<dyn Erased>,
    cx: Cx,
    group: super::polls::Group,
    steps: Vec<usize>,
    have: Vec<Value>,
) -> Answer {
    let seen = kind.read(&cx, &have).await;
    Answer::Looked { group, steps, seen }
}
