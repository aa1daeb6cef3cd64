//! A user who interrupts, at any time; then the next run.

use std::time::Duration;

use moodle_infra::apply::Stop;
use moodle_infra::apply::progress::Progress;
use moodle_infra::kinds;
use moodle_infra::plan::Options;
use moodle_infra::state::store::Ledger;
use tokio::sync::mpsc::unbounded_channel;

use super::network::Network;
use super::{Seed, seeds};
use crate::support::sim::dice::Dice;
use crate::support::sim::site::Site;
use crate::support::sim::weather::Weather;

/// Applies the network, is interrupted at a time, and goes on.
async fn stopped_at(after: Duration, stops: &[Stop], weather: Weather, seed: u64) -> Option<Stop> {
    let graph = Network::reference().graph();
    let mut site = Site::new(&kinds::registry(), weather, seed);
    let plan = site.plan(&graph, &Options::default()).await.unwrap();
    let (sender, mut receiver) = unbounded_channel();
    let begun = tokio::time::Instant::now();
    let ask = async {
        for stop in stops {
            tokio::time::sleep(after).await;
            // The apply may be done before.
            let _sent = sender.send(*stop);
        }
        std::future::pending::<()>().await;
    };
    let mut tell = |_| {};
    let outcome = tokio::select! {
        outcome = site.apply_until(&plan, &mut receiver, &mut tell) => outcome,
        () = ask => unreachable!("it never ends"),
    };
    if outcome.stopped.is_some() {
        assert!(!outcome.is_complete(), "{outcome:?}");
        // A call takes a second or two, and a lost one is given up after five; nothing else is waited for. In rough
        // weather an answer takes up to forty seconds more.
        let perfect = site.cloud.world().weather.chance == 0.0;
        let drained = after + Duration::from_secs(if perfect { 8 } else { 48 });
        let most =
            if stops.contains(&Stop::Drop) { drained.min(after * 2 + Duration::from_millis(10)) } else { drained };
        assert!(begun.elapsed() <= most, "{:?} after a stop at {after:?}", begun.elapsed());
        let open = site.ledger.state().open().count();
        assert!(!perfect || outcome.stopped == Some(Stop::Drop) || open == 0, "a drain leaves no call open");
    }
    site.converge(&graph, &Options::default()).await;
    site.check(&graph).await;
    outcome.stopped
}

#[tokio::test(start_paused = true)]
async fn a_drained_run_is_continued() {
    let mut stopped = 0;
    for seed in seeds(40) {
        let _named = Seed(seed);
        let after = Duration::from_millis(250 * (seed % 20));
        stopped += usize::from(stopped_at(after, &[Stop::Drain], Weather::default(), seed).await == Some(Stop::Drain));
        let mut dice = Dice::of(seed);
        let after = Duration::from_secs_f64(dice.share() * 100.0);
        stopped +=
            usize::from(stopped_at(after, &[Stop::Drain], Weather::rough(0.05), seed).await == Some(Stop::Drain));
    }
    assert!(stopped > 0);
}

#[tokio::test(start_paused = true)]
async fn a_dropped_run_is_continued() {
    let mut stopped = 0;
    for seed in seeds(40) {
        let _named = Seed(seed);
        let after = Duration::from_millis(130 * (seed % 20));
        stopped += usize::from(
            stopped_at(after, &[Stop::Drain, Stop::Drop], Weather::default(), seed).await == Some(Stop::Drop),
        );
        let mut dice = Dice::of(seed);
        let after = Duration::from_secs_f64(dice.share() * 50.0);
        stopped += usize::from(
            stopped_at(after, &[Stop::Drain, Stop::Drop], Weather::rough(0.05), seed).await == Some(Stop::Drop),
        );
    }
    assert!(stopped > 0);
}

#[tokio::test(start_paused = true)]
async fn what_was_refused_and_waits_to_be_tried_again_is_not_left_open_by_a_drain() {
    let graph = Network::reference().graph();
    let mut waited = 0;
    for milliseconds in (500..9000).step_by(500) {
        let weather = Weather { too_early: true, ..Weather::default() };
        let mut site = Site::new(&kinds::registry(), weather, milliseconds);
        let plan = site.plan(&graph, &Options::default()).await.unwrap();
        let (sender, mut receiver) = unbounded_channel();
        let ask = async {
            tokio::time::sleep(Duration::from_millis(milliseconds)).await;
            sender.send(Stop::Drain).unwrap();
            std::future::pending::<()>().await;
        };
        let mut again = 0;
        let mut tell = |it| again += usize::from(matches!(it, Progress::Again { .. }));
        let outcome = tokio::select! {
            outcome = site.apply_until(&plan, &mut receiver, &mut tell) => outcome,
            () = ask => unreachable!("it never ends"),
        };
        assert_eq!(outcome.stopped, Some(Stop::Drain));
        waited += again;
        let open: Vec<String> = site.ledger.state().open().map(|(key, ..)| key.to_string()).collect();
        assert!(open.is_empty(), "refused, so nothing happened, but it is open: {open:?}");
    }
    assert!(waited > 0, "something was refused");
}
