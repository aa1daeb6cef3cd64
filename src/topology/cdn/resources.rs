//! The resources of the CDN tier.

use super::{Cdn, Edge, Origin};
use crate::kind::values::Tags;
use crate::kind::{Ref, Text};
use crate::kinds::cloudfront::cache_policy::{CachePolicy, CachePolicyProps};
use crate::kinds::cloudfront::distribution::{Distribution, DistributionProps, PathRules, Rules, ZONE};
use crate::kinds::cloudfront::origin_request_policy::{OriginRequestPolicy, OriginRequestPolicyProps};
use crate::kinds::cloudfront::response_headers_policy::{ResponseHeadersPolicy, ResponseHeadersPolicyProps};
use crate::kinds::logs::delivery::{Delivery, DeliveryProps};
use crate::kinds::logs::delivery_destination::{DeliveryDestination, DeliveryDestinationProps};
use crate::kinds::logs::delivery_source::{DeliverySource, DeliverySourceProps};
use crate::kinds::logs::log_group::{LogGroup, LogGroupProps};
use crate::kinds::wafv2::rules::Rule;
use crate::kinds::wafv2::web_acl::{WebAcl, WebAclProps};
use crate::topology::{Build, at};

/// The region of everything that CloudFront takes from other services.
const GLOBAL: &str = "us-east-1";
/// AWS's own policies, which every account has and which do not count against its quota of twenty: `CachingDisabled`
/// keeps nothing, `AllViewer` passes everything on. Without the header `Host` Moodle would redirect for ever.
const KEEP_NOTHING: &str = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad";
const PASS_EVERYTHING: &str = "216adef6-5c7f-47e4-b989-5492eafa07d3";
/// What Moodle answers to everybody alike, with a revision in path or query, without cookies, and marked `public`.
const STATIC: &[&str] = &[
    "/theme/styles.php*",
    "/theme/image.php*",
    "/theme/font.php*",
    "/theme/javascript.php*",
    "/theme/yui_combo.php*",
    "/theme/yui_image.php*",
    "/lib/javascript.php*",
    "/lib/requirejs.php*",
    "/lib/editor/tiny/loader.php*",
];
/// As long as the load balancer's own time-out, for backups and imports.
const ORIGIN_SECONDS: i32 = 60;
/// Browsers then come with TLS only. Not for a year, as is often advised: a site may have to do without again.
const TLS_ONLY_SECONDS: i32 = 30 * 24 * 3600;
/// Requests of one address in five minutes. A lecture hall may share one, and a page is some fifty requests.
const MOST_REQUESTS: i64 = 50_000;
const YEAR_SECONDS: i64 = 365 * 24 * 3600;

impl Cdn {
    /// Adds the resources of the tier to a graph and returns what DNS and the site need of it.
    pub(in crate::topology) fn add_to(&self, cx: &mut Build<'_>, origin: &Origin) -> Edge {
        let headers = add_headers_policy(cx).early().text();
        let paths = if self.static_cache { add_static_rules(cx, &headers) } else { Vec::new() };
        let rest = Rules { cache: KEEP_NOTHING.into(), request: PASS_EVERYTHING.into(), headers };
        let web_acl = if self.waf { add_web_acl(cx).early().attr("arn") } else { "".into() };
        let distribution = add_distribution(cx, self, origin, rest, paths, web_acl);
        if let Some(days) = self.logs {
            add_logs(cx, &distribution, days);
        }
        let edge = Edge {
            domain_name: distribution.early().attr("domain_name"),
            distribution: distribution.early().text(),
            zone_id: ZONE,
        };
        add_outputs(cx, &edge);
        edge
    }
}

fn add_headers_policy(cx: &mut Build<'_>) -> Ref<ResponseHeadersPolicy> {
    let props = ResponseHeadersPolicyProps {
        name: cx.name("cdn"),
        comment: format!("Headers where the Moodle stack {} sends none itself", cx.stack),
        tls_only_seconds: TLS_ONLY_SECONDS,
        no_sniff: true,
        referrer: "strict-origin-when-cross-origin".to_owned(),
    };
    cx.graph.add(at("cdn.response-headers-policy"), props)
}

/// Adds the policies for files that are the same for everybody, and returns the rules for their paths.
fn add_static_rules(cx: &mut Build<'_>, headers: &Text) -> Vec<PathRules> {
    let comment = format!("Files of the Moodle stack {} that are the same for everybody", cx.stack);
    let props = CachePolicyProps {
        name: cx.name("static"),
        comment: comment.clone(),
        // Moodle says for how long; what it says nothing of is not kept.
        min_ttl: 0,
        default_ttl: 0,
        max_ttl: YEAR_SECONDS,
        headers: [].into(),
        cookies: "none".to_owned(),
        query_strings: "all".to_owned(),
    };
    let cache: Ref<CachePolicy> = cx.graph.add(at("cdn.cache-policy"), props);
    let props = OriginRequestPolicyProps {
        name: cx.name("static"),
        comment,
        headers: ["host".to_owned()].into(),
        cookies: "none".to_owned(),
        query_strings: "all".to_owned(),
    };
    let request: Ref<OriginRequestPolicy> = cx.graph.add(at("cdn.origin-request-policy"), props);
    let (cache, request) = (cache.early().text(), request.early().text());
    let rules = Rules { cache, request, headers: headers.clone() };
    STATIC.iter().map(|path| PathRules { path: (*path).to_owned(), rules: rules.clone() }).collect()
}

/// Adds what looks at requests first.
fn add_web_acl(cx: &mut Build<'_>) -> Ref<WebAcl> {
    let managed = |group: &str, count: &[&str]| Rule::Managed {
        group: format!("AWSManagedRules{group}"),
        count: count.iter().map(|it| (*it).to_owned()).collect(),
    };
    let props = WebAclProps {
        name: cx.name("cdn"),
        scope: "CLOUDFRONT".to_owned(),
        description: format!("Looks at requests to the Moodle stack {}", cx.stack),
        rules: vec![
            managed("AmazonIpReputationList", &[]),
            Rule::Rate { limit: MOST_REQUESTS },
            // Uploads are larger than 8 KiB, and teachers write HTML.
            managed("CommonRuleSet", &["CrossSiteScripting_BODY", "SizeRestrictions_BODY"]),
            managed("KnownBadInputsRuleSet", &[]),
        ],
        tags: cx.tags("cdn"),
    };
    cx.graph.add_in(Some(GLOBAL), at("cdn.web-acl"), &props)
}

fn add_distribution(
    cx: &mut Build<'_>,
    cdn: &Cdn,
    origin: &Origin,
    rest: Rules,
    paths: Vec<PathRules>,
    web_acl: Text,
) -> Ref<Distribution> {
    let Origin { dns_name, https, secret, domain, certificate } = origin;
    // Without a certificate CloudFront refuses any name but its own.
    let aliases = domain.iter().filter(|_| certificate.is_some()).map(|it| it.to_ascii_lowercase()).collect();
    let props = DistributionProps {
        comment: cx.name("cdn"),
        enabled: true,
        aliases,
        certificate: certificate.clone().unwrap_or_else(|| "".into()),
        tls: certificate.as_ref().map(|_| "TLSv1.2_2021".to_owned()),
        price_class: cdn.price_class.in_aws().to_owned(),
        http: cdn.http.word().to_owned(),
        web_acl,
        origin: dns_name.clone(),
        origin_tls: *https,
        origin_seconds: ORIGIN_SECONDS,
        secret: secret.clone().unwrap_or_else(|| "".into()),
        rest,
        paths,
        // An error page may name the visitor who got it.
        error_seconds: 0,
        tags: cx.tags("cdn"),
    };
    cx.graph.add(at("cdn.distribution"), props)
}

/// Adds a log group and what brings the distribution's reports to it.
///
/// Reports go by way of log deliveries ("standard logging v2"), not straight to a bucket: AWS advises against the
/// access lists on a bucket that the older way needs, and a log group forgets by itself.
fn add_logs(cx: &mut Build<'_>, distribution: &Ref<Distribution>, retain_days: i32) {
    let what = "cdn-log";
    // Groups of this prefix share one permission for AWS's delivery service.
    let name = format!("/aws/vendedlogs/cloudfront/{}", cx.stack);
    let tags: Tags = cx.tags(what);
    let group = LogGroupProps { name, retain_days: Some(retain_days), tags };
    let group: Ref<LogGroup> = cx.graph.add_in(Some(GLOBAL), at("cdn.log-group"), &group);
    let source = DeliverySourceProps {
        name: cx.name(what),
        resource: distribution.early().attr("arn"),
        log_type: "ACCESS_LOGS".to_owned(),
    };
    let source: Ref<DeliverySource> = cx.graph.add_in(Some(GLOBAL), at("cdn.log-source"), &source);
    let destination = DeliveryDestinationProps {
        name: cx.name(what),
        log_group: group.early().attr("arn"),
        format: "json".to_owned(),
    };
    let destination: Ref<DeliveryDestination> = cx.graph.add_in(Some(GLOBAL), at("cdn.log-destination"), &destination);
    let delivery = DeliveryProps { source: source.early(), destination: destination.early() };
    cx.graph.add_in::<Delivery>(Some(GLOBAL), at("cdn.log-delivery"), &delivery);
}

fn add_outputs(cx: &mut Build<'_>, edge: &Edge) {
    let Edge { domain_name, distribution, zone_id: _ } = edge;
    let value = |text: &Text| serde_json::to_value(text).unwrap_or_else(|error| panic!("bug: {error}"));
    cx.graph.outputs.insert("cdn-domain".to_owned(), value(domain_name));
    cx.graph.outputs.insert("cdn-distribution".to_owned(), value(distribution));
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;
    use crate::graph::Graph;
    use crate::kind::{Address, Milestone};
    use crate::topology::{self, Facts, database, network::Visitors};

    /// Returns the graph of the tier alone, before a load balancer that is known.
    fn graph(cdn: &Cdn, origin: &Origin) -> Graph {
        let (topology, _) = topology::read(b"moodle \"campus\" { region \"eu-west-1\"; tags a=\"b\" }", "x.kdl");
        let facts = Facts::offline(&topology.unwrap());
        let tags = Tags([("owner".to_owned(), "it".to_owned())].into());
        let engine = database::Engine::Postgresql;
        let mut build = Build {
            graph: Graph::default(),
            facts: &facts,
            stack: "campus",
            tags,
            engine,
            visitors: Visitors::Nobody,
            boots: None,
        };
        let edge = cdn.add_to(&mut build, origin);
        assert_eq!(edge.zone_id, "Z2FDTNDATAQYW2");
        build.graph
    }

    fn origin() -> Origin {
        Origin {
            dns_name: "campus-1.eu-west-1.elb.amazonaws.com".into(),
            https: false,
            secret: None,
            domain: None,
            certificate: None,
        }
    }

    fn named() -> Origin {
        Origin {
            https: true,
            secret: Some("arn:aws:secretsmanager:eu-west-1:123456789012:secret:campus-origin".into()),
            domain: Some("Moodle.example.edu".to_owned()),
            certificate: Some("arn:aws:acm:us-east-1:123456789012:certificate/0123".into()),
            ..origin()
        }
    }

    fn needs(graph: &Graph) -> String {
        let mut text = String::new();
        for node in graph.nodes() {
            let needs = graph.needs(&node.address);
            let ready = |until: &Milestone| if *until == Milestone::Ready { " ready" } else { "" };
            let needs: Vec<String> =
                needs.iter().map(|(address, until)| format!("{address}{}", ready(until))).collect();
            let region = node.region.as_deref().map_or(String::new(), |it| format!(" in {it}"));
            writeln!(text, "{}{region} <- {}", node.address, needs.join(", ")).unwrap();
        }
        text
    }

    fn props(graph: &Graph, address: &str) -> serde_json::Value {
        graph.get(&Address::parse(address).unwrap()).unwrap().props.clone()
    }

    #[test]
    fn an_empty_tier_is_a_working_tier() {
        let graph = graph(&Cdn::default(), &origin());
        insta::assert_snapshot!(needs(&graph), @"
    cdn.response-headers-policy <- 
    cdn.cache-policy <- 
    cdn.origin-request-policy <- 
    cdn.web-acl in us-east-1 <- 
    cdn.distribution <- cdn.cache-policy, cdn.origin-request-policy, cdn.response-headers-policy, cdn.web-acl
    cdn.log-group in us-east-1 <- 
    cdn.log-source in us-east-1 <- cdn.distribution
    cdn.log-destination in us-east-1 <- cdn.log-group
    cdn.log-delivery in us-east-1 <- cdn.log-destination, cdn.log-source
    ");
        let mut distribution = props(&graph, "cdn.distribution");
        let paths = distribution["paths"].take();
        insta::assert_snapshot!(distribution, @r#"{"aliases":[],"certificate":"","comment":"campus-cdn","enabled":true,"error_seconds":0,"http":"http2and3","origin":"campus-1.eu-west-1.elb.amazonaws.com","origin_seconds":60,"origin_tls":false,"paths":null,"price_class":"PriceClass_All","rest":{"cache":"4135ea2d-6df8-44a3-9df3-4b5a84be39ad","headers":{"$from":[{"attr":"id","of":"cdn.response-headers-policy","until":"created"}]},"request":"216adef6-5c7f-47e4-b989-5492eafa07d3"},"secret":"","tags":{"Name":"campus-cdn","owner":"it"},"tls":null,"web_acl":{"$from":[{"attr":"arn","of":"cdn.web-acl","until":"created"}]}}"#);
        assert_eq!(paths.as_array().unwrap().len(), STATIC.len());
        insta::assert_snapshot!(paths[0], @r#"{"path":"/theme/styles.php*","rules":{"cache":{"$from":[{"attr":"id","of":"cdn.cache-policy","until":"created"}]},"headers":{"$from":[{"attr":"id","of":"cdn.response-headers-policy","until":"created"}]},"request":{"$from":[{"attr":"id","of":"cdn.origin-request-policy","until":"created"}]}}}"#);
        insta::assert_snapshot!(props(&graph, "cdn.cache-policy"), @r#"{"comment":"Files of the Moodle stack campus that are the same for everybody","cookies":"none","default_ttl":0,"headers":[],"max_ttl":31536000,"min_ttl":0,"name":"campus-static","query_strings":"all"}"#);
        insta::assert_snapshot!(props(&graph, "cdn.origin-request-policy"), @r#"{"comment":"Files of the Moodle stack campus that are the same for everybody","cookies":"none","headers":["host"],"name":"campus-static","query_strings":"all"}"#);
        insta::assert_snapshot!(props(&graph, "cdn.response-headers-policy"), @r#"{"comment":"Headers where the Moodle stack campus sends none itself","name":"campus-cdn","no_sniff":true,"referrer":"strict-origin-when-cross-origin","tls_only_seconds":2592000}"#);
        insta::assert_snapshot!(props(&graph, "cdn.log-group"), @r#"{"name":"/aws/vendedlogs/cloudfront/campus","retain_days":7,"tags":{"Name":"campus-cdn-log","owner":"it"}}"#);
        insta::assert_snapshot!(serde_json::json!(graph.outputs), @r#"{"cdn-distribution":{"$from":[{"attr":"id","of":"cdn.distribution","until":"created"}]},"cdn-domain":{"$from":[{"attr":"domain_name","of":"cdn.distribution","until":"created"}]}}"#);
    }

    #[test]
    fn a_site_with_a_name_gets_it_with_a_certificate_only() {
        let of = |origin: &Origin| {
            let props = props(&graph(&Cdn::default(), origin), "cdn.distribution");
            ["aliases", "certificate", "tls", "origin_tls", "secret"].map(|field| props[field].to_string()).join(" ")
        };
        insta::assert_snapshot!(of(&named()), @r#"["moodle.example.edu"] "arn:aws:acm:us-east-1:123456789012:certificate/0123" "TLSv1.2_2021" true "arn:aws:secretsmanager:eu-west-1:123456789012:secret:campus-origin""#);
        insta::assert_snapshot!(of(&Origin { certificate: None, ..named() }), @r#"[] "" null true "arn:aws:secretsmanager:eu-west-1:123456789012:secret:campus-origin""#);
    }

    #[test]
    fn every_setting_becomes_a_property() {
        let cdn = Cdn {
            price_class: super::super::PriceClass::Few,
            http: super::super::Http::Http2,
            static_cache: false,
            waf: false,
            logs: None,
        };
        let graph = graph(&cdn, &origin());
        insta::assert_snapshot!(needs(&graph), @"
    cdn.response-headers-policy <- 
    cdn.distribution <- cdn.response-headers-policy
    ");
        let props = props(&graph, "cdn.distribution");
        assert_eq!((&props["price_class"], &props["http"]), (&"PriceClass_100".into(), &"http2".into()));
        assert!(props["paths"].as_array().unwrap().is_empty());
    }

    #[test]
    fn pages_with_private_files_are_never_kept() {
        for path in STATIC {
            assert!(path.starts_with("/theme/") || path.starts_with("/lib/"), "{path}");
            assert!(path.contains(".php"), "{path}");
        }
    }
}
