//! The tier `watch`, and the alarms and keys of other tiers: the resources that they become, what is said about their
//! faults, and the spec that says all of it.

use std::fmt::Write as _;

use moodle_infra::graph::Graph;
use moodle_infra::kind::{Address, Milestone};
use moodle_infra::spec::format;
use moodle_infra::topology::{self, Facts, Topology, effective};
use serde_json::Value;

use super::faults::faults;

/// Returns the faults of what stands in the block of `watch`, line 4.
fn within(block: &str) -> String {
    faults(&format!("moodle \"a\" {{\nregion \"eu-west-1\"; network; files\nwatch {{\n{block}\n}}\n}}"))
}

/// Returns the topology of a stack with these tiers besides the network.
fn topology_of(tiers: &str) -> Topology {
    let spec = format!("moodle \"campus\" {{ region \"eu-west-1\"; network {{ zones 2 }}; {tiers} }}");
    let (topology, faults) = topology::read(spec.as_bytes(), "x.kdl");
    assert!(faults.is_empty(), "{faults:?}");
    topology.expect("a spec without faults is a topology")
}

fn graph(tiers: &str) -> Graph {
    let topology = topology_of(tiers);
    topology.graph(&Facts::offline(&topology))
}

/// Returns the resources below an address and what each waits for.
fn needs(graph: &Graph, below: &str) -> String {
    let below = Address::parse(below).expect("an address");
    let mut text = String::new();
    for node in graph.nodes().filter(|it| it.address.is_below(&below)) {
        let needs = graph.needs(&node.address);
        let needs: Vec<String> = needs
            .iter()
            .map(|(address, until)| format!("{address}{}", if *until == Milestone::Ready { " ready" } else { "" }))
            .collect();
        writeln!(text, "{} {} <- {}", node.kind, node.address, needs.join(", ")).unwrap();
    }
    text
}

fn props(graph: &Graph, address: &str) -> Value {
    let node = graph.get(&Address::parse(address).expect("an address")).unwrap_or_else(|| panic!("no {address}"));
    node.props.clone()
}

/// Returns the alarms, each with when it goes off.
fn alarms(graph: &Graph) -> String {
    let mut text = String::new();
    for node in graph.nodes().filter(|it| it.kind == "cloudwatch.math_alarm") {
        let it = &node.props;
        writeln!(text, "{}: {} {} {}", node.address, it["expression"], it["comparison"], it["threshold"]).unwrap();
    }
    for node in graph.nodes().filter(|it| it.kind == "cloudwatch.alarm") {
        let it = &node.props;
        let word = |name: &str| it[name].as_str().unwrap().to_owned();
        let (period, times) = (it["period"].as_i64().unwrap(), it["evaluation_periods"].as_i64().unwrap());
        let (address, metric, statistic) = (&node.address, word("metric"), word("statistic"));
        let (comparison, threshold) = (word("comparison"), &it["threshold"]);
        writeln!(text, "{address}: {statistic} {metric} {comparison} {threshold}, {times} x {period} s").unwrap();
    }
    text
}

fn outputs(graph: &Graph, which: &[&str]) -> String {
    let ours = graph.outputs.iter().filter(|(name, _)| which.iter().any(|it| name.starts_with(it)));
    ours.map(|(name, value)| format!("{name} {value}")).collect::<Vec<_>>().join("\n")
}

#[test]
fn everything_that_is_there_is_watched() {
    let tiers = "database; files; cache \"session\"; cache \"application\" { serverless max-gib=10 max-ecpu=5000 }";
    let graph = graph(&format!("{tiers}; watch {{ email \"ops@example.edu\" }}"));
    insta::assert_snapshot!(alarms(&graph), @r#"
    watch.alarm["database-1-cpu"]: Average CPUUtilization GreaterThanThreshold 90.0, 3 x 300 s
    watch.alarm["database-1-connections"]: Maximum DatabaseConnections GreaterThanThreshold 1369.0, 3 x 300 s
    watch.alarm["database-1-memory"]: Minimum FreeableMemory LessThanThreshold 858993459.0, 3 x 300 s
    watch.alarm["database-1-storage"]: Minimum FreeLocalStorage LessThanThreshold 2147483648.0, 3 x 300 s
    watch.alarm["database-2-cpu"]: Average CPUUtilization GreaterThanThreshold 90.0, 3 x 300 s
    watch.alarm["database-2-connections"]: Maximum DatabaseConnections GreaterThanThreshold 1369.0, 3 x 300 s
    watch.alarm["database-2-memory"]: Minimum FreeableMemory LessThanThreshold 858993459.0, 3 x 300 s
    watch.alarm["database-2-storage"]: Minimum FreeLocalStorage LessThanThreshold 2147483648.0, 3 x 300 s
    watch.alarm["cache-session-1-cpu"]: Average EngineCPUUtilization GreaterThanThreshold 90.0, 3 x 300 s
    watch.alarm["cache-session-1-memory"]: Maximum DatabaseMemoryUsagePercentage GreaterThanThreshold 90.0, 3 x 300 s
    watch.alarm["cache-session-1-evictions"]: Sum Evictions GreaterThanThreshold 0.0, 1 x 300 s
    watch.alarm["cache-session-1-connections"]: Maximum CurrConnections GreaterThanThreshold 50000.0, 1 x 300 s
    watch.alarm["cache-session-2-cpu"]: Average EngineCPUUtilization GreaterThanThreshold 90.0, 3 x 300 s
    watch.alarm["cache-session-2-memory"]: Maximum DatabaseMemoryUsagePercentage GreaterThanThreshold 90.0, 3 x 300 s
    watch.alarm["cache-session-2-evictions"]: Sum Evictions GreaterThanThreshold 0.0, 1 x 300 s
    watch.alarm["cache-session-2-connections"]: Maximum CurrConnections GreaterThanThreshold 50000.0, 1 x 300 s
    watch.alarm["cache-application-memory"]: Maximum BytesUsedForCache GreaterThanThreshold 9663676416.0, 3 x 300 s
    watch.alarm["cache-application-units"]: Sum ElastiCacheProcessingUnits GreaterThanThreshold 1350000.0, 3 x 300 s
    watch.alarm["cache-application-throttled"]: Sum ThrottledCmds GreaterThanThreshold 0.0, 3 x 300 s
    watch.alarm["cache-application-evictions"]: Sum Evictions GreaterThanThreshold 1000.0, 3 x 300 s
    watch.alarm["cache-application-connections"]: Maximum CurrConnections GreaterThanThreshold 50000.0, 1 x 300 s
    watch.alarm["files-io"]: Average PercentIOLimit GreaterThanThreshold 95.0, 3 x 300 s
    "#);
    insta::assert_snapshot!(needs(&graph, "watch.topic"), @"sns.topic watch.topic <-");
    insta::assert_snapshot!(needs(&graph, "watch.subscription"), @r#"sns.subscription watch.subscription["ops@example.edu"] <- watch.topic"#);
    insta::assert_snapshot!(needs(&graph, "watch.alarm").lines().next().unwrap(), @r#"cloudwatch.alarm watch.alarm["database-1-cpu"] <- database.instance["1"], watch.topic"#);
    insta::assert_snapshot!(needs(&graph, "watch.dashboard"), @r#"cloudwatch.dashboard watch.dashboard <- cache.application, cache.session, database.cluster, database.instance["1"], database.instance["2"], files.file-system ready"#);
    insta::assert_snapshot!(props(&graph, "watch.alarm[\"database-1-cpu\"]"), @r#"{"actions":[{"$from":[{"attr":"arn","of":"watch.topic","until":"created"}]}],"comparison":"GreaterThanThreshold","datapoints":3,"description":"Database server 1: processor above 90 % for 15 minutes.","dimensions":{"DBInstanceIdentifier":{"$from":[{"attr":"id","of":"database.instance[\"1\"]","until":"created"}]}},"evaluation_periods":3,"metric":"CPUUtilization","name":"campus-database-1-cpu","namespace":"AWS/RDS","ok_actions":[{"$from":[{"attr":"arn","of":"watch.topic","until":"created"}]}],"period":300,"statistic":"Average","tags":{"Name":"campus-database-1-cpu"},"threshold":90.0,"treat_missing":"notBreaching","unit":null}"#);
    insta::assert_snapshot!(props(&graph, "watch.alarm[\"cache-session-2-memory\"]"), @r#"{"actions":[{"$from":[{"attr":"arn","of":"watch.topic","until":"created"}]}],"comparison":"GreaterThanThreshold","datapoints":3,"description":"Session cache, node 2: memory above 90 % for 15 minutes; take a larger class of nodes.","dimensions":{"CacheClusterId":{"$from":[{"attr":"id","of":"cache.session","until":"created"},"-002"]}},"evaluation_periods":3,"metric":"DatabaseMemoryUsagePercentage","name":"campus-cache-session-2-memory","namespace":"AWS/ElastiCache","ok_actions":[{"$from":[{"attr":"arn","of":"watch.topic","until":"created"}]}],"period":300,"statistic":"Maximum","tags":{"Name":"campus-cache-session-2-memory"},"threshold":90.0,"treat_missing":"notBreaching","unit":null}"#);
    insta::assert_snapshot!(props(&graph, "watch.topic"), @r#"{"key":null,"name":"campus-alarms","sender":"Moodle campus","tags":{"Name":"campus-alarms"}}"#);
    insta::assert_snapshot!(props(&graph, "watch.subscription[\"ops@example.edu\"]"), @r#"{"endpoint":"ops@example.edu","protocol":"email","topic":{"$from":[{"attr":"arn","of":"watch.topic","until":"created"}]}}"#);
    insta::assert_snapshot!(outputs(&graph, &["alarms", "dashboard", "backup-vault"]), @r#"
    alarms-mail-ops@example.edu {"$from":[{"attr":"state","of":"watch.subscription[\"ops@example.edu\"]","until":"ready"}]}
    alarms-topic {"$from":[{"attr":"arn","of":"watch.topic","until":"created"}]}
    dashboard "https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#dashboards/dashboard/campus-eu-west-1"
    "#);
    let widgets = props(&graph, "watch.dashboard")["body"]["widgets"].as_array().unwrap().clone();
    let place = |it: &Value| format!("{},{} {}", it["x"], it["y"], it["properties"]["title"].as_str().unwrap_or("-"));
    insta::assert_snapshot!(widgets.iter().map(place).collect::<Vec<_>>().join("\n"), @"
    0,0 -
    0,1 Database: processor, %
    8,1 Database: memory free, bytes
    16,1 Database: connections
    0,7 Database: stored, bytes
    8,7 Session cache: engine, %
    16,7 Session cache: memory, %
    0,13 Session cache: connections
    8,13 Application cache: stored, bytes
    16,13 Application cache: processing units
    0,19 Application cache: connections
    8,19 Files: stored, bytes
    16,19 Files: read and written, bytes
    0,25 Files: use of operations, %
    ");
    insta::assert_snapshot!(widgets[1], @r#"{"height":6,"properties":{"metrics":[["AWS/RDS","CPUUtilization","DBInstanceIdentifier",{"$from":[{"attr":"id","of":"database.instance[\"1\"]","until":"created"}]},{"stat":"Average"}],["AWS/RDS","CPUUtilization","DBInstanceIdentifier",{"$from":[{"attr":"id","of":"database.instance[\"2\"]","until":"created"}]},{"stat":"Average"}]],"period":300,"region":"eu-west-1","title":"Database: processor, %","view":"timeSeries"},"type":"metric","width":8,"x":0,"y":1}"#);
}

#[test]
fn what_is_watched_depends_on_what_there_is() {
    let serverless = "database { serverless min=0.5 max=8 count=1 }; cache \"session\" { engine \"memcached\" }";
    insta::assert_snapshot!(alarms(&graph(&format!("{serverless}; watch {{ email \"ops@example.edu\" }}"))), @r#"
    watch.alarm["database-1-cpu"]: Average CPUUtilization GreaterThanThreshold 90.0, 3 x 300 s
    watch.alarm["database-1-connections"]: Maximum DatabaseConnections GreaterThanThreshold 1369.0, 3 x 300 s
    watch.alarm["database-1-capacity"]: Average ACUUtilization GreaterThanThreshold 90.0, 3 x 300 s
    watch.alarm["cache-session-cpu"]: Maximum CPUUtilization GreaterThanThreshold 90.0, 3 x 300 s
    watch.alarm["cache-session-memory"]: Maximum SwapUsage GreaterThanThreshold 52428800.0, 3 x 300 s
    watch.alarm["cache-session-evictions"]: Sum Evictions GreaterThanThreshold 0.0, 1 x 300 s
    watch.alarm["cache-session-connections"]: Maximum CurrConnections GreaterThanThreshold 50000.0, 1 x 300 s
    "#);
    let odd = "database { engine \"aurora-mysql\"; instances \"db.t4g.medium\" count=1 }";
    insta::assert_snapshot!(alarms(&graph(&format!("{odd}; watch {{ email \"ops@example.edu\" }}"))), @r#"
    watch.alarm["database-1-cpu"]: Average CPUUtilization GreaterThanThreshold 90.0, 3 x 300 s
    watch.alarm["database-1-connections"]: Maximum DatabaseConnections GreaterThanThreshold 84.0, 3 x 300 s
    watch.alarm["database-1-memory"]: Minimum FreeableMemory LessThanThreshold 214748364.0, 3 x 300 s
    watch.alarm["database-1-storage"]: Minimum FreeLocalStorage LessThanThreshold 2147483648.0, 3 x 300 s
    "#);
}

#[test]
fn switches_switch_off() {
    let graph = graph("files; watch { alarms #false; dashboard #false }");
    assert_eq!(needs(&graph, "watch"), "");
    let graph = self::graph("files; watch { email \"ops@example.edu\"; alarms #false }");
    insta::assert_snapshot!(needs(&graph, "watch"), @r#"
    sns.topic watch.topic <- 
    sns.subscription watch.subscription["ops@example.edu"] <- watch.topic
    cloudwatch.dashboard watch.dashboard <- files.file-system ready
    "#);
}

#[test]
fn copies_of_the_data() {
    let graph = graph("database; files; watch { alarms #false; dashboard #false; backups }");
    insta::assert_snapshot!(needs(&graph, "watch"), @"
    backup.vault watch.backup-vault <- 
    backup.plan watch.backup-plan <- watch.backup-vault
    iam.role watch.backup-role <- 
    iam.role_policy watch.backup-role-policy <- database.cluster, files.file-system, watch.backup-role, watch.backup-vault
    backup.selection watch.backup-selection <- database.cluster, files.file-system, watch.backup-plan, watch.backup-role ready, watch.backup-role-policy ready
    ");
    insta::assert_snapshot!(props(&graph, "watch.backup-plan"), @r#"{"name":"campus-backup","retain_days":35,"rule":"daily","schedule":"cron(0 5 * * ? *)","tags":{"Name":"campus-backup"},"vault":{"$from":[{"attr":"name","of":"watch.backup-vault","until":"created"}]}}"#);
    insta::assert_snapshot!(props(&graph, "watch.backup-selection"), @r#"{"name":"campus-backup","plan":{"$from":[{"attr":"id","of":"watch.backup-plan","until":"created"}]},"resources":[{"$from":[{"attr":"arn","of":"database.cluster","until":"created"}]},{"$from":[{"attr":"arn","of":"files.file-system","until":"created"}]}],"role":{"$from":[{"attr":"arn","of":"watch.backup-role","until":"ready"}]}}"#);
    insta::assert_snapshot!(props(&graph, "watch.backup-role"), @r#"{"description":"Lets AWS Backup copy the data of the Moodle stack campus","name":"campus-eu-west-1-backup","tags":{"Name":"campus-backup"},"trust":{"Statement":[{"Action":["sts:AssumeRole"],"Condition":{"StringEquals":{"aws:SourceAccount":["000000000000"]}},"Effect":"Allow","Principal":{"Service":["backup.amazonaws.com"]}}],"Version":"2012-10-17"}}"#);
    insta::assert_snapshot!(props(&graph, "watch.backup-role-policy"), @r#"{"name":"backup","policy":{"Statement":[{"Action":["backup:DescribeBackupVault"],"Effect":"Allow","Resource":[{"$from":[{"attr":"arn","of":"watch.backup-vault","until":"created"}]}],"Sid":"Vault"},{"Action":["elasticfilesystem:Backup","elasticfilesystem:DescribeTags","rds:AddTagsToResource","rds:CopyDBClusterSnapshot","rds:CreateDBClusterSnapshot","rds:ListTagsForResource"],"Effect":"Allow","Resource":["arn:aws:rds:eu-west-1:000000000000:cluster-snapshot:awsbackup:*",{"$from":[{"attr":"arn","of":"database.cluster","until":"created"}]},{"$from":[{"attr":"arn","of":"files.file-system","until":"created"}]}],"Sid":"Copy"},{"Action":["kms:CreateGrant"],"Condition":{"Bool":{"kms:GrantIsForAWSResource":["true"]}},"Effect":"Allow","Resource":["*"],"Sid":"Grants"},{"Action":["kms:DescribeKey"],"Condition":{"StringEquals":{"aws:ResourceAccount":["000000000000"]}},"Effect":"Allow","Resource":["*"],"Sid":"Keys"},{"Action":["rds:DeleteDBClusterSnapshot"],"Effect":"Allow","Resource":["arn:aws:rds:eu-west-1:000000000000:cluster-snapshot:awsbackup:*"],"Sid":"Expire"},{"Action":["rds:DescribeDBClusterAutomatedBackups","rds:DescribeDBClusterSnapshots","rds:DescribeDBClusters","tag:GetResources"],"Effect":"Allow","Resource":["*"],"Sid":"Look"}],"Version":"2012-10-17"},"role":{"$from":[{"attr":"name","of":"watch.backup-role","until":"created"}]}}"#);
    insta::assert_snapshot!(outputs(&graph, &["backup-vault"]), @r#"backup-vault {"$from":[{"attr":"name","of":"watch.backup-vault","until":"ready"}]}"#);
}

#[test]
fn burst_credits_are_told_with_and_without_the_tier() {
    let files = "files { throughput \"bursting\"; burst-credit-alarms }";
    let graph = graph(files);
    insta::assert_snapshot!(alarms(&graph), @r#"
    files.alarm["files-burst-credits-warning"]: "credits / speed / 60" "LessThanThreshold" 180.0
    files.alarm["files-burst-credits-critical"]: "credits / speed / 60" "LessThanThreshold" 60.0
    "#);
    insta::assert_snapshot!(needs(&graph, "files.alarm"), @r#"
    cloudwatch.math_alarm files.alarm["files-burst-credits-warning"] <- files.file-system ready, watch.topic
    cloudwatch.math_alarm files.alarm["files-burst-credits-critical"] <- files.file-system ready, watch.topic
    "#);
    insta::assert_snapshot!(props(&graph, "files.alarm[\"files-burst-credits-critical\"]"), @r#"{"actions":[{"$from":[{"attr":"arn","of":"watch.topic","until":"created"}]}],"comparison":"LessThanThreshold","datapoints":5,"description":"The shared files: at full speed, burst credits are at an end in 60 minutes. Then every page is slow. Write `throughput \"elastic\"` in `files`.","evaluation_periods":5,"expression":"credits / speed / 60","name":"campus-files-burst-credits-critical","ok_actions":[{"$from":[{"attr":"arn","of":"watch.topic","until":"created"}]}],"series":{"credits":{"dimensions":{"FileSystemId":{"$from":[{"attr":"id","of":"files.file-system","until":"ready"}]}},"metric":"BurstCreditBalance","namespace":"AWS/EFS","period":60,"statistic":"Minimum"},"speed":{"dimensions":{"FileSystemId":{"$from":[{"attr":"id","of":"files.file-system","until":"ready"}]}},"metric":"PermittedThroughput","namespace":"AWS/EFS","period":60,"statistic":"Minimum"}},"tags":{"Name":"campus-files-burst-credits-critical"},"threshold":60.0,"treat_missing":"notBreaching"}"#);
    insta::assert_snapshot!(needs(&graph, "watch"), @"sns.topic watch.topic <-");
    // The tier adds mails to the topic that is there.
    let with = self::graph(&format!("{files}; watch {{ email \"ops@example.edu\"; dashboard #false }}"));
    insta::assert_snapshot!(needs(&with, "watch"), @r#"
    sns.topic watch.topic <- 
    sns.subscription watch.subscription["ops@example.edu"] <- watch.topic
    cloudwatch.alarm watch.alarm["files-io"] <- files.file-system ready, watch.topic
    "#);
    assert_eq!(props(&with, "watch.topic"), props(&graph, "watch.topic"));
}

#[test]
fn keys_of_the_stacks_own() {
    let graph = graph("database { key \"own\" }; files { key \"own\" }");
    insta::assert_snapshot!(needs(&graph, "database.key") + &needs(&graph, "database.key-alias"), @"
    kms.key database.key <- 
    kms.alias database.key-alias <- database.key
    ");
    insta::assert_snapshot!(props(&graph, "database.key"), @r#"{"description":"Encrypts the database of the Moodle stack campus","enabled":true,"policy":{"Id":"moodle-infra","Statement":[{"Action":["kms:*"],"Effect":"Allow","Principal":{"AWS":["arn:aws:iam::000000000000:root"]},"Resource":["*"],"Sid":"Account"}],"Version":"2012-10-17"},"rotation":true,"tags":{"Name":"campus-database"}}"#);
    insta::assert_snapshot!(props(&graph, "files.key-alias"), @r#"{"key":{"$from":[{"attr":"id","of":"files.key","until":"created"}]},"name":"alias/campus-files"}"#);
    insta::assert_snapshot!(props(&graph, "database.cluster")["key"], @r#"{"$from":[{"attr":"arn","of":"database.key","until":"ready"}]}"#);
    insta::assert_snapshot!(props(&graph, "files.file-system")["key"], @r#"{"$from":[{"attr":"arn","of":"files.key","until":"ready"}]}"#);
    insta::assert_snapshot!(outputs(&graph, &["database-key", "files-key"]), @r#"
    database-key {"$from":[{"attr":"arn","of":"database.key","until":"ready"}]}
    files-key {"$from":[{"attr":"arn","of":"files.key","until":"ready"}]}
    "#);
}

#[test]
fn the_effective_spec_says_everything() {
    let tiers = [
        "files; watch { email \"ops@example.edu\" \"a.b+c@example.edu\" }",
        "files { key \"own\" }; database { key \"own\" }; watch { alarms #false; dashboard #false; backups retain-days=7 }",
        "files { throughput \"bursting\"; burst-credit-alarms }; watch { email \"ops@example.edu\"; backups #true }",
    ];
    let mut all = String::new();
    for tiers in tiers {
        let topology = topology_of(tiers);
        let text = effective(&topology);
        let (again, faults) = topology::read(text.as_bytes(), "x.kdl");
        assert_eq!((again.as_ref(), faults.as_slice()), (Some(&topology), [].as_slice()), "{text}");
        assert_eq!(format(&text).unwrap(), text, "the effective spec is formatted");
        all += &text[text.find("    watch").unwrap_or(0)..];
    }
    insta::assert_snapshot!(all, @r#"
        watch {
            email "ops@example.edu" "a.b+c@example.edu"
            dashboard #true
            alarms #true
            backups #false
        }
    }
        watch {
            dashboard #false
            alarms #false
            backups retain-days=7
        }
    }
        watch {
            email "ops@example.edu"
            dashboard #true
            alarms #true
            backups retain-days=35
        }
    }
    "#);
}

#[test]
fn addresses_of_people() {
    insta::assert_snapshot!(within("email"), @r#"x.kdl:4:1: error: Missing value: `email` needs a value. Write for example: email "ops@example.edu" [spec::missing-value]"#);
    insta::assert_snapshot!(within("email 5 \"ops\" \"ops@example.edu\" \"ops@example.edu\""), @r#"
    x.kdl:4:7: error: Wrong type of value: The address is a number, and must be a text. Write it in quotes: "5". [spec::wrong-type]
    x.kdl:4:9: error: Not a mail address: `ops` is not a mail address. Write one like "ops@example.edu", without a name. [watch::email]
    x.kdl:4:33: error: Address written twice: `ops@example.edu` stands here twice. Remove one of the two. [watch::email-twice]
    "#);
    insta::assert_snapshot!(within("email \"Ops <ops@example.edu>\""), @r#"x.kdl:4:7: error: Not a mail address: `Ops <ops@example.edu>` is not a mail address. Write one like "ops@example.edu", without a name. [watch::email]"#);
    insta::assert_snapshot!(within(""), @r#"x.kdl:3:1: warning: Nobody is told: Alarms go off, and nobody is told: there is no `email`. Write email "ops@example.edu", or alarms #false [watch::nobody]"#);
    assert_eq!(within("email \"ops@example.edu\""), "");
}

#[test]
fn switches_and_backups() {
    insta::assert_snapshot!(within("alarms; dashboard 1"), @"
    x.kdl:4:1: error: Missing value: `alarms` needs a value. Write for example: alarms #true [spec::missing-value]
    x.kdl:4:19: error: Wrong type of value: `dashboard` is a number, and must be a switch. Write `#true` or `#false`. [spec::wrong-type]
    ");
    insta::assert_snapshot!(within("alarms #false; backups #false retain-days=7"), @"x.kdl:4:43: error: Contradiction: `backups #false` makes no copies, so there are no days. Remove `#false` or `retain-days`. [watch::backups]");
    insta::assert_snapshot!(within("alarms #false; backups 7"), @"x.kdl:4:24: error: Wrong type of value: `backups` is a number, and must be a switch. Write `#true` or `#false`. [spec::wrong-type]");
    insta::assert_snapshot!(within("alarms #false; backups retain-days=0 days=7"), @"
    x.kdl:4:36: error: Number out of range: `retain-days` is 0, and must be from 1 to 36500. Write a number from 1 to 36500. [spec::out-of-range]
    x.kdl:4:38: error: Unknown field: `backups` has no field `days` in its line. Known here: retain-days. [spec::unknown-field]
    ");
    insta::assert_snapshot!(within("alarms #false; dashbord #true"), @"x.kdl:4:16: error: Unknown node: `watch` has no node `dashbord` in its block. Did you mean `dashboard`? [spec::unknown-node]");
    insta::assert_snapshot!(faults("moodle \"a\" { network; watch { alarms #false; backups; } }"), @"
    x.kdl:1:23: warning: Nothing to watch: There is no tier in the spec that could be watched. Add for example `database` or `files`, or remove `watch`. [watch::nothing]
    x.kdl:1:46: error: Nothing to back up: `backups` copies the database and the files that the stack makes, and it makes neither. Add `database` or `files`, or remove `backups`. [watch::backups]
    ");
    insta::assert_snapshot!(faults("moodle \"a\" { network; watch { email \"ops@example.edu\" } }"), @"x.kdl:1:23: warning: Nothing to watch: There is no tier in the spec that could be watched. Add for example `database` or `files`, or remove `watch`. [watch::nothing]");
    // What has errors counts as there.
    insta::assert_snapshot!(faults("moodle \"a\" { network; files { backup 1 }; watch { email \"ops@example.edu\"; backups; } }"), @"x.kdl:1:38: error: Wrong type of value: `backup` is a number, and must be a switch. Write `#true` or `#false`. [spec::wrong-type]");
    assert_eq!(faults("moodle \"a\" { files { existing \"fs-01234567\" }; watch { email \"ops@example.edu\" } }"), "");
}
