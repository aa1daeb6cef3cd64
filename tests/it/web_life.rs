//! The life of a stack with servers, over the real engine and the sandbox's emulator: apply, nothing to do, a change that
//! replaces every server, changes that replace resources, destroy.

use std::collections::{BTreeMap, BTreeSet};

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

    async fn plan(&self, tiers: Option<&str>, options: &Options) -> Plan {
        let graph = tiers.map_or_else(Graph::default, |tiers| graph(&self.cx, tiers));
        let looks = refresh::refresh(&self.cx, &self.registry, self.store.state(), Pace::EMULATOR).await.unwrap();
        let home = Home { account: self.cx.account().to_owned(), region: REGION.to_owned() };
        plan(&self.registry, &graph, self.store.state(), &looks, options, &home).unwrap()
    }

    /// Applies what leads to these tiers, `None` is a destruction; returns what was done, and that nothing is left to do.
    async fn apply(&mut self, tiers: Option<&str>, options: &Options) -> String {
        let plan = self.plan(tiers, options).await;
        let job = Job { cx: &self.cx, registry: &self.registry, plan: &plan, pace: Pace::EMULATOR, per_service: 8 };
        let (_stops, mut stop) = tokio::sync::mpsc::unbounded_channel();
        let outcome = run::apply(job, &mut self.store, &mut stop, &mut |_| ()).await;
        assert!(outcome.is_complete(), "{outcome:?}");
        let left = self.plan(tiers, &Options { replace: BTreeSet::new(), ..options.clone() }).await;
        assert!(left.is_empty() && left.drift.is_empty(), "{} {:?}", steps(&left), left.drift);
        steps(&plan)
    }

    /// Returns by which version of its template each server of the groups is made.
    async fn servers(&self) -> BTreeMap<String, Vec<String>> {
        let groups = self.cx.autoscaling().describe_auto_scaling_groups().send().await.unwrap();
        let tier = |name: &str| name.rsplit_once('-').unwrap().0.to_owned();
        let of = |group: &aws_sdk_autoscaling::types::AutoScalingGroup| {
            let versions =
                group.instances().iter().map(|it| it.launch_template().unwrap().version().unwrap().to_owned());
            (tier(group.auto_scaling_group_name().unwrap()), versions.collect())
        };
        groups.auto_scaling_groups().iter().map(of).collect()
    }

    /// Counts what is there of each sort.
    async fn there(&self) -> BTreeMap<&'static str, usize> {
        let groups = self.cx.autoscaling().describe_auto_scaling_groups().send().await.unwrap();
        let policies = self.cx.autoscaling().describe_policies().send().await.unwrap();
        let templates = self.cx.ec2().describe_launch_templates().send().await.unwrap();
        let roles = self.cx.iam().list_roles().send().await.unwrap();
        let profiles = self.cx.iam().list_instance_profiles().send().await.unwrap();
        let alarms = self.cx.cloudwatch().describe_alarms().send().await.unwrap();
        let logs = self.cx.logs().describe_log_groups().send().await.unwrap();
        let parameters = self.cx.ssm().describe_parameters().send().await.unwrap();
        BTreeMap::from([
            ("alarms", alarms.metric_alarms().len()),
            ("groups", groups.auto_scaling_groups().len()),
            ("log groups", logs.log_groups().len()),
            ("parameters", parameters.parameters().len()),
            ("policies", policies.scaling_policies().len()),
            ("profiles", profiles.instance_profiles().len()),
            ("roles", roles.roles().len()),
            ("templates", templates.launch_templates().len()),
        ])
    }
}

fn graph(cx: &Cx, tiers: &str) -> Graph {
    let network = "network { zones 2; nat \"none\"; flow-logs #false }";
    let spec = format!("moodle \"campus\" {{ region \"{REGION}\"; {network}; {tiers} }}");
    let (topology, faults) = topology::read(spec.as_bytes(), "x.kdl");
    let topology = topology.unwrap_or_else(|| panic!("{faults:?}"));
    let zones = ["a", "b"].map(|it| format!("{REGION}{it}"));
    topology.graph(&Facts::of(&topology, cx.account(), REGION, &zones).unwrap())
}

/// Returns what a plan does to servers, as `verb address`.
fn steps(plan: &Plan) -> String {
    let verb = |action: &Value| match action {
        Value::Object(it) => it.keys().next().unwrap().clone(),
        other => other.as_str().unwrap().to_owned(),
    };
    let all: BTreeSet<String> =
        plan.steps.iter().map(|it| format!("{} {}", verb(&json!(it)["action"]), it.key.address)).collect();
    all.into_iter().filter(|it| it.contains(" web.") || it.contains(" bastion.")).collect::<Vec<_>>().join("\n")
}

fn versions(servers: &BTreeMap<String, Vec<String>>, group: &str) -> Vec<String> {
    servers[group].clone()
}

#[tokio::test]
async fn servers_are_made_replaced_and_taken_down() {
    let mut stack = Stack::new(7_800).await;
    let usual = Options::default();
    stack.apply(Some("web; bastion"), &usual).await;
    let servers = stack.servers().await;
    assert_eq!(versions(&servers, "campus-web"), ["1", "1"]);
    assert!(versions(&servers, "campus-bastion").is_empty());
    let shell = stack.store.state().outputs["shell"].as_str().unwrap().to_owned();
    assert!(shell.contains("--auto-scaling-group-names campus-web-"), "{shell}");

    // Another type of server is another version of the template, and the servers follow in the same apply.
    let larger = "web { instances \"c7g.2xlarge\"; scale min=3 max=6 }; bastion { scale 1 }";
    insta::assert_snapshot!(stack.apply(Some(larger), &usual).await, @"
    create bastion.capacity
    create bastion.refresh
    update web.capacity
    update web.refresh
    update web.template
    ");
    let servers = stack.servers().await;
    assert_eq!(versions(&servers, "campus-web"), ["2", "2", "2"]);
    assert_eq!(versions(&servers, "campus-bastion"), ["1"]);

    // What the alarms decided is no drift.
    let groups = stack.cx.autoscaling().describe_auto_scaling_groups().send().await.unwrap();
    let named = |it: &&str| it.starts_with("campus-web");
    let names = groups.auto_scaling_groups().iter().filter_map(|it| it.auto_scaling_group_name());
    let web = names.into_iter().find(named).unwrap();
    let set = stack.cx.autoscaling().set_desired_capacity().auto_scaling_group_name(web).desired_capacity(5);
    set.send().await.unwrap();
    assert_eq!(stack.servers().await["campus-web"].len(), 5);
    assert!(stack.plan(Some(larger), &usual).await.is_empty());

    let target = "web { instances \"c7g.2xlarge\"; target-tracking cpu=60; parameters #true }";
    insta::assert_snapshot!(stack.apply(Some(target), &usual).await, @r#"
    create web.parameter["network/vpc"]
    create web.policy.cpu
    delete bastion.capacity
    delete bastion.group
    delete bastion.profile
    delete bastion.refresh
    delete bastion.role
    delete bastion.role-policy.session-manager
    delete bastion.rule.files.nfs
    delete bastion.rule.to-files
    delete bastion.rule.to-internet-http
    delete bastion.rule.to-internet-https
    delete bastion.rule.to-web
    delete bastion.rule.web.ssh
    delete bastion.security-group
    delete bastion.template
    delete web.alarm.scale-in
    delete web.alarm.scale-out
    delete web.policy.in
    delete web.policy.out
    update web.capacity
    "#);
    assert_eq!(stack.servers().await["campus-web"].len(), 5);

    // A new group stands beside the old one until it is gone.
    let replace = Options { replace: [Address::parse("web.group").unwrap()].into(), ..usual };
    insta::assert_snapshot!(stack.apply(Some(target), &replace).await, @"
    create web.capacity
    create web.group
    create web.metrics
    create web.policy.cpu
    create web.refresh
    delete web.capacity
    delete web.group
    delete web.metrics
    delete web.policy.cpu
    delete web.refresh
    ");
    assert_eq!(stack.servers().await.len(), 1);

    stack.apply(None, &Options { destroy: true, ..Options::default() }).await;
    assert!(stack.store.state().resources.is_empty());
    let there = stack.there().await;
    assert!(there.values().all(|it| *it == 0), "{there:?}");
}
