//! What is waited for: one poll a kind and region covers everything of it, timed by the expected duration.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use crate::kind::Wait;

/// The longest pause after looks that failed: a network that is back should not be waited for much longer.
const SLOWEST: Duration = Duration::from_secs(10);

/// What one poll covers: a kind and a region (`None` is the stack's own).
pub(super) type Group = (String, Option<String>);

/// Everything that is waited for.
#[derive(Debug, Default)]
pub(super) struct Polls {
    groups: BTreeMap<Group, BTreeMap<usize, Item>>,
    /// Groups that are being looked at right now, and how many answers are still to come.
    looking: BTreeMap<Group, usize>,
}

/// A step that waits.
#[derive(Debug, Clone)]
pub(super) struct Item {
    /// Whether it waits until its resource is gone; else until it is ready.
    pub(super) gone: bool,
    /// When the wait began.
    pub(super) since: Instant,
    /// When it ends in an error.
    pub(super) deadline: Instant,
    /// The looks that failed in a row.
    pub(super) failures: u32,
    every: Duration,
    next: Instant,
}

impl Polls {
    /// Adds a step; `first` is the time of its first look from now, in seconds.
    pub(super) fn add(&mut self, group: Group, step: usize, wait: Wait, first: f64, gone: bool) {
        let now = Instant::now();
        let item = Item {
            gone,
            since: now,
            deadline: now + Duration::from_secs_f64(wait.timeout.max(30.0)),
            failures: 0,
            every: Duration::from_secs_f64(wait.every.max(0.25)),
            next: now + Duration::from_secs_f64(first),
        };
        self.groups.entry(group).or_default().insert(step, item);
    }

    /// Returns the time of the next look.
    pub(super) fn next(&self) -> Option<Instant> {
        let idle = self.groups.iter().filter(|(group, _)| !self.looking.contains_key(*group));
        idle.flat_map(|(_, items)| items.values().map(|item| item.next)).min()
    }

    /// Returns the groups that are due, with every step of theirs: a look costs one call, however many it covers. Those
    /// that have waited the longest come first, for there may not be calls enough for all.
    pub(super) fn due(&self, now: Instant) -> Vec<(Group, Vec<usize>)> {
        let due = |(group, items): &(&Group, &BTreeMap<usize, Item>)| {
            !self.looking.contains_key(*group) && items.values().any(|item| item.next <= now)
        };
        let steps = |items: &BTreeMap<usize, Item>| {
            let mut steps: Vec<usize> = items.keys().copied().collect();
            steps.sort_by_key(|step| items[step].next);
            steps
        };
        self.groups.iter().filter(due).map(|(group, items)| (group.clone(), steps(items))).collect()
    }

    /// Notes another call that looks at a group.
    pub(super) fn looking(&mut self, group: &Group) {
        *self.looking.entry(group.clone()).or_default() += 1;
    }

    /// Notes that one of these calls has answered.
    pub(super) fn looked(&mut self, group: &Group) {
        if let Some(calls) = self.looking.get_mut(group) {
            *calls -= 1;
            if *calls == 0 {
                self.looking.remove(group);
            }
        }
    }

    /// Returns a waiting step.
    pub(super) fn get(&self, group: &Group, step: usize) -> Option<&Item> {
        self.groups.get(group)?.get(&step)
    }

    /// Lets a step wait for another look; returns how many looks have failed in a row.
    pub(super) fn again(&mut self, group: &Group, step: usize, failed: bool) -> u32 {
        let Some(item) = self.groups.get_mut(group).and_then(|items| items.get_mut(&step)) else { return 0 };
        item.failures = if failed { item.failures + 1 } else { 0 };
        let pause = (item.every * 2_u32.pow(item.failures.min(8))).min(SLOWEST.max(item.every));
        // A step whose first look is still to come keeps that time.
        item.next = item.next.max(Instant::now() + pause);
        item.failures
    }

    /// Looks at a step at that time at the earliest.
    pub(super) fn postpone(&mut self, group: &Group, step: usize, until: Instant) {
        if let Some(item) = self.groups.get_mut(group).and_then(|items| items.get_mut(&step)) {
            item.next = item.next.max(until);
        }
    }

    /// Takes a step out: its wait is over.
    pub(super) fn remove(&mut self, group: &Group, step: usize) {
        if let Some(items) = self.groups.get_mut(group) {
            items.remove(&step);
            if items.is_empty() {
                self.groups.remove(group);
            }
        }
    }

    /// Whether nothing is waited for.
    pub(super) fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }
}
