//! Ring 2: the engine over simulated kinds, with virtual time.
//!
//! Everything is decided by a seed. A failure prints it; `SEED=<seed>` runs that one alone, `SEEDS=<factor>` so many
//! times as many seeds as usual.

mod adopting;
mod choices;
mod crashes;
mod failures;
mod faults;
mod lives;
mod model;
mod network;
mod runs;
mod specs;
mod speed;
mod stops;
mod throttling;

/// Names the seed of a test that fails.
struct Seed(u64);

impl Drop for Seed {
    #[expect(clippy::print_stderr, reason = "a failed test names its seed")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("run again with SEED={}", self.0);
        }
    }
}

/// Returns the seeds to run, usually so many.
#[expect(clippy::disallowed_methods, reason = "a test is steered by its environment")]
fn seeds(count: u64) -> impl Iterator<Item = u64> {
    let number = |name: &str| std::env::var(name).ok().map(|it| it.parse::<u64>().expect("a number"));
    let all = 0..count * number("SEEDS").unwrap_or(1);
    let one = number("SEED");
    all.filter(move |seed| one.is_none_or(|one| one == *seed)).chain(one.filter(|one| count <= *one))
}
