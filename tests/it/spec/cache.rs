//! The cache tier: its faults, its resources, its outputs, and the spec that says all of it.

use std::fmt::Write as _;

use moodle_infra::graph::Graph;
use moodle_infra::kind::{Address, Milestone};
use moodle_infra::spec::format;
use moodle_infra::topology::{self, Facts, Topology, effective};

use super::faults::faults;

/// Returns the faults of what stands behind a network of two zones.
fn behind(caches: &str) -> String {
    faults(&format!("moodle \"a\" {{\nregion \"eu-west-1\"\nnetwork {{ zones 2 }}\n{caches}\n}}"))
}

fn within(block: &str) -> String {
    behind(&format!("cache \"session\" {{\n{block}\n}}"))
}

fn topology_of(zones: &str, caches: &str) -> Topology {
    let spec = format!("moodle \"campus\" {{ region \"eu-west-1\"; network {{ zones {zones} }}; {caches} }}");
    topology::read(spec.as_bytes(), "x.kdl").0.expect("a spec without errors is a topology")
}

fn graph(topology: &Topology) -> Graph {
    topology.graph(&Facts::offline(topology))
}

fn props(graph: &Graph, address: &str) -> String {
    let node = graph.get(&Address::parse(address).expect("an address")).unwrap_or_else(|| panic!("no {address}"));
    serde_json::to_string(&node.props).expect("JSON")
}

/// Returns the resources of the tier and what each waits for.
fn needs(graph: &Graph) -> String {
    let mut text = String::new();
    for node in graph.nodes().filter(|it| it.address.as_str().starts_with("cache.")) {
        let needs = graph.needs(&node.address);
        let until = |until: &Milestone| if *until == Milestone::Ready { " ready" } else { "" };
        let needs: Vec<String> = needs.iter().map(|(address, it)| format!("{address}{}", until(it))).collect();
        writeln!(text, "{} {} <- {}", node.kind, node.address, needs.join(", ")).expect("memory");
    }
    text
}

#[test]
fn names_of_caches() {
    insta::assert_snapshot!(behind("cache"), @r#"x.kdl:4:1: error: Missing value: `cache` needs a value. Write for example: cache "session" [spec::missing-value]"#);
    insta::assert_snapshot!(behind("cache \"sesion\""), @r#"x.kdl:4:7: error: Unknown value: The name of a cache is `sesion`, and must be one of "session", "application". Did you mean "session"? [spec::unknown-value]"#);
    insta::assert_snapshot!(behind("cache \"session\"\ncache \"session\""), @r#"x.kdl:5:1: error: Written twice: The cache "session" is written above. Remove one of the two. [spec::duplicate] (4:1 the first one)"#);
    insta::assert_snapshot!(within("nods 3"), @"x.kdl:5:1: error: Unknown node: `cache` has no node `nods` in its block. Did you mean `nodes`? [spec::unknown-node]");
}

#[test]
fn a_cache_needs_a_network() {
    insta::assert_snapshot!(faults("moodle \"a\" { cache \"session\"; cache \"application\" }"), @"x.kdl:1:14: error: No network for the cache: A cache stands in the subnets of a network, and the spec has none. Write `network` for a new one, or network { existing … } for one that is there. [cache::no-network]");
    insta::assert_snapshot!(faults("moodle \"a\" { network { existing vpc=\"vpc-12345678\" }; cache \"session\" }"), @r#"x.kdl:1:55: error: No subnets for the cache: The existing network names no `data` subnets, and caches stand in these. Write for example: existing vpc="vpc-…" { data "subnet-…" "subnet-…" } [cache::no-subnets]"#);
    // The network's own faults are enough.
    insta::assert_snapshot!(faults("moodle \"a\" { network { zones 9 }; cache \"session\" }"), @"x.kdl:1:30: error: Number out of range: The number of zones is 9, and must be from 1 to 6. Write a number from 1 to 6. [spec::out-of-range]");
}

#[test]
fn a_cache_that_is_there_already_is_told_and_not_made() {
    let there = "cache \"session\" { existing endpoint=\"Cache.example.edu:6379\" }";
    let topology = topology::read(format!("moodle \"campus\" {{ {there} }}").as_bytes(), "x.kdl").0.expect("no errors");
    let graph = graph(&topology);
    assert!(graph.is_empty());
    assert_eq!(graph.outputs["cache-session-endpoint"], "cache.example.edu:6379");
    insta::assert_snapshot!(effective(&topology), @r#"
    moodle "campus" {
        size "standard"
        cache "session" {
            existing endpoint="cache.example.edu:6379" engine="valkey" tls=#true
        }
    }
    "#);
    assert_eq!(topology::read(effective(&topology).as_bytes(), "x.kdl").0, Some(topology));

    let others = "cache \"application\" { existing endpoint=\"a.example.edu:11211,b.example.edu:11211\" engine=\"memcached\" group=\"sg-01234567\" }";
    let topology = topology_of("2", &format!("{there}; {others}"));
    let graph = super::cache::graph(&topology);
    insta::assert_snapshot!(needs(&graph), @"
    ec2.security_group_rule cache.application.rule.from-web-11211 <- network.security-group.web
    ec2.security_group_rule cache.application.rule.let-in-11211 <- network.security-group.web
    ");
    insta::assert_snapshot!(props(&graph, "cache.application.rule.from-web-11211"), @r#"{"cidr":null,"description":"From the web servers of the site","direction":"egress","from_port":11211,"group":{"$from":[{"attr":"id","of":"network.security-group.web","until":"created"}]},"peer":"sg-01234567","prefix_list":null,"protocol":"tcp","tags":{"Name":"campus-cache-application-from-web-11211"},"to_port":11211}"#);
    insta::assert_snapshot!(props(&graph, "cache.application.rule.let-in-11211"), @r#"{"cidr":null,"description":"Web servers of a Moodle site","direction":"ingress","from_port":11211,"group":"sg-01234567","peer":{"$from":[{"attr":"id","of":"network.security-group.web","until":"created"}]},"prefix_list":null,"protocol":"tcp","tags":{"Name":"campus-cache-application-let-in-11211"},"to_port":11211}"#);
    assert_eq!(topology::read(effective(&topology).as_bytes(), "x.kdl").0, Some(topology));
}

#[test]
fn what_is_said_about_a_cache_that_is_there_already() {
    insta::assert_snapshot!(within("existing"), @r#"x.kdl:5:1: error: Missing value: `existing` needs `endpoint`. Write for example: existing endpoint="cache.example.edu:6379" engine="valkey" [spec::missing-value]"#);
    insta::assert_snapshot!(within("existing endpoint=\"redis://cache.example.edu\" engine=\"valky\" tls=1 group=\"cache\""), @r#"
    x.kdl:5:19: error: Not an endpoint: `redis://cache.example.edu` is not a host and a port. Write for example: existing endpoint="cache.example.edu:6379" engine="valkey" [cache::endpoint]
    x.kdl:5:54: error: Unknown value: The engine is `valky`, and must be one of "valkey", "redis", "memcached". Did you mean "valkey"? [spec::unknown-value]
    x.kdl:5:66: error: Wrong type of value: `tls` is a number, and must be a switch. Write `#true` or `#false`. [spec::wrong-type]
    x.kdl:5:74: error: Not an id: `cache` is not the id of a security group. Write `sg-` and 8 or 17 hexadecimal digits: "sg-0123456789abcdef0". [cache::group]
    "#);
    insta::assert_snapshot!(within("existing endpoint=\"a:6379,b:6379\""), @"x.kdl:5:19: error: Several endpoints: Valkey and Redis have one endpoint, which knows its replicas. Write the primary endpoint. [cache::endpoint]");
    insta::assert_snapshot!(within("existing endpoint=\"a:6379\"; engine \"redis\"; nodes count=2"), @"
    x.kdl:5:29: error: Field of another form: `engine` says how to make a cache, and `existing` that it is made. Remove `engine`, or write it in the line of `existing`. [cache::existing-excludes] (5:1 excludes it)
    x.kdl:5:45: error: Field of another form: `nodes` says how to make a cache, and `existing` that it is made. Remove `nodes`, or write it in the line of `existing`. [cache::existing-excludes] (5:1 excludes it)
    ");
    let one = "existing endpoint=\"cache.example.edu:6379\"";
    let two = "existing endpoint=\"CACHE.example.edu:6379\" engine=\"redis\"";
    insta::assert_snapshot!(behind(&format!("cache \"session\" {{ {one} }}\ncache \"application\" {{ {two} }}")), @"x.kdl:5:41: error: One cache for two purposes: Both caches are `cache.example.edu:6379`. A full application cache drops what can be read again, and that must never be a session. Write another endpoint, or remove `existing` for a cache that the stack makes. [cache::same-endpoint] (4:37 the other cache)");
    let other = "existing endpoint=\"cache.example.edu:6380\"";
    assert_eq!(behind(&format!("cache \"session\" {{ {one} }}\ncache \"application\" {{ {other} }}")), "");
    insta::assert_snapshot!(behind(&format!("web\ncache \"session\" {{ {one} }}")), @r#"x.kdl:5:19: warning: The web servers may not reach it: The web servers talk to the security groups that the stack names, and `existing` names none. Write for example group="sg-0123456789abcdef0"; or give it the group of the output `security-group-cache`, too. [existing::group]"#);
}

#[test]
fn engines_and_versions() {
    insta::assert_snapshot!(within("engine \"valky\""), @r#"x.kdl:5:8: error: Unknown value: The engine is `valky`, and must be one of "valkey", "redis", "memcached". Did you mean "valkey"? [spec::unknown-value]"#);
    insta::assert_snapshot!(within("version 8.1"), @r#"x.kdl:5:9: error: Wrong type of value: The version is a number, and must be a text. Write it in quotes: "8.1". [spec::wrong-type]"#);
    insta::assert_snapshot!(within("version \"8.1.2\""), @r#"x.kdl:5:9: error: Not a version: `8.1.2` is not one. valkey nodes have versions such as "8.1"; AWS chooses the patch level. Write version "8.1". [cache::version]"#);
    insta::assert_snapshot!(within("version \"8\""), @r#"x.kdl:5:9: error: Not a version: `8` is not one. valkey nodes have versions such as "8.1"; AWS chooses the patch level. Write version "8.1". [cache::version]"#);
    insta::assert_snapshot!(within("version \"latest\""), @r#"x.kdl:5:9: error: Not a version: `latest` is not one. valkey nodes have versions such as "8.1"; AWS chooses the patch level. Write version "8.1". [cache::version]"#);
    insta::assert_snapshot!(within("version \"11.0\""), @"x.kdl:5:9: warning: Unknown version: This version does not know valkey `11.0`; AWS may. Known are 7.2, 8.0, 8.1. [cache::unknown-version]");
    insta::assert_snapshot!(within("serverless; version \"8.1\""), @r#"x.kdl:5:21: error: Not a version: `8.1` is not one. A serverless cache of valkey has versions such as "8"; AWS chooses the rest. Write version "8". [cache::version]"#);
    insta::assert_snapshot!(within("engine \"memcached\"; version \"1.6.22\""), @r#"x.kdl:5:29: error: Not a version: `1.6.22` is not one. memcached nodes have versions such as "1.6"; AWS chooses the patch level. Write version "1.6". [cache::version]"#);
}

#[test]
fn nodes() {
    insta::assert_snapshot!(within("nodes \"t4g.medium\""), @r#"x.kdl:5:7: error: Not a class of nodes: `t4g.medium` is not a class of cache nodes. Write for example "cache.t4g.medium". [cache::class]"#);
    insta::assert_snapshot!(within("nodes \"db.t4g.medium.x\" count=7"), @r#"
    x.kdl:5:7: error: Not a class of nodes: `db.t4g.medium.x` is not a class of cache nodes. Write for example "cache.t4g.medium". [cache::class]
    x.kdl:5:31: error: Number out of range: `count` is 7, and must be from 1 to 6. Write a number from 1 to 6. [spec::out-of-range]
    "#);
    insta::assert_snapshot!(within("nodes count=0"), @"x.kdl:5:13: error: Number out of range: `count` is 0, and must be from 1 to 6. Write a number from 1 to 6. [spec::out-of-range]");
    insta::assert_snapshot!(within("nodes count=1"), @"x.kdl:5:13: warning: Single node: When the only node fails, or is replaced by AWS, all that it holds is lost. Write count=2 or more for a replica that takes over. [cache::single-node]");
    insta::assert_snapshot!(within("engine \"memcached\"; nodes count=41"), @"x.kdl:5:33: error: Number out of range: `count` is 41, and must be from 1 to 40. Write a number from 1 to 40. [spec::out-of-range]");
    insta::assert_snapshot!(within("parameters"), @r#"x.kdl:5:1: error: Missing value: `parameters` needs a field for each. Write for example: parameters maxmemory-policy="allkeys-lru" [spec::missing-value]"#);
    insta::assert_snapshot!(within("parameters MaxMemory=\"1\" timeout=#true"), @r#"
    x.kdl:5:12: error: Not a parameter: `MaxMemory` is not the name of a parameter. Write it as ElastiCache does, in small letters: maxmemory-policy. [cache::parameter]
    x.kdl:5:34: error: Wrong type of value: The value of a parameter is a switch, and must be a text. Write it in quotes: "true". [spec::wrong-type]
    "#);
}

#[test]
fn serverless() {
    insta::assert_snapshot!(within("nodes count=2; serverless; parameters timeout=1"), @"
    x.kdl:5:1: error: Field of another form: `nodes` is about nodes, and a serverless cache has none. Remove `nodes` or `serverless`. [cache::serverless-excludes] (5:16 excludes it)
    x.kdl:5:28: error: Field of another form: `parameters` is about nodes, and a serverless cache has none. Remove `parameters` or `serverless`. [cache::serverless-excludes] (5:16 excludes it)
    ");
    insta::assert_snapshot!(within("serverless min-gib=5 max-gib=2 min-ecpu=1"), @"
    x.kdl:5:20: error: Contradiction: `min-gib` is 5, and `max-gib` is 2. Write the smaller number as the minimum. [cache::limits]
    x.kdl:5:41: error: Number out of range: `min-ecpu` is 1, and must be from 1000 to 15000000. Write a number from 1000 to 15000000. [spec::out-of-range]
    ");
    insta::assert_snapshot!(within("serverless max-gib=5001 max=3"), @"
    x.kdl:5:20: error: Number out of range: `max-gib` is 5001, and must be from 1 to 5000. Write a number from 1 to 5000. [spec::out-of-range]
    x.kdl:5:25: error: Unknown field: `serverless` has no field `max` in its line. Known here: min-gib, max-gib, min-ecpu, max-ecpu. [spec::unknown-field]
    ");
    insta::assert_snapshot!(faults("moodle \"a\" { network { zones 1 }; cache \"session\" { serverless } }"), @"x.kdl:1:53: error: Too few zones: A serverless cache stands in two zones at least, and the network has 1. Give the network a zone more, or use `nodes`. [cache::zones]");
}

#[test]
fn keys() {
    insta::assert_snapshot!(within("key \"alias/aws/elasticache\""), @r#"x.kdl:5:5: error: Not a key: `alias/aws/elasticache` is not the ARN of a key. Write for example: key "arn:aws:kms:eu-west-1:111122223333:key/01234567-89ab-cdef-0123-456789abcdef" [cache::key]"#);
    insta::assert_snapshot!(within("key \"arn:aws:kms:eu-west-1:111122223333:alias/cache\""), @r#"x.kdl:5:5: error: Not a key: `arn:aws:kms:eu-west-1:111122223333:alias/cache` is not the ARN of a key. Write for example: key "arn:aws:kms:eu-west-1:111122223333:key/01234567-89ab-cdef-0123-456789abcdef" [cache::key]"#);
    insta::assert_snapshot!(within("key \"arn:aws:kms:eu-west-2:111122223333:key/1234\""), @"x.kdl:5:5: error: Key of another region: The key is in `eu-west-2`, and the stack is in `eu-west-1`. Write the ARN of a key, or of a replica of it, in the stack's region. [cache::key-region]");
    insta::assert_snapshot!(within("engine \"memcached\"; key \"arn:aws:kms:eu-west-1:111122223333:key/1234\""), @"x.kdl:5:21: error: Key of no use: Nodes of memcached keep everything in memory, so there is nothing to encrypt. Remove `key`. [cache::key]");
}

#[test]
fn what_memcached_cannot_do() {
    insta::assert_snapshot!(behind("cache \"application\" { engine \"memcached\" }"), @r#"x.kdl:4:1: warning: Memcached as application cache: Moodle has no store for memcached since 4.2. Use "valkey", or add the plug-in cachestore_memcached to the site. [cache::memcached-application]"#);
    insta::assert_snapshot!(within("engine \"memcached\"; serverless"), @r#"x.kdl:5:21: warning: Memcached with TLS: Serverless memcached takes connections with TLS only, and Moodle's sessions make none. Use `nodes`, or "valkey" as the engine. [cache::memcached-tls]"#);
    insta::assert_snapshot!(within("engine \"memcached\""), @"");
}

#[test]
fn caches_in_nodes_and_what_each_waits_for() {
    let graph = graph(&topology_of("2", "cache \"session\"; cache \"application\""));
    insta::assert_snapshot!(needs(&graph), @r#"
    elasticache.subnet_group cache.subnet-group <- network.subnet.data["eu-west-1a"], network.subnet.data["eu-west-1b"]
    elasticache.replication_group cache.session <- cache.subnet-group, network.security-group.cache
    elasticache.parameter_group cache.parameter-group.application <- 
    elasticache.replication_group cache.application <- cache.parameter-group.application ready, cache.subnet-group, network.security-group.cache
    "#);
    insta::assert_snapshot!(props(&graph, "cache.subnet-group"), @r#"{"description":"Caches of the Moodle stack campus","name":"campus-cache","subnets":[{"$from":[{"attr":"id","of":"network.subnet.data[\"eu-west-1a\"]","until":"created"}]},{"$from":[{"attr":"id","of":"network.subnet.data[\"eu-west-1b\"]","until":"created"}]}],"tags":{"Name":"campus-cache"}}"#);
    insta::assert_snapshot!(props(&graph, "cache.session"), @r#"{"description":"Sessions of the Moodle stack campus","encrypted":true,"engine":"valkey","failover":true,"groups":[{"$from":[{"attr":"id","of":"network.security-group.cache","until":"created"}]}],"key":null,"multi_zone":true,"name":"campus-session","node_type":"cache.t4g.medium","nodes":2,"parameter_group":"default.valkey8","subnet_group":{"$from":[{"attr":"name","of":"cache.subnet-group","until":"created"}]},"tags":{"Name":"campus-cache-session"},"tls":true,"version":"8.1"}"#);
    insta::assert_snapshot!(props(&graph, "cache.application"), @r#"{"description":"Application cache of the Moodle stack campus","encrypted":true,"engine":"valkey","failover":true,"groups":[{"$from":[{"attr":"id","of":"network.security-group.cache","until":"created"}]}],"key":null,"multi_zone":true,"name":"campus-app","node_type":"cache.t4g.medium","nodes":2,"parameter_group":{"$from":[{"attr":"name","of":"cache.parameter-group.application","until":"ready"}]},"subnet_group":{"$from":[{"attr":"name","of":"cache.subnet-group","until":"created"}]},"tags":{"Name":"campus-cache-application"},"tls":true,"version":"8.1"}"#);
    insta::assert_snapshot!(props(&graph, "cache.parameter-group.application"), @r#"{"description":"Application cache of the Moodle stack campus","family":"valkey8","name":"campus-app","parameters":{"maxmemory-policy":"allkeys-lru"},"tags":{"Name":"campus-cache-application"}}"#);
}

#[test]
fn memcached_and_serverless_caches() {
    let caches = "cache \"session\" { engine \"memcached\" }; cache \"application\" { serverless max-gib=10 }";
    let graph = graph(&topology_of("4", caches));
    insta::assert_snapshot!(needs(&graph), @r#"
    elasticache.subnet_group cache.subnet-group <- network.subnet.data["eu-west-1a"], network.subnet.data["eu-west-1b"], network.subnet.data["eu-west-1c"], network.subnet.data["eu-west-1d"]
    ec2.security_group_rule cache.rule.web-to-reader <- network.security-group.cache, network.security-group.web
    ec2.security_group_rule cache.rule.reader <- network.security-group.cache, network.security-group.web
    elasticache.cache_cluster cache.session <- cache.subnet-group, network.security-group.cache
    elasticache.serverless_cache cache.application <- network.security-group.cache, network.subnet.data["eu-west-1a"], network.subnet.data["eu-west-1b"], network.subnet.data["eu-west-1c"]
    "#);
    insta::assert_snapshot!(props(&graph, "cache.session"), @r#"{"cross_zone":true,"groups":[{"$from":[{"attr":"id","of":"network.security-group.cache","until":"created"}]}],"name":"campus-session","node_type":"cache.t4g.medium","nodes":4,"parameter_group":"default.memcached1.6","subnet_group":{"$from":[{"attr":"name","of":"cache.subnet-group","until":"created"}]},"tags":{"Name":"campus-cache-session"},"version":"1.6"}"#);
    insta::assert_snapshot!(props(&graph, "cache.application"), @r#"{"description":"Application cache of the Moodle stack campus","engine":"valkey","groups":[{"$from":[{"attr":"id","of":"network.security-group.cache","until":"created"}]}],"key":null,"max_ecpu":null,"max_gib":10,"min_ecpu":null,"min_gib":null,"name":"campus-app","subnets":[{"$from":[{"attr":"id","of":"network.subnet.data[\"eu-west-1a\"]","until":"created"}]},{"$from":[{"attr":"id","of":"network.subnet.data[\"eu-west-1b\"]","until":"created"}]},{"$from":[{"attr":"id","of":"network.subnet.data[\"eu-west-1c\"]","until":"created"}]}],"tags":{"Name":"campus-cache-application"},"version":"8"}"#);
    insta::assert_snapshot!(props(&graph, "cache.rule.reader"), @r#"{"cidr":null,"description":"Valkey and Redis readers from the web servers","direction":"ingress","from_port":6380,"group":{"$from":[{"attr":"id","of":"network.security-group.cache","until":"created"}]},"peer":{"$from":[{"attr":"id","of":"network.security-group.web","until":"created"}]},"prefix_list":null,"protocol":"tcp","tags":{"Name":"campus-cache-reader"},"to_port":6380}"#);
}

#[test]
fn outputs_say_where_caches_are_reached() {
    let outputs = |caches: &str| {
        let graph = graph(&topology_of("2", caches));
        let all = graph.outputs.iter().filter(|(name, _)| name.starts_with("cache-"));
        all.map(|(name, value)| format!("{name} {value}")).collect::<Vec<_>>().join("\n")
    };
    insta::assert_snapshot!(outputs("cache \"session\"; cache \"application\" { serverless }"), @r#"
    cache-application-endpoint {"$from":[{"attr":"endpoint","of":"cache.application","until":"ready"}]}
    cache-application-reader-endpoint {"$from":[{"attr":"reader_endpoint","of":"cache.application","until":"ready"}]}
    cache-session-endpoint {"$from":[{"attr":"endpoint","of":"cache.session","until":"ready"}]}
    cache-session-reader-endpoint {"$from":[{"attr":"reader_endpoint","of":"cache.session","until":"ready"}]}
    "#);
    insta::assert_snapshot!(outputs("cache \"session\" { engine \"memcached\" }"), @r#"
    cache-session-endpoint {"$from":[{"attr":"endpoint","of":"cache.session","until":"ready"}]}
    cache-session-node-endpoints {"$from":[{"attr":"nodes","of":"cache.session","until":"ready"}]}
    "#);
    insta::assert_snapshot!(outputs("cache \"session\" { engine \"memcached\"; serverless }"), @r#"cache-session-endpoint {"$from":[{"attr":"endpoint","of":"cache.session","until":"ready"}]}"#);
}

#[test]
fn there_is_a_node_a_zone_and_one_that_may_fail() {
    let count = |network: &str, cache: &str| {
        let spec = format!("moodle \"a\" {{ network {{ {network} }}; cache \"session\" {{ {cache} }} }}");
        let topology = topology::read(spec.as_bytes(), "x.kdl").0.expect("a topology");
        let node =
            graph(&topology).get(&Address::parse("cache.session").expect("an address")).expect("it").props.clone();
        let zones = if node["multi_zone"].is_null() { &node["cross_zone"] } else { &node["multi_zone"] };
        (node["nodes"].as_i64().expect("a number"), zones.as_bool())
    };
    assert_eq!(count("zones 1", ""), (2, Some(false)));
    assert_eq!(count("zones 3", ""), (3, Some(true)));
    assert_eq!(count("zones 3", "nodes count=1"), (1, Some(false)));
    assert_eq!(count("zones 6", "engine \"memcached\""), (6, Some(true)));
    assert_eq!(count("zones 3", "engine \"memcached\"; nodes count=1"), (1, None));
    let existing = "existing vpc=\"vpc-12345678\" { data \"subnet-12345678\" \"subnet-12345679\" }";
    assert_eq!(count(existing, ""), (2, Some(true)));
}

#[test]
fn the_longest_stack_name_leaves_room_for_the_names_of_caches() {
    let spec = "moodle \"abcdefghijklmnopqrstuvw\" { network; cache \"session\"; cache \"application\" }";
    let topology = topology::read(spec.as_bytes(), "x.kdl").0.expect("a topology");
    for node in graph(&topology).nodes().filter(|it| it.kind == "elasticache.replication_group") {
        // Behind it come a hyphen and eight digits; AWS takes 40 characters.
        assert!(node.props["name"].as_str().expect("a name").len() <= 31, "{}", node.props);
    }
}

#[test]
fn the_effective_spec_says_everything() {
    let caches = [
        "cache \"session\"; cache \"application\"",
        "cache \"session\" { engine \"redis\"; version \"7.0\"; nodes \"cache.r7g.large\" count=2; parameters timeout=300; key \"arn:aws:kms:eu-west-1:111122223333:key/1234\" }",
        "cache \"application\" { serverless min-gib=1 max-gib=10 min-ecpu=1000 max-ecpu=5000 }",
        "cache \"session\" { engine \"memcached\" }; cache \"application\" { engine \"memcached\"; serverless }",
    ];
    let mut all = String::new();
    for caches in caches {
        let topology = topology_of("3", caches);
        let text = effective(&topology);
        let (again, _) = topology::read(text.as_bytes(), "x.kdl");
        assert_eq!(again, Some(topology));
        assert_eq!(format(&text).expect("KDL"), text);
        let caches = text.lines().skip_while(|it| !it.starts_with("    cache"));
        all.extend(caches.filter_map(|it| it.strip_prefix("    ")).map(|it| format!("{it}\n")));
    }
    insta::assert_snapshot!(all, @r#"
    cache "session" {
        engine "valkey"
        version "8.1"
        nodes "cache.t4g.medium" count=3
    }
    cache "application" {
        engine "valkey"
        version "8.1"
        nodes "cache.t4g.medium" count=3
        parameters maxmemory-policy="allkeys-lru"
    }
    cache "session" {
        engine "redis"
        version "7.0"
        nodes "cache.r7g.large" count=2
        parameters timeout="300"
        key "arn:aws:kms:eu-west-1:111122223333:key/1234"
    }
    cache "application" {
        engine "valkey"
        version "8"
        serverless min-gib=1 max-gib=10 min-ecpu=1000 max-ecpu=5000
    }
    cache "session" {
        engine "memcached"
        version "1.6"
        nodes "cache.t4g.medium" count=3
    }
    cache "application" {
        engine "memcached"
        version "1.6"
        serverless
    }
    "#);
}
