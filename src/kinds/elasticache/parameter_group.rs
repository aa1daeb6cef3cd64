//! `elasticache.parameter_group`: settings of a cache's engine, such as what it drops when its memory is full.

use std::collections::BTreeMap;

use aws_sdk_elasticache::types::{CacheParameterGroup, Parameter, ParameterNameValue};

use super::listed::{self, Listed};
use super::{asked, named, tags};
use crate::aws::{Cx, Result, call};
use crate::kind::values::Tags;
use crate::kind::{Actions, Edit, Kind, Lost, Named, Phase, Poll, Rate, Retry, Seen, Token, Verb, Wait};
use crate::kinds::answer::{complete, deleted, existing};
use crate::{attrs, props};

/// See the module.
#[derive(Debug)]
pub struct ParameterGroup;

props! {
    /// What we want of a parameter group.
    pub struct ParameterGroupProps {
        /// Its name, without the piece of our token.
        replace name: String,
        /// The engine and its major version that it is for: `valkey8`.
        replace family: String,
        /// What it is for. AWS keeps it for ever.
        replace description: String,
        /// The parameters that differ from the engine's own.
        update parameters: BTreeMap<String, String>,
        /// The tags that users see.
        update tags: Tags,
    }
}

attrs! {
    /// What AWS assigns.
    pub struct ParameterGroupAttrs {
        /// Its name.
        name: String,
        /// `arn:aws:elasticache:…:parametergroup:…`.
        arn: String,
    }
}

/// A group and its own parameters, which take a call of their own.
pub(super) struct Item {
    group: CacheParameterGroup,
    parameters: Vec<Parameter>,
}

const CREATE: &str = "elasticache:CreateCacheParameterGroup";
const PARAMETERS: &str = "elasticache:DescribeCacheParameters";
const GONE: &str = "CacheParameterGroupNotFound";
/// AWS takes so many parameters a call.
const MOST: usize = 20;

impl Kind for ParameterGroup {
    const NAME: &'static str = "elasticache.parameter_group";
    const ID: &'static str = "name";
    const BATCH: usize = 20;
    const POLL: Poll = Poll { ready: Wait { typical: 1.0, ..Wait::none() }, gone: Wait::none() };
    const RATE: Rate = super::MUTATING;
    const ACTIONS: Actions = Actions {
        create: &[CREATE, "elasticache:AddTagsToResource"],
        read: &[Self::CALL, PARAMETERS, tags::LIST],
        update: &[
            "elasticache:ModifyCacheParameterGroup",
            "elasticache:ResetCacheParameterGroup",
            "elasticache:AddTagsToResource",
            "elasticache:RemoveTagsFromResource",
        ],
        delete: &["elasticache:DeleteCacheParameterGroup"],
        find: &[Self::CALL, PARAMETERS, tags::LIST],
    };
    const RETRY: &'static [Retry] = &[
        Retry::on(Verb::Update, GONE, 60.0),
        // While a cache takes a change of the group over, and until the last one that uses it has gone.
        Retry::on(Verb::Update, "InvalidCacheParameterGroupState", 900.0),
        Retry::on(Verb::Delete, "InvalidCacheParameterGroupState", 900.0),
    ];
    const NAMED: Named = Named::By(&[("name", "NAME")]);
    const LABELS: &'static [&'static str] = &["name"];

    type Props = ParameterGroupProps;
    type Attrs = ParameterGroupAttrs;

    async fn create(cx: &Cx, token: &Token, want: &ParameterGroupProps) -> Result<ParameterGroupAttrs> {
        let create = cx
            .elasticache()
            .create_cache_parameter_group()
            .cache_parameter_group_name(named(&want.name, token))
            .cache_parameter_group_family(&want.family)
            .description(&want.description)
            .set_tags(Some(tags::on_create(token, &want.tags)));
        let group = call(CREATE, create.send().await)?.cache_parameter_group;
        complete(CREATE, group.and_then(|it| attrs_of(&it)))
    }

    async fn read(cx: &Cx, have: &[ParameterGroupAttrs]) -> Result<Vec<Option<Seen<ParameterGroup>>>> {
        listed::read(cx, have).await
    }

    async fn update(cx: &Cx, edit: Edit<'_, ParameterGroup>) -> Result<ParameterGroupAttrs> {
        let Edit { have, was, want, changed: _ } = edit;
        if edit.changes("parameters") {
            let dropped = was.parameters.keys().filter(|it| !want.parameters.contains_key(*it));
            let dropped = dropped.map(|name| ParameterNameValue::builder().parameter_name(name).build());
            reset(cx, &have.name, &dropped.collect::<Vec<_>>()).await?;
            let set = want
                .parameters
                .iter()
                .map(|(name, value)| ParameterNameValue::builder().parameter_name(name).parameter_value(value).build());
            modify(cx, &have.name, &set.collect::<Vec<_>>()).await?;
        }
        if edit.changes("tags") {
            tags::update(cx, &have.arn, &was.tags, &want.tags).await?;
        }
        Ok(have.clone())
    }

    async fn delete(cx: &Cx, have: &ParameterGroupAttrs) -> Result<()> {
        let delete = cx.elasticache().delete_cache_parameter_group().cache_parameter_group_name(&have.name);
        deleted(call("elasticache:DeleteCacheParameterGroup", delete.send().await), &[GONE])
    }

    async fn adopt(cx: &Cx, id: &str, want: &ParameterGroupProps) -> Result<Option<ParameterGroupAttrs>> {
        listed::adopt::<Self>(cx, id, want).await
    }

    async fn find(cx: &Cx, lost: &[Lost<ParameterGroup>]) -> Result<Vec<Option<ParameterGroupAttrs>>> {
        listed::find(cx, lost).await
    }

    fn later(want: &ParameterGroupProps) -> Vec<&'static str> {
        if want.parameters.is_empty() { Vec::new() } else { vec!["parameters"] }
    }
}

impl Listed for ParameterGroup {
    type Item = Item;
    const CALL: &'static str = "elasticache:DescribeCacheParameterGroups";

    async fn list(cx: &Cx, names: &[String]) -> Result<Vec<Item>> {
        let pages = cx.elasticache().describe_cache_parameter_groups().into_paginator().items().send();
        let mut groups: Vec<CacheParameterGroup> =
            call(Self::CALL, pages.collect::<std::result::Result<_, _>>().await)?;
        groups.retain(|it| it.cache_parameter_group_name().is_some_and(|it| names.iter().any(|name| name == it)));
        let mut items = Vec::new();
        for group in groups {
            let name = group.cache_parameter_group_name().unwrap_or_default();
            let describe = cx.elasticache().describe_cache_parameters().cache_parameter_group_name(name).source("user");
            let pages = describe.into_paginator().send().collect::<std::result::Result<Vec<_>, _>>().await;
            let Some(pages) = existing(call(PARAMETERS, pages), &[GONE])? else { continue };
            let mut parameters: Vec<Parameter> =
                pages.into_iter().flat_map(|it| it.parameters.unwrap_or_default()).collect();
            parameters.retain(|it| it.source() == Some("user"));
            items.push(Item { group, parameters });
        }
        Ok(items)
    }

    fn name(item: &Item) -> Option<&str> {
        item.group.cache_parameter_group_name()
    }

    fn arn(item: &Item) -> Option<&str> {
        item.group.arn()
    }

    fn recorded(have: &ParameterGroupAttrs) -> &str {
        &have.name
    }

    fn asked(want: &ParameterGroupProps) -> &str {
        &want.name
    }

    fn attrs(item: &Item, _want: &ParameterGroupProps) -> Option<ParameterGroupAttrs> {
        attrs_of(&item.group)
    }

    fn seen(item: &Item, have: &ParameterGroupAttrs, tags: Tags) -> Option<Seen<ParameterGroup>> {
        let Item { group, parameters } = item;
        let pair = |it: &Parameter| Some((it.parameter_name()?.to_owned(), it.parameter_value()?.to_owned()));
        let props = ParameterGroupProps {
            name: asked(Self::name(item)?).to_owned(),
            family: group.cache_parameter_group_family()?.to_owned(),
            description: group.description().unwrap_or_default().to_owned(),
            parameters: parameters.iter().filter_map(pair).collect(),
            tags,
        };
        Some(Seen { phase: Phase::Ready, props, attrs: have.clone() })
    }
}

fn attrs_of(group: &CacheParameterGroup) -> Option<ParameterGroupAttrs> {
    let name = group.cache_parameter_group_name()?.to_owned();
    Some(ParameterGroupAttrs { name, arn: group.arn()?.to_owned() })
}

async fn modify(cx: &Cx, group: &str, parameters: &[ParameterNameValue]) -> Result<()> {
    for some in parameters.chunks(MOST) {
        let modify = cx.elasticache().modify_cache_parameter_group().cache_parameter_group_name(group);
        let modify = modify.set_parameter_name_values(Some(some.to_vec()));
        call("elasticache:ModifyCacheParameterGroup", modify.send().await)?;
    }
    Ok(())
}

/// Gives parameters back to the engine.
async fn reset(cx: &Cx, group: &str, parameters: &[ParameterNameValue]) -> Result<()> {
    for some in parameters.chunks(MOST) {
        let reset = cx.elasticache().reset_cache_parameter_group().cache_parameter_group_name(group);
        let reset = reset.set_parameter_name_values(Some(some.to_vec()));
        call("elasticache:ResetCacheParameterGroup", reset.send().await)?;
    }
    Ok(())
}
