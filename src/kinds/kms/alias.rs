//! `kms.alias`: the name under which people find a key in the console.

use aws_sdk_kms::types::AliasListEntry;

use super::NOT_FOUND;
use super::key::Key;
use crate::aws::{Cx, Result, call};
use crate::kind::{Actions, Edit, Kind, Lost, Phase, Poll, Rate, Ref, Retry, Seen, Token, Verb, Wait};
use crate::kinds::answer::{complete, deleted};
use crate::kinds::arn::arn;
use crate::{attrs, props};

/// See the module.
#[derive(Debug)]
pub struct Alias;

props! {
    /// What we want of an alias.
    pub struct AliasProps {
        /// Its name, unique in the account and region: `alias/…`.
        replace name: String,
        /// The key that it names.
        update key: Ref<Key>,
    }
}

attrs! {
    /// What AWS assigns.
    pub struct AliasAttrs {
        /// The name.
        name: String,
        /// `arn:aws:kms:…:alias/…`.
        arn: String,
    }
}

const CREATE: &str = "kms:CreateAlias";
const LIST: &str = "kms:ListAliases";
const UPDATE: &str = "kms:UpdateAlias";
const DELETE: &str = "kms:DeleteAlias";

impl Kind for Alias {
    const NAME: &'static str = "kms.alias";
    const ID: &'static str = "name";
    const BATCH: usize = 100;
    const POLL: Poll =
        Poll { ready: Wait { typical: 0.4, ..Wait::none() }, gone: Wait { typical: 0.4, ..Wait::none() } };
    const RATE: Rate = super::MUTATING;
    const ACTIONS: Actions =
        Actions { create: &[CREATE], read: &[LIST], update: &[UPDATE], delete: &[DELETE], find: &[LIST] };
    const RETRY: &'static [Retry] = &[
        // Its key was made a moment ago.
        Retry::on(Verb::Create, NOT_FOUND, 60.0),
        Retry::on(Verb::Create, "DependencyTimeoutException", 60.0),
        Retry::on(Verb::Update, NOT_FOUND, 60.0),
        Retry::on(Verb::Update, "DependencyTimeoutException", 60.0),
        Retry::on(Verb::Delete, "DependencyTimeoutException", 60.0),
    ];

    type Props = AliasProps;
    type Attrs = AliasAttrs;

    async fn create(cx: &Cx, _token: &Token, want: &AliasProps) -> Result<AliasAttrs> {
        let create = cx.kms().create_alias().alias_name(&want.name).target_key_id(want.key.id());
        call(CREATE, create.send().await)?;
        // The answer is empty, and the ARN is known beforehand.
        Ok(AliasAttrs { name: want.name.clone(), arn: arn(cx, "kms", &want.name) })
    }

    async fn read(cx: &Cx, have: &[AliasAttrs]) -> Result<Vec<Option<Seen<Alias>>>> {
        let found = list(cx).await?;
        let one = |have: &AliasAttrs| found.iter().find(|it| it.alias_name() == Some(&have.name));
        have.iter().map(|it| one(it).map(|it| complete(LIST, seen(it))).transpose()).collect()
    }

    async fn update(cx: &Cx, edit: Edit<'_, Alias>) -> Result<AliasAttrs> {
        let update = cx.kms().update_alias().alias_name(&edit.have.name).target_key_id(edit.want.key.id());
        call(UPDATE, update.send().await)?;
        Ok(edit.have.clone())
    }

    async fn delete(cx: &Cx, have: &AliasAttrs) -> Result<()> {
        deleted(call(DELETE, cx.kms().delete_alias().alias_name(&have.name).send().await), &[NOT_FOUND])
    }

    async fn find(cx: &Cx, lost: &[Lost<Alias>]) -> Result<Vec<Option<AliasAttrs>>> {
        // There are no tags: one that names our key is ours.
        let found = list(cx).await?;
        let ours = |want: &AliasProps| {
            let seen = found.iter().filter_map(seen).find(|it| it.props == *want);
            seen.map(|it| it.attrs)
        };
        Ok(lost.iter().map(|it| ours(&it.want)).collect())
    }

    /// A name is one alias.
    fn conflicts(old: &AliasProps, new: &AliasProps) -> bool {
        old.name == new.name
    }
}

async fn list(cx: &Cx) -> Result<Vec<AliasListEntry>> {
    let pages = cx.kms().list_aliases().into_paginator().items().send();
    call(LIST, pages.collect::<std::result::Result<_, _>>().await)
}

/// Returns an alias as it is listed; `None` of one that names nothing, as those of AWS may.
fn seen(found: &AliasListEntry) -> Option<Seen<Alias>> {
    let name = found.alias_name()?.to_owned();
    let props = AliasProps { name: name.clone(), key: Ref::known(found.target_key_id()?) };
    Some(Seen { phase: Phase::Ready, props, attrs: AliasAttrs { name, arn: found.alias_arn()?.to_owned() } })
}
