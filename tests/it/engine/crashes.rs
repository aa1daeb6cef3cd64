//! The process dies, or its disk is full, at every record of a run; then the next run.

use std::time::Duration;

use moodle_infra::graph::Graph;
use moodle_infra::kind::erased::Registry;
use moodle_infra::kinds;
use moodle_infra::plan::Options;

use super::model::Model;
use super::network::Network;
use super::{Seed, seeds};
use crate::support::sim::dice::Dice;
use crate::support::sim::ledger::Mishap;
use crate::support::sim::site::{Site, everything_down};
use crate::support::sim::things::things;
use crate::support::sim::weather::Weather;

const MISHAPS: [Mishap; 3] = [Mishap::DiesBefore, Mishap::DiesAfter, Mishap::Full];

/// A run: from a site that stands as one graph says to what another says, or to nothing.
struct Course<'a> {
    registry: &'a Registry,
    weather: Weather,
    before: Option<&'a Graph>,
    after: &'a Graph,
    options: Options,
    seed: u64,
}

impl Course<'_> {
    /// Returns a site as it is before the run.
    async fn site(&self) -> Site {
        let mut site = Site::new(self.registry, self.weather.clone(), self.seed);
        if let Some(before) = self.before {
            site.converge(before, &Options::default()).await;
            site.check(before).await;
        }
        site
    }

    /// Lets a mishap happen at every record of the run, and another so many records into the next run. Returns how many
    /// runs were hit.
    async fn at_every_record(&self, mishap: Mishap, again: Option<(usize, Mishap)>) -> usize {
        for record in 0.. {
            let mut site = self.site().await;
            site.ledger.after(record, mishap);
            let first = site.go(self.after, &self.options).await;
            if site.ledger.is_waiting() {
                assert!(first.is_some_and(|(_, outcome)| outcome.is_complete()), "nothing happened");
                return record;
            }
            let at = site.ledger.at.clone().unwrap();
            let _named = Place(format!("{at} at record {record}, then {again:?}"));
            assert!(first.is_none_or(|(_, outcome)| !outcome.is_complete()), "a run that was hit says so");
            if let Some((records, mishap)) = again {
                site.ledger.after(records, mishap);
            }
            site.converge(self.after, &self.options).await;
            if self.options.destroy {
                site.check_nothing_left();
            } else {
                site.check(self.after).await;
            }
        }
        unreachable!("some record is the last")
    }

    /// Tries every mishap at every record of the run, and at one record of the run after it.
    async fn with_everything(&self, dice: &mut Dice) -> usize {
        let mut hit = 0;
        for mishap in MISHAPS {
            hit += self.at_every_record(mishap, None).await;
            let again = (dice.below(12), *dice.pick(&MISHAPS));
            hit += self.at_every_record(mishap, Some(again)).await;
        }
        hit
    }
}

/// Names the record at which a failed test's process died.
struct Place(String);

impl Drop for Place {
    #[expect(clippy::print_stderr, reason = "a failed test names its place")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("after {}", self.0);
        }
    }
}

/// Tries applies, edits and destroys of random sites in this weather.
#[expect(clippy::print_stdout, reason = "the figures are for people")]
async fn random_sites(count: u64, size: usize, weather: &Weather) {
    let registry = things();
    let mut all = 0;
    for seed in seeds(count) {
        let _named = Seed(seed);
        let mut dice = Dice::of(seed);
        let mut model = Model::random(size, &mut dice);
        let before = model.graph();
        model.edit(size, &mut dice);
        let after = model.graph();
        let course = |before, after, options| Course {
            registry: &registry,
            weather: weather.clone(),
            before,
            after,
            options,
            seed,
        };
        let mut hit = course(None, &before, Options::default()).with_everything(&mut dice).await;
        hit += course(Some(&before), &after, Options::default()).with_everything(&mut dice).await;
        hit += course(Some(&before), &before, everything_down()).with_everything(&mut dice).await;
        assert!(hit > 0, "no run was hit");
        all += hit;
    }
    println!("{all} runs were hit");
}

#[tokio::test(start_paused = true)]
async fn a_random_site_survives_death_at_every_record() {
    random_sites(6, 7, &Weather::default()).await;
}

#[tokio::test(start_paused = true)]
async fn a_random_site_survives_death_in_rough_weather() {
    random_sites(6, 7, &Weather::rough(0.03)).await;
}

#[tokio::test(start_paused = true)]
async fn the_network_survives_death_at_every_record() {
    let registry = kinds::registry();
    let network = Network { zones: vec!["eu-west-1a", "eu-west-1b"], ..Network::reference() };
    let graph = network.graph();
    let moved = Network { net: 1, owner: "library", ..network }.graph();
    let everything = [
        (None, &graph, Options::default()),
        (Some(&graph), &moved, Options::default()),
        (Some(&graph), &graph, everything_down()),
    ];
    let mut hit = 0;
    for (before, after, options) in everything {
        let course = Course { registry: &registry, weather: Weather::default(), before, after, options, seed: 0 };
        for mishap in MISHAPS {
            hit += course.at_every_record(mishap, None).await;
        }
    }
    assert!(hit > 300, "{hit} runs were hit");
}

#[tokio::test(start_paused = true)]
async fn a_site_survives_death_at_any_time() {
    let registry = kinds::registry();
    let graph = Network::reference().graph();
    let mut killed = 0;
    for seed in seeds(150) {
        let _named = Seed(seed);
        let mut dice = Dice::of(seed);
        let mut site = Site::new(&registry, Weather::rough(0.03), seed);
        for options in [Options::default(), everything_down()] {
            // Most happens in the first seconds; now and then the next run dies as well.
            while dice.chance(0.7) {
                let longest = if dice.chance(0.5) { 4.0 } else { 120.0 };
                let after = Duration::from_secs_f64(dice.share() * longest);
                if tokio::time::timeout(after, site.go(&graph, &options)).await.is_err() {
                    killed += 1;
                    site.ledger.reopen();
                }
            }
            site.converge(&graph, &options).await;
            if options.destroy {
                site.check_nothing_left();
            } else {
                site.check(&graph).await;
            }
        }
    }
    assert!(killed > 0);
}
