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
    insta::assert_snapshot!(needs(&graph), @r#"
    network.security-group.load-balancer <- network.vpc
    network.rule.load-balancer.http <- network.security-group.load-balancer
    network.rule.load-balancer.https <- network.security-group.load-balancer
    network.rule.load-balancer.to-web-http <- network.security-group.load-balancer, network.security-group.web
    network.rule.load-balancer.to-web-https <- network.security-group.load-balancer, network.security-group.web
    load-balancer.logs.bucket <- 
    load-balancer.logs.public-access-block <- load-balancer.logs.bucket
    load-balancer.logs.ownership <- load-balancer.logs.bucket
    load-balancer.logs.encryption <- load-balancer.logs.bucket
    load-balancer.logs.lifecycle <- load-balancer.logs.bucket
    load-balancer.logs.policy <- load-balancer.logs.bucket, load-balancer.logs.public-access-block ready
    load-balancer.load-balancer <- load-balancer.logs.bucket, load-balancer.logs.policy ready, network.internet-gateway-attachment, network.security-group.load-balancer, network.subnet.public["eu-west-1a"], network.subnet.public["eu-west-1b"]
    load-balancer.target-group <- network.vpc
    load-balancer.listener.http <- load-balancer.load-balancer, load-balancer.target-group
    load-balancer.web-acl <- 
    load-balancer.web-acl-association <- load-balancer.load-balancer ready, load-balancer.web-acl ready
    "#);
    insta::assert_snapshot!(rules(&graph), @r#"
    network.rule.load-balancer.http 80 "0.0.0.0/0" "HTTP from visitors"
    network.rule.load-balancer.https 443 "0.0.0.0/0" "HTTPS from visitors"
    network.rule.load-balancer.to-web-http 80 {"$from":[{"attr":"id","of":"network.security-group.web","until":"created"}]} "HTTP to the web servers"
    network.rule.load-balancer.to-web-https 443 {"$from":[{"attr":"id","of":"network.security-group.web","until":"created"}]} "HTTPS to the web servers"
    network.rule.web.http 80 {"$from":[{"attr":"id","of":"network.security-group.load-balancer","until":"created"}]} "HTTP from the load balancer"
    network.rule.web.https 443 {"$from":[{"attr":"id","of":"network.security-group.load-balancer","until":"created"}]} "HTTPS from the load balancer"
    "#);
    insta::assert_snapshot!(props(&graph, "load-balancer.load-balancer"), @r#"{"deletion_protection":false,"desync":"defensive","drop_invalid_headers":true,"groups":[{"$from":[{"attr":"id","of":"network.security-group.load-balancer","until":"created"}]}],"http2":true,"idle_timeout":60,"log_bucket":{"$from":[{"attr":"name","of":"load-balancer.logs.bucket","until":"created"}]},"name":"campus","scheme":"internet-facing","subnets":[{"$from":[{"attr":"id","of":"network.subnet.public[\"eu-west-1a\"]","until":"created"}]},{"$from":[{"attr":"id","of":"network.subnet.public[\"eu-west-1b\"]","until":"created"}]}],"tags":{"Name":"campus-load-balancer"}}"#);
    insta::assert_snapshot!(props(&graph, "load-balancer.target-group"), @r#"{"deregistration_seconds":30,"healthy":2,"interval_seconds":10,"matcher":"200","name":"campus","path":"/status.txt","port":80,"protocol":"HTTP","sticky":false,"tags":{"Name":"campus-web"},"timeout_seconds":5,"unhealthy":5,"vpc":{"$from":[{"attr":"id","of":"network.vpc","until":"created"}]}}"#);
    insta::assert_snapshot!(props(&graph, "load-balancer.listener.http"), @r#"{"action":{"forward":{"$from":[{"attr":"arn","of":"load-balancer.target-group","until":"created"}]}},"certificate":null,"load_balancer":{"$from":[{"attr":"arn","of":"load-balancer.load-balancer","until":"created"}]},"port":80,"protocol":"HTTP","tags":{"Name":"campus-http"},"tls_policy":null}"#);
    insta::assert_snapshot!(props(&graph, "load-balancer.web-acl"), @r#"{"description":"Before the load balancer","name":"campus-load-balancer","rules":[{"managed":{"count":[],"group":"AWSManagedRulesAmazonIpReputationList"}},{"rate":{"limit":50000}},{"managed":{"count":["CrossSiteScripting_BODY","SizeRestrictions_BODY"],"group":"AWSManagedRulesCommonRuleSet"}},{"managed":{"count":[],"group":"AWSManagedRulesKnownBadInputsRuleSet"}}],"scope":"REGIONAL","tags":{"Name":"campus-load-balancer"}}"#);
    insta::assert_snapshot!(props(&graph, "load-balancer.logs.policy"), @r#"{"bucket":{"$from":[{"attr":"name","of":"load-balancer.logs.bucket","until":"created"}]},"policy":{"Statement":[{"Action":["s3:*"],"Condition":{"Bool":{"aws:SecureTransport":["false"]}},"Effect":"Deny","Principal":{"AWS":["*"]},"Resource":[{"$from":[{"attr":"arn","of":"load-balancer.logs.bucket","until":"created"},"/*"]},{"$from":[{"attr":"arn","of":"load-balancer.logs.bucket","until":"created"}]}],"Sid":"OnlyWithTls"},{"Action":["s3:PutObject"],"Condition":{"ArnLike":{"aws:SourceArn":["arn:aws:elasticloadbalancing:eu-west-1:000000000000:loadbalancer/*"]},"StringEquals":{"aws:SourceAccount":["000000000000"]}},"Effect":"Allow","Principal":{"Service":["logdelivery.elasticloadbalancing.amazonaws.com"]},"Resource":[{"$from":[{"attr":"arn","of":"load-balancer.logs.bucket","until":"created"},"/AWSLogs/000000000000/*"]}],"Sid":"AccessLogs"}],"Version":"2012-10-17"}}"#);
    insta::assert_snapshot!(props(&graph, "load-balancer.logs.lifecycle"), @r#"{"bucket":{"$from":[{"attr":"name","of":"load-balancer.logs.bucket","until":"created"}]},"rules":[{"abort_uploads_days":7,"enabled":true,"expire_days":7,"name":"expire","older_versions_days":7,"prefix":""}]}"#);
    insta::assert_snapshot!(outputs(&graph), @r#"
    load-balancer {"$from":[{"attr":"arn","of":"load-balancer.load-balancer","until":"created"}]}
    load-balancer-dns {"$from":[{"attr":"dns_name","of":"load-balancer.load-balancer","until":"created"}]}
    load-balancer-full-name {"$from":[{"attr":"full_name","of":"load-balancer.load-balancer","until":"created"}]}
    load-balancer-log-bucket {"$from":[{"attr":"name","of":"load-balancer.logs.bucket","until":"ready"}]}
    load-balancer-name {"$from":[{"attr":"name","of":"load-balancer.load-balancer","until":"created"}]}
    load-balancer-tls false
    load-balancer-url {"$from":["http://",{"attr":"dns_name","of":"load-balancer.load-balancer","until":"created"}]}
    load-balancer-zone-id {"$from":[{"attr":"zone_id","of":"load-balancer.load-balancer","until":"created"}]}
    target-group {"$from":[{"attr":"arn","of":"load-balancer.target-group","until":"created"}]}
    "#);
}

#[test]
fn every_setting_becomes_a_property() {
    let all = "idle-timeout-seconds 300; access-logs #false; waf #false; allow \"203.0.113.0/24\" \"198.51.100.7/32\"; health-check path=\"/README.txt\" interval-seconds=30 timeout-seconds=20 healthy=3 unhealthy=4";
    let graph = graph("network { zones 2 }", all);
    insta::assert_snapshot!(needs(&graph), @r#"
    network.security-group.load-balancer <- network.vpc
    network.rule.load-balancer.http["203.0.113.0/24"] <- network.security-group.load-balancer
    network.rule.load-balancer.http["198.51.100.7/32"] <- network.security-group.load-balancer
    network.rule.load-balancer.https["203.0.113.0/24"] <- network.security-group.load-balancer
    network.rule.load-balancer.https["198.51.100.7/32"] <- network.security-group.load-balancer
    network.rule.load-balancer.to-web-http <- network.security-group.load-balancer, network.security-group.web
    network.rule.load-balancer.to-web-https <- network.security-group.load-balancer, network.security-group.web
    load-balancer.load-balancer <- network.internet-gateway-attachment, network.security-group.load-balancer, network.subnet.public["eu-west-1a"], network.subnet.public["eu-west-1b"]
    load-balancer.target-group <- network.vpc
    load-balancer.listener.http <- load-balancer.load-balancer, load-balancer.target-group
    "#);
    insta::assert_snapshot!(rules(&graph), @r#"
    network.rule.load-balancer.http["203.0.113.0/24"] 80 "203.0.113.0/24" "HTTP from visitors"
    network.rule.load-balancer.http["198.51.100.7/32"] 80 "198.51.100.7/32" "HTTP from visitors"
    network.rule.load-balancer.https["203.0.113.0/24"] 443 "203.0.113.0/24" "HTTPS from visitors"
    network.rule.load-balancer.https["198.51.100.7/32"] 443 "198.51.100.7/32" "HTTPS from visitors"
    network.rule.load-balancer.to-web-http 80 {"$from":[{"attr":"id","of":"network.security-group.web","until":"created"}]} "HTTP to the web servers"
    network.rule.load-balancer.to-web-https 443 {"$from":[{"attr":"id","of":"network.security-group.web","until":"created"}]} "HTTPS to the web servers"
    network.rule.web.http 80 {"$from":[{"attr":"id","of":"network.security-group.load-balancer","until":"created"}]} "HTTP from the load balancer"
    network.rule.web.https 443 {"$from":[{"attr":"id","of":"network.security-group.load-balancer","until":"created"}]} "HTTPS from the load balancer"
    "#);
    insta::assert_snapshot!(props(&graph, "load-balancer.load-balancer"), @r#"{"deletion_protection":false,"desync":"defensive","drop_invalid_headers":true,"groups":[{"$from":[{"attr":"id","of":"network.security-group.load-balancer","until":"created"}]}],"http2":true,"idle_timeout":300,"log_bucket":"","name":"campus","scheme":"internet-facing","subnets":[{"$from":[{"attr":"id","of":"network.subnet.public[\"eu-west-1a\"]","until":"created"}]},{"$from":[{"attr":"id","of":"network.subnet.public[\"eu-west-1b\"]","until":"created"}]}],"tags":{"Name":"campus-load-balancer"}}"#);
    insta::assert_snapshot!(props(&graph, "load-balancer.target-group"), @r#"{"deregistration_seconds":30,"healthy":3,"interval_seconds":30,"matcher":"200","name":"campus","path":"/README.txt","port":80,"protocol":"HTTP","sticky":false,"tags":{"Name":"campus-web"},"timeout_seconds":20,"unhealthy":4,"vpc":{"$from":[{"attr":"id","of":"network.vpc","until":"created"}]}}"#);
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
    insta::assert_snapshot!(needs(&graph), @r#"
    network.security-group.load-balancer <- network.vpc
    network.rule.load-balancer.http["cdn"] <- network.security-group.load-balancer
    network.rule.load-balancer.to-web-http <- network.security-group.load-balancer, network.security-group.web
    network.rule.load-balancer.to-web-https <- network.security-group.load-balancer, network.security-group.web
    load-balancer.load-balancer <- network.internet-gateway-attachment, network.security-group.load-balancer, network.subnet.public["eu-west-1a"], network.subnet.public["eu-west-1b"]
    load-balancer.target-group <- network.vpc
    load-balancer.origin-secret <- 
    load-balancer.listener.http <- load-balancer.load-balancer
    load-balancer.rule.from-cdn <- load-balancer.listener.http, load-balancer.origin-secret ready, load-balancer.target-group
    load-balancer.web-acl <- 
    load-balancer.web-acl-association <- load-balancer.load-balancer ready, load-balancer.web-acl ready
    "#);
    insta::assert_snapshot!(rules(&graph), @r#"
    network.rule.load-balancer.http["cdn"] 80 "pl-4fa04526" "HTTP from the CDN"
    network.rule.load-balancer.to-web-http 80 {"$from":[{"attr":"id","of":"network.security-group.web","until":"created"}]} "HTTP to the web servers"
    network.rule.load-balancer.to-web-https 443 {"$from":[{"attr":"id","of":"network.security-group.web","until":"created"}]} "HTTPS to the web servers"
    network.rule.web.http 80 {"$from":[{"attr":"id","of":"network.security-group.load-balancer","until":"created"}]} "HTTP from the load balancer"
    network.rule.web.https 443 {"$from":[{"attr":"id","of":"network.security-group.load-balancer","until":"created"}]} "HTTPS from the load balancer"
    "#);
    insta::assert_snapshot!(props(&graph, "load-balancer.origin-secret"), @r#"{"description":"What the CDN shows the load balancer","disposable":true,"key":null,"name":"campus/origin","recipe":{"beside":{},"length":40,"member":null,"punctuation":false,"without":""},"tags":{"Name":"campus-origin"}}"#);
    insta::assert_snapshot!(props(&graph, "load-balancer.rule.from-cdn"), @r#"{"action":{"forward":{"$from":[{"attr":"arn","of":"load-balancer.target-group","until":"created"}]}},"header":"X-Moodle-Origin","listener":{"$from":[{"attr":"arn","of":"load-balancer.listener.http","until":"created"}]},"priority":1,"secret":{"$from":[{"attr":"arn","of":"load-balancer.origin-secret","until":"ready"}]},"tags":{"Name":"campus-from-cdn"}}"#);
    insta::assert_snapshot!(props(&graph, "load-balancer.listener.http"), @r#"{"action":"forbid","certificate":null,"load_balancer":{"$from":[{"attr":"arn","of":"load-balancer.load-balancer","until":"created"}]},"port":80,"protocol":"HTTP","tags":{"Name":"campus-http"},"tls_policy":null}"#);
    insta::assert_snapshot!(props(&graph, "load-balancer.web-acl"), @r#"{"description":"Before the load balancer","name":"campus-load-balancer","rules":[{"managed":{"count":["CrossSiteScripting_BODY","SizeRestrictions_BODY"],"group":"AWSManagedRulesCommonRuleSet"}},{"managed":{"count":[],"group":"AWSManagedRulesKnownBadInputsRuleSet"}}],"scope":"REGIONAL","tags":{"Name":"campus-load-balancer"}}"#);
}

#[test]
fn an_existing_load_balancer_is_let_in_and_no_more() {
    let graph = graph("network { zones 1 }", EXISTING);
    insta::assert_snapshot!(rules(&graph), @r#"
    network.rule.web.http 80 "sg-01234567" "HTTP from the load balancer"
    network.rule.web.https 443 "sg-01234567" "HTTPS from the load balancer"
    "#);
    insta::assert_snapshot!(outputs(&graph), @r#"
    load-balancer "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/web/50dc6c495c0c9188"
    load-balancer-dns "web-1.eu-west-1.elb.amazonaws.com"
    load-balancer-full-name "app/web/50dc6c495c0c9188"
    load-balancer-zone-id "Z32O12XQLNTSW2"
    target-group "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/web/6d0ecf831eec9f09"
    "#);
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
    insta::assert_snapshot!(all, @r#"
     {
            idle-timeout-seconds 60
            tls-policy "ELBSecurityPolicy-TLS13-1-2-2021-06"
            access-logs retain-days=7
            health-check path="/status.txt" interval-seconds=10 timeout-seconds=5 healthy=2 unhealthy=5
            allow "0.0.0.0/0"
            only-from-cdn #false
            waf #true
        }
    }
     {
            idle-timeout-seconds 4000
            tls-policy "ELBSecurityPolicy-TLS13-1-2-2021-06"
            access-logs retain-days=3650
            health-check path="/status.txt" interval-seconds=10 timeout-seconds=5 healthy=2 unhealthy=5
            allow "0.0.0.0/0"
            only-from-cdn #false
            waf #false
        }
    }
     {
            idle-timeout-seconds 60
            tls-policy "ELBSecurityPolicy-TLS13-1-3-2021-06"
            access-logs retain-days=7
            health-check path="/status.txt" interval-seconds=10 timeout-seconds=5 healthy=2 unhealthy=5
            allow "10.0.0.0/8" "203.0.113.0/24"
            only-from-cdn #false
            waf #true
        }
    }
     {
            idle-timeout-seconds 60
            tls-policy "ELBSecurityPolicy-TLS13-1-2-2021-06"
            access-logs #false
            health-check path="/a?b='c'\"" interval-seconds=5 timeout-seconds=2 healthy=10 unhealthy=10
            allow "0.0.0.0/0"
            only-from-cdn #false
            waf #true
        }
    }
     {
            existing "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/web/50dc6c495c0c9188" target-group="arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/web/6d0ecf831eec9f09" dns="web-1.eu-west-1.elb.amazonaws.com" zone-id="Z32O12XQLNTSW2" group="sg-01234567"
        }
    }
    "#);
}

#[test]
fn networks() {
    insta::assert_snapshot!(faults("moodle \"a\" { load-balancer; }"), @r#"x.kdl:1:14: error: Tier without a network: `load-balancer` stands in the public subnets of a network, and the stack has no `network`. Write `network` too, or name a load balancer that is there: load-balancer { existing "arn:aws:…" … } [load-balancer::network]"#);
    insta::assert_snapshot!(faults("moodle \"a\" { network { zones 1 }; load-balancer; }"), @"x.kdl:1:35: error: Too few zones: A load balancer stands in two zones at least, and the network has one. Write in the network: zones 2 [load-balancer::zones]");
    insta::assert_snapshot!(faults("moodle \"a\" { network { existing vpc=\"vpc-12345678\" { public \"subnet-11111111\"; } }; load-balancer; }"), @r#"x.kdl:1:85: error: Too few public subnets: A load balancer needs `public` subnets in two zones at least, and the existing network names 1. Write one subnet a zone in the network: existing vpc="vpc-…" { public "subnet-…" "subnet-…" } [load-balancer::subnets]"#);
    // The network's own fault is enough.
    insta::assert_snapshot!(faults("moodle \"a\" { network { zones 9 }; load-balancer; }"), @"x.kdl:1:30: error: Number out of range: The number of zones is 9, and must be from 1 to 6. Write a number from 1 to 6. [spec::out-of-range]");
    assert_eq!(faults(&format!("moodle \"a\" {{ load-balancer {{ {EXISTING} }} }}")), "");
}

#[test]
fn numbers() {
    insta::assert_snapshot!(within("idle-timeout-seconds 0; access-logs retain-days=0; health-check interval-seconds=4 timeout-seconds=1 healthy=1 unhealthy=11"), @"
    x.kdl:4:22: error: Number out of range: `idle-timeout-seconds` is 0, and must be from 1 to 4000. Write a number from 1 to 4000. [spec::out-of-range]
    x.kdl:4:49: error: Number out of range: `retain-days` is 0, and must be from 1 to 3650. Write a number from 1 to 3650. [spec::out-of-range]
    x.kdl:4:82: error: Number out of range: `interval-seconds` is 4, and must be from 5 to 300. Write a number from 5 to 300. [spec::out-of-range]
    x.kdl:4:100: error: Number out of range: `timeout-seconds` is 1, and must be from 2 to 120. Write a number from 2 to 120. [spec::out-of-range]
    x.kdl:4:110: error: Number out of range: `healthy` is 1, and must be from 2 to 10. Write a number from 2 to 10. [spec::out-of-range]
    x.kdl:4:122: error: Number out of range: `unhealthy` is 11, and must be from 2 to 10. Write a number from 2 to 10. [spec::out-of-range]
    ");
    insta::assert_snapshot!(within("idle-timeout-seconds 4001; access-logs retain-days=3651; health-check interval-seconds=301 timeout-seconds=121 healthy=11 unhealthy=1"), @"
    x.kdl:4:22: error: Number out of range: `idle-timeout-seconds` is 4001, and must be from 1 to 4000. Write a number from 1 to 4000. [spec::out-of-range]
    x.kdl:4:52: error: Number out of range: `retain-days` is 3651, and must be from 1 to 3650. Write a number from 1 to 3650. [spec::out-of-range]
    x.kdl:4:88: error: Number out of range: `interval-seconds` is 301, and must be from 5 to 300. Write a number from 5 to 300. [spec::out-of-range]
    x.kdl:4:108: error: Number out of range: `timeout-seconds` is 121, and must be from 2 to 120. Write a number from 2 to 120. [spec::out-of-range]
    x.kdl:4:120: error: Number out of range: `healthy` is 11, and must be from 2 to 10. Write a number from 2 to 10. [spec::out-of-range]
    x.kdl:4:133: error: Number out of range: `unhealthy` is 1, and must be from 2 to 10. Write a number from 2 to 10. [spec::out-of-range]
    ");
    insta::assert_snapshot!(within("idle-timeout-seconds; waf; only-from-cdn; tls-policy; allow"), @r#"
    x.kdl:4:1: error: Missing value: `idle-timeout-seconds` needs a value. Write for example: idle-timeout-seconds 60 [spec::missing-value]
    x.kdl:4:23: error: Missing value: `waf` needs a value. Write for example: waf #true [spec::missing-value]
    x.kdl:4:28: error: Missing value: `only-from-cdn` needs a value. Write for example: only-from-cdn #true [spec::missing-value]
    x.kdl:4:43: error: Missing value: `tls-policy` needs a value. Write for example: tls-policy "ELBSecurityPolicy-TLS13-1-2-2021-06" [spec::missing-value]
    x.kdl:4:55: error: Missing value: `allow` needs a value. Write for example: allow "0.0.0.0/0" [spec::missing-value]
    "#);
    insta::assert_snapshot!(within("health-check interval-seconds=5"), @"x.kdl:4:31: error: Timeout longer than the interval: A check that may take 5 seconds would still run when the next one starts, 5 seconds later. Write fewer timeout-seconds than interval-seconds. [load-balancer::health-check]");
    insta::assert_snapshot!(within("health-check interval-seconds=10 timeout-seconds=10"), @"x.kdl:4:50: error: Timeout longer than the interval: A check that may take 10 seconds would still run when the next one starts, 10 seconds later. Write fewer timeout-seconds than interval-seconds. [load-balancer::health-check]");
    insta::assert_snapshot!(within("access-logs #false retain-days=7"), @"x.kdl:4:32: error: Contradiction: `access-logs #false` writes no logs, so there is nothing to keep. Remove `#false` or `retain-days`. [load-balancer::access-logs]");
    insta::assert_snapshot!(within("health-check path=\"status.txt\""), @r#"x.kdl:4:19: error: Not a path: `status.txt` is not the path of a page. Write a slash and at most 1023 characters without blanks: "/status.txt". [load-balancer::path]"#);
    insta::assert_snapshot!(within("health-check path=\"/a b\" intervall-seconds=5"), @r#"
    x.kdl:4:19: error: Not a path: `/a b` is not the path of a page. Write a slash and at most 1023 characters without blanks: "/status.txt". [load-balancer::path]
    x.kdl:4:26: error: Unknown field: `health-check` has no field `intervall-seconds` in its line. Did you mean `interval-seconds`? [spec::unknown-field]
    "#);
}

#[test]
fn tls_policies() {
    insta::assert_snapshot!(within("tls-policy \"TLS13\""), @r#"x.kdl:4:12: error: Not a TLS policy: `TLS13` is not the name of a TLS policy of load balancers. Write for example "ELBSecurityPolicy-TLS13-1-2-2021-06". [load-balancer::tls-policy]"#);
    insta::assert_snapshot!(within("tls-policy \"ELBSecurityPolicy-2016-08\""), @r#"x.kdl:4:12: warning: Weak TLS policy: `ELBSecurityPolicy-2016-08` takes TLS 1.0 or 1.1, which browsers have given up. Write for example "ELBSecurityPolicy-TLS13-1-2-2021-06". [load-balancer::weak-tls]"#);
    insta::assert_snapshot!(within("tls-policy \"ELBSecurityPolicy-TLS13-1-2-2021-07\""), @r#"x.kdl:4:12: warning: Unknown TLS policy: This version does not know `ELBSecurityPolicy-TLS13-1-2-2021-07`; it may be newer. Did you mean "ELBSecurityPolicy-TLS13-1-2-2021-06"? [load-balancer::unknown-tls-policy]"#);
}

#[test]
fn who_may_come() {
    insta::assert_snapshot!(within("allow \"0.0.0.0/0\" \"::/0\""), @r#"x.kdl:4:19: warning: No IPv6: The network has IPv4 only, so nobody comes from an IPv6 address. Remove "::/0". [load-balancer::ipv6]"#);
    insta::assert_snapshot!(within("allow \"::/0\""), @r#"
    x.kdl:4:1: error: Nobody is allowed: The network has IPv4 only, and `allow` names no range of it: nobody could come. Write for example: allow "0.0.0.0/0" [load-balancer::allow]
    x.kdl:4:7: warning: No IPv6: The network has IPv4 only, so nobody comes from an IPv6 address. Remove "::/0". [load-balancer::ipv6]
    "#);
    insta::assert_snapshot!(within("allow \"203.0.113.7/24\" \"2001:db8::/32\" \"everybody\" 5"), @r#"
    x.kdl:4:7: error: Address inside of its range: The range that has 203.0.113.7 is 203.0.113.0/24. Write "203.0.113.0/24". [load-balancer::allow]
    x.kdl:4:24: error: Not a range of IPv4: `2001:db8::/32` is a range of IPv6, which the network does not have. Write an address and the number of bits that count: "203.0.113.0/24", or "0.0.0.0/0" for everybody. [load-balancer::allow]
    x.kdl:4:40: error: Not a range of addresses: `everybody` is not a range of addresses. Write an address and the number of bits that count: "203.0.113.0/24", or "0.0.0.0/0" for everybody. [load-balancer::allow]
    x.kdl:4:52: error: Wrong type of value: A range of addresses is a number, and must be a text. Write it in quotes: "5". [spec::wrong-type]
    "#);
    insta::assert_snapshot!(within("allow \"203.0.113.0/24\" \"203.0.113.7/32\""), @"x.kdl:4:24: error: Ranges overlap: 203.0.113.7/32 and 203.0.113.0/24 have addresses in common. Remove the smaller one. [load-balancer::allow] (4:7 the other one)");
    let many: Vec<String> = (0..26).map(|it| format!("\"10.{it}.0.0/16\"")).collect();
    insta::assert_snapshot!(within(&format!("allow {}", many.join(" "))), @"x.kdl:4:1: error: Too many ranges: There are 26 ranges, and a security group has room for 25. Join ranges that touch. [load-balancer::allow]");
    insta::assert_snapshot!(within("only-from-cdn #true"), @"x.kdl:4:1: error: No CDN to come from: Visitors may come through the CDN alone, and the stack has no `cdn`: nobody could come. Write `cdn` too, or only-from-cdn #false. [load-balancer::only-from-cdn]");
    // With a CDN it is the default, and a range beside it a contradiction.
    let spec = "moodle \"a\" { network; cdn; load-balancer { allow \"203.0.113.0/24\" } }";
    assert!(faults(spec).contains("[load-balancer::allow]"), "{}", faults(spec));
}

#[test]
fn existing_load_balancers() {
    insta::assert_snapshot!(within("existing"), @r#"
    x.kdl:4:1: error: Missing value: `existing` needs a value. Write for example: existing "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/web/50dc6c495c0c9188" target-group="…" dns="…" zone-id="…" [spec::missing-value]
    x.kdl:4:1: error: Missing value: `existing` needs `target-group`. Write for example: target-group="arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/web/6d0ecf831eec9f09" [spec::missing-value]
    x.kdl:4:1: error: Missing value: `existing` needs `dns`. Write for example: dns="web-1234567890.eu-west-1.elb.amazonaws.com" [spec::missing-value]
    x.kdl:4:1: error: Missing value: `existing` needs `zone-id`. Write for example: zone-id="Z32O12XQLNTSW2" [spec::missing-value]
    x.kdl:4:1: warning: Nobody reaches the web servers: The web servers let in the security group of the load balancer, and `existing` names none. Write for example: group="sg-0123456789abcdef0" [load-balancer::group]
    "#);
    insta::assert_snapshot!(within("existing \"arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/net/web/50dc6c495c0c9188\" target-group=\"web\" dns=\"http://web\" zone-id=\"zone\" group=\"web\""), @r#"
    x.kdl:4:10: error: Not the ARN: `arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbala…` is not the ARN of an application load balancer. Write it like "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/web/50dc6c495c0c9188". [load-balancer::arn]
    x.kdl:4:115: error: Not the ARN: `web` is not the ARN of a target group. Write it like "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/web/6d0ecf831eec9f09". [load-balancer::arn]
    x.kdl:4:125: error: Not a host name: `http://web` is not the name of a host. Write it like "web-1234567890.eu-west-1.elb.amazonaws.com". [load-balancer::dns]
    x.kdl:4:146: error: Not an id: `zone` is not the id of a hosted zone. Write it like "Z32O12XQLNTSW2". [load-balancer::zone-id]
    x.kdl:4:159: error: Not an id: `web` is not the id of a security group. Write `sg-` and 8 or 17 hexadecimal digits: "sg-0123456789abcdef0". [load-balancer::group]
    "#);
    insta::assert_snapshot!(within(&EXISTING.replace("eu-west-1:", "eu-west-2:")), @"
    x.kdl:4:10: error: ARN of another region: It is in `eu-west-2`, and the stack is in `eu-west-1`. Choose one of `eu-west-1`. [load-balancer::arn-region]
    x.kdl:4:115: error: ARN of another region: It is in `eu-west-2`, and the stack is in `eu-west-1`. Choose one of `eu-west-1`. [load-balancer::arn-region]
    ");
    insta::assert_snapshot!(within(EXISTING.split(" group").next().unwrap()), @r#"x.kdl:4:1: warning: Nobody reaches the web servers: The web servers let in the security group of the load balancer, and `existing` names none. Write for example: group="sg-0123456789abcdef0" [load-balancer::group]"#);
    insta::assert_snapshot!(within(&format!("{EXISTING}; waf #true")), @"x.kdl:4:288: error: Field of another form: `waf` says how to make a load balancer, and `existing` that it is made. Remove `waf` or `existing`. [load-balancer::existing-excludes] (4:1 excludes it)");
}
