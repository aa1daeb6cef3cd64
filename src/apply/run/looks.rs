//! Waiting until resources are ready or gone: when to look, and what a look shows.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use super::Run;
use crate::apply::call::{self, Call};
use crate::apply::polls::Group;
use crate::apply::progress::Progress;
use crate::aws::{Effect, Result};
use crate::kind::erased::{Meta, SeenValue};
use crate::kind::{Phase, Wait};
use crate::state::event::{self, Event};

/// A resource that was made so long ago and is not found, or deleted and still there, is not only a stale replica's answer.
const STALE: Duration = Duration::from_mins(1);
/// The longest pause after a look that failed.
const THROTTLED: Duration = Duration::from_secs(4);
/// So many looks may fail in a row.
const LOOK_FAILURES: u32 = 6;

impl Run<'_> {
    pub(super) fn wait(&mut self, step: usize, gone: bool, first: f64) {
        let planned = &self.job.plan.steps[step];
        (self.tell)(Progress::Waiting { step, address: planned.key.address.clone() });
        let group = (planned.kind.clone(), planned.region.clone());
        let running = self.running(step);
        let wait = if gone { running.kind.meta().poll.gone } else { running.readiness() };
        let scale = self.job.pace.looks;
        let wait = Wait { every: wait.every * scale, ..wait };
        self.polls.add(group, step, wait, first * scale, gone);
    }

    pub(super) fn look_due(&mut self) {
        for (group, steps) in self.polls.due(Instant::now()) {
            let Some(kind) = self.job.registry.get(&group.0).cloned() else { continue };
            for batch in steps.chunks(kind.meta().batch) {
                if let Some(at) = self.no_look_before(batch[0], kind.meta()) {
                    for step in batch {
                        self.polls.postpone(&group, *step, at);
                    }
                    continue;
                }
                self.polls.looking(&group);
                let have: Vec<Value> = batch.iter().filter_map(|step| self.attrs(*step)).collect();
                let cx = self.cx(batch[0]);
                self.calls.spawn(call::look(Arc::clone(&kind), cx, group.clone(), batch.to_vec(), have));
            }
        }
    }

    /// Takes a token for a look, or says when there will be one.
    fn no_look_before(&self, step: usize, meta: &Meta) -> Option<Instant> {
        let take = || self.job.cx.limits().take(meta.service(), self.region(step), meta.reads);
        if self.job.pace.rates { take().err() } else { None }
    }

    pub(super) fn looked(&mut self, group: &Group, steps: Vec<usize>, seen: Result<Vec<Option<SeenValue>>>) {
        self.polls.looked(group);
        let Some(kind) = self.job.registry.get(&group.0).cloned() else { return };
        let (service, reads, limits) = (kind.meta().service(), kind.meta().reads, self.job.cx.limits());
        match seen {
            Ok(seen) => {
                limits.got_through(service, self.region(steps[0]), reads);
                for (step, seen) in steps.into_iter().zip(seen) {
                    self.judge_look(group, step, seen);
                }
            }
            Err(error) => {
                let throttled = error.is_throttling();
                if throttled {
                    limits.slower(service, self.region(steps[0]), reads);
                }
                let again = Instant::now() + limits.pause(service, THROTTLED);
                for step in steps {
                    let Some(item) = self.polls.get(group, step) else { continue };
                    let late = item.deadline <= Instant::now();
                    let failures = self.polls.again(group, step, !throttled);
                    self.polls.postpone(group, step, again);
                    // "Slower" is put up with as long as the wait itself.
                    let passing = throttled && !late || error.effect == Effect::Unknown && failures <= LOOK_FAILURES;
                    if !passing {
                        self.polls.remove(group, step);
                        self.fail(step, error.to_string(), false);
                    }
                }
            }
        }
    }

    fn judge_look(&mut self, group: &Group, step: usize, seen: Option<SeenValue>) {
        let Some(item) = self.polls.get(group, step).cloned() else { return };
        let key = self.job.plan.steps[step].key.clone();
        let now = Instant::now();
        let over = match (item.gone, seen) {
            (true, None) => {
                if self.record(Event::Gone { key }) {
                    self.done(step);
                }
                true
            }
            (false, Some(SeenValue { phase: Phase::Ready, attrs, .. })) => {
                if self.record(Event::Ready { key, attrs }) {
                    self.done(step);
                }
                true
            }
            (false, Some(SeenValue { phase: Phase::Failed(why), .. })) => {
                self.fail(step, format!("AWS gave up on it: {why}"), false);
                true
            }
            (false, Some(SeenValue { phase: Phase::Deleting, .. })) => {
                self.fail(step, "it is being deleted, and not by moodle-infra".to_owned(), false);
                true
            }
            (false, None) if now.duration_since(item.since) > STALE => {
                self.fail(step, "it is gone, and not by moodle-infra".to_owned(), false);
                true
            }
            // A deletion that was asked for before this run, and that AWS did not carry out.
            (true, Some(SeenValue { phase: Phase::Pending | Phase::Ready | Phase::Failed(_), attrs, .. }))
                if now.duration_since(item.since) > STALE && self.running(step).call.is_none() =>
            {
                self.intend_next(step, event::Call::Delete, Call::Delete { have: attrs });
                true
            }
            _ if item.deadline <= now => {
                let state = if item.gone { "gone" } else { "ready" };
                let waited = now.duration_since(item.since).as_secs();
                self.fail(step, format!("it is not {state} after {waited} s"), false);
                true
            }
            _ => false,
        };
        if over {
            self.polls.remove(group, step);
        } else {
            self.polls.again(group, step, false);
        }
    }
}
