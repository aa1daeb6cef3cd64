//! `efs.mount_target`: the address in one zone at which web servers mount the file system.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_efs::types::MountTargetDescription;

use super::file_system::FileSystem;
use super::{NO_FILE_SYSTEM, UNSETTLED};
use crate::aws::{Cx, Result, call};
use crate::kind::{
    Actions, Edit, Kind, Lost, Named, Phase, Poll, Rate, Ref, Retry, Seen, Token, Transition, Verb, Wait,
};
use crate::kinds::answer::{deleted, existing};
use crate::kinds::ec2::security_group::SecurityGroup;
use crate::kinds::ec2::subnet::Subnet;
use crate::{attrs, props};

/// See the module.
#[derive(Debug)]
pub struct MountTarget;

props! {
    /// What we want of a mount target.
    pub struct MountTargetProps {
        /// The file system, which has at most one mount target in a zone.
        replace file_system: Ref<FileSystem>,
        /// The subnet that it has an address in.
        replace subnet: Ref<Subnet>,
        /// Who may talk to it; at most five.
        update groups: BTreeSet<Ref<SecurityGroup>>,
    }
}

attrs! {
    /// What AWS assigns.
    pub struct MountTargetAttrs {
        /// `fsmt-…`.
        id: String,
        /// `fs-…`: one call lists all mount targets of a file system.
        file_system: String,
    }
}

const CREATE: &str = "elasticfilesystem:CreateMountTarget";
const DESCRIBE: &str = "elasticfilesystem:DescribeMountTargets";
const GROUPS: &str = "elasticfilesystem:DescribeMountTargetSecurityGroups";
const MODIFY: &str = "elasticfilesystem:ModifyMountTargetSecurityGroups";
const DELETE: &str = "elasticfilesystem:DeleteMountTarget";
const NO_TARGET: &str = "MountTargetNotFound";
const WRONG_STATE: &str = "IncorrectMountTargetState";

impl Kind for MountTarget {
    const NAME: &'static str = "efs.mount_target";
    const ID: &'static str = "id";
    // One call for each file system, and one more for the groups of each mount target.
    const BATCH: usize = 10;
    // More than ten minutes were seen at times.
    const POLL: Poll = Poll { ready: Wait::looks(80.0, 60.0, 5.0, 1800.0), gone: Wait::looks(12.0, 5.0, 4.0, 900.0) };
    const RATE: Rate = super::MUTATING;
    // EFS makes and deletes the network interface with the caller's own permissions.
    const ACTIONS: Actions = Actions {
        create: &[CREATE, "ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"],
        read: &[DESCRIBE, GROUPS],
        update: &[MODIFY, "ec2:ModifyNetworkInterfaceAttribute"],
        delete: &[DELETE, "ec2:DeleteNetworkInterface"],
        find: &[DESCRIBE, GROUPS],
    };
    const RETRY: &'static [Retry] = &[
        Retry::on(Verb::Create, UNSETTLED, 120.0),
        Retry::on(Verb::Create, NO_FILE_SYSTEM, 60.0),
        Retry::on(Verb::Create, "SubnetNotFound", 60.0),
        Retry::on(Verb::Create, "SecurityGroupNotFound", 60.0),
        // All mount targets stand in one VPC: on a move, those of the other zones must have left the old one too.
        Retry::saying(Verb::Create, "MountTargetConflict", "VPC", 600.0),
        Retry::on(Verb::Create, "MountTargetConflict", 60.0),
        Retry::on(Verb::Update, WRONG_STATE, 300.0),
        Retry::on(Verb::Update, "SecurityGroupNotFound", 60.0),
    ];
    const NAMED: Named = Named::By(&[("id", "fsmt-…")]);

    type Props = MountTargetProps;
    type Attrs = MountTargetAttrs;

    async fn create(cx: &Cx, _token: &Token, want: &MountTargetProps) -> Result<MountTargetAttrs> {
        let MountTargetProps { file_system, subnet, groups } = want;
        let create = cx
            .efs()
            .create_mount_target()
            .file_system_id(file_system.id())
            .subnet_id(subnet.id())
            .set_security_groups(Some(ids(groups)));
        let answer = call(CREATE, create.send().await)?;
        Ok(MountTargetAttrs { id: answer.mount_target_id, file_system: answer.file_system_id })
    }

    async fn read(cx: &Cx, have: &[MountTargetAttrs]) -> Result<Vec<Option<Seen<MountTarget>>>> {
        let mut known: BTreeMap<&str, Vec<MountTargetDescription>> = BTreeMap::new();
        for it in have {
            if !known.contains_key(it.file_system.as_str()) {
                known.insert(&it.file_system, all_of(cx, &it.file_system).await?);
            }
        }
        let mut all = Vec::new();
        for MountTargetAttrs { id, file_system } in have {
            let found = known[file_system.as_str()].iter().find(|it| it.mount_target_id == *id);
            all.push(match found {
                Some(found) => seen(cx, found).await?,
                None => None,
            });
        }
        Ok(all)
    }

    async fn update(cx: &Cx, edit: Edit<'_, MountTarget>) -> Result<MountTargetAttrs> {
        let modify = cx.efs().modify_mount_target_security_groups().mount_target_id(&edit.have.id);
        call(MODIFY, modify.set_security_groups(Some(ids(&edit.want.groups))).send().await)?;
        Ok(edit.have.clone())
    }

    async fn delete(cx: &Cx, have: &MountTargetAttrs) -> Result<()> {
        let delete = cx.efs().delete_mount_target().mount_target_id(&have.id).send().await;
        deleted(call(DELETE, delete), &[NO_TARGET])
    }

    async fn find(cx: &Cx, lost: &[Lost<MountTarget>]) -> Result<Vec<Option<MountTargetAttrs>>> {
        let mut all = Vec::new();
        for Lost { token: _, want } in lost {
            let there = all_of(cx, want.file_system.id()).await?;
            // One that is on its way out is not the one that we asked for.
            let alive = |it: &&MountTargetDescription| {
                it.subnet_id == want.subnet.id()
                    && matches!(super::phase(&it.life_cycle_state), Some(phase) if phase != Phase::Deleting)
            };
            let seen = match there.iter().find(alive) {
                Some(found) => seen(cx, found).await?,
                None => None,
            };
            // While it is being made its groups may not be shown yet; in its file system and subnet it is the only one.
            all.push(seen.filter(|it| it.phase == Phase::Pending || it.props == *want).map(|it| it.attrs));
        }
        Ok(all)
    }

    fn conflicts(old: &MountTargetProps, new: &MountTargetProps) -> bool {
        old.file_system == new.file_system
    }

    fn noticed(_old: &MountTargetProps, _new: &MountTargetProps, transition: Transition) -> Option<&'static str> {
        (transition == Transition::OldFirst).then_some("web servers of a zone have no shared files")
    }
}

async fn all_of(cx: &Cx, file_system: &str) -> Result<Vec<MountTargetDescription>> {
    let pages = cx.efs().describe_mount_targets().file_system_id(file_system).into_paginator().items().send();
    let found = call(DESCRIBE, pages.collect::<std::result::Result<Vec<_>, _>>().await);
    Ok(existing(found, &[NO_FILE_SYSTEM])?.unwrap_or_default())
}

async fn seen(cx: &Cx, found: &MountTargetDescription) -> Result<Option<Seen<MountTarget>>> {
    let Some(phase) = super::phase(&found.life_cycle_state) else { return Ok(None) };
    let id = &found.mount_target_id;
    let describe = cx.efs().describe_mount_target_security_groups().mount_target_id(id).send().await;
    let groups = match call(GROUPS, describe) {
        Ok(answer) => answer.security_groups,
        Err(error) if error.is(NO_TARGET) => return Ok(None),
        // It has no network interface yet, or none any more.
        Err(error) if error.is(WRONG_STATE) && phase != Phase::Ready => Vec::new(),
        Err(error) => return Err(error),
    };
    let props = MountTargetProps {
        file_system: Ref::known(&found.file_system_id),
        subnet: Ref::known(&found.subnet_id),
        groups: groups.into_iter().map(Ref::known).collect(),
    };
    let attrs = MountTargetAttrs { id: id.clone(), file_system: found.file_system_id.clone() };
    Ok(Some(Seen { phase, props, attrs }))
}

fn ids(groups: &BTreeSet<Ref<SecurityGroup>>) -> Vec<String> {
    groups.iter().map(|it| it.id().to_owned()).collect()
}
