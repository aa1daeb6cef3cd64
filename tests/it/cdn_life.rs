//! The life of a distribution with its policies, secret, web ACL and logs, over the real engine and the sandbox's
//! emulator: apply, nothing to do, a change in place, a secret that somebody changed, a deletion that was cut short,
//! destroy.

use std::collections::BTreeSet;

use moodle_infra::apply::{Job, run};
use moodle_infra::aws::Cx;
use moodle_infra::aws::faults::{Fault, Faults};
use moodle_infra::graph::Graph;
use moodle_infra::kind::erased::Registry;
use moodle_infra::kind::values::Tags;
use moodle_infra::kind::{Address, Ref, Text};
use moodle_infra::kinds::cloudfront::cache_policy::{CachePolicy, CachePolicyProps};
use moodle_infra::kinds::cloudfront::distribution::{Distribution, DistributionProps, PathRules, Rules, SECRET_HEADER};
use moodle_infra::kinds::logs::delivery::{Delivery, DeliveryProps};
use moodle_infra::kinds::logs::delivery_destination::{DeliveryDestination, DeliveryDestinationProps};
use moodle_infra::kinds::logs::delivery_source::{DeliverySource, DeliverySourceProps};
use moodle_infra::kinds::logs::log_group::{LogGroup, LogGroupProps};
use moodle_infra::kinds::registry;
use moodle_infra::kinds::wafv2::rules::Rule;
use moodle_infra::kinds::wafv2::web_acl::{WebAcl, WebAclProps};
use moodle_infra::plan::{Home, Options, Pace, Plan, plan, refresh};
use moodle_infra::state::lock::Holder;
use moodle_infra::state::store::{Ledger, Store};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::emulator::{Emulator, REGION, account};

/// Where CloudFront takes web ACLs from, and brings its logs to.
const GLOBAL: &str = "us-east-1";
const FIRST: &str = "first-value-of-the-secret";
const SECOND: &str = "second-value-of-the-secret";

/// A stack in an account of its own, whose secret is there already.
struct Stack {
    cx: Cx,
    registry: Registry,
    store: Store,
    folder: TempDir,
    secret: String,
}

/// What a spec may change.
#[derive(Clone, Copy)]
struct Wish {
    kept: bool,
    price_class: &'static str,
    logs: bool,
}

impl Stack {
    async fn new(number: usize) -> Stack {
        let cx = account(Emulator::Ministack, number).await;
        let folder = TempDir::new().unwrap();
        let me =
            Holder { pid: std::process::id(), host: "here".to_owned(), command: String::new(), since: String::new() };
        let store = Store::open(folder.path(), "campus", "lineage", &me).unwrap();
        let made = cx.secrets().create_secret().name("campus/origin").secret_string(FIRST).send().await.unwrap();
        Stack { cx, registry: registry(), store, folder, secret: made.arn.unwrap() }
    }

    /// Plans for a wish; `None` is a destruction.
    async fn plan(&self, wish: Option<Wish>) -> Plan {
        let graph = wish.map_or_else(Graph::default, |wish| graph(&self.secret, wish));
        let looks = refresh::refresh(&self.cx, &self.registry, self.store.state(), Pace::EMULATOR).await.unwrap();
        let home = Home { account: self.cx.account().to_owned(), region: REGION.to_owned() };
        let options = Options { destroy: wish.is_none(), ..Options::default() };
        plan(&self.registry, &graph, self.store.state(), &looks, &options, &home).unwrap()
    }

    async fn apply(&mut self, plan: &Plan) {
        let job = Job { cx: &self.cx, registry: &self.registry, plan, pace: Pace::EMULATOR, per_service: 8 };
        let (_stops, mut stop) = tokio::sync::mpsc::unbounded_channel();
        let outcome = run::apply(job, &mut self.store, &mut stop, &mut |_| ()).await;
        assert!(outcome.is_complete(), "{outcome:?}");
    }

    /// Returns the one distribution of the account.
    async fn distribution(&self) -> Option<aws_sdk_cloudfront::types::DistributionSummary> {
        let list = self.cx.cloudfront().list_distributions().send().await.unwrap().distribution_list.unwrap();
        let mut all = list.items.unwrap_or_default();
        assert!(all.len() < 2);
        all.pop()
    }

    /// Returns what the load balancer gets to see in the header of the secret.
    async fn shown(&self) -> String {
        let origins = self.distribution().await.unwrap().origins.unwrap();
        let headers = origins.items[0].custom_headers.clone().unwrap().items.unwrap_or_default();
        assert_eq!((headers.len(), headers[0].header_name.as_str()), (1, SECRET_HEADER));
        headers[0].header_value.clone()
    }

    async fn set_secret(&self, value: &str) {
        self.cx.secrets().put_secret_value().secret_id(&self.secret).secret_string(value).send().await.unwrap();
    }

    async fn switch_off(&self) {
        let id = self.distribution().await.unwrap().id;
        let now = self.cx.cloudfront().get_distribution().id(&id).send().await.unwrap();
        let mut config = now.distribution.unwrap().distribution_config.unwrap();
        config.enabled = false;
        let update = self.cx.cloudfront().update_distribution().id(id).set_if_match(now.e_tag);
        update.distribution_config(config).send().await.unwrap();
    }
}

fn graph(secret: &str, wish: Wish) -> Graph {
    let tags = Tags([("Name".to_owned(), "campus-cdn".to_owned())].into());
    let mut graph = Graph::default();
    let props = WebAclProps {
        name: "campus-cdn".to_owned(),
        scope: "CLOUDFRONT".to_owned(),
        description: "Looks at requests".to_owned(),
        rules: vec![Rule::Rate { limit: 20_000 }],
        tags: tags.clone(),
    };
    let web_acl: Ref<WebAcl> = graph.add_in(Some(GLOBAL), at("web-acl"), &props);
    let rules =
        |cache: Text| Rules { cache, request: "216adef6-5c7f-47e4-b989-5492eafa07d3".into(), headers: "".into() };
    let mut paths = Vec::new();
    if wish.kept {
        let props = CachePolicyProps {
            name: "campus-static".to_owned(),
            comment: "Files of the theme".to_owned(),
            min_ttl: 0,
            default_ttl: 0,
            max_ttl: 31_536_000,
            headers: BTreeSet::new(),
            cookies: "none".to_owned(),
            query_strings: "all".to_owned(),
        };
        let cache: Ref<CachePolicy> = graph.add(at("cache-policy"), props);
        paths.push(PathRules { path: "/theme/styles.php*".to_owned(), rules: rules(cache.early().text()) });
    }
    let props = DistributionProps {
        comment: "campus-cdn".to_owned(),
        enabled: true,
        aliases: BTreeSet::new(),
        certificate: "".into(),
        tls: None,
        price_class: wish.price_class.to_owned(),
        http: "http2and3".to_owned(),
        web_acl: web_acl.early().attr("arn"),
        origin: "campus-1.eu-west-1.elb.amazonaws.com".into(),
        origin_tls: false,
        origin_seconds: 60,
        secret: secret.into(),
        rest: rules("4135ea2d-6df8-44a3-9df3-4b5a84be39ad".into()),
        paths,
        error_seconds: 0,
        tags: tags.clone(),
    };
    let distribution: Ref<Distribution> = graph.add(at("distribution"), props);
    if wish.logs {
        add_logs(&mut graph, &distribution, tags);
    }
    graph
}

fn add_logs(graph: &mut Graph, distribution: &Ref<Distribution>, tags: Tags) {
    let name = "/aws/vendedlogs/cloudfront/campus".to_owned();
    let group = LogGroupProps { name, retain_days: Some(7), tags };
    let group: Ref<LogGroup> = graph.add_in(Some(GLOBAL), at("log-group"), &group);
    let (name, format) = ("campus-cdn-log".to_owned(), "json".to_owned());
    let resource = distribution.early().attr("arn");
    let source = DeliverySourceProps { name: name.clone(), resource, log_type: "ACCESS_LOGS".to_owned() };
    let source: Ref<DeliverySource> = graph.add_in(Some(GLOBAL), at("log-source"), &source);
    let destination = DeliveryDestinationProps { name, log_group: group.early().attr("arn"), format };
    let destination: Ref<DeliveryDestination> = graph.add_in(Some(GLOBAL), at("log-destination"), &destination);
    let delivery = DeliveryProps { source: source.early(), destination: destination.early() };
    graph.add_in::<Delivery>(Some(GLOBAL), at("log-delivery"), &delivery);
}

fn at(name: &str) -> Address {
    Address::of(&format!("cdn.{name}"), None)
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

#[tokio::test]
async fn a_distribution_is_made_changed_kept_secret_and_taken_down() {
    let mut stack = Stack::new(7_900).await;
    let wish = Wish { kept: true, price_class: "PriceClass_All", logs: true };
    let made = stack.plan(Some(wish)).await;
    stack.apply(&made).await;
    assert_eq!(steps(&stack.plan(Some(wish)).await), "");
    let there = stack.distribution().await.unwrap();
    assert_eq!((there.comment.as_str(), there.enabled), ("campus-cdn", true));
    assert_eq!(stack.shown().await, FIRST);

    // Somebody changed the secret: the plan says so, and not what it is.
    stack.set_secret(SECOND).await;
    let changed = stack.plan(Some(wish)).await;
    insta::assert_snapshot!(steps(&changed), @"update cdn.distribution");
    stack.apply(&changed).await;
    assert_eq!(stack.shown().await, SECOND);
    assert_eq!(steps(&stack.plan(Some(wish)).await), "");

    let other = Wish { kept: false, price_class: "PriceClass_100", logs: false };
    let changed = stack.plan(Some(other)).await;
    insta::assert_snapshot!(steps(&changed), @"
    delete cdn.cache-policy
    delete cdn.log-delivery
    delete cdn.log-destination
    delete cdn.log-group
    delete cdn.log-source
    update cdn.distribution
    ");
    stack.apply(&changed).await;
    assert_eq!(steps(&stack.plan(Some(other)).await), "");
    let there_still = stack.distribution().await.unwrap();
    assert_eq!((&there_still.id, there_still.price_class.as_str()), (&there.id, "PriceClass_100"));

    // As a deletion leaves it that was cut short. Another apply switches it on again, another destroy goes on.
    stack.switch_off().await;
    let again = stack.plan(Some(other)).await;
    insta::assert_snapshot!(steps(&again), @"update cdn.distribution");
    stack.apply(&again).await;
    assert!(stack.distribution().await.unwrap().enabled);

    // Neither answer arrives: that it is switched off, and that it is deleted.
    let end = stack.plan(None).await;
    let lost = Faults::default().on("cloudfront:UpdateDistribution", 1, Fault::LoseAnswer);
    stack.cx.wire().inject(lost.on("cloudfront:DeleteDistribution", 1, Fault::LoseAnswer));
    stack.apply(&end).await;
    assert!(stack.store.state().resources.is_empty());
    assert!(stack.distribution().await.is_none());
    let list = stack.cx.cloudfront().list_cache_policies();
    let list = list.r#type(aws_sdk_cloudfront::types::CachePolicyType::Custom).send().await.unwrap();
    assert!(list.cache_policy_list.unwrap().items.unwrap_or_default().is_empty());

    // Neither value is in anything that is kept.
    for file in std::fs::read_dir(stack.folder.path()).unwrap() {
        let text = String::from_utf8_lossy(&std::fs::read(file.unwrap().path()).unwrap()).into_owned();
        assert!(!text.contains(FIRST) && !text.contains(SECOND));
    }
}
