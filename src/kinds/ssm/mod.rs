//! Parameters, by which servers and people learn what the site is made of.

pub mod parameter;

pub mod report;
