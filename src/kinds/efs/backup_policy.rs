//! `efs.backup_policy`: daily backups of what users uploaded, by AWS Backup's plan for file systems.
//!
//! A file system has the policy or has it not: there is nothing to change about it. What was backed up stays in the
//! vault when the policy goes.

use aws_sdk_efs::types::{BackupPolicy as Switch, Status};

use super::file_system::FileSystem;
use super::{NO_FILE_SYSTEM, UNSETTLED};
use crate::aws::{Cx, Error, Result, call};
use crate::kind::{Actions, Edit, Kind, Lost, Named, Phase, Poll, Rate, Ref, Retry, Seen, Token, Verb, Wait};
use crate::kinds::answer::{complete, deleted, existing};
use crate::{attrs, props};

/// See the module.
#[derive(Debug)]
pub struct BackupPolicy;

props! {
    /// What we want of a file system's backups.
    pub struct BackupPolicyProps {
        /// The file system.
        replace file_system: Ref<FileSystem>,
    }
}

attrs! {
    /// The policy is found by its file system.
    pub struct BackupPolicyAttrs {
        /// `fs-…`.
        file_system: String,
    }
}

const DESCRIBE: &str = "elasticfilesystem:DescribeBackupPolicy";
const PUT: &str = "elasticfilesystem:PutBackupPolicy";
const LINKED_ROLE: &str = "iam:CreateServiceLinkedRole";

impl Kind for BackupPolicy {
    const NAME: &'static str = "efs.backup_policy";
    const ID: &'static str = "file_system";
    const BATCH: usize = 10;
    const POLL: Poll = Poll { ready: Wait::looks(45.0, 5.0, 5.0, 600.0), gone: Wait::looks(45.0, 5.0, 5.0, 600.0) };
    const RATE: Rate = super::MUTATING;
    const ACTIONS: Actions =
        Actions { create: &[PUT, LINKED_ROLE], read: &[DESCRIBE], update: &[], delete: &[PUT], find: &[DESCRIBE] };
    const RETRY: &'static [Retry] = &[
        Retry::on(Verb::Create, UNSETTLED, 120.0),
        Retry::on(Verb::Create, NO_FILE_SYSTEM, 60.0),
        Retry::on(Verb::Delete, UNSETTLED, 120.0),
    ];
    const NAMED: Named = Named::By(&[("file_system", "fs-…")]);

    type Props = BackupPolicyProps;
    type Attrs = BackupPolicyAttrs;

    async fn create(cx: &Cx, _token: &Token, want: &BackupPolicyProps) -> Result<BackupPolicyAttrs> {
        let file_system = want.file_system.id().to_owned();
        put(cx, &file_system, Status::Enabled).await?;
        Ok(BackupPolicyAttrs { file_system })
    }

    async fn read(cx: &Cx, have: &[BackupPolicyAttrs]) -> Result<Vec<Option<Seen<BackupPolicy>>>> {
        let mut all = Vec::new();
        for BackupPolicyAttrs { file_system } in have {
            all.push(seen(cx, file_system).await?);
        }
        Ok(all)
    }

    async fn update(_cx: &Cx, edit: Edit<'_, BackupPolicy>) -> Result<BackupPolicyAttrs> {
        Ok(edit.have.clone())
    }

    async fn delete(cx: &Cx, have: &BackupPolicyAttrs) -> Result<()> {
        deleted(put(cx, &have.file_system, Status::Disabled).await, &[NO_FILE_SYSTEM])
    }

    async fn find(cx: &Cx, lost: &[Lost<BackupPolicy>]) -> Result<Vec<Option<BackupPolicyAttrs>>> {
        let mut all = Vec::new();
        for Lost { token: _, want } in lost {
            let there = seen(cx, want.file_system.id()).await?;
            all.push(there.filter(|it| it.phase != Phase::Deleting).map(|it| it.attrs));
        }
        Ok(all)
    }

    fn conflicts(old: &BackupPolicyProps, new: &BackupPolicyProps) -> bool {
        old.file_system == new.file_system
    }
}

async fn put(cx: &Cx, file_system: &str, status: Status) -> Result<()> {
    let switch = Switch::builder().status(status).build();
    let switch = switch.map_err(|error| Error::refused(PUT, "InvalidStatus", error.to_string()))?;
    let put = cx.efs().put_backup_policy().file_system_id(file_system).backup_policy(switch);
    call(PUT, put.send().await).map(drop)
}

async fn seen(cx: &Cx, file_system: &str) -> Result<Option<Seen<BackupPolicy>>> {
    let describe = cx.efs().describe_backup_policy().file_system_id(file_system).send().await;
    // A file system that never had a policy may be answered by an error.
    let Some(found) = existing(call(DESCRIBE, describe), &["PolicyNotFound", NO_FILE_SYSTEM])? else { return Ok(None) };
    let phase = phase(complete(DESCRIBE, found.backup_policy)?.status());
    let props = BackupPolicyProps { file_system: Ref::known(file_system) };
    let attrs = BackupPolicyAttrs { file_system: file_system.to_owned() };
    Ok(phase.map(|phase| Seen { phase, props, attrs }))
}

/// Returns the phase of a policy with that status; `None` for a policy that is off, and so not there.
fn phase(status: &Status) -> Option<Phase> {
    match status.as_str() {
        "DISABLED" => None,
        "DISABLING" => Some(Phase::Deleting),
        "ENABLING" => Some(Phase::Pending),
        _ => Some(Phase::Ready),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_that_is_off_is_not_there() {
        assert_eq!(phase(&Status::Enabled), Some(Phase::Ready));
        assert_eq!(phase(&Status::Enabling), Some(Phase::Pending));
        assert_eq!(phase(&Status::Disabling), Some(Phase::Deleting));
        assert_eq!(phase(&Status::Disabled), None);
    }
}
