//! The resources of the load balancer tier.

use std::collections::BTreeMap;

use super::{Balancer, Existing, HealthCheck, Inputs, LoadBalancer, ORIGIN_HEADER, Own, logs, waf};
use crate::kind::{Ref, Text};
use crate::kinds::elbv2::Action;
use crate::kinds::elbv2::listener::{Listener, ListenerProps};
use crate::kinds::elbv2::load_balancer::{LoadBalancer as Made, LoadBalancerProps};
use crate::kinds::elbv2::rule::{Rule, RuleProps};
use crate::kinds::elbv2::target_group::{TargetGroup, TargetGroupProps};
use crate::kinds::s3::bucket::Bucket;
use crate::kinds::secretsmanager::secret::{Recipe, Secret, SecretProps};
use crate::kinds::wafv2::association::{Association, AssociationProps};
use crate::kinds::wafv2::web_acl::{WebAcl, WebAclProps};
use crate::topology::{Build, Places, at};

/// So long a web server may finish what it has begun before it goes. AWS's own 300 seconds hold up every scaling in.
const DEREGISTRATION_SECONDS: i32 = 30;
/// How long the installer works on one page, on a small server and with all of Moodle's plug-ins.
const INSTALLING_SECONDS: i32 = 300;
/// A header's value in a rule has 128 characters at most.
const SECRET_LENGTH: i32 = 40;

impl LoadBalancer {
    /// Adds the resources of the tier to a graph and returns what the other tiers use of it.
    ///
    /// # Panics
    /// When a load balancer that the stack makes has no place to stand in, which reading a spec refuses.
    pub(in crate::topology) fn add_to(&self, cx: &mut Build<'_>, places: Option<&Places>, inputs: &Inputs) -> Balancer {
        match self {
            LoadBalancer::Own(own) => {
                let places = places.unwrap_or_else(|| panic!("bug: a load balancer without a network"));
                add_own(cx, own, places, inputs)
            }
            LoadBalancer::Existing(existing) => {
                let balancer = of_existing(existing);
                add_outputs(cx, &balancer);
                balancer
            }
        }
    }
}

fn add_own(cx: &mut Build<'_>, own: &Own, places: &Places, inputs: &Inputs) -> Balancer {
    let Own { access_logs, only_from_cdn, waf, .. } = own;
    let logs = access_logs.map(|days| logs::add(cx, days));
    let made = add_load_balancer(cx, own, places, logs.as_ref().map(|it| &it.0), inputs.patient);
    if let Some((bucket, policy)) = &logs {
        // AWS tries whether it may write there.
        cx.graph.after(&made, policy);
        output(cx, "load-balancer-log-bucket", &bucket.text());
    }
    if let Some(attachment) = &places.way_in {
        cx.graph.after(&made, &attachment.early());
    }
    let targets = add_target_group(cx, &own.health_check, places);
    let secret = only_from_cdn.then(|| add_secret(cx));
    let listeners = add_listeners(cx, own, &made, &targets, secret.as_ref(), inputs.certificate.as_ref());
    if *waf {
        add_waf(cx, &made, *only_from_cdn);
    }
    let (made, targets) = (made.early(), targets.early());
    let balancer = Balancer {
        arn: made.text(),
        dns_name: made.attr("dns_name"),
        zone_id: made.attr("zone_id"),
        full_name: made.attr("full_name"),
        target_group: targets.text(),
        target_group_full_name: targets.attr("full_name"),
        origin_secret: secret.map(|it| it.text()),
        listeners,
    };
    add_outputs(cx, &balancer);
    let scheme = if inputs.certificate.is_some() { "https" } else { "http" };
    let url = Text::concat([format!("{scheme}://").into(), balancer.dns_name.clone()]);
    output(cx, "load-balancer-url", &url);
    cx.graph.outputs.insert("load-balancer-tls".to_owned(), inputs.certificate.is_some().into());
    output(cx, "load-balancer-name", &made.attr("name"));
    balancer
}

fn add_load_balancer(
    cx: &mut Build<'_>,
    own: &Own,
    places: &Places,
    logs: Option<&Ref<Bucket>>,
    patient: bool,
) -> Ref<Made> {
    let props = LoadBalancerProps {
        name: cx.stack.to_owned(),
        scheme: "internet-facing".to_owned(),
        subnets: places.public.iter().map(|(_, it)| it.early()).collect(),
        groups: [places.groups["load-balancer"].early()].into(),
        idle_timeout: if patient { own.idle_timeout_seconds.max(INSTALLING_SECONDS) } else { own.idle_timeout_seconds },
        http2: true,
        drop_invalid_headers: true,
        desync: "defensive".to_owned(),
        deletion_protection: false,
        log_bucket: logs.map_or_else(|| "".into(), |it| it.early().text()),
        tags: cx.tags("load-balancer"),
    };
    cx.graph.add(at("load-balancer.load-balancer"), props)
}

fn add_target_group(cx: &mut Build<'_>, health_check: &HealthCheck, places: &Places) -> Ref<TargetGroup> {
    let HealthCheck { path, interval_seconds, timeout_seconds, healthy, unhealthy } = health_check;
    let props = TargetGroupProps {
        name: cx.stack.to_owned(),
        vpc: places.vpc.early(),
        protocol: "HTTP".to_owned(),
        port: 80,
        path: path.clone(),
        matcher: "200".to_owned(),
        interval_seconds: *interval_seconds,
        timeout_seconds: *timeout_seconds,
        healthy: *healthy,
        unhealthy: *unhealthy,
        deregistration_seconds: DEREGISTRATION_SECONDS,
        sticky: false,
        tags: cx.tags("web"),
    };
    cx.graph.add(at("load-balancer.target-group"), props)
}

/// What CDN and load balancer know and nobody else: letters and digits, which mean themselves in a rule.
fn add_secret(cx: &mut Build<'_>) -> Ref<Secret> {
    let recipe = Recipe {
        length: SECRET_LENGTH,
        without: String::new(),
        punctuation: false,
        member: None,
        beside: BTreeMap::new(),
    };
    let props = SecretProps {
        name: format!("{}/origin", cx.stack),
        recipe,
        description: "What the CDN shows the load balancer".to_owned(),
        key: None,
        disposable: true,
        tags: cx.tags("origin"),
    };
    cx.graph.add(at("load-balancer.origin-secret"), props)
}

fn add_listeners(
    cx: &mut Build<'_>,
    own: &Own,
    made: &Ref<Made>,
    targets: &Ref<TargetGroup>,
    secret: Option<&Ref<Secret>>,
    certificate: Option<&Text>,
) -> Vec<Ref<Listener>> {
    let forward = Action::Forward(targets.early());
    let pages = if secret.is_some() { Action::Forbid } else { forward.clone() };
    let mut add = |name: &str, port: i32, certificate: Option<&Text>, action: Action| -> Ref<Listener> {
        let props = ListenerProps {
            load_balancer: made.early(),
            port,
            protocol: name.to_ascii_uppercase(),
            certificate: certificate.cloned(),
            tls_policy: certificate.map(|_| own.tls_policy.clone()),
            action,
            tags: cx.tags(name),
        };
        cx.graph.add(at(&format!("load-balancer.listener.{name}")), props)
    };
    let listeners = match certificate {
        Some(certificate) => {
            vec![add("https", 443, Some(certificate), pages), add("http", 80, None, Action::RedirectToHttps)]
        }
        None => vec![add("http", 80, None, pages)],
    };
    if let Some(secret) = secret {
        let props = RuleProps {
            listener: listeners[0].early(),
            priority: 1,
            header: ORIGIN_HEADER.to_owned(),
            secret: secret.text(),
            action: forward,
            tags: cx.tags("from-cdn"),
        };
        cx.graph.add::<Rule>(at("load-balancer.rule.from-cdn"), props);
    }
    listeners
}

fn add_waf(cx: &mut Build<'_>, made: &Ref<Made>, from_cdn: bool) {
    let props = WebAclProps {
        name: cx.name("load-balancer"),
        scope: "REGIONAL".to_owned(),
        description: "Before the load balancer".to_owned(),
        rules: waf::rules(from_cdn),
        tags: cx.tags("load-balancer"),
    };
    let web_acl: Ref<WebAcl> = cx.graph.add(at("load-balancer.web-acl"), props);
    // WAF takes a load balancer only when it is ready.
    let props = AssociationProps { resource: made.text(), web_acl };
    cx.graph.add::<Association>(at("load-balancer.web-acl-association"), props);
}

fn of_existing(existing: &Existing) -> Balancer {
    let Existing { arn, target_group, dns, zone_id, group: _ } = existing;
    let end = |arn: &str, from: &str| arn.split_once(from).map_or(String::new(), |(_, it)| it.to_owned());
    Balancer {
        arn: arn.as_str().into(),
        dns_name: dns.as_str().into(),
        zone_id: zone_id.as_str().into(),
        full_name: end(arn, ":loadbalancer/").into(),
        target_group: target_group.as_str().into(),
        target_group_full_name: format!("targetgroup/{}", end(target_group, ":targetgroup/")).into(),
        origin_secret: None,
        listeners: Vec::new(),
    }
}

fn add_outputs(cx: &mut Build<'_>, balancer: &Balancer) {
    let texts = [
        ("load-balancer", &balancer.arn),
        ("load-balancer-dns", &balancer.dns_name),
        ("load-balancer-full-name", &balancer.full_name),
        ("load-balancer-zone-id", &balancer.zone_id),
        ("target-group", &balancer.target_group),
    ];
    for (name, text) in texts {
        output(cx, name, text);
    }
}

fn output(cx: &mut Build<'_>, name: &str, text: &Text) {
    let value = serde_json::to_value(text).unwrap_or_else(|error| panic!("bug: {error}"));
    cx.graph.outputs.insert(name.to_owned(), value);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Graph;
    use crate::kind::Address;
    use crate::kind::values::Tags;
    use crate::topology::database::Engine;
    use crate::topology::{Facts, read};

    const CERTIFICATE: &str = "arn:aws:acm:eu-west-1:123456789012:certificate/01234567-89ab-cdef-0123-456789abcdef";

    /// Returns the graph of network and load balancer with a certificate, and what the tier offers.
    fn with_certificate(only_from_cdn: bool) -> (Graph, Balancer) {
        let spec = "moodle \"campus\" { region \"eu-west-1\"; network; load-balancer; }";
        let mut topology = read(spec.as_bytes(), "x.kdl").0.unwrap();
        if let Some(LoadBalancer::Own(own)) = &mut topology.load_balancer {
            own.only_from_cdn = only_from_cdn;
        }
        let facts = Facts::offline(&topology);
        let tier = topology.load_balancer.as_ref().unwrap();
        let mut build = Build {
            graph: Graph::default(),
            facts: &facts,
            stack: "campus",
            tags: Tags::default(),
            engine: Engine::Postgresql,
            visitors: tier.visitors(&facts, true),
            boots: None,
        };
        let places = topology.network.as_ref().unwrap().add_to(&mut build);
        let inputs = Inputs { certificate: Some(CERTIFICATE.into()), ..Inputs::default() };
        let balancer = tier.add_to(&mut build, Some(&places), &inputs);
        (build.graph, balancer)
    }

    fn listener(graph: &Graph, name: &str) -> ListenerProps {
        let node = graph.get(&at(&format!("load-balancer.listener.{name}"))).unwrap();
        serde_json::from_value(node.props.clone()).unwrap()
    }

    #[test]
    fn with_a_certificate_pages_come_by_https() {
        let (graph, balancer) = with_certificate(false);
        let https = listener(&graph, "https");
        assert_eq!((https.port, https.protocol.as_str()), (443, "HTTPS"));
        assert_eq!(
            (https.certificate, https.tls_policy.as_deref()),
            (Some(CERTIFICATE.into()), Some("ELBSecurityPolicy-TLS13-1-2-2021-06"))
        );
        assert!(matches!(https.action, Action::Forward(_)));
        let http = listener(&graph, "http");
        assert_eq!((http.port, http.action, http.certificate), (80, Action::RedirectToHttps, None));
        assert_eq!((balancer.listeners.len(), balancer.origin_secret), (2, None));
        assert_eq!(graph.outputs["load-balancer-tls"], serde_json::json!(true));
    }

    #[test]
    fn the_cdn_comes_by_https_and_shows_its_secret() {
        let (graph, balancer) = with_certificate(true);
        assert_eq!(listener(&graph, "https").action, Action::Forbid);
        assert_eq!(listener(&graph, "http").action, Action::RedirectToHttps);
        let rule = at("load-balancer.rule.from-cdn");
        assert!(graph.needs(&rule).contains_key(&at("load-balancer.listener.https")));
        assert!(balancer.origin_secret.is_some());
        // The prefix list takes nearly all the room of a group: it stands in one rule.
        let door =
            |name: &str, key| graph.get(&Address::of(&format!("network.rule.load-balancer.{name}"), key)).is_some();
        assert!(
            door("https", Some("cdn")) && !door("http", Some("cdn")) && !door("https", None) && !door("http", None)
        );
    }
}
