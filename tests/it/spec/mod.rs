//! The spec language: reading, formatting, faults, and the tiers that a spec becomes.

mod additions;
mod cache;
mod cdn;
mod database;
mod dns;
mod faults;
mod files;
mod format;
mod garbage;
mod language;
mod load_balancer;
mod network;
mod network_faults;
mod outputs;
mod rows;
mod safety;
mod site;
mod size;
mod watch;
mod web;

