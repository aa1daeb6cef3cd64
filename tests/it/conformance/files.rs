//! The cases of the tier `files`, and what the emulators do otherwise.

use moodle_infra::graph::Graph;
use moodle_infra::kind::values::{Policy, Tags};
use moodle_infra::kind::{Ref, Text};
use moodle_infra::kinds::ec2::security_group::SecurityGroup;
use moodle_infra::kinds::ec2::subnet::Subnet;
use moodle_infra::kinds::ec2::vpc::Vpc;
use moodle_infra::kinds::efs::access_point::{AccessPoint, AccessPointProps};
use moodle_infra::kinds::efs::backup_policy::{BackupPolicy, BackupPolicyProps};
use moodle_infra::kinds::efs::file_system::{FileSystem, FileSystemProps};
use moodle_infra::kinds::efs::file_system_policy::{FileSystemPolicy, FileSystemPolicyProps};
use moodle_infra::kinds::efs::lifecycle::{Lifecycle, LifecycleProps};
use moodle_infra::kinds::efs::mount_target::{MountTarget, MountTargetProps};
use serde_json::json;

use super::cases::{Build, Case, add_group, add_vpc, at, case, subnet_props, tags};
use super::defects::Defect;
use super::life::Check;
use crate::support::emulator::Emulator;

/// The cases of the tier.
pub(super) const CASES: &[Case] = &[
    Case { name: "file_system", build: file_system },
    Case { name: "file_system with a key", build: file_system_with_key },
    Case { name: "file_system made quicker", build: file_system_quicker },
    Case { name: "file_system made slower", build: file_system_slower },
    Case { name: "file_system_policy", build: file_system_policy },
    Case { name: "lifecycle", build: lifecycle },
    Case { name: "backup_policy", build: backup_policy },
    Case { name: "mount_target", build: mount_target },
    Case { name: "access_point", build: access_point },
];

/// What the emulators do otherwise than AWS.
pub(super) const DEFECTS: &[Defect] = &[
    lacks("file_system made quicker", "elasticfilesystem:UpdateFileSystem failed: an answer with status 500"),
    lacks("file_system made slower", "elasticfilesystem:UpdateFileSystem failed: an answer with status 500"),
    lacks("file_system_policy", "elasticfilesystem:DeleteFileSystemPolicy failed: an answer with status 500"),
    lacks("backup_policy", "elasticfilesystem:PutBackupPolicy failed: an answer with status 500"),
];

/// A call that moto does not have.
const fn lacks(case: &'static str, saying: &'static str) -> Defect {
    Defect { emulator: Emulator::Moto, case, check: Check::Runs, saying, reason: "the call exists" }
}

fn file_system_props(throughput: &str, mibps: Option<i32>) -> FileSystemProps {
    FileSystemProps {
        performance: "generalPurpose".to_owned(),
        key: None,
        throughput: throughput.to_owned(),
        mibps,
        tags: tags("first"),
    }
}

fn add_file_system(graph: &mut Graph, name: &str) -> Ref<FileSystem> {
    graph.add(at(name), file_system_props("elastic", None))
}

fn file_system() -> Build {
    let mut graph = Graph::default();
    // One of somebody else.
    add_file_system(&mut graph, "stranger");
    let before = file_system_props("bursting", None);
    case::<FileSystem>(graph, before, |it| it.tags = tags("second"), |it| "maxIO".clone_into(&mut it.performance))
}

fn file_system_with_key() -> Build {
    let key = |id: u8| {
        let id = format!("{id:08}-89ab-cdef-0123-456789abcdef");
        Some(Text::from(format!("arn:aws:kms:eu-west-1:200000000000:key/{id}")))
    };
    let before = FileSystemProps { key: key(1), ..file_system_props("provisioned", Some(64)) };
    let change = |it: &mut FileSystemProps| it.tags = Tags([("owner".to_owned(), "second".to_owned())].into());
    case::<FileSystem>(Graph::default(), before, change, |it| it.key = key(2))
}

fn file_system_quicker() -> Build {
    let before = file_system_props("elastic", None);
    let change = |it: &mut FileSystemProps| (it.throughput, it.mibps) = ("provisioned".to_owned(), Some(128));
    case::<FileSystem>(Graph::default(), before, change, |_| ())
}

fn file_system_slower() -> Build {
    let before = file_system_props("provisioned", Some(128));
    case::<FileSystem>(Graph::default(), before, |it| it.mibps = Some(64), |_| ())
}

fn policy(file_system: &Ref<FileSystem>, action: &str) -> Policy {
    Policy::of(json!({
        "Version": "2012-10-17",
        "Id": "it",
        "Statement": [{
            "Sid": "It",
            "Effect": "Allow",
            "Principal": { "AWS": "*" },
            "Action": ["elasticfilesystem:ClientMount", action],
            "Resource": file_system.attr("arn"),
            "Condition": { "Bool": { "aws:SecureTransport": "true" } },
        }],
    }))
}

fn file_system_policy() -> Build {
    let mut graph = Graph::default();
    let (file_system, other) = (add_file_system(&mut graph, "one"), add_file_system(&mut graph, "other"));
    let after = policy(&file_system, "elasticfilesystem:ClientRootAccess");
    let policy = policy(&file_system, "elasticfilesystem:ClientWrite");
    let before = FileSystemPolicyProps { file_system, policy };
    case::<FileSystemPolicy>(graph, before, |it| it.policy = after, |it| it.file_system = other)
}

fn lifecycle() -> Build {
    let mut graph = Graph::default();
    let (file_system, other) = (add_file_system(&mut graph, "one"), add_file_system(&mut graph, "other"));
    let before = LifecycleProps { file_system, infrequent_access_days: 30, archive_days: 90, back_on_access: false };
    let change = |it: &mut LifecycleProps| {
        (it.infrequent_access_days, it.archive_days, it.back_on_access) = (1, 0, true);
    };
    case::<Lifecycle>(graph, before, change, |it| it.file_system = other)
}

fn backup_policy() -> Build {
    let mut graph = Graph::default();
    let (file_system, other) = (add_file_system(&mut graph, "one"), add_file_system(&mut graph, "other"));
    case::<BackupPolicy>(graph, BackupPolicyProps { file_system }, |_| (), |it| it.file_system = other)
}

/// Adds a VPC with two groups and a subnet in each of two zones, and returns them.
fn add_places(graph: &mut Graph) -> ([Ref<SecurityGroup>; 2], [Ref<Subnet>; 2]) {
    let vpc: Ref<Vpc> = add_vpc(graph, "vpc");
    let groups = ["files", "other"].map(|name| add_group(graph, &vpc, name));
    let subnets = [("eu-west-1a", "10.1.0.0/24"), ("eu-west-1b", "10.1.1.0/24")]
        .map(|(zone, cidr)| graph.add(at(&format!("subnet.{}", &zone[9..])), subnet_props(vpc.clone(), zone, cidr)));
    (groups, subnets)
}

fn mount_target() -> Build {
    let mut graph = Graph::default();
    let ([group, other], [subnet, elsewhere]) = add_places(&mut graph);
    let file_system = add_file_system(&mut graph, "one");
    let before = MountTargetProps { file_system, subnet, groups: [group.clone()].into() };
    case::<MountTarget>(graph, before, |it| it.groups = [group, other].into(), |it| it.subnet = elsewhere)
}

fn access_point() -> Build {
    let mut graph = Graph::default();
    let file_system = add_file_system(&mut graph, "one");
    let before = AccessPointProps {
        file_system,
        path: "/data".to_owned(),
        uid: 48,
        gid: 48,
        permissions: "0770".to_owned(),
        tags: tags("first"),
    };
    // A directory of somebody else.
    graph.add::<AccessPoint>(at("stranger"), AccessPointProps { path: "/other".to_owned(), ..before.clone() });
    case::<AccessPoint>(graph, before, |it| it.tags = tags("second"), |it| "0750".clone_into(&mut it.permissions))
}
