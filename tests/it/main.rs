//! The one integration binary; `tidy` fails on a module that is forgotten here.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that goes wrong")]

mod support;

mod binary;
mod cache_life;
mod cdn_life;
mod conformance;
mod database_life;
mod dns_life;
mod engine;
mod files_life;
mod journeys;
mod load_balancer_life;
mod preflight;
mod runtime;
mod sandbox;
mod site_life;
mod spec;
mod state;
mod tidy;
mod watch_life;
mod web_life;
