//! What the reference architecture promises, row by row, as far as a graph shows it. The names are those of the rows.

use moodle_infra::graph::Graph;
use moodle_infra::kind::{Address, Kind};
use moodle_infra::kinds::cloudfront::distribution::Distribution;
use moodle_infra::kinds::elbv2::target_group::{TargetGroup, TargetGroupProps};
use moodle_infra::topology::{self, Facts};
use serde_json::{Value, json};

use super::faults::faults;

const CERTIFIED: &str = "site { domain \"moodle.example.edu\" zone=\"example.edu\" }; certificate";
const SEEDED: &str = "files { throughput \"bursting\"; seed-gib 100 }";

fn graph(tiers: &str) -> Graph {
    let spec = format!("moodle \"campus\" {{ region \"eu-west-1\"; {tiers} }}");
    let (topology, faults) = topology::read(spec.as_bytes(), "x.kdl");
    let topology = topology.unwrap_or_else(|| panic!("{faults:?}"));
    topology.graph(&Facts::offline(&topology))
}

fn props(graph: &Graph, address: &str) -> Value {
    let address = Address::parse(address).expect("an address");
    graph.get(&address).unwrap_or_else(|| panic!("no {address}")).props.clone()
}

#[test]
fn t3_ssh_is_optional_and_open_to_everybody_only_with_a_warning() {
    insta::assert_snapshot!(faults("moodle \"a\" {\nnetwork\nbastion { ssh-from \"0.0.0.0/0\"; key-pair \"ops\" }\n}"), @r#"x.kdl:3:20: warning: SSH open to everybody: Everybody in the internet may try to log in. Write the range of your own addresses: "203.0.113.0/24". [bastion::open]"#);
    let graph = graph("network; web; bastion");
    assert_eq!(props(&graph, "web.template")["key_pair"], "");
    let rules = graph.nodes().filter(|it| it.kind == "ec2.security_group_rule");
    let from_outside = rules.filter(|it| it.props["direction"] == "ingress" && !it.props["cidr"].is_null());
    let ports: Vec<&Value> = from_outside.map(|it| &it.props["from_port"]).collect();
    assert!(!ports.contains(&&json!(22)), "{ports:?}");
}

#[test]
fn t4_tenancy_is_applied() {
    assert_eq!(props(&graph("network { tenancy \"dedicated\" }"), "network.vpc")["tenancy"], "dedicated");
    assert_eq!(props(&graph("network"), "network.vpc")["tenancy"], "default");
}

#[test]
fn t11_http_leads_to_https_where_there_is_a_certificate_and_a_target_group_can_be_replaced() {
    let plain = graph("network; load-balancer");
    assert!(plain.get(&Address::parse("load-balancer.listener.https").unwrap()).is_none());
    assert!(props(&plain, "load-balancer.listener.http")["action"].get("forward").is_some());
    let certified = graph(&format!("network; load-balancer; {CERTIFIED}"));
    assert_eq!(props(&certified, "load-balancer.listener.http")["action"], "redirect-to-https");
    assert_eq!(props(&certified, "load-balancer.listener.https")["port"], 443);
    let balancer = props(&plain, "load-balancer.load-balancer");
    assert_eq!((&balancer["scheme"], &balancer["idle_timeout"]), (&json!("internet-facing"), &json!(60)));

    // Its successor stands beside it: on AWS the name of each ends in a piece of its own token.
    let mut target_group = props(&plain, "load-balancer.target-group");
    target_group["vpc"] = "vpc-1".into();
    let old: TargetGroupProps = serde_json::from_value(target_group.clone()).unwrap();
    target_group["protocol"] = "HTTPS".into();
    let new: TargetGroupProps = serde_json::from_value(target_group).unwrap();
    assert!(!TargetGroup::conflicts(&old, &new));
}

#[test]
fn t13_a_database_is_of_one_version_encrypted_and_kept() {
    let graph = graph("network; database");
    let cluster = props(&graph, "database.cluster");
    let members = ["engine", "version", "backup_days", "deletion_protection", "managed_password"];
    let of = members.map(|it| cluster[it].clone());
    assert_eq!(of, [json!("aurora-postgresql"), json!("17.5"), json!(30), json!(true), json!(true)]);
    assert_eq!(props(&graph, "database.parameter-group")["family"], "aurora-postgresql17");
    let instances: Vec<_> = graph.nodes().filter(|it| it.kind == "rds.instance").collect();
    assert_eq!(instances.len(), 2);
    assert!(instances.iter().all(|it| it.props["public"] == false && it.props["auto_minor_upgrade"] == false));
}

#[test]
fn t25_a_certificate_changes_the_distribution_in_place() {
    let without = props(&graph("network; load-balancer; cdn"), "cdn.distribution");
    let with = props(&graph(&format!("network; load-balancer; cdn; {CERTIFIED}")), "cdn.distribution");
    let differs = |it: &&moodle_infra::kind::Field| without[it.name] != with[it.name];
    let fields = <<Distribution as Kind>::Props as moodle_infra::kind::Fields>::FIELDS;
    let changed: Vec<_> = fields.iter().filter(differs).collect();
    assert!(changed.iter().all(|it| it.change == moodle_infra::kind::Change::Update), "{changed:?}");
    let names: Vec<&str> = changed.iter().map(|it| it.name).collect();
    assert_eq!(names, ["aliases", "certificate", "tls", "origin_tls"]);
    assert_eq!((&with["tls"], &with["aliases"]), (&json!("TLSv1.2_2021"), &json!(["moodle.example.edu"])));
    assert_eq!(without["aliases"], json!([]));
    // Files that are the same for everybody are kept, and nothing else.
    assert!(with["paths"].as_array().is_some_and(|it| !it.is_empty()));
    assert_eq!(
        props(&graph("network; load-balancer; cdn { static-cache #false }"), "cdn.distribution")["paths"],
        json!([])
    );
}

#[test]
fn n12_one_zone_does_for_a_network_and_not_for_a_load_balancer_or_a_database() {
    assert_eq!(faults("moodle \"a\" {\nnetwork { zones 1 }\nfiles\nweb\n}"), "");
    insta::assert_snapshot!(faults("moodle \"a\" {\nnetwork { zones 1 }\nload-balancer\ndatabase\n}"), @"
    x.kdl:3:1: error: Too few zones: A load balancer stands in two zones at least, and the network has one. Write in the network: zones 2 [load-balancer::zones]
    x.kdl:4:1: error: Too few zones for a database: Aurora needs subnets in two zones, and the network has one zone. Write `zones 2` in `network`. [database::zones]
    ");
}

#[test]
fn n13_what_leaves_is_restricted() {
    let graph = graph(&format!(
        "network {{ endpoints \"s3\" \"ssm\" }}; load-balancer; database; cache \"session\"; web; bastion; {SEEDED}"
    ));
    let groups: Vec<_> = graph.nodes().filter(|it| it.kind == "ec2.security_group").collect();
    assert!(groups.iter().all(|it| it.props["default_egress"] == false), "{groups:?}");
    let rules = graph.nodes().filter(|it| it.kind == "ec2.security_group_rule" && it.props["direction"] == "egress");
    let open: Vec<String> = rules
        .filter(|it| it.props["peer"].is_null())
        .map(|it| format!("{} {}-{}", it.address, it.props["from_port"], it.props["to_port"]))
        .collect();
    insta::assert_snapshot!(open.join("\n"), @"
    network.rule.web.to-internet-http 80-80
    network.rule.web.to-internet-https 443-443
    files.seed.rule.to-internet-https 443-443
    bastion.rule.to-internet-http 80-80
    bastion.rule.to-internet-https 443-443
    ");
    let rules = graph.nodes().filter(|it| it.kind == "ec2.security_group_rule");
    assert!(rules.into_iter().all(|it| it.props["description"].as_str().is_some_and(|it| !it.is_empty())));
}

#[test]
fn n14_logs_are_delivered_by_the_service_and_not_by_an_account_of_a_region() {
    for region in ["eu-west-1", "ap-south-2", "us-gov-west-1"] {
        let spec = format!("moodle \"campus\" {{ region \"{region}\"; network; load-balancer }}");
        let topology = topology::read(spec.as_bytes(), "x.kdl").0.unwrap();
        let graph = topology.graph(&Facts::offline(&topology));
        let policy = props(&graph, "load-balancer.logs.policy")["policy"].clone();
        let writers = policy["Statement"].as_array().unwrap().iter().filter(|it| it["Effect"] == "Allow");
        let writers: Vec<&Value> = writers.map(|it| &it["Principal"]).collect();
        assert_eq!(writers, [&json!({ "Service": ["logdelivery.elasticloadbalancing.amazonaws.com"] })], "{region}");
    }
    let plain = graph("network; load-balancer");
    let rules = props(&plain, "load-balancer.logs.lifecycle")["rules"].to_string();
    assert!(rules.contains(":7"), "{rules}");
    let without = graph("network; load-balancer { access-logs #false }");
    assert!(without.nodes().all(|it| !it.kind.starts_with("s3.")));
}
