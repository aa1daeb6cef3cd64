//! The one integration binary; `tidy` fails on a module that is forgotten here.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that goes wrong")]

mod support;

mod binary;
mod cache_life;
mod conformance;
mod database_life;
mod engine;
mod files_life;
mod journeys;
mod sandbox;
mod spec;
mod tidy;
