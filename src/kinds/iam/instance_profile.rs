//! `iam.instance_profile`: what hands a role to the servers.

use aws_sdk_iam::types::{self, Tag};

use super::role::Role;
use crate::aws::{Cx, Error, Result, call, tags};
use crate::kind::values::Tags;
use crate::kind::{Actions, Edit, Kind, Lost, Named, Phase, Poll, Rate, Ref, Retry, Seen, Token, Verb, Wait};
use crate::kinds::answer::{complete, deleted, existing};
use crate::{attrs, props};

/// See the module.
#[derive(Debug)]
pub struct InstanceProfile;

props! {
    /// What we want of an instance profile.
    pub struct InstanceProfileProps {
        /// Its name, unique in the account.
        replace name: String,
        /// The role in it. AWS takes one.
        update role: Ref<Role>,
        /// The tags that users see.
        update tags: Tags,
    }
}

attrs! {
    /// What AWS assigns.
    pub struct InstanceProfileAttrs {
        /// The name.
        name: String,
        /// `arn:aws:iam::…:instance-profile/…`.
        arn: String,
    }
}

const GET: &str = "iam:GetInstanceProfile";
const CREATE: &str = "iam:CreateInstanceProfile";
const ADD: &str = "iam:AddRoleToInstanceProfile";
const REMOVE: &str = "iam:RemoveRoleFromInstanceProfile";
const TAG: &str = "iam:TagInstanceProfile";
const UNTAG: &str = "iam:UntagInstanceProfile";
const GONE: &[&str] = &["NoSuchEntity"];

impl Kind for InstanceProfile {
    const NAME: &'static str = "iam.instance_profile";
    const ID: &'static str = "name";
    // One call each: the call that answers many leaves out the tags.
    const BATCH: usize = 10;
    const POLL: Poll = Poll { ready: Wait { typical: 0.6, ..Wait::none() }, gone: Wait::none() };
    const RATE: Rate = super::MUTATING;
    const ACTIONS: Actions = Actions {
        create: &[CREATE, TAG],
        read: &[GET],
        update: &[GET, ADD, REMOVE, TAG, UNTAG, "iam:PassRole"],
        delete: &[GET, REMOVE, "iam:DeleteInstanceProfile"],
        find: &[GET],
    };
    const RETRY: &'static [Retry] = &[
        Retry::on(Verb::Create, "ConcurrentModification", 60.0),
        // The profile or the role, made a moment ago.
        Retry::on(Verb::Update, "NoSuchEntity", 60.0),
        Retry::on(Verb::Update, "ConcurrentModification", 60.0),
        // The role that was taken out a moment ago.
        Retry::on(Verb::Update, "LimitExceeded", 60.0),
        Retry::on(Verb::Update, "EntityTemporarilyUnmodifiable", 60.0),
        Retry::on(Verb::Delete, "DeleteConflict", 60.0),
        Retry::on(Verb::Delete, "ConcurrentModification", 60.0),
    ];
    const NAMED: Named = Named::By(&[("name", "NAME")]);
    const LABELS: &'static [&'static str] = &["name"];

    type Props = InstanceProfileProps;
    type Attrs = InstanceProfileAttrs;

    async fn create(cx: &Cx, token: &Token, want: &InstanceProfileProps) -> Result<InstanceProfileAttrs> {
        let create = cx
            .iam()
            .create_instance_profile()
            .instance_profile_name(&want.name)
            .set_tags(Some(tag_list(tags::stamped(token, &want.tags))?));
        let answer = call(CREATE, create.send().await)?;
        let arn = complete(CREATE, answer.instance_profile)?.arn;
        Ok(InstanceProfileAttrs { name: want.name.clone(), arn })
    }

    async fn read(cx: &Cx, have: &[InstanceProfileAttrs]) -> Result<Vec<Option<Seen<InstanceProfile>>>> {
        let mut all = Vec::new();
        for InstanceProfileAttrs { name, arn: _ } in have {
            all.push(profile(cx, name).await?.as_ref().map(seen));
        }
        Ok(all)
    }

    async fn update(cx: &Cx, edit: Edit<'_, InstanceProfile>) -> Result<InstanceProfileAttrs> {
        let Edit { have, was, want, changed: _ } = edit;
        if edit.changes("role") {
            set_role(cx, &have.name, want.role.id()).await?;
        }
        if edit.changes("tags") {
            update_tags(cx, &have.name, &was.tags, &want.tags).await?;
        }
        Ok(have.clone())
    }

    async fn delete(cx: &Cx, have: &InstanceProfileAttrs) -> Result<()> {
        let Some(profile) = profile(cx, &have.name).await? else { return Ok(()) };
        for role in profile.roles() {
            remove(cx, &have.name, role.role_name()).await?;
        }
        let delete = cx.iam().delete_instance_profile().instance_profile_name(&have.name);
        deleted(call("iam:DeleteInstanceProfile", delete.send().await), GONE)
    }

    async fn find(cx: &Cx, lost: &[Lost<InstanceProfile>]) -> Result<Vec<Option<InstanceProfileAttrs>>> {
        let mut all = Vec::new();
        for Lost { token, want } in lost {
            // The name may be another owner's: ours carries our token.
            let ours = profile(cx, &want.name)
                .await?
                .filter(|it| it.tags().iter().any(|tag| tag.key() == tags::TOKEN && tag.value() == token.as_str()));
            all.push(ours.map(|it| InstanceProfileAttrs { name: it.instance_profile_name, arn: it.arn }));
        }
        Ok(all)
    }

    fn later(_want: &InstanceProfileProps) -> Vec<&'static str> {
        vec!["role"]
    }

    fn conflicts(old: &InstanceProfileProps, new: &InstanceProfileProps) -> bool {
        old.name.eq_ignore_ascii_case(&new.name)
    }
}

/// Makes `role` the one in the profile.
async fn set_role(cx: &Cx, name: &str, role: &str) -> Result<()> {
    let now = profile(cx, name).await?;
    let inside: Vec<&str> = now.iter().flat_map(types::InstanceProfile::roles).map(types::Role::role_name).collect();
    if inside == [role] {
        return Ok(());
    }
    for other in inside {
        remove(cx, name, other).await?;
    }
    let add = cx.iam().add_role_to_instance_profile().instance_profile_name(name).role_name(role);
    call(ADD, add.send().await).map(drop)
}

async fn remove(cx: &Cx, name: &str, role: &str) -> Result<()> {
    let remove = cx.iam().remove_role_from_instance_profile().instance_profile_name(name).role_name(role);
    deleted(call(REMOVE, remove.send().await), GONE)
}

async fn profile(cx: &Cx, name: &str) -> Result<Option<types::InstanceProfile>> {
    let answer = existing(call(GET, cx.iam().get_instance_profile().instance_profile_name(name).send().await), GONE)?;
    answer.map(|it| complete(GET, it.instance_profile)).transpose()
}

fn seen(profile: &types::InstanceProfile) -> Seen<InstanceProfile> {
    let props = InstanceProfileProps {
        name: profile.instance_profile_name().to_owned(),
        // Empty while there is none in it.
        role: Ref::known(profile.roles().first().map(types::Role::role_name).unwrap_or_default()),
        tags: tags::visible(profile.tags().iter().map(|tag| (tag.key(), tag.value()))),
    };
    let (name, arn) = (profile.instance_profile_name().to_owned(), profile.arn().to_owned());
    Seen { phase: Phase::Ready, props, attrs: InstanceProfileAttrs { name, arn } }
}

async fn update_tags(cx: &Cx, name: &str, was: &Tags, want: &Tags) -> Result<()> {
    let (gone, set) = tags::difference(was, want);
    if !gone.is_empty() {
        let untag = cx.iam().untag_instance_profile().instance_profile_name(name).set_tag_keys(Some(gone));
        call(UNTAG, untag.send().await)?;
    }
    if !set.is_empty() {
        let tag = cx.iam().tag_instance_profile().instance_profile_name(name).set_tags(Some(tag_list(set)?));
        call(TAG, tag.send().await)?;
    }
    Ok(())
}

fn tag_list(tags: impl IntoIterator<Item = (String, String)>) -> Result<Vec<Tag>> {
    let tag = |(key, value)| Tag::builder().key(key).value(value).build();
    let tags = tags.into_iter().map(tag).collect::<std::result::Result<_, _>>();
    tags.map_err(|error| Error::refused(TAG, "InvalidTag", error.to_string()))
}
