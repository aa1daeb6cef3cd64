//! The server that fills a bursting file system once, so that it is quick from the first day on: a group of one that ends
//! its server by itself, and what that server may do.

use std::collections::BTreeSet;

use serde_json::json;

use crate::kind::values::{Cidr, Policy};
use crate::kind::{Ref, Text};
use crate::kinds::autoscaling::group::{Group, GroupProps};
use crate::kinds::autoscaling::job::{Job, JobProps};
use crate::kinds::ec2::launch_template::{LaunchTemplate, LaunchTemplateProps};
use crate::kinds::ec2::security_group::{SecurityGroup, SecurityGroupProps};
use crate::kinds::ec2::security_group_rule::Direction::{Egress, Ingress};
use crate::kinds::ec2::security_group_rule::{SecurityGroupRule, SecurityGroupRuleProps};
use crate::kinds::efs::access_point::AccessPoint;
use crate::kinds::iam::role::Role;
use crate::kinds::iam::role_policy::{RolePolicy, RolePolicyProps};
use crate::kinds::ssm::report::{Report, ReportProps};
use crate::runtime;
use crate::topology::fleet::{self, add_role, value_of};
use crate::topology::machines::{DEVICE, Image};
use crate::topology::web;
use crate::topology::{Build, Places, Shared, at};

/// What it writes with: its network is as quick as a small bursting file system, and it is there for some hours.
const INSTANCES: &str = "m6g.large";
/// The size of the volume that Amazon Linux comes with.
const VOLUME_GIB: i32 = 8;
const GRACE_SECONDS: i32 = 300;
const COOLDOWN_SECONDS: i32 = 60;

/// Adds the job to a graph. `access_point` is of a directory that is nobody else's. The web servers do not wait for it.
pub(super) fn add(cx: &mut Build<'_>, gib: i32, shared: &Shared, access_point: &Ref<AccessPoint>, places: &Places) {
    let security_group = add_rules(cx, places);
    let (role, profile) = add_role(cx, "files.seed", "Server that fills the file system");
    let props = ReportProps { name: format!("{}/seed", web::parameters_of(cx.stack)), tags: cx.tags("files-seed") };
    let parameter = props.name.clone();
    let report: Ref<Report> = cx.graph.add(at("files.seed.report"), props);
    let user_data = runtime::seed(&runtime::Seed {
        region: cx.facts.region().to_owned(),
        gib,
        file_system: shared.file_system.clone(),
        access_point: access_point.text(),
        parameter: parameter.clone(),
    });
    let props = LaunchTemplateProps {
        name: cx.name("files-seed"),
        image: Image::AmazonLinux.for_type(INSTANCES),
        instance_type: INSTANCES.to_owned(),
        profile: profile.early(),
        groups: BTreeSet::from([security_group.early()]),
        public_ip: false,
        device: DEVICE.to_owned(),
        volume_gib: VOLUME_GIB,
        key_pair: String::new(),
        monitoring: false,
        user_data,
        tags: cx.tags("files-seed"),
    };
    let template: Ref<LaunchTemplate> = cx.graph.add(at("files.seed.template"), props);
    let props = GroupProps {
        name: cx.name("files-seed"),
        template: template.early(),
        subnets: places.app.iter().map(|(_, subnet)| subnet.early()).collect(),
        target_groups: BTreeSet::new(),
        health_check: "EC2".to_owned(),
        grace_seconds: GRACE_SECONDS,
        cooldown_seconds: COOLDOWN_SECONDS,
        termination: vec!["Default".to_owned()],
        tags: cx.tags("files-seed"),
    };
    let group: Ref<Group> = cx.graph.add(at("files.seed.group"), props);
    let policy = add_policy(cx, &role, shared, access_point, &group, &parameter);
    let props = JobProps { group: group.early(), amount: gib };
    let job: Ref<Job> = cx.graph.add(at("files.seed.job"), props);
    // What its server needs while it boots: it does so once, and by the newest template.
    cx.graph.after(&job, &template);
    cx.graph.after(&job, &policy);
    cx.graph.after(&job, &profile);
    cx.graph.after(&job, &report);
    fleet::after_ways(cx, &job, places);
    for (_, target) in &shared.mount_targets {
        cx.graph.after(&job, target);
    }
    let region = cx.facts.region();
    let ask =
        format!("aws ssm get-parameter --region {region} --name {parameter} --query Parameter.Value --output text");
    cx.output("seed-progress", &ask.into());
}

/// What its server may do: write in the one directory, say how far it is, and leave its group.
fn add_policy(
    cx: &mut Build<'_>,
    role: &Ref<Role>,
    shared: &Shared,
    access_point: &Ref<AccessPoint>,
    group: &Ref<Group>,
    parameter: &str,
) -> Ref<RolePolicy> {
    let facts = cx.facts;
    let of = |service: &str| format!("arn:{}:{service}:{}:{}:", facts.partition(), facts.region(), facts.account());
    let arn = |prefix: String, id: Text| value_of(&Text::concat([prefix.into(), id]));
    let file_system = arn(format!("{}file-system/", of("elasticfilesystem")), shared.file_system.clone());
    // Its first id is AWS's own.
    let group = arn(format!("{}autoScalingGroup:*:autoScalingGroupName/", of("autoscaling")), group.early().text());
    let policy = Policy::of(json!({
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Files",
                "Effect": "Allow",
                "Action": ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"],
                "Resource": [file_system],
                "Condition": {
                    "StringEquals": { "elasticfilesystem:AccessPointArn": value_of(&access_point.early().attr("arn")) },
                },
            },
            {
                "Sid": "Report",
                "Effect": "Allow",
                "Action": ["ssm:PutParameter"],
                "Resource": [format!("{}parameter{parameter}", of("ssm"))],
            },
            {
                "Sid": "End",
                "Effect": "Allow",
                "Action": ["autoscaling:TerminateInstanceInAutoScalingGroup"],
                "Resource": [group],
            },
        ],
    }));
    cx.graph.add(at("files.seed.role-policy"), RolePolicyProps { role: role.early(), name: "seed".to_owned(), policy })
}

/// Adds the server's group, which nobody may talk to, and the way to the file system and to AWS.
fn add_rules(cx: &mut Build<'_>, places: &Places) -> Ref<SecurityGroup> {
    const HTTPS: i32 = 443;
    const NFS: i32 = 2049;
    let props = SecurityGroupProps {
        vpc: places.vpc.early(),
        name: cx.name("files-seed"),
        description: "Server that fills the file system".to_owned(),
        default_egress: false,
        tags: cx.tags("files-seed"),
    };
    let group: Ref<SecurityGroup> = cx.graph.add(at("files.seed.security-group"), props);
    let everywhere: Cidr = "0.0.0.0/0".parse().unwrap_or_else(|error| panic!("bug: {error}"));
    let files = &places.groups["files"];
    let rules = [
        ("to-internet-https", &group, Egress, HTTPS, (Some(everywhere), None), "HTTPS to AWS and repositories"),
        ("to-files", &group, Egress, NFS, (None, Some(files.early())), "NFS to the file system"),
        ("nfs", files, Ingress, NFS, (None, Some(group.early())), "NFS from the server that fills it"),
    ];
    for (meaning, of, direction, port, (cidr, peer), description) in rules {
        let props = SecurityGroupRuleProps {
            group: of.early(),
            direction,
            protocol: "tcp".to_owned(),
            from_port: port,
            to_port: port,
            cidr,
            peer,
            prefix_list: None,
            description: description.to_owned(),
            tags: cx.tags(&format!("files-seed-{meaning}")),
        };
        cx.graph.add::<SecurityGroupRule>(at(&format!("files.seed.rule.{meaning}")), props);
    }
    group
}
