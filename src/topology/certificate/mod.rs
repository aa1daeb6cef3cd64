//! The certificate tier: a certificate for the site's domain, and one for distributions, who take theirs from
//! `us-east-1`; or certificates that are there already.

mod fields;

mod resources;

pub(super) use fields::read;

use super::effective::text;

/// The region of which distributions take their certificates.
const OF_DISTRIBUTIONS: &str = "us-east-1";

/// The certificate tier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Certificate {
    /// Certificates that the stack asks for. ACM issues them when it finds a record in DNS, and renews them so.
    Own,
    /// Certificates that are there already.
    Existing(Existing),
}

/// Certificates that are there already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Existing {
    /// The ARN of the one in the stack's region.
    pub here: String,
    /// The ARN of the one for distributions; `None` where `here` serves both, or where there is no distribution.
    pub cdn: Option<String>,
}

/// Returns the tier as a spec.
pub(super) fn lines(certificate: &Certificate) -> Vec<String> {
    let Certificate::Existing(Existing { here, cdn }) = certificate else { return vec!["certificate".to_owned()] };
    let cdn = cdn.as_ref().map_or(String::new(), |it| format!(" cdn={}", text(it)));
    vec!["certificate {".to_owned(), format!("    existing {}{cdn}", text(here)), "}".to_owned()]
}
