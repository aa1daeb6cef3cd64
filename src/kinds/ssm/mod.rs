//! Systems Manager: parameters, by which servers and people learn what the site is made of and servers say how they are,
//! and commands to servers.

pub mod parameter;

pub mod report;

pub(in crate::kinds) mod reports;

pub mod command;
