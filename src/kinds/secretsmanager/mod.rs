//! Secrets Manager: passwords that are drawn where they are kept.

pub mod secret;
