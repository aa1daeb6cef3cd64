//! `ec2.eip`: a fixed public address, for a NAT gateway: the address from which the site calls others.

use aws_sdk_ec2::types::{Address, DomainType, Filter, ResourceType, Tag};

use super::described::{self, Described};
use super::tags;
use crate::aws::{Cx, Result, call};
use crate::kind::values::Tags;
use crate::kind::{Actions, Edit, Kind, Lost, Named, Phase, Poll, Rate, Retry, Seen, Token, Verb};
use crate::kinds::answer::{complete, deleted};
use crate::{attrs, props};

/// See the module.
#[derive(Debug)]
pub struct Eip;

props! {
    /// What we want of an address.
    pub struct EipProps {
        /// The tags that users see.
        update tags: Tags,
    }
}

attrs! {
    /// What AWS assigns.
    pub struct EipAttrs {
        /// The allocation, `eipalloc-…`.
        id: String,
        /// The address.
        public_ip: String,
    }
}

impl Kind for Eip {
    const NAME: &'static str = "ec2.eip";
    const ID: &'static str = "id";
    const BATCH: usize = 200;
    const POLL: Poll = Poll::at_once();
    const RATE: Rate = super::MUTATING;
    const READS: Rate = super::READING;
    const ACTIONS: Actions = Actions {
        create: &["ec2:AllocateAddress", "ec2:CreateTags"],
        read: &["ec2:DescribeAddresses"],
        update: &["ec2:CreateTags", "ec2:DeleteTags"],
        delete: &["ec2:ReleaseAddress"],
        find: &["ec2:DescribeAddresses"],
    };
    // While a NAT gateway that is being deleted still holds it; the second code is as misleading as it looks.
    const RETRY: &'static [Retry] = &[
        Retry::on(Verb::Delete, "InvalidIPAddress.InUse", 600.0),
        Retry::saying(Verb::Delete, "AuthFailure", "permission to access the specified resource", 600.0),
        Retry::on(Verb::Delete, "DependencyViolation", 600.0),
    ];
    const NAMED: Named = Named::By(&[("id", "eipalloc-…")]);

    type Props = EipProps;
    type Attrs = EipAttrs;

    async fn create(cx: &Cx, token: &Token, want: &EipProps) -> Result<EipAttrs> {
        let tags = tags::on_create(ResourceType::ElasticIp, token, &want.tags);
        let allocate = cx.ec2().allocate_address().domain(DomainType::Vpc).tag_specifications(tags);
        let answer = call("ec2:AllocateAddress", allocate.send().await)?;
        let id = complete("ec2:AllocateAddress", answer.allocation_id)?;
        Ok(EipAttrs { id, public_ip: complete("ec2:AllocateAddress", answer.public_ip)? })
    }

    async fn read(cx: &Cx, have: &[EipAttrs]) -> Result<Vec<Option<Seen<Eip>>>> {
        described::read(cx, have).await
    }

    async fn update(cx: &Cx, edit: Edit<'_, Eip>) -> Result<EipAttrs> {
        tags::update(cx, &edit.have.id, &edit.was.tags, &edit.want.tags).await?;
        Ok(edit.have.clone())
    }

    async fn delete(cx: &Cx, have: &EipAttrs) -> Result<()> {
        let answer = call("ec2:ReleaseAddress", cx.ec2().release_address().allocation_id(&have.id).send().await);
        deleted(answer, &["InvalidAllocationID.NotFound"])
    }

    async fn find(cx: &Cx, lost: &[Lost<Eip>]) -> Result<Vec<Option<EipAttrs>>> {
        described::find(cx, lost).await
    }
}

impl Described for Eip {
    type Item = Address;
    const CALL: &'static str = "ec2:DescribeAddresses";
    const BY_ID: &'static str = "allocation-id";

    async fn describe(cx: &Cx, filter: Filter) -> Result<Vec<Address>> {
        let answer = call(Self::CALL, cx.ec2().describe_addresses().filters(filter).send().await)?;
        Ok(answer.addresses.unwrap_or_default())
    }

    fn id(have: &EipAttrs) -> &str {
        &have.id
    }

    fn tags(item: &Address) -> &[Tag] {
        item.tags()
    }

    fn seen(item: &Address) -> Option<Seen<Eip>> {
        let attrs = EipAttrs { id: item.allocation_id()?.to_owned(), public_ip: item.public_ip()?.to_owned() };
        Some(Seen { phase: Phase::Ready, props: EipProps { tags: tags::visible(item.tags()) }, attrs })
    }
}
