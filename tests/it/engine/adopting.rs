//! What stands in AWS already comes into the state: what is refused, what is recorded, and what the next plan does.

use moodle_infra::graph::Graph;
use moodle_infra::kind::Address;
use moodle_infra::kinds;
use moodle_infra::plan::adopt::AdoptError;
use moodle_infra::plan::step::{Action, Step};
use moodle_infra::plan::{Options, Plan};
use moodle_infra::state::event::Event;
use moodle_infra::state::store::Ledger;
use serde_json::json;

use super::network::{Network, from_spec};
use crate::support::sim::site::{Site, everything_down};
use crate::support::sim::weather::Weather;

const SUBNET: &str = "network.subnet.app[\"eu-west-1a\"]";

fn at(text: &str) -> Address {
    Address::parse(text).unwrap()
}

async fn standing(graph: &Graph) -> Site {
    let mut site = Site::new(&kinds::registry(), Weather::default(), 0);
    site.converge(graph, &Options::default()).await;
    site.check(graph).await;
    site
}

fn network() -> Graph {
    Network::reference().graph()
}

/// Returns a line a step: what it does, and for which reasons.
fn steps(plan: &Plan) -> Vec<String> {
    let line = |step: &Step| {
        let verb = match &step.action {
            Action::Create { .. } => "create".to_owned(),
            Action::Update { changed, .. } => format!("update {} of", changed.join(", ")),
            Action::Delete { .. } => "delete".to_owned(),
            Action::Await => "await".to_owned(),
        };
        let reasons: Vec<String> = step.reasons.iter().map(ToString::to_string).collect();
        format!("{verb} {}: {}", step.key, reasons.join("; "))
    };
    plan.steps.iter().map(line).collect()
}

#[tokio::test(start_paused = true)]
async fn a_whole_network_is_forgotten_and_imported_and_nothing_is_left_to_do() {
    let graph = network();
    let mut site = standing(&graph).await;
    let addresses: Vec<String> = graph.nodes().map(|node| node.address.to_string()).collect();
    let ids: Vec<String> = addresses.iter().map(|address| site.forget(address)).collect();
    for (address, id) in addresses.iter().zip(&ids) {
        let adoption = site.adopt(&graph, address, id).await.unwrap_or_else(|error| panic!("{address}: {error}"));
        assert!(adoption.differences.is_empty() && !adoption.unmarked, "{address}: {adoption:?}");
    }
    site.check(&graph).await;
    // The second incarnation everywhere, so that no token is used twice.
    assert!(site.ledger.state().resources.keys().all(|key| key.incarnation == 2));
}

#[tokio::test(start_paused = true)]
async fn what_another_hand_made_is_marked_and_changed_by_the_next_apply() {
    let graph = network();
    let mut site = standing(&graph).await;
    let id = site.forget(SUBNET);
    site.cloud.world().mark("ec2.subnet", &json!({ "id": id }), None);
    site.cloud.world().edit(&at(SUBNET), "map_public_ip", json!(true));
    let adoption = site.adopt(&graph, SUBNET, &id).await.unwrap();
    assert!(adoption.unmarked);
    let fields: Vec<&str> = adoption.differences.iter().map(|it| it.field.as_str()).collect();
    assert_eq!(fields, ["map_public_ip"]);

    let plan = site.plan(&graph, &Options::default()).await.unwrap();
    assert!(plan.drift.is_empty(), "{:?}", plan.drift);
    let update = format!(
        "update map_public_ip, tags of {SUBNET}#2: `map_public_ip` changes in place; its tags do not say yet that it \
         is of this stack"
    );
    assert_eq!(steps(&plan), [update]);
    assert!(site.apply(&plan).await.is_complete());
    site.check(&graph).await;
    let (_, subnet) = site.cloud.world().at("ec2.subnet", &json!({ "id": id })).map(|(n, it)| (n, it.clone())).unwrap();
    assert_eq!(subnet.stack.as_deref(), Some("site"));
}

#[tokio::test(start_paused = true)]
async fn marks_that_somebody_took_off_are_put_back() {
    let graph = network();
    let mut site = standing(&graph).await;
    let id = site.ledger.state().current(&at("network.vpc")).unwrap().1.attrs["id"].clone();
    site.cloud.world().mark("ec2.vpc", &json!({ "id": id }), None);
    let plan = site.plan(&graph, &Options::default()).await.unwrap();
    assert_eq!(steps(&plan), ["update tags of network.vpc#1: its tags do not say yet that it is of this stack"]);
    assert!(site.apply(&plan).await.is_complete());
    site.check(&graph).await;
}

#[tokio::test(start_paused = true)]
async fn what_is_imported_keeps_its_name_until_it_is_replaced() {
    const GROUP: &str = "network.security-group.web";
    let graph = from_spec(include_bytes!("../../../specs/network-small.kdl"));
    let mut site = standing(&graph).await;
    let id = site.forget(GROUP);
    site.cloud.world().edit(&at(GROUP), "name", json!("mine"));
    let adoption = site.adopt(&graph, GROUP, &id).await.unwrap();
    let Event::Adopted { kept, .. } = &adoption.event else { panic!("{:?}", adoption.event) };
    assert!(kept.contains("name") && adoption.differences.is_empty(), "{adoption:?}");
    assert_eq!(steps(&site.plan(&graph, &Options::default()).await.unwrap()), [""; 0]);

    let replace = Options { replace: [at(GROUP)].into(), ..Options::default() };
    site.converge(&graph, &replace).await;
    site.check(&graph).await;
    assert!(site.ledger.state().current(&at(GROUP)).unwrap().1.kept.is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_imported_database_is_protected() {
    let graph = from_spec(include_bytes!("../../../specs/database.kdl"));
    let mut site = Site::new(&kinds::registry(), Weather::default(), 0);
    site.converge(&graph, &Options::default()).await;
    let cluster = graph.nodes().find(|node| node.kind == "rds.cluster").unwrap().address.clone();
    let id = site.forget(cluster.as_str());
    site.adopt(&graph, cluster.as_str(), &id).await.unwrap();
    let down = site.plan(&Graph::default(), &everything_down_but_data()).await.unwrap();
    assert!(down.blocked().any(|it| it.key.address == cluster), "{:?}", steps(&down));
}

fn everything_down_but_data() -> Options {
    Options { allow_data_loss: std::collections::BTreeSet::new(), ..everything_down() }
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_says_why_and_records_nothing() {
    let graph = network();
    let mut site = standing(&graph).await;
    let vpc = site.ledger.state().current(&at("network.vpc")).unwrap().1.attrs["id"].as_str().unwrap().to_owned();
    let subnet = site.forget(SUBNET);
    let before = site.ledger.len();
    let refused = |error: AdoptError| match error {
        AdoptError::NotInSpec { near } => format!("not in the spec; near: {}", near[0]),
        other => other.to_string(),
    };
    let told = |result: Result<_, AdoptError>| {
        result.map_or_else(refused, |_: moodle_infra::plan::adopt::Adoption| "imported".to_owned())
    };

    assert_eq!(
        told(site.adopt(&graph, "network.subnet.app[\"mars\"]", &subnet).await),
        "not in the spec; near: network.vpc"
    );
    assert_eq!(
        told(site.adopt(&graph, "network.subnet.app", &subnet).await),
        format!("not in the spec; near: {SUBNET}")
    );
    let taken = format!("the state has a resource at this address already: `{vpc}`");
    assert_eq!(told(site.adopt(&graph, "network.vpc", &vpc).await), taken);
    assert_eq!(told(site.adopt(&graph, SUBNET, &vpc).await), "this is not an id of the kind");
    let absent = "there is none with this id, in this account and region";
    assert_eq!(told(site.adopt(&graph, SUBNET, "subnet-0abc").await), absent);
    let other = "network.subnet.app[\"eu-west-1b\"]";
    let id = site.ledger.state().current(&at(other)).unwrap().1.attrs["id"].as_str().unwrap().to_owned();
    assert_eq!(told(site.adopt(&graph, SUBNET, &id).await), format!("the state has it already, at `{other}`"));
    site.cloud.world().mark("ec2.subnet", &json!({ "id": subnet }), Some("other".to_owned()));
    assert_eq!(told(site.adopt(&graph, SUBNET, &subnet).await), "its tags say that it is of stack `other`");
    assert_eq!(site.ledger.len(), before);

    site.cloud.world().mark("ec2.subnet", &json!({ "id": subnet }), None);
    assert_eq!(told(site.adopt(&graph, SUBNET, &subnet).await), "imported");
}

#[tokio::test(start_paused = true)]
async fn some_kinds_need_another_first_or_have_nothing() {
    let mut site = Site::new(&kinds::registry(), Weather::default(), 0);
    let files = from_spec(include_bytes!("../../../specs/files.kdl"));
    let target = files.nodes().find(|node| node.kind == "efs.mount_target").unwrap().address.to_string();
    let error = site.adopt(&files, &target, "fsmt-0abc").await.unwrap_err().to_string();
    assert_eq!(error, "it is found by `files.file-system`, which is not in the state yet");
    let web = from_spec(include_bytes!("../../../specs/web.kdl"));
    let refresh = web.nodes().find(|node| node.kind == "autoscaling.refresh").unwrap().address.to_string();
    let error = site.adopt(&web, &refresh, "campus-web").await.unwrap_err().to_string();
    assert!(error.starts_with("there is nothing to import: it is what the engine remembers"), "{error}");
}
