//! How long applies take in virtual time, and how few calls they make.

use std::collections::BTreeMap;

use moodle_infra::apply::run::expected;
use moodle_infra::graph::Graph;
use moodle_infra::kind::{Address, Milestone, Ref, Text};
use moodle_infra::kinds;
use moodle_infra::plan::Options;

use super::network::{Network, from_spec};
use crate::support::sim::log::Method;
use crate::support::sim::site::{Site, everything_down};
use crate::support::sim::things::{Plain, Slow, ThingProps, on, things};
use crate::support::sim::weather::{Fault, Weather};

/// The time of a run and the time that it cannot undercut, in seconds.
struct Race {
    took: f64,
    at_least: f64,
}

impl Race {
    #[expect(clippy::print_stdout, reason = "the figures are for people")]
    fn tell(&self, what: &str) {
        println!("{what}: {:.1} s, critical path {:.1} s", self.took, self.at_least);
    }
}

/// Returns the critical path of making a graph: no engine, only durations and edges.
pub(super) fn path_up(site: &Site, graph: &Graph) -> f64 {
    let mut reached: BTreeMap<(Address, Milestone), f64> = BTreeMap::new();
    let mut end = 0.0_f64;
    for node in graph.nodes() {
        let begins = graph.needs(&node.address).into_iter().map(|need| reached[&need]).fold(0.0, f64::max);
        let times = site.cloud.world().times(node.kind);
        let kind = site.registry.get(node.kind).unwrap();
        let updates = if kind.later(&without_references(&node.props)).is_empty() { 0.0 } else { times.update };
        let answered = begins + times.accept;
        let waits = if kind.meta().poll.ready.first.is_some() { times.create } else { 0.0 };
        let ready = (begins + waits).max(answered + updates);
        end = end.max(ready);
        reached.insert((node.address.clone(), Milestone::Created), answered);
        reached.insert((node.address.clone(), Milestone::Ready), ready);
    }
    end
}

/// Returns the critical path of deleting a graph.
pub(super) fn path_down(site: &Site, graph: &Graph) -> f64 {
    let mut gone: BTreeMap<Address, f64> = BTreeMap::new();
    let mut users: BTreeMap<Address, f64> = BTreeMap::new();
    for node in graph.nodes().rev() {
        let begins = users.get(&node.address).copied().unwrap_or(0.0);
        let ends = begins + site.cloud.world().times(node.kind).delete;
        gone.insert(node.address.clone(), ends);
        for need in graph.needs(&node.address).into_keys() {
            let last = users.entry(need).or_insert(0.0);
            *last = last.max(ends);
        }
    }
    gone.into_values().fold(0.0, f64::max)
}

fn without_references(props: &serde_json::Value) -> serde_json::Value {
    moodle_infra::kind::reference::resolve(props, &|_| Some("x".to_owned()))
}

/// Makes and deletes a graph.
async fn up_and_down(graph: &Graph, name: &str) -> (Race, Race) {
    let mut site = Site::new(&kinds::registry(), Weather::default(), 0);
    let (_, outcome) = site.go(graph, &Options::default()).await.unwrap();
    assert!(outcome.is_complete(), "{outcome:?}");
    let up = Race { took: outcome.took.as_secs_f64(), at_least: path_up(&site, graph) };
    site.check_order(graph, 0);
    site.check(graph).await;
    let (_, outcome) = site.go(graph, &everything_down()).await.unwrap();
    assert!(outcome.is_complete(), "{outcome:?}");
    let down = Race { took: outcome.took.as_secs_f64(), at_least: path_down(&site, graph) };
    site.check_nothing_left();
    up.tell(&format!("apply of {name}"));
    down.tell(&format!("destroy of {name}"));
    (up, down)
}

#[tokio::test(start_paused = true)]
async fn the_reference_network_takes_no_longer_than_its_longest_path() {
    let of_spec = from_spec(include_bytes!("../../../specs/network.kdl"));
    for (name, graph) in [("the reference network", of_spec), ("the network by hand", Network::reference().graph())] {
        let (up, down) = up_and_down(&graph, name).await;
        assert!(90.0 < up.at_least, "three gateways take their time");
        assert!(up.took <= 1.05 * up.at_least, "{} s", up.took);
        assert!(down.took <= 1.10 * down.at_least, "{} s", down.took);
    }
}

#[tokio::test(start_paused = true)]
async fn a_refresh_reads_each_kind_and_batch_once() {
    let graph = from_spec(include_bytes!("../../../specs/network.kdl"));
    let mut site = Site::new(&kinds::registry(), Weather::default(), 0);
    site.converge(&graph, &Options::default()).await;
    let mut members: BTreeMap<&str, usize> = BTreeMap::new();
    for node in graph.nodes() {
        *members.entry(node.kind).or_default() += 1;
    }
    let batches: usize =
        members.iter().map(|(kind, count)| count.div_ceil(site.registry.get(kind).unwrap().meta().batch)).sum();
    let reads = |site: &Site| site.cloud.world().calls.iter().filter(|it| it.method == Method::Read).count();
    let before = reads(&site);
    let begun = tokio::time::Instant::now();
    site.plan(&graph, &Options::default()).await.unwrap();
    assert_eq!(reads(&site) - before, batches);
    assert!(begun.elapsed().as_secs_f64() < 0.5, "all at the same time");
}

#[tokio::test(start_paused = true)]
async fn gateways_that_wait_are_looked_at_together_and_rarely() {
    let graph = from_spec(include_bytes!("../../../specs/network.kdl"));
    let mut site = Site::new(&kinds::registry(), Weather::default(), 0);
    site.converge(&graph, &Options::default()).await;
    let looks = |it: &&crate::support::sim::log::Call| it.method == Method::Read && it.kind == "ec2.nat_gateway";
    let looks = site.cloud.world().calls.iter().filter(looks).count();
    assert!((1..=8).contains(&looks), "{looks} looks at three gateways");
}

fn thing(base: Text) -> ThingProps {
    ThingProps { place: "p".to_owned(), base: on(base), size: 1, note: None, links: [].into() }
}

#[tokio::test(start_paused = true)]
async fn the_longest_path_goes_first() {
    // Short ones stand first in every order that does not look at what waits behind a step.
    let mut graph = Graph::default();
    for number in 0..40 {
        graph.add::<Plain>(Address::of("site.a-short", Some(&number.to_string())), thing("".into()));
    }
    let first: Ref<Plain> = graph.add(Address::of("site.z-long", Some("1")), thing("".into()));
    let second: Ref<Slow> = graph.add(Address::of("site.z-long", Some("2")), thing(first.text()));
    graph.add::<Slow>(Address::of("site.z-long", Some("3")), thing(second.text()));
    for per_service in [1, 2] {
        let mut site = Site::new(&things(), Weather::default(), 0);
        site.per_service = per_service;
        let (_, outcome) = site.go(&graph, &Options::default()).await.unwrap();
        let (took, at_least) = (outcome.took.as_secs_f64(), path_up(&site, &graph));
        // Each may wait for one short call, and for one interval of looks.
        let most = at_least + 3.0 * 0.5 + 2.0 * 2.0;
        assert!(took <= most, "{took} s with {per_service} at a time, critical path {at_least} s");
    }
}

#[tokio::test(start_paused = true)]
async fn calls_keep_to_the_rate_and_use_it_up() {
    let mut graph = Graph::default();
    for number in 0..60 {
        graph.add::<Plain>(Address::of("site.thing", Some(&number.to_string())), thing("".into()));
    }
    let mut site = Site::new(&things(), Weather::default(), 0);
    site.per_service = 100;
    let (_, outcome) = site.go(&graph, &Options::default()).await.unwrap();
    // Ten at once, then five a second.
    let took = outcome.took.as_secs_f64();
    assert!((10.0..11.0).contains(&took), "{took} s");
    site.check_rules();
}

#[tokio::test(start_paused = true)]
async fn calls_that_are_made_again_keep_to_the_rate() {
    // Others use the account up, so that the first calls are all told to slow down.
    let mut graph = Graph::default();
    for number in 0..40 {
        graph.add::<Plain>(Address::of("site.thing", Some(&number.to_string())), thing("".into()));
    }
    let weather = Weather { at: (0..30).map(|call| (call, Fault::Throttle)).collect(), ..Weather::default() };
    let mut site = Site::new(&things(), weather, 0);
    assert_eq!(site.converge(&graph, &Options::default()).await, 1);
    site.check(&graph).await;
}

#[tokio::test(start_paused = true)]
async fn what_is_too_early_is_made_a_little_later() {
    // Everything is refused for eight seconds because the VPC is so new, and asked for again and again.
    let graph = Network::reference().graph();
    let weather = Weather { too_early: true, ..Weather::default() };
    let mut site = Site::new(&kinds::registry(), weather, 0);
    let (_, outcome) = site.go(&graph, &Options::default()).await.unwrap();
    assert!(outcome.is_complete(), "{outcome:?}");
    let refused = site.cloud.world().calls.iter().filter(|it| it.failed.is_some()).count();
    assert!(refused > 30, "{refused} were refused");
    // The VPC, the subnet and the address are each eight seconds old before the gateway is made.
    let most = path_up(&site, &graph) + 2.0 * 8.0 + 2.0 * 5.0;
    assert!(outcome.took.as_secs_f64() < most, "{:?}", outcome.took);
    site.check(&graph).await;
}

#[tokio::test(start_paused = true)]
async fn a_look_in_several_batches_is_over_with_its_last_answer() {
    let mut graph = Graph::default();
    for number in 0..10 {
        graph.add::<Slow>(Address::of("site.thing", Some(&format!("a{number}"))), thing("".into()));
    }
    for number in 0..15 {
        graph.add::<Slow>(Address::of("site.thing", Some(&format!("b{number}"))), thing("".into()));
    }
    let mut site = Site::new(&things(), Weather::default(), 0);
    site.per_service = 100;
    let (_, outcome) = site.go(&graph, &Options::default()).await.unwrap();
    assert!(outcome.is_complete());
    let looks = site.cloud.world().calls.iter().filter(|it| it.method == Method::Read).count();
    // Made within 8 s, looked at every 2 s from 20 s after the first until 30 s after the last, in up to three batches.
    assert!(looks <= 3 * 10, "{looks} looks");
}

#[tokio::test(start_paused = true)]
async fn a_change_takes_its_own_time_and_the_plan_says_so() {
    let of_size = |size| {
        let mut graph = Graph::default();
        let props =
            |base: Text| ThingProps { place: "p".to_owned(), base: on(base), size, note: None, links: [].into() };
        let slow: Ref<Slow> = graph.add(Address::of("site.slow", None), props("".into()));
        graph.add::<Plain>(Address::of("site.plain", None), props(slow.text()));
        graph
    };
    let mut site = Site::new(&things(), Weather::default(), 0);
    site.converge(&of_size(1), &Options::default()).await;
    let first = site.cloud.world().calls.len();
    let graph = of_size(2);
    let plan = site.plan(&graph, &Options::default()).await.unwrap();
    let expected = expected(&site.registry, &plan).as_secs_f64();
    assert!((60.0..62.0).contains(&expected), "{expected}");
    let outcome = site.apply(&plan).await;
    let took = outcome.took.as_secs_f64();
    assert!(outcome.is_complete() && (60.0..64.0).contains(&took), "{took}: {outcome:?}");
    let looks = site.cloud.world().calls[first..].iter().filter(|it| it.method == Method::Read).count();
    assert!(looks <= 9, "the first look comes after most of the time has passed, and yet there were {looks}");
    site.check(&graph).await;
}
