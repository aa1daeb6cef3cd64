//! `efs.file_system`: what users upload, and everything else that all web servers must see alike.
//!
//! It is always encrypted. Performance mode and key are settled when it is made: another one is another file system,
//! without what is in this one.

use aws_sdk_efs::types::{FileSystemDescription, PerformanceMode, ThroughputMode};

use super::{NO_FILE_SYSTEM, TAG, UNSETTLED, UNTAG};
use crate::aws::{Cx, Result, call};
use crate::kind::values::Tags;
use crate::kind::{Actions, Edit, Kind, Lost, Named, Phase, Poll, Rate, Retry, Seen, Text, Token, Verb, Wait};
use crate::kinds::answer::{complete, deleted, existing};
use crate::{attrs, props};

/// See the module.
#[derive(Debug)]
pub struct FileSystem;

props! {
    /// What we want of a file system.
    pub struct FileSystemProps {
        /// `generalPurpose` or `maxIO`.
        replace performance: String,
        /// The ARN of the KMS key; `None` leaves it to AWS, which has a key of its own for EFS.
        replace key: Option<Text>,
        /// `elastic`, `bursting` or `provisioned`.
        update throughput: String,
        /// The MiB a second of `provisioned`; `None` for the others.
        update mibps: Option<i32>,
        /// The tags that users see.
        update tags: Tags,
    }
}

attrs! {
    /// What AWS assigns.
    pub struct FileSystemAttrs {
        /// `fs-…`.
        id: String,
        /// `arn:aws:elasticfilesystem:…:file-system/fs-…`.
        arn: String,
        /// The name by which it is mounted; leads to the mount target in the client's own zone.
        dns: String,
    }
}

const CREATE: &str = "elasticfilesystem:CreateFileSystem";
const DESCRIBE: &str = "elasticfilesystem:DescribeFileSystems";
const UPDATE: &str = "elasticfilesystem:UpdateFileSystem";
const DELETE: &str = "elasticfilesystem:DeleteFileSystem";

impl Kind for FileSystem {
    const NAME: &'static str = "efs.file_system";
    const ID: &'static str = "id";
    // One call each: a call for many answers every file system of the account.
    const BATCH: usize = 10;
    const POLL: Poll = Poll { ready: Wait::looks(5.0, 2.0, 2.0, 300.0), gone: Wait::looks(5.0, 2.0, 3.0, 600.0) };
    const RATE: Rate = super::MUTATING;
    const ACTIONS: Actions = Actions {
        create: &[
            CREATE,
            TAG,
            "iam:CreateServiceLinkedRole",
            "kms:CreateGrant",
            "kms:DescribeKey",
            "kms:GenerateDataKeyWithoutPlaintext",
        ],
        read: &[DESCRIBE],
        update: &[UPDATE, TAG, UNTAG],
        delete: &[DELETE],
        find: &[DESCRIBE],
    };
    const RETRY: &'static [Retry] = &[
        Retry::on(Verb::Update, UNSETTLED, 120.0),
        Retry::on(Verb::Update, NO_FILE_SYSTEM, 60.0),
        // Mount targets that are gone are counted for a moment.
        Retry::on(Verb::Delete, "FileSystemInUse", 300.0),
        Retry::on(Verb::Delete, UNSETTLED, 120.0),
    ];
    const HOLDS_DATA: bool = true;
    const NAMED: Named = Named::By(&[("id", "fs-…")]);

    type Props = FileSystemProps;
    type Attrs = FileSystemAttrs;

    async fn create(cx: &Cx, token: &Token, want: &FileSystemProps) -> Result<FileSystemAttrs> {
        let FileSystemProps { performance, key, throughput, mibps, tags } = want;
        let create = cx
            .efs()
            .create_file_system()
            .creation_token(token.as_str())
            .encrypted(true)
            .performance_mode(PerformanceMode::from(performance.as_str()))
            .set_kms_key_id(key.as_ref().map(|it| it.as_str().to_owned()))
            .throughput_mode(ThroughputMode::from(throughput.as_str()))
            .set_provisioned_throughput_in_mibps(mibps.map(f64::from))
            .set_tags(Some(super::on_create(CREATE, token, tags)?));
        let answer = call(CREATE, create.send().await)?;
        attrs_of(cx, CREATE, &answer.file_system_id, answer.file_system_arn())
    }

    async fn read(cx: &Cx, have: &[FileSystemAttrs]) -> Result<Vec<Option<Seen<FileSystem>>>> {
        let mut all = Vec::new();
        for FileSystemAttrs { id, arn: _, dns: _ } in have {
            let describe = cx.efs().describe_file_systems().file_system_id(id).send().await;
            let found = existing(call(DESCRIBE, describe), &[NO_FILE_SYSTEM])?;
            let found = found.and_then(|it| it.file_systems?.into_iter().next());
            all.push(found.map(|it| seen(cx, &it)).transpose()?.flatten());
        }
        Ok(all)
    }

    async fn update(cx: &Cx, edit: Edit<'_, FileSystem>) -> Result<FileSystemAttrs> {
        let Edit { have, was, want, changed: _ } = edit;
        if edit.changes("throughput") || edit.changes("mibps") {
            let update = cx
                .efs()
                .update_file_system()
                .file_system_id(&have.id)
                .throughput_mode(ThroughputMode::from(want.throughput.as_str()))
                .set_provisioned_throughput_in_mibps(want.mibps.map(f64::from));
            call(UPDATE, update.send().await)?;
        }
        if edit.changes("tags") {
            super::update_tags(cx, &have.id, &was.tags, &want.tags).await?;
        }
        Ok(have.clone())
    }

    async fn delete(cx: &Cx, have: &FileSystemAttrs) -> Result<()> {
        let delete = cx.efs().delete_file_system().file_system_id(&have.id).send().await;
        deleted(call(DELETE, delete), &[NO_FILE_SYSTEM])
    }

    async fn find(cx: &Cx, lost: &[Lost<FileSystem>]) -> Result<Vec<Option<FileSystemAttrs>>> {
        let mut all = Vec::new();
        for Lost { token, want: _ } in lost {
            // A file system keeps its creation token for life.
            let describe = cx.efs().describe_file_systems().creation_token(token.as_str()).send().await;
            let found = existing(call(DESCRIBE, describe), &[NO_FILE_SYSTEM])?.and_then(|it| it.file_systems);
            let ours = found.into_iter().flatten().find(|it| it.creation_token == token.as_str());
            let seen = ours.map(|it| seen(cx, &it)).transpose()?.flatten();
            all.push(seen.filter(|it| it.phase != Phase::Deleting).map(|it| it.attrs));
        }
        Ok(all)
    }
}

fn seen(cx: &Cx, found: &FileSystemDescription) -> Result<Option<Seen<FileSystem>>> {
    let Some(phase) = super::phase(&found.life_cycle_state) else { return Ok(None) };
    let attrs = attrs_of(cx, DESCRIBE, &found.file_system_id, found.file_system_arn())?;
    Ok(Some(Seen { phase, props: props_of(found)?, attrs }))
}

fn props_of(found: &FileSystemDescription) -> Result<FileSystemProps> {
    Ok(FileSystemProps {
        performance: found.performance_mode.as_str().to_owned(),
        key: found.kms_key_id().filter(|it| !it.is_empty()).map(Text::from),
        throughput: complete(DESCRIBE, found.throughput_mode())?.as_str().to_owned(),
        mibps: found.provisioned_throughput_in_mibps.map(whole),
        tags: super::visible(found.tags()),
    })
}

#[expect(clippy::cast_possible_truncation, reason = "AWS gives at most a few thousand")]
fn whole(mibps: f64) -> i32 {
    mibps.round() as i32
}

fn attrs_of(cx: &Cx, operation: &'static str, id: &str, arn: Option<&str>) -> Result<FileSystemAttrs> {
    let arn = complete(operation, arn)?.to_owned();
    Ok(FileSystemAttrs { id: id.to_owned(), arn, dns: dns_name(id, cx.region()) })
}

/// Returns the name by which a file system is mounted.
#[must_use]
pub fn dns_name(id: &str, region: &str) -> String {
    let suffix = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
    format!("{id}.efs.{region}.{suffix}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_china_end_otherwise() {
        assert_eq!(dns_name("fs-1", "eu-west-1"), "fs-1.efs.eu-west-1.amazonaws.com");
        assert_eq!(dns_name("fs-1", "cn-north-1"), "fs-1.efs.cn-north-1.amazonaws.com.cn");
    }
}
