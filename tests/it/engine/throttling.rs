//! Rates: at those that AWS publishes nothing is refused, and where there is less of them an apply is slower and succeeds.

use std::collections::BTreeMap;

use moodle_infra::graph::Graph;
use moodle_infra::kind::{Address, Rate};
use moodle_infra::kinds;
use moodle_infra::plan::Options;

use super::specs::everything;
use super::speed::{path_down, path_up};
use crate::support::sim::log::Method;
use crate::support::sim::site::{Site, everything_down};
use crate::support::sim::things::{Plain, ThingProps, on, things};
use crate::support::sim::weather::Weather;

fn data(graph: &Graph) -> Options {
    let allow_data_loss = graph.nodes().map(|node| node.address.clone()).collect();
    Options { allow_data_loss, ..everything_down() }
}

#[test]
fn kinds_that_share_a_bucket_say_the_same_of_it() {
    let mut groups: BTreeMap<(&str, &str), Rate> = BTreeMap::new();
    for kind in kinds::registry().iter() {
        let meta = kind.meta();
        for rate in [meta.rate, meta.reads] {
            let known = *groups.entry((meta.service(), rate.group)).or_insert(rate);
            assert_eq!(known, rate, "{} and another kind", meta.name);
            assert!(1 <= rate.burst && 0.0 < rate.per_second, "{}", meta.name);
        }
    }
}

#[tokio::test(start_paused = true)]
#[expect(clippy::print_stdout, reason = "the figures are for people")]
async fn everything_takes_no_longer_than_its_longest_path_and_is_never_too_fast() {
    let graph = &everything()[0];
    let mut site = Site::new(&kinds::registry(), Weather::default(), 0);
    let (_, outcome) = site.go(graph, &Options::default()).await.unwrap();
    assert!(outcome.is_complete(), "{outcome:?}");
    let (up, at_least) = (outcome.took.as_secs_f64(), path_up(&site, graph));
    let changes = |site: &Site| {
        site.cloud.world().calls.iter().filter(|it| !matches!(it.method, Method::Read | Method::Find)).count()
    };
    let looks = |site: &Site| {
        let all = site.cloud.world().calls.len();
        all - changes(site)
    };
    let (made, looked) = (changes(&site), looks(&site));
    println!(
        "everything: {} resources in {up:.0} s, critical path {at_least:.0} s; {made} changes, {looked} looks",
        graph.len()
    );
    assert!(up <= 1.05 * at_least, "{up} s, critical path {at_least} s");
    // A call for each resource, and one more for what its create call cannot carry.
    assert!((graph.len()..=graph.len() + 25).contains(&made), "{made} calls for {} resources", graph.len());
    // Most are found ready at the first look, and one look covers all that wait of a kind.
    assert!(looked <= 2 * graph.len(), "{looked} looks");
    site.check_order(graph, 0);
    site.check(graph).await;

    let before = site.cloud.world().calls.len();
    let (_, outcome) = site.go(graph, &data(graph)).await.unwrap();
    assert!(outcome.is_complete(), "{outcome:?}");
    let (down, at_least) = (outcome.took.as_secs_f64(), path_down(&site, graph));
    let calls = site.cloud.world().calls.len() - before;
    println!("taken down in {down:.0} s, critical path {at_least:.0} s; {calls} calls");
    assert!(down <= 1.05 * at_least, "{down} s, critical path {at_least} s");
    assert!(calls <= graph.len() + 350, "{calls} calls");
    site.check_nothing_left();
    assert_eq!(site.cloud.world().throttled, 0, "nothing came too fast");
}

#[tokio::test(start_paused = true)]
#[expect(clippy::print_stdout, reason = "the figures are for people")]
async fn everything_succeeds_where_others_use_nearly_all_of_the_account() {
    let graph = &everything()[0];
    for rates in [0.5, 0.1, 0.05] {
        let mut site = Site::new(&kinds::registry(), Weather { rates, ..Weather::default() }, 1);
        let (_, outcome) = site.go(graph, &Options::default()).await.unwrap();
        assert!(outcome.is_complete(), "{:?}", outcome.failed);
        let calls = site.cloud.world().calls.len();
        let refused = site.cloud.world().throttled;
        println!("at {rates} of the rates: {:.0} s, {refused} of {calls} calls refused", outcome.took.as_secs_f64());
        assert!(refused <= calls / 3, "{refused} of {calls} calls were refused");
        site.check(graph).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_hundred_refused_calls_do_not_come_back_at_once() {
    let mut graph = Graph::default();
    for number in 0..100 {
        let props = ThingProps { place: "p".to_owned(), base: on("".into()), size: 1, note: None, links: [].into() };
        graph.add::<Plain>(Address::of("site.thing", Some(&number.to_string())), props);
    }
    // Half a call a second, where ten at once and five a second are published.
    let mut site = Site::new(&things(), Weather { rates: 0.1, ..Weather::default() }, 0);
    site.per_service = 100;
    let (_, outcome) = site.go(&graph, &Options::default()).await.unwrap();
    assert!(outcome.is_complete(), "{:?}", outcome.failed);
    let took = outcome.took.as_secs_f64();
    assert!((190.0..400.0).contains(&took), "{took} s for what takes 200");
    let refused = site.cloud.world().throttled;
    assert!(refused <= 40, "{refused} refused of a hundred calls");
    site.check(&graph).await;
}
