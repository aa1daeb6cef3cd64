//! The life of a stack with shared files, over the real engine and the sandbox's emulator: apply, nothing to do, a
//! change in place, a change that would lose what is stored, destroy.

use std::collections::BTreeSet;

use moodle_infra::apply::{Job, run};
use moodle_infra::aws::Cx;
use moodle_infra::graph::Graph;
use moodle_infra::kind::Address;
use moodle_infra::kind::erased::Registry;
use moodle_infra::kinds::registry;
use moodle_infra::plan::{Home, Options, Pace, Plan, plan, refresh};
use moodle_infra::state::lock::Holder;
use moodle_infra::state::store::{Ledger, Store};
use moodle_infra::topology::{self, Facts};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::emulator::{Emulator, REGION, account};

/// A stack in an account of its own.
struct Stack {
    cx: Cx,
    registry: Registry,
    store: Store,
    _folder: TempDir,
}

impl Stack {
    async fn new(number: usize) -> Stack {
        let cx = account(Emulator::Ministack, number).await;
        let folder = TempDir::new().unwrap();
        let me =
            Holder { pid: std::process::id(), host: "here".to_owned(), command: String::new(), since: String::new() };
        let store = Store::open(folder.path(), "campus", "lineage", &me).unwrap();
        Stack { cx, registry: registry(), store, _folder: folder }
    }

    /// Plans for what stands in the block of `files`; `None` is a destruction.
    async fn plan(&self, files: Option<&str>, options: Options) -> Plan {
        let graph = files.map_or_else(Graph::default, |files| graph(&self.cx, files));
        let looks = refresh::refresh(&self.cx, &self.registry, self.store.state(), Pace::EMULATOR).await.unwrap();
        let home = Home { account: self.cx.account().to_owned(), region: REGION.to_owned() };
        plan(&self.registry, &graph, self.store.state(), &looks, &options, &home).unwrap()
    }

    async fn apply(&mut self, plan: &Plan) {
        let job = Job { cx: &self.cx, registry: &self.registry, plan, pace: Pace::EMULATOR, per_service: 8 };
        let (_stops, mut stop) = tokio::sync::mpsc::unbounded_channel();
        let outcome = run::apply(job, &mut self.store, &mut stop, &mut |_| ()).await;
        assert!(outcome.is_complete(), "{outcome:?}");
    }

    async fn file_systems(&self) -> Vec<aws_sdk_efs::types::FileSystemDescription> {
        self.cx.efs().describe_file_systems().send().await.unwrap().file_systems.unwrap_or_default()
    }
}

fn graph(cx: &Cx, files: &str) -> Graph {
    let spec = format!(
        "moodle \"campus\" {{ region \"{REGION}\"; network {{ zones 2; nat \"none\" }}; files {{ {files} }} }}"
    );
    let (topology, faults) = topology::read(spec.as_bytes(), "x.kdl");
    let topology = topology.unwrap_or_else(|| panic!("{faults:?}"));
    let zones = ["a", "b"].map(|it| format!("{REGION}{it}"));
    topology.graph(&Facts::of(&topology, cx.account(), REGION, &zones).unwrap())
}

/// Returns what a plan does, as `verb address`.
fn steps(plan: &Plan) -> BTreeSet<String> {
    let verb = |action: &Value| match action {
        Value::Object(it) => it.keys().next().unwrap().clone(),
        other => other.as_str().unwrap().to_owned(),
    };
    plan.steps.iter().map(|it| format!("{} {}", verb(&json!(it)["action"]), it.key.address)).collect()
}

fn destroying(allowed: bool) -> Options {
    let allow_data_loss = if allowed { [Address::parse("files.file-system").unwrap()].into() } else { BTreeSet::new() };
    Options { destroy: true, allow_data_loss, ..Options::default() }
}

#[tokio::test]
async fn files_are_made_changed_guarded_and_taken_down() {
    let mut stack = Stack::new(7_700).await;
    let first = "lifecycle infrequent-access-days=30 archive-days=90";
    let made = stack.plan(Some(first), Options::default()).await;
    stack.apply(&made).await;
    let again = stack.plan(Some(first), Options::default()).await;
    assert!(again.is_empty(), "{:?}", steps(&again));

    let outputs = stack.store.state().outputs.clone();
    let id = outputs["file-system"].as_str().unwrap().to_owned();
    assert_eq!(outputs["file-system-dns"], json!(format!("{id}.efs.{REGION}.amazonaws.com")));
    for output in ["access-point-data", "access-point-cache", "access-point-temp"] {
        assert!(outputs[output].as_str().unwrap().starts_with("fsap-"), "{outputs:?}");
    }
    let there = stack.file_systems().await;
    assert_eq!((there.len(), there[0].number_of_mount_targets, there[0].encrypted), (1, 2, Some(true)));

    let second = "throughput \"provisioned\" mibps=64; backup #false; lifecycle infrequent-access-days=7";
    let changed = stack.plan(Some(second), Options::default()).await;
    insta::assert_snapshot!(steps(&changed).into_iter().collect::<Vec<_>>().join("\n"), @"
    delete files.backup-policy
    update files.file-system
    update files.lifecycle
    ");
    stack.apply(&changed).await;
    assert!(stack.plan(Some(second), Options::default()).await.is_empty());
    let there = stack.file_systems().await;
    assert_eq!(there[0].file_system_id, id);
    assert_eq!(there[0].provisioned_throughput_in_mibps, Some(64.0));

    // Another performance mode would be another file system.
    let other = stack.plan(Some("performance \"max-io\""), Options::default()).await;
    assert!(other.blocked().any(|it| it.key.address.as_str() == "files.file-system"), "{:?}", steps(&other));

    assert!(stack.plan(None, destroying(false)).await.blocked().count() == 1);
    let end = stack.plan(None, destroying(true)).await;
    assert_eq!(end.blocked().count(), 0);
    stack.apply(&end).await;
    assert!(stack.store.state().resources.is_empty());
    assert!(stack.file_systems().await.is_empty());
    let points = stack.cx.efs().describe_access_points().send().await.unwrap();
    assert!(points.access_points().is_empty());
}
