//! `ec2.vpc_dns`: whether names resolve inside the VPC, and whether instances have names; mounting EFS needs both.
//!
//! A resource of its own, because EC2 reads and changes each of the two settings by one call.

use aws_sdk_ec2::operation::describe_vpc_attribute::DescribeVpcAttributeOutput;
use aws_sdk_ec2::types::{AttributeBooleanValue, VpcAttributeName};

use super::vpc::Vpc;
use crate::aws::{Cx, Result, call};
use crate::kind::{Actions, Edit, Kind, Lost, Named, Phase, Poll, Rate, Ref, Retry, Seen, Token, Verb};
use crate::kinds::answer::{complete, existing};
use crate::{attrs, props};

/// See the module.
#[derive(Debug)]
pub struct VpcDns;

props! {
    /// What we want of the DNS settings of a VPC.
    pub struct VpcDnsProps {
        /// The VPC.
        replace vpc: Ref<Vpc>,
        /// Whether Amazon's resolver answers in the VPC.
        update support: bool,
        /// Whether instances get DNS names; needs `support`.
        update hostnames: bool,
    }
}

attrs! {
    /// The settings are found by their VPC.
    pub struct VpcDnsAttrs {
        /// `vpc-…`.
        vpc: String,
    }
}

const MODIFY: &str = "ec2:ModifyVpcAttribute";
const DESCRIBE: &str = "ec2:DescribeVpcAttribute";

impl Kind for VpcDns {
    const NAME: &'static str = "ec2.vpc_dns";
    const ID: &'static str = "vpc";
    const BATCH: usize = 10;
    const POLL: Poll = Poll::at_once();
    const RATE: Rate = super::MUTATING;
    const READS: Rate = super::READING;
    // Nothing is deleted: the settings go with their VPC.
    const ACTIONS: Actions =
        Actions { create: &[MODIFY], read: &[DESCRIBE], update: &[MODIFY], delete: &[], find: &[DESCRIBE] };
    const RETRY: &'static [Retry] = &[
        Retry::on(Verb::Create, "InvalidVpcID.NotFound", 60.0),
        Retry::on(Verb::Update, "InvalidVpcID.NotFound", 60.0),
    ];
    const NAMED: Named = Named::By(&[("vpc", "vpc-…")]);

    type Props = VpcDnsProps;
    type Attrs = VpcDnsAttrs;

    async fn create(cx: &Cx, _token: &Token, want: &VpcDnsProps) -> Result<VpcDnsAttrs> {
        set_support(cx, want.vpc.id(), want.support).await?;
        Ok(VpcDnsAttrs { vpc: want.vpc.id().to_owned() })
    }

    async fn read(cx: &Cx, have: &[VpcDnsAttrs]) -> Result<Vec<Option<Seen<VpcDns>>>> {
        let mut all = Vec::new();
        for VpcDnsAttrs { vpc } in have {
            all.push(seen(cx, vpc).await?);
        }
        Ok(all)
    }

    async fn update(cx: &Cx, edit: Edit<'_, VpcDns>) -> Result<VpcDnsAttrs> {
        let vpc = &edit.have.vpc;
        // Names need support: it comes first when both come, and goes last when both go.
        if edit.changes("support") && edit.want.support {
            set_support(cx, vpc, true).await?;
        }
        if edit.changes("hostnames") {
            let value = AttributeBooleanValue::builder().value(edit.want.hostnames).build();
            call(MODIFY, cx.ec2().modify_vpc_attribute().vpc_id(vpc).enable_dns_hostnames(value).send().await)?;
        }
        if edit.changes("support") && !edit.want.support {
            set_support(cx, vpc, false).await?;
        }
        Ok(edit.have.clone())
    }

    async fn delete(_cx: &Cx, _have: &VpcDnsAttrs) -> Result<()> {
        Ok(())
    }

    async fn find(cx: &Cx, lost: &[Lost<VpcDns>]) -> Result<Vec<Option<VpcDnsAttrs>>> {
        let mut all = Vec::new();
        for Lost { token: _, want } in lost {
            let there = seen(cx, want.vpc.id()).await?.filter(|it| it.props.support == want.support);
            all.push(there.map(|it| it.attrs));
        }
        Ok(all)
    }

    fn later(want: &VpcDnsProps) -> Vec<&'static str> {
        if want.hostnames { vec!["hostnames"] } else { Vec::new() }
    }

    fn conflicts(old: &VpcDnsProps, new: &VpcDnsProps) -> bool {
        old.vpc == new.vpc
    }
}

async fn set_support(cx: &Cx, vpc: &str, support: bool) -> Result<()> {
    let value = AttributeBooleanValue::builder().value(support).build();
    call(MODIFY, cx.ec2().modify_vpc_attribute().vpc_id(vpc).enable_dns_support(value).send().await).map(drop)
}

async fn seen(cx: &Cx, vpc: &str) -> Result<Option<Seen<VpcDns>>> {
    let Some(support) = attribute(cx, vpc, VpcAttributeName::EnableDnsSupport).await? else { return Ok(None) };
    let Some(hostnames) = attribute(cx, vpc, VpcAttributeName::EnableDnsHostnames).await? else { return Ok(None) };
    let on = |value: Option<AttributeBooleanValue>| complete(DESCRIBE, value.and_then(|it| it.value));
    let (support, hostnames) = (on(support.enable_dns_support)?, on(hostnames.enable_dns_hostnames)?);
    let props = VpcDnsProps { vpc: Ref::known(vpc), support, hostnames };
    Ok(Some(Seen { phase: Phase::Ready, props, attrs: VpcDnsAttrs { vpc: vpc.to_owned() } }))
}

async fn attribute(cx: &Cx, vpc: &str, name: VpcAttributeName) -> Result<Option<DescribeVpcAttributeOutput>> {
    let answer = call(DESCRIBE, cx.ec2().describe_vpc_attribute().vpc_id(vpc).attribute(name).send().await);
    existing(answer, &["InvalidVpcID.NotFound"])
}
