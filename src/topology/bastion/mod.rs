//! The bastion tier: a small server in a public subnet, from which people reach the others by SSH. Usually it is off, and
//! costs nothing; Session Manager needs none.

use super::{Places, Shared};
use crate::kind::values::Cidr;

mod fields;

mod rules;

mod resources;

mod effective;

pub(super) use effective::lines;
pub(super) use fields::read;

/// The bastion tier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bastion {
    /// The type of the server: `t4g.nano`.
    pub instances: String,
    /// Whether it is there now.
    pub on: bool,
    /// Who may come by SSH; `None` is nobody, and leaves Session Manager.
    pub ssh_from: Option<Cidr>,
    /// The SSH key that it lets in.
    pub key_pair: Option<String>,
}

/// What the bastion takes from the other tiers.
pub(super) struct Needs<'a> {
    pub places: &'a Places,
    pub shared: Option<&'a Shared>,
}
