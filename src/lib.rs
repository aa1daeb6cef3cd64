//! Plan and apply a Moodle deployment on AWS from a declarative KDL spec.
//!
//! The modules stand in the order in which data passes through them; nothing flows back.
//! `ARCHITECTURE.md` has the drawing, the invariants and "How do I add a kind?".

pub mod aws;
pub mod kind;
pub mod kinds;

pub mod spec;

pub mod graph;

pub mod runtime;

pub mod topology;

pub mod cost;

pub mod state;

pub mod plan;

pub mod preflight;

pub mod apply;

pub mod report;

pub mod cli;
