//! The requests of every journey against AWS's models, and requests that the models must refuse.

use std::collections::BTreeSet;

use moodle_infra::aws::transport::Recorded;

use super::journeys;
use crate::support::models::judge;

#[tokio::test]
async fn every_request_of_every_spec_is_one_that_aws_can_read() {
    let mut requests = Vec::new();
    for journey in journeys().await {
        requests.extend(journey.all.iter().cloned());
    }
    let verdict = judge(&requests);
    verdict.expect_no_faults("the specs");
    let called: BTreeSet<&String> = requests.iter().map(|it| &it.operation).collect();
    assert_eq!(verdict.checked.keys().collect::<BTreeSet<_>>(), called);
    assert!(50 < called.len() && 1000 < requests.len(), "{} of {}", requests.len(), called.len());
}

fn form(operation: &str, body: &str) -> Recorded {
    let (service, name) = operation.split_once(':').unwrap();
    let version = match service {
        "ec2" => "2016-11-15",
        "iam" => "2010-05-08",
        "rds" => "2014-10-31",
        other => panic!("{other}"),
    };
    let body = format!("Action={name}&Version={version}&{body}");
    let body = body.trim_end_matches('&');
    request(operation, "POST", "/", &[("content-type", "application/x-www-form-urlencoded")], body.as_bytes())
}

fn request(operation: &str, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Recorded {
    Recorded {
        operation: operation.to_owned(),
        method: method.to_owned(),
        url: format!("http://127.0.0.1:1{path}"),
        headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        body: String::from_utf8_lossy(body).into_owned(),
        bytes: body.to_owned(),
    }
}

fn logs(body: &str) -> Recorded {
    let target = [("x-amz-target", "Logs_20140328.PutRetentionPolicy")];
    request("logs:PutRetentionPolicy", "POST", "/", &target, body.as_bytes())
}

fn efs(path: &str, body: &str) -> Recorded {
    request("elasticfilesystem:CreateFileSystem", "POST", path, &[], body.as_bytes())
}

fn zone(body: &str) -> Recorded {
    request("route53:CreateHostedZone", "POST", "/2013-04-01/hostedzone", &[], body.as_bytes())
}

fn alarm(body: &[u8]) -> Recorded {
    let path = "/service/GraniteServiceVersion20100801/operation/SetAlarmState";
    request("cloudwatch:SetAlarmState", "POST", path, &[("smithy-protocol", "rpc-v2-cbor")], body)
}

#[test]
fn a_request_with_a_fault_is_refused_and_one_without_is_not() {
    let good = [
        form("ec2:CreateVpc", "CidrBlock=10.0.0.0%2F16&InstanceTenancy=default"),
        form("ec2:DescribeVpcs", "VpcId.1=vpc-1&VpcId.2=vpc-2"),
        form("iam:GetRole", "RoleName=campus"),
        form("rds:ModifyDBSubnetGroup", "DBSubnetGroupName=a&SubnetIds.SubnetIdentifier.1=subnet-1"),
        logs(r#"{"logGroupName":"campus","retentionInDays":7}"#),
        efs("/2015-02-01/file-systems", r#"{"CreationToken":"a","PerformanceMode":"maxIO"}"#),
        zone(
            "<CreateHostedZoneRequest><Name>a.example</Name><CallerReference>r</CallerReference></CreateHostedZoneRequest>",
        ),
        alarm(b"\xa3\x69AlarmName\x61a\x6aStateValue\x62OK\x6bStateReason\x61b"),
    ];
    let verdict = judge(&good);
    assert!(verdict.faults.is_empty(), "{:#?}", verdict.faults);
    assert_eq!(verdict.checked.values().sum::<usize>(), good.len());

    let bad = [
        // A required member is missing.
        (form("iam:GetRole", ""), "missing"),
        (logs(r#"{"logGroupName":"campus"}"#), "missing"),
        (zone("<CreateHostedZoneRequest><Name>a.example</Name></CreateHostedZoneRequest>"), "missing"),
        (alarm(b"\xa1\x69AlarmName\x61a"), "missing"),
        // Another type.
        (form("ec2:DescribeVpcs", "MaxResults=many"), "is no integer"),
        (logs(r#"{"logGroupName":"campus","retentionInDays":"7"}"#), "is no integer"),
        (efs("/2015-02-01/file-systems", r#"{"CreationToken":"a","Encrypted":"yes"}"#), "is no boolean"),
        // None of the values.
        (form("ec2:CreateVpc", "CidrBlock=a&InstanceTenancy=mine"), "is none of"),
        (efs("/2015-02-01/file-systems", r#"{"CreationToken":"a","PerformanceMode":"fast"}"#), "is none of"),
        // Too long, or another pattern.
        (form("iam:GetRole", &format!("RoleName={}", "a".repeat(65))), "is more than 64"),
        (form("iam:GetRole", "RoleName=a%2Fb"), "does not match"),
        (logs(r#"{"logGroupName":"cam pus","retentionInDays":7}"#), "does not match"),
        // No member.
        (form("ec2:DescribeVpcs", "VpcId.1=a&VpcIds.1=b"), "`VpcIds.1` is not a member"),
        (form("ec2:DescribeVpcs", "VpcId.1=a&VpcId.3=b"), "`VpcId.3` is not a member"),
        (form("rds:ModifyDBSubnetGroup", "DBSubnetGroupName=a&SubnetIds.member.1=b"), "is not a member"),
        (logs(r#"{"logGroupName":"campus","retentionInDays":7,"days":7}"#), "`days` is not a member"),
        (efs("/2015-02-01/file-systems", r#"{"CreationToken":"a","Name":"b"}"#), "`Name` is not a member"),
        (
            zone(
                "<CreateHostedZoneRequest><Name>a</Name><CallerReference>r</CallerReference><Zone/></CreateHostedZoneRequest>",
            ),
            "`Zone` is not a member",
        ),
        (alarm(b"\xa4\x69AlarmName\x61a\x6aStateValue\x62OK\x6bStateReason\x61b\x61x\x01"), "`x` is not a member"),
        // Another operation or place.
        (efs("/2015-02-01/file-system", r#"{"CreationToken":"a"}"#), "cannot be read"),
        (request("ec2:DescribeVpc", "POST", "/", &[], b""), "no such operation"),
        (
            request("logs:PutRetentionPolicy", "POST", "/", &[("x-amz-target", "Logs_20140328.X")], b"{}"),
            "cannot be read",
        ),
    ];
    for (request, expected) in bad {
        let faults = judge(std::slice::from_ref(&request)).faults;
        let [_, ..] = faults.as_slice() else { panic!("not refused: {request:?}") };
        assert!(faults.iter().any(|it| it.contains(expected)), "{expected}: {faults:?}");
    }
}
