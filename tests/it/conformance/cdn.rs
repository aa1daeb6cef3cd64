//! The cases of the tier `cdn`, and what the emulators do otherwise.

use std::collections::{BTreeMap, BTreeSet};

use moodle_infra::graph::Graph;
use moodle_infra::kind::{Ref, Text};
use moodle_infra::kinds::cloudfront::cache_policy::{CachePolicy, CachePolicyProps};
use moodle_infra::kinds::cloudfront::distribution::{Distribution, DistributionProps, PathRules, Rules};
use moodle_infra::kinds::cloudfront::origin_request_policy::{OriginRequestPolicy, OriginRequestPolicyProps};
use moodle_infra::kinds::cloudfront::response_headers_policy::{ResponseHeadersPolicy, ResponseHeadersPolicyProps};
use moodle_infra::kinds::logs::delivery::{Delivery, DeliveryProps};
use moodle_infra::kinds::logs::delivery_destination::{DeliveryDestination, DeliveryDestinationProps};
use moodle_infra::kinds::logs::delivery_source::{DeliverySource, DeliverySourceProps};
use moodle_infra::kinds::logs::log_group::{LogGroup, LogGroupProps};
use moodle_infra::kinds::secretsmanager::secret::{Recipe, Secret, SecretProps};

use super::cases::{Build, Case, at, case, tags};
use super::defects::Defect;
use super::life::Check;
use crate::support::emulator::Emulator;

/// The cases of the tier.
pub(super) const CASES: &[Case] = &[
    Case { name: "cache_policy", build: cache_policy },
    Case { name: "origin_request_policy", build: origin_request_policy },
    Case { name: "response_headers_policy", build: response_headers_policy },
    Case { name: "distribution", build: distribution },
    Case { name: "distribution that gets a name", build: distribution_named },
    Case { name: "distribution with policies", build: distribution_with_policies },
    Case { name: "distribution with a secret", build: distribution_with_secret },
    Case { name: "delivery_source", build: delivery_source },
    Case { name: "delivery_destination", build: delivery_destination },
    Case { name: "delivery", build: delivery },
];

/// What the emulators do otherwise than AWS.
pub(super) const DEFECTS: &[Defect] = &[
    lacks("cache_policy", "cloudfront:CreateCachePolicy failed: an answer with status 404"),
    lacks("origin_request_policy", "cloudfront:CreateOriginRequestPolicy failed: an answer with status 404"),
    lacks("response_headers_policy", "cloudfront:CreateResponseHeadersPolicy failed: an answer with status 404"),
    lacks("distribution with policies", "cloudfront:CreateCachePolicy failed: an answer with status 404"),
];

/// A call that moto does not have.
const fn lacks(case: &'static str, saying: &'static str) -> Defect {
    Defect { emulator: Emulator::Moto, case, check: Check::Runs, saying, reason: "the call exists" }
}

fn cache_policy_props(name: &str) -> CachePolicyProps {
    CachePolicyProps {
        name: name.to_owned(),
        comment: "Files of the theme".to_owned(),
        min_ttl: 0,
        default_ttl: 0,
        max_ttl: 31_536_000,
        headers: BTreeSet::new(),
        cookies: "none".to_owned(),
        query_strings: "all".to_owned(),
    }
}

fn cache_policy() -> Build {
    let mut graph = Graph::default();
    graph.add::<CachePolicy>(at("stranger"), cache_policy_props("it"));
    let change = |it: &mut CachePolicyProps| {
        *it = CachePolicyProps {
            comment: "Files & \"more\"".to_owned(),
            min_ttl: 1,
            default_ttl: 60,
            max_ttl: 3600,
            headers: ["host".to_owned(), "origin".to_owned()].into(),
            cookies: "all".to_owned(),
            query_strings: "none".to_owned(),
            ..it.clone()
        };
    };
    case::<CachePolicy>(graph, cache_policy_props("it"), change, |it| "other".clone_into(&mut it.name))
}

fn origin_request_policy_props(name: &str) -> OriginRequestPolicyProps {
    OriginRequestPolicyProps {
        name: name.to_owned(),
        comment: "Nothing of the visitor".to_owned(),
        headers: ["host".to_owned()].into(),
        cookies: "none".to_owned(),
        query_strings: "all".to_owned(),
    }
}

fn origin_request_policy() -> Build {
    let change = |it: &mut OriginRequestPolicyProps| {
        *it = OriginRequestPolicyProps {
            comment: "All of the visitor".to_owned(),
            headers: BTreeSet::new(),
            cookies: "all".to_owned(),
            query_strings: "none".to_owned(),
            ..it.clone()
        };
    };
    let before = origin_request_policy_props("it");
    case::<OriginRequestPolicy>(Graph::default(), before, change, |it| "other".clone_into(&mut it.name))
}

fn response_headers_policy_props(name: &str) -> ResponseHeadersPolicyProps {
    ResponseHeadersPolicyProps {
        name: name.to_owned(),
        comment: "Safer browsers".to_owned(),
        tls_only_seconds: 31_536_000,
        no_sniff: true,
        referrer: "strict-origin-when-cross-origin".to_owned(),
    }
}

fn response_headers_policy() -> Build {
    let change = |it: &mut ResponseHeadersPolicyProps| {
        *it = ResponseHeadersPolicyProps { tls_only_seconds: 0, referrer: String::new(), ..it.clone() };
    };
    let before = response_headers_policy_props("it");
    case::<ResponseHeadersPolicy>(Graph::default(), before, change, |it| "other".clone_into(&mut it.name))
}

/// Policies of AWS itself, which both emulators take without having them.
fn rules() -> Rules {
    Rules {
        cache: "4135ea2d-6df8-44a3-9df3-4b5a84be39ad".into(),
        request: "216adef6-5c7f-47e4-b989-5492eafa07d3".into(),
        headers: "".into(),
    }
}

fn distribution_props(comment: &str) -> DistributionProps {
    DistributionProps {
        comment: comment.to_owned(),
        enabled: true,
        aliases: BTreeSet::new(),
        certificate: "".into(),
        tls: None,
        price_class: "PriceClass_All".to_owned(),
        http: "http2and3".to_owned(),
        web_acl: "".into(),
        origin: "it-0123456789.eu-west-1.elb.amazonaws.com".into(),
        origin_tls: false,
        origin_seconds: 60,
        secret: "".into(),
        rest: rules(),
        paths: Vec::new(),
        error_seconds: 0,
        tags: tags("first"),
    }
}

fn distribution() -> Build {
    let mut graph = Graph::default();
    // One of somebody else, who says the same of it.
    graph.add::<Distribution>(at("stranger"), distribution_props("it"));
    let change = |it: &mut DistributionProps| {
        "PriceClass_100".clone_into(&mut it.price_class);
        "http2".clone_into(&mut it.http);
        it.origin = "other-0123456789.eu-west-1.elb.amazonaws.com".into();
        it.origin_seconds = 30;
        it.paths = vec![PathRules { path: "/theme/*".to_owned(), rules: rules() }];
        it.error_seconds = 10;
        "it & \"others\"".clone_into(&mut it.comment);
        it.tags = tags("second");
    };
    case::<Distribution>(graph, distribution_props("it"), change, |_| ())
}

fn distribution_named() -> Build {
    let change = |it: &mut DistributionProps| {
        it.aliases = ["moodle.example.edu".to_owned()].into();
        it.certificate = "arn:aws:acm:us-east-1:200000000000:certificate/0123".into();
        it.tls = Some("TLSv1.2_2021".to_owned());
        it.web_acl = "arn:aws:wafv2:us-east-1:200000000000:global/webacl/it/0123".into();
        it.origin_tls = true;
    };
    case::<Distribution>(Graph::default(), distribution_props("it"), change, |_| ())
}

fn distribution_with_policies() -> Build {
    let mut graph = Graph::default();
    let cache: Text = graph.add::<CachePolicy>(at("cache"), cache_policy_props("it")).text();
    let request: Text = graph.add::<OriginRequestPolicy>(at("request"), origin_request_policy_props("it")).text();
    let headers: Text = graph.add::<ResponseHeadersPolicy>(at("headers"), response_headers_policy_props("it")).text();
    let ours = Rules { cache, request, headers };
    let paths = ["/theme/styles.php*", "/lib/javascript.php*"];
    let paths = paths.iter().map(|it| PathRules { path: (*it).to_owned(), rules: ours.clone() }).collect();
    let before = DistributionProps { paths, ..distribution_props("it") };
    case::<Distribution>(graph, before, |it| it.rest = ours, |_| ())
}

fn add_secret(graph: &mut Graph, name: &str) -> Text {
    let (without, beside) = (String::new(), BTreeMap::new());
    let props = SecretProps {
        name: format!("it/{name}"),
        recipe: Recipe { length: 32, without, punctuation: false, member: None, beside },
        description: "Between the CDN and the load balancer".to_owned(),
        key: None,
        disposable: true,
        tags: tags("first"),
    };
    graph.add::<Secret>(at(name), props).attr("arn")
}

fn distribution_with_secret() -> Build {
    let mut graph = Graph::default();
    let (first, second) = (add_secret(&mut graph, "first"), add_secret(&mut graph, "second"));
    let before = DistributionProps { secret: first, ..distribution_props("it") };
    case::<Distribution>(graph, before, |it| it.secret = second, |_| ())
}

fn add_source(graph: &mut Graph) -> DeliverySourceProps {
    let distribution = graph.add::<Distribution>(at("distribution"), distribution_props("it"));
    let resource = distribution.attr("arn");
    DeliverySourceProps { name: "it".to_owned(), resource, log_type: "ACCESS_LOGS".to_owned() }
}

fn delivery_source() -> Build {
    let mut graph = Graph::default();
    let before = add_source(&mut graph);
    graph.add::<DeliverySource>(at("stranger"), before.clone());
    case::<DeliverySource>(graph, before, |_| (), |it| "other".clone_into(&mut it.name))
}

fn add_destination(graph: &mut Graph) -> DeliveryDestinationProps {
    let name = "/aws/vendedlogs/it".to_owned();
    let group = LogGroupProps { name, retain_days: Some(7), tags: tags("first") };
    let log_group = graph.add::<LogGroup>(at("group"), group).attr("arn");
    DeliveryDestinationProps { name: "it".to_owned(), log_group, format: "json".to_owned() }
}

fn delivery_destination() -> Build {
    let mut graph = Graph::default();
    let before = add_destination(&mut graph);
    graph.add::<DeliveryDestination>(at("stranger"), before.clone());
    case::<DeliveryDestination>(graph, before, |_| (), |it| "plain".clone_into(&mut it.format))
}

fn delivery() -> Build {
    let mut graph = Graph::default();
    let (source, destination) = (add_source(&mut graph), add_destination(&mut graph));
    let source: Ref<DeliverySource> = graph.add(at("source"), source);
    let other: Ref<DeliveryDestination> =
        graph.add(at("other"), DeliveryDestinationProps { name: "other".to_owned(), ..destination.clone() });
    let destination = graph.add(at("destination"), destination);
    case::<Delivery>(graph, DeliveryProps { source, destination }, |_| (), |it| it.destination = other)
}
