//! The network of the reference architecture over the real kinds: three zones, a NAT gateway in each, a flow log.

use std::collections::BTreeSet;

use moodle_infra::graph::Graph;
use moodle_infra::kind::values::{Policy, Tags};
use moodle_infra::kind::{Address, Ref, Text};
use moodle_infra::kinds::ec2::eip::{Eip, EipProps};
use moodle_infra::kinds::ec2::flow_log::{FlowLog, FlowLogProps};
use moodle_infra::kinds::ec2::internet_gateway::{InternetGateway, InternetGatewayProps};
use moodle_infra::kinds::ec2::internet_gateway_attachment::{
    InternetGatewayAttachment, InternetGatewayAttachmentProps,
};
use moodle_infra::kinds::ec2::nat_gateway::{NatGateway, NatGatewayProps};
use moodle_infra::kinds::ec2::route::{Route, RouteProps};
use moodle_infra::kinds::ec2::route_table::{RouteTable, RouteTableProps};
use moodle_infra::kinds::ec2::route_table_association::{RouteTableAssociation, RouteTableAssociationProps};
use moodle_infra::kinds::ec2::subnet::{Subnet, SubnetProps};
use moodle_infra::kinds::ec2::vpc::{Vpc, VpcProps};
use moodle_infra::kinds::ec2::vpc_dns::{VpcDns, VpcDnsProps};
use moodle_infra::kinds::ec2::vpc_endpoint::{VpcEndpoint, VpcEndpointProps};
use moodle_infra::kinds::iam::role::{Role, RoleProps};
use moodle_infra::kinds::iam::role_policy::{RolePolicy, RolePolicyProps};
use moodle_infra::kinds::logs::log_group::{LogGroup, LogGroupProps};
use moodle_infra::topology::{self, Facts};
use serde_json::json;

/// Returns the graph of a spec.
pub(super) fn from_spec(text: &[u8]) -> Graph {
    let (topology, faults) = topology::read(text, "spec.kdl");
    let topology = topology.unwrap_or_else(|| panic!("{faults:?}"));
    topology.graph(&Facts::offline(&topology))
}

/// What can be edited of the network.
#[derive(Debug, Clone)]
pub(super) struct Network {
    /// The second number of its addresses.
    pub(super) net: u8,
    pub(super) zones: Vec<&'static str>,
    pub(super) owner: &'static str,
    pub(super) retain_days: Option<i32>,
    pub(super) flow_log: bool,
    /// By how much the numbers of the application subnets are moved.
    pub(super) shift: u8,
}

impl Network {
    /// Returns the network of the reference architecture.
    pub(super) fn reference() -> Network {
        let zones = vec!["eu-west-1a", "eu-west-1b", "eu-west-1c"];
        Network { net: 0, zones, owner: "it", retain_days: Some(30), flow_log: true, shift: 0 }
    }

    fn tags(&self, name: &str) -> Tags {
        Tags([("owner".to_owned(), self.owner.to_owned())].into()).named(name)
    }

    /// Returns the graph of the network.
    pub(super) fn graph(&self) -> Graph {
        let mut graph = Graph::default();
        let cidr = format!("10.{}.0.0/16", self.net).parse().unwrap();
        let props = VpcProps { cidr, tenancy: "default".to_owned(), tags: self.tags("site") };
        let vpc: Ref<Vpc> = graph.add(Address::of("network.vpc", None), props);
        graph.add::<VpcDns>(
            Address::of("network.dns", None),
            VpcDnsProps { vpc: vpc.early(), support: true, hostnames: true },
        );
        let gateway: Ref<InternetGateway> =
            graph.add(Address::of("network.gateway", None), InternetGatewayProps { tags: self.tags("site") });
        let attachment: Ref<InternetGatewayAttachment> = graph.add(
            Address::of("network.attachment", None),
            InternetGatewayAttachmentProps { vpc: vpc.early(), gateway: gateway.early() },
        );
        let public = self.table(&mut graph, &vpc, "public");
        let route: Ref<Route> = graph.add(
            Address::of("network.route.public", None),
            RouteProps {
                table: public.early(),
                destination: "0.0.0.0/0".parse().unwrap(),
                gateway: Some(gateway.early()),
                nat: None,
            },
        );
        graph.after(&route, &attachment.early());
        let mut tables = BTreeSet::from([public.early()]);
        for (number, zone) in self.zones.iter().enumerate() {
            let number = u8::try_from(number).unwrap();
            tables.insert(self.zone(&mut graph, &vpc, &public, &attachment, number, zone).early());
        }
        let service = "com.amazonaws.eu-west-1.s3".to_owned();
        graph.add::<VpcEndpoint>(
            Address::of("network.endpoint.s3", None),
            VpcEndpointProps {
                vpc: vpc.early(),
                service,
                endpoint_type: "Gateway".to_owned(),
                route_tables: tables,
                subnets: BTreeSet::new(),
                groups: BTreeSet::new(),
                private_dns: None,
                policy: None,
                tags: self.tags("s3"),
            },
        );
        if self.flow_log {
            self.flow_log(&mut graph, &vpc);
        }
        graph
    }

    fn table(&self, graph: &mut Graph, vpc: &Ref<Vpc>, name: &str) -> Ref<RouteTable> {
        let props = RouteTableProps { vpc: vpc.early(), tags: self.tags(name) };
        graph.add(Address::of("network.table", Some(name)), props)
    }

    fn zone(
        &self,
        graph: &mut Graph,
        vpc: &Ref<Vpc>,
        public: &Ref<RouteTable>,
        attachment: &Ref<InternetGatewayAttachment>,
        number: u8,
        zone: &str,
    ) -> Ref<RouteTable> {
        let mut subnet = |name: &str, third: u8, map_public_ip: bool| -> Ref<Subnet> {
            let props = SubnetProps {
                vpc: vpc.early(),
                zone: zone.to_owned(),
                cidr: format!("10.{}.{third}.0/24", self.net).parse().unwrap(),
                map_public_ip,
                tags: self.tags(name),
            };
            graph.add(Address::of(&format!("network.subnet.{name}"), Some(zone)), props)
        };
        let outside = subnet("public", number, true);
        let inside = subnet("app", 10 + (number + self.shift) % 100, false);
        subnet("data", 120 + number, false);
        let address: Ref<Eip> = graph.add(Address::of("network.eip", Some(zone)), EipProps { tags: self.tags(zone) });
        let nat: Ref<NatGateway> = graph.add(
            Address::of("network.nat", Some(zone)),
            NatGatewayProps { subnet: outside.early(), address: address.early(), tags: self.tags(zone) },
        );
        graph.after(&nat, attachment);
        let table = self.table(graph, vpc, zone);
        graph.add::<Route>(
            Address::of("network.route.app", Some(zone)),
            RouteProps {
                table: table.early(),
                destination: "0.0.0.0/0".parse().unwrap(),
                gateway: None,
                nat: Some(nat.early()),
            },
        );
        for (name, subnet, table) in [("public", &outside, public), ("app", &inside, &table)] {
            graph.add::<RouteTableAssociation>(
                Address::of(&format!("network.association.{name}"), Some(zone)),
                RouteTableAssociationProps { subnet: subnet.early(), table: table.early() },
            );
        }
        table
    }

    fn flow_log(&self, graph: &mut Graph, vpc: &Ref<Vpc>) {
        let group: Ref<LogGroup> = graph.add(
            Address::of("network.log-group", None),
            LogGroupProps { name: "site/flow".to_owned(), retain_days: self.retain_days, tags: self.tags("flow") },
        );
        let trust = json!({ "Statement": [{ "Effect": "Allow", "Action": "sts:AssumeRole",
            "Principal": { "Service": "vpc-flow-logs.amazonaws.com" } }] });
        let role: Ref<Role> = graph.add(
            Address::of("network.role", None),
            RoleProps {
                name: "site-flow-role".to_owned(),
                trust: Policy::of(trust),
                description: "writes the flow log".to_owned(),
                tags: self.tags("flow"),
            },
        );
        let resource = Text::concat([group.early().attr("arn"), ":*".into()]);
        let policy = json!({ "Statement": [{ "Effect": "Allow", "Action": "logs:*", "Resource": resource }] });
        let allowed: Ref<RolePolicy> = graph.add(
            Address::of("network.role-policy", None),
            RolePolicyProps { role: role.early(), name: "write".to_owned(), policy: Policy::of(policy) },
        );
        let log: Ref<FlowLog> = graph.add(
            Address::of("network.flow-log", None),
            FlowLogProps {
                vpc: vpc.early(),
                log_group: group.early(),
                role: role.attr("arn"),
                traffic: "ALL".to_owned(),
                interval_seconds: 600,
                tags: self.tags("flow"),
            },
        );
        graph.after(&log, &allowed);
    }
}
