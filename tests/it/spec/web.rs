//! The tiers `web` and `bastion`: the resources that they become, what is said about their faults, and the spec that says
//! all of it.

use std::fmt::Write as _;

use moodle_infra::graph::Graph;
use moodle_infra::kind::{Address, Milestone};
use moodle_infra::spec::format;
use moodle_infra::topology::{self, Facts, Topology, effective};

use super::faults::faults;

/// Returns the faults of what stands in the block of `web`.
fn within(block: &str) -> String {
    faults(&format!("moodle \"a\" {{\nregion \"eu-west-1\"; network\nweb {{\n{block}\n}}\n}}"))
}

/// Returns the faults of what stands in the block of `bastion`.
fn of_bastion(block: &str) -> String {
    faults(&format!("moodle \"a\" {{\nregion \"eu-west-1\"; network\nbastion {{\n{block}\n}}\n}}"))
}

fn topology_of(tiers: &str) -> Topology {
    let spec = format!("moodle \"campus\" {{ region \"eu-west-1\"; {tiers} }}");
    let (topology, faults) = topology::read(spec.as_bytes(), "x.kdl");
    // Some stand where nothing is made that a test does not ask for.
    let told: Vec<_> = faults.iter().filter(|it| it.code != "web::no-internet").collect();
    assert!(told.is_empty(), "{told:?}");
    topology.expect("a spec without faults is a topology")
}

fn graph(tiers: &str) -> Graph {
    let topology = topology_of(tiers);
    topology.graph(&Facts::offline(&topology))
}

/// Returns the resources of a tier and what each waits for.
fn needs(graph: &Graph, tier: &str) -> String {
    let mut text = String::new();
    for node in graph.nodes().filter(|it| it.address.tier() == tier) {
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
    let ours = |name: &str| ["web", "shell", "bastion"].iter().any(|it| name.starts_with(it));
    let lines = graph.outputs.iter().filter(|(name, _)| ours(name)).map(|(name, value)| format!("{name} {value}\n"));
    lines.collect()
}

#[test]
fn an_empty_web_tier_is_a_working_tier() {
    let graph = graph("network { zones 2; nat \"single\" }; web");
    insta::assert_snapshot!(needs(&graph, "web"), @r#"
    web.log-group <- 
    web.role <- 
    web.role-policy.session-manager <- web.role
    web.profile <- web.role, web.role-policy.session-manager ready
    web.role-policy <- web.log-group, web.role
    web.template <- network.security-group.web, web.profile
    web.group <- network.subnet.app["eu-west-1a"], network.subnet.app["eu-west-1b"], web.template
    web.metrics <- web.group
    web.policy.out <- web.group
    web.alarm.scale-out <- web.group, web.policy.out
    web.policy.in <- web.group
    web.alarm.scale-in <- web.group, web.policy.in
    web.capacity <- network.nat["eu-west-1a"] ready, network.route-table-association.app["eu-west-1a"] ready, network.route-table-association.app["eu-west-1b"] ready, network.route-table-association.public["eu-west-1a"] ready, network.route-table-association.public["eu-west-1b"] ready, network.route.private["eu-west-1a"] ready, network.route.private["eu-west-1b"] ready, network.route.public ready, web.group, web.profile ready, web.role-policy ready
    web.refresh <- web.capacity ready, web.group, web.template ready
    "#);
    insta::assert_snapshot!(props(&graph, "web.template"), @r##"{"device":"/dev/xvda","groups":[{"$from":[{"attr":"id","of":"network.security-group.web","until":"created"}]}],"image":"resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64","instance_type":"c7g.xlarge","key_pair":"","monitoring":true,"name":"campus-web","profile":{"$from":[{"attr":"name","of":"web.profile","until":"created"}]},"public_ip":false,"tags":{"Name":"campus-web"},"user_data":"#!/bin/bash\n# Serves one page that says that the server is well. A spec with a `site` makes it a Moodle server.\nset -euo pipefail\nfor attempt in 1 2 3 4 5; do\n    dnf -y install httpd && break\n    [ \"$attempt\" -lt 5 ] || { echo 'httpd cannot be installed: has the server a way to the internet?' >&2; exit 1; }\n    sleep 15\ndone\necho ok > /var/www/html/status.txt\nsystemctl enable --now httpd\n","volume_gib":10}"##);
    insta::assert_snapshot!(props(&graph, "web.group"), @r#"{"cooldown_seconds":60,"grace_seconds":900,"health_check":"EC2","name":"campus-web","subnets":[{"$from":[{"attr":"id","of":"network.subnet.app[\"eu-west-1a\"]","until":"created"}]},{"$from":[{"attr":"id","of":"network.subnet.app[\"eu-west-1b\"]","until":"created"}]}],"tags":{"Name":"campus-web"},"target_groups":[],"template":{"$from":[{"attr":"id","of":"web.template","until":"created"}]},"termination":["OldestLaunchTemplate","Default"]}"#);
    insta::assert_snapshot!(props(&graph, "web.capacity"), @r#"{"group":{"$from":[{"attr":"name","of":"web.group","until":"created"}]},"max":10,"min":2}"#);
    insta::assert_snapshot!(props(&graph, "web.refresh"), @r#"{"group":{"$from":[{"attr":"name","of":"web.group","until":"created"}]},"min_healthy_percent":90,"version":{"$from":[{"attr":"id","of":"web.template","until":"ready"},":",{"attr":"version","of":"web.template","until":"ready"}]}}"#);
    insta::assert_snapshot!(props(&graph, "web.policy.in"), @r#"{"group":{"$from":[{"attr":"name","of":"web.group","until":"created"}]},"name":"in","rule":{"step":{"cooldown_seconds":300,"servers":-1}}}"#);
    insta::assert_snapshot!(props(&graph, "web.alarm.scale-out"), @r#"{"actions":[{"$from":[{"attr":"arn","of":"web.policy.out","until":"created"}]}],"comparison":"GreaterThanThreshold","datapoints":3,"description":"The processors of the web servers are above 75 % for 3 minutes: adds a server","dimensions":{"AutoScalingGroupName":{"$from":[{"attr":"name","of":"web.group","until":"created"}]}},"evaluation_periods":3,"metric":"CPUUtilization","name":"campus-web-scale-out","namespace":"AWS/EC2","ok_actions":[],"period":60,"statistic":"Average","tags":{"Name":"campus-web-scale-out"},"threshold":75.0,"treat_missing":"missing","unit":null}"#);
    insta::assert_snapshot!(outputs(&graph), @r#"
    shell {"$from":["aws ssm start-session --region eu-west-1 --target \"$(aws autoscaling describe-auto-scaling-groups --region eu-west-1 --auto-scaling-group-names ",{"attr":"name","of":"web.group","until":"ready"}," --query 'AutoScalingGroups[0].Instances[0].InstanceId' --output text)\""]}
    web-group {"$from":[{"attr":"name","of":"web.group","until":"ready"}]}
    web-log-group {"$from":[{"attr":"name","of":"web.log-group","until":"ready"}]}
    web-role {"$from":[{"attr":"name","of":"web.role","until":"ready"}]}
    "#);
}

#[test]
fn servers_may_do_what_the_other_tiers_need_and_no_more() {
    let alone = graph("network { zones 2; nat \"none\" }; web");
    insta::assert_snapshot!(props(&alone, "web.role-policy"), @r#"{"name":"web","policy":{"Statement":[{"Action":["cloudwatch:PutMetricData"],"Condition":{"StringEquals":{"cloudwatch:namespace":["CWAgent","Moodle"]}},"Effect":"Allow","Resource":["*"],"Sid":"Metrics"},{"Action":["logs:CreateLogStream","logs:DescribeLogStreams","logs:PutLogEvents"],"Effect":"Allow","Resource":[{"$from":[{"attr":"arn","of":"web.log-group","until":"created"},":*"]},{"$from":[{"attr":"arn","of":"web.log-group","until":"created"}]}],"Sid":"Log"},{"Action":["ssm:GetParameter","ssm:GetParameters","ssm:GetParametersByPath"],"Effect":"Allow","Resource":["arn:aws:ssm:eu-west-1:000000000000:parameter/Moodle/campus","arn:aws:ssm:eu-west-1:000000000000:parameter/Moodle/campus/*"],"Sid":"Parameters"},{"Action":["ssm:PutParameter"],"Effect":"Allow","Resource":["arn:aws:ssm:eu-west-1:000000000000:parameter/Moodle/campus/report/*"],"Sid":"Report"}],"Version":"2012-10-17"},"role":{"$from":[{"attr":"name","of":"web.role","until":"created"}]}}"#);
    let database = "database { existing group=\"sg-0123456789abcdef0\" host=\"db.example.edu\" name=\"moodle\" \
        secret=\"arn:aws:secretsmanager:eu-west-1:123456789012:secret:moodle-AbCdEf\" }";
    let graph = graph(&format!("network {{ zones 2; nat \"none\" }}; {database}; files; web"));
    insta::assert_snapshot!(props(&graph, "web.role-policy"), @r#"{"name":"web","policy":{"Statement":[{"Action":["cloudwatch:PutMetricData"],"Condition":{"StringEquals":{"cloudwatch:namespace":["CWAgent","Moodle"]}},"Effect":"Allow","Resource":["*"],"Sid":"Metrics"},{"Action":["elasticfilesystem:ClientMount","elasticfilesystem:ClientWrite"],"Condition":{"StringEquals":{"elasticfilesystem:AccessPointArn":[{"$from":["arn:aws:elasticfilesystem:eu-west-1:000000000000:access-point/",{"attr":"id","of":"files.access-point[\"cache\"]","until":"created"}]},{"$from":["arn:aws:elasticfilesystem:eu-west-1:000000000000:access-point/",{"attr":"id","of":"files.access-point[\"data\"]","until":"created"}]},{"$from":["arn:aws:elasticfilesystem:eu-west-1:000000000000:access-point/",{"attr":"id","of":"files.access-point[\"temp\"]","until":"created"}]}]}},"Effect":"Allow","Resource":[{"$from":["arn:aws:elasticfilesystem:eu-west-1:000000000000:file-system/",{"attr":"id","of":"files.file-system","until":"ready"}]}],"Sid":"Files"},{"Action":["logs:CreateLogStream","logs:DescribeLogStreams","logs:PutLogEvents"],"Effect":"Allow","Resource":[{"$from":[{"attr":"arn","of":"web.log-group","until":"created"},":*"]},{"$from":[{"attr":"arn","of":"web.log-group","until":"created"}]}],"Sid":"Log"},{"Action":["secretsmanager:GetSecretValue"],"Effect":"Allow","Resource":["arn:aws:secretsmanager:eu-west-1:123456789012:secret:moodle-AbCdEf"],"Sid":"Secrets"},{"Action":["ssm:GetParameter","ssm:GetParameters","ssm:GetParametersByPath"],"Effect":"Allow","Resource":["arn:aws:ssm:eu-west-1:000000000000:parameter/Moodle/campus","arn:aws:ssm:eu-west-1:000000000000:parameter/Moodle/campus/*"],"Sid":"Parameters"},{"Action":["ssm:PutParameter"],"Effect":"Allow","Resource":["arn:aws:ssm:eu-west-1:000000000000:parameter/Moodle/campus/report/*"],"Sid":"Report"}],"Version":"2012-10-17"},"role":{"$from":[{"attr":"name","of":"web.role","until":"created"}]}}"#);
    assert!(needs(&graph, "web").contains("files.mount-target[\"eu-west-1b\"] ready"));
}

#[test]
fn a_target_takes_the_place_of_steps() {
    let graph = graph("network { zones 2; nat \"none\" }; web { target-tracking cpu=60 }");
    let resources = needs(&graph, "web");
    assert!(resources.contains("web.policy.cpu <- web.group"), "{resources}");
    assert!(!resources.contains("web.alarm"), "{resources}");
    insta::assert_snapshot!(props(&graph, "web.policy.cpu"), @r#"{"group":{"$from":[{"attr":"name","of":"web.group","until":"created"}]},"name":"cpu","rule":{"cpu":{"percent":60}}}"#);
}

#[test]
fn requests_are_a_load_too() {
    let graph =
        graph("network { zones 2; nat \"none\" }; load-balancer; web { target-tracking requests-per-minute=900 }");
    let resources = needs(&graph, "web");
    let policy = resources.lines().find(|it| it.contains("web.policy")).unwrap_or_default();
    insta::assert_snapshot!(policy, @"web.policy.requests <- load-balancer.listener.http ready, load-balancer.load-balancer, load-balancer.target-group, web.group");
    insta::assert_snapshot!(props(&graph, "web.policy.requests"), @r#"{"group":{"$from":[{"attr":"name","of":"web.group","until":"created"}]},"name":"requests","rule":{"requests":{"of":{"$from":[{"attr":"full_name","of":"load-balancer.load-balancer","until":"created"},"/",{"attr":"full_name","of":"load-balancer.target-group","until":"created"}]},"per_minute":900}}}"#);
}

#[test]
fn parameters_say_what_the_site_is_made_of() {
    let graph =
        graph("network { zones 2; nat \"none\" }; database; files; cache \"session\"; web { parameters #true }");
    let parameters = |line: &&str| line.contains("web.parameter");
    let resources = needs(&graph, "web");
    insta::assert_snapshot!(resources.lines().filter(parameters).collect::<Vec<_>>().join("\n"), @r#"
    web.parameter["network/vpc"] <- network.vpc
    web.parameter["database/endpoint"] <- database.cluster ready
    web.parameter["database/reader-endpoint"] <- database.cluster ready
    web.parameter["database/name"] <- 
    web.parameter["database/secret"] <- database.cluster ready
    web.parameter["cache/session/endpoint"] <- cache.session ready
    web.parameter["files/file-system"] <- files.file-system ready
    web.parameter["files/dns"] <- files.file-system
    "#);
    insta::assert_snapshot!(props(&graph, "web.parameter[\"database/endpoint\"]"), @r#"{"name":"/Moodle/campus/database/endpoint","tags":{"Name":"campus-parameter-database-endpoint"},"value":{"$from":[{"attr":"endpoint","of":"database.cluster","until":"ready"}]}}"#);
}

#[test]
fn servers_of_an_existing_network_stand_in_its_subnets() {
    let network = "network { existing vpc=\"vpc-12345678\" { app \"subnet-11111111\" \"subnet-22222222\" } }";
    let graph = graph(&format!("{network}; web"));
    assert!(props(&graph, "web.group").contains("\"subnets\":[\"subnet-11111111\",\"subnet-22222222\"]"));
}

#[test]
fn a_bastion_that_is_off_has_no_servers() {
    let graph = graph("network { zones 2; nat \"none\" }; bastion");
    insta::assert_snapshot!(needs(&graph, "bastion"), @r#"
    bastion.security-group <- network.vpc
    bastion.rule.to-internet-http <- bastion.security-group
    bastion.rule.to-internet-https <- bastion.security-group
    bastion.rule.to-web <- bastion.security-group, network.security-group.web
    bastion.rule.to-files <- bastion.security-group, network.security-group.files
    bastion.rule.web.ssh <- bastion.security-group, network.security-group.web
    bastion.rule.files.nfs <- bastion.security-group, network.security-group.files
    bastion.role <- 
    bastion.role-policy.session-manager <- bastion.role
    bastion.profile <- bastion.role, bastion.role-policy.session-manager ready
    bastion.template <- bastion.profile, bastion.security-group
    bastion.group <- bastion.template, network.subnet.public["eu-west-1a"], network.subnet.public["eu-west-1b"]
    "#);
    insta::assert_snapshot!(outputs(&graph), @r#"bastion-group {"$from":[{"attr":"name","of":"bastion.group","until":"ready"}]}"#);
}

#[test]
fn a_bastion_that_is_on_has_one() {
    let network = "network { zones 2; nat \"none\" }";
    let on = graph(&format!("{network}; bastion {{ scale 1; ssh-from \"203.0.113.0/24\"; key-pair \"ops\" }}"));
    let off = graph(&format!("{network}; bastion {{ ssh-from \"203.0.113.0/24\"; key-pair \"ops\" }}"));
    let addresses = |graph: &Graph| graph.nodes().map(|it| it.address.to_string()).collect::<Vec<_>>();
    let (on_addresses, off_addresses) = (addresses(&on), addresses(&off));
    let more: Vec<_> = on_addresses.iter().filter(|it| !off_addresses.contains(it)).cloned().collect();
    assert_eq!(more, ["bastion.capacity", "bastion.refresh"]);
    insta::assert_snapshot!(props(&on, "bastion.template"), @r##"{"device":"/dev/xvda","groups":[{"$from":[{"attr":"id","of":"bastion.security-group","until":"created"}]}],"image":"resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64","instance_type":"t4g.nano","key_pair":"ops","monitoring":false,"name":"campus-bastion","profile":{"$from":[{"attr":"name","of":"bastion.profile","until":"created"}]},"public_ip":true,"tags":{"Name":"campus-bastion"},"user_data":"#!/bin/bash\nset -euo pipefail\ndnf -y install amazon-efs-utils\n","volume_gib":8}"##);
    insta::assert_snapshot!(props(&on, "bastion.rule.ssh"), @r#"{"cidr":"203.0.113.0/24","description":"SSH from operators","direction":"ingress","from_port":22,"group":{"$from":[{"attr":"id","of":"bastion.security-group","until":"created"}]},"peer":null,"prefix_list":null,"protocol":"tcp","tags":{"Name":"campus-bastion-ssh"},"to_port":22}"#);
}

#[test]
fn the_effective_spec_reads_back_as_the_same_topology() {
    let all = "web { instances \"m7i.large\"; image \"ami-0123456789abcdef0\"; volume gib=20; scale min=0 max=1; \
        target-tracking cpu=50; health grace-seconds=120; refresh min-healthy-percent=50; key-pair \"my \\\"key\\\"\"; \
        opcache memory-mib=256 files=20000 revalidate-seconds=60; php memory-limit-mib=1024 max-input-vars=10000; \
        logs retain-days=30; parameters #true }; \
        bastion { instances \"t3.micro\"; scale 1; ssh-from \"198.51.100.7/32\"; key-pair \"ops\" }";
    let requests = "network; load-balancer; web { target-tracking requests-per-minute=900 }";
    for tiers in ["network; web; bastion", &format!("network; {all}"), requests] {
        let topology = topology_of(tiers);
        let written = effective(&topology);
        let (again, faults) = topology::read(written.as_bytes(), "effective.kdl");
        assert!(faults.is_empty(), "{written}\n{faults:?}");
        assert_eq!(again.as_ref(), Some(&topology), "{written}");
        assert_eq!(format::format(&written).unwrap(), written);
    }
    let written = effective(&topology_of("network; web; bastion"));
    let from = written.find("    web {").expect("the tier is written");
    insta::assert_snapshot!(&written[from..], @r#"
        web {
            instances "c7g.xlarge"
            image "al2023"
            volume gib=10
            scale min=2 max=10
            scale-out cpu=75 minutes=3 cooldown-seconds=300
            scale-in cpu=25 minutes=3 cooldown-seconds=300
            health grace-seconds=900
            refresh min-healthy-percent=90
            opcache memory-mib=512 files=32531 revalidate-seconds=300
            php memory-limit-mib=512 max-input-vars=5000
            logs retain-days=7
            parameters #false
        }
        bastion {
            instances "t4g.nano"
            scale 0
        }
    }
    "#);
}

#[test]
fn tiers_without_a_place() {
    insta::assert_snapshot!(faults("moodle \"a\" {\nweb\nbastion\n}"), @r#"
    x.kdl:2:1: error: Tier without a network: `web` puts its servers in the `app` subnets of a network, and the stack has no `network`. Write `network` too, or the one that is there: network { existing vpc="vpc-…" { app "subnet-…" } } [web::network]
    x.kdl:3:1: error: Tier without a network: `bastion` stands in a `public` subnet of a network, and the stack has no `network`. Write `network` too. [bastion::network]
    "#);
    let existing = "network { existing vpc=\"vpc-12345678\" { data \"subnet-11111111\" } }";
    insta::assert_snapshot!(faults(&format!("moodle \"a\" {{\n{existing}\nweb\nbastion\n}}")), @r#"
    x.kdl:3:1: error: No subnets for the servers: `web` puts its servers in the `app` subnets, and the existing network names none. Write one subnet a zone in the network: existing vpc="vpc-…" { app "subnet-…" } [web::subnets]
    x.kdl:4:1: error: No subnet for the server: `bastion` stands in a `public` subnet, and the existing network names none. Write one in the network: existing vpc="vpc-…" { public "subnet-…" } [bastion::subnets]
    "#);
}

#[test]
fn servers_fetch_what_they_run() {
    let closed = |web: &str| faults(&format!("moodle \"a\" {{\nnetwork {{ nat \"none\" }}\n{web}\n}}"));
    insta::assert_snapshot!(closed("web"), @r#"x.kdl:3:1: warning: Servers without the internet: Web servers fetch packages, Moodle and the certificates of the database, and `nat "none"` lets them reach nobody. Write nat "single" in `network`; or an image that has it all, and endpoints for what it asks of AWS. [web::no-internet]"#);
    assert_eq!(closed("web { image \"ami-0123456789abcdef0\" }"), "");
}

#[test]
fn instances_images_and_keys() {
    insta::assert_snapshot!(within("instances \"large\""), @r#"x.kdl:4:11: error: Not an instance type: `large` is not the type of an instance. Write a family and a size: "c7g.xlarge". [servers::instances]"#);
    insta::assert_snapshot!(within("instances \"db.r6g.large\""), @r#"x.kdl:4:11: error: Not an instance type: `db.r6g.large` is not the type of an instance. Types of servers have two parts: "r6g.large". [servers::instances]"#);
    insta::assert_snapshot!(within("instances \"mac2.metal\""), @r#"x.kdl:4:11: error: Instance without Linux: Instances of the type `mac2.metal` run macOS, which Moodle does not. Write for example "c7g.xlarge". [servers::instances]"#);
    insta::assert_snapshot!(within("instances 4"), @r#"x.kdl:4:11: error: Wrong type of value: The instance type is a number, and must be a text. Write it in quotes: "4". [spec::wrong-type]"#);
    insta::assert_snapshot!(within("image \"ubuntu\""), @r#"x.kdl:4:7: error: Unknown image: `ubuntu` is neither "al2023" nor the id of an image. Write "al2023", or `ami-` and 8 or 17 hexadecimal digits: "ami-0123456789abcdef0". [servers::image]"#);
    insta::assert_snapshot!(within("volume gib=4"), @"x.kdl:4:12: error: Number out of range: `gib` is 4, and must be from 8 to 16384. Write a number from 8 to 16384. [spec::out-of-range]");
    insta::assert_snapshot!(within("volume 10"), @"x.kdl:4:8: error: Value too many: `volume` takes no value in its line. Remove this value. [spec::surplus-value]");
    insta::assert_snapshot!(within("key-pair \"\""), @"x.kdl:4:10: error: Unusable name: `` cannot be the name of a key pair. Write the name under which EC2 knows the key: 1 to 255 letters, digits and signs. [servers::key-pair]");
}

#[test]
fn numbers_of_servers() {
    insta::assert_snapshot!(within("scale min=11 max=31"), @"
    x.kdl:4:11: error: Number out of range: `min` is 11, and must be from 0 to 10. Write a number from 0 to 10. [spec::out-of-range]
    x.kdl:4:18: error: Number out of range: `max` is 31, and must be from 1 to 30. Write a number from 1 to 30. [spec::out-of-range]
    ");
    insta::assert_snapshot!(within("scale min=5 max=4"), @"x.kdl:4:17: error: Contradiction: The servers are to be at least 5 and at most 4. Write a `max` that is not less than `min`. [web::scale]");
    assert_eq!(within("scale max=1"), "");
    insta::assert_snapshot!(within("scale-out cpu=20"), @"x.kdl:4:1: error: Contradiction: A server is added above 20 % and taken away below 25 %: there would be no rest. Write a `cpu` in `scale-in` that is well below the one in `scale-out`. [web::scaling]");
    insta::assert_snapshot!(within("scale-in cpu=25 minutes=0 cooldown-seconds=-1"), @"
    x.kdl:4:25: error: Number out of range: `minutes` is 0, and must be from 1 to 60. Write a number from 1 to 60. [spec::out-of-range]
    x.kdl:4:44: error: Number out of range: `cooldown-seconds` is -1, and must be from 0 to 3600. Write a number from 0 to 3600. [spec::out-of-range]
    ");
    insta::assert_snapshot!(within("target-tracking"), @"x.kdl:4:1: error: Missing value: `target-tracking` needs the load of a server to stay near. Write for example: target-tracking cpu=60, or target-tracking requests-per-minute=1000 [spec::missing-value]");
    insta::assert_snapshot!(within("target-tracking cpu=60\nscale-in cpu=10"), @"x.kdl:5:1: error: Field of another way to scale: `target-tracking` decides both when there are more servers and when there are fewer. Remove it, or remove `target-tracking`. [web::scaling] (4:1 excludes it)");
    insta::assert_snapshot!(within("target-tracking cpu=60 requests-per-minute=900"), @"x.kdl:4:44: error: Two loads: A group follows one load: that of its processors, or its requests. Remove one of them. [web::scaling]");
    insta::assert_snapshot!(within("target-tracking requests-per-minute=900"), @"x.kdl:4:37: error: Nobody counts requests: A load balancer counts the requests, and the stack has no `load-balancer`. Write `load-balancer` too, or cpu=60 instead. [web::scaling]");
    insta::assert_snapshot!(within("refresh min-healthy-percent=101; health grace-seconds=9000"), @"
    x.kdl:4:29: error: Number out of range: `min-healthy-percent` is 101, and must be from 0 to 100. Write a number from 0 to 100. [spec::out-of-range]
    x.kdl:4:55: error: Number out of range: `grace-seconds` is 9000, and must be from 0 to 7200. Write a number from 0 to 7200. [spec::out-of-range]
    ");
}

#[test]
fn settings_of_php_and_logs() {
    insta::assert_snapshot!(within("opcache memory-mib=1 files=10 revalidate-seconds=#true"), @"
    x.kdl:4:20: error: Number out of range: `memory-mib` is 1, and must be from 64 to 8192. Write a number from 64 to 8192. [spec::out-of-range]
    x.kdl:4:28: error: Number out of range: `files` is 10, and must be from 2000 to 1000000. Write a number from 2000 to 1000000. [spec::out-of-range]
    x.kdl:4:50: error: Wrong type of value: `revalidate-seconds` is a switch, and must be a whole number. Write a number from 0 to 86400. [spec::wrong-type]
    ");
    insta::assert_snapshot!(within("php memory-limit-mib=64 max-input-vars=1000"), @"
    x.kdl:4:22: error: Number out of range: `memory-limit-mib` is 64, and must be from 128 to 8192. Write a number from 128 to 8192. [spec::out-of-range]
    x.kdl:4:40: error: Number out of range: `max-input-vars` is 1000, and must be from 5000 to 1000000. Write a number from 5000 to 1000000. [spec::out-of-range]
    ");
    insta::assert_snapshot!(within("logs retain-days=8"), @"x.kdl:4:18: error: Retention not offered: CloudWatch Logs cannot keep entries for 8 days; it takes 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653. Write retain-days=14 to keep them at least as long. [web::retain-days]");
    insta::assert_snapshot!(within("parameters \"yes\"; instnces \"c7g.large\""), @"
    x.kdl:4:12: error: Wrong type of value: `parameters` is a text, and must be a switch. Write `#true` or `#false`. [spec::wrong-type]
    x.kdl:4:19: error: Unknown node: `web` has no node `instnces` in its block. Did you mean `instances`? [spec::unknown-node]
    ");
}

#[test]
fn bastions() {
    insta::assert_snapshot!(of_bastion("scale 2"), @"x.kdl:4:7: error: Number out of range: `scale` is 2, and must be from 0 to 1. Write a number from 0 to 1. [spec::out-of-range]");
    insta::assert_snapshot!(of_bastion("ssh-from \"0.0.0.0/0\"; key-pair \"ops\""), @r#"x.kdl:4:10: warning: SSH open to everybody: Everybody in the internet may try to log in. Write the range of your own addresses: "203.0.113.0/24". [bastion::open]"#);
    insta::assert_snapshot!(of_bastion("ssh-from \"203.0.113.7\"; key-pair \"ops\""), @r#"x.kdl:4:10: error: Not a range of addresses: `203.0.113.7` is not a range of IPv4 addresses. For this one address write "203.0.113.7/32". [bastion::ssh-from]"#);
    insta::assert_snapshot!(of_bastion("ssh-from \"203.0.113.7/24\"; key-pair \"ops\""), @r#"x.kdl:4:10: error: Not a range of addresses: `203.0.113.7/24` has bits set behind its prefix. Write "203.0.113.0/24", or "203.0.113.7/32" for the one address. [bastion::ssh-from]"#);
    insta::assert_snapshot!(of_bastion("ssh-from \"::/0\"; key-pair \"ops\""), @r#"x.kdl:4:10: error: Not a range of addresses: `::/0` is not a range of IPv4 addresses. Write it like "203.0.113.0/24". [bastion::ssh-from]"#);
    insta::assert_snapshot!(of_bastion("ssh-from \"203.0.113.0/24\""), @"x.kdl:4:10: warning: SSH without a key: Port 22 is open, but the server knows no key, so nobody gets in by SSH. Write `key-pair` with the name of a key that EC2 knows, or remove `ssh-from`: Session Manager works. [bastion::key-pair]");
    insta::assert_snapshot!(of_bastion("image \"al2023\""), @"x.kdl:4:1: error: Unknown node: `bastion` has no node `image` in its block. Known here: instances, scale, ssh-from, key-pair. [spec::unknown-node]");
}
