//! One fault at every call of a run, and chance faults: no double, no orphan, done by the run or the next.

use moodle_infra::graph::Graph;
use moodle_infra::kind::erased::Registry;
use moodle_infra::kinds;
use moodle_infra::plan::Options;

use super::model::Model;
use super::network::Network;
use super::{Seed, seeds};
use crate::support::sim::dice::Dice;
use crate::support::sim::log::Method;
use crate::support::sim::site::{Site, everything_down};
use crate::support::sim::things::things;
use crate::support::sim::weather::{Fault, Weather};

/// Goes from `before` to `after` with a fault at every call. Returns how many calls had one, and how many runs of
/// those took a second command.
async fn at_every_call(registry: &Registry, before: Option<&Graph>, after: &Graph, fault: Fault) -> (usize, usize) {
    let mut seconds = 0;
    for call in 0.. {
        let mut site = Site::new(registry, Weather::default(), 0);
        if let Some(before) = before {
            site.converge(before, &Options::default()).await;
        }
        let first = site.cloud.world().calls.len();
        site.cloud.world().weather.at.insert(first + call, fault);
        let times = site.converge(after, &Options::default()).await;
        let reached = site.cloud.world().calls.len() > first + call;
        if !reached {
            return (call, seconds);
        }
        let hit = site.cloud.world().calls[first + call].clone();
        assert!(times <= 2, "{fault:?} at call {call}, {hit:?}, took {times} commands");
        seconds += times - 1;
        let _named = Seed(call as u64);
        site.check(after).await;
    }
    unreachable!("some call is the last")
}

#[tokio::test(start_paused = true)]
async fn one_fault_at_any_call_of_the_network() {
    let registry = kinds::registry();
    let network = Network { zones: vec!["eu-west-1a"], ..Network::reference() };
    let graph = network.graph();
    let moved = Network { net: 1, owner: "library", ..network }.graph();
    for fault in Fault::ALL {
        let (calls, seconds) = at_every_call(&registry, None, &graph, fault).await;
        assert!(calls > 25, "{calls} calls");
        assert_eq!(seconds, 0, "one fault is overcome within the run");
        let (calls, seconds) = at_every_call(&registry, Some(&graph), &moved, fault).await;
        assert!(calls > 50, "{calls} calls");
        assert_eq!(seconds, 0, "one fault is overcome within the run");
    }
}

#[tokio::test(start_paused = true)]
async fn one_fault_at_any_call_of_random_edits() {
    for seed in seeds(6) {
        let _named = Seed(seed);
        let mut dice = Dice::of(seed);
        let mut model = Model::random(8, &mut dice);
        let before = model.graph();
        model.edit(10, &mut dice);
        let after = model.graph();
        for fault in Fault::ALL {
            let (calls, seconds) = at_every_call(&things(), Some(&before), &after, fault).await;
            assert!(calls > 0, "no call had a fault");
            assert_eq!(seconds, 0, "one fault is overcome within the run");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn many_faults_only_take_more_commands() {
    let graph = Network::reference().graph();
    for seed in seeds(30) {
        let _named = Seed(seed);
        let mut site = Site::new(&kinds::registry(), Weather::rough(0.25), seed);
        site.converge(&graph, &Options::default()).await;
        site.cloud.world().weather.chance = 0.05;
        site.check(&graph).await;
        site.cloud.world().weather.chance = 0.25;
        site.converge(&graph, &everything_down()).await;
        site.check_nothing_left();
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_is_found_again_and_not_made_twice() {
    let graph = Network::reference().graph();
    let mut site = Site::new(&kinds::registry(), Weather::default(), 0);
    // Every create call's answer is lost: the first calls of the run, until the finds among them begin.
    let creates = graph.len();
    site.cloud.world().weather.at = (0..creates / 4).map(|call| (call, Fault::LoseAnswer)).collect();
    assert_eq!(site.converge(&graph, &Options::default()).await, 1, "found within the run");
    site.check(&graph).await;
    let world = site.cloud.world();
    assert_eq!(world.resources.len(), creates, "nothing was made twice");
    assert!(world.calls.iter().any(|call| call.method == Method::Find), "lost answers were looked for");
}
