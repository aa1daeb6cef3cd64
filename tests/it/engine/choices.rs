//! What a plan decides to do: drift, targets, replacements and their order, protection.

use std::collections::BTreeSet;

use moodle_infra::graph::Graph;
use moodle_infra::kind::{Address, Kind, Milestone, Ref, Text};
use moodle_infra::kinds;
use moodle_infra::plan::reason::Reason;
use moodle_infra::plan::step::{Action, Blocked, Step, Wait};
use moodle_infra::plan::{Options, Plan};
use moodle_infra::state::store::Ledger;
use serde_json::json;

use super::model::Model;
use super::network::from_spec;
use super::{Seed, seeds};
use crate::support::sim::dice::Dice;
use crate::support::sim::log::Method;
use crate::support::sim::site::{Site, everything_down};
use crate::support::sim::things::{Data, Plain, Single, ThingProps, Versioned, on, things};
use crate::support::sim::weather::Weather;

fn at(text: &str) -> Address {
    Address::parse(text).unwrap()
}

fn props(place: &str, base: Text, size: i64) -> ThingProps {
    ThingProps { place: place.to_owned(), base: on(base), size, note: None, links: BTreeSet::new() }
}

/// Returns a line a step: what it does to which incarnation.
fn lines(plan: &Plan) -> Vec<String> {
    let line = |step: &Step| {
        let verb = match step.action {
            Action::Create { .. } => "create",
            Action::Update { .. } => "update",
            Action::Delete { .. } => "delete",
            Action::Await => "await",
        };
        format!("{verb} {}", step.key)
    };
    plan.steps.iter().map(line).collect()
}

/// Returns a line a step: what it does, and for which reasons.
fn reasons(plan: &Plan) -> Vec<String> {
    let why = |step: &Step| step.reasons.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
    plan.steps.iter().zip(lines(plan)).map(|(step, line)| format!("{line}: {}", why(step))).collect()
}

/// A thing, one that is built on it, and one beside.
fn three<K: Kind<Props = ThingProps>>(place: &str, size: i64) -> Graph {
    let mut graph = Graph::default();
    let below: Ref<K> = graph.add(at("site.below"), props(place, "".into(), 1));
    graph.add::<Plain>(at("site.above"), props("above", below.text(), size));
    graph.add::<Plain>(at("site.beside"), props("beside", "".into(), size));
    graph
}

async fn standing(graph: &Graph) -> Site {
    let mut site = Site::new(&things(), Weather::default(), 0);
    site.converge(graph, &Options::default()).await;
    site.check(graph).await;
    site
}

#[tokio::test(start_paused = true)]
async fn what_was_deleted_behind_our_back_is_made_again() {
    let graph = three::<Plain>("p", 1);
    let mut site = standing(&graph).await;
    site.cloud.world().lose(&at("site.beside"));
    let plan = site.plan(&graph, &Options::default()).await.unwrap();
    let [drift] = plan.drift.as_slice() else { panic!("one drifted: {:?}", plan.drift) };
    assert!(drift.gone && drift.address == at("site.beside"), "{drift:?}");
    assert_eq!(reasons(&plan), ["create site.beside#2: it is gone from AWS, and not by moodle-infra"]);
    assert!(site.apply(&plan).await.is_complete());
    site.check(&graph).await;
}

#[tokio::test(start_paused = true)]
async fn what_was_edited_behind_our_back_is_put_back() {
    let graph = three::<Plain>("p", 1);
    let mut site = standing(&graph).await;
    site.cloud.world().edit(&at("site.beside"), "size", json!(7));
    site.cloud.world().edit(&at("site.above"), "place", json!("elsewhere"));
    let plan = site.plan(&graph, &Options::default()).await.unwrap();
    let drifted: Vec<_> = plan.drift.iter().map(|it| (it.address.as_str(), it.gone, &it.differences[0])).collect();
    let shown: Vec<_> = drifted.iter().map(|(at, gone, it)| (*at, *gone, &it.old, &it.new)).collect();
    assert_eq!(
        shown,
        [("site.above", false, &json!("above"), &json!("elsewhere")), ("site.beside", false, &json!(1), &json!(7))]
    );
    assert_eq!(
        reasons(&plan),
        [
            "create site.above#2: `place` changes, which AWS cannot change in place",
            "update site.beside#1: `size` changes in place",
            "delete site.above#1: `place` changes, which AWS cannot change in place"
        ]
    );
    assert!(site.apply(&plan).await.is_complete());
    site.check(&graph).await;
}

/// A replica that has not heard of our last change shows what was before it; who then takes the change back in the spec
/// would see nothing to do.
#[tokio::test(start_paused = true)]
async fn a_change_that_replicas_do_not_know_yet_is_taken_back() {
    for seed in seeds(20) {
        let _named = Seed(seed);
        let (before, after) = (three::<Plain>("p", 1), three::<Plain>("p", 2));
        let mut site = Site::new(&things(), Weather { stale: 2.5, ..Weather::default() }, seed);
        site.converge(&before, &Options::default()).await;
        site.check(&before).await;
        site.converge(&after, &Options::default()).await;
        let plan = site.plan(&before, &Options::default()).await.unwrap();
        assert_eq!(lines(&plan), ["update site.above#1", "update site.beside#1"]);
        assert!(plan.drift.is_empty(), "{:?}", plan.drift);
        assert!(site.apply(&plan).await.is_complete());
        site.check(&before).await;
    }
}

#[tokio::test(start_paused = true)]
async fn random_drift_is_put_back() {
    for seed in seeds(100) {
        let _named = Seed(seed);
        let mut dice = Dice::of(seed);
        let graph = Model::random(10, &mut dice).graph();
        let mut site = Site::new(&things(), Weather::default(), seed);
        site.converge(&graph, &Options::default()).await;
        let users: BTreeSet<Address> = graph.nodes().flat_map(|node| graph.needs(&node.address).into_keys()).collect();
        let all: Vec<Address> = graph.nodes().map(|node| node.address.clone()).collect();
        let mut drifted = BTreeSet::new();
        for address in all {
            if !users.contains(&address) && dice.chance(0.3) {
                site.cloud.world().lose(&address);
                drifted.insert(address);
            } else if dice.chance(0.3) {
                site.cloud.world().edit(&address, "size", json!(77));
                drifted.insert(address);
            }
        }
        let plan = site.plan(&graph, &Options::default()).await.unwrap();
        let told: BTreeSet<Address> = plan.drift.iter().map(|it| it.address.clone()).collect();
        assert_eq!(told, drifted);
        assert!(site.apply(&plan).await.is_complete());
        site.check(&graph).await;
    }
}

#[tokio::test(start_paused = true)]
async fn targets_take_what_they_need_and_nothing_else() {
    let mut site = Site::new(&things(), Weather::default(), 0);
    let targets = |at: Address| Options { targets: vec![at], ..Options::default() };
    let graph = three::<Plain>("p", 1);
    let plan = site.plan(&graph, &targets(at("site.above"))).await.unwrap();
    assert_eq!(lines(&plan), ["create site.below#1", "create site.above#1"]);
    assert!(site.apply(&plan).await.is_complete());
    site.check_agreement();
    site.converge(&graph, &Options::default()).await;

    // A target that is replaced takes its users along.
    let graph = three::<Plain>("q", 2);
    let plan = site.plan(&graph, &targets(at("site.below"))).await.unwrap();
    assert_eq!(
        lines(&plan),
        ["create site.below#2", "create site.above#2", "delete site.above#1", "delete site.below#1"]
    );
    assert!(site.apply(&plan).await.is_complete());
    let plan = site.plan(&graph, &Options::default()).await.unwrap();
    assert_eq!(lines(&plan), ["update site.beside#1"]);
    assert!(site.apply(&plan).await.is_complete());
    site.check(&graph).await;

    // And one that is taken down as well.
    let down = Options { destroy: true, ..targets(at("site.below")) };
    let plan = site.plan(&graph, &down).await.unwrap();
    assert_eq!(lines(&plan), ["delete site.above#2", "delete site.below#2"]);
    assert!(site.plan(&graph, &targets(at("site.nowhere"))).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_user_that_a_target_takes_along_brings_what_it_needs() {
    let mut site = standing(&three::<Plain>("p", 1)).await;
    // The one above now needs another as well, which is new.
    let mut graph = Graph::default();
    let below: Ref<Plain> = graph.add(at("site.below"), props("q", "".into(), 1));
    let fresh: Ref<Plain> = graph.add(at("site.fresh"), props("fresh", "".into(), 1));
    let links = BTreeSet::from([fresh.text()]);
    graph.add::<Plain>(at("site.above"), ThingProps { links, ..props("above", below.text(), 1) });
    graph.add::<Plain>(at("site.beside"), props("beside", "".into(), 1));
    let options = Options { targets: vec![at("site.below")], ..Options::default() };
    let (_, outcome) = site.go(&graph, &options).await.unwrap();
    assert!(outcome.is_complete(), "{outcome:?}");
    site.check(&graph).await;
}

#[tokio::test(start_paused = true)]
async fn what_is_asked_for_is_replaced() {
    let graph = three::<Plain>("p", 1);
    let mut site = standing(&graph).await;
    let options = Options { replace: [at("site.beside")].into(), ..Options::default() };
    let plan = site.plan(&graph, &options).await.unwrap();
    assert_eq!(
        reasons(&plan),
        ["create site.beside#2: its replacement was asked for", "delete site.beside#1: its replacement was asked for"]
    );
    assert!(site.apply(&plan).await.is_complete());
    site.check(&graph).await;
}

#[tokio::test(start_paused = true)]
async fn what_holds_data_is_only_lost_by_name() {
    let graph = three::<Data>("p", 1);
    let mut site = standing(&graph).await;
    let moved = three::<Data>("q", 1);
    let blocked = |plan: &Plan| plan.blocked().map(|step| step.key.to_string()).collect::<Vec<_>>();
    let plan = site.plan(&moved, &Options::default()).await.unwrap();
    assert_eq!(blocked(&plan), ["site.below#2", "site.below#1"]);
    let plan = site.plan(&graph, &everything_down()).await.unwrap();
    assert_eq!(blocked(&plan), ["site.below#1"]);
    let plan = site.plan(&Graph::default(), &Options::default()).await.unwrap();
    assert_eq!(blocked(&plan), ["site.below#1"]);

    let allowed = Options { allow_data_loss: [at("site.below")].into(), ..Options::default() };
    let plan = site.plan(&moved, &allowed).await.unwrap();
    assert_eq!(plan.blocked().count(), 0);
    assert!(site.apply(&plan).await.is_complete());
    site.check(&moved).await;

    // A destruction that was cut off goes on by the same words, though what they name is gone already.
    let gone = Options { destroy: true, allow_data_loss: [at("site.below")].into(), ..Options::default() };
    let plan = site.plan(&Graph::default(), &gone).await.unwrap();
    assert!(site.apply(&plan).await.is_complete());
    assert!(site.plan(&Graph::default(), &gone).await.unwrap().is_empty());
    let mistaken = Options { allow_data_loss: [at("site.gone")].into(), ..gone };
    assert!(site.plan(&Graph::default(), &mistaken).await.is_err());
}

/// A property that the spec no longer has is left to AWS: the file system keeps its key.
#[tokio::test(start_paused = true)]
async fn what_is_still_in_use_is_not_deleted_whatever_is_allowed() {
    let with = include_str!("../../../specs/files.kdl").replace("backup #true", "key \"own\"");
    let without = with.replace("key \"own\"", "");
    let (with, without) = (from_spec(with.as_bytes()), from_spec(without.as_bytes()));
    let mut site = Site::new(&kinds::registry(), Weather::default(), 0);
    site.converge(&with, &Options::default()).await;
    let allowed = Options { allow_data_loss: [at("files.key")].into(), ..Options::default() };
    let plan = site.plan(&without, &allowed).await.unwrap();
    let blocked: Vec<_> = plan.blocked().map(|step| (step.key.to_string(), step.blocked.clone().unwrap())).collect();
    let why = Blocked::Used { by: at("files.file-system"), field: "key".to_owned() };
    assert_eq!(blocked, [("files.key#1".to_owned(), why)]);
    // With what it was used for it may go.
    let both = Options {
        replace: [at("files.file-system")].into(),
        allow_data_loss: [at("files.key"), at("files.file-system")].into(),
        ..Options::default()
    };
    let plan = site.plan(&without, &both).await.unwrap();
    assert_eq!(plan.blocked().count(), 0);
    assert!(site.apply(&plan).await.is_complete());
    site.check(&without).await;
}

#[tokio::test(start_paused = true)]
async fn what_who_uses_the_site_notices_is_told() {
    let spec = include_str!("../../../specs/everything.kdl");
    let mut site = Site::new(&kinds::registry(), Weather::default(), 0);
    site.converge(&from_spec(spec.as_bytes()), &Options::default()).await;
    let mut told = String::new();
    for (from, to) in [
        ("owner=\"it-services\"", "owner=\"library\""),
        ("scale min=2 max=10", "scale min=2 max=12"),
        ("\"db.r6g.large\" count=2", "\"db.r6g.xlarge\" count=2"),
        ("\"cache.t4g.medium\"", "\"cache.t4g.small\""),
        ("zones 3", "zones 2"),
        ("10.0.0.0/16", "10.1.0.0/16"),
    ] {
        assert!(spec.contains(from), "{from}");
        let plan = site.plan(&from_spec(spec.replacen(from, to, 1).as_bytes()), &Options::default()).await.unwrap();
        told += &format!("{to}\n");
        for it in plan.interruptions {
            let by: Vec<_> = it.by.iter().map(ToString::to_string).collect();
            told += &format!("  {}: {}\n", it.what, by.join(", "));
        }
    }
    insta::assert_snapshot!(told, @r#"
    owner="library"
    scale min=2 max=12
    "db.r6g.xlarge" count=2
      the database is away until another of its servers has taken over, or for 3 to 10 minutes where it has one: database.instance["1"], database.instance["2"]
    "cache.t4g.small"
      a cache starts empty; where it keeps sessions, everybody is logged out: cache.session
    zones 2
      a cache starts empty; where it keeps sessions, everybody is logged out: cache.application
    10.1.0.0/16
      a cache starts empty; where it keeps sessions, everybody is logged out: cache.application
      a name of the site leads nowhere: dns.record["A"], dns.record["AAAA"]
      nobody reaches the site: cdn.distribution, load-balancer.load-balancer
      nobody reaches the site by one of its ports: load-balancer.listener.http, load-balancer.listener.https
      servers do not reach the internet: network.nat["eu-west-1a"], network.nat["eu-west-1b"], network.nat["eu-west-1c"], network.route.private["eu-west-1a"], network.route.private["eu-west-1b"], network.route.private["eu-west-1c"], network.route.public
      there is no web server: web.capacity, web.first
      web servers of a zone have no shared files: files.mount-target["eu-west-1a"], files.mount-target["eu-west-1b"], files.mount-target["eu-west-1c"]
    "#);
}

#[tokio::test(start_paused = true)]
async fn whether_something_holds_data_is_a_matter_of_what_stands_and_not_of_what_is_wanted() {
    let of_note = |place: &str, note: &str| {
        let mut graph = Graph::default();
        let note = Some(note.to_owned());
        graph.add::<Data>(at("site.thing"), ThingProps { note, ..props(place, "".into(), 1) });
        graph
    };
    for (before, after, count) in [("scratch", "scratch", 0), ("scratch", "dear", 0), ("dear", "scratch", 1)] {
        let mut site = standing(&of_note("p", before)).await;
        let replaced = site.plan(&of_note("q", after), &Options::default()).await.unwrap();
        assert_eq!(replaced.blocked().count(), 2 * count, "both halves of a replacement, {before} to {after}");
        let removed = site.plan(&Graph::default(), &Options::default()).await.unwrap();
        assert_eq!(removed.blocked().count(), count, "{before}, removed from the spec");
        let down = site.plan(&of_note("p", after), &everything_down()).await.unwrap();
        assert_eq!(down.blocked().count(), count, "{before}, destroyed");
        // Nobody takes the guard off behind our back.
        site.cloud.world().edit(&at("site.thing"), "note", json!("scratch"));
        let down = site.plan(&of_note("p", after), &everything_down()).await.unwrap();
        assert_eq!(down.blocked().count(), count, "{before}, edited and destroyed");
    }
}

#[tokio::test(start_paused = true)]
async fn a_successor_is_made_before_its_predecessor_goes() {
    let mut site = standing(&three::<Single>("p", 1)).await;
    let graph = three::<Single>("q", 1);
    site.converge(&graph, &Options::default()).await;
    let world = site.cloud.world();
    let below: Vec<_> = world.resources.iter().filter(|it| it.token.address == at("site.below")).collect();
    assert!(below[1].ready <= below[0].deleted.unwrap(), "the new one was ready before the old one went");
}

#[tokio::test(start_paused = true)]
async fn what_cannot_stand_beside_its_successor_goes_first_and_takes_its_users_along() {
    let graph = three::<Single>("p", 1);
    let mut site = standing(&graph).await;
    let options = Options { replace: [at("site.below")].into(), ..Options::default() };
    let plan = site.plan(&graph, &options).await.unwrap();
    assert_eq!(
        reasons(&plan),
        [
            "create site.below#2: its replacement was asked for",
            "create site.above#2: `base` changes, which AWS cannot change in place; it must go before `site.below` can \
             be replaced",
            "delete site.above#1: `base` changes, which AWS cannot change in place; it must go before `site.below` can \
             be replaced",
            "delete site.below#1: its replacement was asked for"
        ]
    );
    assert!(site.apply(&plan).await.is_complete());
    site.check(&graph).await;
    let world = site.cloud.world();
    let below: Vec<_> = world.resources.iter().filter(|it| it.token.address == at("site.below")).collect();
    assert!(below[0].gone.unwrap() <= below[1].made, "the old one was gone before the new one was made");
}

#[tokio::test(start_paused = true)]
async fn an_older_incarnation_that_was_left_over_is_removed() {
    let mut site = standing(&three::<Plain>("p", 1)).await;
    let graph = three::<Plain>("q", 1);
    let below = at("site.below");
    site.cloud.world().weather.refuse.insert((below.clone(), Method::Delete));
    let (_, outcome) = site.go(&graph, &Options::default()).await.unwrap();
    assert_eq!(outcome.failed.len(), 1, "{outcome:?}");
    assert_eq!(site.ledger.state().resources.len(), 4, "old and new");
    site.cloud.world().weather.refuse.clear();
    let plan = site.plan(&graph, &Options::default()).await.unwrap();
    assert_eq!(reasons(&plan), ["delete site.below#1: a newer one is in its place"]);
    assert!(matches!(plan.steps[0].action, Action::Delete { replaced_by: Some(2) }));
    assert!(site.apply(&plan).await.is_complete());
    site.check(&graph).await;
}

#[tokio::test(start_paused = true)]
async fn what_no_longer_needs_what_must_go_first_stays() {
    // The one above was built on the one below and is now built on the one beside, but its predecessor is left over.
    let built_on = |first: bool| {
        let mut graph = Graph::default();
        let below: Ref<Single> = graph.add(at("site.below"), props("p", "".into(), 1));
        let beside: Ref<Plain> = graph.add(at("site.beside"), props("beside", "".into(), 1));
        let base = if first { below.text() } else { beside.text() };
        graph.add::<Plain>(at("site.above"), props("above", base, 1));
        graph
    };
    let mut site = standing(&built_on(true)).await;
    let graph = built_on(false);
    let above = at("site.above");
    site.cloud.world().weather.refuse.insert((above.clone(), Method::Delete));
    let (_, outcome) = site.go(&graph, &Options::default()).await.unwrap();
    assert!(!outcome.is_complete());
    site.cloud.world().weather.refuse.clear();

    let options = Options { replace: [at("site.below")].into(), ..Options::default() };
    let plan = site.plan(&graph, &options).await.unwrap();
    assert_eq!(lines(&plan), ["create site.below#2", "delete site.above#1", "delete site.below#1"]);
    assert!(site.apply(&plan).await.is_complete());
    site.check(&graph).await;
}

#[tokio::test(start_paused = true)]
async fn what_moves_to_another_region_is_replaced() {
    let mut graph = Graph::default();
    graph.add_in::<Plain>(Some("us-east-1"), at("site.thing"), &props("p", "".into(), 1));
    let mut site = standing(&graph).await;
    assert_eq!(site.cloud.world().resources[0].region, "us-east-1");
    let mut graph = Graph::default();
    graph.add::<Plain>(at("site.thing"), props("p", "".into(), 1));
    let plan = site.plan(&graph, &Options::default()).await.unwrap();
    assert_eq!(plan.steps[0].reasons, [Reason::OtherKind]);
    assert!(site.apply(&plan).await.is_complete());
    site.check(&graph).await;
}

/// A thing with versions, one that uses its newest version, and one that knows nothing but its id.
fn versions(size: i64) -> Graph {
    let mut graph = Graph::default();
    let below: Ref<Versioned> = graph.add(at("site.below"), props("p", "".into(), size));
    let of_version = BTreeSet::from([below.early().attr("version")]);
    let above: Ref<Plain> = graph.add(at("site.above"), ThingProps { links: of_version, ..props("q", "".into(), 1) });
    let of_id = BTreeSet::from([below.text(), above.text()]);
    graph.add::<Plain>(at("site.beside"), ThingProps { links: of_id, ..props("r", "".into(), 1) });
    graph
}

#[tokio::test(start_paused = true)]
async fn a_new_version_reaches_its_users_in_the_same_apply() {
    let mut site = standing(&versions(1)).await;
    let first = site.cloud.world().calls.len();
    let graph = versions(2);
    let plan = site.plan(&graph, &Options::default()).await.unwrap();
    assert_eq!(
        reasons(&plan),
        ["update site.below#1: `size` changes in place", "update site.above#1: `links` changes in place"],
        "the user of the id alone stays"
    );
    let Action::Update { props, .. } = &plan.steps[1].action else { panic!("{:?}", plan.steps[1]) };
    assert_eq!(props["links"], json!([{ "$from": [{ "of": "site.below", "attr": "version", "until": "ready" }] }]));
    assert_eq!(plan.steps[1].waits, [Wait { step: 0, until: Milestone::Ready }]);

    // A plan file is the same plan.
    let saved: Plan = serde_json::from_str(&serde_json::to_string(&plan).unwrap()).unwrap();
    assert!(site.apply(&saved).await.is_complete());
    let calls = site.cloud.world().calls.split_off(first);
    let updates: Vec<_> = calls.iter().filter(|it| it.method == Method::Update).collect();
    let [below, above] = updates.as_slice() else { panic!("two updates: {updates:?}") };
    assert!(below.ended.unwrap() <= above.began, "the user follows");
    site.check(&graph).await;
}

#[tokio::test(start_paused = true)]
async fn a_step_that_finds_nothing_to_do_lets_others_go_on() {
    let graph = |size: i64, more: bool| {
        let mut graph = Graph::default();
        let below: Ref<Plain> = graph.add(at("site.below"), props("p", "".into(), size));
        if more {
            graph.add::<Plain>(at("site.above"), props("q", below.text(), 1));
        }
        graph
    };
    let mut site = standing(&graph(1, false)).await;
    let graph = graph(2, true);
    let mut plan = site.plan(&graph, &Options::default()).await.unwrap();
    assert_eq!(lines(&plan), ["update site.below#1", "create site.above#1"]);
    // As of a value that was not known in the plan, and is what it was.
    let Action::Update { was, .. } = &mut plan.steps[0].action else { panic!("{:?}", plan.steps[0]) };
    was["size"] = json!(2);
    let outcome = site.apply(&plan).await;
    assert!(outcome.is_complete(), "{outcome:?}");
    assert_eq!(site.ledger.state().resources.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_version_that_moved_behind_our_back_reaches_its_users() {
    let graph = versions(1);
    let mut site = standing(&graph).await;
    site.cloud.world().edit(&at("site.below"), "size", json!(7));
    let (plan, outcome) = site.go(&graph, &Options::default()).await.unwrap();
    assert_eq!(lines(&plan), ["update site.below#1", "update site.above#1"]);
    assert!(outcome.is_complete(), "{outcome:?}");
    site.check(&graph).await;
}

#[tokio::test(start_paused = true)]
async fn a_version_that_fails_to_move_stops_its_users() {
    let mut site = standing(&versions(1)).await;
    site.cloud.world().weather.refuse.insert((at("site.below"), Method::Update));
    let graph = versions(2);
    let (_, outcome) = site.go(&graph, &Options::default()).await.unwrap();
    assert_eq!((outcome.failed.len(), outcome.untried.len()), (1, 1), "{outcome:?}");
    site.cloud.world().weather.refuse.clear();
    site.converge(&graph, &Options::default()).await;
    site.check(&graph).await;
}

#[tokio::test(start_paused = true)]
async fn going_from_something_to_nothing_is_a_change() {
    let mut site = standing(&three::<Plain>("p", 1)).await;
    let mut graph = Graph::default();
    graph.add::<Plain>(at("site.above"), props("above", "".into(), 1));
    graph.add::<Plain>(at("site.beside"), props("beside", "".into(), 1));
    let (plan, outcome) = site.go(&graph, &Options::default()).await.unwrap();
    assert_eq!(lines(&plan), ["create site.above#2", "delete site.above#1", "delete site.below#1"]);
    assert!(outcome.is_complete(), "{outcome:?}");
    site.check(&graph).await;
}
