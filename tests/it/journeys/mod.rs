//! Every spec of `specs/` over the real engine and the sandbox's emulator: applied, changed in place and by replacement,
//! destroyed. After every step there is nothing more to do, and the account has what the state has; at the end it has
//! nothing. What was called on the way is held against the permissions that we print and against AWS's own models.

mod changes;
mod models;
mod permissions;
mod requests;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use aws_sdk_ec2::types::Tenancy;
use moodle_infra::apply::{Job, run};
use moodle_infra::aws::transport::Recorded;
use moodle_infra::aws::{Cx, facts};
use moodle_infra::graph::Graph;
use moodle_infra::kind::erased::Registry;
use moodle_infra::kind::{Address, Named};
use moodle_infra::kinds::registry;
use moodle_infra::plan::adopt::adopt;
use moodle_infra::plan::step::Action;
use moodle_infra::plan::{Home, Options, Pace, Plan, plan, refresh};
use moodle_infra::state::event::Event;
use moodle_infra::state::lock::Holder;
use moodle_infra::state::store::{Ledger, Store};
use moodle_infra::topology::{self, Facts, Question, Topology};
use tempfile::TempDir;
use tokio::sync::OnceCell;
use tokio::task::{JoinSet, LocalSet};

use crate::support::emulator::{Emulator, REGION, account};
use crate::support::inventory::Inventory;
use changes::{Edit, Effect, ROUTES, Route};

/// The life of a spec.
pub(crate) struct Journey {
    /// The file's name.
    name: String,
    /// The specs that it was, one after the other, with the ids of what they find in place.
    texts: Vec<String>,
    /// The requests by which its plans looked.
    looks: Vec<Recorded>,
    /// All its requests.
    all: Vec<Recorded>,
}

/// Returns the journeys of all specs; the first caller makes them.
async fn journeys() -> &'static [Journey] {
    static ALL: OnceCell<Vec<Journey>> = OnceCell::const_new();
    static BEGUN: AtomicBool = AtomicBool::new(false);
    let make = || async {
        assert!(!BEGUN.swap(true, Ordering::Relaxed), "a journey has failed: another test says which");
        let (mut all, mut failed) = (Vec::new(), Vec::new());
        for (number, (name, text)) in specs().into_iter().enumerate() {
            let route = ROUTES.iter().find(|it| it.spec == name);
            let route = route.unwrap_or_else(|| panic!("{name}: say in `changes` what becomes of it"));
            // As a task of its own, so that one failure does not hide those of other specs.
            let mut journeys = JoinSet::new();
            let local = LocalSet::new();
            let ended = local.run_until(async {
                journeys.spawn_local(journey(route, text, 8_800 + number));
                journeys.join_next().await.unwrap()
            });
            match ended.await {
                Ok(journey) => all.push(journey),
                Err(_) => failed.push(name),
            }
        }
        assert!(failed.is_empty(), "failed, as it says above: {failed:?}");
        all
    };
    ALL.get_or_init(make).await
}

fn specs() -> BTreeMap<String, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("specs");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let specs = files.filter(|path| path.extension().is_some_and(|it| it == "kdl"));
    specs
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read_to_string(path).unwrap()))
        .collect()
}

#[tokio::test]
async fn every_spec_is_made_changed_and_leaves_nothing() {
    let made: Vec<&str> = journeys().await.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(made, ROUTES.iter().map(|it| it.spec).collect::<Vec<_>>());
    for Route { spec, changes, holds: _ } in ROUTES {
        let effects = || changes.iter().flat_map(|it| it.effects);
        assert!(effects().any(|it| matches!(it, Effect::InPlace(_))), "{spec}: nothing is changed in place");
        assert!(effects().any(|it| matches!(it, Effect::NewFirst(_))), "{spec}: nothing is replaced");
    }
}

async fn journey(route: &Route, text: String, number: usize) -> Journey {
    // Another wire to the same account, whose calls are not the engine's.
    let owner = account(Emulator::Ministack, number).await;
    let mut texts = vec![with_what_exists(&owner, text).await];
    let first = topology_of(route.spec, &texts[0]);
    for question in first.questions() {
        answerable(&owner, &question).await;
    }
    let before = Inventory::of(owner.account());
    let folder = TempDir::new().unwrap();
    let me = Holder { pid: std::process::id(), host: "here".to_owned(), command: String::new(), since: String::new() };
    let store = Store::open(folder.path(), &first.name, "lineage", &me).unwrap();
    let cx = account(Emulator::Ministack, number).await;
    let mut way = Way {
        name: route.spec,
        cx,
        registry: registry(),
        store,
        looks: Vec::new(),
        before,
        kept: Inventory::default(),
    };
    way.go(Some(&first), Asked::default()).await;
    way.import_all(&first).await;
    for change in route.changes {
        let text = texts.last().unwrap();
        let mut asked = Asked { loses: change.loses, replace: None };
        let text = match change.edit {
            Edit::Text(from, to) => {
                assert_eq!(text.matches(from).count(), 1, "{}: {from:?}\n{text}", route.spec);
                text.replace(from, to)
            }
            Edit::Option(address) => {
                asked.replace = Some(address);
                text.clone()
            }
        };
        let plan = way.go(Some(&topology_of(route.spec, &text)), asked).await;
        for effect in change.effects {
            check_effect(effect, &plan, route.spec);
        }
        texts.push(text);
    }
    way.go(None, Asked { loses: route.holds, replace: None }).await;
    assert!(way.store.state().resources.is_empty(), "{}: something is left in the state", way.name);
    Journey { name: way.name.to_owned(), texts, looks: way.looks, all: way.cx.wire().history() }
}

fn topology_of(name: &str, text: &str) -> Topology {
    let (topology, faults) = topology::read(text.as_bytes(), name);
    topology.unwrap_or_else(|| panic!("{name}: {faults:?}"))
}

/// Checks what a plan does to the resource at an address, and in which order.
fn check_effect(effect: &Effect, plan: &Plan, name: &str) {
    let (Effect::InPlace(address) | Effect::NewFirst(address) | Effect::OldFirst(address)) = effect;
    let steps = || plan.steps.iter().enumerate().filter(|(_, it)| it.key.address.to_string() == *address);
    let made = steps().find(|(_, it)| matches!(it.action, Action::Create { replaces: Some(_), .. })).map(|it| it.0);
    let gone = steps().find(|(_, it)| matches!(it.action, Action::Delete { replaced_by: Some(_) })).map(|it| it.0);
    let holds = match (effect, made, gone) {
        (Effect::InPlace(_), None, None) => steps().any(|(_, it)| matches!(it.action, Action::Update { .. })),
        (Effect::NewFirst(_), Some(made), Some(gone)) => waits_for(plan, gone, made),
        (Effect::OldFirst(_), Some(made), Some(gone)) => waits_for(plan, made, gone),
        _ => false,
    };
    let all: Vec<String> = plan.steps.iter().map(|it| format!("{} {:?}", it.key, it.reasons)).collect();
    assert!(holds, "{name}: not {effect:?}:\n{}", all.join("\n"));
}

/// Whether a step waits for another, directly or by way of others.
fn waits_for(plan: &Plan, step: usize, other: usize) -> bool {
    let (mut known, mut next) = (BTreeSet::new(), vec![step]);
    while let Some(step) = next.pop() {
        next.extend(plan.steps[step].waits.iter().map(|it| it.step).filter(|it| known.insert(*it)));
    }
    known.contains(&other)
}

/// What a user asks for beyond the spec.
#[derive(Default)]
struct Asked {
    /// What is refused until it is named, and then named.
    loses: &'static [&'static str],
    /// What is to be replaced though nothing changed.
    replace: Option<&'static str>,
}

/// A spec on its way.
struct Way {
    name: &'static str,
    cx: Cx,
    registry: Registry,
    store: Store,
    looks: Vec<Recorded>,
    /// What was in the account before.
    before: Inventory,
    /// What AWS keeps of what was deleted.
    kept: Inventory,
}

impl Way {
    /// Makes it so; `None` is a destruction. Afterwards there is nothing to do, and the account has what the state has.
    /// Returns what was planned.
    async fn go(&mut self, topology: Option<&Topology>, asked: Asked) -> Plan {
        let Asked { loses, replace } = asked;
        let address = |it: &&str| Address::parse(it).unwrap();
        let mut options = Options { destroy: topology.is_none(), ..Options::default() };
        options.replace.extend(replace.iter().map(address));
        let mut planned = self.plan(topology, &options).await;
        let refused: BTreeSet<String> = planned.blocked().map(|it| it.key.address.to_string()).collect();
        assert_eq!(refused, loses.iter().map(|it| (*it).to_owned()).collect(), "{}: what is refused", self.name);
        if !loses.is_empty() {
            options.allow_data_loss = loses.iter().map(address).collect();
            planned = self.plan(topology, &options).await;
        }
        assert_eq!(planned.blocked().count(), 0, "{}", self.name);
        self.will_be_kept(&planned);
        self.carry_out(&planned).await;
        let again = self.plan(topology, &Options { destroy: topology.is_none(), ..Options::default() }).await;
        assert!(again.is_empty() && again.drift.is_empty(), "{}: {:#?} {:#?}", self.name, again.steps, again.drift);
        self.carry_out(&again).await;
        self.check_account();
        planned
    }

    async fn plan(&mut self, topology: Option<&Topology>, options: &Options) -> Plan {
        self.cx.wire().record();
        let graph = match topology {
            Some(topology) => topology.graph(&self.facts(topology).await),
            None => Graph::default(),
        };
        let looks = refresh::refresh(&self.cx, &self.registry, self.store.state(), Pace::EMULATOR).await.unwrap();
        self.looks.extend(self.cx.wire().recorded());
        let home = Home { account: self.cx.account().to_owned(), region: REGION.to_owned() };
        plan(&self.registry, &graph, self.store.state(), &looks, options, &home).unwrap()
    }

    async fn carry_out(&mut self, plan: &Plan) {
        let job = Job { cx: &self.cx, registry: &self.registry, plan, pace: Pace::EMULATOR, per_service: 8 };
        let (_stops, mut stop) = tokio::sync::mpsc::unbounded_channel();
        let outcome = run::apply(job, &mut self.store, &mut stop, &mut |_| ()).await;
        let steps: Vec<_> = plan.steps.iter().map(|it| (&it.key, &it.action, &it.waits)).collect();
        assert!(outcome.is_complete(), "{}: {outcome:?} of {steps:#?}", self.name);
    }

    /// Notes what AWS keeps of what a plan deletes: a cluster's last snapshot, and keys and secrets that somebody may
    /// still want, for a month.
    fn will_be_kept(&mut self, plan: &Plan) {
        for step in plan.steps.iter().filter(|it| matches!(it.action, Action::Delete { .. })) {
            let record = &self.store.state().resources[&step.key];
            let attr = |name: &str| record.attrs[name].as_str().unwrap_or_default().to_owned();
            let (what, entry) = match step.kind.as_str() {
                "rds.cluster" => ("snapshots of clusters", attr("id") + "-final"),
                "kms.key" => ("keys on their way out", attr("id")),
                "secretsmanager.secret" if record.props["disposable"] == false => {
                    ("secrets on their way out", attr("name"))
                }
                _ => continue,
            };
            let region = step.region.as_deref().unwrap_or(REGION);
            self.kept.besides.entry(what.to_owned()).or_default().insert(format!("{region} {entry}"));
        }
    }

    /// Checks that the account has as many of every kind as the state, and nothing else but what AWS keeps.
    fn check_account(&self) {
        let there = Inventory::of(self.cx.account()).since(&self.before);
        let recorded = &self.store.state().resources;
        let differences = there.differences(recorded.values().map(|it| it.kind.as_str()));
        assert_eq!(differences, Vec::<String>::new(), "{}", self.name);
        // Servers and what comes with them are there as long as their groups are.
        let mut besides = there.besides;
        if !recorded.is_empty() {
            besides.retain(|what, _| self.kept.besides.contains_key(what));
        }
        assert_eq!(besides, self.kept.besides, "{}: left: in the account, right: what AWS keeps", self.name);
    }

    /// Forgets all that can be imported and imports it, by the ids that users see: there is nothing to do then.
    async fn import_all(&mut self, topology: &Topology) {
        let graph = topology.graph(&self.facts(topology).await);
        let mut ids = BTreeMap::new();
        for (key, it) in self.store.state().resources.clone() {
            if let Some(id) = self.registry.get(&it.kind).unwrap().meta().named.id(&it.attrs) {
                ids.insert(key.address.clone(), id);
                self.store.record(Event::Forgotten { key }).unwrap();
            }
        }
        // What needs another comes after it.
        for node in graph.nodes() {
            let Some(id) = ids.get(&node.address) else { continue };
            let state = self.store.state();
            let found = adopt(&self.cx, &self.registry, &graph, state, &node.address, id, Pace::EMULATOR).await;
            let adoption = found.unwrap_or_else(|error| panic!("{}: {} by {id}: {error}", self.name, node.address));
            self.store.record(adoption.event).unwrap();
        }
        let plan = self.plan(Some(topology), &Options::default()).await;
        assert!(plan.is_empty() && plan.drift.is_empty(), "{}: {:#?} {:#?}", self.name, plan.steps, plan.drift);
        let importable = |kind: &str| matches!(self.registry.get(kind).unwrap().meta().named, Named::By(_));
        let all = graph.nodes().filter(|node| importable(node.kind)).count();
        assert_eq!(ids.len(), all, "{}: not everything was imported that can be", self.name);
    }

    async fn facts(&self, topology: &Topology) -> Facts {
        let zones = facts::zones(&self.cx).await.unwrap();
        let mut answers = BTreeMap::new();
        for question in topology.questions() {
            let mut found = match &question {
                Question::HostedZone(name) => facts::hosted_zones(&self.cx, name).await.unwrap(),
                Question::PrefixList(name) => facts::prefix_lists(&self.cx, name).await.unwrap(),
                Question::Installed(path) => {
                    let yes = facts::is_installed(&self.cx, path).await.unwrap();
                    vec![if yes { Question::YES } else { Question::NO }.to_owned()]
                }
            };
            answers.insert(question, found.pop().unwrap());
        }
        Facts::of(topology, self.cx.account(), REGION, &zones).unwrap().knowing(answers)
    }
}

/// Makes what a spec finds in the account: a network, whose ids are put in place of those in the text.
async fn with_what_exists(cx: &Cx, mut text: String) -> String {
    let ids = |text: &str, prefix: &str| -> Vec<String> {
        text.split('"').filter(|it| it.starts_with(prefix)).map(str::to_owned).collect()
    };
    for vpc in ids(&text, "vpc-") {
        let made = cx.ec2().create_vpc().cidr_block("10.9.0.0/16").instance_tenancy(Tenancy::Default);
        let id = made.send().await.unwrap().vpc.and_then(|it| it.vpc_id).unwrap();
        for (number, subnet) in ids(&text, "subnet-").into_iter().enumerate() {
            let zone = ["a", "b"][number % 2];
            let made = cx.ec2().create_subnet().vpc_id(&id).cidr_block(format!("10.9.{number}.0/24"));
            let made = made.availability_zone(format!("{REGION}{zone}")).send().await.unwrap();
            text = text.replace(&subnet, made.subnet.unwrap().subnet_id().unwrap());
        }
        text = text.replace(&vpc, &id);
    }
    text
}

/// Makes what a spec asks for by name.
async fn answerable(cx: &Cx, question: &Question) {
    match question {
        Question::HostedZone(name) => {
            let make = cx.route53().create_hosted_zone().name(name).caller_reference("journey");
            make.send().await.unwrap();
        }
        // AWS's own, and what servers say when they are there.
        Question::PrefixList(_) | Question::Installed(_) => {}
    }
}
