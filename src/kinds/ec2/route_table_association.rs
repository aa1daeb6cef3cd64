//! `ec2.route_table_association`: which route table a subnet follows.

use std::collections::BTreeMap;

use aws_sdk_ec2::types::{self, RouteTableAssociationStateCode};

use super::described::{Described, any};
use super::route_table::RouteTable;
use super::subnet::Subnet;
use crate::aws::{Cx, Result, call};
use crate::kind::{Actions, Edit, Kind, Lost, Named, Phase, Poll, Rate, Ref, Retry, Seen, Token, Verb, Wait};
use crate::kinds::answer::{complete, deleted};
use crate::{attrs, props};

/// See the module.
#[derive(Debug)]
pub struct RouteTableAssociation;

props! {
    /// What we want of an association.
    pub struct RouteTableAssociationProps {
        /// The subnet.
        replace subnet: Ref<Subnet>,
        /// The table that it follows.
        update table: Ref<RouteTable>,
    }
}

attrs! {
    /// What AWS assigns.
    pub struct RouteTableAssociationAttrs {
        /// `rtbassoc-…`; another one after each change.
        id: String,
        /// `subnet-…`: by it the association is found even if the answer with its new id was lost.
        subnet: String,
    }
}

impl Kind for RouteTableAssociation {
    const NAME: &'static str = "ec2.route_table_association";
    const ID: &'static str = "id";
    const BATCH: usize = 200;
    const POLL: Poll = Poll { ready: Wait::looks(0.5, 0.5, 1.0, 60.0), gone: Wait::none() };
    const RATE: Rate = super::MUTATING;
    const READS: Rate = super::READING;
    const ACTIONS: Actions = Actions {
        create: &["ec2:AssociateRouteTable"],
        read: &["ec2:DescribeRouteTables"],
        update: &["ec2:ReplaceRouteTableAssociation"],
        delete: &["ec2:DisassociateRouteTable"],
        find: &["ec2:DescribeRouteTables"],
    };
    const MOVES: &'static [&'static str] = &["id"];
    const RETRY: &'static [Retry] = &[
        Retry::on(Verb::Create, "InvalidRouteTableID.NotFound", 60.0),
        Retry::on(Verb::Create, "InvalidSubnetID.NotFound", 60.0),
        Retry::on(Verb::Update, "InvalidRouteTableID.NotFound", 60.0),
    ];
    const NAMED: Named = Named::By(&[("subnet", "subnet-…")]);

    type Props = RouteTableAssociationProps;
    type Attrs = RouteTableAssociationAttrs;

    async fn create(cx: &Cx, _token: &Token, want: &Self::Props) -> Result<RouteTableAssociationAttrs> {
        let (table, subnet) = (want.table.id(), want.subnet.id());
        let associate = cx.ec2().associate_route_table().route_table_id(table).subnet_id(subnet);
        let answer = call("ec2:AssociateRouteTable", associate.send().await)?;
        let id = complete("ec2:AssociateRouteTable", answer.association_id)?;
        Ok(RouteTableAssociationAttrs { id, subnet: subnet.to_owned() })
    }

    async fn read(cx: &Cx, have: &[RouteTableAssociationAttrs]) -> Result<Vec<Option<Seen<Self>>>> {
        let mut by_subnet = of_subnets(cx, have.iter().map(|it| it.subnet.as_str())).await?;
        Ok(have.iter().map(|it| by_subnet.remove(&it.subnet)).collect())
    }

    async fn update(cx: &Cx, edit: Edit<'_, Self>) -> Result<RouteTableAssociationAttrs> {
        let (id, table) = (&edit.have.id, edit.want.table.id());
        let replace = cx.ec2().replace_route_table_association().association_id(id).route_table_id(table);
        let answer = call("ec2:ReplaceRouteTableAssociation", replace.send().await)?;
        let id = complete("ec2:ReplaceRouteTableAssociation", answer.new_association_id)?;
        Ok(RouteTableAssociationAttrs { id, subnet: edit.have.subnet.clone() })
    }

    async fn delete(cx: &Cx, have: &RouteTableAssociationAttrs) -> Result<()> {
        let answer = cx.ec2().disassociate_route_table().association_id(&have.id).send().await;
        deleted(call("ec2:DisassociateRouteTable", answer), &["InvalidAssociationID.NotFound"])
    }

    async fn find(cx: &Cx, lost: &[Lost<Self>]) -> Result<Vec<Option<RouteTableAssociationAttrs>>> {
        let mut by_subnet = of_subnets(cx, lost.iter().map(|it| it.want.subnet.id())).await?;
        let mut ours = |want: &RouteTableAssociationProps| {
            by_subnet.remove(want.subnet.id()).filter(|it| it.props == *want).map(|it| it.attrs)
        };
        Ok(lost.iter().map(|it| ours(&it.want)).collect())
    }

    fn conflicts(old: &Self::Props, new: &Self::Props) -> bool {
        old.subnet == new.subnet
    }
}

/// Returns the associations of these subnets, by subnet; each has one at most.
async fn of_subnets<'a>(
    cx: &Cx,
    subnets: impl Iterator<Item = &'a str>,
) -> Result<BTreeMap<String, Seen<RouteTableAssociation>>> {
    let tables = RouteTable::describe(cx, any("association.subnet-id", subnets)).await?;
    // The answer has all associations of each table, also those of other subnets and the main one, which has none.
    Ok(tables
        .iter()
        .flat_map(types::RouteTable::associations)
        .filter_map(seen)
        .map(|it| (it.attrs.subnet.clone(), it))
        .collect())
}

fn seen(association: &types::RouteTableAssociation) -> Option<Seen<RouteTableAssociation>> {
    let phase = match association.association_state().and_then(|it| it.state()) {
        Some(RouteTableAssociationStateCode::Associating) => Phase::Pending,
        Some(RouteTableAssociationStateCode::Disassociating) => Phase::Deleting,
        Some(RouteTableAssociationStateCode::Disassociated) => return None,
        Some(RouteTableAssociationStateCode::Failed) => {
            let message = association.association_state().and_then(|it| it.status_message());
            Phase::Failed(message.unwrap_or("no message").to_owned())
        }
        _ => Phase::Ready,
    };
    let (id, subnet) = (association.route_table_association_id()?, association.subnet_id()?);
    let props =
        RouteTableAssociationProps { subnet: Ref::known(subnet), table: Ref::known(association.route_table_id()?) };
    let attrs = RouteTableAssociationAttrs { id: id.to_owned(), subnet: subnet.to_owned() };
    Some(Seen { phase, props, attrs })
}
