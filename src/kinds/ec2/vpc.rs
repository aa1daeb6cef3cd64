//! `ec2.vpc`: the private network that everything of the site stands in.

use aws_sdk_ec2::types::{self, Filter, ResourceType, Tag, Tenancy, VpcState};

use super::described::{self, Described};
use super::tags;
use crate::aws::{Cx, Result, call};
use crate::kind::values::{Cidr, Tags};
use crate::kind::{Actions, Edit, Kind, Lost, Named, Phase, Poll, Rate, Retry, Seen, Token, Verb, Wait};
use crate::kinds::answer::{complete, deleted};
use crate::{attrs, props};

/// See the module.
#[derive(Debug)]
pub struct Vpc;

props! {
    /// What we want of a VPC.
    pub struct VpcProps {
        /// Its address range, `/16` to `/28`.
        replace cidr: Cidr,
        /// `default` or `dedicated`.
        replace tenancy: String,
        /// The tags that users see.
        update tags: Tags,
    }
}

attrs! {
    /// What AWS assigns.
    pub struct VpcAttrs {
        /// `vpc-…`.
        id: String,
    }
}

impl Kind for Vpc {
    const NAME: &'static str = "ec2.vpc";
    const ID: &'static str = "id";
    const BATCH: usize = 200;
    const POLL: Poll = Poll { ready: Wait::looks(1.1, 1.0, 1.0, 60.0), gone: Wait { typical: 1.0, ..Wait::none() } };
    const RATE: Rate = super::MUTATING;
    const READS: Rate = super::READING;
    const ACTIONS: Actions = Actions {
        create: &["ec2:CreateVpc", "ec2:CreateTags"],
        read: &["ec2:DescribeVpcs"],
        update: &["ec2:CreateTags", "ec2:DeleteTags"],
        delete: &["ec2:DeleteVpc"],
        find: &["ec2:DescribeVpcs"],
    };
    // Whatever AWS itself put into the VPC leaves it a while after its owner is gone.
    const RETRY: &'static [Retry] = &[Retry::on(Verb::Delete, "DependencyViolation", 900.0)];
    const NAMED: Named = Named::By(&[("id", "vpc-…")]);

    type Props = VpcProps;
    type Attrs = VpcAttrs;

    async fn create(cx: &Cx, token: &Token, want: &VpcProps) -> Result<VpcAttrs> {
        let create = cx
            .ec2()
            .create_vpc()
            .cidr_block(want.cidr.to_string())
            .instance_tenancy(Tenancy::from(want.tenancy.as_str()))
            .tag_specifications(tags::on_create(ResourceType::Vpc, token, &want.tags));
        let answer = call("ec2:CreateVpc", create.send().await)?;
        let id = complete("ec2:CreateVpc", answer.vpc.and_then(|it| it.vpc_id))?;
        Ok(VpcAttrs { id })
    }

    async fn read(cx: &Cx, have: &[VpcAttrs]) -> Result<Vec<Option<Seen<Vpc>>>> {
        described::read(cx, have).await
    }

    async fn update(cx: &Cx, edit: Edit<'_, Vpc>) -> Result<VpcAttrs> {
        tags::update(cx, &edit.have.id, &edit.was.tags, &edit.want.tags).await?;
        Ok(edit.have.clone())
    }

    async fn delete(cx: &Cx, have: &VpcAttrs) -> Result<()> {
        let answer = call("ec2:DeleteVpc", cx.ec2().delete_vpc().vpc_id(&have.id).send().await);
        deleted(answer, &["InvalidVpcID.NotFound"])
    }

    async fn find(cx: &Cx, lost: &[Lost<Vpc>]) -> Result<Vec<Option<VpcAttrs>>> {
        described::find(cx, lost).await
    }
}

impl Described for Vpc {
    type Item = types::Vpc;
    const CALL: &'static str = "ec2:DescribeVpcs";
    const BY_ID: &'static str = "vpc-id";

    async fn describe(cx: &Cx, filter: Filter) -> Result<Vec<types::Vpc>> {
        let pages = cx.ec2().describe_vpcs().filters(filter).into_paginator().items().send();
        call(Self::CALL, pages.collect::<std::result::Result<_, _>>().await)
    }

    fn id(have: &VpcAttrs) -> &str {
        &have.id
    }

    fn tags(item: &types::Vpc) -> &[Tag] {
        item.tags()
    }

    fn seen(item: &types::Vpc) -> Option<Seen<Vpc>> {
        let phase = match item.state() {
            Some(VpcState::Pending) => Phase::Pending,
            _ => Phase::Ready,
        };
        let props = VpcProps {
            cidr: item.cidr_block()?.parse().ok()?,
            tenancy: item.instance_tenancy().map_or("default", Tenancy::as_str).to_owned(),
            tags: tags::visible(item.tags()),
        };
        Some(Seen { phase, props, attrs: VpcAttrs { id: item.vpc_id()?.to_owned() } })
    }
}
