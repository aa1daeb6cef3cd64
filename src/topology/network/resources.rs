//! The resources of the network tier: the VPC and its subnets here, the rest in the files beside this one.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Existing, Network, Own, endpoints, flow_log, groups, routes};
use crate::kind::values::Cidr;
use crate::kind::{Address, Ref, Text};
use crate::kinds::ec2::internet_gateway::{InternetGateway, InternetGatewayProps};
use crate::kinds::ec2::internet_gateway_attachment::{InternetGatewayAttachment, InternetGatewayAttachmentProps};
use crate::kinds::ec2::subnet::{Subnet, SubnetProps};
use crate::kinds::ec2::vpc::{Vpc, VpcProps};
use crate::kinds::ec2::vpc_dns::{VpcDns, VpcDnsProps};
use crate::topology::{Build, Places, Ways, at};

/// Subnets by zone.
pub(super) type ByZone = BTreeMap<String, Ref<Subnet>>;

/// What a network that is being built has so far.
pub(super) struct Built {
    pub vpc: Ref<Vpc>,
    pub dns: Ref<VpcDns>,
    pub gateway: Ref<InternetGateway>,
    pub attachment: Ref<InternetGatewayAttachment>,
    pub public: ByZone,
    pub app: ByZone,
    pub data: ByZone,
}

impl Network {
    /// Adds the resources of the tier to a graph and returns what the other tiers stand in.
    pub(in crate::topology) fn add_to(&self, cx: &mut Build<'_>) -> Places {
        match self {
            Network::Own(own) => add_own(cx, own),
            Network::Existing(existing) => add_existing(cx, existing),
        }
    }
}

fn add_own(cx: &mut Build<'_>, own: &Own) -> Places {
    let built = base(cx, own);
    let (tables, ways) = routes::add(cx, own.nat, &built);
    let groups = groups::add(cx, &built.vpc);
    endpoints::add(cx, own, &built, &tables);
    if let Some(days) = own.flow_logs {
        flow_log::add(cx, &built.vpc, days);
    }
    output(cx, "vpc", &built.vpc.text());
    output(cx, "vpc-cidr", &own.cidr.to_string().into());
    for (group, subnets) in [("public", &built.public), ("app", &built.app), ("data", &built.data)] {
        for (zone, subnet) in subnets {
            output(cx, &format!("subnet-{group}-{zone}"), &subnet.text());
        }
        let in_order: Vec<Text> = cx.facts.zones().iter().filter_map(|zone| subnets.get(zone)).map(Ref::text).collect();
        outputs_of_group(cx, group, in_order);
    }
    let zones = cx.facts.zones();
    let in_order = |subnets: &ByZone| {
        zones.iter().filter_map(|zone| Some((zone.clone(), subnets.get(zone)?.clone()))).collect::<Vec<_>>()
    };
    let [public, app, data] = [&built.public, &built.app, &built.data].map(in_order);
    Places { vpc: built.vpc, way_in: Some(built.attachment), ways, public, app, data, groups }
}

fn add_existing(cx: &mut Build<'_>, existing: &Existing) -> Places {
    let vpc = Ref::known(existing.vpc.clone());
    let groups = groups::add(cx, &vpc);
    output(cx, "vpc", &existing.vpc.as_str().into());
    for (group, subnets) in existing.subnets() {
        outputs_of_group(cx, group, subnets.iter().map(|it| it.as_str().into()).collect());
    }
    let known = |ids: &Vec<String>| ids.iter().map(|id| (id.clone(), Ref::known(id.clone()))).collect::<Vec<_>>();
    let [public, app, data] = [&existing.public, &existing.app, &existing.data].map(known);
    Places { vpc, way_in: None, ways: Ways::default(), public, app, data, groups }
}

fn base(cx: &mut Build<'_>, own: &Own) -> Built {
    let tenancy = own.tenancy.word().to_owned();
    let vpc: Ref<Vpc> = {
        let tags = cx.tags("vpc");
        cx.graph.add(at("network.vpc"), VpcProps { cidr: own.cidr, tenancy, tags })
    };
    let dns = VpcDnsProps { vpc: vpc.early(), support: true, hostnames: true };
    let dns = cx.graph.add(at("network.vpc-dns"), dns);
    let tags = cx.tags("internet-gateway");
    let gateway: Ref<InternetGateway> = cx.graph.add(at("network.internet-gateway"), InternetGatewayProps { tags });
    let attachment = InternetGatewayAttachmentProps { vpc: vpc.early(), gateway: gateway.early() };
    let attachment = cx.graph.add(at("network.internet-gateway-attachment"), attachment);
    let [public, app, data] = own.subnets().map(|(group, subnets)| {
        let zones = cx.facts.zones().iter().zip(&subnets.cidrs);
        let props = |(zone, cidr): (&String, &Cidr)| SubnetProps {
            vpc: vpc.early(),
            zone: zone.clone(),
            cidr: *cidr,
            map_public_ip: subnets.map_public_ip,
            tags: cx.tags(&format!("{group}-{zone}")),
        };
        let all: Vec<SubnetProps> = zones.map(props).collect();
        let add = |it: SubnetProps| {
            let zone = it.zone.clone();
            (zone.clone(), cx.graph.add(Address::of(&format!("network.subnet.{group}"), Some(&zone)), it))
        };
        all.into_iter().map(add).collect::<ByZone>()
    });
    Built { vpc, dns, gateway, attachment, public, app, data }
}

/// Writes the ids of a group's subnets as a list and, for those who paste them, joined.
fn outputs_of_group(cx: &mut Build<'_>, group: &str, ids: Vec<Text>) {
    let list: Vec<Value> = ids.iter().map(value_of).collect();
    cx.graph.outputs.insert(format!("subnets-{group}"), Value::Array(list));
    let mut joined: Vec<Text> = Vec::new();
    for id in ids {
        if !joined.is_empty() {
            joined.push(",".into());
        }
        joined.push(id);
    }
    output(cx, &format!("subnets-{group}-joined"), &Text::concat(joined));
}

/// Sets an output.
pub(super) fn output(cx: &mut Build<'_>, name: &str, text: &Text) {
    cx.graph.outputs.insert(name.to_owned(), value_of(text));
}

/// Returns a text as a value that the engine resolves.
pub(super) fn value_of(text: &Text) -> Value {
    serde_json::to_value(text).unwrap_or_else(|error| panic!("bug: {error}"))
}
