//! Specs made from the parameters of the reference templates.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::{Value, json};

use super::run::Ended;

/// Runs `import cloudformation` on this file.
#[expect(clippy::disallowed_methods, reason = "the file is a user's")]
fn import(file: &Value, options: &[&str]) -> Ended {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("stack.json");
    std::fs::write(&path, file.to_string()).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_moodle-infra"));
    command.args(["import", "cloudformation"]).arg(&path).args(options).env_clear();
    Ended::of(command.output().unwrap())
}

fn stack(parameters: &[(&str, &str)]) -> Value {
    let parameters: Vec<Value> =
        parameters.iter().map(|(key, value)| json!({ "ParameterKey": key, "ParameterValue": value })).collect();
    json!({ "Stacks": [{
        "StackName": "Campus_2020",
        "StackId": "arn:aws:cloudformation:eu-west-1:111122223333:stack/Campus_2020/1",
        "Tags": [{ "Key": "owner", "Value": "it" }],
        "Parameters": parameters,
    }] })
}

/// The spec is one: it is KDL, formatted, and its tiers that this version makes have no faults.
fn check(text: &str) {
    assert_eq!(moodle_infra::spec::format(text).unwrap(), text);
    let (_, faults) = moodle_infra::topology::read(text.as_bytes(), "x.kdl");
    let faults: Vec<_> = faults
        .iter()
        .filter(|it| it.severity == moodle_infra::spec::Severity::Error && it.code != "spec::not-available")
        .collect();
    assert!(faults.is_empty(), "{faults:#?}\n{text}");
}

#[test]
fn version_1_with_everything() {
    let ended = import(
        &stack(&[
            ("EC2KeyName", "ops"),
            ("SshAccessCidr", "203.0.113.0/24"),
            ("HostedZoneName", "example.edu"),
            ("DomainName", "moodle.example.edu"),
            ("NumberOfAZs", "3"),
            ("AvailabilityZones", "eu-west-1c,eu-west-1a,eu-west-1b"),
            ("VpcTenancy", "dedicated"),
            ("EfsPerformanceMode", "generalPurpose"),
            ("EfsGrowth", "100"),
            ("EfsGrowthInstanceType", "m5.large"),
            ("DatabaseInstanceType", "db.r5.large"),
            ("DatabaseEncrpytedBoolean", "false"),
            ("UseSessionCacheBoolean", "true"),
            ("SessionCacheNodeType", "cache.m4.large"),
            ("CloudFrontAcmCertificate", "arn:aws:acm:us-east-1:111122223333:certificate/b"),
            ("PublicAlbAcmCertificate", "arn:aws:acm:eu-west-1:111122223333:certificate/a"),
            ("WebInstanceType", "c5.xlarge"),
            ("WebAsgMin", "2"),
            ("WebAsgMax", "10"),
            ("MoodleLocale", "it"),
            ("OurOwn", "x"),
        ]),
        &[],
    );
    assert_eq!(ended.code, Some(0), "{}", ended.talk);
    insta::assert_snapshot!(ended.out, @r#"
    // `EfsGrowthInstanceType` has no field: the job that adds data chooses its own instance.
    // `DatabaseEncrpytedBoolean` was false, but everything is encrypted.
    // `OurOwn` is no parameter of the reference templates that is known here.
    // cache "application" was memcached and is valkey: Moodle has no store for memcached since 4.2.
    moodle "campus-2020" {
        region "eu-west-1"
        tags "owner"="it"
        site {
            domain "moodle.example.edu" zone="example.edu"
            locale "it"
        }
        network {
            cidr "10.0.0.0/16"
            zones "eu-west-1c" "eu-west-1a" "eu-west-1b"
            tenancy "dedicated"
            subnets "public" { cidrs "10.0.200.0/24" "10.0.201.0/24" "10.0.202.0/24" }
            subnets "app" { cidrs "10.0.0.0/22" "10.0.4.0/22" "10.0.8.0/22" }
            subnets "data" { cidrs "10.0.100.0/24" "10.0.101.0/24" "10.0.102.0/24" }
        }
        certificate {
            existing "arn:aws:acm:eu-west-1:111122223333:certificate/a" cdn="arn:aws:acm:us-east-1:111122223333:certificate/b"
        }
        load-balancer
        database {
            instances "db.r5.large" count=2
            name "moodle"
            username "moodle"
        }
        files {
            performance "general-purpose"
            throughput "bursting"
            seed-gib 100
        }
        cache "session" {
            engine "memcached"
            nodes "cache.m4.large" count=3
        }
        cache "application" {
            engine "valkey"
            nodes "cache.t2.micro" count=3
        }
        web {
            instances "c5.xlarge"
            scale min=2 max=10
            key-pair "ops"
        }
        cdn
        dns
        bastion {
            instances "t2.nano"
            scale 0
            ssh-from "203.0.113.0/24"
            key-pair "ops"
        }
    }
    "#);
    insta::assert_snapshot!(ended.talk, @r#"
    `EfsGrowthInstanceType` has no field: the job that adds data chooses its own instance.
    `DatabaseEncrpytedBoolean` was false, but everything is encrypted.
    `OurOwn` is no parameter of the reference templates that is known here.
    cache "application" was memcached and is valkey: Moodle has no store for memcached since 4.2.
    "#);
}

#[test]
fn version_2_with_its_defaults() {
    let ended = import(&json!([{ "ParameterKey": "DatabaseType", "ParameterValue": "MySQL" }]), &["--name", "site"]);
    assert_eq!(ended.code, Some(0), "{}", ended.talk);
    check(&ended.out);
    insta::assert_snapshot!(ended.out, @r#"
    // cache "session" was memcached and is valkey: serverless memcached takes connections with TLS only, which Moodle's sessions do not make.
    moodle "site" {
        network {
            cidr "10.0.0.0/16"
            zones 2
            subnets "public" { cidrs "10.0.200.0/24" "10.0.201.0/24" }
            subnets "app" { cidrs "10.0.0.0/22" "10.0.4.0/22" }
            subnets "data" { cidrs "10.0.100.0/24" "10.0.101.0/24" }
        }
        load-balancer
        database {
            engine "aurora-mysql"
            serverless min=0.5 max=64
            name "moodle"
            username "moodle"
        }
        files
        cache "session" {
            engine "valkey"
            serverless
        }
        web {
            instances "c7g.xlarge"
            scale min=1 max=1
        }
    }
    "#);
}

#[test]
fn every_default_makes_a_spec() {
    for version in ["v1", "v2"] {
        let ended = import(&json!([{ "ParameterKey": "NumberOfAZs", "ParameterValue": "2" }]), &["--version", version]);
        assert_eq!(ended.code, Some(0), "{}", ended.talk);
        check(&ended.out);
    }
}

/// Returns the lines that only one of two specs has when every default is filled in, each behind the node it stands in.
fn differences(imported: &str, written: &str) -> String {
    let lines = |spec: &str| -> BTreeSet<String> {
        let (topology, faults) = moodle_infra::topology::read(spec.as_bytes(), "x.kdl");
        let effective = moodle_infra::topology::effective(&topology.unwrap_or_else(|| panic!("{faults:#?}\n{spec}")));
        let mut node = String::new();
        let mut lines = BTreeSet::new();
        for line in effective.lines().skip(1) {
            let field = line.trim_start();
            match field.strip_suffix(" {") {
                Some(head) if line.len() - field.len() == 4 => head.clone_into(&mut node),
                _ => drop(lines.insert(format!("{node}: {field}"))),
            }
            if line == "    }" {
                node.clear();
            }
        }
        lines
    };
    let (imported, written) = (lines(imported), lines(written));
    let only = |sign: char, these: &BTreeSet<String>, those: &BTreeSet<String>| -> Vec<String> {
        these.difference(those).map(|line| format!("{sign} {line}")).collect()
    };
    [only('-', &imported, &written), only('+', &written, &imported)].concat().join("\n")
}

/// `specs/reference-v1.kdl` and `specs/reference-v2.kdl` are the reference templates with their defaults. What differs
/// is marked there, with the reason.
#[test]
fn the_reference_specs_are_the_templates_with_their_defaults() {
    let given = |pairs: &[(&str, &str)]| {
        let pairs = pairs.iter().map(|(key, value)| json!({ "ParameterKey": key, "ParameterValue": value }));
        Value::Array(pairs.collect())
    };
    // A key pair must be named, and sessions get their cache in the last stage.
    let v1 = import(
        &given(&[("EC2KeyName", "ops"), ("UseSessionCacheBoolean", "true"), ("NumberOfAZs", "2")]),
        &["--version", "v1", "--name", "reference-v1"],
    );
    insta::assert_snapshot!(differences(&v1.out, include_str!("../../../specs/reference-v1.kdl")), @r#"
    - bastion: ssh-from "0.0.0.0/0"
    - cdn: logs retain-days=7
    - cdn: price-class "all"
    - cdn: static-cache #true
    - cdn: waf #true
    - database: instances "db.r4.large" count=2
    - load-balancer: access-logs retain-days=7
    - load-balancer: health-check path="/status.txt" interval-seconds=10 timeout-seconds=5 healthy=2 unhealthy=5
    - load-balancer: waf #true
    + : region "eu-west-1"
    + bastion: ssh-from "203.0.113.0/24"
    + cdn: logs #false
    + cdn: price-class "100"
    + cdn: static-cache #false
    + cdn: waf #false
    + database: instances "db.r6i.large" count=2
    + load-balancer: access-logs #false
    + load-balancer: health-check path="/status.txt" interval-seconds=30 timeout-seconds=5 healthy=2 unhealthy=5
    + load-balancer: waf #false
    "#);
    let v2 = import(&given(&[("NumberOfAZs", "2")]), &["--version", "v2", "--name", "reference-v2"]);
    insta::assert_snapshot!(differences(&v2.out, include_str!("../../../specs/reference-v2.kdl")), @r#"
    - load-balancer: waf #true
    + : region "eu-west-1"
    + load-balancer: waf #false
    "#);
}

#[test]
fn what_is_no_file_of_parameters_is_refused() {
    for file in [json!({ "Stacks": [] }), json!([1]), json!("text"), json!({})] {
        let ended = import(&file, &[]);
        assert_eq!(ended.code, Some(66), "{file}: {}", ended.out);
        assert!(ended.talk.contains("has no parameters of a stack"), "{}", ended.talk);
    }
    let ended = import(&json!([{ "ParameterKey": "WebAsgMax", "ParameterValue": "many\" }" }]), &["--name", "Ä-1"]);
    check(&ended.out);
    assert!(ended.out.contains("`WebAsgMax` is no number"), "{}", ended.out);
}

/// The documentation's table is the program's.
#[test]
fn the_documentation_has_the_table() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_moodle-infra"));
    let ended = Ended::of(command.args(["import", "cloudformation", "--table"]).env_clear().output().unwrap());
    let page = include_str!("../../../docs/cloudformation.md");
    assert!(page.ends_with(&format!("\n\n{}", ended.out)), "write the table anew:\n{}", ended.out);
    let of_v1 = ended.out.lines().skip(2).filter(|line| line.split('|').nth(2).is_some_and(|it| it.trim() != "–"));
    assert_eq!(of_v1.count(), 31 + 18);
}
