//! The loop.

mod answers;
mod looks;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::call::{self, Answer, Call};
use super::polls::Polls;
use super::progress::Progress;
use super::queue::{Queue, Typical};
use super::step::{Running, what};
use super::{Failure, Job, Outcome, Stop};
use crate::aws::Cx;
use crate::kind::erased::{Erased, Registry, TAGS};
use crate::kind::{Milestone, Token, reference};
use crate::plan::Plan;
use crate::plan::step::{Action, Step};
use crate::state::event::{self, Event};
use crate::state::resource::Stage;
use crate::state::store::Ledger;

/// Carries a plan out. `tell` hears of everything that happens; a user who interrupts sends on `stop`.
///
/// # Panics
/// When a kind panics: our bug. The journal is whole then.
pub async fn apply(
    job: Job<'_>,
    ledger: &mut dyn Ledger,
    stop: &mut UnboundedReceiver<Stop>,
    tell: &mut dyn FnMut(Progress),
) -> Outcome {
    let begun = Instant::now();
    let mut outcome = Outcome::default();
    for event in &job.plan.learnt {
        if let Err(error) = ledger.record(event.clone()) {
            outcome.state_error = Some(error);
            outcome.untried = (0..job.plan.steps.len()).map(|step| (step, None)).collect();
            return outcome;
        }
    }
    let Some(mut run) = Run::new(job, ledger, tell) else {
        let why = "the steps of the plan wait for each other in a circle".to_owned();
        outcome.failed =
            (0..job.plan.steps.len()).map(|step| Failure { step, why: why.clone(), open: false }).collect();
        return outcome;
    };
    run.begin();
    run.go(stop).await;
    run.finish(begun)
}

/// Returns how long a plan usually takes: its longest path.
#[must_use]
pub fn expected(registry: &Registry, plan: &Plan) -> Duration {
    let typical: Vec<Typical> = plan.steps.iter().map(|step| typical(registry, step)).collect();
    let queue = Queue::new(&plan.steps, &typical);
    Duration::from_secs_f64(queue.map_or(0.0, |queue| queue.longest(0..plan.steps.len())))
}

struct Run<'a> {
    job: Job<'a>,
    ledger: &'a mut dyn Ledger,
    tell: &'a mut dyn FnMut(Progress),
    queue: Queue,
    typical: Vec<Typical>,
    running: BTreeMap<usize, Running>,
    /// Calls to make after a pause.
    pauses: BTreeSet<(Instant, usize)>,
    /// Steps whose next call is to be made as soon as the limits allow.
    due: BTreeSet<usize>,
    calls: JoinSet<Answer>,
    /// The steps' own calls under way, by service.
    under_way: BTreeMap<&'static str, usize>,
    polls: Polls,
    /// When a token bucket will have a token for a step that is ready.
    token_at: Option<Instant>,
    ended: BTreeSet<usize>,
    outcome: Outcome,
}

impl<'a> Run<'a> {
    fn new(job: Job<'a>, ledger: &'a mut dyn Ledger, tell: &'a mut dyn FnMut(Progress)) -> Option<Run<'a>> {
        let typical: Vec<Typical> = job.plan.steps.iter().map(|step| typical(job.registry, step)).collect();
        let queue = Queue::new(&job.plan.steps, &typical)?;
        Some(Run {
            job,
            ledger,
            tell,
            queue,
            typical,
            running: BTreeMap::new(),
            pauses: BTreeSet::new(),
            due: BTreeSet::new(),
            calls: JoinSet::new(),
            under_way: BTreeMap::new(),
            polls: Polls::default(),
            token_at: None,
            ended: BTreeSet::new(),
            outcome: Outcome::default(),
        })
    }

    fn begin(&mut self) {
        let steps = self.job.plan.steps.len();
        let expected = Duration::from_secs_f64(self.queue.longest(0..steps));
        (self.tell)(Progress::Began { steps, expected });
    }

    async fn go(&mut self, stop: &mut UnboundedReceiver<Stop>) {
        let mut stop_open = true;
        loop {
            if !self.is_stopping() {
                self.token_at = None;
                self.make_due();
                self.start_ready();
                self.look_due();
            }
            // Asked once more, because starting a step stops everything when its intent cannot be recorded.
            let waits = !self.pauses.is_empty() || !self.polls.is_empty() || self.token_at.is_some();
            if self.calls.is_empty() && (self.is_stopping() || !waits) {
                return;
            }
            let wake = self.next_wake();
            tokio::select! {
                biased;
                asked = stop.recv(), if stop_open => match asked {
                    Some(asked) => self.stop(asked),
                    None => stop_open = false,
                },
                Some(answer) = self.calls.join_next() => {
                    // An aborted task is one that the user asked to drop.
                    if let Ok(answer) = answer.map_err(|error| assert!(error.is_cancelled(), "bug: {error}")) {
                        self.answered(answer);
                    }
                }
                () = sleep_until(wake), if wake.is_some() => self.pauses_over(),
            }
        }
    }

    fn finish(mut self, begun: Instant) -> Outcome {
        let caused: BTreeSet<usize> = self.outcome.untried.iter().map(|(step, _)| *step).collect();
        let unended =
            (0..self.job.plan.steps.len()).filter(|step| !self.ended.contains(step) && !caused.contains(step));
        self.outcome.untried.extend(unended.map(|step| (step, None)));
        self.outcome.untried.sort_unstable();
        if self.outcome.state_error.is_none() {
            let known = |source: &reference::Source| attribute(self.ledger, source);
            let resolved = |value: &Value| reference::resolve(value, &known);
            let outputs: BTreeMap<String, Value> = self
                .job
                .plan
                .outputs
                .iter()
                .map(|(name, value)| (name.clone(), resolved(value)))
                .filter(|(_, value)| reference::sources(value).is_empty())
                .collect();
            if outputs != self.ledger.state().outputs {
                self.record(Event::Outputs { outputs });
            }
        }
        self.outcome.took = begun.elapsed();
        self.outcome
    }

    fn is_stopping(&self) -> bool {
        self.outcome.stopped.is_some() || self.outcome.state_error.is_some()
    }

    fn stop(&mut self, asked: Stop) {
        if self.outcome.stopped < Some(asked) {
            self.outcome.stopped = Some(asked);
        }
        if asked == Stop::Drop {
            self.calls.abort_all();
        } else {
            (self.tell)(Progress::Draining { calls: self.calls.len() });
        }
        // What was refused and would be tried again did not happen; what is unknown stays open for the next run.
        let paused = std::mem::take(&mut self.pauses).into_iter().map(|(_, step)| step);
        for step in paused.chain(std::mem::take(&mut self.due)).collect::<Vec<_>>() {
            let refused = self.running.get(&step).is_some_and(|it| it.lost.is_none());
            let key = &self.job.plan.steps[step].key;
            let open = self.ledger.state().resources.get(key).is_some_and(|it| it.open.is_some());
            if refused && open {
                self.record(Event::Nothing { key: key.clone() });
            }
        }
    }

    fn next_wake(&self) -> Option<Instant> {
        if self.is_stopping() {
            return None;
        }
        let pause = self.pauses.first().map(|(at, _)| *at);
        [pause, self.polls.next(), self.token_at].into_iter().flatten().min()
    }

    /// Makes the calls that steps under way have to make, as far as the limits allow.
    fn make_due(&mut self) {
        for step in self.due.clone() {
            let running = self.running(step);
            let (kind, call) = (Arc::clone(&running.kind), running.call.clone());
            let changes = !matches!(call, Some(Call::Find { .. }));
            if self.may_call(step, kind.as_ref(), changes) {
                self.due.remove(&step);
                if let Some(call) = call {
                    self.make(step, call);
                }
            }
        }
    }

    /// Starts what is ready. A step may be over as soon as it starts, and what waited for it alone is ready then: nothing
    /// else would wake the loop for that.
    fn start_ready(&mut self) {
        let mut ended = usize::MAX;
        while ended != self.ended.len() {
            ended = self.ended.len();
            self.start_each_ready();
        }
    }

    /// Starts ready steps, the most urgent first, as far as the limits allow.
    fn start_each_ready(&mut self) {
        let ready: Vec<usize> = self.queue.ready().collect();
        for step in ready {
            if self.is_stopping() {
                return;
            }
            let planned = &self.job.plan.steps[step];
            let Some(kind) = self.job.registry.get(&planned.kind).cloned() else {
                self.queue.start(step);
                self.fail(step, format!("this version does not know the kind `{}`", planned.kind), false);
                continue;
            };
            // One that only waits makes no call of its own.
            if planned.action == Action::Await || self.may_call(step, kind.as_ref(), true) {
                self.queue.start(step);
                self.start(step, kind);
            }
        }
    }

    /// Whether the limits allow a call now, of which it takes a token then.
    fn may_call(&mut self, step: usize, kind: &dyn Erased, changes: bool) -> bool {
        let meta = kind.meta();
        let room = self.job.cx.wire().room(meta.prefix()).unwrap_or(usize::MAX).min(self.job.per_service);
        if self.under_way.get(meta.service()).is_some_and(|busy| room <= *busy) {
            return false;
        }
        if !self.job.pace.rates {
            return true;
        }
        let rate = if changes { meta.rate } else { meta.reads };
        match self.job.cx.limits().take(meta.service(), self.region(step), rate) {
            Ok(()) => true,
            Err(at) => {
                self.token_at = Some(self.token_at.map_or(at, |other| other.min(at)));
                false
            }
        }
    }

    fn start(&mut self, step: usize, kind: Arc<dyn Erased>) {
        let planned = &self.job.plan.steps[step];
        let running = Running::new(kind, what(planned));
        (self.tell)(Progress::Started {
            step,
            address: planned.key.address.clone(),
            what: running.what,
            expected: Duration::from_secs_f64(self.typical[step].ready),
        });
        self.running.insert(step, running);
        match &planned.action {
            Action::Create { props, needs, .. } => {
                let Some(want) = self.resolved(step, props) else { return };
                let token = self.token(step);
                let intended = event::Call::Create {
                    kind: planned.kind.clone(),
                    region: planned.region.clone(),
                    token: token.as_str().to_owned(),
                    props: want.clone(),
                    needs: needs.clone(),
                };
                self.running(step).want = want.clone();
                self.intend(step, intended, Call::Create { token, want });
            }
            Action::Update { was, props, changed, marks, needs } => {
                let Some(want) = self.resolved(step, props) else { return };
                let mark = marks.then(|| self.token(step));
                // A value that was unknown in the plan may turn out to be what it was.
                let changes = |it: &&String| was[it.as_str()] != want[it.as_str()] || *marks && *it == TAGS;
                let changed: Vec<String> = changed.iter().filter(changes).cloned().collect();
                let Some(have) = self.attrs(step) else {
                    return self.fail(step, "it is not in the state any more".to_owned(), false);
                };
                self.running(step).want = want.clone();
                if changed.is_empty() {
                    let key = planned.key.clone();
                    if self.record(Event::Linked { key, needs: needs.clone() }) {
                        self.done(step);
                    }
                    return;
                }
                let intended = event::Call::Update { props: want.clone(), needs: needs.clone() };
                self.intend(step, intended, Call::Update { have, was: was.clone(), want, changed, mark });
            }
            Action::Delete { .. } => {
                let Some(have) = self.attrs(step) else {
                    // Nothing to delete: another step of a run before this one has seen it gone.
                    return self.done(step);
                };
                let leaving = self.ledger.state().resources[&planned.key].stage == Stage::Leaving;
                let waits = self.running(step).kind.meta().poll.gone;
                if leaving && waits.first.is_some() {
                    self.wait(step, true, 0.0);
                } else {
                    self.intend(step, event::Call::Delete, Call::Delete { have });
                }
            }
            Action::Await => self.wait(step, false, 0.0),
        }
    }

    /// Puts an intent on disk, then makes the call, which the limits have allowed.
    fn intend(&mut self, step: usize, intended: event::Call, call: Call) {
        let key = self.job.plan.steps[step].key.clone();
        if self.record(Event::Intend { key, call: intended }) {
            self.make(step, call);
        }
    }

    /// Puts an intent on disk; the call is made as soon as the limits allow.
    fn intend_next(&mut self, step: usize, intended: event::Call, call: Call) {
        let key = self.job.plan.steps[step].key.clone();
        if self.record(Event::Intend { key, call: intended }) {
            self.running(step).call = Some(call);
            self.due.insert(step);
        }
    }

    fn make(&mut self, step: usize, call: Call) {
        let cx = self.cx(step);
        let running = self.running(step);
        running.call = Some(call.clone());
        let kind = Arc::clone(&running.kind);
        *self.under_way.entry(kind.meta().service()).or_default() += 1;
        self.calls.spawn(call::make(kind, cx, step, call));
    }

    fn pauses_over(&mut self) {
        let now = Instant::now();
        while let Some((at, step)) = self.pauses.first().copied().filter(|(at, _)| *at <= now) {
            self.pauses.remove(&(at, step));
            self.due.insert(step);
        }
    }

    fn done(&mut self, step: usize) {
        let planned = &self.job.plan.steps[step];
        self.ended.insert(step);
        self.outcome.done.push(step);
        let Some(running) = self.running.remove(&step) else { return };
        let resource = self.ledger.state().resources.get(&planned.key);
        let id = resource.and_then(|it| it.attrs[running.kind.meta().id].as_str().map(str::to_owned));
        let address = planned.key.address.clone();
        (self.tell)(Progress::Done { step, address, what: running.what, took: running.started.elapsed(), id });
        self.queue.reached(step, Milestone::Ready);
    }

    fn fail(&mut self, step: usize, why: String, open: bool) {
        let planned = &self.job.plan.steps[step];
        self.ended.insert(step);
        let address = planned.key.address.clone();
        (self.tell)(Progress::Failed { step, address, what: what(planned), why: why.clone() });
        self.outcome.failed.push(Failure { step, why, open });
        self.running.remove(&step);
        let never = self.queue.failed(step);
        self.outcome.untried.extend(never.into_iter().map(|(step, cause)| (step, Some(cause))));
    }

    /// Records an event; after a failure nothing new is started, because nothing could be recorded of it.
    fn record(&mut self, event: Event) -> bool {
        match self.ledger.record(event) {
            Ok(()) => true,
            Err(error) => {
                self.outcome.state_error.get_or_insert(error);
                false
            }
        }
    }

    /// Returns properties with every reference resolved; fails the step when one cannot be.
    fn resolved(&mut self, step: usize, props: &Value) -> Option<Value> {
        let resolved = reference::resolve(props, &|source| attribute(self.ledger, source));
        if let Some(source) = reference::sources(&resolved).first() {
            self.fail(step, format!("`{}` has no `{}` yet", source.of, source.attr), false);
            return None;
        }
        match self.running(step).kind.normalise(&resolved) {
            Ok(want) => Some(want),
            Err(why) => {
                self.fail(step, format!("its properties do not fit its kind: {why}"), false);
                None
            }
        }
    }

    /// Returns the token of the incarnation that a step works on.
    fn token(&self, step: usize) -> Token {
        let (state, key) = (self.ledger.state(), &self.job.plan.steps[step].key);
        Token::derive(&state.stack, &state.lineage, &key.address, key.incarnation)
    }

    fn attrs(&self, step: usize) -> Option<Value> {
        self.ledger.state().resources.get(&self.job.plan.steps[step].key).map(|it| it.attrs.clone())
    }

    fn cx(&self, step: usize) -> Cx {
        let region = self.job.plan.steps[step].region.as_deref();
        region.map_or_else(|| self.job.cx.clone(), |region| self.job.cx.at(region))
    }

    fn region(&self, step: usize) -> &str {
        self.job.plan.steps[step].region.as_deref().unwrap_or_else(|| self.job.cx.region())
    }

    fn running(&mut self, step: usize) -> &mut Running {
        self.running.get_mut(&step).unwrap_or_else(|| panic!("bug: step {step} does not run"))
    }

    fn tell_left(&mut self) {
        let now = Instant::now();
        let left = self.running.iter().map(|(step, running)| {
            let path = self.queue.longest(std::iter::once(*step));
            (path - now.duration_since(running.started).as_secs_f64()).max(0.0)
        });
        let expected = Duration::from_secs_f64(left.fold(0.0, f64::max));
        (self.tell)(Progress::Left { expected });
    }
}

/// Returns an attribute of the newest incarnation at an address, once it is created.
fn attribute(ledger: &dyn Ledger, source: &reference::Source) -> Option<String> {
    let (_, resource) = ledger.state().current(&source.of)?;
    resource.attrs[source.attr.as_str()].as_str().map(str::to_owned)
}

/// Returns how long a step usually takes.
fn typical(registry: &Registry, step: &Step) -> Typical {
    let Some(kind) = registry.get(&step.kind) else { return Typical { call: 0.0, ready: 0.0 } };
    let (poll, changed) = (kind.meta().poll, kind.meta().changed);
    match &step.action {
        Action::Delete { .. } => Typical { call: 0.5, ready: poll.gone.typical },
        // Other tags are another label on the same thing.
        Action::Update { changed: fields, .. } if fields.iter().all(|it| it == "tags") => {
            Typical { call: 0.5, ready: changed.typical.min(5.0) }
        }
        Action::Update { .. } => Typical { call: 0.5, ready: changed.typical },
        Action::Create { .. } | Action::Await => {
            Typical { call: 1.0_f64.min(poll.ready.typical), ready: poll.ready.typical }
        }
    }
}

async fn sleep_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}
