//! The tier `files`: the resources that it becomes, what is said about its faults, and the spec that says all of it.

use std::fmt::Write as _;

use moodle_infra::graph::Graph;
use moodle_infra::kind::{Address, Milestone};
use moodle_infra::spec::format;
use moodle_infra::topology::{self, Facts, Topology, effective};

use super::faults::faults;

/// Returns the faults of what stands in the block of `files`.
fn within(block: &str) -> String {
    faults(&format!("moodle \"a\" {{\nregion \"eu-west-1\"; network\nfiles {{\n{block}\n}}\n}}"))
}

fn topology_of(network: &str, block: &str) -> Topology {
    let spec = format!("moodle \"campus\" {{ region \"eu-west-1\"; {network}; files {{ {block} }} }}");
    let (topology, faults) = topology::read(spec.as_bytes(), "x.kdl");
    assert!(faults.is_empty(), "{faults:?}");
    topology.expect("a spec without faults is a topology")
}

fn graph(network: &str, block: &str) -> Graph {
    let topology = topology_of(network, block);
    topology.graph(&Facts::offline(&topology))
}

/// Returns the resources of the tier and what each waits for.
fn needs(graph: &Graph) -> String {
    let mut text = String::new();
    for node in graph.nodes().filter(|it| it.address.tier() == "files") {
        let needs = graph.needs(&node.address);
        let needs: Vec<String> = needs
            .iter()
            .map(|(address, until)| format!("{address}{}", if *until == Milestone::Ready { " ready" } else { "" }))
            .collect();
        writeln!(text, "{} <- {}", node.address, needs.join(", ")).unwrap();
    }
    text
}

fn props(graph: &Graph, address: &str) -> String {
    let node = graph.get(&Address::parse(address).expect("an address")).unwrap_or_else(|| panic!("no {address}"));
    serde_json::to_string(&node.props).expect("JSON")
}

fn outputs(graph: &Graph) -> String {
    let ours = |name: &str| ["file-system", "access-point", "mount-target"].iter().any(|it| name.starts_with(it));
    let lines = graph.outputs.iter().filter(|(name, _)| ours(name)).map(|(name, value)| format!("{name} {value}\n"));
    lines.collect()
}

#[test]
fn an_empty_tier_is_a_working_tier() {
    let graph = graph("network { zones 2 }", "");
    insta::assert_snapshot!(needs(&graph), @r#"
    files.file-system <- 
    files.policy <- files.file-system ready
    files.backup-policy <- files.file-system ready
    files.mount-target["eu-west-1a"] <- files.file-system ready, files.policy ready, network.security-group.files, network.subnet.data["eu-west-1a"]
    files.mount-target["eu-west-1b"] <- files.file-system ready, files.policy ready, network.security-group.files, network.subnet.data["eu-west-1b"]
    files.access-point["data"] <- files.file-system ready
    files.access-point["cache"] <- files.file-system ready
    files.access-point["temp"] <- files.file-system ready
    "#);
    insta::assert_snapshot!(props(&graph, "files.file-system"), @r#"{"key":null,"mibps":null,"performance":"generalPurpose","tags":{"Name":"campus-files"},"throughput":"elastic"}"#);
    insta::assert_snapshot!(props(&graph, "files.policy"), @r#"{"file_system":{"$from":[{"attr":"id","of":"files.file-system","until":"ready"}]},"policy":{"Id":"moodle-infra","Statement":[{"Action":["elasticfilesystem:ClientMount","elasticfilesystem:ClientRootAccess","elasticfilesystem:ClientWrite"],"Condition":{"Bool":{"aws:SecureTransport":["false"]}},"Effect":"Deny","Principal":{"AWS":["*"]},"Resource":[{"$from":[{"attr":"arn","of":"files.file-system","until":"ready"}]}],"Sid":"OnlyWithTls"},{"Action":["elasticfilesystem:ClientMount","elasticfilesystem:ClientWrite"],"Condition":{"Bool":{"elasticfilesystem:AccessedViaMountTarget":["true"]}},"Effect":"Allow","Principal":{"AWS":["arn:aws:iam::000000000000:root"]},"Resource":[{"$from":[{"attr":"arn","of":"files.file-system","until":"ready"}]}],"Sid":"OnlyWithRole"}],"Version":"2012-10-17"}}"#);
    insta::assert_snapshot!(props(&graph, "files.mount-target[\"eu-west-1b\"]"), @r#"{"file_system":{"$from":[{"attr":"id","of":"files.file-system","until":"ready"}]},"groups":[{"$from":[{"attr":"id","of":"network.security-group.files","until":"created"}]}],"subnet":{"$from":[{"attr":"id","of":"network.subnet.data[\"eu-west-1b\"]","until":"created"}]}}"#);
    insta::assert_snapshot!(props(&graph, "files.access-point[\"data\"]"), @r#"{"file_system":{"$from":[{"attr":"id","of":"files.file-system","until":"ready"}]},"gid":48,"path":"/data","permissions":"0770","tags":{"Name":"campus-files-data"},"uid":48}"#);
    insta::assert_snapshot!(outputs(&graph), @r#"
    access-point-cache {"$from":[{"attr":"id","of":"files.access-point[\"cache\"]","until":"ready"}]}
    access-point-data {"$from":[{"attr":"id","of":"files.access-point[\"data\"]","until":"ready"}]}
    access-point-temp {"$from":[{"attr":"id","of":"files.access-point[\"temp\"]","until":"ready"}]}
    file-system {"$from":[{"attr":"id","of":"files.file-system","until":"ready"}]}
    file-system-dns {"$from":[{"attr":"dns","of":"files.file-system","until":"created"}]}
    mount-target-eu-west-1a {"$from":[{"attr":"id","of":"files.mount-target[\"eu-west-1a\"]","until":"ready"}]}
    mount-target-eu-west-1b {"$from":[{"attr":"id","of":"files.mount-target[\"eu-west-1b\"]","until":"ready"}]}
    "#);
}

#[test]
fn every_setting_becomes_a_property() {
    let key = "arn:aws:kms:eu-west-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef";
    let all = format!(
        "performance \"max-io\"; throughput \"provisioned\" mibps=128; key \"{key}\"; backup #false; lifecycle infrequent-access-days=30"
    );
    let graph = graph("network { zones 1 }", &all);
    insta::assert_snapshot!(needs(&graph), @r#"
    files.file-system <- 
    files.policy <- files.file-system ready
    files.lifecycle <- files.file-system ready
    files.mount-target["eu-west-1a"] <- files.file-system ready, files.policy ready, network.security-group.files, network.subnet.data["eu-west-1a"]
    files.access-point["data"] <- files.file-system ready
    files.access-point["cache"] <- files.file-system ready
    files.access-point["temp"] <- files.file-system ready
    "#);
    insta::assert_snapshot!(props(&graph, "files.file-system"), @r#"{"key":"arn:aws:kms:eu-west-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef","mibps":128,"performance":"maxIO","tags":{"Name":"campus-files"},"throughput":"provisioned"}"#);
    insta::assert_snapshot!(props(&graph, "files.lifecycle"), @r#"{"archive_days":0,"back_on_access":false,"file_system":{"$from":[{"attr":"id","of":"files.file-system","until":"ready"}]},"infrequent_access_days":30}"#);
}

#[test]
fn a_server_fills_a_bursting_file_system_and_nobody_waits_for_it() {
    let spec = "moodle \"campus\" { region \"eu-west-1\"; network { zones 1; nat \"single\" }; files { throughput \"bursting\"; seed-gib 512 }; web }";
    let (topology, _) = topology::read(spec.as_bytes(), "x.kdl");
    let topology = topology.expect("warnings are no faults");
    let graph = topology.graph(&Facts::offline(&topology));
    let needs = needs(&graph);
    let ours: Vec<&str> = needs.lines().filter(|it| it.contains("seed")).collect();
    insta::assert_snapshot!(ours.join("\n"), @r#"
    files.access-point["seed"] <- files.file-system ready
    files.seed.security-group <- network.vpc
    files.seed.rule.to-internet-https <- files.seed.security-group
    files.seed.rule.to-files <- files.seed.security-group, network.security-group.files
    files.seed.rule.nfs <- files.seed.security-group, network.security-group.files
    files.seed.role <- 
    files.seed.role-policy.session-manager <- files.seed.role
    files.seed.profile <- files.seed.role, files.seed.role-policy.session-manager ready
    files.seed.report <- 
    files.seed.template <- files.access-point["seed"] ready, files.file-system ready, files.seed.profile, files.seed.security-group
    files.seed.group <- files.seed.template, network.subnet.app["eu-west-1a"]
    files.seed.role-policy <- files.access-point["seed"], files.file-system ready, files.seed.group, files.seed.role
    files.seed.job <- files.mount-target["eu-west-1a"] ready, files.seed.group, files.seed.profile ready, files.seed.report ready, files.seed.role-policy ready, files.seed.template ready, network.nat["eu-west-1a"] ready, network.route-table-association.app["eu-west-1a"] ready, network.route-table-association.public["eu-west-1a"] ready, network.route.private["eu-west-1a"] ready, network.route.public ready
    "#);
    insta::assert_snapshot!(props(&graph, "files.seed.job"), @r#"{"amount":512,"group":{"$from":[{"attr":"name","of":"files.seed.group","until":"created"}]}}"#);
    insta::assert_snapshot!(props(&graph, "files.seed.group"), @r#"{"cooldown_seconds":60,"grace_seconds":300,"health_check":"EC2","name":"campus-files-seed","subnets":[{"$from":[{"attr":"id","of":"network.subnet.app[\"eu-west-1a\"]","until":"created"}]}],"tags":{"Name":"campus-files-seed"},"target_groups":[],"template":{"$from":[{"attr":"id","of":"files.seed.template","until":"created"}]},"termination":["Default"]}"#);
    insta::assert_snapshot!(props(&graph, "files.seed.role-policy"), @r#"{"name":"seed","policy":{"Statement":[{"Action":["autoscaling:TerminateInstanceInAutoScalingGroup"],"Effect":"Allow","Resource":[{"$from":["arn:aws:autoscaling:eu-west-1:000000000000:autoScalingGroup:*:autoScalingGroupName/",{"attr":"name","of":"files.seed.group","until":"created"}]}],"Sid":"End"},{"Action":["elasticfilesystem:ClientMount","elasticfilesystem:ClientWrite"],"Condition":{"StringEquals":{"elasticfilesystem:AccessPointArn":[{"$from":[{"attr":"arn","of":"files.access-point[\"seed\"]","until":"created"}]}]}},"Effect":"Allow","Resource":[{"$from":["arn:aws:elasticfilesystem:eu-west-1:000000000000:file-system/",{"attr":"id","of":"files.file-system","until":"ready"}]}],"Sid":"Files"},{"Action":["ssm:PutParameter"],"Effect":"Allow","Resource":["arn:aws:ssm:eu-west-1:000000000000:parameter/Moodle/campus/seed"],"Sid":"Report"}],"Version":"2012-10-17"},"role":{"$from":[{"attr":"name","of":"files.seed.role","until":"created"}]}}"#);
    insta::assert_snapshot!(props(&graph, "files.access-point[\"seed\"]"), @r#"{"file_system":{"$from":[{"attr":"id","of":"files.file-system","until":"ready"}]},"gid":65534,"path":"/seed","permissions":"0770","tags":{"Name":"campus-files-seed"},"uid":65534}"#);
    let waits = |it: &Address| graph.needs(it).into_keys().any(|it| it.to_string().starts_with("files.seed"));
    let web = graph.nodes().filter(|it| it.address.tier() == "web");
    assert!(web.map(|it| &it.address).all(|it| !waits(it)));
    assert_eq!(
        graph.outputs["seed-progress"],
        "aws ssm get-parameter --region eu-west-1 --name /Moodle/campus/seed --query Parameter.Value --output text"
    );
    assert_eq!(topology::read(effective(&topology).as_bytes(), "x.kdl").0, Some(topology));
}

#[test]
fn the_web_servers_find_their_way_to_an_existing_file_system() {
    let graph = graph("network { zones 1 }", "existing \"fs-01234567\" group=\"sg-01234567\"");
    insta::assert_snapshot!(props(&graph, "files.rule.from-web-2049"), @r#"{"cidr":null,"description":"From the web servers of the site","direction":"egress","from_port":2049,"group":{"$from":[{"attr":"id","of":"network.security-group.web","until":"created"}]},"peer":"sg-01234567","prefix_list":null,"protocol":"tcp","tags":{"Name":"campus-files-from-web-2049"},"to_port":2049}"#);
    insta::assert_snapshot!(props(&graph, "files.rule.let-in-2049"), @r#"{"cidr":null,"description":"Web servers of a Moodle site","direction":"ingress","from_port":2049,"group":"sg-01234567","peer":{"$from":[{"attr":"id","of":"network.security-group.web","until":"created"}]},"prefix_list":null,"protocol":"tcp","tags":{"Name":"campus-files-let-in-2049"},"to_port":2049}"#);
}

#[test]
fn an_existing_file_system_gets_access_points_only() {
    let graph = graph("tags a=\"b\"", "existing \"fs-01234567\"");
    insta::assert_snapshot!(needs(&graph), @r#"
    files.access-point["data"] <- 
    files.access-point["cache"] <- 
    files.access-point["temp"] <-
    "#);
    insta::assert_snapshot!(outputs(&graph), @r#"
    access-point-cache {"$from":[{"attr":"id","of":"files.access-point[\"cache\"]","until":"ready"}]}
    access-point-data {"$from":[{"attr":"id","of":"files.access-point[\"data\"]","until":"ready"}]}
    access-point-temp {"$from":[{"attr":"id","of":"files.access-point[\"temp\"]","until":"ready"}]}
    file-system "fs-01234567"
    file-system-dns "fs-01234567.efs.eu-west-1.amazonaws.com"
    "#);
    assert_eq!(graph.len(), 3);
}

#[test]
fn an_existing_network_gets_a_mount_target_a_subnet() {
    let network = "network { existing vpc=\"vpc-12345678\" { app \"subnet-11111111\"; data \"subnet-22222222\" \"subnet-33333333\" } }";
    let graph = graph(network, "");
    assert!(props(&graph, "files.mount-target[\"subnet-22222222\"]").contains("\"subnet\":\"subnet-22222222\""));
    assert!(needs(&graph).contains("files.mount-target[\"subnet-33333333\"]"));
    assert!(!needs(&graph).contains("subnet-11111111"));
}

#[test]
fn a_zone_more_only_adds() {
    let (before, after) = (graph("network { zones 2 }", ""), graph("network { zones 3 }", ""));
    for node in before.nodes().filter(|it| it.address.tier() == "files") {
        assert_eq!(after.get(&node.address).unwrap().props, node.props, "{}", node.address);
    }
    assert!(after.get(&Address::of("files.mount-target", Some("eu-west-1c"))).is_some());
}

#[test]
fn the_effective_spec_says_everything_and_is_the_same_topology() {
    let key = "key \"arn:aws:kms:eu-west-1:123456789012:key/mrk-0123\"";
    let blocks = [
        String::new(),
        "performance \"max-io\"".to_owned(),
        format!("throughput \"provisioned\" mibps=3414; {key}; backup #false; lifecycle infrequent-access-days=1"),
        "lifecycle archive-days=365 back-on-access=#true".to_owned(),
        "lifecycle infrequent-access-days=7 archive-days=14; seed-gib 0".to_owned(),
        "lifecycle #false; throughput \"bursting\"".to_owned(),
        "key \"own\"; throughput \"bursting\"; burst-credit-alarms warning-minutes=90".to_owned(),
        "existing \"fs-0123456789abcdef0\"".to_owned(),
    ];
    let mut all = String::new();
    for block in blocks {
        let topology = topology_of("network", &block);
        let text = effective(&topology);
        let (again, faults) = topology::read(text.as_bytes(), "x.kdl");
        assert!(faults.is_empty(), "{faults:?}");
        assert_eq!(again, Some(topology));
        assert_eq!(format(&text).unwrap(), text);
        all.push_str(text.split_once("    files").unwrap().1);
    }
    insta::assert_snapshot!(all, @r#"
     {
            performance "general-purpose"
            throughput "elastic"
            backup #true
            lifecycle #false
            seed-gib 0
        }
    }
     {
            performance "max-io"
            throughput "bursting"
            backup #true
            lifecycle #false
            seed-gib 0
        }
    }
     {
            performance "general-purpose"
            throughput "provisioned" mibps=3414
            key "arn:aws:kms:eu-west-1:123456789012:key/mrk-0123"
            backup #false
            lifecycle infrequent-access-days=1 back-on-access=#false
            seed-gib 0
        }
    }
     {
            performance "general-purpose"
            throughput "elastic"
            backup #true
            lifecycle archive-days=365 back-on-access=#true
            seed-gib 0
        }
    }
     {
            performance "general-purpose"
            throughput "elastic"
            backup #true
            lifecycle infrequent-access-days=7 archive-days=14 back-on-access=#false
            seed-gib 0
        }
    }
     {
            performance "general-purpose"
            throughput "bursting"
            backup #true
            lifecycle #false
            seed-gib 0
        }
    }
     {
            performance "general-purpose"
            throughput "bursting"
            key "own"
            backup #true
            lifecycle #false
            seed-gib 0
            burst-credit-alarms warning-minutes=90 critical-minutes=60
        }
    }
     {
            existing "fs-0123456789abcdef0"
        }
    }
    "#);
}

#[test]
fn networks() {
    insta::assert_snapshot!(faults("moodle \"a\" { files; }"), @r#"x.kdl:1:14: error: Tier without a network: `files` puts a mount target in each zone of a network, and the stack has no `network`. Write `network` too, or name a file system that is there: files { existing "fs-…" } [files::network]"#);
    insta::assert_snapshot!(faults("moodle \"a\" { network { existing vpc=\"vpc-12345678\" { app \"subnet-11111111\"; } }; files; }"), @r#"x.kdl:1:82: error: No subnets for the mount targets: `files` puts its mount targets in the `data` subnets, and the existing network names none. Write one subnet a zone in the network: existing vpc="vpc-…" { data "subnet-…" } [files::subnets]"#);
    // The network's own fault is enough.
    insta::assert_snapshot!(faults("moodle \"a\" { network { zones 9 }; files; }"), @"x.kdl:1:30: error: Number out of range: The number of zones is 9, and must be from 1 to 6. Write a number from 1 to 6. [spec::out-of-range]");
    assert_eq!(faults("moodle \"a\" { files { existing \"fs-01234567\" } }"), "");
}

#[test]
fn performance_and_throughput() {
    insta::assert_snapshot!(within("performance \"maxio\"; throughput \"elastik\""), @r#"
    x.kdl:4:13: error: Unknown value: The performance mode is `maxio`, and must be one of "general-purpose", "max-io". Did you mean "max-io"? [spec::unknown-value]
    x.kdl:4:33: error: Unknown value: The throughput is `elastik`, and must be one of "elastic", "bursting", "provisioned". Did you mean "elastic"? [spec::unknown-value]
    "#);
    insta::assert_snapshot!(within("performance; throughput"), @r#"
    x.kdl:4:1: error: Missing value: `performance` needs a value. Write for example: performance "general-purpose" [spec::missing-value]
    x.kdl:4:14: error: Missing value: `throughput` needs a value. Write for example: throughput "elastic", or throughput "provisioned" mibps=128 [spec::missing-value]
    "#);
    insta::assert_snapshot!(within("performance \"max-io\"; throughput \"elastic\""), @r#"x.kdl:4:34: error: Contradiction: EFS has no elastic throughput for the performance mode "max-io". Write throughput "bursting", or remove `performance`: "general-purpose" suits nearly all. [files::throughput]"#);
    insta::assert_snapshot!(within("throughput \"provisioned\""), @r#"x.kdl:4:12: error: Missing throughput: Provisioned throughput needs the MiB a second to provide. Write for example: throughput "provisioned" mibps=128 [files::mibps]"#);
    insta::assert_snapshot!(within("throughput \"provisioned\" mibps=0"), @"x.kdl:4:32: error: Number out of range: `mibps` is 0, and must be from 1 to 3414. Write a number from 1 to 3414. [spec::out-of-range]");
    insta::assert_snapshot!(within("throughput \"provisioned\" mibps=1.5"), @"x.kdl:4:32: error: Wrong type of value: `mibps` is a fraction, and must be a whole number. Write a number from 1 to 3414. [spec::wrong-type]");
    insta::assert_snapshot!(within("throughput \"bursting\" mibps=10"), @r#"x.kdl:4:29: error: Field of another throughput: The throughput is "bursting", which is not bought by the MiB. Remove `mibps`, or write "provisioned". [files::mibps]"#);
}

#[test]
fn keys() {
    insta::assert_snapshot!(within("key"), @r#"x.kdl:4:1: error: Missing value: `key` needs a value. Write for example: key "arn:aws:kms:eu-west-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef" [spec::missing-value]"#);
    insta::assert_snapshot!(within("key 5"), @r#"x.kdl:4:5: error: Wrong type of value: The ARN of a key is a number, and must be a text. Write it in quotes: "5". [spec::wrong-type]"#);
    insta::assert_snapshot!(within("key \"01234567-89ab-cdef-0123-456789abcdef\""), @r#"x.kdl:4:5: error: Not the ARN of a key: `01234567-89ab-cdef-0123-456789abcdef` is not the ARN of a KMS key. Write it whole: "arn:aws:kms:eu-west-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef". [files::key]"#);
    insta::assert_snapshot!(within("key \"arn:aws:kms:eu-west-1:123456789012:alias/files\""), @r#"x.kdl:4:5: error: Alias instead of a key: An alias can be moved to another key, and AWS shows the key: the two would never be equal. Write the ARN of the key itself: "arn:aws:kms:eu-west-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef". [files::key]"#);
    insta::assert_snapshot!(within("key \"arn:aws:kms:eu-west-1:12345:key/01234567\""), @r#"x.kdl:4:5: error: Not the ARN of a key: `arn:aws:kms:eu-west-1:12345:key/01234567` is not the ARN of a KMS key. Write it like "arn:aws:kms:eu-west-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef". [files::key]"#);
    insta::assert_snapshot!(within("key \"arn:aws:kms:us-east-1:123456789012:key/01234567\""), @"x.kdl:4:5: error: Key of another region: The key is in `us-east-1`, and the stack is in `eu-west-1`; EFS takes keys of its own region. Choose a key of `eu-west-1`. [files::key-region]");
}

#[test]
fn backup_and_lifecycle() {
    insta::assert_snapshot!(within("backup 30"), @"x.kdl:4:8: error: Wrong type of value: `backup` is a number, and must be a switch. Write `#true` or `#false`. [spec::wrong-type]");
    insta::assert_snapshot!(within("lifecycle"), @"x.kdl:4:1: error: Missing days: `lifecycle` needs the days after which a file that nobody opens is moved. Write for example: lifecycle infrequent-access-days=30 archive-days=90, or lifecycle #false [files::lifecycle]");
    insta::assert_snapshot!(within("lifecycle #true"), @"x.kdl:4:1: error: Missing days: `lifecycle` needs the days after which a file that nobody opens is moved. Write for example: lifecycle infrequent-access-days=30 archive-days=90, or lifecycle #false [files::lifecycle]");
    insta::assert_snapshot!(within("lifecycle 30"), @"x.kdl:4:11: error: Wrong type of value: `lifecycle` is a number, and must be a switch. Write `#true` or `#false`. [spec::wrong-type]");
    insta::assert_snapshot!(within("lifecycle #false archive-days=30"), @"x.kdl:4:31: error: Contradiction: `lifecycle #false` moves nothing, so there are no days. Remove `#false` or the fields. [files::lifecycle]");
    insta::assert_snapshot!(within("lifecycle infrequent-access-days=20"), @"x.kdl:4:34: error: Days not offered: EFS cannot move files after 20 days; it takes 1, 7, 14, 30, 60, 90, 180, 270, 365. Write 30. [files::days]");
    insta::assert_snapshot!(within("lifecycle infrequent-access-days=90 archive-days=30"), @"x.kdl:4:50: error: Archive too early: A file goes to Infrequent Access first and to Archive later. Write more days than infrequent-access-days. [files::archive]");
    insta::assert_snapshot!(within("throughput \"bursting\"; lifecycle archive-days=30"), @r#"x.kdl:4:47: error: Archive without elastic throughput: EFS has Archive storage for elastic throughput only. Remove `archive-days`, or write throughput "elastic". [files::archive]"#);
}

#[test]
fn data_that_makes_a_file_system_quick() {
    insta::assert_snapshot!(within("seed-gib 100"), @r#"x.kdl:4:1: error: Data of no use: The throughput is "elastic", and only that of bursting file systems grows with what they hold. 100 GiB that nobody reads cost 30.00 USD a month and keep 4.8 MiB a second. To provision these costs 29.29 USD; elastic throughput costs less while fewer than 1000 GiB are read in a month (prices of us-east-1 in June 2026, https://aws.amazon.com/efs/pricing/). Remove `seed-gib`, or write throughput "bursting". [files::seed-gib]"#);
    insta::assert_snapshot!(within("throughput \"provisioned\" mibps=64; seed-gib 1"), @r#"x.kdl:4:36: error: Data of no use: The throughput is "provisioned", and only that of bursting file systems grows with what they hold. 1 GiB that nobody reads cost 0.30 USD a month and keep 0.0 MiB a second. To provision these costs 0.29 USD; elastic throughput costs less while fewer than 10 GiB are read in a month (prices of us-east-1 in June 2026, https://aws.amazon.com/efs/pricing/). Remove `seed-gib`, or write throughput "bursting". [files::seed-gib]"#);
    insta::assert_snapshot!(within("throughput \"bursting\"; seed-gib 512"), @r#"x.kdl:4:24: warning: Dear throughput: 512 GiB that nobody reads cost 153.60 USD a month and keep 25.0 MiB a second. To provision these costs 150.00 USD; elastic throughput costs less while fewer than 5120 GiB are read in a month (prices of us-east-1 in June 2026, https://aws.amazon.com/efs/pricing/). What is written stays when the number is made smaller. Remove `throughput` and `seed-gib` for elastic throughput, or write throughput "provisioned" mibps=… [files::seed-gib]"#);
    insta::assert_snapshot!(faults("moodle \"a\" { network { existing vpc=\"vpc-12345678\" { data \"subnet-11111111\"; } }; files { throughput \"bursting\"; seed-gib 1 } }"), @r#"x.kdl:1:114: error: No subnet for the server: The server that writes stands in an `app` subnet, and the existing network names none. Write one in the network: existing vpc="vpc-…" { app "subnet-…" } [files::seed-gib]"#);
    insta::assert_snapshot!(within("throughput \"bursting\"; seed-gib 1; lifecycle infrequent-access-days=30"), @"");
    insta::assert_snapshot!(within("throughput \"bursting\"; seed-gib 1024; backup #false"), @"");
    insta::assert_snapshot!(within("seed-gib"), @"x.kdl:4:1: error: Missing value: `seed-gib` needs a value. Write for example: seed-gib 0 [spec::missing-value]");
    insta::assert_snapshot!(within("seed-gib 9000"), @"x.kdl:4:10: error: Number out of range: `seed-gib` is 9000, and must be from 0 to 6144. Write a number from 0 to 6144. [spec::out-of-range]");
    assert_eq!(within("seed-gib 0"), "");
}

#[test]
fn alarms_on_burst_credits() {
    insta::assert_snapshot!(within("burst-credit-alarms"), @r#"x.kdl:4:1: warning: Alarms without burst credits: The throughput is "elastic", and only bursting file systems have burst credits. There are none. Remove `burst-credit-alarms`, or write throughput "bursting". [files::burst-credit-alarms]"#);
    insta::assert_snapshot!(within("throughput \"provisioned\" mibps=5; burst-credit-alarms warning-minutes=90"), @r#"x.kdl:4:35: warning: Alarms without burst credits: The throughput is "provisioned", and only bursting file systems have burst credits. There are none. Remove `burst-credit-alarms`, or write throughput "bursting". [files::burst-credit-alarms]"#);
    insta::assert_snapshot!(within("throughput \"bursting\"; burst-credit-alarms warning-minutes=0 critical-minutes=2000"), @"
    x.kdl:4:60: error: Number out of range: `warning-minutes` is 0, and must be from 1 to 1440. Write a number from 1 to 1440. [spec::out-of-range]
    x.kdl:4:79: error: Number out of range: `critical-minutes` is 2000, and must be from 1 to 1440. Write a number from 1 to 1440. [spec::out-of-range]
    ");
    insta::assert_snapshot!(within("throughput \"bursting\"; burst-credit-alarms critical-minutes=180"), @"x.kdl:4:61: error: Warning too late: The warning comes before the critical alarm, when there are more minutes left. Write for example warning-minutes=180 critical-minutes=60. [files::burst-credit-alarms]");
    insta::assert_snapshot!(within("throughput \"bursting\"; burst-credit-alarms #false critical-minutes=10"), @"x.kdl:4:68: error: Contradiction: `burst-credit-alarms #false` tells nobody, so there are no minutes. Remove `#false` or the fields. [files::burst-credit-alarms]");
    insta::assert_snapshot!(within("throughput \"bursting\"; burst-credit-alarms 180 minutes=5"), @"
    x.kdl:4:44: error: Wrong type of value: `burst-credit-alarms` is a number, and must be a switch. Write `#true` or `#false`. [spec::wrong-type]
    x.kdl:4:48: error: Unknown field: `burst-credit-alarms` has no field `minutes` in its line. Known here: warning-minutes, critical-minutes. [spec::unknown-field]
    ");
    assert_eq!(within("throughput \"bursting\"; burst-credit-alarms"), "");
    assert_eq!(within("burst-credit-alarms #false"), "");
}

#[test]
fn existing_file_systems() {
    insta::assert_snapshot!(within("existing"), @r#"x.kdl:4:1: error: Missing value: `existing` needs a value. Write for example: existing "fs-0123456789abcdef0" [spec::missing-value]"#);
    insta::assert_snapshot!(within("existing \"my-files\""), @r#"x.kdl:4:10: error: Not an id: `my-files` is not the id of a file system. Write `fs-` and 8 or 17 hexadecimal digits: "fs-0123456789abcdef0". [files::id]"#);
    insta::assert_snapshot!(within("existing \"fs-01234567\"; backup #true; performance \"max-io\""), @"
    x.kdl:4:25: error: Field of another form: `backup` says how to make a file system, and `existing` that it is made. Remove `backup` or `existing`. [files::existing-excludes] (4:1 excludes it)
    x.kdl:4:39: error: Field of another form: `performance` says how to make a file system, and `existing` that it is made. Remove `performance` or `existing`. [files::existing-excludes] (4:1 excludes it)
    ");
    insta::assert_snapshot!(within("existing \"fs-01234567\" group=\"files\""), @r#"x.kdl:4:30: error: Not an id: `files` is not the id of a security group. Write `sg-` and 8 or 17 hexadecimal digits: "sg-0123456789abcdef0". [files::group]"#);
    insta::assert_snapshot!(faults("moodle \"a\" { network; web; files { existing \"fs-01234567\" } }"), @r#"x.kdl:1:36: warning: The web servers may not reach it: The web servers talk to the security groups that the stack names, and `existing` names none. Write for example group="sg-0123456789abcdef0"; or give it the group of the output `security-group-files`, too. [existing::group]"#);
    assert_eq!(faults("moodle \"a\" { network; web; files { existing \"fs-01234567\" group=\"sg-01234567\" } }"), "");
    insta::assert_snapshot!(within("exsting \"fs-01234567\""), @"x.kdl:4:1: error: Unknown node: `files` has no node `exsting` in its block. Did you mean `existing`? [spec::unknown-node]");
}
