//! `elasticache.subnet_group`: the subnets in which the nodes of the caches stand.

use std::collections::BTreeSet;

use aws_sdk_elasticache::types::CacheSubnetGroup;

use super::listed::{self, Listed};
use super::{asked, ids, named, tags};
use crate::aws::{Cx, Result, call};
use crate::kind::values::Tags;
use crate::kind::{Actions, Edit, Kind, Lost, Named, Phase, Poll, Rate, Ref, Retry, Seen, Token, Verb, Wait};
use crate::kinds::answer::{complete, deleted};
use crate::kinds::ec2::subnet::Subnet;
use crate::{attrs, props};

/// See the module.
#[derive(Debug)]
pub struct SubnetGroup;

props! {
    /// What we want of a subnet group.
    pub struct SubnetGroupProps {
        /// Its name, without the piece of our token.
        replace name: String,
        /// What it is for.
        update description: String,
        /// The subnets; one in which a node stands cannot be taken out.
        update subnets: BTreeSet<Ref<Subnet>>,
        /// The tags that users see.
        update tags: Tags,
    }
}

attrs! {
    /// What AWS assigns.
    pub struct SubnetGroupAttrs {
        /// Its name.
        name: String,
        /// `arn:aws:elasticache:…:subnetgroup:…`.
        arn: String,
    }
}

const CREATE: &str = "elasticache:CreateCacheSubnetGroup";

impl Kind for SubnetGroup {
    const NAME: &'static str = "elasticache.subnet_group";
    const ID: &'static str = "name";
    const BATCH: usize = 20;
    const POLL: Poll = Poll { ready: Wait { typical: 1.0, ..Wait::none() }, gone: Wait::none() };
    const RATE: Rate = super::MUTATING;
    const ACTIONS: Actions = Actions {
        create: &[CREATE, "elasticache:AddTagsToResource", "iam:CreateServiceLinkedRole"],
        read: &[Self::CALL, tags::LIST],
        update: &[
            "elasticache:ModifyCacheSubnetGroup",
            "elasticache:AddTagsToResource",
            "elasticache:RemoveTagsFromResource",
        ],
        delete: &["elasticache:DeleteCacheSubnetGroup"],
        find: &[Self::CALL, tags::LIST],
    };
    const RETRY: &'static [Retry] = &[
        // A subnet that was made a moment ago.
        Retry::on(Verb::Create, "InvalidSubnet", 60.0),
        Retry::on(Verb::Update, "InvalidSubnet", 60.0),
        Retry::on(Verb::Update, "CacheSubnetGroupNotFoundFault", 60.0),
        // For minutes after the last cache has gone.
        Retry::on(Verb::Delete, "CacheSubnetGroupInUse", 600.0),
        Retry::on(Verb::Delete, "DependencyViolation", 600.0),
    ];
    const NAMED: Named = Named::By(&[("name", "NAME")]);
    const LABELS: &'static [&'static str] = &["name"];

    type Props = SubnetGroupProps;
    type Attrs = SubnetGroupAttrs;

    async fn create(cx: &Cx, token: &Token, want: &SubnetGroupProps) -> Result<SubnetGroupAttrs> {
        let create = cx
            .elasticache()
            .create_cache_subnet_group()
            .cache_subnet_group_name(named(&want.name, token))
            .cache_subnet_group_description(&want.description)
            .set_subnet_ids(Some(ids(&want.subnets)))
            .set_tags(Some(tags::on_create(token, &want.tags)));
        let group = call(CREATE, create.send().await)?.cache_subnet_group;
        complete(CREATE, group.and_then(|it| Self::attrs(&it, want)))
    }

    async fn read(cx: &Cx, have: &[SubnetGroupAttrs]) -> Result<Vec<Option<Seen<SubnetGroup>>>> {
        listed::read(cx, have).await
    }

    async fn update(cx: &Cx, edit: Edit<'_, SubnetGroup>) -> Result<SubnetGroupAttrs> {
        let Edit { have, was, want, changed: _ } = edit;
        if edit.changes("description") || edit.changes("subnets") {
            let modify = cx
                .elasticache()
                .modify_cache_subnet_group()
                .cache_subnet_group_name(&have.name)
                .cache_subnet_group_description(&want.description)
                .set_subnet_ids(Some(ids(&want.subnets)));
            call("elasticache:ModifyCacheSubnetGroup", modify.send().await)?;
        }
        if edit.changes("tags") {
            tags::update(cx, &have.arn, &was.tags, &want.tags).await?;
        }
        Ok(have.clone())
    }

    async fn delete(cx: &Cx, have: &SubnetGroupAttrs) -> Result<()> {
        let delete = cx.elasticache().delete_cache_subnet_group().cache_subnet_group_name(&have.name);
        let answer = call("elasticache:DeleteCacheSubnetGroup", delete.send().await);
        deleted(answer, &["CacheSubnetGroupNotFoundFault"])
    }

    async fn adopt(cx: &Cx, id: &str, want: &SubnetGroupProps) -> Result<Option<SubnetGroupAttrs>> {
        listed::adopt::<Self>(cx, id, want).await
    }

    async fn find(cx: &Cx, lost: &[Lost<SubnetGroup>]) -> Result<Vec<Option<SubnetGroupAttrs>>> {
        listed::find(cx, lost).await
    }
}

impl Listed for SubnetGroup {
    type Item = CacheSubnetGroup;
    const CALL: &'static str = "elasticache:DescribeCacheSubnetGroups";

    async fn list(cx: &Cx, _names: &[String]) -> Result<Vec<CacheSubnetGroup>> {
        let pages = cx.elasticache().describe_cache_subnet_groups().into_paginator().items().send();
        call(Self::CALL, pages.collect::<std::result::Result<_, _>>().await)
    }

    fn name(item: &CacheSubnetGroup) -> Option<&str> {
        item.cache_subnet_group_name()
    }

    fn arn(item: &CacheSubnetGroup) -> Option<&str> {
        item.arn()
    }

    fn recorded(have: &SubnetGroupAttrs) -> &str {
        &have.name
    }

    fn asked(want: &SubnetGroupProps) -> &str {
        &want.name
    }

    fn attrs(item: &CacheSubnetGroup, _want: &SubnetGroupProps) -> Option<SubnetGroupAttrs> {
        Some(SubnetGroupAttrs { name: Self::name(item)?.to_owned(), arn: item.arn()?.to_owned() })
    }

    fn seen(item: &CacheSubnetGroup, have: &SubnetGroupAttrs, tags: Tags) -> Option<Seen<SubnetGroup>> {
        let props = SubnetGroupProps {
            name: asked(Self::name(item)?).to_owned(),
            description: item.cache_subnet_group_description().unwrap_or_default().to_owned(),
            subnets: item.subnets().iter().filter_map(|it| it.subnet_identifier()).map(Ref::known).collect(),
            tags,
        };
        Some(Seen { phase: Phase::Ready, props, attrs: have.clone() })
    }
}
