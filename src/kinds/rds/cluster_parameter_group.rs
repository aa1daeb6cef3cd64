//! `rds.cluster_parameter_group`: settings of the database engine; those of Moodle require TLS.

use std::collections::BTreeMap;

use aws_sdk_rds::types::{ApplyMethod, Parameter, Tag};

use super::{ADD_TAGS, LIST_TAGS, REMOVE_TAGS};
use crate::aws::{Cx, Result, call};
use crate::kind::values::Tags;
use crate::kind::{Actions, Edit, Kind, Lost, Named, Phase, Poll, Rate, Retry, Seen, Token, Verb, Wait};
use crate::kinds::answer::{complete, deleted, existing};
use crate::{attrs, props};

/// See the module.
#[derive(Debug)]
pub struct ClusterParameterGroup;

props! {
    /// What we want of a cluster parameter group.
    pub struct ClusterParameterGroupProps {
        /// Its name, without the piece of our token.
        replace name: String,
        /// The engine and its major version: `aurora-postgresql17`.
        replace family: String,
        /// The parameters that are not the engine's defaults. All of them take effect without a restart.
        update parameters: BTreeMap<String, String>,
        /// The tags that users see.
        update tags: Tags,
    }
}

attrs! {
    /// What AWS assigns.
    pub struct ClusterParameterGroupAttrs {
        /// Its name in AWS.
        name: String,
        /// `arn:aws:rds:…:cluster-pg:…`.
        arn: String,
        /// The family, which AWS never changes: so a read needs no call for it.
        family: String,
    }
}

const CREATE: &str = "rds:CreateDBClusterParameterGroup";
const DESCRIBE: &str = "rds:DescribeDBClusterParameterGroups";
const PARAMETERS: &str = "rds:DescribeDBClusterParameters";
const MODIFY: &str = "rds:ModifyDBClusterParameterGroup";
const RESET: &str = "rds:ResetDBClusterParameterGroup";
const DELETE: &str = "rds:DeleteDBClusterParameterGroup";
/// Either is answered, depending on the call.
const GONE: &[&str] = &["DBParameterGroupNotFound", "DBClusterParameterGroupNotFound"];
/// The most parameters that one call takes.
const MOST: usize = 20;

impl Kind for ClusterParameterGroup {
    const NAME: &'static str = "rds.cluster_parameter_group";
    const ID: &'static str = "name";
    const BATCH: usize = 5;
    const POLL: Poll = Poll { ready: Wait { typical: 1.5, ..Wait::none() }, gone: Wait::none() };
    const RATE: Rate = super::MUTATING;
    const ACTIONS: Actions = Actions {
        create: &[CREATE, ADD_TAGS],
        read: &[PARAMETERS, LIST_TAGS],
        update: &[MODIFY, RESET, ADD_TAGS, REMOVE_TAGS],
        delete: &[DELETE],
        find: &[DESCRIBE, LIST_TAGS],
    };
    const RETRY: &'static [Retry] = &[
        Retry::on(Verb::Update, "DBParameterGroupNotFound", 60.0),
        Retry::on(Verb::Update, "DBClusterParameterGroupNotFound", 60.0),
        Retry::on(Verb::Update, "InvalidDBParameterGroupState", 180.0),
        // The group is in use for a while after its cluster has gone.
        Retry::on(Verb::Delete, "InvalidDBParameterGroupState", 300.0),
    ];
    const NAMED: Named = Named::By(&[("name", "NAME")]);
    const LABELS: &'static [&'static str] = &["name"];

    type Props = ClusterParameterGroupProps;
    type Attrs = ClusterParameterGroupAttrs;

    async fn create(cx: &Cx, token: &Token, want: &ClusterParameterGroupProps) -> Result<ClusterParameterGroupAttrs> {
        let create = cx
            .rds()
            .create_db_cluster_parameter_group()
            .db_cluster_parameter_group_name(super::named(&want.name, token))
            .db_parameter_group_family(&want.family)
            .description(format!("Settings of {}", want.name))
            .set_tags(Some(super::on_create(token, &want.tags)));
        let group = complete(CREATE, call(CREATE, create.send().await)?.db_cluster_parameter_group)?;
        Ok(ClusterParameterGroupAttrs {
            name: complete(CREATE, group.db_cluster_parameter_group_name)?,
            arn: complete(CREATE, group.db_cluster_parameter_group_arn)?,
            family: want.family.clone(),
        })
    }

    async fn read(cx: &Cx, have: &[ClusterParameterGroupAttrs]) -> Result<Vec<Option<Seen<ClusterParameterGroup>>>> {
        let mut all = Vec::new();
        for attrs in have {
            let Some(parameters) = parameters(cx, &attrs.name).await? else {
                all.push(None);
                continue;
            };
            let tags = super::tags_of(cx, &attrs.arn, GONE).await?;
            all.push(tags.map(|tags| seen(attrs, parameters, &tags)));
        }
        Ok(all)
    }

    async fn update(cx: &Cx, edit: Edit<'_, ClusterParameterGroup>) -> Result<ClusterParameterGroupAttrs> {
        let Edit { have, was, want, changed: _ } = edit;
        if edit.changes("parameters") {
            set(cx, &have.name, &was.parameters, &want.parameters).await?;
        }
        if edit.changes("tags") {
            super::update_tags(cx, &have.arn, &was.tags, &want.tags).await?;
        }
        Ok(have.clone())
    }

    async fn delete(cx: &Cx, have: &ClusterParameterGroupAttrs) -> Result<()> {
        let delete = cx.rds().delete_db_cluster_parameter_group().db_cluster_parameter_group_name(&have.name);
        deleted(call(DELETE, delete.send().await), GONE)
    }

    async fn adopt(
        cx: &Cx,
        id: &str,
        _want: &ClusterParameterGroupProps,
    ) -> Result<Option<ClusterParameterGroupAttrs>> {
        let describe = cx.rds().describe_db_cluster_parameter_groups().db_cluster_parameter_group_name(id);
        let answer = existing(call(DESCRIBE, describe.send().await), GONE)?;
        let Some(found) = answer.and_then(|it| it.db_cluster_parameter_groups?.into_iter().next()) else {
            return Ok(None);
        };
        Ok(Some(ClusterParameterGroupAttrs {
            name: complete(DESCRIBE, found.db_cluster_parameter_group_name)?,
            arn: complete(DESCRIBE, found.db_cluster_parameter_group_arn)?,
            family: complete(DESCRIBE, found.db_parameter_group_family)?,
        }))
    }

    async fn find(cx: &Cx, lost: &[Lost<ClusterParameterGroup>]) -> Result<Vec<Option<ClusterParameterGroupAttrs>>> {
        let mut all = Vec::new();
        for Lost { token, want } in lost {
            all.push(ours(cx, &super::named(&want.name, token), token).await?);
        }
        Ok(all)
    }

    fn later(want: &ClusterParameterGroupProps) -> Vec<&'static str> {
        if want.parameters.is_empty() { Vec::new() } else { vec!["parameters"] }
    }
}

/// Returns the group of that name, if it carries the token.
async fn ours(cx: &Cx, name: &str, token: &Token) -> Result<Option<ClusterParameterGroupAttrs>> {
    let describe = cx.rds().describe_db_cluster_parameter_groups().db_cluster_parameter_group_name(name);
    let Some(answer) = existing(call(DESCRIBE, describe.send().await), GONE)? else { return Ok(None) };
    let mut groups = answer.db_cluster_parameter_groups.unwrap_or_default().into_iter();
    let Some(group) = groups.find(|it| it.db_cluster_parameter_group_name() == Some(name)) else { return Ok(None) };
    let arn = complete(DESCRIBE, group.db_cluster_parameter_group_arn)?;
    let tags = super::tags_of(cx, &arn, GONE).await?;
    if tags.is_none_or(|it| super::token_of(&it) != Some(token.as_str())) {
        return Ok(None);
    }
    let family = complete(DESCRIBE, group.db_parameter_group_family)?;
    Ok(Some(ClusterParameterGroupAttrs { name: name.to_owned(), arn, family }))
}

/// Returns the parameters that somebody has set; `None` when the group is gone.
async fn parameters(cx: &Cx, name: &str) -> Result<Option<BTreeMap<String, String>>> {
    let describe = cx.rds().describe_db_cluster_parameters().db_cluster_parameter_group_name(name).source("user");
    let pages = describe.into_paginator().items().send();
    let found = existing(call(PARAMETERS, pages.collect::<std::result::Result<Vec<_>, _>>().await), GONE)?;
    // The engine's own defaults, in their hundreds, come too where the filter is not heeded.
    let set = |it: &Parameter| it.source().is_none_or(|source| source == "user");
    let pair = |it: &Parameter| Some((it.parameter_name()?.to_owned(), it.parameter_value()?.to_owned()));
    Ok(found.map(|all| all.iter().filter(|it| set(it)).filter_map(pair).collect()))
}

fn seen(
    attrs: &ClusterParameterGroupAttrs,
    parameters: BTreeMap<String, String>,
    tags: &[Tag],
) -> Seen<ClusterParameterGroup> {
    let props = ClusterParameterGroupProps {
        name: super::unnamed(&attrs.name, tags),
        family: attrs.family.clone(),
        parameters,
        tags: super::visible(tags),
    };
    Seen { phase: Phase::Ready, props, attrs: attrs.clone() }
}

/// Sets the parameters that are wanted and gives the others back to the engine.
async fn set(cx: &Cx, name: &str, was: &BTreeMap<String, String>, want: &BTreeMap<String, String>) -> Result<()> {
    let one = |name: &str| Parameter::builder().parameter_name(name).apply_method(ApplyMethod::Immediate);
    let set: Vec<Parameter> = want.iter().map(|(name, value)| one(name).parameter_value(value).build()).collect();
    for some in set.chunks(MOST) {
        let modify = cx.rds().modify_db_cluster_parameter_group().db_cluster_parameter_group_name(name);
        call(MODIFY, modify.set_parameters(Some(some.to_vec())).send().await)?;
    }
    let unset: Vec<Parameter> = was.keys().filter(|it| !want.contains_key(*it)).map(|it| one(it).build()).collect();
    for some in unset.chunks(MOST) {
        let reset = cx.rds().reset_db_cluster_parameter_group().db_cluster_parameter_group_name(name);
        call(RESET, reset.set_parameters(Some(some.to_vec())).send().await)?;
    }
    Ok(())
}
