//! `ssm.parameter`: a fact about the site under a name, for scripts and people. Never a secret.

use std::collections::BTreeMap;

use aws_sdk_ssm::types::{ParameterType, ResourceTypeForTagging, Tag};

use crate::aws::{Cx, Error, Result, call, tags};
use crate::kind::values::Tags;
use crate::kind::{Actions, Edit, Kind, Lost, Named, Phase, Poll, Rate, Retry, Seen, Text, Token, Verb, Wait};
use crate::kinds::answer::{deleted, existing};
use crate::{attrs, props};

/// See the module.
#[derive(Debug)]
pub struct Parameter;

props! {
    /// What we want of a parameter.
    pub struct ParameterProps {
        /// Its name, with the path: `/Moodle/campus/…`.
        replace name: String,
        /// Its value.
        update value: Text,
        /// The tags that users see.
        update tags: Tags,
    }
}

attrs! {
    /// A parameter is found by its name.
    pub struct ParameterAttrs {
        /// The name.
        name: String,
    }
}

pub(super) const PUT: &str = "ssm:PutParameter";
pub(super) const DELETE: &str = "ssm:DeleteParameter";
pub(super) const GET: &str = "ssm:GetParameters";
pub(super) const TAGS: &str = "ssm:ListTagsForResource";
pub(super) const TAG: &str = "ssm:AddTagsToResource";
pub(super) const UNTAG: &str = "ssm:RemoveTagsFromResource";

impl Kind for Parameter {
    const NAME: &'static str = "ssm.parameter";
    const ID: &'static str = "name";
    const BATCH: usize = 10;
    const POLL: Poll = Poll { ready: Wait { typical: 0.3, ..Wait::none() }, gone: Wait::none() };
    const RATE: Rate = Rate { group: "mutating", burst: 3, per_second: 3.0 };
    const ACTIONS: Actions = Actions {
        create: &[PUT, TAG],
        read: &[GET, TAGS],
        update: &[PUT, TAG, UNTAG],
        delete: &[DELETE],
        find: &[GET, TAGS],
    };
    const RETRY: &'static [Retry] = &[
        Retry::on(Verb::Create, "TooManyUpdates", 60.0),
        Retry::on(Verb::Update, "TooManyUpdates", 60.0),
        Retry::on(Verb::Update, "InvalidResourceId", 30.0),
        Retry::on(Verb::Delete, "TooManyUpdates", 60.0),
    ];
    const NAMED: Named = Named::By(&[("name", "NAME")]);

    type Props = ParameterProps;
    type Attrs = ParameterAttrs;

    async fn create(cx: &Cx, token: &Token, want: &ParameterProps) -> Result<ParameterAttrs> {
        let ParameterProps { name, value, tags } = want;
        let put = cx
            .ssm()
            .put_parameter()
            .name(name)
            .value(value.as_str())
            .r#type(ParameterType::String)
            .set_tags(Some(tag_list(tags::stamped(token, tags))?));
        call(PUT, put.send().await)?;
        Ok(ParameterAttrs { name: name.clone() })
    }

    async fn read(cx: &Cx, have: &[ParameterAttrs]) -> Result<Vec<Option<Seen<Parameter>>>> {
        let names = have.iter().map(|it| it.name.clone()).collect();
        let values = values(cx, names).await?;
        let mut all = Vec::new();
        for attrs in have {
            let ParameterAttrs { name } = attrs;
            let Some(value) = values.get(name) else {
                all.push(None);
                continue;
            };
            let tags = tags_of(cx, name).await?.unwrap_or_default();
            let tags = tags::visible(tags.iter().map(|(key, value)| (key.as_str(), value.as_str())));
            let props = ParameterProps { name: name.clone(), value: value.as_str().into(), tags };
            all.push(Some(Seen { phase: Phase::Ready, props, attrs: attrs.clone() }));
        }
        Ok(all)
    }

    async fn update(cx: &Cx, edit: Edit<'_, Parameter>) -> Result<ParameterAttrs> {
        let Edit { have, was, want, changed: _ } = edit;
        if edit.changes("value") {
            let put = cx.ssm().put_parameter().name(&have.name).value(want.value.as_str()).overwrite(true);
            call(PUT, put.r#type(ParameterType::String).send().await)?;
        }
        if edit.changes("tags") {
            update_tags(cx, &have.name, &was.tags, &want.tags).await?;
        }
        Ok(have.clone())
    }

    async fn delete(cx: &Cx, have: &ParameterAttrs) -> Result<()> {
        let answer = call(DELETE, cx.ssm().delete_parameter().name(&have.name).send().await);
        deleted(answer, &["ParameterNotFound"])
    }

    async fn find(cx: &Cx, lost: &[Lost<Parameter>]) -> Result<Vec<Option<ParameterAttrs>>> {
        let values = values(cx, lost.iter().map(|it| it.want.name.clone()).collect()).await?;
        let mut all = Vec::new();
        for Lost { token, want: ParameterProps { name, value: _, tags: _ } } in lost {
            let tags = if values.contains_key(name) { tags_of(cx, name).await? } else { None };
            // The name may be another owner's: ours carries our token.
            let ours = tags.is_some_and(|it| it.get(tags::TOKEN).is_some_and(|it| it == token.as_str()));
            all.push(ours.then(|| ParameterAttrs { name: name.clone() }));
        }
        Ok(all)
    }

    fn conflicts(old: &ParameterProps, new: &ParameterProps) -> bool {
        old.name == new.name
    }
}

/// Returns the values of those that exist.
pub(super) async fn values(cx: &Cx, names: Vec<String>) -> Result<BTreeMap<String, String>> {
    let answer = call(GET, cx.ssm().get_parameters().set_names(Some(names)).send().await)?;
    let named = |it: aws_sdk_ssm::types::Parameter| Some((it.name?, it.value?));
    Ok(answer.parameters.unwrap_or_default().into_iter().filter_map(named).collect())
}

pub(super) async fn tags_of(cx: &Cx, name: &str) -> Result<Option<BTreeMap<String, String>>> {
    let list = cx.ssm().list_tags_for_resource().resource_type(ResourceTypeForTagging::Parameter).resource_id(name);
    let answer = existing(call(TAGS, list.send().await), &["InvalidResourceId"])?;
    Ok(answer.map(|it| it.tag_list.unwrap_or_default().into_iter().map(|tag| (tag.key, tag.value)).collect()))
}

pub(super) async fn update_tags(cx: &Cx, name: &str, was: &Tags, want: &Tags) -> Result<()> {
    let (gone, set) = tags::difference(was, want);
    let of = ResourceTypeForTagging::Parameter;
    if !gone.is_empty() {
        let untag = cx.ssm().remove_tags_from_resource().resource_type(of.clone()).resource_id(name);
        call(UNTAG, untag.set_tag_keys(Some(gone)).send().await)?;
    }
    if !set.is_empty() {
        let tag = cx.ssm().add_tags_to_resource().resource_type(of).resource_id(name);
        call(TAG, tag.set_tags(Some(tag_list(set)?)).send().await)?;
    }
    Ok(())
}

pub(super) fn tag_list(tags: impl IntoIterator<Item = (String, String)>) -> Result<Vec<Tag>> {
    let tag = |(key, value)| Tag::builder().key(key).value(value).build();
    let tags = tags.into_iter().map(tag).collect::<std::result::Result<_, _>>();
    tags.map_err(|error| Error::refused(TAG, "InvalidTag", error.to_string()))
}
