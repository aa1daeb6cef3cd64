//! The tier `load-balancer`: the resources that it becomes, what is said about its faults, and the spec that says all
//! of it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use moodle_infra::graph::Graph;
use moodle_infra::kind::{Address, Milestone};
use moodle_infra::spec::format;
use moodle_infra::topology::load_balancer::CLOUDFRONT;
use moodle_infra::topology::{self, Facts, LoadBalancer, Question, Topology, effective};

use super::faults::faults;

const EXISTING: &str = "existing \"arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/web/50dc6c495c0c9188\" target-group=\"arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/web/6d0ecf831eec9f09\" dns=\"web-1.eu-west-1.elb.amazonaws.com\" zone-id=\"Z32O12XQLNTSW2\" group=\"sg-01234567\"";

/// Returns the faults of what stands in the block of `load-balancer`.
fn within(block: &str) -> String {
    faults(&format!("moodle \"a\" {{\nregion \"eu-west-1\"; network\nload-balancer {{\n{block}\n}}\n}}"))
}

fn topology_of(network: &str, block: &str) -> Topology {
    let spec = format!("moodle \"campus\" {{ region \"eu-west-1\"; {network}; load-balancer {{ {block} }} }}");
    let (topology, faults) = topology::read(spec.as_bytes(), "x.kdl");
    assert!(faults.is_empty(), "{faults:?}");
    topology.expect("a spec without faults is a topology")
}

fn graph(network: &str, block: &str) -> Graph {
    let topology = topology_of(network, block);
    topology.graph(&Facts::offline(&topology))
}

/// Returns the resources of the tier, with the rules about its group, and what each waits for.
fn needs(graph: &Graph) -> String {
    let mut text = String::new();
    for node in graph.nodes().filter(|it| it.address.as_str().contains("load-balancer")) {
        let needs = graph.needs(&node.address);
        let needs: Vec<String> = needs
            .iter()
            .map(|(address, until)| format!("{address}{}", if *until == Milestone::Ready { " ready" } else { "" }))
            .collect();
        writeln!(text, "{} <- {}", node.address, needs.join(", ")).unwrap();
    }
    text
}

/// Returns the rules about web servers and load balancer, and their other ends.
fn rules(graph: &Graph) -> String {
    let mut text = String::new();
    for node in graph.nodes().filter(|it| it.kind == "ec2.security_group_rule") {
        let address = node.address.as_str();
        if address.contains("rule.load-balancer") || address.contains("rule.web.http") {
            let end = ["cidr", "prefix_list", "peer"].iter().find(|it| !node.props[**it].is_null()).unwrap();
            let port = &node.props["from_port"];
            writeln!(text, "{address} {port} {} {}", node.props[*end], node.props["description"]).unwrap();
        }
    }
    text
}

fn props(graph: &Graph, address: &str) -> String {
    let node = graph.get(&Address::parse(address).expect("an address")).unwrap_or_else(|| panic!("no {address}"));
    serde_json::to_string(&node.props).expect("JSON")
}

fn outputs(graph: &Graph) -> String {
    let ours = |name: &str| ["load-balancer", "target-group"].iter().any(|it| name.starts_with(it));
    let lines = graph.outputs.iter().filter(|(name, _)| ours(name)).map(|(name, value)| format!("{name} {value}\n"));
    lines.collect()
}

#[test]
fn an_empty_tier_is_a_working_tier() {
    let graph = graph("network { zones 2 }", "");
    insta::assert_snapshot!(needs(&graph), @"");
    insta::assert_snapshot!(rules(&graph), @"");
    insta::assert_snapshot!(props(&graph, "load-balancer.load-balancer"), @"");
    insta::assert_snapshot!(props(&graph, "load-balancer.target-group"), @"");
    insta::assert_snapshot!(props(&graph, "load-balancer.listener.http"), @"");
    insta::assert_snapshot!(props(&graph, "load-balancer.web-acl"), @"");
    insta::assert_snapshot!(props(&graph, "load-balancer.logs.policy"), @"");
    insta::assert_snapshot!(props(&graph, "load-balancer.logs.lifecycle"), @"");
    insta::assert_snapshot!(outputs(&graph), @"");
}

#[test]
fn every_setting_becomes_a_property() {
    let all = "idle-timeout-seconds 300; access-logs #false; waf #false; allow \"203.0.113.0/24\" \"198.51.100.7/32\"; health-check path=\"/README.txt\" interval-seconds=30 timeout-seconds=20 healthy=3 unhealthy=4";
    let graph = graph("network { zones 2 }", all);
    insta::assert_snapshot!(needs(&graph), @"");
    insta::assert_snapshot!(rules(&graph), @"");
    insta::assert_snapshot!(props(&graph, "load-balancer.load-balancer"), @"");
    insta::assert_snapshot!(props(&graph, "load-balancer.target-group"), @"");
}

#[test]
fn without_the_tier_nobody_comes_in() {
    let (topology, _) = topology::read(b"moodle \"campus\" { network; }", "x.kdl");
    let topology = topology.unwrap();
    assert_eq!(rules(&topology.graph(&Facts::offline(&topology))), "");
}

#[test]
fn from_the_cdn_alone() {
    let mut topology = topology_of("network { zones 2 }", "access-logs #false");
    if let Some(LoadBalancer::Own(own)) = &mut topology.load_balancer {
        own.only_from_cdn = true;
    }
    assert_eq!(topology.questions(), [Question::PrefixList(CLOUDFRONT.to_owned())].into());
    let answers: BTreeMap<_, _> = topology.questions().into_iter().map(|it| (it, "pl-4fa04526".to_owned())).collect();
    let graph = topology.graph(&Facts::offline(&topology).knowing(answers));
    insta::assert_snapshot!(needs(&graph), @"");
    insta::assert_snapshot!(rules(&graph), @"");
    insta::assert_snapshot!(props(&graph, "load-balancer.origin-secret"), @"");
    insta::assert_snapshot!(props(&graph, "load-balancer.rule.from-cdn"), @"");
    insta::assert_snapshot!(props(&graph, "load-balancer.listener.http"), @"");
    insta::assert_snapshot!(props(&graph, "load-balancer.web-acl"), @"");
}

#[test]
fn an_existing_load_balancer_is_let_in_and_no_more() {
    let graph = graph("network { zones 1 }", EXISTING);
    insta::assert_snapshot!(rules(&graph), @"");
    insta::assert_snapshot!(outputs(&graph), @"");
    assert!(!graph.nodes().any(|it| it.address.tier() == "load-balancer"));
}

#[test]
fn the_effective_spec_says_everything_and_is_the_same_topology() {
    let blocks = [
        "",
        "idle-timeout-seconds 4000; access-logs retain-days=3650; waf #false",
        "allow \"10.0.0.0/8\" \"203.0.113.0/24\"; only-from-cdn #false; tls-policy \"ELBSecurityPolicy-TLS13-1-3-2021-06\"",
        "access-logs #false; health-check path=\"/a?b='c'\\\"\" interval-seconds=5 timeout-seconds=2 healthy=10 unhealthy=10",
        EXISTING,
    ];
    let mut all = String::new();
    for block in blocks {
        let topology = topology_of("network", block);
        let text = effective(&topology);
        let (again, faults) = topology::read(text.as_bytes(), "x.kdl");
        assert!(faults.is_empty(), "{faults:?}");
        assert_eq!(again, Some(topology));
        assert_eq!(format(&text).unwrap(), text);
        all.push_str(text.split_once("    load-balancer").unwrap().1);
    }
    insta::assert_snapshot!(all, @"");
}

#[test]
fn networks() {
    insta::assert_snapshot!(faults("moodle \"a\" { load-balancer; }"), @"");
    insta::assert_snapshot!(faults("moodle \"a\" { network { zones 1 }; load-balancer; }"), @"");
    insta::assert_snapshot!(faults("moodle \"a\" { network { existing vpc=\"vpc-12345678\" { public \"subnet-11111111\"; } }; load-balancer; }"), @"");
    // The network's own fault is enough.
    insta::assert_snapshot!(faults("moodle \"a\" { network { zones 9 }; load-balancer; }"), @"");
    assert_eq!(faults(&format!("moodle \"a\" {{ load-balancer {{ {EXISTING} }} }}")), "");
}

#[test]
fn numbers() {
    insta::assert_snapshot!(within("idle-timeout-seconds 0; access-logs retain-days=0; health-check interval-seconds=4 timeout-seconds=1 healthy=1 unhealthy=11"), @"");
    insta::assert_snapshot!(within("idle-timeout-seconds 4001; access-logs retain-days=3651; health-check interval-seconds=301 timeout-seconds=121 healthy=11 unhealthy=1"), @"");
    insta::assert_snapshot!(within("idle-timeout-seconds; waf; only-from-cdn; tls-policy; allow"), @"");
    insta::assert_snapshot!(within("health-check interval-seconds=5"), @"");
    insta::assert_snapshot!(within("health-check interval-seconds=10 timeout-seconds=10"), @"");
    insta::assert_snapshot!(within("access-logs #false retain-days=7"), @"");
    insta::assert_snapshot!(within("health-check path=\"status.txt\""), @"");
    insta::assert_snapshot!(within("health-check path=\"/a b\" intervall-seconds=5"), @"");
}

#[test]
fn tls_policies() {
    insta::assert_snapshot!(within("tls-policy \"TLS13\""), @"");
    insta::assert_snapshot!(within("tls-policy \"ELBSecurityPolicy-2016-08\""), @"");
    insta::assert_snapshot!(within("tls-policy \"ELBSecurityPolicy-TLS13-1-2-2021-07\""), @"");
}

#[test]
fn who_may_come() {
    insta::assert_snapshot!(within("allow \"0.0.0.0/0\" \"::/0\""), @"");
    insta::assert_snapshot!(within("allow \"::/0\""), @"");
    insta::assert_snapshot!(within("allow \"203.0.113.7/24\" \"2001:db8::/32\" \"everybody\" 5"), @"");
    insta::assert_snapshot!(within("allow \"203.0.113.0/24\" \"203.0.113.7/32\""), @"");
    let many: Vec<String> = (0..26).map(|it| format!("\"10.{it}.0.0/16\"")).collect();
    insta::assert_snapshot!(within(&format!("allow {}", many.join(" "))), @"");
    insta::assert_snapshot!(within("only-from-cdn #true"), @"");
    // With a CDN it is the default, and a range beside it a contradiction.
    let spec = "moodle \"a\" { network; cdn; load-balancer { allow \"203.0.113.0/24\" } }";
    assert!(faults(spec).contains("[load-balancer::allow]"), "{}", faults(spec));
}

#[test]
fn existing_load_balancers() {
    insta::assert_snapshot!(within("existing"), @"");
    insta::assert_snapshot!(within("existing \"arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/net/web/50dc6c495c0c9188\" target-group=\"web\" dns=\"http://web\" zone-id=\"zone\" group=\"web\""), @"");
    insta::assert_snapshot!(within(&EXISTING.replace("eu-west-1:", "eu-west-2:")), @"");
    insta::assert_snapshot!(within(EXISTING.split(" group").next().unwrap()), @"");
    insta::assert_snapshot!(within(&format!("{EXISTING}; waf #true")), @"");
}
