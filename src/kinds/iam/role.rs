//! `iam.role`: what an AWS service may be on our behalf, such as the writer of flow logs.

use aws_sdk_iam::types::{self, Tag};

use super::document;
use crate::aws::{Cx, Error, Result, call, tags};
use crate::kind::values::{Policy, Tags};
use crate::kind::{Actions, Edit, Kind, Lost, Named, Phase, Poll, Rate, Retry, Seen, Token, Verb, Wait};
use crate::kinds::answer::{complete, deleted, existing};
use crate::{attrs, props};

/// See the module.
#[derive(Debug)]
pub struct Role;

props! {
    /// What we want of a role.
    pub struct RoleProps {
        /// Its name, unique in the account.
        replace name: String,
        /// Who may take it on.
        update trust: Policy,
        /// What it is for.
        update description: String,
        /// The tags that users see.
        update tags: Tags,
    }
}

attrs! {
    /// What AWS assigns.
    pub struct RoleAttrs {
        /// The name.
        name: String,
        /// `arn:aws:iam::…:role/…`.
        arn: String,
    }
}

const GET: &str = "iam:GetRole";

impl Kind for Role {
    const NAME: &'static str = "iam.role";
    const ID: &'static str = "name";
    // One GetRole each: the calls that answer many roles leave out tags or description.
    const BATCH: usize = 10;
    const POLL: Poll = Poll { ready: Wait { typical: 0.4, ..Wait::none() }, gone: Wait::none() };
    const RATE: Rate = super::MUTATING;
    const ACTIONS: Actions = Actions {
        create: &["iam:CreateRole", "iam:TagRole"],
        read: &[GET],
        update: &["iam:UpdateAssumeRolePolicy", "iam:UpdateRole", "iam:TagRole", "iam:UntagRole"],
        delete: &["iam:DeleteRole"],
        find: &[GET],
    };
    const RETRY: &'static [Retry] = &[
        Retry::on(Verb::Create, "ConcurrentModification", 60.0),
        // A trust policy may name a role that IAM has not spread yet.
        Retry::saying(Verb::Create, "MalformedPolicyDocument", "Invalid principal", 120.0),
        Retry::saying(Verb::Update, "MalformedPolicyDocument", "Invalid principal", 120.0),
        Retry::on(Verb::Update, "NoSuchEntity", 60.0),
        Retry::on(Verb::Update, "ConcurrentModification", 60.0),
        Retry::on(Verb::Update, "EntityTemporarilyUnmodifiable", 60.0),
        Retry::on(Verb::Delete, "DeleteConflict", 120.0),
        Retry::on(Verb::Delete, "ConcurrentModification", 60.0),
    ];
    const NAMED: Named = Named::By(&[("name", "NAME")]);
    const LABELS: &'static [&'static str] = &["name"];

    type Props = RoleProps;
    type Attrs = RoleAttrs;

    async fn create(cx: &Cx, token: &Token, want: &RoleProps) -> Result<RoleAttrs> {
        let create = cx
            .iam()
            .create_role()
            .role_name(&want.name)
            .assume_role_policy_document(want.trust.to_json())
            .description(&want.description)
            .set_tags(Some(tag_list(tags::stamped(token, &want.tags))?));
        let answer = call("iam:CreateRole", create.send().await)?;
        let arn = complete("iam:CreateRole", answer.role)?.arn;
        Ok(RoleAttrs { name: want.name.clone(), arn })
    }

    async fn read(cx: &Cx, have: &[RoleAttrs]) -> Result<Vec<Option<Seen<Role>>>> {
        let mut all = Vec::new();
        for RoleAttrs { name, arn: _ } in have {
            let role = role(cx, name).await?;
            all.push(role.as_ref().map(seen).transpose()?);
        }
        Ok(all)
    }

    async fn update(cx: &Cx, edit: Edit<'_, Role>) -> Result<RoleAttrs> {
        let (name, want) = (&edit.have.name, edit.want);
        if edit.changes("trust") {
            let update = cx.iam().update_assume_role_policy().role_name(name).policy_document(want.trust.to_json());
            call("iam:UpdateAssumeRolePolicy", update.send().await)?;
        }
        if edit.changes("description") {
            call("iam:UpdateRole", cx.iam().update_role().role_name(name).description(&want.description).send().await)?;
        }
        if edit.changes("tags") {
            update_tags(cx, name, &edit.was.tags, &want.tags).await?;
        }
        Ok(edit.have.clone())
    }

    async fn delete(cx: &Cx, have: &RoleAttrs) -> Result<()> {
        let answer = call("iam:DeleteRole", cx.iam().delete_role().role_name(&have.name).send().await);
        deleted(answer, &["NoSuchEntity"])
    }

    async fn find(cx: &Cx, lost: &[Lost<Role>]) -> Result<Vec<Option<RoleAttrs>>> {
        let mut all = Vec::new();
        for Lost { token, want } in lost {
            // The name may be another owner's: ours carries our token.
            let ours = role(cx, &want.name)
                .await?
                .filter(|it| it.tags().iter().any(|tag| tag.key() == tags::TOKEN && tag.value() == token.as_str()));
            all.push(ours.map(|it| RoleAttrs { name: it.role_name, arn: it.arn }));
        }
        Ok(all)
    }

    fn conflicts(old: &RoleProps, new: &RoleProps) -> bool {
        old.name.eq_ignore_ascii_case(&new.name)
    }
}

async fn role(cx: &Cx, name: &str) -> Result<Option<types::Role>> {
    let answer = existing(call(GET, cx.iam().get_role().role_name(name).send().await), &["NoSuchEntity"])?;
    answer.map(|it| complete(GET, it.role)).transpose()
}

fn seen(role: &types::Role) -> Result<Seen<Role>> {
    let props = RoleProps {
        name: role.role_name().to_owned(),
        trust: document(GET, complete(GET, role.assume_role_policy_document())?)?,
        description: role.description().unwrap_or_default().to_owned(),
        tags: tags::visible(role.tags().iter().map(|tag| (tag.key(), tag.value()))),
    };
    let attrs = RoleAttrs { name: role.role_name().to_owned(), arn: role.arn().to_owned() };
    Ok(Seen { phase: Phase::Ready, props, attrs })
}

async fn update_tags(cx: &Cx, name: &str, was: &Tags, want: &Tags) -> Result<()> {
    let (gone, set) = tags::difference(was, want);
    if !gone.is_empty() {
        call("iam:UntagRole", cx.iam().untag_role().role_name(name).set_tag_keys(Some(gone)).send().await)?;
    }
    if !set.is_empty() {
        let set = tag_list(set)?;
        call("iam:TagRole", cx.iam().tag_role().role_name(name).set_tags(Some(set)).send().await)?;
    }
    Ok(())
}

fn tag_list(tags: impl IntoIterator<Item = (String, String)>) -> Result<Vec<Tag>> {
    let tag = |(key, value)| Tag::builder().key(key).value(value).build();
    let tags = tags.into_iter().map(tag).collect::<std::result::Result<_, _>>();
    tags.map_err(|error| Error::refused("iam:TagRole", "InvalidTag", error.to_string()))
}
