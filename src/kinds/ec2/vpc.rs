//! `ec2.vpc`: the private network that everything of the site stands in.

use std::collections::BTreeMap;

use aws_sdk_ec2::types::{ResourceType, Tenancy, VpcState};

use super::tags;
use crate::aws::{Cx, Result, call};
use crate::kind::values::{Cidr, Tags};
use crate::kind::{Actions, Edit, Kind, Lost, Phase, Poll, Rate, Seen, Token, Wait};
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
    const RATE: Rate = Rate { burst: 50, per_second: 5.0 };
    const ACTIONS: Actions = Actions {
        create: &["ec2:CreateVpc", "ec2:CreateTags"],
        read: &["ec2:DescribeVpcs"],
        update: &["ec2:CreateTags", "ec2:DeleteTags"],
        delete: &["ec2:DeleteVpc"],
        find: &["ec2:DescribeVpcs"],
    };

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
        let id = answer.vpc.and_then(|it| it.vpc_id);
        id.map(|id| VpcAttrs { id }).ok_or_else(|| crate::aws::Error::unknown("ec2:CreateVpc", "the answer has no id"))
    }

    async fn read(cx: &Cx, have: &[VpcAttrs]) -> Result<Vec<Option<Seen<Vpc>>>> {
        // By filter and not by id, because one unknown id would fail the whole batch.
        let ids = have.iter().map(|it| it.id.clone()).collect();
        let filter = aws_sdk_ec2::types::Filter::builder().name("vpc-id").set_values(Some(ids)).build();
        let pages = cx.ec2().describe_vpcs().filters(filter).into_paginator().items().send();
        let found = call("ec2:DescribeVpcs", pages.collect::<std::result::Result<Vec<_>, _>>().await)?;
        let mut by_id: BTreeMap<String, Seen<Vpc>> =
            found.iter().filter_map(seen).map(|it| (it.attrs.id.clone(), it)).collect();
        Ok(have.iter().map(|it| by_id.remove(&it.id)).collect())
    }

    async fn update(cx: &Cx, edit: Edit<'_, Vpc>) -> Result<VpcAttrs> {
        tags::update(cx, &edit.have.id, &edit.was.tags, &edit.want.tags).await?;
        Ok(edit.have.clone())
    }

    async fn delete(cx: &Cx, have: &VpcAttrs) -> Result<()> {
        match call("ec2:DeleteVpc", cx.ec2().delete_vpc().vpc_id(&have.id).send().await) {
            Err(error) if error.is("InvalidVpcID.NotFound") => Ok(()),
            other => other.map(drop),
        }
    }

    async fn find(cx: &Cx, lost: &[Lost<Vpc>]) -> Result<Vec<Option<VpcAttrs>>> {
        let filter = tags::with_token(lost.iter().map(|it| &it.token));
        let pages = cx.ec2().describe_vpcs().filters(filter).into_paginator().items().send();
        let found = call("ec2:DescribeVpcs", pages.collect::<std::result::Result<Vec<_>, _>>().await)?;
        let id_of = |token: &Token| {
            // Checked again here: a filter that is ignored must not adopt a stranger.
            let ours = found.iter().find(|it| tags::token_of(it.tags()) == Some(token.as_str()))?;
            ours.vpc_id().map(|id| VpcAttrs { id: id.to_owned() })
        };
        Ok(lost.iter().map(|it| id_of(&it.token)).collect())
    }
}

fn seen(vpc: &aws_sdk_ec2::types::Vpc) -> Option<Seen<Vpc>> {
    let phase = match vpc.state() {
        Some(VpcState::Pending) => Phase::Pending,
        _ => Phase::Ready,
    };
    let props = VpcProps {
        cidr: vpc.cidr_block()?.parse().ok()?,
        tenancy: vpc.instance_tenancy().map_or("default", Tenancy::as_str).to_owned(),
        tags: tags::visible(vpc.tags()),
    };
    Some(Seen { phase, props, attrs: VpcAttrs { id: vpc.vpc_id()?.to_owned() } })
}
