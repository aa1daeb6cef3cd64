//! Every spec of `specs/` over the real engine and the sandbox's emulator: applied, changed, destroyed. What was called
//! on the way is held against the permissions that we print and against AWS's own models.

mod models;
mod permissions;

use std::collections::BTreeMap;
use std::path::Path;

use aws_sdk_ec2::types::Tenancy;
use moodle_infra::apply::{Job, run};
use moodle_infra::aws::transport::Recorded;
use moodle_infra::aws::{Cx, facts};
use moodle_infra::graph::Graph;
use moodle_infra::kinds::registry;
use moodle_infra::plan::{Home, Options, Pace, plan, refresh};
use moodle_infra::state::lock::Holder;
use moodle_infra::state::store::{Ledger, Store};
use moodle_infra::topology::{self, Facts, Question, Topology};
use tempfile::TempDir;
use tokio::sync::OnceCell;

use crate::support::emulator::{Emulator, REGION, account};

/// The life of a spec.
pub(crate) struct Journey {
    /// The file's name.
    name: String,
    /// The spec, with the ids of what it finds in place.
    text: String,
    /// The requests by which its plans looked.
    looks: Vec<Recorded>,
    /// All its requests.
    all: Vec<Recorded>,
}

/// Returns the journeys of all specs; the first caller makes them.
async fn journeys() -> &'static [Journey] {
    static ALL: OnceCell<Vec<Journey>> = OnceCell::const_new();
    let make = || async {
        let mut all = Vec::new();
        for (number, (name, text)) in specs().into_iter().enumerate() {
            all.push(journey(name, text, 8_800 + number).await);
        }
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

async fn journey(name: String, text: String, number: usize) -> Journey {
    // Another wire to the same account, whose calls are not the engine's.
    let owner = account(Emulator::Ministack, number).await;
    let text = with_what_exists(&owner, text).await;
    let (topology, faults) = topology::read(text.as_bytes(), &name);
    let topology = topology.unwrap_or_else(|| panic!("{name}: {faults:?}"));
    for question in topology.questions() {
        answerable(&owner, &question).await;
    }
    let folder = TempDir::new().unwrap();
    let me = Holder { pid: std::process::id(), host: "here".to_owned(), command: String::new(), since: String::new() };
    let store = Store::open(folder.path(), &topology.name, "lineage", &me).unwrap();
    let mut way = Way { name, cx: account(Emulator::Ministack, number).await, store, looks: Vec::new() };
    let tagged = |tags: &[(&str, &str)]| {
        let tags = tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        Topology { tags: topology.tags.clone().into_iter().chain(tags).collect(), ..topology.clone() }
    };
    way.go(Some(&tagged(&[("journey", "one"), ("leg", "first")]))).await;
    way.go(Some(&tagged(&[("journey", "two")]))).await;
    way.go(None).await;
    assert!(way.store.state().resources.is_empty(), "{}: something is left", way.name);
    Journey { name: way.name, text, looks: way.looks, all: way.cx.wire().history() }
}

/// A spec on its way.
struct Way {
    name: String,
    cx: Cx,
    store: Store,
    looks: Vec<Recorded>,
}

impl Way {
    /// Makes it so; `None` is a destruction. Afterwards there is nothing to do.
    async fn go(&mut self, topology: Option<&Topology>) {
        for round in 0..2 {
            let registry = registry();
            self.cx.wire().record();
            let graph = match topology {
                Some(topology) => topology.graph(&self.facts(topology).await),
                None => Graph::default(),
            };
            let looks = refresh::refresh(&self.cx, &registry, self.store.state(), Pace::EMULATOR).await.unwrap();
            self.looks.extend(self.cx.wire().recorded());
            let home = Home { account: self.cx.account().to_owned(), region: REGION.to_owned() };
            let allow_data_loss = self.store.state().resources.keys().map(|key| key.address.clone()).collect();
            let options = Options { destroy: topology.is_none(), allow_data_loss, ..Options::default() };
            let plan = plan(&registry, &graph, self.store.state(), &looks, &options, &home).unwrap();
            assert!(round == 0 || plan.is_empty(), "{}: {:#?}", self.name, plan.steps);
            let job = Job { cx: &self.cx, registry: &registry, plan: &plan, pace: Pace::EMULATOR, per_service: 8 };
            let (_stops, mut stop) = tokio::sync::mpsc::unbounded_channel();
            let outcome = run::apply(job, &mut self.store, &mut stop, &mut |_| ()).await;
            assert!(outcome.is_complete(), "{}: {outcome:?}", self.name);
        }
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
