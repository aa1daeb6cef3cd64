//! `ec2.internet_gateway`: the way between the VPC and the internet.

use aws_sdk_ec2::types::{self, Filter, ResourceType, Tag};

use super::described::{self, Described};
use super::tags;
use crate::aws::{Cx, Result, call};
use crate::kind::values::Tags;
use crate::kind::{Actions, Edit, Kind, Lost, Named, Phase, Poll, Rate, Retry, Seen, Token, Verb};
use crate::kinds::answer::{complete, deleted};
use crate::{attrs, props};

/// See the module.
#[derive(Debug)]
pub struct InternetGateway;

props! {
    /// What we want of an internet gateway.
    pub struct InternetGatewayProps {
        /// The tags that users see.
        update tags: Tags,
    }
}

attrs! {
    /// What AWS assigns.
    pub struct InternetGatewayAttrs {
        /// `igw-…`.
        id: String,
    }
}

impl Kind for InternetGateway {
    const NAME: &'static str = "ec2.internet_gateway";
    const ID: &'static str = "id";
    const BATCH: usize = 200;
    const POLL: Poll = Poll::at_once();
    const RATE: Rate = super::MUTATING;
    const READS: Rate = super::READING;
    const ACTIONS: Actions = Actions {
        create: &["ec2:CreateInternetGateway", "ec2:CreateTags"],
        read: &["ec2:DescribeInternetGateways"],
        update: &["ec2:CreateTags", "ec2:DeleteTags"],
        delete: &["ec2:DeleteInternetGateway"],
        find: &["ec2:DescribeInternetGateways"],
    };
    const RETRY: &'static [Retry] = &[Retry::on(Verb::Delete, "DependencyViolation", 300.0)];
    const NAMED: Named = Named::By(&[("id", "igw-…")]);

    type Props = InternetGatewayProps;
    type Attrs = InternetGatewayAttrs;

    async fn create(cx: &Cx, token: &Token, want: &InternetGatewayProps) -> Result<InternetGatewayAttrs> {
        let tags = tags::on_create(ResourceType::InternetGateway, token, &want.tags);
        let create = cx.ec2().create_internet_gateway().tag_specifications(tags);
        let answer = call("ec2:CreateInternetGateway", create.send().await)?;
        let id = answer.internet_gateway.and_then(|it| it.internet_gateway_id);
        Ok(InternetGatewayAttrs { id: complete("ec2:CreateInternetGateway", id)? })
    }

    async fn read(cx: &Cx, have: &[InternetGatewayAttrs]) -> Result<Vec<Option<Seen<InternetGateway>>>> {
        described::read(cx, have).await
    }

    async fn update(cx: &Cx, edit: Edit<'_, InternetGateway>) -> Result<InternetGatewayAttrs> {
        tags::update(cx, &edit.have.id, &edit.was.tags, &edit.want.tags).await?;
        Ok(edit.have.clone())
    }

    async fn delete(cx: &Cx, have: &InternetGatewayAttrs) -> Result<()> {
        let delete = cx.ec2().delete_internet_gateway().internet_gateway_id(&have.id);
        deleted(call("ec2:DeleteInternetGateway", delete.send().await), &["InvalidInternetGatewayID.NotFound"])
    }

    async fn find(cx: &Cx, lost: &[Lost<InternetGateway>]) -> Result<Vec<Option<InternetGatewayAttrs>>> {
        described::find(cx, lost).await
    }
}

impl Described for InternetGateway {
    type Item = types::InternetGateway;
    const CALL: &'static str = "ec2:DescribeInternetGateways";
    const BY_ID: &'static str = "internet-gateway-id";

    async fn describe(cx: &Cx, filter: Filter) -> Result<Vec<types::InternetGateway>> {
        let pages = cx.ec2().describe_internet_gateways().filters(filter).into_paginator().items().send();
        call(Self::CALL, pages.collect::<std::result::Result<_, _>>().await)
    }

    fn id(have: &InternetGatewayAttrs) -> &str {
        &have.id
    }

    fn tags(item: &types::InternetGateway) -> &[Tag] {
        item.tags()
    }

    fn seen(item: &types::InternetGateway) -> Option<Seen<InternetGateway>> {
        let props = InternetGatewayProps { tags: tags::visible(item.tags()) };
        let attrs = InternetGatewayAttrs { id: item.internet_gateway_id()?.to_owned() };
        Some(Seen { phase: Phase::Ready, props, attrs })
    }
}
