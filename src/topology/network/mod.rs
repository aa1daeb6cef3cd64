//! The network tier: VPC, subnets, gateways, routes, flow log, security groups; or the network that is there already.

use std::collections::BTreeSet;

use crate::kind::values::Cidr;

mod fields;

mod zones;

mod ranges;

mod layout;

mod services;

mod existing;

mod resources;

mod routes;

mod endpoints;

mod flow_log;

mod groups;

pub(super) use fields::{RETENTIONS, read};

/// The network tier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Network {
    /// One that the stack makes.
    Own(Own),
    /// One that is there already.
    Existing(Existing),
}

/// A network that the stack makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Own {
    /// The address range of the VPC.
    pub cidr: Cidr,
    /// The availability zones.
    pub zones: Zones,
    /// Whether instances share their hardware with other customers.
    pub tenancy: Tenancy,
    /// How the private subnets reach the internet.
    pub nat: Nat,
    /// How many days the flow log is kept; `None` is no flow log.
    pub flow_logs: Option<i32>,
    /// The AWS services that are reached without the internet, by short name.
    pub endpoints: BTreeSet<String>,
    /// Subnets with a way in from the internet: load balancer, NAT gateways.
    pub public: Subnets,
    /// Subnets of the web servers.
    pub app: Subnets,
    /// Subnets of database, cache and files.
    pub data: Subnets,
}

impl Own {
    /// Returns the groups of subnets by name.
    #[must_use]
    pub fn subnets(&self) -> [(&'static str, &Subnets); 3] {
        [("public", &self.public), ("app", &self.app), ("data", &self.data)]
    }
}

/// The availability zones of a network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Zones {
    /// So many, the first by name.
    Count(usize),
    /// These, in this order.
    Names(Vec<String>),
}

impl Zones {
    /// Returns how many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        match self {
            Zones::Count(count) => *count,
            Zones::Names(names) => names.len(),
        }
    }
}

/// Whether instances share their hardware with other customers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tenancy {
    /// They do.
    Default,
    /// They do not.
    Dedicated,
}

impl Tenancy {
    const WORDS: &[(&'static str, Tenancy)] = &[("default", Tenancy::Default), ("dedicated", Tenancy::Dedicated)];

    /// Returns the word for it, in specs and in AWS.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Tenancy::Default => "default",
            Tenancy::Dedicated => "dedicated",
        }
    }
}

/// How the private subnets reach the internet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nat {
    /// By a NAT gateway in their own zone.
    PerZone,
    /// By the one NAT gateway in the first zone: cheaper, and gone with that zone.
    Single,
    /// Not at all.
    None,
}

impl Nat {
    const WORDS: &[(&'static str, Nat)] = &[("per-zone", Nat::PerZone), ("single", Nat::Single), ("none", Nat::None)];

    /// Returns the word for it in specs.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Nat::PerZone => "per-zone",
            Nat::Single => "single",
            Nat::None => "none",
        }
    }
}

/// The subnets of a group, one a zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subnets {
    /// Their address ranges, in the order of the zones.
    pub cidrs: Vec<Cidr>,
    /// Whether instances get a public address at launch.
    pub map_public_ip: bool,
}

/// A network that is there already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Existing {
    /// `vpc-…`.
    pub vpc: String,
    /// Its subnets with a way in from the internet; may be empty while nothing stands in them.
    pub public: Vec<String>,
    /// Its subnets for the web servers.
    pub app: Vec<String>,
    /// Its subnets for database, cache and files.
    pub data: Vec<String>,
}

impl Existing {
    /// Returns the groups of subnets by name.
    #[must_use]
    pub fn subnets(&self) -> [(&'static str, &[String]); 3] {
        [("public", &self.public), ("app", &self.app), ("data", &self.data)]
    }
}
