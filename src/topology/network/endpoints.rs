//! VPC endpoints: ways to AWS services that do not lead through a NAT gateway.

use std::collections::BTreeSet;

use super::resources::Built;
use super::{Own, groups, services};
use crate::kind::{Address, Ref};
use crate::kinds::ec2::route_table::RouteTable;
use crate::kinds::ec2::vpc_endpoint::{VpcEndpoint, VpcEndpointProps};
use crate::topology::Build;

/// Adds the endpoints of a network.
pub(super) fn add(cx: &mut Build<'_>, own: &Own, built: &Built, tables: &[Ref<RouteTable>]) {
    let needs_group = own.endpoints.iter().any(|it| !services::is_gateway(it));
    let group = needs_group.then(|| groups::add_for_endpoints(cx, &built.vpc, own.cidr));
    for service in &own.endpoints {
        let mut props = VpcEndpointProps {
            vpc: built.vpc.early(),
            service: format!("com.amazonaws.{}.{service}", cx.facts.region()),
            endpoint_type: "Gateway".to_owned(),
            route_tables: BTreeSet::new(),
            subnets: BTreeSet::new(),
            groups: BTreeSet::new(),
            private_dns: None,
            policy: None,
            tags: cx.tags(&format!("endpoint-{service}")),
        };
        let address = Address::of("network.endpoint", Some(service));
        match &group {
            Some(group) if !services::is_gateway(service) => {
                "Interface".clone_into(&mut props.endpoint_type);
                props.subnets = built.app.values().map(Ref::early).collect();
                props.groups = BTreeSet::from([group.early()]);
                props.private_dns = Some(true);
                let endpoint: Ref<VpcEndpoint> = cx.graph.add(address, props);
                // A private name needs both of the VPC's DNS settings.
                cx.graph.after(&endpoint, &built.dns);
            }
            _ => {
                props.route_tables = tables.iter().map(Ref::early).collect();
                cx.graph.add::<VpcEndpoint>(address, props);
            }
        }
    }
}
