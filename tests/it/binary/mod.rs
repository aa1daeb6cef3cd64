//! Ring 4: the binary against an emulator.

mod run;
mod sites;

mod adopt;
mod beginning;
mod cancel;
mod commands;
mod disk;
mod faults;
mod hostile;
mod import;
mod inventory;
mod kills;
mod locks;
mod preflight;
mod proxy;
mod render;
mod secrets;
mod site;
