//! Whole lives: apply, edits, destroy.

use moodle_infra::kinds;
use moodle_infra::plan::Options;

use super::model::Model;
use super::network::{Network, from_spec};
use super::{Seed, seeds};
use crate::support::sim::dice::Dice;
use crate::support::sim::ledger::Memory;
use crate::support::sim::site::{Site, everything_down};
use crate::support::sim::things::things;
use crate::support::sim::weather::Weather;

#[tokio::test(start_paused = true)]
async fn the_network_comes_stays_and_goes() {
    let mut site = Site::new(&kinds::registry(), Weather::default(), 0);
    let graph = Network::reference().graph();
    assert_eq!(site.converge(&graph, &Options::default()).await, 1, "one apply does it all");
    site.check_order(&graph, 0);
    site.check(&graph).await;
    assert_eq!(site.converge(&graph, &everything_down()).await, 1, "one destroy does it all");
    site.check_nothing_left();
}

#[tokio::test(start_paused = true)]
async fn every_spec_comes_becomes_another_and_goes() {
    let specs = [
        from_spec(include_bytes!("../../../specs/network-small.kdl")),
        from_spec(include_bytes!("../../../specs/network.kdl")),
    ];
    for (from, to) in [(0, 1), (1, 0)] {
        let mut site = Site::new(&kinds::registry(), Weather::default(), 0);
        for graph in [&specs[from], &specs[to]] {
            let first = site.cloud.world().calls.len();
            assert_eq!(site.converge(graph, &Options::default()).await, 1, "one apply does it all");
            site.check_order(graph, first);
            site.check(graph).await;
        }
        assert_eq!(site.converge(&specs[to], &everything_down()).await, 1, "one destroy does it all");
        site.check_nothing_left();
    }
}

#[tokio::test(start_paused = true)]
async fn random_sites_come_stay_and_go() {
    for seed in seeds(150) {
        let _named = Seed(seed);
        let mut dice = Dice::of(seed);
        let size = 3 + dice.below(25);
        let graph = Model::random(size, &mut dice).graph();
        let mut site = Site::new(&things(), Weather::default(), seed);
        site.per_service = 1 + dice.below(20);
        assert_eq!(site.converge(&graph, &Options::default()).await, 1, "one apply does it all");
        site.check_order(&graph, 0);
        site.check(&graph).await;
        assert_eq!(site.converge(&graph, &everything_down()).await, 1, "one destroy does it all");
        site.check_nothing_left();
    }
}

#[tokio::test(start_paused = true)]
async fn random_edits_are_followed() {
    for seed in seeds(300) {
        let _named = Seed(seed);
        let mut dice = Dice::of(seed);
        let size = 3 + dice.below(12);
        let mut model = Model::random(size, &mut dice);
        let mut site = Site::new(&things(), Weather::default(), seed);
        site.per_service = 1 + dice.below(20);
        for _ in 0..5 {
            let graph = model.graph();
            let first = site.cloud.world().calls.len();
            let times = site.converge(&graph, &Options::default()).await;
            assert_eq!(times, 1, "one apply does it all");
            site.check_order(&graph, first);
            site.check(&graph).await;
            let times = 1 + dice.below(6);
            model.edit(times, &mut dice);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn edits_of_the_network_are_followed() {
    let mut site = Site::new(&kinds::registry(), Weather::default(), 0);
    let reference = Network::reference();
    let edits = [
        reference.clone(),
        Network { owner: "library", retain_days: None, ..reference.clone() },
        Network { zones: vec!["eu-west-1a", "eu-west-1c"], ..reference.clone() },
        // The subnets of the application take each other's ranges.
        Network { shift: 1, ..reference.clone() },
        Network { flow_log: false, shift: 99, ..reference.clone() },
        // Everything in the network is made anew.
        Network { net: 1, ..reference.clone() },
        reference,
    ];
    for network in edits {
        let graph = network.graph();
        let first = site.cloud.world().calls.len();
        assert_eq!(site.converge(&graph, &Options::default()).await, 1, "one apply does it all: {network:?}");
        site.check_order(&graph, first);
        site.check(&graph).await;
    }
}

#[tokio::test(start_paused = true)]
async fn rough_weather_only_takes_longer() {
    for seed in seeds(200) {
        let _named = Seed(seed);
        let mut dice = Dice::of(seed);
        let size = 3 + dice.below(12);
        let mut model = Model::random(size, &mut dice);
        let mut site = Site::new(&things(), Weather::rough(0.05), seed);
        for _ in 0..3 {
            let graph = model.graph();
            site.converge(&graph, &Options::default()).await;
            site.check(&graph).await;
            let times = 1 + dice.below(6);
            model.edit(times, &mut dice);
        }
        site.converge(&model.graph(), &everything_down()).await;
        site.check_nothing_left();
        // A site of the same name may be started from nothing again.
        site.ledger = Memory::empty();
    }
}

#[tokio::test(start_paused = true)]
async fn the_network_stands_rough_weather() {
    for seed in seeds(40) {
        let _named = Seed(seed);
        let mut site = Site::new(&kinds::registry(), Weather::rough(0.05), seed);
        let graph = Network::reference().graph();
        site.converge(&graph, &Options::default()).await;
        site.check(&graph).await;
        site.converge(&graph, &everything_down()).await;
        site.check_nothing_left();
    }
}
