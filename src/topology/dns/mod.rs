//! The DNS tier: the records that lead to the site, in a zone of Route 53 that is there or that the stack makes.

mod fields;

mod resources;

pub(super) use fields::read;
pub(super) use resources::{questions, zone};

/// The DNS tier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dns {
    /// Whether the site's name is another name of what AWS has, which a zone's own name must be; else a `CNAME`.
    pub alias: bool,
    /// Whether the stack makes the zone. It answers the world only when the registrar names its name servers.
    pub create_zone: bool,
}

/// Returns the lines in the block of `dns`.
pub(super) fn lines(dns: Dns) -> Vec<String> {
    let Dns { alias, create_zone } = dns;
    vec![format!("alias #{alias}"), format!("create-zone #{create_zone}")]
}
