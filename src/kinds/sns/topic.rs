//! `sns.topic`: where alarms are told, and from where mails go out.
//!
//! CloudWatch cannot publish to a topic that is encrypted with AWS's own key for SNS, whose policy nobody can change: a
//! topic has a key of ours, or none.

use std::collections::HashMap;

use aws_sdk_sns::types::Tag;

use crate::aws::{Cx, Error, Result, call, tags};
use crate::kind::values::Tags;
use crate::kind::{Actions, Edit, Kind, Lost, Named, Phase, Poll, Rate, Retry, Seen, Text, Token, Verb, Wait};
use crate::kinds::answer::{complete, deleted, existing};
use crate::kinds::arn::arn;
use crate::{attrs, props};

/// See the module.
#[derive(Debug)]
pub struct Topic;

props! {
    /// What we want of a topic.
    pub struct TopicProps {
        /// Its name, unique in the account and region.
        replace name: String,
        /// The name of the sender, as mails show it.
        update sender: String,
        /// The ARN of the KMS key that encrypts messages; `None` leaves it as it is.
        update key: Option<Text>,
        /// The tags that users see.
        update tags: Tags,
    }
}

attrs! {
    /// What AWS assigns.
    pub struct TopicAttrs {
        /// `arn:aws:sns:…`.
        arn: String,
    }
}

const CREATE: &str = "sns:CreateTopic";
const GET: &str = "sns:GetTopicAttributes";
const SET: &str = "sns:SetTopicAttributes";
const DELETE: &str = "sns:DeleteTopic";
const LIST_TAGS: &str = "sns:ListTagsForResource";
const TAG: &str = "sns:TagResource";
const UNTAG: &str = "sns:UntagResource";
const SENDER: &str = "DisplayName";
const KEY: &str = "KmsMasterKeyId";
/// The first of attributes, the others of tags.
const GONE: &[&str] = &["NotFound", "ResourceNotFound", "ResourceNotFoundException"];

impl Kind for Topic {
    const NAME: &'static str = "sns.topic";
    const ID: &'static str = "arn";
    // Two calls each.
    const BATCH: usize = 10;
    const POLL: Poll =
        Poll { ready: Wait { typical: 0.3, ..Wait::none() }, gone: Wait { typical: 0.3, ..Wait::none() } };
    const RATE: Rate = Rate { group: "topics", burst: 10, per_second: 10.0 };
    const ACTIONS: Actions = Actions {
        create: &[CREATE, TAG],
        read: &[GET, LIST_TAGS],
        update: &[SET, TAG, UNTAG],
        delete: &[DELETE],
        find: &[LIST_TAGS],
    };
    const RETRY: &'static [Retry] = &[
        Retry::on(Verb::Create, "ConcurrentAccess", 60.0),
        Retry::on(Verb::Update, "ConcurrentAccess", 60.0),
        Retry::on(Verb::Update, "NotFound", 30.0),
        Retry::on(Verb::Delete, "ConcurrentAccess", 60.0),
    ];
    const NAMED: Named = Named::By(&[("arn", "arn:…:sns:…")]);
    const LABELS: &'static [&'static str] = &["name"];

    type Props = TopicProps;
    type Attrs = TopicAttrs;

    async fn create(cx: &Cx, token: &Token, want: &TopicProps) -> Result<TopicAttrs> {
        let TopicProps { name, sender, key, tags } = want;
        let create = cx
            .sns()
            .create_topic()
            .name(name)
            .attributes(SENDER, sender)
            .set_tags(Some(list(CREATE, tags::stamped(token, tags))?));
        let create = match key {
            Some(key) => create.attributes(KEY, key.as_str()),
            None => create,
        };
        // A topic of this name with other tags is refused: a stranger's is never taken.
        let arn = complete(CREATE, call(CREATE, create.send().await)?.topic_arn)?;
        Ok(TopicAttrs { arn })
    }

    async fn read(cx: &Cx, have: &[TopicAttrs]) -> Result<Vec<Option<Seen<Topic>>>> {
        let mut all = Vec::new();
        for TopicAttrs { arn } in have {
            let answer = call(GET, cx.sns().get_topic_attributes().topic_arn(arn).send().await);
            let (found, tags) = match existing(answer, GONE)? {
                Some(found) => (found.attributes.unwrap_or_default(), tags_of(cx, arn).await?),
                None => (HashMap::new(), None),
            };
            all.push(tags.map(|tags| Seen {
                phase: Phase::Ready,
                props: props_of(arn, &found, &tags),
                attrs: TopicAttrs { arn: arn.clone() },
            }));
        }
        Ok(all)
    }

    async fn update(cx: &Cx, edit: Edit<'_, Topic>) -> Result<TopicAttrs> {
        let Edit { have, was, want, changed: _ } = edit;
        if edit.changes("sender") {
            set(cx, &have.arn, SENDER, &want.sender).await?;
        }
        if let Some(key) = want.key.as_ref().filter(|_| edit.changes("key")) {
            set(cx, &have.arn, KEY, key.as_str()).await?;
        }
        if edit.changes("tags") {
            update_tags(cx, &have.arn, &was.tags, &want.tags).await?;
        }
        Ok(have.clone())
    }

    async fn delete(cx: &Cx, have: &TopicAttrs) -> Result<()> {
        deleted(call(DELETE, cx.sns().delete_topic().topic_arn(&have.arn).send().await), GONE)
    }

    async fn find(cx: &Cx, lost: &[Lost<Topic>]) -> Result<Vec<Option<TopicAttrs>>> {
        let mut all = Vec::new();
        for Lost { token, want } in lost {
            let arn = arn(cx, "sns", &want.name);
            // The name may be another owner's: ours carries our token.
            let tags = tags_of(cx, &arn).await?.unwrap_or_default();
            let ours = tags.iter().any(|tag| tag.key() == tags::TOKEN && tag.value() == token.as_str());
            all.push(ours.then_some(TopicAttrs { arn }));
        }
        Ok(all)
    }

    /// A name is one topic, however often it is made.
    fn conflicts(old: &TopicProps, new: &TopicProps) -> bool {
        old.name == new.name
    }
}

async fn set(cx: &Cx, arn: &str, name: &str, value: &str) -> Result<()> {
    let set = cx.sns().set_topic_attributes().topic_arn(arn).attribute_name(name).attribute_value(value);
    call(SET, set.send().await).map(drop)
}

fn props_of(arn: &str, found: &HashMap<String, String>, tags: &[Tag]) -> TopicProps {
    let attribute = |name: &str| found.get(name).filter(|it| !it.is_empty());
    TopicProps {
        name: arn.rsplit(':').next().unwrap_or(arn).to_owned(),
        sender: attribute(SENDER).cloned().unwrap_or_default(),
        key: attribute(KEY).map(|it| it.as_str().into()),
        tags: tags::visible(tags.iter().map(|tag| (tag.key(), tag.value()))),
    }
}

/// Returns the tags of a topic; `None` where there is none of that ARN.
async fn tags_of(cx: &Cx, arn: &str) -> Result<Option<Vec<Tag>>> {
    let answer = call(LIST_TAGS, cx.sns().list_tags_for_resource().resource_arn(arn).send().await);
    Ok(existing(answer, GONE)?.map(|it| it.tags.unwrap_or_default()))
}

async fn update_tags(cx: &Cx, arn: &str, was: &Tags, want: &Tags) -> Result<()> {
    let (gone, set) = tags::difference(was, want);
    if !gone.is_empty() {
        let untag = cx.sns().untag_resource().resource_arn(arn).set_tag_keys(Some(gone));
        call(UNTAG, untag.send().await)?;
    }
    if !set.is_empty() {
        let tag = cx.sns().tag_resource().resource_arn(arn).set_tags(Some(list(TAG, set)?));
        call(TAG, tag.send().await)?;
    }
    Ok(())
}

fn list(operation: &'static str, tags: impl IntoIterator<Item = (String, String)>) -> Result<Vec<Tag>> {
    let tag = |(key, value)| Tag::builder().key(key).value(value).build();
    let tags = tags.into_iter().map(tag).collect::<std::result::Result<_, _>>();
    tags.map_err(|error| Error::refused(operation, "InvalidTag", error.to_string()))
}
