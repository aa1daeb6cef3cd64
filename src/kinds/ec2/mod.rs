//! The network of a Moodle site: VPC, subnets, gateways, routes, security groups.

use aws_sdk_ec2::types::UnsuccessfulItem;

use crate::aws::{Error, Result};
use crate::kind::Rate;

mod described;
mod tags;

pub mod vpc;
pub mod vpc_dns;

pub mod subnet;

pub mod internet_gateway;
pub mod internet_gateway_attachment;

pub mod eip;
pub mod nat_gateway;

pub mod route_table;

pub mod route;
pub mod route_table_association;

pub mod security_group;
pub mod security_group_rule;

pub mod vpc_endpoint;

pub mod flow_log;

mod launch_data;
pub mod launch_template;

/// EC2's published bucket for a mutating call, where the call has none of its own. AWS seems to count each action apart;
/// sharing one bucket is right either way, and costs a large network some seconds beside its gateways' minutes.
const MUTATING: Rate = Rate { group: "mutating", burst: 50, per_second: 5.0 };

/// Half of EC2's published bucket for calls that look: a look at launch templates takes several.
const READING: Rate = Rate { group: "reads", burst: 50, per_second: 10.0 };

/// Returns the first refusal inside a successful answer: calls on lists say so there.
fn partial(operation: &'static str, unsuccessful: &[UnsuccessfulItem]) -> Result<()> {
    let Some(error) = unsuccessful.iter().find_map(UnsuccessfulItem::error) else { return Ok(()) };
    let (code, message) = (error.code().unwrap_or("Unsuccessful"), error.message().unwrap_or("no message"));
    Err(Error::refused(operation, code, message))
}
