//! `kms.key`: encrypts what a tier stores, so that the account can say who reads it and can shut it for good.
//!
//! Without the key all that it encrypted is lost, the final snapshot of a database included. So AWS deletes it only after
//! the longest waiting time there is, thirty days, in which it can be brought back by hand; for the engine it is gone at
//! once.

use aws_sdk_kms::types::{KeyMetadata, KeyState, Tag};

use super::NOT_FOUND;
use crate::aws::{Cx, Error, Result, call, tags};
use crate::kind::values::{Policy, Tags};
use crate::kind::{Actions, Edit, Kind, Lost, Named, Phase, Poll, Rate, Retry, Seen, Token, Verb, Wait};
use crate::kinds::answer::{complete, deleted, existing};
use crate::{attrs, props};

/// See the module.
#[derive(Debug)]
pub struct Key;

props! {
    /// What we want of a key.
    pub struct KeyProps {
        /// What it is for.
        update description: String,
        /// Who may use it, and who may say who may.
        update policy: Policy,
        /// Whether AWS renews the material every year.
        update rotation: bool,
        /// Whether it can be used.
        update enabled: bool,
        /// The tags that users see.
        update tags: Tags,
    }
}

attrs! {
    /// What AWS assigns.
    pub struct KeyAttrs {
        /// The id, hexadecimal digits and dashes.
        id: String,
        /// `arn:aws:kms:…:key/…`.
        arn: String,
    }
}

const CREATE: &str = "kms:CreateKey";
const DESCRIBE: &str = "kms:DescribeKey";
const GET_POLICY: &str = "kms:GetKeyPolicy";
const GET_ROTATION: &str = "kms:GetKeyRotationStatus";
const LIST: &str = "kms:ListKeys";
const LIST_TAGS: &str = "kms:ListResourceTags";
const TAG: &str = "kms:TagResource";
const UNTAG: &str = "kms:UntagResource";
/// The name of the one policy that a key has.
const POLICY: &str = "default";
/// The longest that AWS offers.
const DAYS: i32 = 30;

impl Kind for Key {
    const NAME: &'static str = "kms.key";
    const ID: &'static str = "id";
    // Four calls each: no call tells all of a key, and none tells of many.
    const BATCH: usize = 4;
    const POLL: Poll = Poll { ready: Wait::looks(0.7, 0.5, 2.0, 120.0), gone: Wait::none() };
    const RATE: Rate = super::MUTATING;
    const ACTIONS: Actions = Actions {
        create: &[CREATE, TAG, "kms:PutKeyPolicy"],
        read: &[DESCRIBE, GET_POLICY, GET_ROTATION, LIST_TAGS],
        update: &[
            "kms:UpdateKeyDescription",
            "kms:PutKeyPolicy",
            "kms:EnableKeyRotation",
            "kms:DisableKeyRotation",
            "kms:EnableKey",
            "kms:DisableKey",
            TAG,
            UNTAG,
        ],
        delete: &["kms:ScheduleKeyDeletion"],
        find: &[LIST, LIST_TAGS, DESCRIBE],
    };
    const RETRY: &'static [Retry] = &[
        // A policy may name a role that IAM has not spread yet.
        Retry::on(Verb::Create, "MalformedPolicyDocumentException", 120.0),
        Retry::on(Verb::Create, "DependencyTimeoutException", 60.0),
        Retry::on(Verb::Update, "MalformedPolicyDocumentException", 120.0),
        Retry::on(Verb::Update, "DependencyTimeoutException", 60.0),
        Retry::on(Verb::Update, NOT_FOUND, 60.0),
        Retry::on(Verb::Delete, "DependencyTimeoutException", 60.0),
    ];
    const HOLDS_DATA: bool = true;
    const NAMED: Named = Named::By(&[("id", "ID")]);

    type Props = KeyProps;
    type Attrs = KeyAttrs;

    async fn create(cx: &Cx, token: &Token, want: &KeyProps) -> Result<KeyAttrs> {
        // Such as it is made it is enabled and not renewed.
        let KeyProps { description, policy, rotation: _, enabled: _, tags } = want;
        let create = cx
            .kms()
            .create_key()
            .description(description)
            .policy(policy.to_json())
            .set_tags(Some(list(CREATE, tags::stamped(token, tags))?));
        let made = call(CREATE, create.send().await)?.key_metadata;
        complete(CREATE, made.as_ref().and_then(attrs_of))
    }

    async fn read(cx: &Cx, have: &[KeyAttrs]) -> Result<Vec<Option<Seen<Key>>>> {
        let mut all = Vec::new();
        for KeyAttrs { id, arn: _ } in have {
            let found = described(cx, id).await?;
            all.push(match found {
                Some(found) => Some(seen(cx, &found).await?),
                None => None,
            });
        }
        Ok(all)
    }

    async fn update(cx: &Cx, edit: Edit<'_, Key>) -> Result<KeyAttrs> {
        let Edit { have, was, want, changed: _ } = edit;
        let id = have.id.as_str();
        // First of all: most else is refused of a key that is disabled.
        if edit.changes("enabled") && want.enabled {
            call("kms:EnableKey", cx.kms().enable_key().key_id(id).send().await)?;
        }
        if edit.changes("description") {
            let update = cx.kms().update_key_description().key_id(id).description(&want.description);
            call("kms:UpdateKeyDescription", update.send().await)?;
        }
        if edit.changes("policy") {
            let put = cx.kms().put_key_policy().key_id(id).policy_name(POLICY).policy(want.policy.to_json());
            call("kms:PutKeyPolicy", put.send().await)?;
        }
        if edit.changes("rotation") && want.rotation {
            call("kms:EnableKeyRotation", cx.kms().enable_key_rotation().key_id(id).send().await)?;
        } else if edit.changes("rotation") {
            call("kms:DisableKeyRotation", cx.kms().disable_key_rotation().key_id(id).send().await)?;
        }
        if edit.changes("tags") {
            update_tags(cx, id, &was.tags, &want.tags).await?;
        }
        if edit.changes("enabled") && !want.enabled {
            call("kms:DisableKey", cx.kms().disable_key().key_id(id).send().await)?;
        }
        Ok(have.clone())
    }

    async fn delete(cx: &Cx, have: &KeyAttrs) -> Result<()> {
        let delete = cx.kms().schedule_key_deletion().key_id(&have.id).pending_window_in_days(DAYS);
        match call("kms:ScheduleKeyDeletion", delete.send().await) {
            Err(error) if error.is("KMSInvalidStateException") && error.message.contains("pending deletion") => Ok(()),
            other => deleted(other, &[NOT_FOUND]),
        }
    }

    async fn find(cx: &Cx, lost: &[Lost<Key>]) -> Result<Vec<Option<KeyAttrs>>> {
        // A key has neither a name nor a token of AWS's, and there is no list of keys by tag.
        let pages = cx.kms().list_keys().into_paginator().items().send();
        let keys = call(LIST, pages.collect::<std::result::Result<Vec<_>, _>>().await)?;
        let mut all = vec![None; lost.len()];
        for id in keys.iter().filter_map(|it| it.key_id()) {
            let tags = foreign(tags_of(cx, id).await)?.unwrap_or_default();
            let token = tags.iter().find(|tag| tag.tag_key() == tags::TOKEN).map(Tag::tag_value);
            let asked = lost.iter().position(|it| token == Some(it.token.as_str()));
            if let Some(place) = asked
                && let Some(found) = described(cx, id).await?
            {
                all[place] = Some(complete(DESCRIBE, attrs_of(&found))?);
            }
        }
        Ok(all)
    }

    fn later(want: &KeyProps) -> Vec<&'static str> {
        let rest = [("rotation", want.rotation), ("enabled", !want.enabled)];
        rest.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name).collect()
    }
}

/// Returns the tags of a key; `None` of one whose own policy keeps us out, and which therefore is not ours.
fn foreign(answer: Result<Option<Vec<Tag>>>) -> Result<Option<Vec<Tag>>> {
    match answer {
        Err(error) if error.is("AccessDeniedException") && error.message.contains("resource-based policy") => Ok(None),
        other => other,
    }
}

/// Returns what AWS tells of a key; `None` when it is gone, or has a date to go.
async fn described(cx: &Cx, id: &str) -> Result<Option<KeyMetadata>> {
    let answer = call(DESCRIBE, cx.kms().describe_key().key_id(id).send().await);
    let Some(answer) = existing(answer, &[NOT_FOUND])? else { return Ok(None) };
    let found = complete(DESCRIBE, answer.key_metadata)?;
    let going = matches!(found.key_state(), Some(KeyState::PendingDeletion | KeyState::PendingReplicaDeletion));
    Ok(if going { None } else { Some(found) })
}

async fn seen(cx: &Cx, found: &KeyMetadata) -> Result<Seen<Key>> {
    let id = found.key_id();
    let policy = call(GET_POLICY, cx.kms().get_key_policy().key_id(id).policy_name(POLICY).send().await)?.policy;
    let policy = complete(GET_POLICY, policy.and_then(|it| Policy::parse(&it).ok()))?;
    let rotation = call(GET_ROTATION, cx.kms().get_key_rotation_status().key_id(id).send().await)?;
    let tags = tags_of(cx, id).await?.unwrap_or_default();
    let props = KeyProps {
        description: found.description().unwrap_or_default().to_owned(),
        policy,
        rotation: rotation.key_rotation_enabled,
        enabled: found.enabled,
        tags: tags::visible(tags.iter().map(|tag| (tag.tag_key(), tag.tag_value()))),
    };
    let phase = if found.key_state() == Some(&KeyState::Creating) { Phase::Pending } else { Phase::Ready };
    Ok(Seen { phase, props, attrs: complete(DESCRIBE, attrs_of(found))? })
}

fn attrs_of(found: &KeyMetadata) -> Option<KeyAttrs> {
    Some(KeyAttrs { id: found.key_id().to_owned(), arn: found.arn()?.to_owned() })
}

async fn tags_of(cx: &Cx, id: &str) -> Result<Option<Vec<Tag>>> {
    let pages = cx.kms().list_resource_tags().key_id(id).into_paginator().items().send();
    existing(call(LIST_TAGS, pages.collect::<std::result::Result<Vec<_>, _>>().await), &[NOT_FOUND])
}

async fn update_tags(cx: &Cx, id: &str, was: &Tags, want: &Tags) -> Result<()> {
    let (gone, set) = tags::difference(was, want);
    if !gone.is_empty() {
        call(UNTAG, cx.kms().untag_resource().key_id(id).set_tag_keys(Some(gone)).send().await)?;
    }
    if !set.is_empty() {
        let set = list(TAG, set)?;
        call(TAG, cx.kms().tag_resource().key_id(id).set_tags(Some(set)).send().await)?;
    }
    Ok(())
}

fn list(operation: &'static str, tags: impl IntoIterator<Item = (String, String)>) -> Result<Vec<Tag>> {
    let tag = |(key, value)| Tag::builder().tag_key(key).tag_value(value).build();
    let tags = tags.into_iter().map(tag).collect::<std::result::Result<_, _>>();
    tags.map_err(|error| Error::refused(operation, "InvalidTag", error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_keeps_us_out_is_not_ours_but_a_missing_permission_is_an_error() {
        let denied = |why: &str| foreign(Err(Error::refused(LIST_TAGS, "AccessDeniedException", why)));
        let policy = "User: it is not authorized to perform: kms:ListResourceTags because no resource-based policy \
                      allows the kms:ListResourceTags action";
        assert_eq!(denied(policy).unwrap(), None);
        assert!(denied("because no identity-based policy allows the kms:ListResourceTags action").is_err());
    }
}
