//! Token buckets: how fast calls may be made, so that AWS never has to say "slower".

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use crate::kind::Rate;

/// The buckets of one run, by kind and region. AWS counts per account, region and operation.
#[derive(Debug, Default)]
pub(super) struct Limits {
    buckets: BTreeMap<(String, Option<String>), Bucket>,
}

#[derive(Debug)]
struct Bucket {
    rate: Rate,
    tokens: f64,
    at: Instant,
}

impl Limits {
    /// Takes a token for one mutating call, or says when there will be one.
    pub(super) fn take(&mut self, kind: &str, region: Option<&str>, rate: Rate, now: Instant) -> Result<(), Instant> {
        let group = (kind.to_owned(), region.map(str::to_owned));
        let bucket = self.buckets.entry(group).or_insert(Bucket { rate, tokens: f64::from(rate.burst), at: now });
        bucket.refill(now);
        if 1.0 <= bucket.tokens {
            bucket.tokens -= 1.0;
            return Ok(());
        }
        // A millisecond more, so that rounding does not wake us a moment too early.
        let missing = (1.0 - bucket.tokens) / bucket.rate.per_second + 0.001;
        Err(now + Duration::from_secs_f64(missing))
    }

    /// Empties a bucket, because AWS said "slower" though ours was not empty: others use the account as well.
    pub(super) fn empty(&mut self, kind: &str, region: Option<&str>, now: Instant) {
        if let Some(bucket) = self.buckets.get_mut(&(kind.to_owned(), region.map(str::to_owned))) {
            bucket.tokens = 0.0;
            bucket.at = now;
        }
    }
}

impl Bucket {
    fn refill(&mut self, now: Instant) {
        let passed = now.duration_since(self.at).as_secs_f64();
        self.tokens = (self.tokens + passed * self.rate.per_second).min(f64::from(self.rate.burst));
        self.at = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_burst_then_the_rate() {
        let mut limits = Limits::default();
        let rate = Rate { burst: 2, per_second: 0.5 };
        let take = |limits: &mut Limits| limits.take("a", None, rate, Instant::now());
        assert!(take(&mut limits).is_ok());
        assert!(take(&mut limits).is_ok());
        let at = take(&mut limits).unwrap_err();
        let wait = at.duration_since(Instant::now()).as_secs_f64();
        assert!((2.0..2.1).contains(&wait), "{wait}");
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(take(&mut limits).is_err());
        tokio::time::sleep_until(at).await;
        assert!(take(&mut limits).is_ok());
        tokio::time::advance(Duration::from_mins(1)).await;
        limits.empty("a", None, Instant::now());
        assert!(take(&mut limits).is_err());
    }
}
