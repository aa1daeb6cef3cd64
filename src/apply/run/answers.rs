//! What an answer to a step's own call leads to.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use super::Run;
use crate::apply::call::{Answer, Call, Reply};
use crate::apply::progress::Progress;
use crate::apply::step::Verdict;
use crate::aws::{Error, Result};
use crate::kind::erased::{Meta, TAGS};
use crate::kind::{Milestone, Verb};
use crate::plan::step::Action;
use crate::state::event::{self, Event};

impl Run<'_> {
    pub(super) fn answered(&mut self, answer: Answer) {
        match answer {
            Answer::Step { step, reply } => {
                let kind = Arc::clone(&self.running(step).kind);
                if let Some(count) = self.under_way.get_mut(kind.meta().service()) {
                    *count -= 1;
                }
                self.learn(step, kind.meta(), &reply);
                match reply {
                    Reply::Created(Ok(attrs)) => self.created(step, attrs),
                    Reply::Created(Err(error)) => self.call_failed(step, Verb::Create, &error),
                    Reply::Updated(Ok(attrs)) => self.updated(step, attrs),
                    Reply::Updated(Err(error)) => self.call_failed(step, Verb::Update, &error),
                    Reply::Deleted(Ok(())) => self.deleted(step),
                    Reply::Deleted(Err(error)) => self.call_failed(step, Verb::Delete, &error),
                    Reply::Found(found) => self.found(step, found),
                }
            }
            Answer::Looked { group, steps, seen } => self.looked(&group, steps, seen),
        }
        self.tell_left();
    }

    /// Learns from an answer how fast AWS lets us be.
    fn learn(&self, step: usize, meta: &Meta, reply: &Reply) {
        let (service, region, limits) = (meta.service(), self.region(step), self.job.cx.limits());
        let rate = if matches!(reply, Reply::Found(_)) { meta.reads } else { meta.rate };
        match reply.error() {
            None => limits.got_through(service, region, rate),
            Some(error) if error.is_throttling() => limits.slower(service, region, rate),
            Some(_) => {}
        }
    }

    fn created(&mut self, step: usize, attrs: Value) {
        let key = self.job.plan.steps[step].key.clone();
        let running = self.running(step);
        running.got_through();
        running.lost = None;
        let want = running.want.clone();
        let later: Vec<String> = running.kind.later(&want).into_iter().map(str::to_owned).collect();
        let waits = running.kind.meta().poll.ready;
        let ready = later.is_empty() && waits.first.is_none();
        if !self.record(Event::Created { key, attrs: attrs.clone(), later: later.clone(), ready }) {
            return;
        }
        self.queue.reached(step, Milestone::Created);
        if !later.is_empty() {
            if let Action::Create { needs, .. } = &self.job.plan.steps[step].action
                && !self.is_stopping()
            {
                let intended = event::Call::Update { props: want.clone(), needs: needs.clone() };
                let was = want.clone();
                // Tags that come after the creation bring the marks with them.
                let mark = later.iter().any(|it| it == TAGS).then(|| self.token(step));
                let call = Call::Update { have: attrs, was, want, changed: later, mark };
                self.intend_next(step, intended, call);
            }
        } else if let Some(first) = waits.first {
            self.wait(step, false, first);
        } else {
            self.done(step);
        }
    }

    fn updated(&mut self, step: usize, attrs: Value) {
        let key = self.job.plan.steps[step].key.clone();
        let running = self.running(step);
        running.got_through();
        let first = running.readiness().first;
        if !self.record(Event::Updated { key, attrs, ready: first.is_none() }) {
            return;
        }
        match first {
            Some(first) => self.wait(step, false, first),
            None => self.done(step),
        }
    }

    fn deleted(&mut self, step: usize) {
        let key = self.job.plan.steps[step].key.clone();
        let first = self.running(step).kind.meta().poll.gone.first;
        let event = if first.is_some() { Event::Deleting { key } } else { Event::Gone { key } };
        if !self.record(event) {
            return;
        }
        match first {
            Some(first) => self.wait(step, true, first),
            None => self.done(step),
        }
    }

    fn call_failed(&mut self, step: usize, verb: Verb, error: &Error) {
        let planned = &self.job.plan.steps[step];
        let stopping = self.is_stopping();
        let limits = self.job.cx.limits();
        let running = self.running(step);
        let service = running.kind.meta().service();
        match running.judge(verb, error) {
            Verdict::GiveUp { open: false } => {
                let key = planned.key.clone();
                if self.record(Event::Nothing { key }) {
                    self.fail(step, error.to_string(), false);
                }
            }
            Verdict::GiveUp { open: true } => self.fail(step, error.to_string(), true),
            // The journal remembers an unknown effect; a refusal had none.
            Verdict::Look(_) if stopping => {}
            Verdict::Again(_) if stopping => {
                if error.effect == crate::aws::Effect::None {
                    self.record(Event::Nothing { key: planned.key.clone() });
                }
            }
            Verdict::Again(longest) => {
                running.lost = (error.effect == crate::aws::Effect::Unknown).then(|| error.clone());
                self.pause(step, limits.pause(service, longest), error.to_string());
            }
            Verdict::Look(longest) => {
                running.lost = Some(error.clone());
                running.looked_once = false;
                if let Some(Call::Create { token, want } | Call::Find { token, want }) = running.call.take() {
                    running.call = Some(Call::Find { token, want });
                }
                self.pause(step, limits.pause(service, longest), error.to_string());
            }
        }
    }

    /// The answer to "was it made?".
    fn found(&mut self, step: usize, found: Result<Option<Value>>) {
        let pace = self.job.pace;
        let stopping = self.is_stopping();
        let running = self.running(step);
        match found {
            Ok(Some(attrs)) => self.created(step, attrs),
            _ if stopping => {}
            Err(error) => {
                let unknown = Error { effect: crate::aws::Effect::Unknown, ..error };
                self.call_failed(step, Verb::Create, &unknown);
            }
            Ok(None) if !running.looked_once => {
                // A tag index lags: once is no evidence.
                running.looked_once = true;
                self.pause(step, pace.lost, "nothing was found; looking once more".to_owned());
            }
            Ok(None) => {
                let why = running.lost.as_ref().map_or_else(String::new, ToString::to_string);
                if running.may_try_again()
                    && let Some(Call::Find { token, want }) = running.call.take()
                {
                    running.lost = None;
                    running.call = Some(Call::Create { token, want });
                    self.due.insert(step);
                    return;
                }
                let key = self.job.plan.steps[step].key.clone();
                if self.record(Event::Nothing { key }) {
                    self.fail(step, why, false);
                }
            }
        }
    }

    fn pause(&mut self, step: usize, pause: Duration, why: String) {
        let address = self.job.plan.steps[step].key.address.clone();
        (self.tell)(Progress::Again { step, address, why, pause });
        self.pauses.insert((Instant::now() + pause, step));
    }
}
