//! A stack in an account of its own on the sandbox's emulator, driven by the real engine.

use std::collections::{BTreeMap, BTreeSet};

use moodle_infra::apply::{Job, Outcome, run};
use moodle_infra::aws::Cx;
use moodle_infra::graph::Graph;
use moodle_infra::kind::Address;
use moodle_infra::kind::erased::Registry;
use moodle_infra::kinds::registry;
use moodle_infra::plan::step::Action;
use moodle_infra::plan::{Home, Options, Pace, Plan, plan, refresh};
use moodle_infra::state::lock::Holder;
use moodle_infra::state::store::{Ledger, Store};
use moodle_infra::topology::{self, Facts, Question};
use serde_json::Value;
use tempfile::TempDir;

use super::emulator::{Emulator, REGION, account};

/// A stack called `campus`: its account and its state.
pub(crate) struct Stack {
    pub(crate) cx: Cx,
    /// What the topology is told of the account.
    pub(crate) answers: BTreeMap<Question, String>,
    registry: Registry,
    store: Store,
    _folder: TempDir,
}

impl Stack {
    /// Returns an empty stack; `number` keeps the accounts of one test process apart.
    pub(crate) async fn new(number: usize) -> Stack {
        let folder = TempDir::new().unwrap();
        let text = |it: &str| it.to_owned();
        let me = Holder { pid: std::process::id(), host: text("here"), command: text("test"), since: text("today") };
        let store = Store::open(folder.path(), "campus", "0123456789abcdef", &me).unwrap();
        let cx = account(Emulator::Ministack, number).await;
        Stack { cx, answers: BTreeMap::new(), registry: registry(), store, _folder: folder }
    }

    fn graph(&self, spec: &str) -> Graph {
        let (topology, faults) = topology::read(spec.as_bytes(), "x.kdl");
        let topology = topology.unwrap_or_else(|| panic!("{faults:?}"));
        let zones = ["a", "b", "c"].map(|it| format!("{REGION}{it}"));
        let facts = Facts::of(&topology, self.cx.account(), REGION, &zones).unwrap();
        topology.graph(&facts.knowing(self.answers.clone()))
    }

    /// Returns what an apply of the spec would do; of no spec, what a destroy would.
    pub(crate) async fn plan(&self, spec: Option<&str>, allowed: &[&str]) -> Plan {
        let home = Home { account: self.cx.account().to_owned(), region: REGION.to_owned() };
        let graph = spec.map_or_else(Graph::default, |it| self.graph(it));
        let looks = refresh::refresh(&self.cx, &self.registry, self.store.state(), Pace::EMULATOR).await.unwrap();
        let allow_data_loss = allowed.iter().map(|it| Address::parse(it).unwrap()).collect();
        let options = Options { destroy: spec.is_none(), allow_data_loss, ..Options::default() };
        plan(&self.registry, &graph, self.store.state(), &looks, &options, &home).unwrap()
    }

    /// Carries out a plan as far as it goes.
    pub(crate) async fn carry_out(&mut self, plan: &Plan) -> Outcome {
        let job = Job { cx: &self.cx, registry: &self.registry, plan, pace: Pace::EMULATOR, per_service: 8 };
        let (_never, mut stops) = tokio::sync::mpsc::unbounded_channel();
        run::apply(job, &mut self.store, &mut stops, &mut |_| {}).await
    }

    /// Makes the account as the spec says, and checks that another plan finds nothing to do. Returns what was done as
    /// `verb address`.
    pub(crate) async fn apply(&mut self, spec: &str) -> BTreeSet<String> {
        let plan = self.plan(Some(spec), &[]).await;
        assert_eq!(blocked(&plan), Vec::<String>::new());
        let outcome = self.carry_out(&plan).await;
        assert!(outcome.is_complete(), "{outcome:?}");
        let again = self.plan(Some(spec), &[]).await;
        assert!(again.is_empty() && again.drift.is_empty(), "{:?} {:?}", again.steps, again.drift);
        steps(&plan)
    }

    /// Deletes everything; `allowed` holds data.
    pub(crate) async fn destroy(&mut self, allowed: &[&str]) {
        let plan = self.plan(None, allowed).await;
        assert_eq!(blocked(&plan), Vec::<String>::new());
        let outcome = self.carry_out(&plan).await;
        assert!(outcome.is_complete(), "{outcome:?}");
        assert!(self.store.state().resources.is_empty());
    }

    /// Returns an output of the last apply.
    pub(crate) fn output(&self, name: &str) -> String {
        let output = self.store.state().outputs.get(name).and_then(Value::as_str);
        output.unwrap_or_else(|| panic!("{name} is not known")).to_owned()
    }
}

/// Returns the addresses that a plan refuses to touch.
pub(crate) fn blocked(plan: &Plan) -> Vec<String> {
    plan.blocked().map(|it| it.key.address.to_string()).collect()
}

/// Returns what a plan does to AWS, as `verb address`.
pub(crate) fn steps(plan: &Plan) -> BTreeSet<String> {
    let line = |verb: &str, address: &Address| format!("{verb} {address}");
    let all = plan.steps.iter().filter_map(|it| match it.action {
        Action::Create { .. } => Some(line("create", &it.key.address)),
        Action::Update { .. } => Some(line("update", &it.key.address)),
        Action::Delete { .. } => Some(line("delete", &it.key.address)),
        Action::Await => None,
    });
    all.collect()
}
