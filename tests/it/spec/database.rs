//! The database tier: what it becomes, and what is said about its faults.

use std::fmt::Write as _;

use moodle_infra::graph::Graph;
use moodle_infra::kind::{Address, Milestone};
use moodle_infra::topology::{self, Facts, Topology, effective};

use super::faults::faults;

const NETWORK: &str = "network { zones 2; nat \"none\"; flow-logs #false }";

/// Returns the faults of what stands in the block of `database`.
fn within(block: &str) -> String {
    faults(&format!("moodle \"a\" {{\nregion \"eu-west-1\"; {NETWORK}\ndatabase {{\n{block}\n}}\n}}"))
}

fn topology_of(spec: &str) -> Topology {
    let (topology, faults) = topology::read(spec.as_bytes(), "x.kdl");
    assert!(faults.is_empty(), "{faults:?}");
    topology.expect("a spec without faults is a topology")
}

fn database(block: &str) -> Topology {
    topology_of(&format!("moodle \"campus\" {{ region \"eu-west-1\"; {NETWORK}; database {{ {block} }} }}"))
}

fn graph(topology: &Topology) -> Graph {
    topology.graph(&Facts::offline(topology))
}

fn props(graph: &Graph, address: &str) -> String {
    let node = graph.get(&Address::parse(address).expect("an address")).unwrap_or_else(|| panic!("no {address}"));
    serde_json::to_string(&node.props).expect("JSON")
}

#[test]
fn the_resources_and_what_each_waits_for() {
    let graph = graph(&database("instances \"db.r6g.large\" count=3"));
    let mut text = String::new();
    for node in graph.nodes().filter(|it| it.address.as_str().starts_with("database.")) {
        let needs = graph.needs(&node.address);
        let ready = |until: Milestone| if until == Milestone::Ready { " ready" } else { "" };
        let needs: Vec<String> = needs.iter().map(|(address, until)| format!("{address}{}", ready(*until))).collect();
        writeln!(text, "{} <- {}", node.address, needs.join(", ")).unwrap();
    }
    insta::assert_snapshot!(text, @r#"
    database.subnet-group <- network.subnet.data["eu-west-1a"], network.subnet.data["eu-west-1b"], network.vpc
    database.parameter-group <- 
    database.cluster <- database.parameter-group ready, database.subnet-group, network.security-group.database
    database.instance["1"] <- database.cluster
    database.instance["2"] <- database.cluster, database.instance["1"] ready
    database.instance["3"] <- database.cluster, database.instance["2"] ready
    "#);
}

#[test]
fn properties_are_safe_by_default() {
    let graph = graph(&database(""));
    insta::assert_snapshot!(props(&graph, "database.parameter-group"), @r#"{"family":"aurora-postgresql17","name":"campus-database","parameters":{"rds.force_ssl":"1"},"tags":{"Name":"campus-database"}}"#);
    insta::assert_snapshot!(props(&graph, "database.cluster"), @r#"{"backup_days":30,"copy_tags":true,"database":"moodle","deletion_protection":true,"engine":"aurora-postgresql","groups":[{"$from":[{"attr":"id","of":"network.security-group.database","until":"created"}]}],"key":null,"managed_password":true,"name":"campus-database","parameter_group":{"$from":[{"attr":"name","of":"database.parameter-group","until":"ready"}]},"scaling":null,"snapshot":null,"subnet_group":{"$from":[{"attr":"name","of":"database.subnet-group","until":"created"}]},"tags":{"Name":"campus-database"},"username":"moodle","version":"17.5"}"#);
    insta::assert_snapshot!(props(&graph, "database.instance[\"2\"]"), @r#"{"auto_minor_upgrade":false,"class":"db.r6g.large","cluster":{"$from":[{"attr":"id","of":"database.cluster","until":"created"}]},"engine":"aurora-postgresql","name":"campus-database-2","public":false,"tags":{"Name":"campus-database-2"}}"#);
}

#[test]
fn mysql_has_its_own_settings_and_port() {
    let graph = graph(&database("engine \"aurora-mysql\"; serverless min=1 max=8.5 count=1"));
    insta::assert_snapshot!(props(&graph, "database.parameter-group"), @r#"{"family":"aurora-mysql8.0","name":"campus-database","parameters":{"require_secure_transport":"ON"},"tags":{"Name":"campus-database"}}"#);
    let cluster = props(&graph, "database.cluster");
    assert!(cluster.contains("\"scaling\":{\"max\":8.5,\"min\":1.0}"), "{cluster}");
    assert!(props(&graph, "database.instance[\"1\"]").contains("\"class\":\"db.serverless\""));
    let rule = props(&graph, "network.rule.database.mysql");
    assert!(rule.contains("\"from_port\":3306") && rule.contains("MySQL from the web servers"), "{rule}");
    assert!(props(&graph, "network.rule.web.to-database").contains("\"to_port\":3306"));
}

#[test]
fn a_restored_database_has_the_names_of_its_snapshot() {
    let graph = graph(&database("restore snapshot=\"campus-database-0123abcd-final\""));
    let cluster = props(&graph, "database.cluster");
    assert!(cluster.contains("\"database\":null") && cluster.contains("\"username\":null"), "{cluster}");
    assert!(cluster.contains("\"snapshot\":\"campus-database-0123abcd-final\""), "{cluster}");
}

#[test]
fn an_existing_database_is_told_and_not_made() {
    let spec = "moodle \"campus\" { database { existing host=\"db.example.edu\" reader=\"ro.example.edu\" secret=\"arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-a1b2c3\" } }";
    let topology = topology_of(spec);
    let graph = graph(&topology);
    assert!(graph.is_empty());
    insta::assert_snapshot!(serde_json::to_string(&graph.outputs).unwrap(), @r#"{"database-endpoint":"db.example.edu","database-name":"moodle","database-port":"5432","database-reader-endpoint":"ro.example.edu","database-secret":"arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-a1b2c3"}"#);
    assert_eq!(topology_of(&effective(&topology)), topology);

    let spec = spec.replace(
        "database { existing",
        "network { zones 2 }; database { engine \"aurora-mysql\"; existing group=\"sg-01234567\"",
    );
    let topology = topology_of(&spec);
    let graph = super::database::graph(&topology);
    assert!(props(&graph, "database.rule.from-web-3306").contains("\"peer\":\"sg-01234567\""));
    assert!(props(&graph, "database.rule.let-in-3306").contains("\"group\":\"sg-01234567\""));
    assert_eq!(topology_of(&effective(&topology)), topology);
}

#[test]
fn outputs_name_what_others_build_on() {
    let graph = graph(&database("instances \"db.t4g.medium\" count=1"));
    let outputs: Vec<String> = graph
        .outputs
        .iter()
        .filter(|(name, _)| name.starts_with("database-"))
        .map(|(name, value)| format!("{name} {value}"))
        .collect();
    insta::assert_snapshot!(outputs.join("\n"), @r#"
    database-cluster {"$from":[{"attr":"id","of":"database.cluster","until":"ready"}]}
    database-endpoint {"$from":[{"attr":"endpoint","of":"database.cluster","until":"ready"}]}
    database-instance-1 {"$from":[{"attr":"id","of":"database.instance[\"1\"]","until":"ready"}]}
    database-name "moodle"
    database-port "5432"
    database-reader-endpoint {"$from":[{"attr":"reader_endpoint","of":"database.cluster","until":"ready"}]}
    database-secret {"$from":[{"attr":"secret","of":"database.cluster","until":"ready"}]}
    database-subnet-group {"$from":[{"attr":"name","of":"database.subnet-group","until":"ready"}]}
    "#);
}

#[test]
fn the_effective_spec_says_everything() {
    let text = effective(&topology_of("moodle \"campus\" { network; database }"));
    insta::assert_snapshot!(text.split_once("    database {").unwrap().1, @r#"
            engine "aurora-postgresql" version="17.5"
            instances "db.r6g.large" count=2
            name "moodle"
            username "moodle"
            backup-days 30
            deletion-protection #true
            readers #true
        }
    }
    "#);
}

#[test]
fn the_effective_spec_is_the_same_topology() {
    for block in [
        "",
        "engine \"aurora-mysql\"; serverless min=0.5 max=3.5 count=3; readers #false",
        "engine \"aurora-postgresql\" version=\"16.9\"; instances \"db.t4g.medium\"; name \"school\"; username \"teacher\"",
        "backup-days 1; key \"arn:aws:kms:eu-west-1:123456789012:key/0123\"; deletion-protection #false; restore snapshot=\"rds:a-2026\"",
    ] {
        let topology = database(block);
        let text = effective(&topology);
        assert_eq!(topology_of(&text), topology, "{block}");
        assert_eq!(moodle_infra::spec::format(&text).unwrap(), text, "{block}");
    }
}

#[test]
fn one_instance_more_only_adds() {
    let of = |count: usize| graph(&database(&format!("instances \"db.r6g.large\" count={count}")));
    let (before, after) = (of(2), of(3));
    for node in before.nodes() {
        assert_eq!(after.get(&node.address).map(|it| &it.props), Some(&node.props), "{}", node.address);
    }
    assert_eq!(after.len(), before.len() + 1);
}

#[test]
fn a_database_needs_a_network_of_two_zones() {
    insta::assert_snapshot!(faults("moodle \"a\" {\ndatabase\n}"), @"x.kdl:2:1: error: Database without a network: The database stands in the subnets of the network, and the spec has no `network`. Add `network`, or `network { existing vpc=… }` for one that is there; or say which database is there: database { existing host=… } [database::no-network]");
    insta::assert_snapshot!(faults("moodle \"a\" {\nnetwork { zones 1 }\ndatabase\n}"), @"x.kdl:3:1: error: Too few zones for a database: Aurora needs subnets in two zones, and the network has one zone. Write `zones 2` in `network`. [database::zones]");
    insta::assert_snapshot!(faults("moodle \"a\" {\nnetwork { existing vpc=\"vpc-12345678\" { data \"subnet-12345678\" } }\ndatabase\n}"), @r#"x.kdl:3:1: error: Too few zones for a database: Aurora needs subnets in two zones, and the existing network names fewer in `data`. Write two or more: existing vpc=… { data "subnet-…" "subnet-…" } [database::zones]"#);
}

#[test]
fn engines() {
    insta::assert_snapshot!(within("engine \"mysql\""), @r#"x.kdl:4:8: error: Unknown value: The engine is `mysql`, and must be one of "aurora-postgresql", "aurora-mysql". [spec::unknown-value]"#);
    insta::assert_snapshot!(within("engine \"aurora-postgresql\" version=17.5"), @r#"x.kdl:4:36: error: Wrong type of value: The version is a number, and must be a text. Write it in quotes: "17.5". [spec::wrong-type]"#);
    insta::assert_snapshot!(within("engine \"aurora-postgresql\" version=\"17\""), @r#"x.kdl:4:36: error: Not a version: `17` is not a version of aurora-postgresql in full. Write it with its minor version: "17.5". [database::version]"#);
    insta::assert_snapshot!(within("engine \"aurora-mysql\" version=\"8.0\""), @r#"x.kdl:4:31: error: Not a version: `8.0` is not a version of aurora-mysql in full. Write it with its minor version: "8.0.mysql_aurora.3.10.3". [database::version]"#);
}

#[test]
fn servers() {
    insta::assert_snapshot!(within("instances"), @r#"x.kdl:4:1: error: Missing value: `instances` needs a value. Write for example: instances "db.r6g.large" count=2 [spec::missing-value]"#);
    insta::assert_snapshot!(within("instances \"r6g.large\" count=0"), @r#"
    x.kdl:4:11: error: Not a class: `r6g.large` is not the class of a database instance. Classes of databases begin with `db.`: "db.r6g.large". [database::class]
    x.kdl:4:29: error: Number out of range: `count` is 0, and must be from 1 to 16. Write a number from 1 to 16. [spec::out-of-range]
    "#);
    insta::assert_snapshot!(within("instances \"db.m5.large\" count=17"), @r#"
    x.kdl:4:11: error: Class that Aurora does not have: Aurora has instances of the families r, t and x, and `db.m5.large` is of none. Write for example "db.r6g.large", or "db.t4g.medium" for a test. [database::class]
    x.kdl:4:31: error: Number out of range: `count` is 17, and must be from 1 to 16. Write a number from 1 to 16. [spec::out-of-range]
    "#);
    insta::assert_snapshot!(within("instances \"db.serverless\""), @"x.kdl:4:11: error: Class without a size: Serverless instances have limits instead of a size. Write: serverless min=0.5 max=64 [database::class]");
    insta::assert_snapshot!(within("instances \"large\""), @r#"x.kdl:4:11: error: Not a class: `large` is not the class of a database instance. Write `db.`, a family and a size: "db.r6g.large". [database::class]"#);
    insta::assert_snapshot!(within("instances \"db.r6g.large\"\nserverless"), @"x.kdl:5:1: error: Two sorts of servers: The servers of a database are either `instances` of a fixed size or `serverless`. Remove one of the two; changing over later loses nothing. [database::servers] (4:1 the other one)");
    insta::assert_snapshot!(within("serverless min=0.25 max=300"), @"
    x.kdl:4:16: error: Capacity that AWS does not have: `min` is 0.25, and must be from 0 to 256 in steps of a half. Write for example min=0.5 max=64; a unit is about 2 GiB of memory. [database::capacity]
    x.kdl:4:25: error: Capacity that AWS does not have: `max` is 300, and must be from 1 to 256 in steps of a half. Write for example min=0.5 max=64; a unit is about 2 GiB of memory. [database::capacity]
    ");
    insta::assert_snapshot!(within("serverless min=8 max=4"), @"x.kdl:4:22: error: Limits the wrong way round: `max` is 4, which is less than `min`, 8. Write for example min=0.5 max=64. [database::capacity]");
    insta::assert_snapshot!(within("serverless min=\"1\""), @"x.kdl:4:16: error: Wrong type of value: `min` is a text, and must be a number. Write for example min=0.5 max=64. [spec::wrong-type]");
}

#[test]
fn names() {
    insta::assert_snapshot!(within("name \"2nd\""), @r#"x.kdl:4:6: error: Unusable database name: `2nd` cannot be the name of a database. Use 1 to 63 letters, digits and underscores, a letter first: "moodle". [database::name]"#);
    insta::assert_snapshot!(within("name \"postgres\""), @r#"x.kdl:4:6: error: Reserved database name: The engine, or AWS, keeps `postgres` for itself. Choose another: "moodle". [database::name]"#);
    insta::assert_snapshot!(within("username \"moodle_user\""), @r#"x.kdl:4:10: error: Unusable user name: `moodle_user` cannot be the name of the database's user. Use 1 to 16 letters and digits, a letter first: "moodle". [database::username]"#);
    insta::assert_snapshot!(within("username \"Admin\""), @r#"x.kdl:4:10: error: Reserved user name: The engine, or AWS, keeps `Admin` for itself. Choose another: "moodle". [database::username]"#);
    insta::assert_snapshot!(within("username"), @r#"x.kdl:4:1: error: Missing value: `username` needs a value. Write for example: username "moodle" [spec::missing-value]"#);
}

#[test]
fn the_rest() {
    insta::assert_snapshot!(within("backup-days 36; deletion-protection \"yes\"; readers 1"), @"
    x.kdl:4:13: error: Number out of range: `backup-days` is 36, and must be from 1 to 35. Write a number from 1 to 35. [spec::out-of-range]
    x.kdl:4:37: error: Wrong type of value: `deletion-protection` is a text, and must be a switch. Write `#true` or `#false`. [spec::wrong-type]
    x.kdl:4:52: error: Wrong type of value: `readers` is a number, and must be a switch. Write `#true` or `#false`. [spec::wrong-type]
    ");
    insta::assert_snapshot!(within("key \"alias/moodle\""), @r#"x.kdl:4:5: error: Not an ARN: `alias/moodle` is not an ARN. Write it in full: "arn:aws:kms:eu-west-1:123456789012:key/…". [database::arn]"#);
    insta::assert_snapshot!(within("key \"arn:aws:kms:eu-west-1:123456789012:alias/moodle\""), @r#"x.kdl:4:5: error: ARN of something else: `arn:aws:kms:eu-west-1:123456789012:alias/moodle` is not the ARN that is needed here. Write one like "arn:aws:kms:eu-west-1:123456789012:key/…". [database::arn]"#);
    insta::assert_snapshot!(within("key \"arn:aws:kms:us-east-1:123456789012:key/0123\""), @"x.kdl:4:5: error: ARN of another region: It is in `us-east-1`, and the stack is in `eu-west-1`. Write one of `eu-west-1`, or change `region`. [database::arn-region]");
    insta::assert_snapshot!(within("restore\nrestore-from \"x\""), @r#"
    x.kdl:4:1: error: Missing value: `restore` needs the snapshot to restore from. Write for example: restore snapshot="campus-database-0123abcd-final" [spec::missing-value]
    x.kdl:5:1: error: Unknown node: `database` has no node `restore-from` in its block. Known here: engine, readers, existing, instances, serverless, name, username, backup-days, key, deletion-protection, restore. [spec::unknown-node]
    "#);
    insta::assert_snapshot!(within("restore snapshot=\"my snapshot\""), @"x.kdl:4:18: error: Not a snapshot: `my snapshot` is not the identifier of a snapshot. Write the identifier or the ARN of a snapshot of a cluster. [database::snapshot]");
    insta::assert_snapshot!(within("existing host=\"https://db.example.edu/\" name=\"moodle\"\nbackup-days 3"), @r#"
    x.kdl:4:1: error: Missing value: `existing` needs `secret`. Write for example: existing host="campus.cluster-abc.eu-west-1.rds.amazonaws.com" secret="arn:aws:secretsmanager:…" [spec::missing-value]
    x.kdl:4:15: error: Not a host name: `https://db.example.edu/` is not the name of a host. Write the name alone, without protocol, port or path. [database::host]
    x.kdl:5:1: error: Field of another form: `backup-days` says how to make a database, and `existing` that it is made. Remove `backup-days` or `existing`. [database::existing-excludes] (4:1 excludes it)
    "#);
}
