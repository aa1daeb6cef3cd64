//! `backup.selection`: what a plan makes copies of, and the role in whose name.

use std::collections::BTreeSet;

use aws_sdk_backup::types::BackupSelection;

use super::plan::Plan;
use super::{NOT_FOUND, named, unnamed};
use crate::aws::{Cx, Error, Result, call};
use crate::kind::{Actions, Edit, Kind, Lost, Named, Phase, Poll, Rate, Ref, Retry, Seen, Text, Token, Verb, Wait};
use crate::kinds::answer::{complete, existing};
use crate::{attrs, props};

/// See the module.
#[derive(Debug)]
pub struct Selection;

props! {
    /// What we want of a selection. AWS changes none.
    pub struct SelectionProps {
        /// The plan that it belongs to.
        replace plan: Ref<Plan>,
        /// Its name, without the piece of our token.
        replace name: String,
        /// The ARN of the role.
        replace role: Text,
        /// The ARNs of what is copied.
        replace resources: BTreeSet<Text>,
    }
}

attrs! {
    /// What AWS assigns.
    pub struct SelectionAttrs {
        /// The id.
        id: String,
        /// The id of the plan, without which no call finds it.
        plan: String,
    }
}

const CREATE: &str = "backup:CreateBackupSelection";
const GET: &str = "backup:GetBackupSelection";
const LIST: &str = "backup:ListBackupSelections";
const DELETE: &str = "backup:DeleteBackupSelection";
const INVALID: &str = "InvalidParameterValueException";

impl Kind for Selection {
    const NAME: &'static str = "backup.selection";
    const ID: &'static str = "id";
    const BATCH: usize = 10;
    // Most of the time the role is not known to AWS Backup yet.
    const POLL: Poll =
        Poll { ready: Wait { typical: 8.0, ..Wait::none() }, gone: Wait { typical: 0.4, ..Wait::none() } };
    const RATE: Rate = super::MUTATING;
    const ACTIONS: Actions = Actions {
        create: &[CREATE, "iam:CreateServiceLinkedRole", "iam:GetRole", "iam:PassRole"],
        read: &[GET],
        update: &[],
        delete: &[DELETE],
        find: &[LIST],
    };
    const RETRY: &'static [Retry] = &[Retry::on(Verb::Create, INVALID, 120.0)];
    const NAMED: Named = Named::By(&[("plan", "PLAN"), ("id", "SELECTION")]);
    const LABELS: &'static [&'static str] = &["name"];

    type Props = SelectionProps;
    type Attrs = SelectionAttrs;

    async fn create(cx: &Cx, token: &Token, want: &SelectionProps) -> Result<SelectionAttrs> {
        let SelectionProps { plan, name, role, resources } = want;
        let selection = BackupSelection::builder()
            .selection_name(named(name, token))
            .iam_role_arn(role.as_str())
            .set_resources(Some(resources.iter().map(|it| it.as_str().to_owned()).collect()))
            .build()
            .map_err(|error| Error::refused(CREATE, "InvalidSelection", error.to_string()))?;
        let create = cx.backup().create_backup_selection().backup_plan_id(plan.id()).backup_selection(selection);
        let answer = call(CREATE, create.creator_request_id(token.as_str()).send().await)?;
        Ok(SelectionAttrs { id: complete(CREATE, answer.selection_id)?, plan: plan.id().to_owned() })
    }

    async fn read(cx: &Cx, have: &[SelectionAttrs]) -> Result<Vec<Option<Seen<Selection>>>> {
        let mut all = Vec::new();
        for have in have {
            let get = cx.backup().get_backup_selection().backup_plan_id(&have.plan).selection_id(&have.id);
            let answer = there(call(GET, get.send().await))?;
            let found = answer.map(|it| complete(GET, it.backup_selection)).transpose()?;
            all.push(found.map(|it| seen(&it, have)));
        }
        Ok(all)
    }

    async fn update(_cx: &Cx, edit: Edit<'_, Selection>) -> Result<SelectionAttrs> {
        Ok(edit.have.clone())
    }

    async fn delete(cx: &Cx, have: &SelectionAttrs) -> Result<()> {
        let delete = cx.backup().delete_backup_selection().backup_plan_id(&have.plan).selection_id(&have.id);
        there(call(DELETE, delete.send().await)).map(drop)
    }

    async fn find(cx: &Cx, lost: &[Lost<Selection>]) -> Result<Vec<Option<SelectionAttrs>>> {
        let mut all = Vec::new();
        for Lost { token, want } in lost {
            let list = cx.backup().list_backup_selections().backup_plan_id(want.plan.id());
            let pages = list.into_paginator().items().send().collect::<std::result::Result<Vec<_>, _>>().await;
            let found = there(call(LIST, pages))?.unwrap_or_default();
            // There are no tags: the name has a piece of our token.
            let name = named(&want.name, token);
            let ours = found.iter().find(|it| it.selection_name() == Some(&name)).and_then(|it| it.selection_id());
            all.push(ours.map(|id| SelectionAttrs { id: id.to_owned(), plan: want.plan.id().to_owned() }));
        }
        Ok(all)
    }
}

/// Returns the answer; `None` where the selection, or its plan, is gone.
fn there<T>(answer: Result<T>) -> Result<Option<T>> {
    match answer {
        Err(error) if error.is(INVALID) && error.message.contains("Cannot find") => Ok(None),
        other => existing(other, &[NOT_FOUND]),
    }
}

fn seen(found: &BackupSelection, have: &SelectionAttrs) -> Seen<Selection> {
    let props = SelectionProps {
        plan: Ref::known(&have.plan),
        name: unnamed(found.selection_name()).to_owned(),
        role: found.iam_role_arn().into(),
        resources: found.resources().iter().map(|it| it.as_str().into()).collect(),
    };
    Seen { phase: Phase::Ready, props, attrs: have.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_selection_of_a_plan_that_is_gone_is_gone() {
        let answer = |code: &str, message: &str| there::<()>(Err(Error::refused(GET, code, message)));
        assert_eq!(answer(INVALID, "Cannot find Backup plan with ID 1").unwrap(), None);
        assert_eq!(answer(NOT_FOUND, "").unwrap(), None);
        assert!(answer(INVALID, "IAM Role cannot be assumed by AWS Backup").is_err());
    }
}
