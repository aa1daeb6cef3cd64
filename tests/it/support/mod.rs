//! What the rings share.

pub(crate) mod sim;
