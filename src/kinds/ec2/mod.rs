//! The network of a Moodle site: VPC, subnets, gateways, routes, security groups.

pub mod tags;
pub mod vpc;
