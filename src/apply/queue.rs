//! Which step may start: a step is ready the moment the last milestone that it waits for is reached, and among the
//! ready ones the one with the longest remaining path goes first.

use std::collections::{BTreeMap, BTreeSet};

use petgraph::algo::toposort;
use petgraph::graph::{DiGraph, NodeIndex};

use crate::kind::Milestone;
use crate::plan::step::Step;

/// The durations of a step, in seconds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Typical {
    /// Until its call has answered.
    pub(super) call: f64,
    /// Until it is ready, or gone.
    pub(super) ready: f64,
}

/// The steps of a plan that have not started, and what they wait for.
#[derive(Debug)]
pub(super) struct Queue {
    /// What each step still waits for: (step, milestone).
    missing: Vec<BTreeSet<(usize, Milestone)>>,
    /// Who waits for a step.
    waiters: Vec<BTreeSet<usize>>,
    /// The seconds from the start of each step to the end of everything that waits for it.
    remaining: Vec<f64>,
    /// Ready steps, the most urgent last.
    ready: BTreeSet<Urgency>,
    started: BTreeSet<usize>,
    /// Steps that will never start.
    dead: BTreeSet<usize>,
}

/// Orders ready steps: by remaining seconds (in milliseconds, to be `Ord`), then the lower number first.
type Urgency = (u64, std::cmp::Reverse<usize>);

impl Queue {
    /// Returns the queue of a plan's steps; `None` when they wait for each other in a circle, as only a tampered
    /// plan file can say.
    pub(super) fn new(steps: &[Step], typical: &[Typical]) -> Option<Queue> {
        let mut graph: DiGraph<(), Milestone> = DiGraph::new();
        let indices: Vec<NodeIndex> = steps.iter().map(|_| graph.add_node(())).collect();
        for (user, step) in steps.iter().enumerate() {
            for wait in &step.waits {
                graph.add_edge(indices[wait.step], indices[user], wait.until);
            }
        }
        let order = toposort(&graph, None).ok()?;
        let mut remaining: Vec<f64> = typical.iter().map(|it| it.ready).collect();
        let mut waiters = vec![BTreeSet::new(); steps.len()];
        for index in order.into_iter().rev() {
            for edge in graph.edges(index) {
                let (user, needed) = (petgraph::visit::EdgeRef::target(&edge).index(), index.index());
                let until = match edge.weight() {
                    Milestone::Created => typical[needed].call,
                    Milestone::Ready => typical[needed].ready,
                };
                remaining[needed] = remaining[needed].max(until + remaining[user]);
                waiters[needed].insert(user);
            }
        }
        let missing: Vec<BTreeSet<_>> =
            steps.iter().map(|step| step.waits.iter().map(|wait| (wait.step, wait.until)).collect()).collect();
        let mut queue = Queue {
            missing,
            waiters,
            remaining,
            ready: BTreeSet::new(),
            started: BTreeSet::new(),
            dead: BTreeSet::new(),
        };
        for step in 0..steps.len() {
            queue.enqueue_if_free(step);
        }
        Some(queue)
    }

    /// Returns the ready steps, the most urgent first.
    pub(super) fn ready(&self) -> impl Iterator<Item = usize> {
        self.ready.iter().rev().map(|(_, step)| step.0)
    }

    /// Takes a ready step out, because it starts.
    pub(super) fn start(&mut self, step: usize) {
        self.ready.remove(&self.urgency(step));
        self.started.insert(step);
    }

    /// Notes that a step has come so far; what waited for that alone is ready.
    pub(super) fn reached(&mut self, step: usize, milestone: Milestone) {
        for waiter in self.waiters[step].clone() {
            let missing = &mut self.missing[waiter];
            missing.remove(&(step, Milestone::Created));
            if milestone == Milestone::Ready {
                missing.remove(&(step, Milestone::Ready));
            }
            self.enqueue_if_free(waiter);
        }
    }

    /// Notes that a step failed and returns everything that will never start because of it.
    pub(super) fn failed(&mut self, step: usize) -> BTreeMap<usize, usize> {
        let mut never = BTreeMap::new();
        let mut pending = vec![step];
        while let Some(cause) = pending.pop() {
            for waiter in self.waiters[cause].clone() {
                let waits = self.missing[waiter].iter().any(|(needed, _)| *needed == cause);
                if waits && self.dead.insert(waiter) {
                    never.insert(waiter, step);
                    pending.push(waiter);
                }
            }
        }
        never
    }

    /// Returns the longest remaining path among these steps, in seconds.
    pub(super) fn longest(&self, steps: impl Iterator<Item = usize>) -> f64 {
        steps.map(|step| self.remaining[step]).fold(0.0, f64::max)
    }

    fn enqueue_if_free(&mut self, step: usize) {
        if self.missing[step].is_empty() && !self.started.contains(&step) && !self.dead.contains(&step) {
            self.ready.insert(self.urgency(step));
        }
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "days in milliseconds fit")]
    fn urgency(&self, step: usize) -> Urgency {
        ((self.remaining[step].max(0.0) * 1000.0) as u64, std::cmp::Reverse(step))
    }
}
