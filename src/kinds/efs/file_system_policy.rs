//! `efs.file_system_policy`: who may mount the file system and how; ours lets nobody in without TLS and a role.

use super::file_system::FileSystem;
use super::{NO_FILE_SYSTEM, UNSETTLED};
use crate::aws::{Cx, Error, Result, call};
use crate::kind::values::Policy;
use crate::kind::{Actions, Edit, Kind, Lost, Named, Phase, Poll, Rate, Ref, Retry, Seen, Token, Verb};
use crate::kinds::answer::{complete, deleted, existing};
use crate::{attrs, props};

/// See the module.
#[derive(Debug)]
pub struct FileSystemPolicy;

props! {
    /// What we want of a file system's policy.
    pub struct FileSystemPolicyProps {
        /// The file system.
        replace file_system: Ref<FileSystem>,
        /// Who may do what. EFS adds `Id`, `Sid` and `Resource` where they are missing, so each must be there.
        update policy: Policy,
    }
}

attrs! {
    /// The policy is found by its file system.
    pub struct FileSystemPolicyAttrs {
        /// `fs-…`.
        file_system: String,
    }
}

const DESCRIBE: &str = "elasticfilesystem:DescribeFileSystemPolicy";
const PUT: &str = "elasticfilesystem:PutFileSystemPolicy";
const DELETE: &str = "elasticfilesystem:DeleteFileSystemPolicy";
const GONE: &[&str] = &["PolicyNotFound", NO_FILE_SYSTEM];

impl Kind for FileSystemPolicy {
    const NAME: &'static str = "efs.file_system_policy";
    const ID: &'static str = "file_system";
    const BATCH: usize = 10;
    const POLL: Poll = Poll::at_once();
    const RATE: Rate = super::MUTATING;
    const ACTIONS: Actions =
        Actions { create: &[PUT], read: &[DESCRIBE], update: &[PUT], delete: &[DELETE], find: &[DESCRIBE] };
    const RETRY: &'static [Retry] = &[
        Retry::on(Verb::Create, UNSETTLED, 120.0),
        Retry::on(Verb::Create, NO_FILE_SYSTEM, 60.0),
        Retry::on(Verb::Update, UNSETTLED, 120.0),
        Retry::on(Verb::Delete, UNSETTLED, 120.0),
    ];
    const NAMED: Named = Named::By(&[("file_system", "fs-…")]);

    type Props = FileSystemPolicyProps;
    type Attrs = FileSystemPolicyAttrs;

    async fn create(cx: &Cx, _token: &Token, want: &FileSystemPolicyProps) -> Result<FileSystemPolicyAttrs> {
        put(cx, want).await?;
        Ok(FileSystemPolicyAttrs { file_system: want.file_system.id().to_owned() })
    }

    async fn read(cx: &Cx, have: &[FileSystemPolicyAttrs]) -> Result<Vec<Option<Seen<FileSystemPolicy>>>> {
        let mut all = Vec::new();
        for FileSystemPolicyAttrs { file_system } in have {
            all.push(seen(cx, file_system).await?);
        }
        Ok(all)
    }

    async fn update(cx: &Cx, edit: Edit<'_, FileSystemPolicy>) -> Result<FileSystemPolicyAttrs> {
        put(cx, edit.want).await?;
        Ok(edit.have.clone())
    }

    async fn delete(cx: &Cx, have: &FileSystemPolicyAttrs) -> Result<()> {
        let delete = cx.efs().delete_file_system_policy().file_system_id(&have.file_system).send().await;
        deleted(call(DELETE, delete), GONE)
    }

    async fn find(cx: &Cx, lost: &[Lost<FileSystemPolicy>]) -> Result<Vec<Option<FileSystemPolicyAttrs>>> {
        let mut all = Vec::new();
        for Lost { token: _, want } in lost {
            let there = seen(cx, want.file_system.id()).await?;
            all.push(there.filter(|it| it.props == *want).map(|it| it.attrs));
        }
        Ok(all)
    }

    fn conflicts(old: &FileSystemPolicyProps, new: &FileSystemPolicyProps) -> bool {
        old.file_system == new.file_system
    }
}

async fn put(cx: &Cx, want: &FileSystemPolicyProps) -> Result<()> {
    let FileSystemPolicyProps { file_system, policy } = want;
    let put = cx.efs().put_file_system_policy().file_system_id(file_system.id()).policy(policy.to_json());
    call(PUT, put.send().await).map(drop)
}

async fn seen(cx: &Cx, file_system: &str) -> Result<Option<Seen<FileSystemPolicy>>> {
    let describe = cx.efs().describe_file_system_policy().file_system_id(file_system).send().await;
    let Some(found) = existing(call(DESCRIBE, describe), GONE)? else { return Ok(None) };
    let text = complete(DESCRIBE, found.policy())?;
    let policy =
        Policy::parse(text).map_err(|error| Error::unknown(DESCRIBE, format!("unreadable policy: {error}")))?;
    let props = FileSystemPolicyProps { file_system: Ref::known(file_system), policy };
    let attrs = FileSystemPolicyAttrs { file_system: file_system.to_owned() };
    Ok(Some(Seen { phase: Phase::Ready, props, attrs }))
}
