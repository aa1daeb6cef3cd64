//! Ring 4: the binary against an emulator.

mod run;

mod commands;
mod crashes;
mod faults;
mod import;
mod inventory;
mod preflight;
mod proxy;
mod site;
