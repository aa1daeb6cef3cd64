//! The life of the cache tier on ministack with the real engine: made, looked at, changed, exchanged, destroyed.

use std::collections::BTreeMap;

use moodle_infra::apply::{Job, run};
use moodle_infra::aws::Cx;
use moodle_infra::graph::Graph;
use moodle_infra::kind::erased::Registry;
use moodle_infra::kinds::registry;
use moodle_infra::plan::step::Action;
use moodle_infra::plan::{Home, Options, Pace, Plan, plan, refresh};
use moodle_infra::state::lock::Holder;
use moodle_infra::state::store::{Ledger, Store};
use moodle_infra::topology::{self, Facts};
use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::mpsc::unbounded_channel;

use crate::support::emulator::{Emulator, REGION, account};

/// A stack in an account of its own.
struct Site {
    cx: Cx,
    registry: Registry,
    store: Store,
    _folder: TempDir,
}

impl Site {
    async fn new(number: usize) -> Site {
        let folder = TempDir::new().unwrap();
        let text = |it: &str| it.to_owned();
        let holder =
            Holder { pid: std::process::id(), host: text("test"), command: text("apply"), since: text("today") };
        let store = Store::open(folder.path(), "campus", "cache-life", &holder).unwrap();
        Site { cx: account(Emulator::Ministack, number).await, registry: registry(), store, _folder: folder }
    }

    /// Returns what an apply of the spec would do; of no spec, what a destroy would.
    async fn plan(&self, spec: Option<&str>) -> Plan {
        let home = Home { account: self.cx.account().to_owned(), region: REGION.to_owned() };
        let graph = spec.map_or_else(Graph::default, |spec| {
            let topology = topology::read(spec.as_bytes(), "x.kdl").0.unwrap();
            let zones = ["a", "b", "c"].map(|it| format!("{REGION}{it}"));
            topology.graph(&Facts::of(&topology, &home.account, REGION, &zones).unwrap())
        });
        let looks = refresh::refresh(&self.cx, &self.registry, self.store.state(), Pace::EMULATOR).await.unwrap();
        let options = Options { destroy: spec.is_none(), ..Options::default() };
        plan(&self.registry, &graph, self.store.state(), &looks, &options, &home).unwrap()
    }

    /// Carries out what the spec asks for and returns what was done; nothing is left to do.
    async fn apply(&mut self, spec: Option<&str>) -> Vec<String> {
        let plan = self.plan(spec).await;
        assert_eq!(plan.blocked().count(), 0);
        let (_send, mut stop) = unbounded_channel();
        let job = Job { cx: &self.cx, registry: &self.registry, plan: &plan, pace: Pace::EMULATOR, per_service: 16 };
        let outcome = run::apply(job, &mut self.store, &mut stop, &mut |_| ()).await;
        assert!(outcome.is_complete(), "{outcome:?}");
        let left = self.plan(spec).await;
        assert!(left.is_empty() && left.drift.is_empty(), "{:?} {:?}", left.steps, left.drift);
        let done = plan.steps.iter().filter(|it| !matches!(it.action, Action::Await));
        let mut done: Vec<String> = done.map(|it| format!("{} {}", verb(&it.action), it.key.address)).collect();
        done.sort();
        done
    }

    fn output(&self, name: &str) -> String {
        self.store.state().outputs.get(name).and_then(Value::as_str).unwrap_or_else(|| panic!("no {name}")).to_owned()
    }

    /// Counts what AWS has of each sort.
    async fn there(&self) -> BTreeMap<&'static str, usize> {
        let caches = self.cx.elasticache();
        let groups = caches.describe_replication_groups().send().await.unwrap();
        let clusters = caches.describe_cache_clusters().send().await.unwrap();
        let serverless = caches.describe_serverless_caches().send().await.unwrap();
        let subnet_groups = caches.describe_cache_subnet_groups().send().await.unwrap();
        let parameters = caches.describe_cache_parameter_groups().send().await.unwrap();
        let own = |it: &&str| !it.starts_with("default.");
        let parameters = parameters.cache_parameter_groups().iter().filter_map(|it| it.cache_parameter_group_name());
        BTreeMap::from([
            ("replication groups", groups.replication_groups().len()),
            ("nodes", clusters.cache_clusters().len()),
            ("serverless", serverless.serverless_caches().len()),
            ("subnet groups", subnet_groups.cache_subnet_groups().len()),
            ("parameter groups", parameters.filter(own).count()),
        ])
    }
}

fn verb(action: &Action) -> &'static str {
    match action {
        Action::Create { .. } => "create",
        Action::Update { .. } => "update",
        Action::Delete { .. } => "delete",
        Action::Await => "await",
    }
}

fn spec(caches: &str) -> String {
    format!(
        "moodle \"campus\" {{ region \"{REGION}\"; network {{ zones 2; nat \"none\"; flow-logs #false }}; {caches} }}"
    )
}

fn about_caches(done: &[String]) -> Vec<&str> {
    done.iter().map(String::as_str).filter(|it| it.contains(" cache.")).collect()
}

#[tokio::test]
async fn caches_in_nodes_are_made_changed_and_destroyed() {
    let mut site = Site::new(9001).await;
    site.apply(Some(&spec("cache \"session\"; cache \"application\""))).await;
    let there =
        [("replication groups", 2), ("nodes", 4), ("serverless", 0), ("subnet groups", 1), ("parameter groups", 1)];
    assert_eq!(site.there().await, BTreeMap::from(there));
    for output in ["session-endpoint", "session-reader-endpoint", "application-endpoint"] {
        assert!(site.output(&format!("cache-{output}")).ends_with(":6379"), "{output}");
    }

    let caches =
        "cache \"session\" { nodes \"cache.r7g.large\" count=3 }; cache \"application\" { parameters timeout=60 }";
    let done = site.apply(Some(&spec(caches))).await;
    assert_eq!(done, ["update cache.parameter-group.application", "update cache.session"]);

    // Memcached is another cache, which takes the place of the first.
    let caches = "cache \"session\" { engine \"memcached\"; nodes count=2 }";
    let done = site.apply(Some(&spec(caches))).await;
    insta::assert_snapshot!(about_caches(&done).join("\n"), @"
    create cache.session
    delete cache.application
    delete cache.parameter-group.application
    delete cache.session
    ");
    assert!(site.output("cache-session-endpoint").ends_with(":11211"));
    assert_eq!(site.output("cache-session-node-endpoints").matches(":11211").count(), 2);

    let done = site.apply(Some(&spec("cache \"session\" { engine \"memcached\"; nodes count=1 }"))).await;
    assert_eq!(done, ["update cache.session"]);

    site.apply(None).await;
    assert!(site.there().await.values().all(|it| *it == 0), "{:?}", site.there().await);
    assert!(site.store.state().resources.is_empty());
}

#[tokio::test]
async fn serverless_caches_are_made_changed_and_destroyed() {
    let mut site = Site::new(9002).await;
    site.apply(Some(&spec("cache \"application\" { serverless; version \"7\" }"))).await;
    assert_eq!(site.there().await["serverless"], 1);
    assert!(!site.output("cache-application-endpoint").is_empty());

    let caches = "cache \"application\" { serverless min-gib=1 max-gib=5; version \"8\" }";
    let done = site.apply(Some(&spec(caches))).await;
    assert_eq!(done, ["update cache.application"]);

    // The other shape takes its place, under the same address.
    let done = site.apply(Some(&spec("cache \"application\""))).await;
    insta::assert_snapshot!(about_caches(&done).join("\n"), @"
    create cache.application
    create cache.parameter-group.application
    create cache.subnet-group
    delete cache.application
    delete cache.rule.reader
    delete cache.rule.web-to-reader
    ");

    site.apply(None).await;
    assert!(site.there().await.values().all(|it| *it == 0), "{:?}", site.there().await);
}
