//! Throughput of the file system: what it costs to have it by more data, by provisioning it, and by paying for each byte.

use super::prices::{ELASTIC_READ_GB, ELASTIC_WRITE_GB, FILES_GIB, THROUGHPUT_MIBPS};

/// A TiB of data gives a bursting file system this many MiB/s for good.
const BASELINE_MIBPS_PER_TIB: f64 = 50.0;

/// One way to a throughput, against the others.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Throughput {
    /// The MiB/s.
    pub mibps: f64,
    /// The price of this way, a month.
    pub monthly: f64,
    /// What provisioning them costs, a month.
    pub provisioned: f64,
    /// Elastic throughput is cheaper as long as not so many GB are read in a month,
    pub reads_gb: f64,
    /// or so many written.
    pub writes_gb: f64,
}

impl Throughput {
    /// Returns what so many GiB of data that nobody needs give a bursting file system.
    #[must_use]
    pub fn seeded(gib: u32) -> Throughput {
        let monthly = f64::from(gib) * FILES_GIB;
        Throughput::at(f64::from(gib) / 1024.0 * BASELINE_MIBPS_PER_TIB, monthly)
    }

    /// Returns what so much provisioned throughput is.
    #[must_use]
    pub fn provisioned(mibps: u32) -> Throughput {
        let mibps = f64::from(mibps);
        Throughput::at(mibps, mibps * THROUGHPUT_MIBPS)
    }

    fn at(mibps: f64, monthly: f64) -> Throughput {
        let provisioned = mibps * THROUGHPUT_MIBPS;
        let (reads_gb, writes_gb) = (monthly / ELASTIC_READ_GB, monthly / ELASTIC_WRITE_GB);
        Throughput { mibps, monthly, provisioned, reads_gb, writes_gb }
    }

    /// Returns which way is the cheapest, in a sentence or two.
    #[must_use]
    pub fn advice(&self, way: &str) -> String {
        let Throughput { mibps, monthly, provisioned, reads_gb, writes_gb } = self;
        let other = if (provisioned - monthly).abs() < 0.005 {
            String::new()
        } else {
            let cheaper = if provisioned < monthly { "cheaper" } else { "dearer" };
            format!(" Provisioning as much costs {provisioned:.2}, which is {cheaper}.")
        };
        format!(
            "{way} costs {monthly:.2} a month for {mibps:.0} MiB/s.{other} Elastic throughput is cheaper as long as less \
             than {reads_gb:.0} GB are read, or {writes_gb:.0} GB written, in a month."
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_for_its_throughput_is_a_little_dearer_than_provisioning() {
        let seeded = Throughput::seeded(1024);
        assert!((seeded.monthly - 307.20).abs() < 0.001 && (seeded.mibps - 50.0).abs() < 0.001, "{seeded:?}");
        insta::assert_snapshot!(
            seeded.advice("seed-gib 1024"),
            @"seed-gib 1024 costs 307.20 a month for 50 MiB/s. Provisioning as much costs 300.00, which is cheaper. Elastic throughput is cheaper as long as less than 10240 GB are read, or 5120 GB written, in a month."
        );
    }

    #[test]
    fn provisioned_is_held_against_elastic_alone() {
        insta::assert_snapshot!(
            Throughput::provisioned(10).advice("throughput \"provisioned\" mibps=10"),
            @r#"throughput "provisioned" mibps=10 costs 60.00 a month for 10 MiB/s. Elastic throughput is cheaper as long as less than 2000 GB are read, or 1000 GB written, in a month."#
        );
    }
}
