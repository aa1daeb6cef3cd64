//! The life of a stack with a domain, over the real engine and the sandbox's emulator: a zone, a certificate and the
//! record that proves its domain; nothing to do; changes in place and a replacement; destroy.

use std::collections::BTreeSet;

use aws_sdk_route53::types::{Change, ChangeAction, ChangeBatch, ResourceRecord, ResourceRecordSet, RrType};
use moodle_infra::apply::{Job, Outcome, run};
use moodle_infra::aws::Cx;
use moodle_infra::graph::Graph;
use moodle_infra::kind::erased::Registry;
use moodle_infra::kind::{Address, Ref};
use moodle_infra::kinds::registry;
use moodle_infra::kinds::route53::record::{Record, RecordProps};
use moodle_infra::plan::{Home, Options, Pace, Plan, plan, refresh};
use moodle_infra::state::lock::Holder;
use moodle_infra::state::store::{Ledger, Store};
use moodle_infra::topology::{self, Facts, Question};
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

    /// Plans; the default graph is a destruction.
    async fn plan(&self, graph: &Graph, options: Options) -> Plan {
        let looks = refresh::refresh(&self.cx, &self.registry, self.store.state(), Pace::EMULATOR).await.unwrap();
        let home = Home { account: self.cx.account().to_owned(), region: REGION.to_owned() };
        plan(&self.registry, graph, self.store.state(), &looks, &options, &home).unwrap()
    }

    async fn try_apply(&mut self, plan: &Plan) -> Outcome {
        let job = Job { cx: &self.cx, registry: &self.registry, plan, pace: Pace::EMULATOR, per_service: 8 };
        let (_stops, mut stop) = tokio::sync::mpsc::unbounded_channel();
        run::apply(job, &mut self.store, &mut stop, &mut |_| ()).await
    }

    async fn apply(&mut self, plan: &Plan) {
        let outcome = self.try_apply(plan).await;
        assert!(outcome.is_complete(), "{outcome:?}");
    }

    fn output(&self, name: &str) -> String {
        let outputs = &self.store.state().outputs;
        outputs.get(name).and_then(Value::as_str).unwrap_or_else(|| panic!("{name}: {outputs:?}")).to_owned()
    }

    /// Returns the names of the records of a zone, but those that AWS makes.
    async fn records(&self, zone: &str) -> Vec<String> {
        let list = self.cx.route53().list_resource_record_sets().hosted_zone_id(zone).send().await.unwrap();
        let made = list.resource_record_sets.iter().filter(|it| !matches!(it.r#type.as_str(), "NS" | "SOA"));
        made.map(|it| format!("{} {}", it.r#type.as_str(), it.name)).collect()
    }

    async fn certificates(&self) -> usize {
        self.cx.acm().list_certificates().send().await.unwrap().certificate_summary_list().len()
    }
}

/// Returns the graph of what stands in the block of the stack; `zone` is what the account answers.
fn graph(cx: &Cx, block: &str, zone: &str) -> Graph {
    let spec = format!("moodle \"campus\" {{ region \"{REGION}\"; {block}; }}");
    let (topology, faults) = topology::read(spec.as_bytes(), "x.kdl");
    let topology = topology.unwrap_or_else(|| panic!("{faults:?}"));
    let facts = Facts::of(&topology, cx.account(), REGION, &[]).unwrap();
    let answers = [(Question::HostedZone("example.edu".to_owned()), zone.to_owned())];
    topology.graph(&facts.knowing(answers.into()))
}

/// Returns what a plan does, as `verb address`.
fn steps(plan: &Plan) -> String {
    let verb = |action: &Value| match action {
        Value::Object(it) => it.keys().next().unwrap().clone(),
        other => other.as_str().unwrap().to_owned(),
    };
    let steps: BTreeSet<String> =
        plan.steps.iter().map(|it| format!("{} {}", verb(&json!(it)["action"]), it.key.address)).collect();
    steps.into_iter().collect::<Vec<_>>().join("\n")
}

fn destroying(allowed: &[&str]) -> Options {
    let allow_data_loss = allowed.iter().map(|it| Address::parse(it).unwrap()).collect();
    Options { destroy: true, allow_data_loss, ..Options::default() }
}

#[tokio::test]
async fn a_zone_and_a_certificate_are_made_changed_and_taken_down() {
    let mut stack = Stack::new(7_800).await;
    let of = |domain: &str, owner: &str| {
        format!(
            "tags owner=\"{owner}\"; site {{ domain \"{domain}\" zone=\"example.edu\"; }}; certificate; \
             dns {{ create-zone #true; }}"
        )
    };
    let first = graph(&stack.cx, &of("moodle.example.edu", "it"), "");
    let made = stack.plan(&first, Options::default()).await;
    stack.apply(&made).await;
    let again = stack.plan(&first, Options::default()).await;
    assert!(again.is_empty(), "{}", steps(&again));
    let (zone, certificate) = (stack.output("hosted-zone"), stack.output("certificate"));
    assert_eq!(stack.output("name-servers").split(' ').count(), 4);
    assert!(certificate.starts_with(&format!("arn:aws:acm:{REGION}:")), "{certificate}");
    assert_eq!(stack.records(&zone).await, ["CNAME _acme-challenge.moodle.example.edu."]);

    // Tags are changed in place.
    let second = graph(&stack.cx, &of("moodle.example.edu", "campus"), "");
    let changed = stack.plan(&second, Options::default()).await;
    insta::assert_snapshot!(steps(&changed), @r#"
    update certificate.request
    update dns.zone
    "#);
    stack.apply(&changed).await;
    assert!(stack.plan(&second, Options::default()).await.is_empty());
    assert_eq!(stack.output("certificate"), certificate);

    // Another domain is another certificate; its proof takes the place of the old one's.
    let third = graph(&stack.cx, &of("campus.example.edu", "campus"), "");
    let moved = stack.plan(&third, Options::default()).await;
    insta::assert_snapshot!(steps(&moved), @r#"
    create certificate.issued
    create certificate.request
    delete certificate.issued
    delete certificate.request
    update certificate.record
    "#);
    stack.apply(&moved).await;
    assert!(stack.plan(&third, Options::default()).await.is_empty());
    assert_ne!(stack.output("certificate"), certificate);
    assert_eq!(stack.records(&zone).await, ["CNAME _acme-challenge.campus.example.edu."]);
    assert_eq!(stack.certificates().await, 1);

    // Asked for again, it is another certificate of the same domain, which ACM wants proven by the same record.
    let requested = Address::parse("certificate.request").unwrap();
    let options = Options { replace: [requested].into(), ..Options::default() };
    let renewed = stack.plan(&third, options).await;
    // The record turns out to be what it should be, and what waits for it goes on in the same apply.
    stack.apply(&renewed).await;
    assert!(stack.plan(&third, Options::default()).await.is_empty());
    assert_eq!(stack.records(&zone).await, ["CNAME _acme-challenge.campus.example.edu."]);

    // A zone may hold the records of others.
    assert_eq!(stack.plan(&Graph::default(), destroying(&[])).await.blocked().count(), 1);
    let end = stack.plan(&Graph::default(), destroying(&["dns.zone"])).await;
    stack.apply(&end).await;
    assert!(stack.store.state().resources.is_empty());
    assert_eq!(stack.certificates().await, 0);
    assert!(stack.cx.route53().list_hosted_zones().send().await.unwrap().hosted_zones.is_empty());
}

#[tokio::test]
async fn a_record_of_somebody_else_is_left_alone() {
    let mut stack = Stack::new(7_801).await;
    let zone = stack.cx.route53().create_hosted_zone().name("example.edu").caller_reference("theirs");
    let zone = zone.send().await.unwrap().hosted_zone.unwrap().id.trim_start_matches("/hostedzone/").to_owned();
    let block = "site { domain \"moodle.example.edu\" zone=\"example.edu\"; }; certificate";
    let mut graph = graph(&stack.cx, block, &zone);
    let props = RecordProps {
        zone: Ref::known(&zone),
        name: "moodle.example.edu".into(),
        record_type: "A".to_owned(),
        value: None,
        ttl: None,
        alias: Some("campus-1.eu-west-1.elb.amazonaws.com".into()),
        alias_zone: Some("Z32O12XQLNTSW2".into()),
        evaluate_health: Some(true),
    };
    graph.add::<Record>(Address::parse("dns.record[\"A\"]").unwrap(), props);
    let theirs = ResourceRecordSet::builder().name("moodle.example.edu").r#type(RrType::A).ttl(60);
    let theirs = theirs.resource_records(ResourceRecord::builder().value("192.0.2.1").build().unwrap());
    let change = |action| {
        let change = Change::builder().action(action).resource_record_set(theirs.clone().build().unwrap());
        let batch = ChangeBatch::builder().changes(change.build().unwrap()).build().unwrap();
        stack.cx.route53().change_resource_record_sets().hosted_zone_id(&zone).change_batch(batch).send()
    };
    let (make, unmake) = (change(ChangeAction::Create), change(ChangeAction::Delete));
    make.await.unwrap();

    let made = stack.plan(&graph, Options::default()).await;
    let outcome = stack.try_apply(&made).await;
    let why: Vec<&str> = outcome.failed.iter().map(|it| it.why.as_str()).collect();
    assert!(
        why.len() == 1 && why[0].contains("has a record in the zone already that this stack did not make"),
        "{why:?}"
    );
    assert!(stack.records(&zone).await.contains(&"A moodle.example.edu.".to_owned()));

    // It continues when the other one is gone.
    unmake.await.unwrap();
    let rest = stack.plan(&graph, Options::default()).await;
    assert_eq!(steps(&rest), "create dns.record[\"A\"]");
    stack.apply(&rest).await;
    assert!(stack.plan(&graph, Options::default()).await.is_empty());

    // The zone is not ours: it stays, without our records.
    let end = stack.plan(&Graph::default(), destroying(&[])).await;
    stack.apply(&end).await;
    assert!(stack.records(&zone).await.is_empty());
}

#[tokio::test]
async fn an_existing_certificate_must_be_for_the_domain() {
    let mut stack = Stack::new(7_802).await;
    let request = stack.cx.acm().request_certificate().domain_name("*.example.edu");
    let arn = request.send().await.unwrap().certificate_arn.unwrap();
    let of = |domain: &str| format!("site {{ domain \"{domain}\"; }}; certificate {{ existing \"{arn}\"; }}");
    let other = graph(&stack.cx, &of("moodle.example.org"), "");
    let refused = stack.plan(&other, Options::default()).await;
    let outcome = stack.try_apply(&refused).await;
    let expected = format!("OtherDomain: {arn} is for *.example.edu, and not for moodle.example.org");
    assert!(outcome.failed[0].why.contains(&expected), "{outcome:?}");

    let ours = graph(&stack.cx, &of("moodle.example.edu"), "");
    let made = stack.plan(&ours, Options::default()).await;
    stack.apply(&made).await;
    assert!(stack.plan(&ours, Options::default()).await.is_empty());
    assert_eq!(stack.output("certificate"), arn);
    let end = stack.plan(&Graph::default(), destroying(&[])).await;
    stack.apply(&end).await;
    // It is not ours.
    assert_eq!(stack.certificates().await, 1);
}
