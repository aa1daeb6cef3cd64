//! What the rings share.

pub(crate) mod emulator;
pub(crate) mod inventory;
pub(crate) mod models;
pub(crate) mod rust;
pub(crate) mod sim;
pub(crate) mod stack;
