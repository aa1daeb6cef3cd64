//! The cases: of each kind one or more samples, a change in place and a change that replaces.

#![expect(clippy::assigning_clones, reason = "a change reads as an assignment")]

use std::collections::BTreeSet;

use moodle_infra::graph::Graph;
use moodle_infra::kind::values::{Policy, Tags};
use moodle_infra::kind::{Address, Fields, Kind, Ref};
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
use moodle_infra::kinds::ec2::security_group::{SecurityGroup, SecurityGroupProps};
use moodle_infra::kinds::ec2::security_group_rule::{Direction, SecurityGroupRule, SecurityGroupRuleProps};
use moodle_infra::kinds::ec2::subnet::{Subnet, SubnetProps};
use moodle_infra::kinds::ec2::vpc::{Vpc, VpcProps};
use moodle_infra::kinds::ec2::vpc_dns::{VpcDns, VpcDnsProps};
use moodle_infra::kinds::ec2::vpc_endpoint::{VpcEndpoint, VpcEndpointProps};
use moodle_infra::kinds::iam::role::{Role, RoleProps};
use moodle_infra::kinds::iam::role_policy::{RolePolicy, RolePolicyProps};
use moodle_infra::kinds::logs::log_group::{LogGroup, LogGroupProps};
use serde_json::{Value, json};

/// A case.
pub(super) struct Case {
    /// Its name in the table of defects.
    pub(super) name: &'static str,
    /// What it is made of.
    pub(super) build: fn() -> Build,
}

/// What a case is made of.
pub(super) struct Build {
    /// The kind.
    pub(super) kind: &'static str,
    /// What must be there first.
    pub(super) needs: Graph,
    /// The properties at first.
    pub(super) before: Value,
    /// The properties after a change in place; the same as before where every property replaces.
    pub(super) update: Value,
    /// The properties of a replacement; the same as before where no property replaces.
    pub(super) replace: Value,
}

/// Every case.
pub(super) const CASES: &[Case] = &[
    Case { name: "vpc", build: vpc },
    Case { name: "vpc_dns", build: vpc_dns },
    Case { name: "subnet", build: subnet },
    Case { name: "subnet in another place", build: subnet_moved },
    Case { name: "internet_gateway", build: internet_gateway },
    Case { name: "internet_gateway_attachment", build: internet_gateway_attachment },
    Case { name: "eip", build: eip },
    Case { name: "nat_gateway", build: nat_gateway },
    Case { name: "route_table", build: route_table },
    Case { name: "route", build: route },
    Case { name: "route_table_association", build: route_table_association },
    Case { name: "security_group", build: security_group },
    Case { name: "security_group open to the outside", build: security_group_open },
    Case { name: "rule for a range", build: rule_for_range },
    Case { name: "rule for a peer", build: rule_for_peer },
    Case { name: "rule for the way out", build: rule_out },
    Case { name: "gateway endpoint", build: gateway_endpoint },
    Case { name: "interface endpoint", build: interface_endpoint },
    Case { name: "flow_log", build: flow_log },
    Case { name: "role", build: role },
    Case { name: "role_policy", build: role_policy },
    Case { name: "log_group", build: log_group },
];

/// Returns a case of kind `K`, whose replacement and update are each a change to `before`.
#[expect(clippy::needless_pass_by_value, reason = "cases read better without a reference")]
pub(super) fn case<K: Kind>(
    needs: Graph,
    before: K::Props,
    update: impl FnOnce(&mut K::Props),
    replace: impl FnOnce(&mut K::Props),
) -> Build {
    let (mut updated, mut replaced) = (before.clone(), before.clone());
    update(&mut updated);
    replace(&mut replaced);
    let [before, update, replace] = [&before, &updated, &replaced].map(value);
    Build { kind: K::NAME, needs, before, update, replace }
}

fn value<P: Fields>(props: &P) -> Value {
    serde_json::to_value(props).expect("properties are JSON")
}

pub(super) fn at(name: &str) -> Address {
    Address::of(&format!("needs.{name}"), None)
}

pub(super) fn tags(owner: &str) -> Tags {
    Tags([("Name".to_owned(), "it".to_owned()), ("owner".to_owned(), owner.to_owned())].into())
}

pub(super) fn add_vpc(graph: &mut Graph, name: &str) -> Ref<Vpc> {
    graph.add(at(name), vpc_props("10.1.0.0/16"))
}

fn vpc_props(cidr: &str) -> VpcProps {
    VpcProps { cidr: cidr.parse().expect("a range"), tenancy: "default".to_owned(), tags: tags("first") }
}

fn vpc() -> Build {
    case::<Vpc>(
        Graph::default(),
        vpc_props("10.1.0.0/16"),
        |it| it.tags = Tags([("owner".to_owned(), "second & \"third\"".to_owned())].into()),
        |it| it.cidr = "10.2.0.0/16".parse().expect("a range"),
    )
}

fn vpc_dns() -> Build {
    let mut graph = Graph::default();
    let (vpc, other) = (add_vpc(&mut graph, "vpc"), add_vpc(&mut graph, "other"));
    let before = VpcDnsProps { vpc, support: true, hostnames: true };
    let off = |it: &mut VpcDnsProps| (it.support, it.hostnames) = (false, false);
    case::<VpcDns>(graph, before, off, |it| it.vpc = other)
}

pub(super) fn subnet_props(vpc: Ref<Vpc>, zone: &str, cidr: &str) -> SubnetProps {
    let cidr = cidr.parse().expect("a range");
    SubnetProps { vpc, zone: zone.to_owned(), cidr, map_public_ip: true, tags: tags("first") }
}

fn subnet() -> Build {
    let mut graph = Graph::default();
    let vpc = add_vpc(&mut graph, "vpc");
    let change = |it: &mut SubnetProps| (it.map_public_ip, it.tags) = (false, tags("second"));
    case::<Subnet>(graph, subnet_props(vpc, "eu-west-1a", "10.1.0.0/24"), change, |it| {
        it.zone = "eu-west-1b".to_owned();
    })
}

fn subnet_moved() -> Build {
    let mut graph = Graph::default();
    let vpc = add_vpc(&mut graph, "vpc");
    let before = SubnetProps { map_public_ip: false, ..subnet_props(vpc, "eu-west-1a", "10.1.0.0/24") };
    case::<Subnet>(graph, before, |it| it.map_public_ip = true, |it| it.cidr = "10.1.1.0/24".parse().expect("a range"))
}

fn internet_gateway() -> Build {
    let before = InternetGatewayProps { tags: tags("first") };
    case::<InternetGateway>(Graph::default(), before, |it| it.tags = tags("second"), |_| ())
}

fn add_gateway(graph: &mut Graph, name: &str) -> Ref<InternetGateway> {
    graph.add(at(name), InternetGatewayProps { tags: tags("first") })
}

fn internet_gateway_attachment() -> Build {
    let mut graph = Graph::default();
    let (vpc, other) = (add_vpc(&mut graph, "vpc"), add_vpc(&mut graph, "other"));
    let gateway = add_gateway(&mut graph, "gateway");
    let before = InternetGatewayAttachmentProps { vpc, gateway };
    case::<InternetGatewayAttachment>(graph, before, |_| (), |it| it.vpc = other)
}

fn eip() -> Build {
    case::<Eip>(Graph::default(), EipProps { tags: tags("first") }, |it| it.tags = tags("second"), |_| ())
}

/// Adds a NAT gateway and what it needs; returns it, its internet gateway and an address that is free.
fn add_nat(graph: &mut Graph, vpc: &Ref<Vpc>) -> (Ref<NatGateway>, Ref<InternetGateway>, Ref<Eip>) {
    let gateway = add_gateway(graph, "gateway");
    graph.add::<InternetGatewayAttachment>(
        at("attachment"),
        InternetGatewayAttachmentProps { vpc: vpc.clone(), gateway: gateway.clone() },
    );
    let subnet = graph.add(at("subnet"), subnet_props(vpc.clone(), "eu-west-1a", "10.1.0.0/24"));
    let address = graph.add(at("address"), EipProps { tags: tags("first") });
    let other = graph.add(at("address.other"), EipProps { tags: tags("second") });
    (graph.add(at("nat"), NatGatewayProps { subnet, address, tags: tags("first") }), gateway, other)
}

fn nat_gateway() -> Build {
    let mut graph = Graph::default();
    let vpc = add_vpc(&mut graph, "vpc");
    // A gateway of somebody else, which `find` must not adopt.
    let (_, _, address) = add_nat(&mut graph, &vpc);
    let subnet = graph.add(at("subnet.own"), subnet_props(vpc.clone(), "eu-west-1a", "10.1.1.0/24"));
    let other = graph.add(at("subnet.other"), subnet_props(vpc, "eu-west-1b", "10.1.2.0/24"));
    let before = NatGatewayProps { subnet, address, tags: tags("first") };
    case::<NatGateway>(graph, before, |it| it.tags = tags("second"), |it| it.subnet = other)
}

fn route_table() -> Build {
    let mut graph = Graph::default();
    let (vpc, other) = (add_vpc(&mut graph, "vpc"), add_vpc(&mut graph, "other"));
    let before = RouteTableProps { vpc, tags: tags("first") };
    case::<RouteTable>(graph, before, |it| it.tags = tags("second"), |it| it.vpc = other)
}

fn route() -> Build {
    let mut graph = Graph::default();
    let vpc = add_vpc(&mut graph, "vpc");
    let (nat, gateway, _) = add_nat(&mut graph, &vpc);
    let table = graph.add(at("table"), RouteTableProps { vpc: vpc.clone(), tags: tags("first") });
    let other = graph.add(at("table.other"), RouteTableProps { vpc, tags: tags("first") });
    let destination = "0.0.0.0/0".parse().expect("a range");
    let before = RouteProps { table, destination, gateway: None, nat: Some(nat) };
    let change = |it: &mut RouteProps| (it.gateway, it.nat) = (Some(gateway), None);
    case::<Route>(graph, before, change, |it| it.table = other)
}

fn route_table_association() -> Build {
    let mut graph = Graph::default();
    let vpc = add_vpc(&mut graph, "vpc");
    let table = graph.add(at("table"), RouteTableProps { vpc: vpc.clone(), tags: tags("first") });
    let other = graph.add(at("table.other"), RouteTableProps { vpc: vpc.clone(), tags: tags("first") });
    let subnet = graph.add(at("subnet"), subnet_props(vpc.clone(), "eu-west-1a", "10.1.0.0/24"));
    let elsewhere = graph.add(at("subnet.other"), subnet_props(vpc, "eu-west-1a", "10.1.1.0/24"));
    let before = RouteTableAssociationProps { subnet, table };
    case::<RouteTableAssociation>(graph, before, |it| it.table = other, |it| it.subnet = elsewhere)
}

fn group_props(vpc: Ref<Vpc>, default_egress: bool) -> SecurityGroupProps {
    let (name, description) = ("web".to_owned(), "Web servers".to_owned());
    SecurityGroupProps { vpc, name, description, default_egress, tags: tags("first") }
}

fn security_group() -> Build {
    let mut graph = Graph::default();
    let vpc = add_vpc(&mut graph, "vpc");
    let change = |it: &mut SecurityGroupProps| (it.default_egress, it.tags) = (true, tags("second"));
    case::<SecurityGroup>(graph, group_props(vpc, false), change, |it| it.description = "Web".to_owned())
}

fn security_group_open() -> Build {
    let mut graph = Graph::default();
    let vpc = add_vpc(&mut graph, "vpc");
    case::<SecurityGroup>(
        graph,
        group_props(vpc, true),
        |it| it.default_egress = false,
        |it| {
            it.name = "application".to_owned();
        },
    )
}

pub(super) fn add_group(graph: &mut Graph, vpc: &Ref<Vpc>, name: &str) -> Ref<SecurityGroup> {
    let props = SecurityGroupProps { name: name.to_owned(), ..group_props(vpc.clone(), false) };
    graph.add(at(name), props)
}

fn rule_props(group: Ref<SecurityGroup>, direction: Direction) -> SecurityGroupRuleProps {
    SecurityGroupRuleProps {
        group,
        direction,
        protocol: "tcp".to_owned(),
        from_port: 80,
        to_port: 80,
        cidr: None,
        peer: None,
        prefix_list: None,
        description: "Visitors".to_owned(),
        tags: tags("first"),
    }
}

fn rule_for_range() -> Build {
    let mut graph = Graph::default();
    let vpc = add_vpc(&mut graph, "vpc");
    let (web, data) = (add_group(&mut graph, &vpc, "web"), add_group(&mut graph, &vpc, "data"));
    // A line of somebody else.
    graph.add::<SecurityGroupRule>(
        at("stranger"),
        SecurityGroupRuleProps {
            cidr: Some("10.9.0.0/16".parse().expect("a range")),
            ..rule_props(web.clone(), Direction::Ingress)
        },
    );
    let range = Some("0.0.0.0/0".parse().expect("a range"));
    let before = SecurityGroupRuleProps { cidr: range, ..rule_props(web, Direction::Ingress) };
    let change = |it: &mut SecurityGroupRuleProps| {
        (it.from_port, it.to_port) = (8000, 8080);
        it.description = "Developers".to_owned();
        it.tags = tags("second");
    };
    case::<SecurityGroupRule>(graph, before, change, |it| (it.cidr, it.peer) = (None, Some(data)))
}

fn rule_for_peer() -> Build {
    let mut graph = Graph::default();
    let vpc = add_vpc(&mut graph, "vpc");
    let (web, data) = (add_group(&mut graph, &vpc, "web"), add_group(&mut graph, &vpc, "data"));
    let before = SecurityGroupRuleProps { peer: Some(web.clone()), ..rule_props(data, Direction::Ingress) };
    let change = |it: &mut SecurityGroupRuleProps| (it.from_port, it.to_port) = (3306, 3306);
    case::<SecurityGroupRule>(graph, before, change, |it| it.group = web)
}

fn rule_out() -> Build {
    let mut graph = Graph::default();
    let vpc = add_vpc(&mut graph, "vpc");
    let web = add_group(&mut graph, &vpc, "web");
    let range = Some("10.1.0.0/16".parse().expect("a range"));
    let before = SecurityGroupRuleProps {
        cidr: range,
        protocol: "-1".to_owned(),
        from_port: -1,
        to_port: -1,
        ..rule_props(web, Direction::Egress)
    };
    let change = |it: &mut SecurityGroupRuleProps| {
        (it.protocol, it.from_port, it.to_port) = ("udp".to_owned(), 53, 53);
    };
    case::<SecurityGroupRule>(graph, before, change, |it| it.cidr = Some("10.2.0.0/16".parse().expect("a range")))
}

fn endpoint_props(vpc: Ref<Vpc>, service: &str, endpoint_type: &str) -> VpcEndpointProps {
    VpcEndpointProps {
        vpc,
        service: format!("com.amazonaws.eu-west-1.{service}"),
        endpoint_type: endpoint_type.to_owned(),
        route_tables: BTreeSet::new(),
        subnets: BTreeSet::new(),
        groups: BTreeSet::new(),
        private_dns: None,
        policy: None,
        tags: tags("first"),
    }
}

fn gateway_endpoint() -> Build {
    let mut graph = Graph::default();
    let vpc = add_vpc(&mut graph, "vpc");
    let table = graph.add(at("table"), RouteTableProps { vpc: vpc.clone(), tags: tags("first") });
    let other = graph.add(at("table.other"), RouteTableProps { vpc: vpc.clone(), tags: tags("first") });
    let before = VpcEndpointProps { route_tables: [table].into(), ..endpoint_props(vpc, "s3", "Gateway") };
    let change = |it: &mut VpcEndpointProps| {
        it.route_tables = [other].into();
        it.policy = Some(allow("s3:GetObject", "*"));
        it.tags = tags("second");
    };
    case::<VpcEndpoint>(graph, before, change, |it| it.service = "com.amazonaws.eu-west-1.dynamodb".to_owned())
}

fn interface_endpoint() -> Build {
    let mut graph = Graph::default();
    let vpc = add_vpc(&mut graph, "vpc");
    graph.add::<VpcDns>(at("dns"), VpcDnsProps { vpc: vpc.clone(), support: true, hostnames: true });
    let subnet = graph.add(at("subnet"), subnet_props(vpc.clone(), "eu-west-1a", "10.1.0.0/24"));
    let other = graph.add(at("subnet.other"), subnet_props(vpc.clone(), "eu-west-1b", "10.1.1.0/24"));
    let (web, data) = (add_group(&mut graph, &vpc, "web"), add_group(&mut graph, &vpc, "data"));
    let before = VpcEndpointProps {
        subnets: [subnet.clone()].into(),
        groups: [web].into(),
        private_dns: Some(true),
        ..endpoint_props(vpc, "ssm", "Interface")
    };
    let change = |it: &mut VpcEndpointProps| {
        it.subnets = [subnet, other].into();
        it.groups = [data].into();
        it.private_dns = Some(false);
    };
    case::<VpcEndpoint>(graph, before, change, |it| it.service = "com.amazonaws.eu-west-1.ssmmessages".to_owned())
}

fn flow_log() -> Build {
    let mut graph = Graph::default();
    let vpc = add_vpc(&mut graph, "vpc");
    let role: Ref<Role> = graph.add(at("role"), role_props("flow-log"));
    let log_group = graph.add(at("log-group"), log_group_props("/it/flow"));
    let before = FlowLogProps {
        vpc,
        log_group,
        role: role.attr("arn"),
        traffic: "ALL".to_owned(),
        interval_seconds: 60,
        tags: tags("first"),
    };
    case::<FlowLog>(graph, before, |it| it.tags = tags("second"), |it| it.traffic = "REJECT".to_owned())
}

fn allow(action: &str, resource: &str) -> Policy {
    Policy::of(json!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Allow", "Principal": "*", "Action": action, "Resource": resource }],
    }))
}

fn trust(service: &str) -> Policy {
    Policy::of(json!({
        "Version": "2012-10-17",
        "Statement": { "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": { "Service": service } },
    }))
}

fn role_props(name: &str) -> RoleProps {
    let (trust, description) = (trust("vpc-flow-logs.amazonaws.com"), "Writes flow logs".to_owned());
    RoleProps { name: name.to_owned(), trust, description, tags: tags("first") }
}

fn role() -> Build {
    let change = |it: &mut RoleProps| {
        it.trust = trust("ec2.amazonaws.com");
        it.description = "Runs 100 % of it".to_owned();
        it.tags = Tags([("owner".to_owned(), "second".to_owned())].into());
    };
    case::<Role>(Graph::default(), role_props("it"), change, |it| it.name = "other".to_owned())
}

fn role_policy() -> Build {
    let mut graph = Graph::default();
    let role = graph.add(at("role"), role_props("it"));
    let policy = |action: &str| {
        Policy::of(json!({
            "Version": "2012-10-17",
            "Statement": { "Effect": "Allow", "Action": [action, "logs:PutLogEvents"], "Resource": "arn:aws:logs:*:*:*" },
        }))
    };
    let before = RolePolicyProps { role, name: "write".to_owned(), policy: policy("logs:CreateLogStream") };
    let after = policy("logs:DescribeLogStreams");
    case::<RolePolicy>(graph, before, |it| it.policy = after, |it| it.name = "other".to_owned())
}

fn log_group_props(name: &str) -> LogGroupProps {
    LogGroupProps { name: name.to_owned(), retain_days: Some(30), tags: tags("first") }
}

fn log_group() -> Build {
    let mut graph = Graph::default();
    // Another whose name begins alike.
    graph.add::<LogGroup>(at("other"), log_group_props("/it/log-of-another"));
    let change = |it: &mut LogGroupProps| {
        it.retain_days = Some(90);
        it.tags = Tags([("owner".to_owned(), "second".to_owned())].into());
    };
    case::<LogGroup>(graph, log_group_props("/it/log"), change, |it| it.name = "/it/other".to_owned())
}
