//! The CDN tier: a CloudFront distribution in front of the load balancer.
//!
//! Pages pass through and are never kept. What Moodle marks as the same for everybody (the files of the theme, scripts)
//! is kept at the edge, as long as Moodle says.

mod fields;

mod resources;

mod effective;

use crate::kind::Text;

pub(super) use effective::lines;
pub(super) use fields::{Around, read};

/// The CDN tier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cdn {
    /// Where it answers.
    pub price_class: PriceClass,
    /// The protocols besides HTTP/1.1.
    pub http: Http,
    /// Whether files that are the same for everybody are kept at the edge.
    pub static_cache: bool,
    /// Whether a web ACL looks at requests first.
    pub waf: bool,
    /// For how many days it is kept who asked for what; `None` keeps nothing.
    pub logs: Option<i32>,
}

impl Default for Cdn {
    fn default() -> Cdn {
        Cdn {
            price_class: PriceClass::All,
            http: Http::Http2And3,
            static_cache: true,
            waf: true,
            logs: Some(fields::RETAIN_DAYS),
        }
    }
}

/// Where a distribution answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PriceClass {
    /// Everywhere.
    All,
    /// Everywhere but South America, Australia and New Zealand.
    Most,
    /// In North America, Europe and Israel.
    Few,
}

impl PriceClass {
    const WORDS: &[(&'static str, PriceClass)] =
        &[("all", PriceClass::All), ("200", PriceClass::Most), ("100", PriceClass::Few)];

    /// Returns the word for it in specs.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            PriceClass::All => "all",
            PriceClass::Most => "200",
            PriceClass::Few => "100",
        }
    }

    /// Returns the word for it in AWS.
    fn in_aws(self) -> &'static str {
        match self {
            PriceClass::All => "PriceClass_All",
            PriceClass::Most => "PriceClass_200",
            PriceClass::Few => "PriceClass_100",
        }
    }
}

/// The protocols that visitors may speak besides HTTP/1.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Http {
    /// None.
    Http1,
    /// HTTP/2.
    Http2,
    /// HTTP/3.
    Http3,
    /// Both.
    Http2And3,
}

impl Http {
    const WORDS: &[(&'static str, Http)] =
        &[("http1.1", Http::Http1), ("http2", Http::Http2), ("http3", Http::Http3), ("http2and3", Http::Http2And3)];

    /// Returns the word for it, in specs and in AWS.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Http::Http1 => "http1.1",
            Http::Http2 => "http2",
            Http::Http3 => "http3",
            Http::Http2And3 => "http2and3",
        }
    }
}

/// What stands behind the distribution, and the names in front of it.
pub(super) struct Origin {
    /// The name of the load balancer.
    pub(super) dns_name: Text,
    /// Whether it has a certificate for the name that visitors use.
    pub(super) https: bool,
    /// The ARN of the secret that proves to it where a request comes from.
    pub(super) secret: Option<Text>,
    /// The name under which visitors come; `None` is the distribution's own.
    pub(super) domain: Option<String>,
    /// The ARN of the certificate for that name, in `us-east-1`, when it is issued.
    pub(super) certificate: Option<Text>,
}

/// What the CDN tier offers the others.
pub(super) struct Edge {
    /// `….cloudfront.net`.
    pub(super) domain_name: Text,
    /// The id of the distribution.
    pub(super) distribution: Text,
    /// The zone of alias records.
    pub(super) zone_id: &'static str,
}
