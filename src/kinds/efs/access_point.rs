//! `efs.access_point`: a directory of the file system as the web server's user, who owns it from its first use on.
//!
//! EFS makes the directory when it is mounted through the access point for the first time, so nothing has to be
//! mounted beforehand to make it. Deleting the access point leaves the directory and what is in it.

use std::collections::BTreeMap;

use aws_sdk_efs::error::BuildError;
use aws_sdk_efs::types::{AccessPointDescription, CreationInfo, PosixUser, RootDirectory};

use super::file_system::FileSystem;
use super::{NO_FILE_SYSTEM, TAG, UNSETTLED, UNTAG};
use crate::aws::{Cx, Error, Result, call};
use crate::kind::values::Tags;
use crate::kind::{Actions, Edit, Kind, Lost, Named, Phase, Poll, Rate, Ref, Retry, Seen, Token, Verb, Wait};
use crate::kinds::answer::{complete, deleted, existing};
use crate::{attrs, props};

/// See the module.
#[derive(Debug)]
pub struct AccessPoint;

props! {
    /// What we want of an access point.
    pub struct AccessPointProps {
        /// The file system.
        replace file_system: Ref<FileSystem>,
        /// The directory that clients see as the root.
        replace path: String,
        /// The user that owns it, and as whom clients act whoever they are.
        replace uid: i64,
        /// The user's group.
        replace gid: i64,
        /// The directory's mode in octal digits.
        replace permissions: String,
        /// The tags that users see.
        update tags: Tags,
    }
}

attrs! {
    /// What AWS assigns.
    pub struct AccessPointAttrs {
        /// `fsap-…`.
        id: String,
        /// `arn:aws:elasticfilesystem:…:access-point/fsap-…`.
        arn: String,
        /// `fs-…`: one call lists all access points of a file system.
        file_system: String,
    }
}

const CREATE: &str = "elasticfilesystem:CreateAccessPoint";
const DESCRIBE: &str = "elasticfilesystem:DescribeAccessPoints";
const DELETE: &str = "elasticfilesystem:DeleteAccessPoint";

impl Kind for AccessPoint {
    const NAME: &'static str = "efs.access_point";
    const ID: &'static str = "id";
    const BATCH: usize = 100;
    const POLL: Poll = Poll { ready: Wait::looks(3.0, 1.0, 2.0, 300.0), gone: Wait::looks(3.0, 1.0, 2.0, 300.0) };
    const RATE: Rate = super::MUTATING;
    const ACTIONS: Actions = Actions {
        create: &[CREATE, TAG],
        read: &[DESCRIBE],
        update: &[TAG, UNTAG],
        delete: &[DELETE],
        find: &[DESCRIBE],
    };
    const RETRY: &'static [Retry] =
        &[Retry::on(Verb::Create, UNSETTLED, 120.0), Retry::on(Verb::Create, NO_FILE_SYSTEM, 60.0)];
    const NAMED: Named = Named::By(&[("id", "fsap-…")]);

    type Props = AccessPointProps;
    type Attrs = AccessPointAttrs;

    async fn create(cx: &Cx, token: &Token, want: &AccessPointProps) -> Result<AccessPointAttrs> {
        let (user, root) =
            user_and_root(want).map_err(|error| Error::refused(CREATE, "InvalidAccessPoint", error.to_string()))?;
        let create = cx
            .efs()
            .create_access_point()
            .client_token(token.as_str())
            .file_system_id(want.file_system.id())
            .posix_user(user)
            .root_directory(root)
            .set_tags(Some(super::on_create(CREATE, token, &want.tags)?));
        let answer = call(CREATE, create.send().await)?;
        Ok(AccessPointAttrs {
            id: complete(CREATE, answer.access_point_id)?,
            arn: complete(CREATE, answer.access_point_arn)?,
            file_system: want.file_system.id().to_owned(),
        })
    }

    async fn read(cx: &Cx, have: &[AccessPointAttrs]) -> Result<Vec<Option<Seen<AccessPoint>>>> {
        let mut known: BTreeMap<&str, Vec<AccessPointDescription>> = BTreeMap::new();
        for it in have {
            if !known.contains_key(it.file_system.as_str()) {
                known.insert(&it.file_system, all_of(cx, &it.file_system).await?);
            }
        }
        let mut all = Vec::new();
        for AccessPointAttrs { id, arn: _, file_system } in have {
            let found = known[file_system.as_str()].iter().find(|it| it.access_point_id() == Some(id));
            all.push(found.map(seen).transpose()?.flatten());
        }
        Ok(all)
    }

    async fn update(cx: &Cx, edit: Edit<'_, AccessPoint>) -> Result<AccessPointAttrs> {
        super::update_tags(cx, &edit.have.id, &edit.was.tags, &edit.want.tags).await?;
        Ok(edit.have.clone())
    }

    async fn delete(cx: &Cx, have: &AccessPointAttrs) -> Result<()> {
        let delete = cx.efs().delete_access_point().access_point_id(&have.id).send().await;
        deleted(call(DELETE, delete), &["AccessPointNotFound"])
    }

    async fn find(cx: &Cx, lost: &[Lost<AccessPoint>]) -> Result<Vec<Option<AccessPointAttrs>>> {
        let mut all = Vec::new();
        for Lost { token, want } in lost {
            let there = all_of(cx, want.file_system.id()).await?;
            let ours = there.iter().find(|it| super::carries(it.tags(), token));
            let seen = ours.map(seen).transpose()?.flatten();
            all.push(seen.filter(|it| it.phase != Phase::Deleting).map(|it| it.attrs));
        }
        Ok(all)
    }
}

fn user_and_root(want: &AccessPointProps) -> std::result::Result<(PosixUser, RootDirectory), BuildError> {
    let AccessPointProps { file_system: _, path, uid, gid, permissions, tags: _ } = want;
    let owner = CreationInfo::builder().owner_uid(*uid).owner_gid(*gid).permissions(permissions).build()?;
    let root = RootDirectory::builder().path(path).creation_info(owner).build();
    Ok((PosixUser::builder().uid(*uid).gid(*gid).build()?, root))
}

async fn all_of(cx: &Cx, file_system: &str) -> Result<Vec<AccessPointDescription>> {
    let pages = cx.efs().describe_access_points().file_system_id(file_system).into_paginator().items().send();
    let found = call(DESCRIBE, pages.collect::<std::result::Result<Vec<_>, _>>().await);
    Ok(existing(found, &[NO_FILE_SYSTEM])?.unwrap_or_default())
}

fn seen(found: &AccessPointDescription) -> Result<Option<Seen<AccessPoint>>> {
    let Some(phase) = super::phase(complete(DESCRIBE, found.life_cycle_state())?) else { return Ok(None) };
    let root = complete(DESCRIBE, found.root_directory())?;
    // Ours has a user and an owner. Without them, which is another one, it cannot equal what is wanted.
    let user = found.posix_user();
    let props = AccessPointProps {
        file_system: Ref::known(complete(DESCRIBE, found.file_system_id())?),
        path: root.path().unwrap_or("/").to_owned(),
        uid: user.map_or(-1, |it| it.uid),
        gid: user.map_or(-1, |it| it.gid),
        permissions: root.creation_info().map(|it| it.permissions.clone()).unwrap_or_default(),
        tags: super::visible(found.tags()),
    };
    let attrs = AccessPointAttrs {
        id: complete(DESCRIBE, found.access_point_id())?.to_owned(),
        arn: complete(DESCRIBE, found.access_point_arn())?.to_owned(),
        file_system: complete(DESCRIBE, found.file_system_id())?.to_owned(),
    };
    Ok(Some(Seen { phase, props, attrs }))
}
