//! What fails for good: the rest goes on, and the next run continues.

use std::time::Duration;

use moodle_infra::apply::Outcome;
use moodle_infra::graph::Graph;
use moodle_infra::kind::{Address, Ref, Text};
use moodle_infra::kinds;
use moodle_infra::plan::reason::Reason;
use moodle_infra::plan::step::{Action, Step};
use moodle_infra::plan::{Options, Plan};
use moodle_infra::state::store::Ledger;

use super::model::Model;
use super::network::Network;
use super::{Seed, seeds};
use crate::support::sim::dice::Dice;
use crate::support::sim::ledger::Mishap;
use crate::support::sim::log::Method;
use crate::support::sim::site::{Site, everything_down};
use crate::support::sim::things::{Plain, Slow, ThingProps, on, things};
use crate::support::sim::weather::Weather;

fn at(text: &str) -> Address {
    Address::parse(text).unwrap()
}

/// Returns the addresses of the steps that were not tried because of one that failed.
fn untried<'a>(plan: &'a Plan, outcome: &'a Outcome) -> Vec<(&'a str, &'a str)> {
    let name = |step: usize| plan.steps[step].key.address.as_str();
    outcome.untried.iter().map(|(step, cause)| (name(*step), cause.map_or("", name))).collect()
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_keeps_only_its_dependents_from_starting() {
    let graph = Network::reference().graph();
    let mut site = Site::new(&kinds::registry(), Weather::default(), 0);
    let refused = at("network.eip[\"eu-west-1b\"]");
    site.cloud.world().weather.refuse.insert((refused.clone(), Method::Create));
    let (plan, outcome) = site.go(&graph, &Options::default()).await.unwrap();
    assert!(!outcome.is_complete());
    let [failure] = outcome.failed.as_slice() else { panic!("one failure: {:?}", outcome.failed) };
    assert_eq!(plan.steps[failure.step].key.address, refused);
    assert!(failure.why.contains("Refused") && !failure.open, "{}", failure.why);
    assert_eq!(
        untried(&plan, &outcome),
        [("network.nat[\"eu-west-1b\"]", refused.as_str()), ("network.route.app[\"eu-west-1b\"]", refused.as_str())]
    );
    assert_eq!(outcome.done.len(), graph.len() - 3, "everything else is done");
    site.check_agreement();

    site.cloud.world().weather.refuse.clear();
    assert_eq!(site.converge(&graph, &Options::default()).await, 1);
    site.check(&graph).await;
}

#[tokio::test(start_paused = true)]
async fn whatever_is_refused_the_rest_is_done() {
    for seed in seeds(150) {
        let _named = Seed(seed);
        let mut dice = Dice::of(seed);
        let mut model = Model::random(12, &mut dice);
        let mut site = Site::new(&things(), Weather::default(), seed);
        site.converge(&model.graph(), &Options::default()).await;
        model.edit(10, &mut dice);
        let graph = model.graph();
        let all: Vec<Address> = graph.nodes().map(|node| node.address.clone()).collect();
        let method = *dice.pick(&[Method::Create, Method::Update, Method::Delete]);
        let refused = (dice.pick(&all).clone(), method);
        site.cloud.world().weather.refuse.insert(refused.clone());
        let (plan, outcome) = site.go(&graph, &Options::default()).await.unwrap();
        assert_eq!(outcome.done.len() + outcome.failed.len() + outcome.untried.len(), plan.steps.len());
        assert!(outcome.failed.iter().all(|it| plan.steps[it.step].key.address == refused.0), "{outcome:?}");
        assert!(outcome.untried.iter().all(|(_, cause)| cause.is_some()), "{outcome:?}");
        site.check_agreement();
        site.check_rules();
        site.cloud.world().weather.refuse.clear();
        assert_eq!(site.converge(&graph, &Options::default()).await, 1);
        site.check(&graph).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_gateway_that_aws_gave_up_on_is_replaced() {
    let graph = Network::reference().graph();
    let mut site = Site::new(&kinds::registry(), Weather::default(), 0);
    let nat = at("network.nat[\"eu-west-1a\"]");
    site.cloud.world().weather.fail.insert(nat.clone());
    let (plan, outcome) = site.go(&graph, &Options::default()).await.unwrap();
    let [failure] = outcome.failed.as_slice() else { panic!("one failure: {:?}", outcome.failed) };
    assert_eq!(plan.steps[failure.step].key.address, nat);
    assert_eq!(failure.why, "AWS gave up on it: Sim.GaveUp: the weather");

    site.cloud.world().weather.fail.clear();
    let plan = site.plan(&graph, &Options::default()).await.unwrap();
    let create = plan.steps.iter().find(|it| it.key.address == nat && it.key.incarnation == 2).unwrap();
    assert_eq!(create.reasons, [Reason::Failed { why: "Sim.GaveUp: the weather".to_owned() }]);
    assert!(matches!(create.action, Action::Create { replaces: Some(1), .. }), "{:?}", create.action);
    let removed = plan.steps.iter().position(|it| it.key.address == nat && it.key.incarnation == 1).unwrap();
    // Its address can only be given to the new one when the old one is gone.
    assert!(create.waits.iter().any(|it| it.step == removed), "{:?}", create.waits);
    assert!(site.apply(&plan).await.is_complete());
    site.check(&graph).await;
}

#[tokio::test(start_paused = true)]
async fn a_step_of_the_destroy_that_is_refused_keeps_only_what_it_needs() {
    let graph = Network::reference().graph();
    let mut site = Site::new(&kinds::registry(), Weather::default(), 0);
    site.converge(&graph, &Options::default()).await;
    let refused = at("network.subnet.data[\"eu-west-1a\"]");
    site.cloud.world().weather.refuse.insert((refused.clone(), Method::Delete));
    let (plan, outcome) = site.go(&graph, &everything_down()).await.unwrap();
    assert_eq!(untried(&plan, &outcome), [("network.vpc", refused.as_str())]);
    assert_eq!(site.ledger.state().resources.len(), 2, "the subnet and its VPC stay");
    site.cloud.world().weather.refuse.clear();
    site.converge(&graph, &everything_down()).await;
    site.check_nothing_left();
}

/// A slow thing, and a plain one that is built on it as soon as it is made.
fn pair(size: i64) -> (Graph, Address, Address) {
    let mut graph = Graph::default();
    let (below, above) = (at("site.below"), at("site.above"));
    let slow: Ref<Slow> = graph.add(below.clone(), props("below", "".into(), size));
    graph.add::<Plain>(above.clone(), props("above", slow.early().text(), size));
    (graph, below, above)
}

fn props(place: &str, base: Text, size: i64) -> ThingProps {
    ThingProps { place: place.to_owned(), base: on(base), size, note: None, links: [].into() }
}

#[tokio::test(start_paused = true)]
async fn a_deletion_that_aws_gives_up_is_asked_for_again() {
    let (graph, below, _) = pair(1);
    let mut site = Site::new(&things(), Weather::default(), 0);
    site.converge(&graph, &Options::default()).await;
    // The delete call is accepted, the process dies, and the thing is found alive and well.
    // It is the fourth record, after the two of the one above and its own intent.
    site.ledger.after(3, Mishap::DiesAfter);
    assert!(site.go(&graph, &everything_down()).await.is_none(), "died");
    site.cloud.world().keep(&below);
    site.converge(&graph, &everything_down()).await;
    site.check_nothing_left();
}

#[tokio::test(start_paused = true)]
async fn what_is_wanted_again_while_it_leaves_is_made_again() {
    let (graph, below, _) = pair(1);
    let mut site = Site::new(&things(), Weather::default(), 0);
    site.converge(&graph, &Options::default()).await;
    site.ledger.after(3, Mishap::DiesAfter);
    assert!(site.go(&graph, &everything_down()).await.is_none(), "died");
    // A stale replica, or AWS itself, says that it stays; that it was told to go counts.
    site.cloud.world().keep(&below);
    let (graph, _, _) = pair(2);
    let plan = site.plan(&graph, &Options::default()).await.unwrap();
    let create = plan.steps.iter().find(|it| it.key.address == below).unwrap();
    assert_eq!(create.reasons, [Reason::Leaving]);
    assert!(site.apply(&plan).await.is_complete());
    site.check(&graph).await;
}

#[tokio::test(start_paused = true)]
async fn a_deletion_that_was_never_sent_is_not_believed_because_of_a_stale_read() {
    for seed in seeds(20) {
        let _named = Seed(seed);
        let (graph, _, _) = pair(1);
        let mut site = Site::new(&things(), Weather { stale: 2.5, ..Weather::default() }, seed);
        let (_, outcome) = site.go(&graph, &Options::default()).await.unwrap();
        assert!(outcome.is_complete());
        // A third thing, so new that a read may miss it, and at once its deletion, of which only the intent is written.
        let mut more = graph.clone();
        let address = at("site.new");
        more.add::<Plain>(address.clone(), props("new", "".into(), 1));
        let (_, outcome) = site.go(&more, &Options::default()).await.unwrap();
        assert!(outcome.is_complete());
        let plan = plan_of_one_deletion(&site, &address);
        site.ledger.after(0, Mishap::DiesAfter);
        let outcome = site.apply(&plan).await;
        assert!(!outcome.is_complete() && site.ledger.is_dead());
        site.ledger.reopen();
        site.converge(&graph, &everything_down()).await;
        site.check_nothing_left();
    }
}

/// Returns a plan as it is made without a refresh.
fn plan_of_one_deletion(site: &Site, address: &Address) -> Plan {
    let state = site.ledger.state();
    let (key, recorded) = state.current(address).unwrap();
    let step = Step {
        key: key.clone(),
        kind: recorded.kind.clone(),
        region: None,
        action: Action::Delete { replaced_by: None },
        reasons: vec![Reason::NotInSpec],
        differences: Vec::new(),
        waits: Vec::new(),
        blocked: None,
    };
    Plan {
        stack: state.stack.clone(),
        account: state.account.clone().unwrap(),
        region: state.region.clone().unwrap(),
        serial: state.serial,
        destroy: false,
        drift: Vec::new(),
        learnt: Vec::new(),
        steps: vec![step],
        interruptions: Vec::new(),
        outputs: state.outputs.clone(),
    }
}

#[tokio::test(start_paused = true)]
async fn what_waits_only_for_the_id_does_not_wait_for_a_resource_that_a_crash_left_pending() {
    let (graph, below, above) = pair(1);
    let mut site = Site::new(&things(), Weather::default(), 0);
    // After `Begin`, the intent and the answer of the slow one.
    site.ledger.after(3, Mishap::DiesBefore);
    assert!(site.go(&graph, &Options::default()).await.is_none(), "died");
    site.converge(&graph, &Options::default()).await;
    let world = site.cloud.world();
    let slow = world.alive().find(|(_, it)| it.token.address == below).unwrap().1;
    let plain = world.alive().find(|(_, it)| it.token.address == above).unwrap().1;
    assert!(plain.made < slow.ready, "the plain one was made while the slow one was still pending");
}

#[tokio::test(start_paused = true)]
async fn a_delete_call_that_is_under_way_when_the_process_dies_is_waited_for() {
    for seed in seeds(20) {
        let _named = Seed(seed);
        let (graph, _, _) = pair(1);
        let mut site = Site::new(&things(), Weather { stale: 2.5, ..Weather::default() }, seed);
        site.converge(&graph, &Options::default()).await;
        tokio::time::sleep(Duration::from_secs(5)).await;
        // The call has its effect, and for a moment replicas show nothing of it.
        let killed = tokio::time::timeout(Duration::from_millis(650), site.go(&graph, &everything_down())).await;
        assert!(killed.is_err(), "it was under way");
        site.ledger.reopen();
        site.converge(&graph, &Options::default()).await;
        site.check(&graph).await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_update_that_is_under_way_when_the_process_dies_is_waited_for() {
    let (small, large) = (pair(1).0, pair(2).0);
    for seed in seeds(20) {
        let _named = Seed(seed);
        let mut site = Site::new(&things(), Weather { stale: 2.5, ..Weather::default() }, seed);
        site.converge(&small, &Options::default()).await;
        tokio::time::sleep(Duration::from_secs(5)).await;
        let after = Duration::from_millis(250 + 20 * (seed % 20));
        let killed = tokio::time::timeout(after, site.go(&large, &Options::default())).await;
        assert!(killed.is_err(), "it was under way");
        site.ledger.reopen();
        // The user has changed their mind meanwhile.
        site.converge(&small, &Options::default()).await;
        site.check(&small).await;
    }
}
