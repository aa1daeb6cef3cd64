//! `ec2.subnet`: a part of the VPC in one zone, for one kind of neighbour (public, web, data).

use aws_sdk_ec2::types::{self, AttributeBooleanValue, Filter, ResourceType, SubnetState, Tag};

use super::described::{self, Described};
use super::tags;
use super::vpc::Vpc;
use crate::aws::{Cx, Result, call};
use crate::kind::values::{Cidr, Tags};
use crate::kind::{Actions, Edit, Kind, Lost, Named, Phase, Poll, Rate, Ref, Retry, Seen, Token, Verb, Wait};
use crate::kinds::answer::{complete, deleted};
use crate::{attrs, props};

/// See the module.
#[derive(Debug)]
pub struct Subnet;

props! {
    /// What we want of a subnet.
    pub struct SubnetProps {
        /// The VPC that it is a part of.
        replace vpc: Ref<Vpc>,
        /// The availability zone by name, `eu-west-1a`.
        replace zone: String,
        /// Its part of the VPC's address range.
        replace cidr: Cidr,
        /// Whether instances get a public address at launch.
        update map_public_ip: bool,
        /// The tags that users see.
        update tags: Tags,
    }
}

attrs! {
    /// What AWS assigns.
    pub struct SubnetAttrs {
        /// `subnet-…`.
        id: String,
    }
}

impl Kind for Subnet {
    const NAME: &'static str = "ec2.subnet";
    const ID: &'static str = "id";
    const BATCH: usize = 200;
    const POLL: Poll = Poll { ready: Wait::looks(1.0, 1.0, 1.0, 60.0), gone: Wait { typical: 0.8, ..Wait::none() } };
    const RATE: Rate = super::MUTATING;
    const READS: Rate = super::READING;
    const ACTIONS: Actions = Actions {
        create: &["ec2:CreateSubnet", "ec2:CreateTags"],
        read: &["ec2:DescribeSubnets"],
        update: &["ec2:ModifySubnetAttribute", "ec2:CreateTags", "ec2:DeleteTags"],
        delete: &["ec2:DeleteSubnet"],
        find: &["ec2:DescribeSubnets"],
    };
    const RETRY: &'static [Retry] = &[
        Retry::on(Verb::Create, "InvalidVpcID.NotFound", 60.0),
        Retry::on(Verb::Update, "InvalidSubnetID.NotFound", 60.0),
        // Network interfaces of load balancers and NAT gateways stay for minutes after their owner.
        Retry::on(Verb::Delete, "DependencyViolation", 900.0),
    ];
    const NAMED: Named = Named::By(&[("id", "subnet-…")]);

    type Props = SubnetProps;
    type Attrs = SubnetAttrs;

    async fn create(cx: &Cx, token: &Token, want: &SubnetProps) -> Result<SubnetAttrs> {
        let create = cx
            .ec2()
            .create_subnet()
            .vpc_id(want.vpc.id())
            .availability_zone(&want.zone)
            .cidr_block(want.cidr.to_string())
            .tag_specifications(tags::on_create(ResourceType::Subnet, token, &want.tags));
        let answer = call("ec2:CreateSubnet", create.send().await)?;
        let id = complete("ec2:CreateSubnet", answer.subnet.and_then(|it| it.subnet_id))?;
        Ok(SubnetAttrs { id })
    }

    async fn read(cx: &Cx, have: &[SubnetAttrs]) -> Result<Vec<Option<Seen<Subnet>>>> {
        described::read(cx, have).await
    }

    async fn update(cx: &Cx, edit: Edit<'_, Subnet>) -> Result<SubnetAttrs> {
        let id = &edit.have.id;
        if edit.changes("map_public_ip") {
            let value = AttributeBooleanValue::builder().value(edit.want.map_public_ip).build();
            let modify = cx.ec2().modify_subnet_attribute().subnet_id(id).map_public_ip_on_launch(value);
            call("ec2:ModifySubnetAttribute", modify.send().await)?;
        }
        if edit.changes("tags") {
            tags::update(cx, id, &edit.was.tags, &edit.want.tags).await?;
        }
        Ok(edit.have.clone())
    }

    async fn delete(cx: &Cx, have: &SubnetAttrs) -> Result<()> {
        let answer = call("ec2:DeleteSubnet", cx.ec2().delete_subnet().subnet_id(&have.id).send().await);
        deleted(answer, &["InvalidSubnetID.NotFound"])
    }

    async fn find(cx: &Cx, lost: &[Lost<Subnet>]) -> Result<Vec<Option<SubnetAttrs>>> {
        described::find(cx, lost).await
    }

    fn later(want: &SubnetProps) -> Vec<&'static str> {
        if want.map_public_ip { vec!["map_public_ip"] } else { Vec::new() }
    }

    fn conflicts(old: &SubnetProps, new: &SubnetProps) -> bool {
        old.vpc == new.vpc && old.cidr.overlaps(new.cidr)
    }
}

impl Described for Subnet {
    type Item = types::Subnet;
    const CALL: &'static str = "ec2:DescribeSubnets";
    const BY_ID: &'static str = "subnet-id";

    async fn describe(cx: &Cx, filter: Filter) -> Result<Vec<types::Subnet>> {
        let pages = cx.ec2().describe_subnets().filters(filter).into_paginator().items().send();
        call(Self::CALL, pages.collect::<std::result::Result<_, _>>().await)
    }

    fn id(have: &SubnetAttrs) -> &str {
        &have.id
    }

    fn tags(item: &types::Subnet) -> &[Tag] {
        item.tags()
    }

    fn seen(item: &types::Subnet) -> Option<Seen<Subnet>> {
        let phase = match item.state() {
            Some(SubnetState::Pending) => Phase::Pending,
            Some(state @ (SubnetState::Failed | SubnetState::FailedInsufficientCapacity)) => {
                Phase::Failed(state.as_str().to_owned())
            }
            _ => Phase::Ready,
        };
        let props = SubnetProps {
            vpc: Ref::known(item.vpc_id()?),
            zone: item.availability_zone()?.to_owned(),
            cidr: item.cidr_block()?.parse().ok()?,
            map_public_ip: item.map_public_ip_on_launch()?,
            tags: tags::visible(item.tags()),
        };
        Some(Seen { phase, props, attrs: SubnetAttrs { id: item.subnet_id()?.to_owned() } })
    }
}
