//! `ec2.internet_gateway_attachment`: opens the VPC to the internet; NAT gateways and public load balancers need it.

use aws_sdk_ec2::types::{self, AttachmentStatus};

use super::described::{Described, any};
use super::internet_gateway::InternetGateway;
use super::vpc::Vpc;
use crate::aws::{Cx, Result, call};
use crate::kind::{Actions, Edit, Kind, Lost, Named, Phase, Poll, Rate, Ref, Retry, Seen, Token, Verb, Wait};
use crate::kinds::answer::deleted;
use crate::{attrs, props};

/// See the module.
#[derive(Debug)]
pub struct InternetGatewayAttachment;

props! {
    /// What we want of an attachment.
    pub struct InternetGatewayAttachmentProps {
        /// The VPC.
        replace vpc: Ref<Vpc>,
        /// The gateway.
        replace gateway: Ref<InternetGateway>,
    }
}

attrs! {
    /// An attachment is found by its two ends.
    pub struct InternetGatewayAttachmentAttrs {
        /// `igw-…`.
        gateway: String,
        /// `vpc-…`.
        vpc: String,
    }
}

impl Kind for InternetGatewayAttachment {
    const NAME: &'static str = "ec2.internet_gateway_attachment";
    const ID: &'static str = "gateway";
    const BATCH: usize = 200;
    const POLL: Poll = Poll { ready: Wait::looks(0.6, 0.5, 1.0, 60.0), gone: Wait::none() };
    const RATE: Rate = super::MUTATING;
    const READS: Rate = super::READING;
    const ACTIONS: Actions = Actions {
        create: &["ec2:AttachInternetGateway"],
        read: &["ec2:DescribeInternetGateways"],
        update: &[],
        delete: &["ec2:DetachInternetGateway"],
        find: &["ec2:DescribeInternetGateways"],
    };
    const RETRY: &'static [Retry] = &[
        Retry::on(Verb::Create, "InvalidInternetGatewayID.NotFound", 60.0),
        Retry::on(Verb::Create, "InvalidVpcID.NotFound", 60.0),
        // "Network … has some mapped public address(es)": NAT gateways and load balancers give theirs back late.
        Retry::on(Verb::Delete, "DependencyViolation", 900.0),
    ];
    const NAMED: Named = Named::By(&[("gateway", "igw-…"), ("vpc", "vpc-…")]);

    type Props = InternetGatewayAttachmentProps;
    type Attrs = InternetGatewayAttachmentAttrs;

    async fn create(cx: &Cx, _token: &Token, want: &Self::Props) -> Result<InternetGatewayAttachmentAttrs> {
        let (gateway, vpc) = (want.gateway.id(), want.vpc.id());
        let attach = cx.ec2().attach_internet_gateway().internet_gateway_id(gateway).vpc_id(vpc);
        call("ec2:AttachInternetGateway", attach.send().await)?;
        Ok(InternetGatewayAttachmentAttrs { gateway: gateway.to_owned(), vpc: vpc.to_owned() })
    }

    async fn read(cx: &Cx, have: &[InternetGatewayAttachmentAttrs]) -> Result<Vec<Option<Seen<Self>>>> {
        let ids = have.iter().map(|it| it.gateway.as_str());
        let gateways = InternetGateway::describe(cx, any(InternetGateway::BY_ID, ids)).await?;
        Ok(have.iter().map(|it| seen(&gateways, it)).collect())
    }

    async fn update(_cx: &Cx, edit: Edit<'_, Self>) -> Result<InternetGatewayAttachmentAttrs> {
        // Both properties replace.
        Ok(edit.have.clone())
    }

    async fn delete(cx: &Cx, have: &InternetGatewayAttachmentAttrs) -> Result<()> {
        let detach = cx.ec2().detach_internet_gateway().internet_gateway_id(&have.gateway).vpc_id(&have.vpc);
        let answer = call("ec2:DetachInternetGateway", detach.send().await);
        deleted(answer, &["Gateway.NotAttached", "InvalidInternetGatewayID.NotFound", "InvalidVpcID.NotFound"])
    }

    async fn find(cx: &Cx, lost: &[Lost<Self>]) -> Result<Vec<Option<InternetGatewayAttachmentAttrs>>> {
        let ids = lost.iter().map(|it| it.want.gateway.id());
        let gateways = InternetGateway::describe(cx, any(InternetGateway::BY_ID, ids)).await?;
        let attrs_of = |want: &InternetGatewayAttachmentProps| {
            let (gateway, vpc) = (want.gateway.id().to_owned(), want.vpc.id().to_owned());
            seen(&gateways, &InternetGatewayAttachmentAttrs { gateway, vpc }).map(|it| it.attrs)
        };
        Ok(lost.iter().map(|it| attrs_of(&it.want)).collect())
    }

    fn conflicts(old: &Self::Props, new: &Self::Props) -> bool {
        old.vpc == new.vpc || old.gateway == new.gateway
    }
}

fn seen(
    gateways: &[types::InternetGateway],
    have: &InternetGatewayAttachmentAttrs,
) -> Option<Seen<InternetGatewayAttachment>> {
    let gateway = gateways.iter().find(|it| it.internet_gateway_id() == Some(&have.gateway))?;
    let attachment = gateway.attachments().iter().find(|it| it.vpc_id() == Some(&have.vpc))?;
    let phase = match attachment.state() {
        Some(AttachmentStatus::Attaching) => Phase::Pending,
        Some(AttachmentStatus::Detaching) => Phase::Deleting,
        Some(AttachmentStatus::Detached) => return None,
        // "available", which the SDK's enumeration does not know, or "attached".
        _ => Phase::Ready,
    };
    let props = InternetGatewayAttachmentProps { vpc: Ref::known(&have.vpc), gateway: Ref::known(&have.gateway) };
    Some(Seen { phase, props, attrs: have.clone() })
}
