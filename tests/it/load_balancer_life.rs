//! The life of a stack with a load balancer, over the real engine and the sandbox's emulator: apply, nothing to do,
//! changes in place and by replacement, a secret that changes, destroy.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_elasticloadbalancingv2::types::{Listener, LoadBalancer as Made, TargetGroup};
use moodle_infra::apply::{Job, run};
use moodle_infra::aws::Cx;
use moodle_infra::graph::Graph;
use moodle_infra::kind::Address;
use moodle_infra::kind::erased::Registry;
use moodle_infra::kinds::registry;
use moodle_infra::plan::{Home, Options, Pace, Plan, plan, refresh};
use moodle_infra::state::lock::Holder;
use moodle_infra::state::store::{Ledger, Store};
use moodle_infra::topology::{self, Facts, LoadBalancer};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::emulator::{Emulator, REGION, account};

/// A stack in an account of its own.
struct Stack {
    cx: Cx,
    registry: Registry,
    store: Store,
    folder: TempDir,
}

impl Stack {
    async fn new(number: usize) -> Stack {
        let cx = account(Emulator::Ministack, number).await;
        let folder = TempDir::new().unwrap();
        let me =
            Holder { pid: std::process::id(), host: "here".to_owned(), command: String::new(), since: String::new() };
        let store = Store::open(folder.path(), "campus", "lineage", &me).unwrap();
        Stack { cx, registry: registry(), store, folder }
    }

    /// Plans for a graph; an empty one is a destruction.
    async fn plan(&self, graph: &Graph, options: Options) -> Plan {
        let looks = refresh::refresh(&self.cx, &self.registry, self.store.state(), Pace::EMULATOR).await.unwrap();
        let home = Home { account: self.cx.account().to_owned(), region: REGION.to_owned() };
        plan(&self.registry, graph, self.store.state(), &looks, &options, &home).unwrap()
    }

    async fn apply(&mut self, plan: &Plan) {
        let job = Job { cx: &self.cx, registry: &self.registry, plan, pace: Pace::EMULATOR, per_service: 8 };
        let (_stops, mut stop) = tokio::sync::mpsc::unbounded_channel();
        let outcome = run::apply(job, &mut self.store, &mut stop, &mut |_| ()).await;
        assert!(outcome.is_complete(), "{outcome:?}");
    }

    /// Applies a graph, and checks that nothing is left to do then. Returns what was done.
    async fn reach(&mut self, graph: &Graph, options: Options) -> String {
        let made = self.plan(graph, options).await;
        assert_eq!(made.blocked().count(), 0, "{}", steps(&made));
        self.apply(&made).await;
        let again = self.plan(graph, Options::default()).await;
        assert!(again.is_empty(), "{}", steps(&again));
        steps(&made)
    }

    async fn destroy(&mut self) {
        // Logs and the secret are not worth keeping: no address must be named.
        let options = Options { destroy: true, ..Options::default() };
        let end = self.plan(&Graph::default(), options).await;
        assert_eq!(end.blocked().count(), 0);
        self.apply(&end).await;
        assert!(self.store.state().resources.is_empty());
        assert!(self.load_balancers().await.is_empty());
        assert!(self.target_groups().await.is_empty());
        let acls = self.cx.wafv2().list_web_acls().scope(aws_sdk_wafv2::types::Scope::Regional).send().await.unwrap();
        assert!(acls.web_acls().is_empty());
    }

    async fn load_balancers(&self) -> Vec<Made> {
        self.cx.elbv2().describe_load_balancers().send().await.unwrap().load_balancers.unwrap_or_default()
    }

    async fn target_groups(&self) -> Vec<TargetGroup> {
        self.cx.elbv2().describe_target_groups().send().await.unwrap().target_groups.unwrap_or_default()
    }

    async fn listeners(&self, load_balancer: &str) -> Vec<Listener> {
        let describe = self.cx.elbv2().describe_listeners().load_balancer_arn(load_balancer);
        describe.send().await.unwrap().listeners.unwrap_or_default()
    }

    fn output(&self, name: &str) -> String {
        let outputs = &self.store.state().outputs;
        outputs.get(name).and_then(Value::as_str).unwrap_or_else(|| panic!("{name} in {outputs:?}")).to_owned()
    }
}

fn graph(cx: &Cx, block: &str, only_from_cdn: bool) -> Graph {
    let spec = format!(
        "moodle \"campus\" {{ region \"{REGION}\"; network {{ zones 2; nat \"none\"; flow-logs #false; endpoints #false }}; load-balancer {{ {block} }} }}"
    );
    let (topology, faults) = topology::read(spec.as_bytes(), "x.kdl");
    let mut topology = topology.unwrap_or_else(|| panic!("{faults:?}"));
    if let Some(LoadBalancer::Own(own)) = &mut topology.load_balancer {
        own.only_from_cdn = only_from_cdn;
    }
    let zones = ["a", "b"].map(|it| format!("{REGION}{it}"));
    let answers: BTreeMap<_, _> = topology.questions().into_iter().map(|it| (it, "pl-4fa04526".to_owned())).collect();
    topology.graph(&Facts::of(&topology, cx.account(), REGION, &zones).unwrap().knowing(answers))
}

/// Returns what a plan does, as lines of `verb address`.
fn steps(plan: &Plan) -> String {
    let verb = |action: &Value| match action {
        Value::Object(it) => it.keys().next().unwrap().clone(),
        other => other.as_str().unwrap().to_owned(),
    };
    let lines = plan.steps.iter().map(|it| format!("{} {}", verb(&json!(it)["action"]), it.key.address));
    lines.collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn a_load_balancer_is_made_changed_and_taken_down() {
    let mut stack = Stack::new(7_800).await;
    let first = graph(&stack.cx, "", false);
    stack.reach(&first, Options::default()).await;

    let made = stack.load_balancers().await.remove(0);
    assert_eq!(Some(stack.output("load-balancer")), made.load_balancer_arn);
    assert_eq!(Some(stack.output("load-balancer-dns")), made.dns_name);
    assert_eq!(Some(stack.output("load-balancer-zone-id")), made.canonical_hosted_zone_id);
    assert_eq!(Some(stack.output("load-balancer-name")), made.load_balancer_name);
    assert_eq!(stack.output("load-balancer-url"), format!("http://{}", made.dns_name.unwrap()));
    let listeners = stack.listeners(&stack.output("load-balancer")).await;
    assert_eq!(listeners.iter().map(|it| it.port).collect::<Vec<_>>(), [Some(80)]);

    let second = "idle-timeout-seconds 300; access-logs retain-days=30; health-check path=\"/README.txt\"; allow \"203.0.113.0/24\"";
    let second = graph(&stack.cx, second, false);
    let done = stack.reach(&second, Options::default()).await;
    insta::assert_snapshot!(done, @r#"
    create network.rule.load-balancer.http["203.0.113.0/24"]
    create network.rule.load-balancer.https["203.0.113.0/24"]
    delete network.rule.load-balancer.http
    delete network.rule.load-balancer.https
    update load-balancer.load-balancer
    update load-balancer.logs.lifecycle
    update load-balancer.target-group
    "#);
    assert_eq!(stack.target_groups().await[0].health_check_path(), Some("/README.txt"));

    // Another target group stands beside the first until the listener leads to it.
    let before = stack.output("target-group");
    let replace = [Address::parse("load-balancer.target-group").unwrap()].into();
    let done = stack.reach(&second, Options { replace, ..Options::default() }).await;
    insta::assert_snapshot!(done, @"
    create load-balancer.target-group
    delete load-balancer.target-group
    update load-balancer.listener.http
    ");
    assert_ne!(stack.output("target-group"), before);
    let there = stack.target_groups().await;
    assert_eq!(
        there.iter().map(|it| it.target_group_arn.clone()).collect::<Vec<_>>(),
        [Some(stack.output("target-group"))]
    );

    // Logs have come in; the bucket may be emptied.
    let bucket = stack.output("load-balancer-log-bucket");
    for key in ["AWSLogs/one.log.gz", "AWSLogs/two.log.gz"] {
        stack.cx.s3().put_object().bucket(&bucket).key(key).body(b"log".to_vec().into()).send().await.unwrap();
    }
    stack.destroy().await;
    assert!(stack.cx.s3().list_buckets().send().await.unwrap().buckets().is_empty());
}

#[tokio::test]
async fn a_secret_opens_the_door_to_the_cdn_and_is_never_kept() {
    let mut stack = Stack::new(7_801).await;
    let wanted = graph(&stack.cx, "access-logs #false; waf #false", true);
    stack.reach(&wanted, Options::default()).await;

    let listener = stack.listeners(&stack.output("load-balancer")).await.remove(0).listener_arn.unwrap();
    let rule = async |cx: &Cx| {
        let rules = cx.elbv2().describe_rules().listener_arn(&listener).send().await.unwrap().rules.unwrap();
        let own = rules.into_iter().find(|it| it.priority() == Some("1")).unwrap();
        own.conditions()[0].http_header_config().unwrap().values()[0].clone()
    };
    let secrets = stack.cx.secrets().list_secrets().send().await.unwrap().secret_list.unwrap();
    let id = secrets[0].arn().unwrap();
    let value = stack.cx.secrets().get_secret_value().secret_id(id).send().await.unwrap().secret_string.unwrap();
    assert_eq!((value.len(), rule(&stack.cx).await), (40, value.clone()));

    // The secret changes; the plan says so without either value, and the rule follows.
    stack.cx.secrets().put_secret_value().secret_id(id).secret_string("another").send().await.unwrap();
    let changed = stack.plan(&wanted, Options::default()).await;
    assert_eq!(steps(&changed), "update load-balancer.rule.from-cdn");
    let told = json!(changed).to_string();
    assert!(told.contains("(another value)") && !told.contains(&value) && !told.contains("\"another\""), "{told}");
    stack.reach(&wanted, Options::default()).await;
    assert_eq!(rule(&stack.cx).await, "another");

    for file in std::fs::read_dir(stack.folder.path()).unwrap() {
        let text = std::fs::read(file.unwrap().path()).map(|it| String::from_utf8_lossy(&it).into_owned());
        assert!(!text.unwrap_or_default().contains(&value));
    }
    stack.destroy().await;
    assert!(stack.cx.secrets().list_secrets().send().await.unwrap().secret_list().is_empty());
}
