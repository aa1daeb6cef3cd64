//! `rds.subnet_group`: the subnets in which the database may stand.

use std::collections::BTreeSet;

use aws_sdk_rds::types::{self, Tag};

use super::{ADD_TAGS, LIST_TAGS, REMOVE_TAGS};
use crate::aws::{Cx, Result, call};
use crate::kind::values::Tags;
use crate::kind::{Actions, Edit, Kind, Lost, Named, Phase, Poll, Rate, Ref, Retry, Seen, Token, Verb, Wait};
use crate::kinds::answer::{complete, deleted, existing};
use crate::kinds::ec2::subnet::Subnet;
use crate::kinds::ec2::vpc::Vpc;
use crate::{attrs, props};

/// See the module.
#[derive(Debug)]
pub struct SubnetGroup;

props! {
    /// What we want of a subnet group.
    pub struct SubnetGroupProps {
        /// Its name, without the piece of our token.
        replace name: String,
        /// The VPC of its subnets, which AWS works out of them: a group cannot move to another.
        replace vpc: Ref<Vpc>,
        /// What it is for.
        update description: String,
        /// Its subnets, in two zones at least.
        update subnets: BTreeSet<Ref<Subnet>>,
        /// The tags that users see.
        update tags: Tags,
    }
}

attrs! {
    /// What AWS assigns.
    pub struct SubnetGroupAttrs {
        /// Its name in AWS.
        name: String,
        /// `arn:aws:rds:…:subgrp:…`.
        arn: String,
    }
}

const CREATE: &str = "rds:CreateDBSubnetGroup";
const DESCRIBE: &str = "rds:DescribeDBSubnetGroups";
const MODIFY: &str = "rds:ModifyDBSubnetGroup";
const DELETE: &str = "rds:DeleteDBSubnetGroup";
const GONE: &[&str] = &["DBSubnetGroupNotFoundFault", "DBSubnetGroupNotFound"];

impl Kind for SubnetGroup {
    const NAME: &'static str = "rds.subnet_group";
    const ID: &'static str = "name";
    const BATCH: usize = 5;
    const POLL: Poll = Poll { ready: Wait { typical: 1.0, ..Wait::none() }, gone: Wait::none() };
    const RATE: Rate = super::MUTATING;
    const ACTIONS: Actions = Actions {
        create: &[CREATE, ADD_TAGS, "iam:CreateServiceLinkedRole"],
        read: &[DESCRIBE, LIST_TAGS],
        update: &[MODIFY, ADD_TAGS, REMOVE_TAGS],
        delete: &[DELETE],
        find: &[DESCRIBE, LIST_TAGS],
    };
    const RETRY: &'static [Retry] = &[
        Retry::on(Verb::Create, "InvalidSubnet", 60.0),
        // In a new account, until the role of the service is known everywhere.
        Retry::saying(Verb::Create, "InvalidParameterValue", "service linked role", 120.0),
        Retry::saying(Verb::Create, "InvalidParameterValue", "missing necessary credentials", 120.0),
        Retry::on(Verb::Update, "InvalidSubnet", 60.0),
        Retry::on(Verb::Update, "InvalidDBSubnetGroupStateFault", 60.0),
        // The group is in use for a while after its cluster has gone.
        Retry::on(Verb::Delete, "InvalidDBSubnetGroupStateFault", 300.0),
    ];
    const NAMED: Named = Named::By(&[("name", "NAME")]);
    const LABELS: &'static [&'static str] = &["name"];

    type Props = SubnetGroupProps;
    type Attrs = SubnetGroupAttrs;

    async fn create(cx: &Cx, token: &Token, want: &SubnetGroupProps) -> Result<SubnetGroupAttrs> {
        let create = cx
            .rds()
            .create_db_subnet_group()
            .db_subnet_group_name(super::named(&want.name, token))
            .db_subnet_group_description(&want.description)
            .set_subnet_ids(Some(ids(&want.subnets)))
            .set_tags(Some(super::on_create(token, &want.tags)));
        let answer = call(CREATE, create.send().await)?;
        complete(CREATE, answer.db_subnet_group.as_ref().and_then(attrs_of))
    }

    async fn read(cx: &Cx, have: &[SubnetGroupAttrs]) -> Result<Vec<Option<Seen<SubnetGroup>>>> {
        let mut all = Vec::new();
        for SubnetGroupAttrs { name, arn: _ } in have {
            let there = group(cx, name).await?;
            all.push(there.map(|it| complete(DESCRIBE, seen(&it))).transpose()?);
        }
        Ok(all)
    }

    async fn update(cx: &Cx, edit: Edit<'_, SubnetGroup>) -> Result<SubnetGroupAttrs> {
        let (have, want) = (edit.have, edit.want);
        if edit.changes("subnets") || edit.changes("description") {
            let modify = cx
                .rds()
                .modify_db_subnet_group()
                .db_subnet_group_name(&have.name)
                .db_subnet_group_description(&want.description)
                .set_subnet_ids(Some(ids(&want.subnets)));
            call(MODIFY, modify.send().await)?;
        }
        if edit.changes("tags") {
            super::update_tags(cx, &have.arn, &edit.was.tags, &want.tags).await?;
        }
        Ok(have.clone())
    }

    async fn delete(cx: &Cx, have: &SubnetGroupAttrs) -> Result<()> {
        let answer = cx.rds().delete_db_subnet_group().db_subnet_group_name(&have.name).send().await;
        deleted(call(DELETE, answer), GONE)
    }

    async fn find(cx: &Cx, lost: &[Lost<SubnetGroup>]) -> Result<Vec<Option<SubnetGroupAttrs>>> {
        let mut all = Vec::new();
        for Lost { token, want } in lost {
            let there = group(cx, &super::named(&want.name, token)).await?;
            let ours = there.filter(|it| super::token_of(&it.tags) == Some(token.as_str()));
            all.push(ours.map(|it| complete(DESCRIBE, attrs_of(&it.group))).transpose()?);
        }
        Ok(all)
    }
}

/// A group and its tags, which take a call of their own.
struct Group {
    group: types::DbSubnetGroup,
    tags: Vec<Tag>,
}

async fn group(cx: &Cx, name: &str) -> Result<Option<Group>> {
    let answer = call(DESCRIBE, cx.rds().describe_db_subnet_groups().db_subnet_group_name(name).send().await);
    let Some(answer) = existing(answer, GONE)? else { return Ok(None) };
    let named = |it: &types::DbSubnetGroup| it.db_subnet_group_name() == Some(name);
    let Some(group) = answer.db_subnet_groups.unwrap_or_default().into_iter().find(named) else { return Ok(None) };
    let arn = complete(DESCRIBE, group.db_subnet_group_arn())?;
    Ok(super::tags_of(cx, arn, GONE).await?.map(|tags| Group { group, tags }))
}

fn attrs_of(group: &types::DbSubnetGroup) -> Option<SubnetGroupAttrs> {
    let (name, arn) = (group.db_subnet_group_name()?.to_owned(), group.db_subnet_group_arn()?.to_owned());
    Some(SubnetGroupAttrs { name, arn })
}

fn seen(Group { group, tags }: &Group) -> Option<Seen<SubnetGroup>> {
    let subnets = group.subnets().iter().filter_map(|it| it.subnet_identifier());
    let props = SubnetGroupProps {
        name: super::unnamed(group.db_subnet_group_name()?, tags),
        vpc: Ref::known(group.vpc_id()?),
        description: group.db_subnet_group_description()?.to_owned(),
        subnets: subnets.map(Ref::known).collect(),
        tags: super::visible(tags),
    };
    Some(Seen { phase: Phase::Ready, props, attrs: attrs_of(group)? })
}

fn ids(subnets: &BTreeSet<Ref<Subnet>>) -> Vec<String> {
    subnets.iter().map(|it| it.id().to_owned()).collect()
}
