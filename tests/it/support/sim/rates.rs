//! The cloud's own token buckets, at the published rates or some part of them.

use std::collections::BTreeMap;

use moodle_infra::kind::Rate;
use tokio::time::Instant;

/// The services that AWS counts over all regions.
const GLOBAL: &[&str] = &["cloudfront", "iam", "route53"];

/// How many calls are left of each group, and since when.
#[derive(Default)]
pub(super) struct Rates(BTreeMap<(&'static str, &'static str, String), (f64, Instant)>);

impl Rates {
    /// Takes a call from its bucket; `part` is how much of the published rate there is.
    pub(super) fn take(&mut self, service: &'static str, region: &str, rate: Rate, part: f64) -> bool {
        let now = Instant::now();
        let most = (f64::from(rate.burst) * part).max(1.0);
        let region = if GLOBAL.contains(&service) { "" } else { region };
        let (left, since) = self.0.entry((service, rate.group, region.to_owned())).or_insert((most, now));
        let passed = now.duration_since(*since).as_secs_f64();
        *left = (*left + passed * rate.per_second * part).min(most);
        *since = now;
        let takes = 1.0 <= *left + 1e-6;
        if takes {
            *left -= 1.0;
        }
        takes
    }

    /// Fills every bucket.
    pub(super) fn fill(&mut self) {
        self.0.clear();
    }
}
