//! `ec2.nat_gateway`: lets instances without a public address reach the internet, for updates and mail.

use aws_sdk_ec2::types::{self, Filter, NatGatewayState, ResourceType, Tag};

use super::described::{self, Described};
use super::eip::Eip;
use super::subnet::Subnet;
use super::tags;
use crate::aws::{Cx, Result, call};
use crate::kind::values::Tags;
use crate::kind::{
    Actions, Edit, Kind, Lost, Named, Phase, Poll, Rate, Ref, Retry, Seen, Token, Transition, Verb, Wait,
};
use crate::kinds::answer::{complete, deleted};
use crate::{attrs, props};

/// See the module.
#[derive(Debug)]
pub struct NatGateway;

props! {
    /// What we want of a NAT gateway.
    pub struct NatGatewayProps {
        /// The public subnet that it stands in.
        replace subnet: Ref<Subnet>,
        /// Its public address.
        replace address: Ref<Eip>,
        /// The tags that users see.
        update tags: Tags,
    }
}

attrs! {
    /// What AWS assigns.
    pub struct NatGatewayAttrs {
        /// `nat-…`.
        id: String,
    }
}

impl Kind for NatGateway {
    const NAME: &'static str = "ec2.nat_gateway";
    const ID: &'static str = "id";
    const BATCH: usize = 200;
    const POLL: Poll = Poll { ready: Wait::looks(100.0, 85.0, 3.0, 600.0), gone: Wait::looks(50.0, 40.0, 2.0, 600.0) };
    const RATE: Rate = Rate { group: "NAT gateways", burst: 10, per_second: 1.0 };
    const READS: Rate = super::READING;
    const ACTIONS: Actions = Actions {
        create: &["ec2:CreateNatGateway", "ec2:CreateTags"],
        read: &["ec2:DescribeNatGateways"],
        update: &["ec2:CreateTags", "ec2:DeleteTags"],
        delete: &["ec2:DeleteNatGateway"],
        find: &["ec2:DescribeNatGateways"],
    };
    const RETRY: &'static [Retry] = &[
        Retry::on(Verb::Create, "InvalidAllocationID.NotFound", 60.0),
        Retry::on(Verb::Create, "InvalidSubnetID.NotFound", 60.0),
        Retry::on(Verb::Create, "InvalidSubnet", 60.0),
        // A replacement takes the address over from a gateway that AWS has only just let go.
        Retry::on(Verb::Create, "Resource.AlreadyAssociated", 60.0),
    ];
    const NAMED: Named = Named::By(&[("id", "nat-…")]);

    type Props = NatGatewayProps;
    type Attrs = NatGatewayAttrs;

    async fn create(cx: &Cx, token: &Token, want: &NatGatewayProps) -> Result<NatGatewayAttrs> {
        let create = cx
            .ec2()
            .create_nat_gateway()
            .client_token(token.as_str())
            .subnet_id(want.subnet.id())
            .allocation_id(want.address.id())
            .tag_specifications(tags::on_create(ResourceType::Natgateway, token, &want.tags));
        let answer = call("ec2:CreateNatGateway", create.send().await)?;
        let id = complete("ec2:CreateNatGateway", answer.nat_gateway.and_then(|it| it.nat_gateway_id))?;
        Ok(NatGatewayAttrs { id })
    }

    async fn read(cx: &Cx, have: &[NatGatewayAttrs]) -> Result<Vec<Option<Seen<NatGateway>>>> {
        described::read(cx, have).await
    }

    async fn update(cx: &Cx, edit: Edit<'_, NatGateway>) -> Result<NatGatewayAttrs> {
        tags::update(cx, &edit.have.id, &edit.was.tags, &edit.want.tags).await?;
        Ok(edit.have.clone())
    }

    async fn delete(cx: &Cx, have: &NatGatewayAttrs) -> Result<()> {
        let delete = cx.ec2().delete_nat_gateway().nat_gateway_id(&have.id);
        deleted(call("ec2:DeleteNatGateway", delete.send().await), &["NatGatewayNotFound"])
    }

    async fn find(cx: &Cx, lost: &[Lost<NatGateway>]) -> Result<Vec<Option<NatGatewayAttrs>>> {
        described::find(cx, lost).await
    }

    fn conflicts(old: &NatGatewayProps, new: &NatGatewayProps) -> bool {
        old.address == new.address
    }

    fn noticed(_old: &NatGatewayProps, _new: &NatGatewayProps, transition: Transition) -> Option<&'static str> {
        (transition == Transition::OldFirst).then_some("servers do not reach the internet")
    }
}

impl Described for NatGateway {
    type Item = types::NatGateway;
    const CALL: &'static str = "ec2:DescribeNatGateways";
    const BY_ID: &'static str = "nat-gateway-id";

    async fn describe(cx: &Cx, filter: Filter) -> Result<Vec<types::NatGateway>> {
        let pages = cx.ec2().describe_nat_gateways().filter(filter).into_paginator().items().send();
        let mut found: Vec<types::NatGateway> = call(Self::CALL, pages.collect::<std::result::Result<_, _>>().await)?;
        // A deleted gateway stays in the answer for about an hour.
        found.retain(|it| it.state() != Some(&NatGatewayState::Deleted));
        Ok(found)
    }

    fn id(have: &NatGatewayAttrs) -> &str {
        &have.id
    }

    fn tags(item: &types::NatGateway) -> &[Tag] {
        item.tags()
    }

    fn seen(item: &types::NatGateway) -> Option<Seen<NatGateway>> {
        let phase = match item.state()? {
            NatGatewayState::Pending => Phase::Pending,
            NatGatewayState::Deleting => Phase::Deleting,
            NatGatewayState::Failed => Phase::Failed(format!(
                "{}: {}",
                item.failure_code().unwrap_or("failed"),
                item.failure_message().unwrap_or("no message")
            )),
            _ => Phase::Ready,
        };
        // The gateway's first address is the one it was made with; others may have been added by hand.
        let addresses = item.nat_gateway_addresses();
        let first = addresses.iter().find(|it| it.is_primary() == Some(true)).or(addresses.first());
        let address = first.and_then(|it| it.allocation_id());
        // A gateway that failed may have given its address back.
        let address = if matches!(phase, Phase::Failed(_)) { address.unwrap_or_default() } else { address? };
        let props = NatGatewayProps {
            subnet: Ref::known(item.subnet_id()?),
            address: Ref::known(address),
            tags: tags::visible(item.tags()),
        };
        Some(Seen { phase, props, attrs: NatGatewayAttrs { id: item.nat_gateway_id()?.to_owned() } })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gateway(state: NatGatewayState) -> types::builders::NatGatewayBuilder {
        types::NatGateway::builder().nat_gateway_id("nat-1").subnet_id("subnet-1").state(state)
    }

    fn address(id: &str, primary: bool) -> types::NatGatewayAddress {
        types::NatGatewayAddress::builder().allocation_id(id).is_primary(primary).build()
    }

    // No emulator has these states.
    #[test]
    fn a_gateway_is_pending_then_ready_or_failed_and_at_last_deleting() {
        let phase = |state| {
            let gateway = gateway(state).nat_gateway_addresses(address("eipalloc-1", true)).build();
            NatGateway::seen(&gateway).unwrap().phase
        };
        assert_eq!(phase(NatGatewayState::Pending), Phase::Pending);
        assert_eq!(phase(NatGatewayState::Available), Phase::Ready);
        assert_eq!(phase(NatGatewayState::Deleting), Phase::Deleting);
    }

    #[test]
    fn a_failed_gateway_says_why_even_without_its_address() {
        let failed = gateway(NatGatewayState::Failed).failure_code("Gateway.NotAttached").failure_message("no way out");
        let seen = NatGateway::seen(&failed.build()).unwrap();
        assert_eq!(seen.phase, Phase::Failed("Gateway.NotAttached: no way out".to_owned()));
    }

    #[test]
    fn an_address_added_by_hand_is_not_the_gateways_own() {
        let addresses = [address("eipalloc-2", false), address("eipalloc-1", true)];
        let gateway = gateway(NatGatewayState::Available).set_nat_gateway_addresses(Some(addresses.into()));
        assert_eq!(NatGateway::seen(&gateway.build()).unwrap().props.address.id(), "eipalloc-1");
    }
}
