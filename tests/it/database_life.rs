//! The life of a database with its network: applied by the engine against an emulator, changed, taken down.

use std::collections::BTreeMap;
use std::path::Path;

use moodle_infra::apply::{Job, Outcome, run};
use moodle_infra::aws::Cx;
use moodle_infra::graph::Graph;
use moodle_infra::kind::Address;
use moodle_infra::kind::erased::Registry;
use moodle_infra::kinds;
use moodle_infra::plan::refresh::refresh;
use moodle_infra::plan::{Home, Options, Pace, Plan, plan};
use moodle_infra::state::lock::Holder;
use moodle_infra::state::store::{Ledger, Store};
use moodle_infra::topology::{self, Facts};
use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::mpsc;

use crate::support::emulator::{Emulator, REGION, account};

/// A stack: its account and its state.
struct Stack {
    cx: Cx,
    registry: Registry,
    store: Store,
    _folder: TempDir,
}

impl Stack {
    async fn new(number: usize) -> Stack {
        let folder = TempDir::new().unwrap();
        let cx = account(Emulator::Ministack, number).await;
        let store = open(folder.path());
        Stack { cx, registry: kinds::registry(), store, _folder: folder }
    }

    async fn plan(&self, spec: Option<&str>, options: &Options) -> Plan {
        let home = Home { account: self.cx.account().to_owned(), region: self.cx.region().to_owned() };
        let graph = spec.map_or_else(Graph::default, |it| graph(&home, it));
        let looks = refresh(&self.cx, &self.registry, self.store.state(), Pace::EMULATOR).await.unwrap();
        plan(&self.registry, &graph, self.store.state(), &looks, options, &home).unwrap()
    }

    async fn carry_out(&mut self, plan: &Plan) -> Outcome {
        let job = Job { cx: &self.cx, registry: &self.registry, plan, pace: Pace::EMULATOR, per_service: 8 };
        let (_never, mut stops) = mpsc::unbounded_channel();
        run::apply(job, &mut self.store, &mut stops, &mut |_| {}).await
    }

    /// Applies a spec and returns the addresses of the steps; another plan finds nothing to do.
    async fn apply(&mut self, spec: &str) -> Vec<String> {
        let plan = self.plan(Some(spec), &Options::default()).await;
        let blocked: Vec<_> = plan.blocked().map(|it| it.key.address.to_string()).collect();
        assert!(blocked.is_empty(), "{blocked:?}");
        let outcome = self.carry_out(&plan).await;
        assert!(outcome.is_complete(), "{outcome:?}");
        let again = self.plan(Some(spec), &Options::default()).await;
        assert!(again.is_empty() && again.drift.is_empty(), "{again:?}");
        plan.steps.iter().map(|it| it.key.address.to_string()).collect()
    }

    fn output(&self, name: &str) -> String {
        let outputs: &BTreeMap<String, Value> = &self.store.state().outputs;
        outputs[name].as_str().unwrap_or_else(|| panic!("{name} is not known")).to_owned()
    }
}

fn open(folder: &Path) -> Store {
    let me = Holder {
        pid: std::process::id(),
        host: "here".to_owned(),
        command: "test".to_owned(),
        since: "2026-01-01T00:00:00Z".to_owned(),
    };
    Store::open(folder, "campus", "0123456789abcdef", &me).unwrap()
}

fn graph(home: &Home, spec: &str) -> Graph {
    let (topology, faults) = topology::read(spec.as_bytes(), "x.kdl");
    assert!(faults.is_empty(), "{faults:?}");
    let topology = topology.unwrap();
    let zones: Vec<String> = ["a", "b", "c"].iter().map(|it| format!("{REGION}{it}")).collect();
    topology.graph(&Facts::of(&topology, &home.account, &home.region, &zones).unwrap())
}

fn spec(database: &str) -> String {
    format!(
        "moodle \"campus\" {{ region \"{REGION}\"; network {{ zones 2; nat \"none\"; flow-logs #false; }}; database {{ {database} }} }}"
    )
}

#[tokio::test]
async fn a_database_comes_changes_in_place_and_goes() {
    let mut stack = Stack::new(900).await;
    stack.apply(&spec("")).await;
    let cluster = stack.output("database-cluster");
    assert!(cluster.starts_with("campus-database-"), "{cluster}");
    // An emulator may answer its own address for both.
    assert!(!stack.output("database-endpoint").is_empty() && !stack.output("database-reader-endpoint").is_empty());
    assert!(stack.output("database-secret").starts_with("arn:aws:secretsmanager:"));
    let instances = [stack.output("database-instance-1"), stack.output("database-instance-2")];

    // Everything that a user changes most is changed in place: the same cluster, the same instances.
    let steps = stack.apply(&spec("backup-days 7; serverless min=1 max=8; deletion-protection #true")).await;
    assert_eq!(steps, ["database.cluster", "database.instance[\"1\"]", "database.instance[\"2\"]"]);
    assert_eq!(stack.output("database-cluster"), cluster);
    assert_eq!([stack.output("database-instance-1"), stack.output("database-instance-2")], instances);
    let steps = stack.apply(&spec("instances \"db.r7g.large\" count=1; backup-days 7")).await;
    assert_eq!(steps.len(), 2, "a change and a removal, and the limits stay for the next time: {steps:?}");

    // Another user is another database: refused until it is named.
    let other = stack.plan(Some(&spec("username \"teacher\"")), &Options::default()).await;
    let blocked: Vec<_> = other.blocked().map(|it| it.key.address.to_string()).collect();
    assert!(blocked.contains(&"database.cluster".to_owned()), "{blocked:?}");

    let destroy = Options { destroy: true, ..Options::default() };
    let refused = stack.plan(None, &destroy).await;
    assert_eq!(refused.blocked().count(), 1);
    let named = [Address::parse("database.cluster").unwrap()];
    let destroy = Options { allow_data_loss: named.into(), ..destroy };
    let plan = stack.plan(None, &destroy).await;
    assert_eq!(plan.blocked().count(), 0);
    // AWS protects it, and whoever names it has decided already.
    let outcome = stack.carry_out(&plan).await;
    assert!(outcome.is_complete(), "{outcome:?}");
    assert!(stack.store.state().resources.is_empty());
    assert!(stack.cx.rds().describe_db_clusters().send().await.unwrap().db_clusters().is_empty());
    assert!(stack.cx.rds().describe_db_instances().send().await.unwrap().db_instances().is_empty());
    assert!(stack.cx.rds().describe_db_subnet_groups().send().await.unwrap().db_subnet_groups().is_empty());
}

#[tokio::test]
async fn a_mysql_database_is_reached_by_its_own_port() {
    let mut stack = Stack::new(901).await;
    stack.apply(&spec("engine \"aurora-mysql\"; serverless")).await;
    assert_eq!(stack.output("database-port"), "3306");
    let rules = stack.cx.ec2().describe_security_group_rules().send().await.unwrap();
    let to = |port: i32| rules.security_group_rules().iter().filter(|it| it.to_port() == Some(port)).count();
    assert_eq!((to(3306), to(5432)), (2, 0));
}
