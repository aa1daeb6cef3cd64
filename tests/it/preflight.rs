//! What is asked of AWS before an apply, as far as emulators answer it; the judgements are tested beside the code.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_route53::types::{Change, ChangeAction, ChangeBatch, ResourceRecord, ResourceRecordSet, RrType};
use moodle_infra::aws::{offers, present};
use moodle_infra::preflight::{About, Check, Findings, Subject, ask};

use crate::support::emulator::{Emulator, REGION, account};

/// Returns the summaries of faults, and the notes.
fn told(findings: Findings) -> (Vec<String>, Vec<String>) {
    (findings.faults.into_iter().map(|it| it.summary).collect(), findings.notes)
}

#[tokio::test]
async fn what_is_sold_is_asked_of_the_emulator_that_knows() {
    let cx = account(Emulator::Moto, 7_950).await;
    let zones = offers::instance_zones(&cx, "c5.xlarge").await.unwrap();
    assert!(zones.contains(&format!("{REGION}a")), "{zones:?}");
    assert_eq!(offers::instance_zones(&cx, "c5.huge").await.unwrap(), BTreeSet::new());
    assert_eq!(offers::architectures(&cx, "c5.xlarge").await.unwrap(), ["x86_64".to_owned()].into());
    assert_eq!(offers::image(&cx, "ami-0123456789abcdef0").await.unwrap(), None);
    let image = cx.ec2().describe_images().send().await.unwrap().images.unwrap_or_default().pop().unwrap();
    assert!(offers::image(&cx, &image.image_id.unwrap()).await.unwrap().is_some());
    let before = offers::addresses(&cx).await.unwrap();
    cx.ec2().allocate_address().send().await.unwrap();
    assert_eq!(offers::addresses(&cx).await.unwrap(), before + 1);
}

#[tokio::test]
async fn a_name_that_is_taken_is_a_fault_and_a_free_one_is_not() {
    for emulator in [Emulator::Ministack, Emulator::Moto] {
        let cx = account(emulator, 7_951).await;
        let name = |kind: &str, name: &str| Check::Name {
            about: About::default(),
            kind: kind.to_owned(),
            region: None,
            name: name.to_owned(),
        };
        cx.logs().create_log_group().log_group_name("campus-FlowLog").send().await.unwrap();
        let trust = "{\"Version\":\"2012-10-17\",\"Statement\":[]}";
        cx.iam().create_role().role_name("campus-web").assume_role_policy_document(trust).send().await.unwrap();
        let text = aws_sdk_ssm::types::ParameterType::String;
        cx.ssm().put_parameter().name("/campus/a").value("b").r#type(text).send().await.unwrap();
        cx.sns().create_topic().name("campus-alarms").send().await.unwrap();
        let key = cx.kms().create_key().send().await.unwrap().key_metadata.unwrap().key_id;
        cx.kms().create_alias().alias_name("alias/campus-files").target_key_id(key).send().await.unwrap();
        let taken = [
            ("logs.log_group", "campus-FlowLog"),
            ("iam.role", "campus-web"),
            ("ssm.parameter", "/campus/a"),
            ("ssm.report", "/campus/a"),
            ("sns.topic", "campus-alarms"),
            ("kms.alias", "alias/campus-files"),
        ];
        let free = [
            ("logs.log_group", "campus"),
            ("iam.role", "campus"),
            ("ssm.parameter", "/campus"),
            ("sns.topic", "campus"),
            ("kms.alias", "alias/campus"),
        ];
        let (faults, notes) = told(ask(&cx, taken.map(|(kind, it)| name(kind, it)).into()).await);
        assert_eq!((faults.len(), notes), (taken.len(), Vec::new()), "{faults:?}");
        let found = ask(&cx, free.map(|(kind, it)| name(kind, it)).into()).await;
        assert_eq!(found, Findings::default());
    }
}

#[tokio::test]
async fn what_a_new_one_would_overwrite_is_a_fault() {
    // Moto does not speak CloudWatch's protocol.
    let cx = account(Emulator::Ministack, 7_957).await;
    let body = "{\"widgets\":[]}";
    cx.cloudwatch().put_dashboard().dashboard_name("campus").dashboard_body(body).send().await.unwrap();
    for (name, taken) in [("campus", true), ("other", false)] {
        assert_eq!(offers::is_taken(&cx, "cloudwatch.dashboard", name).await.unwrap(), taken, "{name}");
        assert!(!offers::is_taken(&cx, "cloudwatch.math_alarm", name).await.unwrap());
    }
}

#[tokio::test]
async fn an_existing_network_is_looked_at() {
    for emulator in [Emulator::Ministack, Emulator::Moto] {
        let cx = account(emulator, 7_952).await;
        let mut subnets = Vec::new();
        let mut vpcs = Vec::new();
        for cidr in ["10.1.0.0/16", "10.2.0.0/16"] {
            let vpc = cx.ec2().create_vpc().cidr_block(cidr).send().await.unwrap().vpc.unwrap().vpc_id.unwrap();
            let cidr = cidr.replace("/16", "/24");
            let create = cx.ec2().create_subnet().vpc_id(&vpc).cidr_block(cidr).availability_zone(format!("{REGION}a"));
            subnets.push(create.send().await.unwrap().subnet.unwrap().subnet_id.unwrap());
            vpcs.push(vpc);
        }
        let check = |ids: &[&str]| {
            let ids = ids.iter().map(|it| (*it).to_owned()).collect();
            vec![Check::Subnets { vpc: vpcs[0].clone(), groups: BTreeMap::from([("data", ids)]) }]
        };
        assert_eq!(ask(&cx, check(&[&subnets[0]])).await, Findings::default());
        let (faults, notes) = told(ask(&cx, check(&[&subnets[1], "subnet-0123456789abcdef0"])).await);
        assert_eq!((faults, notes), (vec!["no such subnet".to_owned(), "subnet of another VPC".to_owned()], vec![]));
    }
}

#[tokio::test]
async fn certificates_and_snapshots_that_are_not_there() {
    for emulator in [Emulator::Ministack, Emulator::Moto] {
        let cx = account(emulator, 7_953).await;
        let request = cx.at("us-east-1").acm().request_certificate().domain_name("moodle.example.edu").send().await;
        let arn = request.unwrap().certificate_arn.unwrap();
        let check = |arn: &str, name: &str| Check::Certificate {
            about: About::default(),
            arn: arn.to_owned(),
            names: [name.to_owned()].into(),
        };
        let other = "arn:aws:acm:us-east-1:200000000000:certificate/01234567-89ab-cdef-0123-456789abcdef";
        let snapshot = Check::Snapshot {
            about: About::default(),
            snapshot: "campus-2025".to_owned(),
            engine: "aurora-postgresql".to_owned(),
        };
        let checks = vec![check(&arn, "other.example.edu"), check(other, "moodle.example.edu"), snapshot];
        let (faults, notes) = told(ask(&cx, checks).await);
        let faults: BTreeSet<&str> = faults.iter().map(String::as_str).collect();
        for fault in ["certificate for other names", "no such certificate", "no such snapshot"] {
            assert!(faults.contains(fault), "{emulator:?}: no {fault} in {faults:?}, {notes:?}");
        }
    }
}

#[tokio::test]
async fn what_cannot_be_asked_is_a_note() {
    let cx = account(Emulator::Ministack, 7_954).await;
    let quota = Check::Quota { about: About::default(), subject: Subject::Vpcs, more: 1 };
    let (faults, notes) = told(ask(&cx, vec![quota]).await);
    assert!(faults.is_empty(), "{faults:?}");
    assert!(notes.len() == 1 && notes[0].starts_with("not checked: the quota of VPCs: "), "{notes:?}");
}

#[tokio::test]
async fn what_is_there_already_is_looked_up() {
    for emulator in [Emulator::Ministack, Emulator::Moto] {
        let cx = account(emulator, 7_955).await;
        let vpc = cx.ec2().create_vpc().cidr_block("10.1.0.0/16").send().await.unwrap().vpc.unwrap().vpc_id.unwrap();
        let group = cx.ec2().create_security_group().group_name("db").description("db").vpc_id(&vpc);
        let group = group.send().await.unwrap().group_id.unwrap();
        let file_system = cx.efs().create_file_system().creation_token("a").send().await.unwrap().file_system_id;
        let secret = cx.secrets().create_secret().name("db").secret_string("{}").send().await.unwrap().arn.unwrap();
        let target_group = cx.elbv2().create_target_group().name("web").vpc_id(&vpc).port(80);
        let http = aws_sdk_elasticloadbalancingv2::types::ProtocolEnum::Http;
        let target_group = target_group.protocol(http).send().await.unwrap();
        let target_group = target_group.target_groups()[0].target_group_arn().unwrap().to_owned();
        let (here, elsewhere) = (Some(vpc.clone()), Some("vpc-0123456789abcdef0".to_owned()));
        let group_of = |group: &str, vpc: &Option<String>| Check::Group {
            tier: "cache",
            group: group.to_owned(),
            vpc: vpc.clone(),
        };
        let secret_of = |arn: &str| Check::Secret { arn: arn.to_owned() };
        let file_system_of = |id: &str| Check::FileSystem { id: id.to_owned(), vpc: None };
        let good = vec![group_of(&group, &here), secret_of(&secret), file_system_of(&file_system)];
        assert_eq!(ask(&cx, good).await, Findings::default(), "{emulator:?}");
        let nothing = "arn:aws:elasticloadbalancing:eu-west-1:200000000000:loadbalancer/app/web/50dc6c495c0c9188";
        let bad = vec![
            Check::Vpc { vpc: "vpc-0123456789abcdef0".to_owned(), named: true },
            group_of(&group, &elsewhere),
            group_of("sg-0123456789abcdef0", &here),
            secret_of(&secret.replace(":db", ":other")),
            file_system_of("fs-0123456789abcdef0"),
            Check::LoadBalancer { arn: nothing.to_owned(), dns: "a.b".to_owned(), zone_id: "Z1".to_owned() },
            Check::TargetGroup { arn: target_group, load_balancer: nothing.to_owned(), vpc: elsewhere },
            Check::Database {
                host: "campus.cluster-abc.eu-west-1.rds.amazonaws.com".to_owned(),
                engine: "aurora-mysql".to_owned(),
            },
        ];
        let (faults, notes) = told(ask(&cx, bad).await);
        insta::allow_duplicates! {
            insta::assert_snapshot!([faults, notes].concat().join("\n"), @"
            no such security group
            security group of another VPC
            no such secret
            no such file system
            no such load balancer
            target group of another VPC
            target group without a listener
            no such VPC
            not checked: the database `campus.cluster-abc.eu-west-1.rds.amazonaws.com`: no cluster of this account and region is reached by it
            ");
        }
    }
}

#[tokio::test]
async fn another_owners_record_is_in_the_way() {
    for emulator in [Emulator::Ministack, Emulator::Moto] {
        let cx = account(emulator, 7_956).await;
        let zone = cx.route53().create_hosted_zone().name("example.edu").caller_reference("a").send().await.unwrap();
        let zone = zone.hosted_zone.unwrap().id.trim_start_matches("/hostedzone/").to_owned();
        assert!(!present::name_servers(&cx, &zone).await.unwrap().is_empty());
        let set = ResourceRecordSet::builder().name("moodle.example.edu").r#type(RrType::A).ttl(60);
        let set = set.resource_records(ResourceRecord::builder().value("192.0.2.1").build().unwrap()).build().unwrap();
        let change = Change::builder().action(ChangeAction::Create).resource_record_set(set).build().unwrap();
        let batch = ChangeBatch::builder().changes(change).build().unwrap();
        cx.route53().change_resource_record_sets().hosted_zone_id(&zone).change_batch(batch).send().await.unwrap();
        let check = |name: &str, record_type: &str| {
            let (zone, name, record_type) = (zone.clone(), name.to_owned(), record_type.to_owned());
            vec![Check::Record { about: About::default(), zone, name, record_type }]
        };
        assert_eq!(ask(&cx, check("other.example.edu", "A")).await, Findings::default());
        assert_eq!(ask(&cx, check("moodle.example.edu", "AAAA")).await, Findings::default());
        for record_type in ["A", "CNAME"] {
            let (faults, notes) = told(ask(&cx, check("moodle.example.edu", record_type)).await);
            assert_eq!((faults, notes), (vec!["name taken".to_owned()], vec![]), "{emulator:?}");
        }
    }
}
