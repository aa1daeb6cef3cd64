//! A stack in a simulated cloud: the way from settling to applying, as a command goes it, and what must hold after.

use std::collections::{BTreeMap, BTreeSet};

use moodle_infra::apply::progress::Progress;
use moodle_infra::apply::{Job, Outcome, Stop, run};
use moodle_infra::aws::Cx;
use moodle_infra::aws::limits::Limits;
use moodle_infra::graph::Graph;
use moodle_infra::kind::erased::Registry;
use moodle_infra::kind::{Address, Milestone, reference};
use moodle_infra::plan::adopt::{AdoptError, Adoption, adopt};
use moodle_infra::plan::refresh::refresh;
use moodle_infra::plan::settle::settle;
use moodle_infra::plan::{Home, Options, Pace, Plan, PlanError, plan};
use moodle_infra::state::event::Event;
use moodle_infra::state::store::Ledger;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::kind::{Cloud, simulated};
use super::ledger::Memory;
use super::log::Method;
use super::weather::Weather;

/// A stack in a simulated cloud.
pub(crate) struct Site {
    pub(crate) cloud: Cloud,
    pub(crate) registry: Registry,
    pub(crate) ledger: Memory,
    pub(crate) per_service: usize,
    cx: Cx,
    /// How many commands there were.
    commands: u64,
    seed: u64,
}

/// The region of the stack.
const REGION: &str = "eu-west-1";
/// The account of the stack.
const ACCOUNT: &str = "000000000000";

impl Site {
    /// Returns an empty stack in an empty cloud that knows these kinds.
    pub(crate) fn new(real: &Registry, weather: Weather, seed: u64) -> Site {
        let (cloud, registry) = simulated(real, weather, seed);
        let cx = clients(seed);
        Site { cloud, registry, ledger: Memory::empty(), per_service: 20, cx, commands: 0, seed }
    }

    /// Settles, refreshes and plans, in a process of its own.
    pub(crate) async fn plan(&mut self, graph: &Graph, options: &Options) -> Result<Plan, PlanError> {
        self.cloud.world().fill_buckets();
        self.commands += 1;
        self.cx = clients(self.seed.wrapping_add(self.commands << 32));
        settle(&self.cx, &self.registry, &mut self.ledger, Pace::AWS).await?;
        let looks = refresh(&self.cx, &self.registry, self.ledger.state(), Pace::AWS).await?;
        let home = Home { account: ACCOUNT.to_owned(), region: REGION.to_owned() };
        plan(&self.registry, graph, self.ledger.state(), &looks, options, &home)
    }

    /// Takes what users call `id` into the state.
    pub(crate) async fn adopt(&mut self, graph: &Graph, address: &str, id: &str) -> Result<Adoption, AdoptError> {
        let address = Address::parse(address).unwrap();
        let adoption = adopt(&self.cx, &self.registry, graph, self.ledger.state(), &address, id, Pace::AWS).await?;
        self.ledger.record(adoption.event.clone()).unwrap();
        Ok(adoption)
    }

    /// Forgets what stands at an address, and returns what users call it.
    pub(crate) fn forget(&mut self, address: &str) -> String {
        let address = Address::parse(address).unwrap();
        let (key, resource) = self.ledger.state().current(&address).unwrap();
        let id = self.registry.get(&resource.kind).unwrap().meta().named.id(&resource.attrs);
        let key = key.clone();
        self.ledger.record(Event::Forgotten { key }).unwrap();
        id.expect("it has an id")
    }

    /// Carries a plan out.
    pub(crate) async fn apply(&mut self, plan: &Plan) -> Outcome {
        let (_keep, mut stop) = unbounded_channel();
        self.apply_until(plan, &mut stop, &mut |_| {}).await
    }

    /// Carries a plan out, heard and interruptible.
    pub(crate) async fn apply_until(
        &mut self,
        plan: &Plan,
        stop: &mut UnboundedReceiver<Stop>,
        tell: &mut dyn FnMut(Progress),
    ) -> Outcome {
        let Site { cloud: _, registry, ledger, per_service, cx, commands: _, seed: _ } = self;
        let job = Job { cx, registry, plan, pace: Pace::AWS, per_service: *per_service };
        run::apply(job, ledger, stop, tell).await
    }

    /// Plans and applies. `None` when the process died on the way; then the next one has been started.
    ///
    /// A command that could not look, because AWS did not answer, is started again.
    pub(crate) async fn go(&mut self, graph: &Graph, options: &Options) -> Option<(Plan, Outcome)> {
        for _ in 0..20 {
            let died = std::sync::Arc::clone(&self.ledger.died);
            let went = tokio::select! {
                biased;
                went = async {
                    let plan = self.plan(graph, options).await?;
                    let outcome = self.apply(&plan).await;
                    Ok((plan, outcome))
                } => Some(went),
                () = died.notified() => None,
            };
            if self.ledger.is_dead() {
                self.ledger.reopen();
                return None;
            }
            match went {
                None => unreachable!("only a dead process tells that it died"),
                Some(Ok(done)) => return Some(done),
                Some(Err(PlanError::Look { .. } | PlanError::State(_))) => {}
                Some(Err(error)) => panic!("no plan: {error}"),
            }
        }
        panic!("no plan in twenty commands")
    }

    /// Goes until everything is done; returns how often it took.
    pub(crate) async fn converge(&mut self, graph: &Graph, options: &Options) -> usize {
        let mut last = String::new();
        for times in 1..=20 {
            if let Some((_, outcome)) = self.go(graph, options).await {
                if outcome.is_complete() {
                    return times;
                }
                last = format!("{outcome:?}");
            }
        }
        panic!("not done after twenty commands: {last}")
    }

    /// Checks all that must hold after everything was done for `graph`.
    pub(crate) async fn check(&mut self, graph: &Graph) {
        // People read what an apply says before they type the next command; replicas catch up in that time.
        tokio::time::sleep(std::time::Duration::from_secs(5)).await;
        let mut again = None;
        for _ in 0..20 {
            match self.plan(graph, &Options::default()).await {
                Ok(plan) => {
                    again = Some(plan);
                    break;
                }
                Err(PlanError::Look { .. }) => {}
                Err(error) => panic!("no plan: {error}"),
            }
        }
        let again = again.expect("a plan in twenty commands");
        assert!(again.is_empty(), "after an apply there is nothing to do, but: {:#?}", again.steps);
        assert!(again.drift.is_empty(), "after an apply nothing drifted, but: {:#?}", again.drift);
        self.check_agreement();
        self.check_wanted(graph);
        self.check_rules();
    }

    /// Checks that the state has exactly what is in the cloud: no orphan, no double.
    pub(crate) fn check_agreement(&self) {
        let world = self.cloud.world();
        let state = self.ledger.state();
        let mut known = BTreeSet::new();
        for (key, recorded) in &state.resources {
            let found = world.at(&recorded.kind, &recorded.attrs);
            let (number, _) = found.unwrap_or_else(|| panic!("{key} is recorded, but not in the cloud"));
            assert_eq!(world.known(number), recorded.attrs, "{key} has other attributes");
            assert!(known.insert(number), "{key} is recorded twice");
            assert!(recorded.open.is_none(), "{key} has an open call");
        }
        for (number, it) in world.alive().filter(|(_, it)| !self.only_looks(it.kind)) {
            assert!(known.contains(&number), "an orphan: {} of {}", it.token.address, it.kind);
        }
    }

    /// Whether what a kind makes is a look alone, of which nothing can be left behind in AWS.
    fn only_looks(&self, kind: &str) -> bool {
        let look = |action: &&str| ["Describe", "Get", "List"].iter().any(|it| action.contains(&format!(":{it}")));
        let meta = self.registry.get(kind).expect("registered").meta();
        !meta.actions.create.is_empty() && meta.actions.create.iter().all(look)
    }

    /// Checks what must hold at any time: everything in the cloud is recorded, or may be found by its open intent; once.
    pub(crate) fn check_nothing_lost(&self) {
        let world = self.cloud.world();
        let recorded: BTreeSet<&str> = self.ledger.state().resources.values().map(|it| it.token.as_str()).collect();
        let mut seen = BTreeSet::new();
        for (_, it) in world.alive().filter(|(_, it)| it.deleted.is_none() && !self.only_looks(it.kind)) {
            let (address, kind) = (&it.token.address, it.kind);
            assert!(recorded.contains(it.token.as_str()), "an orphan: {address} of {kind}");
            assert!(seen.insert(it.token.as_str()), "a double: {address} of {kind}");
        }
    }

    /// Checks that everything in the cloud is as the graph wants it, once.
    fn check_wanted(&self, graph: &Graph) {
        let world = self.cloud.world();
        let state = self.ledger.state();
        assert_eq!(state.resources.len(), graph.len(), "as many resources as the graph has");
        for node in graph.nodes() {
            let (key, recorded) = state.current(&node.address).expect("recorded");
            let (_, found) = world.at(&recorded.kind, &recorded.attrs).expect("in the cloud");
            let known = |source: &reference::Source| {
                let (_, of) = state.current(&source.of)?;
                of.attrs[source.attr.as_str()].as_str().map(str::to_owned)
            };
            let wanted = self.registry.get(node.kind).unwrap().normalise(&reference::resolve(&node.props, &known));
            let wanted = wanted.unwrap();
            for (name, value) in wanted.as_object().unwrap() {
                assert!(value.is_null() || *value == found.props[name], "{key}: `{name}` is not as wanted");
            }
            let needs: BTreeSet<Address> = graph.needs(&node.address).into_keys().collect();
            assert_eq!(recorded.needs, needs, "{key} is recorded with what it needs");
        }
    }

    /// Checks that no call broke a rule of the cloud.
    pub(crate) fn check_rules(&self) {
        let broken = &self.cloud.world().broken;
        assert!(broken.is_empty(), "rules were broken: {broken:#?}");
    }

    /// Checks that no creation since call `first` began before the milestones that it waits for.
    pub(crate) fn check_order(&self, graph: &Graph, first: usize) {
        let world = self.cloud.world();
        let by_address: BTreeMap<&Address, Vec<_>> = world.resources.iter().fold(BTreeMap::new(), |mut all, it| {
            all.entry(&it.token.address).or_insert_with(Vec::new).push(it);
            all
        });
        for call in world.calls.iter().skip(first) {
            let Some(address) = call.address.as_ref().filter(|_| call.method != Method::Delete) else { continue };
            for (need, until) in graph.needs(address) {
                let reached = by_address.get(&need).into_iter().flatten().any(|it| {
                    let at = if until == Milestone::Ready { it.ready } else { it.made };
                    at <= call.began && it.deleted.is_none_or(|deleted| call.began <= deleted)
                });
                assert!(reached, "{:?} {address} began before {need} was {until:?}", call.method);
            }
        }
    }

    /// Checks that nothing is left.
    pub(crate) fn check_nothing_left(&self) {
        let left: Vec<String> = self.cloud.world().alive().map(|(_, it)| it.token.address.to_string()).collect();
        assert!(left.is_empty(), "left in the cloud: {left:?}");
        assert!(self.ledger.state().resources.is_empty(), "left in the state");
        self.check_rules();
    }
}

/// Returns the clients of a process.
fn clients(seed: u64) -> Cx {
    Cx::limited(&aws_config::SdkConfig::builder().build(), ACCOUNT, REGION, Limits::seeded(seed))
}

/// Returns the options of a destroy.
pub(crate) fn everything_down() -> Options {
    Options { destroy: true, ..Options::default() }
}
