//! The spec language: reading, formatting, faults, and the network that a spec becomes.

mod database;
mod faults;
mod files;
mod format;
mod garbage;
mod network;
mod network_faults;
