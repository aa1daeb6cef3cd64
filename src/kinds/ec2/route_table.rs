//! `ec2.route_table`: where the traffic of some subnets goes; its routes are resources of their own.

use aws_sdk_ec2::types::{self, Filter, ResourceType, Tag};

use super::described::{self, Described};
use super::tags;
use super::vpc::Vpc;
use crate::aws::{Cx, Result, call};
use crate::kind::values::Tags;
use crate::kind::{Actions, Edit, Kind, Lost, Named, Phase, Poll, Rate, Ref, Retry, Seen, Token, Verb};
use crate::kinds::answer::{complete, deleted};
use crate::{attrs, props};

/// See the module.
#[derive(Debug)]
pub struct RouteTable;

props! {
    /// What we want of a route table.
    pub struct RouteTableProps {
        /// The VPC that it is a part of.
        replace vpc: Ref<Vpc>,
        /// The tags that users see.
        update tags: Tags,
    }
}

attrs! {
    /// What AWS assigns.
    pub struct RouteTableAttrs {
        /// `rtb-…`.
        id: String,
    }
}

impl Kind for RouteTable {
    const NAME: &'static str = "ec2.route_table";
    const ID: &'static str = "id";
    const BATCH: usize = 200;
    const POLL: Poll = Poll::at_once();
    const RATE: Rate = super::MUTATING;
    const READS: Rate = super::READING;
    const ACTIONS: Actions = Actions {
        create: &["ec2:CreateRouteTable", "ec2:CreateTags"],
        read: &["ec2:DescribeRouteTables"],
        update: &["ec2:CreateTags", "ec2:DeleteTags"],
        delete: &["ec2:DeleteRouteTable"],
        find: &["ec2:DescribeRouteTables"],
    };
    const RETRY: &'static [Retry] = &[
        Retry::on(Verb::Create, "InvalidVpcID.NotFound", 60.0),
        Retry::on(Verb::Delete, "DependencyViolation", 300.0),
    ];
    const NAMED: Named = Named::By(&[("id", "rtb-…")]);

    type Props = RouteTableProps;
    type Attrs = RouteTableAttrs;

    async fn create(cx: &Cx, token: &Token, want: &RouteTableProps) -> Result<RouteTableAttrs> {
        let create = cx
            .ec2()
            .create_route_table()
            .client_token(token.as_str())
            .vpc_id(want.vpc.id())
            .tag_specifications(tags::on_create(ResourceType::RouteTable, token, &want.tags));
        let answer = call("ec2:CreateRouteTable", create.send().await)?;
        let id = complete("ec2:CreateRouteTable", answer.route_table.and_then(|it| it.route_table_id))?;
        Ok(RouteTableAttrs { id })
    }

    async fn read(cx: &Cx, have: &[RouteTableAttrs]) -> Result<Vec<Option<Seen<RouteTable>>>> {
        described::read(cx, have).await
    }

    async fn update(cx: &Cx, edit: Edit<'_, RouteTable>) -> Result<RouteTableAttrs> {
        tags::update(cx, &edit.have.id, &edit.was.tags, &edit.want.tags).await?;
        Ok(edit.have.clone())
    }

    async fn delete(cx: &Cx, have: &RouteTableAttrs) -> Result<()> {
        let answer = call("ec2:DeleteRouteTable", cx.ec2().delete_route_table().route_table_id(&have.id).send().await);
        deleted(answer, &["InvalidRouteTableID.NotFound"])
    }

    async fn find(cx: &Cx, lost: &[Lost<RouteTable>]) -> Result<Vec<Option<RouteTableAttrs>>> {
        described::find(cx, lost).await
    }
}

impl Described for RouteTable {
    type Item = types::RouteTable;
    const CALL: &'static str = "ec2:DescribeRouteTables";
    const BY_ID: &'static str = "route-table-id";

    async fn describe(cx: &Cx, filter: Filter) -> Result<Vec<types::RouteTable>> {
        let pages = cx.ec2().describe_route_tables().filters(filter).into_paginator().items().send();
        call(Self::CALL, pages.collect::<std::result::Result<_, _>>().await)
    }

    fn id(have: &RouteTableAttrs) -> &str {
        &have.id
    }

    fn tags(item: &types::RouteTable) -> &[Tag] {
        item.tags()
    }

    fn seen(item: &types::RouteTable) -> Option<Seen<RouteTable>> {
        let props = RouteTableProps { vpc: Ref::known(item.vpc_id()?), tags: tags::visible(item.tags()) };
        let attrs = RouteTableAttrs { id: item.route_table_id()?.to_owned() };
        Some(Seen { phase: Phase::Ready, props, attrs })
    }
}
