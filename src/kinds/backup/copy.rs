//! `backup.copy`: that the shared files were copied before the site's code became another, so that there is a way back.
//!
//! Nothing is copied while no site is installed. What it makes lies in the vault, which takes it along when it goes.

use aws_sdk_backup::types::BackupJobState;

use super::NOT_FOUND;
use super::vault::{DENIED, Vault};
use crate::aws::{Cx, Result, call};
use crate::kind::{Actions, Edit, Kind, Lost, Named, Phase, Poll, Rate, Ref, Retry, Seen, Text, Token, Verb, Wait};
use crate::kinds::answer::{complete, existing};
use crate::kinds::ssm::reports;
use crate::{attrs, props};

/// See the module.
#[derive(Debug)]
pub struct Copy;

props! {
    /// What we want of the copies of something.
    pub struct CopyProps {
        /// The ARN of what is copied.
        replace resource: Text,
        /// Where the copies lie.
        replace vault: Ref<Vault>,
        /// The ARN of the role that AWS Backup takes on.
        replace role: Text,
        /// Below which parameter servers report.
        replace path: String,
        /// The code before which it was copied.
        update build: String,
    }
}

attrs! {
    /// What we remember of the copies.
    pub struct CopyAttrs {
        /// What is copied.
        resource: String,
        /// The vault.
        vault: String,
        /// The role.
        role: String,
        /// The path.
        path: String,
        /// How the client tokens of our jobs begin.
        prefix: String,
        /// The code before which it was copied last.
        build: String,
        /// How many were made.
        count: u32,
        /// The job that made the last of them.
        job: Option<String>,
        /// The ARN of the last of them.
        point: Option<String>,
    }
}

const START: &str = "backup:StartBackupJob";
const DESCRIBE: &str = "backup:DescribeBackupJob";
const VAULT: &str = "backup:DescribeBackupVault";
/// The tag that tells for which code a copy was made.
const BEFORE: &str = "moodle-infra:before";

impl Kind for Copy {
    const NAME: &'static str = "backup.copy";
    const ID: &'static str = "build";
    const BATCH: usize = 5;
    // A first copy of many files takes hours; the later ones take what has changed.
    const POLL: Poll = Poll { ready: Wait::looks(600.0, 30.0, 20.0, 86_400.0), gone: Wait::none() };
    const CHANGED: Wait = Wait::looks(600.0, 30.0, 20.0, 86_400.0);
    const RATE: Rate = super::MUTATING;
    const ACTIONS: Actions = Actions {
        create: &[reports::LIST, START, "iam:PassRole"],
        read: &[VAULT, DESCRIBE],
        update: &[reports::LIST, START, "iam:PassRole"],
        delete: &[],
        find: &[reports::LIST],
    };
    const RETRY: &'static [Retry] = &[
        // A role that IAM has not spread yet.
        Retry::saying(Verb::Create, "InvalidParameterValueException", "cannot be assumed", 120.0),
        Retry::saying(Verb::Update, "InvalidParameterValueException", "cannot be assumed", 120.0),
    ];
    const MOVES: &'static [&'static str] = &["build", "count", "job", "point"];
    const NAMED: Named = Named::Not("it is what the engine remembers of copies that it made before upgrades");

    type Props = CopyProps;
    type Attrs = CopyAttrs;

    async fn create(cx: &Cx, token: &Token, want: &CopyProps) -> Result<CopyAttrs> {
        begin(cx, attrs_of(want, token)).await
    }

    async fn read(cx: &Cx, have: &[CopyAttrs]) -> Result<Vec<Option<Seen<Copy>>>> {
        let mut all = Vec::new();
        for attrs in have {
            all.push(seen(cx, attrs).await?);
        }
        Ok(all)
    }

    async fn update(cx: &Cx, edit: Edit<'_, Copy>) -> Result<CopyAttrs> {
        begin(cx, CopyAttrs { build: edit.want.build.clone(), ..edit.have.clone() }).await
    }

    async fn delete(_cx: &Cx, _have: &CopyAttrs) -> Result<()> {
        Ok(())
    }

    async fn find(cx: &Cx, lost: &[Lost<Copy>]) -> Result<Vec<Option<CopyAttrs>>> {
        let mut all = Vec::new();
        for Lost { token, want } in lost {
            // Jobs tell no token. Asked again with the same one, AWS answers the job that it has begun.
            let other = reports::is_other(cx, &want.path, &want.build).await?;
            all.push((!other).then(|| attrs_of(want, token)));
        }
        Ok(all)
    }
}

fn attrs_of(want: &CopyProps, token: &Token) -> CopyAttrs {
    let CopyProps { resource, vault, role, path, build } = want.clone();
    CopyAttrs {
        resource: resource.as_str().to_owned(),
        vault: vault.id().to_owned(),
        role: role.as_str().to_owned(),
        path,
        prefix: token.as_str().to_owned(),
        build,
        count: 0,
        job: None,
        point: None,
    }
}

/// Begins a copy, if there is a site that runs other code.
async fn begin(cx: &Cx, attrs: CopyAttrs) -> Result<CopyAttrs> {
    if !reports::is_other(cx, &attrs.path, &attrs.build).await? {
        return Ok(attrs);
    }
    let count = attrs.count + 1;
    let start = cx
        .backup()
        .start_backup_job()
        .backup_vault_name(&attrs.vault)
        .resource_arn(&attrs.resource)
        .iam_role_arn(&attrs.role)
        .idempotency_token(format!("{}-{count}", attrs.prefix))
        .recovery_point_tags(BEFORE, &attrs.build);
    let answer = call(START, start.send().await)?;
    let job = complete(START, answer.backup_job_id)?;
    Ok(CopyAttrs { count, job: Some(job), point: answer.recovery_point_arn, ..attrs })
}

async fn seen(cx: &Cx, attrs: &CopyAttrs) -> Result<Option<Seen<Copy>>> {
    let CopyAttrs { resource, vault, role, path, prefix: _, build, count: _, job, point: _ } = attrs.clone();
    let there = call(VAULT, cx.backup().describe_backup_vault().backup_vault_name(&vault).send().await);
    let there = match there {
        Err(error) if error.is(DENIED) && error.message.contains("Insufficient privileges") => None,
        answer => existing(answer, &[NOT_FOUND])?,
    };
    if there.is_none() {
        return Ok(None);
    }
    let phase = match job {
        Some(job) => {
            let answer = call(DESCRIBE, cx.backup().describe_backup_job().backup_job_id(job).send().await);
            // AWS Backup remembers for thirty days; what it has forgotten was done long ago.
            let found = existing(answer, &[NOT_FOUND])?;
            found.map_or(Phase::Ready, |it| phase(it.state().map(BackupJobState::as_str), it.status_message()))
        }
        None => Phase::Ready,
    };
    let (resource, role) = (resource.into(), role.into());
    let props = CopyProps { resource, vault: Ref::known(vault), role, path, build };
    Ok(Some(Seen { phase, props, attrs: attrs.clone() }))
}

fn phase(state: Option<&str>, message: Option<&str>) -> Phase {
    match state {
        Some("COMPLETED") => Phase::Ready,
        Some(state @ ("ABORTED" | "FAILED" | "EXPIRED" | "PARTIAL")) => {
            let why = message.filter(|it| !it.is_empty()).unwrap_or("no reason given");
            Phase::Failed(format!("the copy of the files is {state}: {why}"))
        }
        _ => Phase::Pending,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_waited_for_and_says_why_it_failed() {
        assert_eq!(phase(Some("RUNNING"), None), Phase::Pending);
        assert_eq!(phase(Some("COMPLETED"), None), Phase::Ready);
        let why = "the copy of the files is FAILED: no access".to_owned();
        assert_eq!(phase(Some("FAILED"), Some("no access")), Phase::Failed(why));
    }
}
