//! Ways to the internet: NAT gateways, route tables, routes and which subnet follows which table.

use serde_json::Value;

use super::Nat;
use super::resources::{Built, ByZone, value_of};
use crate::kind::values::Cidr;
use crate::kind::{Address, Ref};
use crate::kinds::ec2::eip::{Eip, EipProps};
use crate::kinds::ec2::nat_gateway::{NatGateway, NatGatewayProps};
use crate::kinds::ec2::route::{Route, RouteProps};
use crate::kinds::ec2::route_table::{RouteTable, RouteTableProps};
use crate::kinds::ec2::route_table_association::{RouteTableAssociation, RouteTableAssociationProps};
use crate::topology::{Build, Ways, at};

/// Adds NAT gateways and routes; returns every route table, and what must be ready before a server finds its way.
pub(super) fn add(cx: &mut Build<'_>, nat: Nat, built: &Built) -> (Vec<Ref<RouteTable>>, Ways) {
    let mut ways = Ways::default();
    let mut tables = vec![public(cx, built, &mut ways)];
    let zones = cx.facts.zones().to_vec();
    let mut addresses: Vec<Value> = Vec::new();
    for (index, zone) in zones.iter().enumerate() {
        let wanted = match nat {
            Nat::PerZone => true,
            Nat::Single => index == 0,
            Nat::None => false,
        };
        if let Some(subnet) = built.public.get(zone).filter(|_| wanted) {
            let (gateway, address) = nat_gateway(cx, built, zone, subnet);
            ways.gateways.push(gateway);
            addresses.push(value_of(&address.attr("public_ip")));
        }
        // The last one made: that of this zone, or the only one.
        let gateway = ways.gateways.last().cloned();
        tables.push(private(cx, built, zone, gateway.as_ref(), &mut ways));
    }
    cx.graph.outputs.insert("nat-addresses".to_owned(), Value::Array(addresses));
    (tables, ways)
}

fn everywhere() -> Cidr {
    "0.0.0.0/0".parse().expect("a range")
}

fn public(cx: &mut Build<'_>, built: &Built, ways: &mut Ways) -> Ref<RouteTable> {
    let props = RouteTableProps { vpc: built.vpc.early(), tags: cx.tags("public") };
    let table: Ref<RouteTable> = cx.graph.add(at("network.route-table.public"), props);
    let gateway = Some(built.gateway.early());
    let props = RouteProps { table: table.early(), destination: everywhere(), gateway, nat: None };
    let route: Ref<Route> = cx.graph.add(at("network.route.public"), props);
    // EC2 refuses a route to a gateway that is not attached to the VPC.
    cx.graph.after(&route, &built.attachment.early());
    ways.routes.push(route);
    associate(cx, "public", &built.public, |_| true, &table, ways);
    table
}

fn private(
    cx: &mut Build<'_>,
    built: &Built,
    zone: &str,
    gateway: Option<&Ref<NatGateway>>,
    ways: &mut Ways,
) -> Ref<RouteTable> {
    let props = RouteTableProps { vpc: built.vpc.early(), tags: cx.tags(&format!("private-{zone}")) };
    let table: Ref<RouteTable> = cx.graph.add(Address::of("network.route-table.private", Some(zone)), props);
    if let Some(gateway) = gateway {
        // A route takes a NAT gateway that is still being made.
        let nat = Some(gateway.early());
        let props = RouteProps { table: table.early(), destination: everywhere(), gateway: None, nat };
        ways.routes.push(cx.graph.add(Address::of("network.route.private", Some(zone)), props));
    }
    for (group, subnets) in [("app", &built.app), ("data", &built.data)] {
        associate(cx, group, subnets, |it| it == zone, &table, ways);
    }
    table
}

fn associate(
    cx: &mut Build<'_>,
    group: &str,
    subnets: &ByZone,
    of: impl Fn(&str) -> bool,
    table: &Ref<RouteTable>,
    ways: &mut Ways,
) {
    let path = format!("network.route-table-association.{group}");
    for (zone, subnet) in subnets.iter().filter(|(zone, _)| of(zone)) {
        let props = RouteTableAssociationProps { subnet: subnet.early(), table: table.early() };
        let association: Ref<RouteTableAssociation> = cx.graph.add(Address::of(&path, Some(zone)), props);
        // No server stands among the data.
        if group != "data" {
            ways.associations.push(association);
        }
    }
}

fn nat_gateway(
    cx: &mut Build<'_>,
    built: &Built,
    zone: &str,
    subnet: &Ref<crate::kinds::ec2::subnet::Subnet>,
) -> (Ref<NatGateway>, Ref<Eip>) {
    let what = format!("nat-{zone}");
    let tags = cx.tags(&what);
    let address: Ref<Eip> = cx.graph.add(Address::of("network.eip", Some(zone)), EipProps { tags });
    let props = NatGatewayProps { subnet: subnet.early(), address: address.early(), tags: cx.tags(&what) };
    let gateway = cx.graph.add(Address::of("network.nat", Some(zone)), props);
    // Without the way out a NAT gateway is accepted, and fails a minute later.
    cx.graph.after(&gateway, &built.attachment);
    (gateway, address)
}
