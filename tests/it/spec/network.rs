//! The resources that a network becomes, and the spec that says all of it.

use std::fmt::Write as _;

use moodle_infra::graph::Graph;
use moodle_infra::kind::{Address, Milestone};
use moodle_infra::spec::format;
use moodle_infra::topology::{self, Facts, Topology, effective};
use proptest::prelude::*;

fn topology_of(spec: &str) -> Topology {
    let (topology, faults) = topology::read(spec.as_bytes(), "x.kdl");
    assert!(faults.is_empty(), "{faults:?}");
    topology.expect("a spec without faults is a topology")
}

fn network(block: &str) -> Topology {
    topology_of(&format!("moodle \"campus\" {{ region \"eu-west-1\"; network {{ {block} }} }}"))
}

fn graph(topology: &Topology) -> Graph {
    topology.graph(&Facts::offline(topology))
}

fn specs() -> Vec<(String, String)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/specs");
    let files = std::fs::read_dir(folder).expect("a folder").map(|it| it.expect("an entry").path());
    let specs = files.filter(|it| it.extension().is_some_and(|it| it == "kdl"));
    let mut specs: Vec<(String, String)> =
        specs.map(|it| (it.display().to_string(), std::fs::read_to_string(&it).expect("a file"))).collect();
    specs.sort();
    specs
}

fn addresses(graph: &Graph) -> Vec<String> {
    graph.nodes().map(|it| it.address.to_string()).collect()
}

fn props(graph: &Graph, address: &str) -> String {
    let node = graph.get(&Address::parse(address).expect("an address")).unwrap_or_else(|| panic!("no {address}"));
    serde_json::to_string(&node.props).expect("JSON")
}

#[test]
fn the_specs_of_the_project_are_right_and_formatted() {
    let specs = specs();
    assert!(3 <= specs.len());
    for (file, spec) in specs {
        let (topology, faults) = topology::read(spec.as_bytes(), &file);
        assert!(topology.is_some() && faults.is_empty(), "{file}: {faults:?}");
        assert_eq!(format(&spec).unwrap(), spec, "{file}");
    }
}

#[test]
fn a_network_of_one_zone_and_what_each_resource_waits_for() {
    let graph = graph(&network("zones 1; endpoints \"s3\" \"logs\""));
    let mut text = String::new();
    for node in graph.nodes() {
        let needs = graph.needs(&node.address);
        let needs: Vec<String> = needs
            .iter()
            .map(
                |(address, until)| {
                    if *until == Milestone::Ready { format!("{address} ready") } else { address.to_string() }
                },
            )
            .collect();
        writeln!(text, "{} <- {}", node.address, needs.join(", ")).unwrap();
    }
    insta::assert_snapshot!(text, @r#"
    network.vpc <- 
    network.vpc-dns <- network.vpc
    network.internet-gateway <- 
    network.internet-gateway-attachment <- network.internet-gateway, network.vpc
    network.subnet.public["eu-west-1a"] <- network.vpc
    network.subnet.app["eu-west-1a"] <- network.vpc
    network.subnet.data["eu-west-1a"] <- network.vpc
    network.route-table.public <- network.vpc
    network.route.public <- network.internet-gateway, network.internet-gateway-attachment, network.route-table.public
    network.route-table-association.public["eu-west-1a"] <- network.route-table.public, network.subnet.public["eu-west-1a"]
    network.eip["eu-west-1a"] <- 
    network.nat["eu-west-1a"] <- network.eip["eu-west-1a"], network.internet-gateway-attachment ready, network.subnet.public["eu-west-1a"]
    network.route-table.private["eu-west-1a"] <- network.vpc
    network.route.private["eu-west-1a"] <- network.nat["eu-west-1a"], network.route-table.private["eu-west-1a"]
    network.route-table-association.app["eu-west-1a"] <- network.route-table.private["eu-west-1a"], network.subnet.app["eu-west-1a"]
    network.route-table-association.data["eu-west-1a"] <- network.route-table.private["eu-west-1a"], network.subnet.data["eu-west-1a"]
    network.security-group.load-balancer <- network.vpc
    network.security-group.web <- network.vpc
    network.security-group.database <- network.vpc
    network.security-group.cache <- network.vpc
    network.security-group.files <- network.vpc
    network.rule.load-balancer.http <- network.security-group.load-balancer
    network.rule.load-balancer.https <- network.security-group.load-balancer
    network.rule.load-balancer.to-web-http <- network.security-group.load-balancer, network.security-group.web
    network.rule.load-balancer.to-web-https <- network.security-group.load-balancer, network.security-group.web
    network.rule.web.http <- network.security-group.load-balancer, network.security-group.web
    network.rule.web.https <- network.security-group.load-balancer, network.security-group.web
    network.rule.web.to-internet-http <- network.security-group.web
    network.rule.web.to-internet-https <- network.security-group.web
    network.rule.web.to-database <- network.security-group.database, network.security-group.web
    network.rule.web.to-memcached <- network.security-group.cache, network.security-group.web
    network.rule.web.to-redis <- network.security-group.cache, network.security-group.web
    network.rule.web.to-files <- network.security-group.files, network.security-group.web
    network.rule.database.postgresql <- network.security-group.database, network.security-group.web
    network.rule.cache.memcached <- network.security-group.cache, network.security-group.web
    network.rule.cache.redis <- network.security-group.cache, network.security-group.web
    network.rule.files.nfs <- network.security-group.files, network.security-group.web
    network.rule.files.nfs-self <- network.security-group.files
    network.security-group.endpoints <- network.vpc
    network.rule.endpoints.https <- network.security-group.endpoints
    network.endpoint["logs"] <- network.security-group.endpoints, network.subnet.app["eu-west-1a"], network.vpc, network.vpc-dns ready
    network.endpoint["s3"] <- network.route-table.private["eu-west-1a"], network.route-table.public, network.vpc
    network.flow-log-group <- 
    network.flow-log-role <- 
    network.flow-log-role-policy <- network.flow-log-group, network.flow-log-role
    network.flow-log <- network.flow-log-group, network.flow-log-role ready, network.flow-log-role-policy ready, network.vpc
    "#);
}

#[test]
fn properties_are_those_of_the_reference_architecture() {
    let graph = graph(&network("zones 2"));
    let of = |address: &str| props(&graph, address);
    insta::assert_snapshot!(of("network.vpc"), @r#"{"cidr":"10.0.0.0/16","tags":{"Name":"campus-vpc"},"tenancy":"default"}"#);
    insta::assert_snapshot!(of("network.subnet.public[\"eu-west-1b\"]"), @r#"{"cidr":"10.0.201.0/24","map_public_ip":false,"tags":{"Name":"campus-public-eu-west-1b"},"vpc":{"$from":[{"attr":"id","of":"network.vpc","until":"created"}]},"zone":"eu-west-1b"}"#);
    insta::assert_snapshot!(of("network.subnet.app[\"eu-west-1b\"]"), @r#"{"cidr":"10.0.4.0/22","map_public_ip":false,"tags":{"Name":"campus-app-eu-west-1b"},"vpc":{"$from":[{"attr":"id","of":"network.vpc","until":"created"}]},"zone":"eu-west-1b"}"#);
    insta::assert_snapshot!(of("network.subnet.data[\"eu-west-1b\"]"), @r#"{"cidr":"10.0.101.0/24","map_public_ip":false,"tags":{"Name":"campus-data-eu-west-1b"},"vpc":{"$from":[{"attr":"id","of":"network.vpc","until":"created"}]},"zone":"eu-west-1b"}"#);
    insta::assert_snapshot!(of("network.route.private[\"eu-west-1b\"]"), @r#"{"destination":"0.0.0.0/0","gateway":null,"nat":{"$from":[{"attr":"id","of":"network.nat[\"eu-west-1b\"]","until":"created"}]},"table":{"$from":[{"attr":"id","of":"network.route-table.private[\"eu-west-1b\"]","until":"created"}]}}"#);
    insta::assert_snapshot!(of("network.flow-log-group"), @r#"{"name":"campus-FlowLog","retain_days":7,"tags":{"Name":"campus-flow-log"}}"#);
    insta::assert_snapshot!(of("network.flow-log-role"), @r#"{"description":"Lets the flow log of the Moodle stack campus write to its log group","name":"campus-eu-west-1-flow-log","tags":{"Name":"campus-flow-log"},"trust":{"Statement":[{"Action":["sts:AssumeRole"],"Condition":{"ArnLike":{"aws:SourceArn":["arn:aws:ec2:eu-west-1:000000000000:vpc-flow-log/*"]},"StringEquals":{"aws:SourceAccount":["000000000000"]}},"Effect":"Allow","Principal":{"Service":["vpc-flow-logs.amazonaws.com"]}}],"Version":"2012-10-17"}}"#);
    insta::assert_snapshot!(of("network.flow-log-role-policy"), @r#"{"name":"flow-log","policy":{"Statement":[{"Action":["logs:CreateLogStream","logs:DescribeLogStreams","logs:PutLogEvents"],"Effect":"Allow","Resource":[{"$from":[{"attr":"arn","of":"network.flow-log-group","until":"created"},":*"]},{"$from":[{"attr":"arn","of":"network.flow-log-group","until":"created"}]}]},{"Action":["logs:DescribeLogGroups"],"Effect":"Allow","Resource":["arn:aws:logs:eu-west-1:000000000000:log-group:*"]}],"Version":"2012-10-17"},"role":{"$from":[{"attr":"name","of":"network.flow-log-role","until":"created"}]}}"#);
    insta::assert_snapshot!(of("network.flow-log"), @r#"{"interval_seconds":600,"log_group":{"$from":[{"attr":"name","of":"network.flow-log-group","until":"created"}]},"role":{"$from":[{"attr":"arn","of":"network.flow-log-role","until":"ready"}]},"tags":{"Name":"campus-flow-log"},"traffic":"ALL","vpc":{"$from":[{"attr":"id","of":"network.vpc","until":"created"}]}}"#);
    insta::assert_snapshot!(of("network.endpoint[\"s3\"]"), @r#"{"endpoint_type":"Gateway","groups":[],"policy":null,"private_dns":null,"route_tables":[{"$from":[{"attr":"id","of":"network.route-table.private[\"eu-west-1a\"]","until":"created"}]},{"$from":[{"attr":"id","of":"network.route-table.private[\"eu-west-1b\"]","until":"created"}]},{"$from":[{"attr":"id","of":"network.route-table.public","until":"created"}]}],"service":"com.amazonaws.eu-west-1.s3","subnets":[],"tags":{"Name":"campus-endpoint-s3"},"vpc":{"$from":[{"attr":"id","of":"network.vpc","until":"created"}]}}"#);
    insta::assert_snapshot!(of("network.security-group.web"), @r#"{"default_egress":false,"description":"Web servers: PHP and the tasks of Moodle","name":"campus-web","tags":{"Name":"campus-web"},"vpc":{"$from":[{"attr":"id","of":"network.vpc","until":"created"}]}}"#);
    insta::assert_snapshot!(of("network.rule.web.to-database"), @r#"{"cidr":null,"description":"PostgreSQL to the database","direction":"egress","from_port":5432,"group":{"$from":[{"attr":"id","of":"network.security-group.web","until":"created"}]},"peer":{"$from":[{"attr":"id","of":"network.security-group.database","until":"created"}]},"prefix_list":null,"protocol":"tcp","tags":{"Name":"campus-web-to-database"},"to_port":5432}"#);
    insta::assert_snapshot!(of("network.rule.load-balancer.https"), @r#"{"cidr":"0.0.0.0/0","description":"HTTPS from visitors","direction":"ingress","from_port":443,"group":{"$from":[{"attr":"id","of":"network.security-group.load-balancer","until":"created"}]},"peer":null,"prefix_list":null,"protocol":"tcp","tags":{"Name":"campus-load-balancer-https"},"to_port":443}"#);
}

#[test]
fn outputs_name_what_others_build_on() {
    let graph = graph(&network("zones 2"));
    insta::assert_snapshot!(serde_json::to_string_pretty(&graph.outputs).unwrap(), @r#"
    {
      "nat-addresses": [
        {
          "$from": [
            {
              "attr": "public_ip",
              "of": "network.eip[\"eu-west-1a\"]",
              "until": "ready"
            }
          ]
        },
        {
          "$from": [
            {
              "attr": "public_ip",
              "of": "network.eip[\"eu-west-1b\"]",
              "until": "ready"
            }
          ]
        }
      ],
      "security-group-cache": {
        "$from": [
          {
            "attr": "id",
            "of": "network.security-group.cache",
            "until": "ready"
          }
        ]
      },
      "security-group-database": {
        "$from": [
          {
            "attr": "id",
            "of": "network.security-group.database",
            "until": "ready"
          }
        ]
      },
      "security-group-files": {
        "$from": [
          {
            "attr": "id",
            "of": "network.security-group.files",
            "until": "ready"
          }
        ]
      },
      "security-group-load-balancer": {
        "$from": [
          {
            "attr": "id",
            "of": "network.security-group.load-balancer",
            "until": "ready"
          }
        ]
      },
      "security-group-web": {
        "$from": [
          {
            "attr": "id",
            "of": "network.security-group.web",
            "until": "ready"
          }
        ]
      },
      "subnet-app-eu-west-1a": {
        "$from": [
          {
            "attr": "id",
            "of": "network.subnet.app[\"eu-west-1a\"]",
            "until": "ready"
          }
        ]
      },
      "subnet-app-eu-west-1b": {
        "$from": [
          {
            "attr": "id",
            "of": "network.subnet.app[\"eu-west-1b\"]",
            "until": "ready"
          }
        ]
      },
      "subnet-data-eu-west-1a": {
        "$from": [
          {
            "attr": "id",
            "of": "network.subnet.data[\"eu-west-1a\"]",
            "until": "ready"
          }
        ]
      },
      "subnet-data-eu-west-1b": {
        "$from": [
          {
            "attr": "id",
            "of": "network.subnet.data[\"eu-west-1b\"]",
            "until": "ready"
          }
        ]
      },
      "subnet-public-eu-west-1a": {
        "$from": [
          {
            "attr": "id",
            "of": "network.subnet.public[\"eu-west-1a\"]",
            "until": "ready"
          }
        ]
      },
      "subnet-public-eu-west-1b": {
        "$from": [
          {
            "attr": "id",
            "of": "network.subnet.public[\"eu-west-1b\"]",
            "until": "ready"
          }
        ]
      },
      "subnets-app": [
        {
          "$from": [
            {
              "attr": "id",
              "of": "network.subnet.app[\"eu-west-1a\"]",
              "until": "ready"
            }
          ]
        },
        {
          "$from": [
            {
              "attr": "id",
              "of": "network.subnet.app[\"eu-west-1b\"]",
              "until": "ready"
            }
          ]
        }
      ],
      "subnets-app-joined": {
        "$from": [
          {
            "attr": "id",
            "of": "network.subnet.app[\"eu-west-1a\"]",
            "until": "ready"
          },
          ",",
          {
            "attr": "id",
            "of": "network.subnet.app[\"eu-west-1b\"]",
            "until": "ready"
          }
        ]
      },
      "subnets-data": [
        {
          "$from": [
            {
              "attr": "id",
              "of": "network.subnet.data[\"eu-west-1a\"]",
              "until": "ready"
            }
          ]
        },
        {
          "$from": [
            {
              "attr": "id",
              "of": "network.subnet.data[\"eu-west-1b\"]",
              "until": "ready"
            }
          ]
        }
      ],
      "subnets-data-joined": {
        "$from": [
          {
            "attr": "id",
            "of": "network.subnet.data[\"eu-west-1a\"]",
            "until": "ready"
          },
          ",",
          {
            "attr": "id",
            "of": "network.subnet.data[\"eu-west-1b\"]",
            "until": "ready"
          }
        ]
      },
      "subnets-public": [
        {
          "$from": [
            {
              "attr": "id",
              "of": "network.subnet.public[\"eu-west-1a\"]",
              "until": "ready"
            }
          ]
        },
        {
          "$from": [
            {
              "attr": "id",
              "of": "network.subnet.public[\"eu-west-1b\"]",
              "until": "ready"
            }
          ]
        }
      ],
      "subnets-public-joined": {
        "$from": [
          {
            "attr": "id",
            "of": "network.subnet.public[\"eu-west-1a\"]",
            "until": "ready"
          },
          ",",
          {
            "attr": "id",
            "of": "network.subnet.public[\"eu-west-1b\"]",
            "until": "ready"
          }
        ]
      },
      "vpc": {
        "$from": [
          {
            "attr": "id",
            "of": "network.vpc",
            "until": "ready"
          }
        ]
      },
      "vpc-cidr": "10.0.0.0/16"
    }
    "#);
}

#[test]
fn an_existing_network_gets_groups_and_rules_only() {
    let topology = network(
        "existing vpc=\"vpc-12345678\" { public \"subnet-11111111\"; app \"subnet-22222222\" \"subnet-33333333\" }",
    );
    let graph = graph(&topology);
    let others: Vec<String> = addresses(&graph)
        .into_iter()
        .filter(|it| !it.starts_with("network.security-group.") && !it.starts_with("network.rule."))
        .collect();
    assert!(others.is_empty(), "{others:?}");
    assert!(props(&graph, "network.security-group.web").contains("\"vpc\":\"vpc-12345678\""));
    insta::assert_snapshot!(serde_json::to_string(&graph.outputs["subnets-app"]).unwrap(), @r#"["subnet-22222222","subnet-33333333"]"#);
    insta::assert_snapshot!(graph.outputs["subnets-app-joined"], @r#""subnet-22222222,subnet-33333333""#);
}

#[test]
fn nat_is_per_zone_single_or_none() {
    let having = |nat: &str, part: &str| {
        let graph = graph(&network(&format!("zones 3; nat \"{nat}\"")));
        addresses(&graph).iter().filter(|it| it.starts_with(part)).count()
    };
    for (nat, gateways, routes) in [("per-zone", 3, 3), ("single", 1, 3), ("none", 0, 0)] {
        assert_eq!(having(nat, "network.nat["), gateways, "{nat}");
        assert_eq!(having(nat, "network.eip["), gateways, "{nat}");
        assert_eq!(having(nat, "network.route.private["), routes, "{nat}");
        assert_eq!(having(nat, "network.route-table.private["), 3, "{nat}");
    }
}

#[test]
fn a_zone_more_only_adds() {
    for vpc in ["10.0.0.0/16", "10.0.0.0/18", "10.0.0.0/21"] {
        for nat in ["per-zone", "single", "none"] {
            for zones in 1..6 {
                let of = |zones: usize| graph(&network(&format!("cidr \"{vpc}\"; zones {zones}; nat \"{nat}\"")));
                let (before, after) = (of(zones), of(zones + 1));
                for node in before.nodes() {
                    let now = after.get(&node.address).unwrap_or_else(|| panic!("{} is gone", node.address));
                    // The endpoint gets the new route table; that is an addition too, in place.
                    if node.address.as_str() != "network.endpoint[\"s3\"]" {
                        assert_eq!(now.props, node.props, "{}", node.address);
                    }
                }
                assert!(before.len() < after.len());
            }
        }
    }
}

#[test]
fn every_property_is_one_of_its_kind() {
    let registry = moodle_infra::kinds::registry();
    for (file, spec) in specs() {
        for node in graph(&topology_of(&spec)).nodes() {
            let kind = registry.get(node.kind).unwrap_or_else(|| panic!("{file}: no kind {}", node.kind));
            kind.normalise(&node.props).unwrap_or_else(|error| panic!("{file}: {}: {error}", node.address));
        }
    }
}

#[test]
fn the_effective_spec_says_everything() {
    let text = effective(&topology_of("moodle \"campus\" { network }"));
    insta::assert_snapshot!(text, @r#"
    moodle "campus" {
        size "standard"
        network {
            cidr "10.0.0.0/16"
            zones 3
            tenancy "default"
            nat "per-zone"
            flow-logs retain-days=7
            endpoints "s3"
            subnets "public" map-public-ip=#false { cidrs "10.0.200.0/24" "10.0.201.0/24" "10.0.202.0/24" }
            subnets "app" { cidrs "10.0.0.0/22" "10.0.4.0/22" "10.0.8.0/22" }
            subnets "data" { cidrs "10.0.100.0/24" "10.0.101.0/24" "10.0.102.0/24" }
        }
    }
    "#);
}

#[test]
fn the_effective_spec_of_each_spec_is_the_same_topology() {
    for (file, spec) in specs() {
        let topology = topology_of(&spec);
        let text = effective(&topology);
        assert_eq!(topology_of(&text), topology, "{file}");
        assert_eq!(format(&text).unwrap(), text, "{file}");
    }
}

fn blocks() -> impl Strategy<Value = String> {
    let zones = prop_oneof![
        (1..=6_usize).prop_map(|it| it.to_string()),
        prop::sample::subsequence(vec!['a', 'b', 'c', 'd', 'e', 'f'], 1..=6).prop_shuffle().prop_map(|it| it
            .into_iter()
            .map(|it| format!(" \"eu-west-1{it}\""))
            .collect::<Vec<_>>()
            .concat())
    ];
    let flow = prop::sample::select(vec!["", "flow-logs #false;", "flow-logs retain-days=30;", "flow-logs;"]);
    let endpoints = prop::sample::select(vec!["", "endpoints #false;", "endpoints \"kms\" \"s3\";"]);
    let nat = prop::sample::select(vec!["", "nat \"single\";", "nat \"none\";"]);
    let public = prop::sample::select(vec!["", "tenancy \"dedicated\";", "subnets \"public\" map-public-ip=#true;"]);
    (16..=21, zones, flow, endpoints, nat, public).prop_map(|(size, zones, flow, endpoints, nat, public)| {
        format!("cidr \"10.64.0.0/{size}\"; zones {zones}; {flow} {endpoints} {nat} {public}")
    })
}

proptest! {
    #[test]
    fn any_effective_spec_is_the_same_topology(
        block in blocks(),
        tags in prop::collection::btree_map("[a-z][a-z0-9 _.:/=+@-]{0,8}", "[A-Za-z0-9 _.:/=+@é-]{0,9}", 0..3),
    ) {
        prop_assume!(tags.keys().all(|it| it != "name" && !it.starts_with("aws:")));
        let tags: Vec<String> = tags.iter().map(|(key, value)| format!(" \"{key}\"=\"{value}\"")).collect();
        let tags = if tags.is_empty() { String::new() } else { format!("tags{}", tags.concat()) };
        let topology = topology_of(&format!("moodle \"campus\" {{\n region \"eu-west-1\"\n{tags}\nnetwork {{ {block} }}\n}}"));
        let text = effective(&topology);
        prop_assert_eq!(topology_of(&text), topology.clone());
        prop_assert_eq!(format(&text).unwrap(), text);
        prop_assert!(!graph(&topology).is_empty());
    }
}
