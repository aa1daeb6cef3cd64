//! The resources of the files tier.

use serde_json::json;

use super::{Existing, Files, Own, seed};
use crate::kind::values::Policy;
use crate::kind::{Address, Ref, Text};
use crate::kinds::efs::access_point::{AccessPoint, AccessPointProps};
use crate::kinds::efs::backup_policy::{BackupPolicy, BackupPolicyProps};
use crate::kinds::efs::file_system::{self, FileSystem, FileSystemProps};
use crate::kinds::efs::file_system_policy::{FileSystemPolicy, FileSystemPolicyProps};
use crate::kinds::efs::lifecycle::{Lifecycle, LifecycleProps};
use crate::kinds::efs::mount_target::{MountTarget, MountTargetProps};
use crate::topology::{Build, Facts, Places, Shared, at, reach};

/// The directories that web servers share: those of Moodle's settings `dataroot`, `cachedir` and `tempdir`.
const DIRECTORIES: &[&str] = &["data", "cache", "temp"];
/// The user `apache` of Amazon Linux, and its group.
const APACHE: i64 = 48;
/// The user `nobody`, who owns what fills a bursting file system.
const NOBODY: i64 = 65_534;
/// Where mount targets are reached.
const NFS: i32 = 2049;
/// For the user and its group: the directories hold what visitors may not see.
const PERMISSIONS: &str = "0770";

impl Files {
    /// Adds the resources of the tier to a graph and returns what the web servers mount.
    ///
    /// # Panics
    /// When a file system that the stack makes has no place to stand in, which reading a spec refuses.
    pub(in crate::topology) fn add_to(&self, cx: &mut Build<'_>, places: Option<&Places>) -> Shared {
        let (file_system, dns, mount_targets) = match self {
            Files::Own(own) => {
                let places = places.unwrap_or_else(|| panic!("bug: files without a network"));
                let (file_system, policy) = add_file_system(cx, own);
                let targets = add_mount_targets(cx, &file_system, &policy, places);
                let dns = file_system.early().attr("dns");
                (file_system, dns, targets)
            }
            Files::Existing(Existing { id, group }) => {
                if let (Some(group), Some(places)) = (group, places) {
                    reach::add(cx, places, "files", group, [NFS]);
                }
                let dns = file_system::dns_name(id, cx.facts.region()).into();
                (Ref::known(id.clone()), dns, Vec::new())
            }
        };
        let access_points = DIRECTORIES.iter();
        let access_points =
            access_points.map(|name| (*name, add_access_point(cx, &file_system, name, APACHE))).collect();
        let shared = Shared { file_system: file_system.text(), dns, access_points, mount_targets };
        add_outputs(cx, &shared);
        if let (Files::Own(Own { seed_gib: gib @ 1.., .. }), Some(places)) = (self, places) {
            let access_point = add_access_point(cx, &file_system, "seed", NOBODY);
            seed::add(cx, *gib, &shared, &access_point, places);
        }
        shared
    }
}

fn add_file_system(cx: &mut Build<'_>, own: &Own) -> (Ref<FileSystem>, Ref<FileSystemPolicy>) {
    let Own { performance, throughput, key, backup, lifecycle, seed_gib: _, burst_credit_alarms: _ } = own;
    let key = key.as_ref().map(|it| it.add_to(cx, "files"));
    let props = FileSystemProps {
        performance: performance.in_aws().to_owned(),
        key,
        throughput: throughput.word().to_owned(),
        mibps: throughput.mibps(),
        tags: cx.tags("files"),
    };
    // All that is said about a file system waits until it is ready: EFS refuses it before.
    let file_system: Ref<FileSystem> = cx.graph.add(at("files.file-system"), props);
    let props = FileSystemPolicyProps { file_system: file_system.clone(), policy: policy(cx.facts, &file_system) };
    let policy = cx.graph.add(at("files.policy"), props);
    if *backup {
        let props = BackupPolicyProps { file_system: file_system.clone() };
        cx.graph.add::<BackupPolicy>(at("files.backup-policy"), props);
    }
    if let Some(lifecycle) = lifecycle {
        let super::Lifecycle { infrequent_access_days, archive_days, back_on_access } = *lifecycle;
        let props = LifecycleProps {
            file_system: file_system.clone(),
            infrequent_access_days: infrequent_access_days.unwrap_or(0),
            archive_days: archive_days.unwrap_or(0),
            back_on_access,
        };
        cx.graph.add::<Lifecycle>(at("files.lifecycle"), props);
    }
    (file_system, policy)
}

/// Lets in whom the account's own permissions let in, through a mount target and with TLS. Who comes without a role is
/// nobody whom a statement allows.
fn policy(facts: &Facts, file_system: &Ref<FileSystem>) -> Policy {
    let (partition, account) = (facts.partition(), facts.account());
    let arn = file_system.attr("arn");
    let client = |actions: &[&str]| -> Vec<String> {
        actions.iter().map(|it| format!("elasticfilesystem:Client{it}")).collect()
    };
    // EFS adds `Id`, `Sid` and `Resource` where they are missing, and then the two would never be equal.
    Policy::of(json!({
        "Version": "2012-10-17",
        "Id": "moodle-infra",
        "Statement": [
            {
                "Sid": "OnlyWithRole",
                "Effect": "Allow",
                "Principal": { "AWS": format!("arn:{partition}:iam::{account}:root") },
                "Action": client(&["Mount", "Write"]),
                "Resource": arn,
                "Condition": { "Bool": { "elasticfilesystem:AccessedViaMountTarget": "true" } },
            },
            {
                "Sid": "OnlyWithTls",
                "Effect": "Deny",
                "Principal": { "AWS": "*" },
                "Action": client(&["Mount", "RootAccess", "Write"]),
                "Resource": arn,
                "Condition": { "Bool": { "aws:SecureTransport": "false" } },
            },
        ],
    }))
}

fn add_mount_targets(
    cx: &mut Build<'_>,
    file_system: &Ref<FileSystem>,
    policy: &Ref<FileSystemPolicy>,
    places: &Places,
) -> Vec<(String, Ref<MountTarget>)> {
    let group = places.groups["files"].early();
    let mut targets = Vec::new();
    for (zone, subnet) in &places.data {
        let props = MountTargetProps {
            file_system: file_system.clone(),
            subnet: subnet.early(),
            groups: [group.clone()].into(),
        };
        let address = Address::of("files.mount-target", Some(zone));
        let target: Ref<MountTarget> = cx.graph.add(address, props);
        // Never a way in without the policy.
        cx.graph.after(&target, policy);
        targets.push((zone.clone(), target));
    }
    targets
}

fn add_access_point(cx: &mut Build<'_>, file_system: &Ref<FileSystem>, name: &str, user: i64) -> Ref<AccessPoint> {
    let props = AccessPointProps {
        file_system: file_system.clone(),
        path: format!("/{name}"),
        uid: user,
        gid: user,
        permissions: PERMISSIONS.to_owned(),
        tags: cx.tags(&format!("files-{name}")),
    };
    cx.graph.add(Address::of("files.access-point", Some(name)), props)
}

fn add_outputs(cx: &mut Build<'_>, shared: &Shared) {
    let Shared { file_system, dns, access_points, mount_targets } = shared;
    let value = |text: &Text| serde_json::to_value(text).unwrap_or_else(|error| panic!("bug: {error}"));
    let outputs = &mut cx.graph.outputs;
    outputs.insert("file-system".to_owned(), value(file_system));
    outputs.insert("file-system-dns".to_owned(), value(dns));
    for (name, access_point) in access_points {
        outputs.insert(format!("access-point-{name}"), value(&access_point.text()));
    }
    for (zone, target) in mount_targets {
        outputs.insert(format!("mount-target-{zone}"), value(&target.text()));
    }
}
