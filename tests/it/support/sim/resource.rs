//! A resource of the simulated cloud, alive or not, and what reads see of it.

use std::collections::BTreeSet;

use moodle_infra::kind::erased::SeenValue;
use moodle_infra::kind::{Phase, Token};
use serde_json::Value;
use tokio::time::Instant;

/// A resource, alive or not.
#[derive(Debug, Clone)]
pub(crate) struct Resource {
    pub(crate) kind: &'static str,
    pub(crate) region: String,
    pub(crate) token: Token,
    pub(crate) props: Value,
    pub(crate) attrs: Value,
    /// The stack that its tags name.
    pub(crate) stack: Option<String>,
    /// The numbers of the resources that its properties refer to.
    pub(super) refers: BTreeSet<usize>,
    pub(crate) made: Instant,
    pub(crate) ready: Instant,
    /// The attributes that it has when it is ready.
    pub(super) late: Vec<(&'static str, Value)>,
    /// What AWS says when it gives up on it, instead of getting it ready.
    pub(super) failed: Option<String>,
    /// When reads see it at first, and when it is found by its token at first.
    pub(super) seen: Instant,
    pub(super) found: Instant,
    /// What reads see until then: the properties before the last change.
    pub(super) stale: Option<(Instant, Value)>,
    /// Its deletion is refused until then: what used it has left something behind.
    pub(super) held: Option<Instant>,
    /// When its deletion began, and when it is gone.
    pub(crate) deleted: Option<Instant>,
    pub(crate) gone: Option<Instant>,
    /// Until when reads see it after it is gone, and whether as if nobody had deleted it.
    pub(super) ghost: Option<(Instant, bool)>,
}

impl Resource {
    pub(super) fn is_alive(&self, now: Instant) -> bool {
        self.gone.is_none_or(|gone| now < gone)
    }

    /// Returns what a read sees.
    pub(super) fn look(&self, now: Instant) -> Option<SeenValue> {
        if now < self.seen {
            return None;
        }
        let phase = if self.is_alive(now) {
            self.phase(now)
        } else {
            let (_, unaware) = self.ghost.filter(|(until, _)| now < *until)?;
            if unaware { Phase::Ready } else { Phase::Deleting }
        };
        let props = self.stale.as_ref().filter(|(until, _)| now < *until).map_or(&self.props, |(_, before)| before);
        Some(SeenValue { phase, props: props.clone(), attrs: self.known(now), stack: self.stack.clone() })
    }

    /// Returns its attributes as far as they are known.
    pub(super) fn known(&self, now: Instant) -> Value {
        let mut attrs = self.attrs.clone();
        if self.ready <= now {
            for (name, value) in &self.late {
                attrs[*name] = value.clone();
            }
        }
        attrs
    }

    fn phase(&self, now: Instant) -> Phase {
        match &self.failed {
            _ if self.deleted.is_some() => Phase::Deleting,
            _ if now < self.ready => Phase::Pending,
            Some(why) => Phase::Failed(why.clone()),
            None => Phase::Ready,
        }
    }
}
