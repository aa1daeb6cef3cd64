//! `iam.role_policy_attachment`: what a role may do, as a policy that others have too, such as AWS's own.

use super::role::Role;
use crate::aws::{Cx, Result, call};
use crate::kind::{Actions, Edit, Kind, Lost, Named, Phase, Poll, Rate, Ref, Retry, Seen, Text, Token, Verb};
use crate::kinds::answer::{deleted, existing};
use crate::{attrs, props};

/// See the module.
#[derive(Debug)]
pub struct RolePolicyAttachment;

props! {
    /// What we want of an attachment.
    pub struct RolePolicyAttachmentProps {
        /// The role.
        replace role: Ref<Role>,
        /// The ARN of the policy.
        replace policy: Text,
    }
}

attrs! {
    /// An attachment is found by its two ends.
    pub struct RolePolicyAttachmentAttrs {
        /// The role's name.
        role: String,
        /// The policy's ARN.
        policy: String,
    }
}

const LIST: &str = "iam:ListAttachedRolePolicies";
const ATTACH: &str = "iam:AttachRolePolicy";
const DETACH: &str = "iam:DetachRolePolicy";

impl Kind for RolePolicyAttachment {
    const NAME: &'static str = "iam.role_policy_attachment";
    const ID: &'static str = "policy";
    const BATCH: usize = 10;
    const POLL: Poll = Poll::at_once();
    const RATE: Rate = super::MUTATING;
    const ACTIONS: Actions =
        Actions { create: &[ATTACH], read: &[LIST], update: &[], delete: &[DETACH], find: &[LIST] };
    const RETRY: &'static [Retry] = &[
        Retry::saying(Verb::Create, "NoSuchEntity", "role", 60.0),
        Retry::on(Verb::Create, "ConcurrentModification", 60.0),
        Retry::on(Verb::Delete, "ConcurrentModification", 60.0),
    ];
    const NAMED: Named = Named::By(&[("role", "ROLE"), ("policy", "arn:…:policy/…")]);

    type Props = RolePolicyAttachmentProps;
    type Attrs = RolePolicyAttachmentAttrs;

    async fn create(cx: &Cx, _token: &Token, want: &RolePolicyAttachmentProps) -> Result<RolePolicyAttachmentAttrs> {
        let attach = cx.iam().attach_role_policy().role_name(want.role.id()).policy_arn(want.policy.as_str());
        call(ATTACH, attach.send().await)?;
        Ok(attrs_of(want))
    }

    async fn read(cx: &Cx, have: &[RolePolicyAttachmentAttrs]) -> Result<Vec<Option<Seen<RolePolicyAttachment>>>> {
        let mut all = Vec::new();
        for attrs in have {
            let RolePolicyAttachmentAttrs { role, policy } = attrs;
            let props = RolePolicyAttachmentProps { role: Ref::known(role), policy: policy.as_str().into() };
            let seen = Seen { phase: Phase::Ready, props, attrs: attrs.clone() };
            all.push(is_attached(cx, role, policy).await?.then_some(seen));
        }
        Ok(all)
    }

    async fn update(_cx: &Cx, edit: Edit<'_, RolePolicyAttachment>) -> Result<RolePolicyAttachmentAttrs> {
        // Every property replaces.
        Ok(edit.have.clone())
    }

    async fn delete(cx: &Cx, have: &RolePolicyAttachmentAttrs) -> Result<()> {
        let detach = cx.iam().detach_role_policy().role_name(&have.role).policy_arn(&have.policy);
        deleted(call(DETACH, detach.send().await), &["NoSuchEntity"])
    }

    async fn find(cx: &Cx, lost: &[Lost<RolePolicyAttachment>]) -> Result<Vec<Option<RolePolicyAttachmentAttrs>>> {
        let mut all = Vec::new();
        for Lost { token: _, want } in lost {
            let there = is_attached(cx, want.role.id(), want.policy.as_str()).await?;
            all.push(there.then(|| attrs_of(want)));
        }
        Ok(all)
    }

    fn conflicts(old: &RolePolicyAttachmentProps, new: &RolePolicyAttachmentProps) -> bool {
        old == new
    }
}

fn attrs_of(want: &RolePolicyAttachmentProps) -> RolePolicyAttachmentAttrs {
    RolePolicyAttachmentAttrs { role: want.role.id().to_owned(), policy: want.policy.as_str().to_owned() }
}

async fn is_attached(cx: &Cx, role: &str, policy: &str) -> Result<bool> {
    let pages = cx.iam().list_attached_role_policies().role_name(role).into_paginator().items().send();
    let answer = call(LIST, pages.collect::<std::result::Result<Vec<_>, _>>().await);
    let attached = existing(answer, &["NoSuchEntity"])?.unwrap_or_default();
    Ok(attached.iter().any(|it| it.policy_arn() == Some(policy)))
}
