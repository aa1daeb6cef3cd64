//! `backup.vault`: where the copies of the site's data lie.
//!
//! AWS deletes a vault only when nothing is in it. Whoever names the vault's address with `--allow-data-loss` has decided
//! about the copies, so `delete` deletes those too; they need a while to go, in which the vault's deletion is repeated.

use super::{LIST_TAGS, NOT_FOUND, TAG, UNTAG, carries, named, tags_of, unnamed};
use crate::aws::{Cx, Result, call};
use crate::kind::values::Tags;
use crate::kind::{Actions, Edit, Kind, Lost, Named, Phase, Poll, Rate, Retry, Seen, Text, Token, Verb, Wait};
use crate::kinds::answer::{complete, deleted, existing};
use crate::{attrs, props};

/// See the module.
#[derive(Debug)]
pub struct Vault;

props! {
    /// What we want of a vault.
    pub struct VaultProps {
        /// Its name, without the piece of our token.
        replace name: String,
        /// The ARN of the key that encrypts the copies; `None` leaves it to AWS, which has a key of its own.
        replace key: Option<Text>,
        /// The tags that users see.
        update tags: Tags,
    }
}

attrs! {
    /// What AWS assigns.
    pub struct VaultAttrs {
        /// Its name.
        name: String,
        /// `arn:aws:backup:…:backup-vault:…`.
        arn: String,
    }
}

const CREATE: &str = "backup:CreateBackupVault";
const DESCRIBE: &str = "backup:DescribeBackupVault";
const DELETE: &str = "backup:DeleteBackupVault";
const LIST_POINTS: &str = "backup:ListRecoveryPointsByBackupVault";
const DELETE_POINT: &str = "backup:DeleteRecoveryPoint";
/// Said of a vault that has something in it.
const NOT_EMPTY: &str = "InvalidRequestException";
/// AWS does not tell which vaults there are not: it says so of a missing permission, too.
pub(super) const DENIED: &str = "AccessDeniedException";

impl Kind for Vault {
    const NAME: &'static str = "backup.vault";
    const ID: &'static str = "name";
    const BATCH: usize = 5;
    const POLL: Poll = Poll { ready: Wait::none(), gone: Wait { typical: 0.4, ..Wait::none() } };
    const RATE: Rate = super::MUTATING;
    const ACTIONS: Actions = Actions {
        create: &[
            CREATE,
            TAG,
            "backup-storage:MountCapsule",
            "kms:CreateGrant",
            "kms:Decrypt",
            "kms:DescribeKey",
            "kms:GenerateDataKey",
            "kms:RetireGrant",
        ],
        read: &[DESCRIBE, LIST_TAGS],
        update: &[TAG, UNTAG],
        delete: &[DELETE, LIST_POINTS, DELETE_POINT],
        find: &[DESCRIBE, LIST_TAGS],
    };
    const RETRY: &'static [Retry] =
        &[Retry::on(Verb::Update, NOT_FOUND, 30.0), Retry::on(Verb::Delete, NOT_EMPTY, 1800.0)];
    const HOLDS_DATA: bool = true;
    const NAMED: Named = Named::By(&[("name", "NAME")]);
    const LABELS: &'static [&'static str] = &["name"];

    type Props = VaultProps;
    type Attrs = VaultAttrs;

    async fn create(cx: &Cx, token: &Token, want: &VaultProps) -> Result<VaultAttrs> {
        let VaultProps { name, key, tags } = want;
        let create = cx
            .backup()
            .create_backup_vault()
            .backup_vault_name(named(name, token))
            .creator_request_id(token.as_str())
            .set_encryption_key_arn(key.as_ref().map(|it| it.as_str().to_owned()))
            .set_backup_vault_tags(Some(super::on_create(token, tags)));
        let answer = call(CREATE, create.send().await)?;
        let (name, arn) = (answer.backup_vault_name, answer.backup_vault_arn);
        Ok(VaultAttrs { name: complete(CREATE, name)?, arn: complete(CREATE, arn)? })
    }

    async fn read(cx: &Cx, have: &[VaultAttrs]) -> Result<Vec<Option<Seen<Vault>>>> {
        let mut all = Vec::new();
        for VaultAttrs { name, arn: _ } in have {
            all.push(vault(cx, name).await?.map(|(seen, _)| seen));
        }
        Ok(all)
    }

    async fn update(cx: &Cx, edit: Edit<'_, Vault>) -> Result<VaultAttrs> {
        super::update_tags(cx, &edit.have.arn, &edit.was.tags, &edit.want.tags).await?;
        Ok(edit.have.clone())
    }

    async fn delete(cx: &Cx, have: &VaultAttrs) -> Result<()> {
        let delete = async || {
            let delete = cx.backup().delete_backup_vault().backup_vault_name(&have.name).send().await;
            deleted(call(DELETE, delete), &[NOT_FOUND])
        };
        let first = delete().await;
        if !first.as_ref().is_err_and(|error| error.is(NOT_EMPTY)) {
            return first;
        }
        empty(cx, &have.name).await?;
        delete().await
    }

    async fn find(cx: &Cx, lost: &[Lost<Vault>]) -> Result<Vec<Option<VaultAttrs>>> {
        let mut all = Vec::new();
        for Lost { token, want } in lost {
            let found = vault(cx, &named(&want.name, token)).await?;
            all.push(found.filter(|(_, ours)| carries(ours, token)).map(|(seen, _)| seen.attrs));
        }
        Ok(all)
    }
}

/// Returns a vault and all of its tags.
async fn vault(cx: &Cx, name: &str) -> Result<Option<(Seen<Vault>, std::collections::HashMap<String, String>)>> {
    let answer = call(DESCRIBE, cx.backup().describe_backup_vault().backup_vault_name(name).send().await);
    let answer = match answer {
        // AWS answers so of a vault that is not there, lest one learn which are.
        Err(error) if error.is(DENIED) && error.message.contains("Insufficient privileges") => return Ok(None),
        answer => existing(answer, &[NOT_FOUND])?,
    };
    let Some(found) = answer else { return Ok(None) };
    let attrs = VaultAttrs { name: name.to_owned(), arn: complete(DESCRIBE, found.backup_vault_arn)? };
    let Some(tags) = tags_of(cx, &attrs.arn).await? else { return Ok(None) };
    let key = found.encryption_key_arn.filter(|it| !it.is_empty()).map(Text::from);
    let props = VaultProps { name: unnamed(name).to_owned(), key, tags: super::visible(&tags) };
    Ok(Some((Seen { phase: Phase::Ready, props, attrs }, tags)))
}

/// Deletes all that is in a vault.
async fn empty(cx: &Cx, name: &str) -> Result<()> {
    let pages = cx.backup().list_recovery_points_by_backup_vault().backup_vault_name(name);
    let pages = pages.into_paginator().items().send().collect::<std::result::Result<Vec<_>, _>>().await;
    for point in call(LIST_POINTS, pages)?.iter().filter_map(|it| it.recovery_point_arn()) {
        let delete = cx.backup().delete_recovery_point().backup_vault_name(name).recovery_point_arn(point);
        // One that is on its way out already is refused, as is the vault until it is gone.
        deleted(call(DELETE_POINT, delete.send().await), &[NOT_FOUND, NOT_EMPTY])?;
    }
    Ok(())
}
