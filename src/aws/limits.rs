//! How fast calls are made, so that AWS never has to say "slower": token buckets at the published rates, a budget for
//! calls that are made again, and pauses of random length.
//!
//! The clients of one account share one [`Limits`], so that what a refresh took is not there for the apply after it. A
//! bucket belongs to a service, a group of its calls ([`Rate::group`]) and a region.
//!
//! ```text
//!   call ──▶ bucket of its group ──▶ AWS ──▶ answer: the rate grows back, the budget too
//!     ▲                                │
//!     └── pause ◀── budget ◀── "slower": the bucket is emptied, its rate halved
//! ```
//!
//! *Absent on purpose*: waiting. Whoever is refused a token is told when there will be one, and holds nothing meanwhile.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::kind::Rate;

/// The services that AWS runs once for all regions, and counts so.
const GLOBAL: &[&str] = &["cloudfront", "iam", "route53"];
/// The calls of a service that may be made again at once, and then a second; each call that gets through gives one back.
const AGAIN: Rate = Rate { group: "again", burst: 50, per_second: 2.0 };
/// The smallest part of a published rate to which others may press us.
const SLOWEST: f64 = 1.0 / 64.0;
/// By how much the rate of a bucket grows back with each call that gets through.
const GROWTH: f64 = 1.03;

/// The buckets of one account; clones are one.
#[derive(Debug, Clone)]
pub struct Limits(Arc<Mutex<Account>>);

#[derive(Debug)]
struct Account {
    buckets: BTreeMap<Group, Bucket>,
    /// Calls that are made again, by service; below nothing when more are to come than there were.
    again: BTreeMap<String, Bucket>,
    dice: u64,
}

/// A service, a group of its calls, a region.
type Group = (String, &'static str, String);

#[derive(Debug)]
struct Bucket {
    rate: Rate,
    /// The part of the rate that AWS lets us have; less than all of it when others use the account as well.
    share: f64,
    tokens: f64,
    at: Instant,
}

impl Default for Limits {
    /// Returns full buckets, and pauses that nobody can foresee: two programs that were refused together come back apart.
    fn default() -> Limits {
        Limits::seeded(RandomState::new().hash_one("pauses"))
    }
}

impl Limits {
    /// Returns full buckets, and pauses that are the same for the same seed.
    #[must_use]
    pub fn seeded(seed: u64) -> Limits {
        Limits(Arc::new(Mutex::new(Account { buckets: BTreeMap::new(), again: BTreeMap::new(), dice: seed })))
    }

    /// Takes a token for one call, or says when there will be one.
    ///
    /// # Errors
    /// The time of the next token.
    pub fn take(&self, service: &str, region: &str, rate: Rate) -> Result<(), Instant> {
        self.account().bucket(service, region, rate).take()
    }

    /// Notes that a call got through.
    pub fn got_through(&self, service: &str, region: &str, rate: Rate) {
        let mut account = self.account();
        let bucket = account.bucket(service, region, rate);
        bucket.share = (bucket.share * GROWTH).min(1.0);
        let again = account.again(service);
        again.tokens = (again.tokens + 1.0).min(f64::from(AGAIN.burst));
    }

    /// Notes that AWS said "slower" though our bucket was not empty: others use the account as well.
    pub fn slower(&self, service: &str, region: &str, rate: Rate) {
        self.account().bucket(service, region, rate).slower();
    }

    /// Returns after how long a call may be made again that failed: some part of `longest`, and more when the service's
    /// budget is used up.
    #[must_use]
    pub fn pause(&self, service: &str, longest: Duration) -> Duration {
        let mut account = self.account();
        let share = account.share();
        let again = account.again(service);
        again.refill();
        again.tokens -= 1.0;
        let debt = (-again.tokens / AGAIN.per_second).max(0.0);
        longest.mul_f64(share) + Duration::from_secs_f64(debt)
    }

    fn account(&self) -> MutexGuard<'_, Account> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Account {
    fn bucket(&mut self, service: &str, region: &str, rate: Rate) -> &mut Bucket {
        let region = if GLOBAL.contains(&service) { "" } else { region };
        let group = (service.to_owned(), rate.group, region.to_owned());
        self.buckets.entry(group).or_insert_with(|| Bucket::full(rate))
    }

    fn again(&mut self, service: &str) -> &mut Bucket {
        self.again.entry(service.to_owned()).or_insert_with(|| Bucket::full(AGAIN))
    }

    /// Returns a number from 0 up to 1 (`SplitMix64`).
    #[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
    fn share(&mut self) -> f64 {
        self.dice = self.dice.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.dice;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

impl Bucket {
    fn full(rate: Rate) -> Bucket {
        Bucket { rate, share: 1.0, tokens: f64::from(rate.burst), at: Instant::now() }
    }

    fn take(&mut self) -> Result<(), Instant> {
        self.refill();
        if 1.0 <= self.tokens {
            self.tokens -= 1.0;
            return Ok(());
        }
        // A millisecond more, so that rounding does not wake us a moment too early.
        let missing = (1.0 - self.tokens) / (self.rate.per_second * self.share) + 0.001;
        Err(self.at + Duration::from_secs_f64(missing))
    }

    fn refill(&mut self) {
        let now = Instant::now();
        let passed = now.duration_since(self.at).as_secs_f64();
        let most = (f64::from(self.rate.burst) * self.share).max(1.0);
        self.tokens = (self.tokens + passed * self.rate.per_second * self.share).min(most);
        self.at = now;
    }

    fn slower(&mut self) {
        self.refill();
        // Calls that were sent together are refused together: that is one "slower", not many.
        if 0.0 < self.tokens || 1.0 <= self.share {
            self.share = (self.share / 2.0).max(SLOWEST);
        }
        self.tokens = -1.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate { group: "a", burst: 2, per_second: 0.5 };

    fn seconds(at: Instant) -> f64 {
        at.duration_since(Instant::now()).as_secs_f64()
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_then_the_rate() {
        let limits = Limits::seeded(0);
        let take = |limits: &Limits| limits.take("ec2", "eu-west-1", RATE);
        assert!(take(&limits).is_ok());
        assert!(take(&limits).is_ok());
        let at = take(&limits).unwrap_err();
        assert!((2.0..2.1).contains(&seconds(at)), "{}", seconds(at));
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(take(&limits).is_err());
        tokio::time::sleep_until(at).await;
        assert!(take(&limits).is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_bucket_belongs_to_a_group_and_a_region_unless_the_service_is_global() {
        let limits = Limits::seeded(0);
        let one = Rate { burst: 1, ..RATE };
        assert!(limits.take("ec2", "eu-west-1", one).is_ok());
        assert!(limits.take("ec2", "eu-west-1", one).is_err());
        assert!(limits.take("ec2", "us-east-1", one).is_ok());
        assert!(limits.take("ec2", "eu-west-1", Rate { group: "b", ..one }).is_ok());
        assert!(limits.take("iam", "eu-west-1", one).is_ok());
        assert!(limits.take("iam", "us-east-1", one).is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn slower_halves_the_rate_once_and_calls_that_get_through_give_it_back() {
        let limits = Limits::seeded(0);
        let rate = Rate { group: "a", burst: 10, per_second: 4.0 };
        let wait = |limits: &Limits| limits.take("ec2", "", rate).map_err(seconds).unwrap_err();
        for _ in 0..5 {
            limits.take("ec2", "", rate).unwrap();
        }
        // Five calls, sent together.
        for _ in 0..5 {
            limits.slower("ec2", "", rate);
        }
        assert!((1.0..1.1).contains(&wait(&limits)), "two tokens at two a second");
        tokio::time::advance(Duration::from_secs(2)).await;
        limits.take("ec2", "", rate).unwrap();
        limits.slower("ec2", "", rate);
        assert!((2.0..2.1).contains(&wait(&limits)), "two tokens at one a second");
        for _ in 0..100 {
            limits.got_through("ec2", "", rate);
        }
        tokio::time::advance(Duration::from_secs(3)).await;
        assert_eq!((0..20).take_while(|_| limits.take("ec2", "", rate).is_ok()).count(), 10, "full again");
    }

    #[tokio::test(start_paused = true)]
    async fn pauses_are_spread_and_come_to_an_end_of_their_budget() {
        let longest = Duration::from_secs(4);
        let pauses = |seed| {
            let limits = Limits::seeded(seed);
            (0..60).map(move |_| limits.pause("ec2", longest).as_secs_f64()).collect::<Vec<_>>()
        };
        let all = pauses(1);
        assert!(all == pauses(1) && all != pauses(2), "the seed decides");
        let within = &all[..50];
        assert!(within.iter().all(|it| (0.0..4.0).contains(it)));
        let mean = within.iter().sum::<f64>() / 50.0;
        assert!((1.5..2.5).contains(&mean), "{mean}");
        // The sixtieth is ten too many, at two a second.
        assert!((5.0..9.0).contains(&all[59]), "{}", all[59]);

        let limits = Limits::seeded(1);
        for _ in 0..200 {
            assert!(limits.pause("ec2", longest) < longest, "what gets through pays for what does not");
            limits.got_through("ec2", "", RATE);
        }
    }
}
