//! `backup.plan`: when copies of the site's data are made, and how long they are kept.

use aws_sdk_backup::types::{BackupPlan, BackupPlanInput, BackupRule, BackupRuleInput, Lifecycle};

use super::vault::Vault;
use super::{LIST_TAGS, NOT_FOUND, TAG, UNTAG, carries, named, tags_of, unnamed};
use crate::aws::{Cx, Error, Result, call};
use crate::kind::values::Tags;
use crate::kind::{Actions, Edit, Kind, Lost, Named, Phase, Poll, Rate, Ref, Retry, Seen, Token, Verb, Wait};
use crate::kinds::answer::{complete, deleted, existing};
use crate::{attrs, props};

/// See the module.
#[derive(Debug)]
pub struct Plan;

props! {
    /// What we want of a plan: one rule.
    pub struct PlanProps {
        /// Its name, without the piece of our token.
        replace name: String,
        /// The name of its rule.
        update rule: String,
        /// When, in UTC: `cron(0 5 * * ? *)`.
        update schedule: String,
        /// The days after which a copy is deleted.
        update retain_days: i64,
        /// Where the copies go.
        update vault: Ref<Vault>,
        /// The tags that users see.
        update tags: Tags,
    }
}

attrs! {
    /// What AWS assigns.
    pub struct PlanAttrs {
        /// The id.
        id: String,
        /// `arn:aws:backup:…:backup-plan:…`.
        arn: String,
        /// Its name.
        name: String,
    }
}

const CREATE: &str = "backup:CreateBackupPlan";
const GET: &str = "backup:GetBackupPlan";
const LIST: &str = "backup:ListBackupPlans";
const UPDATE: &str = "backup:UpdateBackupPlan";
const DELETE: &str = "backup:DeleteBackupPlan";

impl Kind for Plan {
    const NAME: &'static str = "backup.plan";
    const ID: &'static str = "id";
    const BATCH: usize = 5;
    const POLL: Poll = Poll { ready: Wait::none(), gone: Wait { typical: 0.4, ..Wait::none() } };
    const RATE: Rate = super::MUTATING;
    const ACTIONS: Actions = Actions {
        create: &[CREATE, TAG],
        read: &[GET, LIST_TAGS],
        update: &[UPDATE, TAG, UNTAG],
        delete: &[DELETE],
        find: &[LIST, LIST_TAGS],
    };
    const RETRY: &'static [Retry] = &[
        // Its vault was made a moment ago.
        Retry::on(Verb::Create, "InvalidParameterValueException", 30.0),
        Retry::on(Verb::Update, NOT_FOUND, 30.0),
        // Its selection was deleted a moment ago.
        Retry::on(Verb::Delete, "InvalidRequestException", 60.0),
    ];
    const NAMED: Named = Named::By(&[("id", "PLAN")]);
    const LABELS: &'static [&'static str] = &["name"];

    type Props = PlanProps;
    type Attrs = PlanAttrs;

    async fn create(cx: &Cx, token: &Token, want: &PlanProps) -> Result<PlanAttrs> {
        let name = named(&want.name, token);
        let create = cx
            .backup()
            .create_backup_plan()
            .backup_plan(document(CREATE, &name, want)?)
            .creator_request_id(token.as_str())
            .set_backup_plan_tags(Some(super::on_create(token, &want.tags)));
        let answer = call(CREATE, create.send().await)?;
        let (id, arn) = (answer.backup_plan_id, answer.backup_plan_arn);
        Ok(PlanAttrs { id: complete(CREATE, id)?, arn: complete(CREATE, arn)?, name })
    }

    async fn read(cx: &Cx, have: &[PlanAttrs]) -> Result<Vec<Option<Seen<Plan>>>> {
        let mut all = Vec::new();
        for have in have {
            all.push(plan(cx, have).await?);
        }
        Ok(all)
    }

    async fn update(cx: &Cx, edit: Edit<'_, Plan>) -> Result<PlanAttrs> {
        let Edit { have, was, want, changed } = edit;
        if changed.iter().any(|it| *it != "tags") {
            let document = document(UPDATE, &have.name, want)?;
            let update = cx.backup().update_backup_plan().backup_plan_id(&have.id).backup_plan(document);
            call(UPDATE, update.send().await)?;
        }
        if edit.changes("tags") {
            super::update_tags(cx, &have.arn, &was.tags, &want.tags).await?;
        }
        Ok(have.clone())
    }

    async fn delete(cx: &Cx, have: &PlanAttrs) -> Result<()> {
        let delete = cx.backup().delete_backup_plan().backup_plan_id(&have.id).send().await;
        deleted(call(DELETE, delete), &[NOT_FOUND])
    }

    async fn adopt(cx: &Cx, id: &str, _want: &PlanProps) -> Result<Option<PlanAttrs>> {
        let answer = existing(call(GET, cx.backup().get_backup_plan().backup_plan_id(id).send().await), &[NOT_FOUND])?;
        let Some(answer) = answer.filter(|it| it.deletion_date.is_none()) else { return Ok(None) };
        let arn = complete(GET, answer.backup_plan_arn)?;
        let name = complete(GET, answer.backup_plan)?.backup_plan_name;
        Ok(Some(PlanAttrs { id: id.to_owned(), arn, name }))
    }

    async fn find(cx: &Cx, lost: &[Lost<Plan>]) -> Result<Vec<Option<PlanAttrs>>> {
        let pages = cx.backup().list_backup_plans().into_paginator().items().send();
        let found = call(LIST, pages.collect::<std::result::Result<Vec<_>, _>>().await)?;
        let mut all = Vec::new();
        for Lost { token, want } in lost {
            let name = named(&want.name, token);
            let listed = found.iter().find(|it| it.backup_plan_name() == Some(&name));
            let attrs = listed.and_then(|it| {
                let (id, arn) = (it.backup_plan_id()?.to_owned(), it.backup_plan_arn()?.to_owned());
                Some(PlanAttrs { id, arn, name })
            });
            all.push(match attrs {
                Some(it) if tags_of(cx, &it.arn).await?.is_some_and(|tags| carries(&tags, token)) => Some(it),
                _ => None,
            });
        }
        Ok(all)
    }
}

fn document(operation: &'static str, name: &str, want: &PlanProps) -> Result<BackupPlanInput> {
    let invalid =
        |error: aws_sdk_backup::error::BuildError| Error::refused(operation, "InvalidPlan", error.to_string());
    let rule = BackupRuleInput::builder()
        .rule_name(&want.rule)
        .target_backup_vault_name(want.vault.id())
        .schedule_expression(&want.schedule)
        .lifecycle(Lifecycle::builder().delete_after_days(want.retain_days).build());
    let rule = rule.build().map_err(invalid)?;
    BackupPlanInput::builder().backup_plan_name(name).rules(rule).build().map_err(invalid)
}

async fn plan(cx: &Cx, have: &PlanAttrs) -> Result<Option<Seen<Plan>>> {
    let answer = call(GET, cx.backup().get_backup_plan().backup_plan_id(&have.id).send().await);
    // A plan that is deleted is told of for a while.
    let answer = existing(answer, &[NOT_FOUND])?.filter(|it| it.deletion_date.is_none());
    let Some(answer) = answer else { return Ok(None) };
    let Some(tags) = tags_of(cx, &have.arn).await? else { return Ok(None) };
    let props = props_of(&complete(GET, answer.backup_plan)?, super::visible(&tags));
    Ok(Some(Seen { phase: Phase::Ready, props, attrs: have.clone() }))
}

/// Returns the properties. A plan whose rule somebody took away, or to which one was added, reads as changed.
fn props_of(found: &BackupPlan, tags: Tags) -> PlanProps {
    let only = if let [rule] = found.rules() { Some(rule) } else { None };
    let days = only.and_then(|it| it.lifecycle()).and_then(|it| it.delete_after_days);
    let text = |it: Option<&str>| it.unwrap_or_default().to_owned();
    PlanProps {
        name: unnamed(found.backup_plan_name()).to_owned(),
        rule: text(only.map(BackupRule::rule_name)),
        schedule: text(only.and_then(|it| it.schedule_expression())),
        retain_days: days.unwrap_or_default(),
        vault: Ref::known(only.map(BackupRule::target_backup_vault_name).unwrap_or_default()),
        tags,
    }
}
