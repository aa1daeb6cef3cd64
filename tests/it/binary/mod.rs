//! Ring 4: the binary against an emulator.

mod run;
mod sites;

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
mod secrets;
mod site;
