//! `ec2.route`: one line of a route table: this range goes through that gateway.

use aws_sdk_ec2::types::{self, RouteOrigin};

use super::described::{Described, any};
use super::internet_gateway::InternetGateway;
use super::nat_gateway::NatGateway;
use super::route_table::RouteTable;
use crate::aws::{Cx, Result, call};
use crate::kind::values::Cidr;
use crate::kind::{Actions, Edit, Kind, Lost, Named, Phase, Poll, Rate, Ref, Retry, Seen, Token, Transition, Verb};
use crate::kinds::answer::deleted;
use crate::{attrs, props};

/// See the module.
#[derive(Debug)]
pub struct Route;

props! {
    /// What we want of a route; either `gateway` or `nat` is set.
    pub struct RouteProps {
        /// The table that it is a line of.
        replace table: Ref<RouteTable>,
        /// The range.
        replace destination: Cidr,
        /// The internet gateway through which the range is reached.
        update gateway: Option<Ref<InternetGateway>>,
        /// The NAT gateway through which the range is reached.
        update nat: Option<Ref<NatGateway>>,
    }
}

attrs! {
    /// A route is found by its table and its range.
    pub struct RouteAttrs {
        /// `rtb-…`.
        table: String,
        /// The range.
        destination: Cidr,
    }
}

/// Sets the destination and the target on a request; `CreateRoute` and `ReplaceRoute` take the same members.
macro_rules! addressed {
    ($request:expr, $want:expr) => {
        $request
            .route_table_id($want.table.id())
            .set_destination_cidr_block(ipv4(&$want.destination))
            .set_destination_ipv6_cidr_block(ipv6(&$want.destination))
            .set_gateway_id($want.gateway.as_ref().map(|it| it.id().to_owned()))
            .set_nat_gateway_id($want.nat.as_ref().map(|it| it.id().to_owned()))
    };
}

impl Kind for Route {
    const NAME: &'static str = "ec2.route";
    const ID: &'static str = "destination";
    const BATCH: usize = 200;
    const POLL: Poll = Poll::at_once();
    const RATE: Rate = super::MUTATING;
    const READS: Rate = super::READING;
    const ACTIONS: Actions = Actions {
        create: &["ec2:CreateRoute"],
        read: &["ec2:DescribeRouteTables"],
        update: &["ec2:ReplaceRoute"],
        delete: &["ec2:DeleteRoute"],
        find: &["ec2:DescribeRouteTables"],
    };
    const RETRY: &'static [Retry] = &[
        Retry::on(Verb::Create, "InvalidRouteTableID.NotFound", 60.0),
        Retry::on(Verb::Create, "InvalidNatGatewayID.NotFound", 60.0),
        Retry::on(Verb::Create, "NatGatewayNotFound", 60.0),
        Retry::on(Verb::Create, "InvalidGatewayID.NotFound", 60.0),
        Retry::on(Verb::Create, "InvalidInternetGatewayID.NotFound", 60.0),
        Retry::saying(Verb::Create, "InvalidParameterValue", "not attached", 60.0),
        Retry::saying(Verb::Create, "InvalidParameterValue", "belong to different networks", 60.0),
        Retry::on(Verb::Update, "InvalidNatGatewayID.NotFound", 60.0),
        Retry::on(Verb::Update, "NatGatewayNotFound", 60.0),
        Retry::on(Verb::Update, "InvalidGatewayID.NotFound", 60.0),
    ];
    const NAMED: Named = Named::By(&[("table", "rtb-…"), ("destination", "RANGE")]);

    type Props = RouteProps;
    type Attrs = RouteAttrs;

    async fn create(cx: &Cx, _token: &Token, want: &RouteProps) -> Result<RouteAttrs> {
        call("ec2:CreateRoute", addressed!(cx.ec2().create_route(), want).send().await)?;
        Ok(attrs_of(want))
    }

    async fn read(cx: &Cx, have: &[RouteAttrs]) -> Result<Vec<Option<Seen<Route>>>> {
        let tables = RouteTable::describe(cx, any(RouteTable::BY_ID, have.iter().map(|it| it.table.as_str()))).await?;
        Ok(have.iter().map(|it| seen(&tables, it)).collect())
    }

    async fn update(cx: &Cx, edit: Edit<'_, Route>) -> Result<RouteAttrs> {
        call("ec2:ReplaceRoute", addressed!(cx.ec2().replace_route(), edit.want).send().await)?;
        Ok(edit.have.clone())
    }

    async fn delete(cx: &Cx, have: &RouteAttrs) -> Result<()> {
        let delete = cx
            .ec2()
            .delete_route()
            .route_table_id(&have.table)
            .set_destination_cidr_block(ipv4(&have.destination))
            .set_destination_ipv6_cidr_block(ipv6(&have.destination));
        let answer = call("ec2:DeleteRoute", delete.send().await);
        deleted(answer, &["InvalidRoute.NotFound", "InvalidRouteTableID.NotFound"])
    }

    async fn find(cx: &Cx, lost: &[Lost<Route>]) -> Result<Vec<Option<RouteAttrs>>> {
        let tables = RouteTable::describe(cx, any(RouteTable::BY_ID, lost.iter().map(|it| it.want.table.id()))).await?;
        let ours = |want: &RouteProps| {
            let found = seen(&tables, &attrs_of(want))?;
            (found.props == *want).then_some(found.attrs)
        };
        Ok(lost.iter().map(|it| ours(&it.want)).collect())
    }

    fn conflicts(old: &RouteProps, new: &RouteProps) -> bool {
        old.table == new.table && old.destination == new.destination
    }

    fn noticed(_old: &RouteProps, _new: &RouteProps, transition: Transition) -> Option<&'static str> {
        (transition == Transition::OldFirst).then_some("servers do not reach the internet")
    }
}

fn attrs_of(want: &RouteProps) -> RouteAttrs {
    RouteAttrs { table: want.table.id().to_owned(), destination: want.destination }
}

fn seen(tables: &[types::RouteTable], have: &RouteAttrs) -> Option<Seen<Route>> {
    let table = tables.iter().find(|it| it.route_table_id() == Some(&have.table))?;
    let route = table.routes().iter().find(|it| goes_to(it, have.destination))?;
    let props = RouteProps {
        table: Ref::known(&have.table),
        destination: have.destination,
        gateway: route.gateway_id().map(Ref::known),
        nat: route.nat_gateway_id().map(Ref::known),
    };
    Some(Seen { phase: Phase::Ready, props, attrs: have.clone() })
}

/// Whether somebody made this route (and not AWS by itself: `local`, propagated ones) for that range.
fn goes_to(route: &types::Route, destination: Cidr) -> bool {
    let range = route.destination_cidr_block().or(route.destination_ipv6_cidr_block());
    let made = !matches!(route.origin(), Some(RouteOrigin::CreateRouteTable | RouteOrigin::EnableVgwRoutePropagation));
    made && range.and_then(|it| it.parse().ok()) == Some(destination)
}

fn ipv4(range: &Cidr) -> Option<String> {
    range.net().addr().is_ipv4().then(|| range.to_string())
}

fn ipv6(range: &Cidr) -> Option<String> {
    range.net().addr().is_ipv6().then(|| range.to_string())
}
