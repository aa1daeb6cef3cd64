//! `iam.role_policy`: what a role may do, as a policy inside it.

use super::document;
use super::role::Role;
use crate::aws::{Cx, Result, call};
use crate::kind::values::Policy;
use crate::kind::{Actions, Edit, Kind, Lost, Named, Phase, Poll, Rate, Ref, Retry, Seen, Token, Verb};
use crate::kinds::answer::{deleted, existing};
use crate::{attrs, props};

/// See the module.
#[derive(Debug)]
pub struct RolePolicy;

props! {
    /// What we want of a role's policy.
    pub struct RolePolicyProps {
        /// The role.
        replace role: Ref<Role>,
        /// Its name, unique in the role.
        replace name: String,
        /// What the role may do.
        update policy: Policy,
    }
}

attrs! {
    /// A policy is found by its role and its name.
    pub struct RolePolicyAttrs {
        /// The role's name.
        role: String,
        /// The policy's name.
        name: String,
    }
}

const GET: &str = "iam:GetRolePolicy";
const PUT: &str = "iam:PutRolePolicy";

impl Kind for RolePolicy {
    const NAME: &'static str = "iam.role_policy";
    const ID: &'static str = "name";
    const BATCH: usize = 10;
    const POLL: Poll = Poll::at_once();
    const RATE: Rate = super::MUTATING;
    const ACTIONS: Actions =
        Actions { create: &[PUT], read: &[GET], update: &[PUT], delete: &["iam:DeleteRolePolicy"], find: &[GET] };
    const RETRY: &'static [Retry] = &[
        Retry::on(Verb::Create, "NoSuchEntity", 60.0),
        Retry::on(Verb::Create, "ConcurrentModification", 60.0),
        Retry::on(Verb::Update, "NoSuchEntity", 60.0),
        Retry::on(Verb::Update, "ConcurrentModification", 60.0),
        Retry::on(Verb::Delete, "ConcurrentModification", 60.0),
    ];
    const NAMED: Named = Named::By(&[("role", "ROLE"), ("name", "POLICY")]);
    const LABELS: &'static [&'static str] = &["name"];

    type Props = RolePolicyProps;
    type Attrs = RolePolicyAttrs;

    async fn create(cx: &Cx, _token: &Token, want: &RolePolicyProps) -> Result<RolePolicyAttrs> {
        put(cx, want).await?;
        Ok(RolePolicyAttrs { role: want.role.id().to_owned(), name: want.name.clone() })
    }

    async fn read(cx: &Cx, have: &[RolePolicyAttrs]) -> Result<Vec<Option<Seen<RolePolicy>>>> {
        let mut all = Vec::new();
        for RolePolicyAttrs { role, name } in have {
            all.push(seen(cx, role, name).await?);
        }
        Ok(all)
    }

    async fn update(cx: &Cx, edit: Edit<'_, RolePolicy>) -> Result<RolePolicyAttrs> {
        put(cx, edit.want).await?;
        Ok(edit.have.clone())
    }

    async fn delete(cx: &Cx, have: &RolePolicyAttrs) -> Result<()> {
        let delete = cx.iam().delete_role_policy().role_name(&have.role).policy_name(&have.name);
        deleted(call("iam:DeleteRolePolicy", delete.send().await), &["NoSuchEntity"])
    }

    async fn find(cx: &Cx, lost: &[Lost<RolePolicy>]) -> Result<Vec<Option<RolePolicyAttrs>>> {
        let mut all = Vec::new();
        for Lost { token: _, want } in lost {
            let there = seen(cx, want.role.id(), &want.name).await?;
            all.push(there.filter(|it| it.props == *want).map(|it| it.attrs));
        }
        Ok(all)
    }

    fn conflicts(old: &RolePolicyProps, new: &RolePolicyProps) -> bool {
        old.role == new.role && old.name == new.name
    }
}

async fn put(cx: &Cx, want: &RolePolicyProps) -> Result<()> {
    let RolePolicyProps { role, name, policy } = want;
    let put = cx.iam().put_role_policy().role_name(role.id()).policy_name(name).policy_document(policy.to_json());
    call(PUT, put.send().await).map(drop)
}

async fn seen(cx: &Cx, role: &str, name: &str) -> Result<Option<Seen<RolePolicy>>> {
    let answer = call(GET, cx.iam().get_role_policy().role_name(role).policy_name(name).send().await);
    let Some(found) = existing(answer, &["NoSuchEntity"])? else { return Ok(None) };
    let policy = document(GET, found.policy_document())?;
    let props = RolePolicyProps { role: Ref::known(role), name: name.to_owned(), policy };
    let attrs = RolePolicyAttrs { role: role.to_owned(), name: name.to_owned() };
    Ok(Some(Seen { phase: Phase::Ready, props, attrs }))
}
