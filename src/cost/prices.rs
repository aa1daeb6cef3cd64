//! Prices, in one place: AWS's public on-demand list prices in us-east-1 (Linux, Aurora Standard), in USD.
//!
//! They are those of AWS's price pages as other published tables quote them, read on the day of [`AS_OF`]; nobody is
//! asked when a spec is priced. Other regions have other prices, and no table of them stands here: a wrong price is
//! worse than one that says whose it is. AWS lists Valkey nodes at four fifths of the price of Redis and memcached.

/// The region that the prices are of.
pub const REGION: &str = "us-east-1";
/// The day on which they were read.
pub const AS_OF: &str = "2026-11-30";

/// The hours of a month, as AWS's own calculator counts them.
pub(super) const HOURS: f64 = 730.0;

pub(super) const NAT_HOUR: f64 = 0.045;
pub(super) const IPV4_HOUR: f64 = 0.005;
pub(super) const LOAD_BALANCER_HOUR: f64 = 0.0225;
/// For each zone that it is in.
pub(super) const ENDPOINT_HOUR: f64 = 0.01;
/// Of a volume of the class gp3.
pub(super) const VOLUME_GIB: f64 = 0.08;
/// Of an Aurora capacity unit.
pub(super) const ACU_HOUR: f64 = 0.12;
pub(super) const WEB_ACL: f64 = 5.0;
pub(super) const WEB_ACL_RULE: f64 = 1.0;
pub(super) const KEY: f64 = 1.0;
pub(super) const SECRET: f64 = 0.40;
/// For each metric that it watches.
pub(super) const ALARM: f64 = 0.10;
/// Three of an account are free; whether others use them nobody knows here.
pub(super) const DASHBOARD: f64 = 3.0;
pub(super) const HOSTED_ZONE: f64 = 0.50;
/// Of a MiB/s of provisioned throughput.
pub(super) const THROUGHPUT_MIBPS: f64 = 6.0;
/// Of a GiB in the standard class of a file system.
pub(super) const FILES_GIB: f64 = 0.30;
/// Of a GB that is read with elastic throughput.
pub(super) const ELASTIC_READ_GB: f64 = 0.03;
/// Of a GB that is written with elastic throughput.
pub(super) const ELASTIC_WRITE_GB: f64 = 0.06;
/// Valkey against Redis and memcached, for nodes.
pub(super) const VALKEY: f64 = 0.8;

/// What a serverless cache costs for each GB and hour, and the GB that are charged at least.
pub(super) fn serverless_cache(engine: &str) -> (f64, f64) {
    if engine == "valkey" { (0.084, 0.1) } else { (0.125, 1.0) }
}

/// Families of servers, by the price of an hour of `large`; the other sizes follow from it.
const SERVERS: &[(&str, f64)] = &[
    ("a1", 0.051),
    ("c5", 0.085),
    ("c5a", 0.077),
    ("c6a", 0.0765),
    ("c6g", 0.068),
    ("c6gn", 0.0864),
    ("c6i", 0.085),
    ("c7a", 0.10264),
    ("c7g", 0.0725),
    ("c7gn", 0.1248),
    ("c7i", 0.08925),
    ("c8g", 0.07976),
    ("m5", 0.096),
    ("m5a", 0.086),
    ("m6a", 0.0864),
    ("m6g", 0.077),
    ("m6gd", 0.0904),
    ("m6i", 0.096),
    ("m7a", 0.11592),
    ("m7g", 0.0816),
    ("m7i", 0.1008),
    ("m8g", 0.08976),
    ("r5", 0.126),
    ("r6g", 0.1008),
    ("r6i", 0.126),
    ("r7g", 0.1071),
    ("r7i", 0.1323),
    ("r8g", 0.11782),
    ("t2", 0.0928),
    ("t3", 0.0832),
    ("t3a", 0.0752),
    ("t4g", 0.0672),
    ("x2gd", 0.167),
];

/// Families of Aurora's instances.
const DATABASES: &[(&str, f64)] = &[
    ("r5", 0.29),
    ("r6g", 0.2595),
    ("r6i", 0.29),
    ("r7g", 0.2764),
    ("r8g", 0.276),
    ("t3", 0.164),
    ("t4g", 0.146),
    ("x2g", 0.377),
];

/// Families of the nodes of caches, with Redis or memcached.
const CACHES: &[(&str, f64)] = &[
    ("m5", 0.156),
    ("m6g", 0.149),
    ("m7g", 0.158),
    ("r5", 0.216),
    ("r6g", 0.2055),
    ("r7g", 0.2185),
    ("t2", 0.136),
    ("t3", 0.136),
    ("t4g", 0.129),
];

/// Classes whose listed price is rounded otherwise than their family's.
const EXACT: &[(&str, f64)] = &[
    ("cache.r6g.large", 0.206),
    ("cache.r7g.large", 0.219),
    ("cache.t4g.medium", 0.065),
    ("cache.t4g.micro", 0.016),
    ("cache.t4g.small", 0.032),
    ("db.r6g.large", 0.26),
    ("db.r7g.large", 0.276),
];

/// Returns the price of an hour of a server (`c7g.xlarge`), a database instance (`db.…`) or a cache node (`cache.…`, with
/// Redis). `None` where the family, or the size, does not say.
pub(super) fn hour(class: &str) -> Option<f64> {
    if let Some((_, price)) = EXACT.iter().find(|(name, _)| *name == class) {
        return Some(*price);
    }
    let (families, rest) = match class.split_once('.')? {
        ("db", rest) => (DATABASES, rest),
        ("cache", rest) => (CACHES, rest),
        _ => (SERVERS, class),
    };
    let (family, size) = rest.split_once('.')?;
    let (_, large) = families.iter().find(|(name, _)| *name == family)?;
    Some(large * times_large(size)?)
}

/// Returns how many times `large` a size is; each step of a family doubles its price.
fn times_large(size: &str) -> Option<f64> {
    Some(match size {
        "nano" => 0.0625,
        "micro" => 0.125,
        "small" => 0.25,
        "medium" => 0.5,
        "large" => 1.0,
        "xlarge" => 2.0,
        _ => 2.0 * f64::from(size.strip_suffix("xlarge")?.parse::<u8>().ok()?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_follow_from_the_family() {
        let near = |class: &str, price: f64| {
            let found = hour(class).unwrap_or_else(|| panic!("{class} has no price"));
            assert!((found - price).abs() < 0.001, "{class}: {found}");
        };
        for (class, price) in [
            ("t4g.nano", 0.0042),
            ("t4g.large", 0.0672),
            ("t3.micro", 0.0104),
            ("c7g.xlarge", 0.145),
            ("c7g.4xlarge", 0.58),
            ("c5.9xlarge", 1.53),
            ("db.t4g.medium", 0.073),
            ("db.r6g.large", 0.26),
            ("db.r6g.4xlarge", 2.076),
            ("db.r7g.4xlarge", 2.211),
            ("cache.t4g.micro", 0.016),
            ("cache.t4g.medium", 0.065),
            ("cache.r7g.xlarge", 0.437),
        ] {
            near(class, price);
        }
    }

    #[test]
    fn what_is_not_known_has_no_price() {
        for class in ["c7g.metal", "g5.xlarge", "db.r99.large", "cache.c7gn.large", "large", "db", "", "t4g.300xlarge"]
        {
            assert_eq!(hour(class), None, "{class}");
        }
    }
}
