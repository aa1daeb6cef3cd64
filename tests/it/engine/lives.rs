//! Whole lives, decided by a seed: a site is made, edited, damaged, interrupted and taken down, in weather of all kinds.
//!
//! A life goes through some commands, as a person would type them. Before each, the spec may be edited, or somebody may
//! change the account behind our back; during each, the process may die, at a record or at any time, the user may
//! interrupt, the disk may be full, the clock may jump. What must hold is checked after each command and at the end.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use moodle_infra::apply::Stop;
use moodle_infra::graph::Graph;
use moodle_infra::kind::Address;
use moodle_infra::kind::erased::Registry;
use moodle_infra::kinds;
use moodle_infra::plan::step::Blocked;
use moodle_infra::plan::{Options, PlanError};
use serde_json::{Value, json};
use tokio::sync::mpsc::unbounded_channel;
use tokio::time::Instant;

use super::model::Model;
use super::seeds;
use super::specs::{everything, parts};
use crate::support::sim::dice::Dice;
use crate::support::sim::kind::Cloud;
use crate::support::sim::ledger::Mishap;
use crate::support::sim::site::Site;
use crate::support::sim::things::things;
use crate::support::sim::weather::Weather;

/// Every life ends within so much virtual time, without the jumps of its clock: most of it is one command that waits for
/// a database, and AWS's refusals while something else is busy.
const LONGEST: Duration = Duration::from_hours(8);
/// After so long, every read sees what somebody changed.
const SEEN: Duration = Duration::from_secs(5);
/// So many commands must do, when nothing but the weather is against them.
const COMMANDS: usize = 20;

/// What a life is about.
enum Plot {
    /// Things of the tests, wanted at random.
    Things(Model),
    /// The real kinds, as one of these specs wants them.
    Specs {
        /// The specs.
        all: &'static [Graph],
        /// The one that is wanted.
        index: usize,
        /// The last one that was not refused.
        before: usize,
    },
}

impl Plot {
    fn of(seed: u64, dice: &mut Dice) -> Plot {
        let specs = |all: &'static [Graph], dice: &mut Dice| {
            let index = dice.below(all.len());
            Plot::Specs { all, index, before: index }
        };
        match seed % 50 {
            0 => specs(everything(), dice),
            1..=4 => specs(parts(), dice),
            _ => {
                let size = 2 + dice.below(12);
                Plot::Things(Model::random(size, dice))
            }
        }
    }

    fn registry(&self) -> &'static Registry {
        static THINGS: OnceLock<Registry> = OnceLock::new();
        static KINDS: OnceLock<Registry> = OnceLock::new();
        match self {
            Plot::Things(_) => THINGS.get_or_init(things),
            Plot::Specs { .. } => KINDS.get_or_init(kinds::registry),
        }
    }

    fn edit(&mut self, dice: &mut Dice) {
        match self {
            Plot::Things(model) => {
                let times = 1 + dice.below(6);
                model.edit(times, dice);
            }
            Plot::Specs { all, index, before } => {
                *before = *index;
                *index = dice.below(all.len());
            }
        }
    }

    /// Takes the last edit back.
    fn undo(&mut self) {
        match self {
            Plot::Things(_) => panic!("nothing of a thing is left to the cloud"),
            Plot::Specs { index, before, .. } => *index = *before,
        }
    }

    fn graph(&self) -> Graph {
        match self {
            Plot::Things(model) => model.graph(),
            Plot::Specs { all, index, .. } => all[*index].clone(),
        }
    }
}

/// What happened, in order, for the message of a failed test.
#[derive(Clone, Default)]
struct Story(Arc<Mutex<Vec<String>>>);

impl Story {
    fn tell(&self, begun: Instant, line: &str) {
        let line: String = line.chars().take(300).collect();
        self.0.lock().unwrap().push(format!("{:8.1} s  {line}", begun.elapsed().as_secs_f64()));
    }

    /// Returns the story; of a long one, how it begins and how it ends.
    fn text(&self) -> String {
        let lines = self.0.lock().unwrap();
        let (begins, ends) = (lines.len().min(20), lines.len().saturating_sub(6).max(20));
        let gap = if begins < ends.min(lines.len()) { "\n        …" } else { "" };
        format!("{}{gap}\n{}", lines[..begins].join("\n"), lines.get(ends..).unwrap_or_default().join("\n"))
    }
}

/// One life.
struct Life {
    site: Site,
    plot: Plot,
    dice: Dice,
    story: Story,
    begun: Instant,
    /// By how much the clock jumped.
    jumped: Duration,
    /// How long it took, at most, from a death to the end of the work.
    recovery: Duration,
    /// When somebody changed something behind our back at last.
    meddled: Option<Instant>,
}

/// So many failed lives tell enough.
const FAILURES: usize = 4;

/// What becomes of a command.
#[derive(Debug, PartialEq, Eq)]
enum End {
    Complete,
    Incomplete,
    Died,
    /// It would delete what is in use: the user takes the edit back.
    Refused,
    /// AWS could not be looked at.
    Blind,
}

impl Life {
    fn of(seed: u64, story: Story) -> Life {
        let mut dice = Dice::of(seed);
        let plot = Plot::of(seed, &mut dice);
        let chance = *dice.pick(&[0.0, 0.01, 0.03, 0.06]);
        let weather = if dice.chance(0.2) { Weather::default() } else { Weather::rough(chance) };
        let mut site = Site::new(plot.registry(), weather, seed);
        site.ledger.thorough = false;
        site.per_service = 1 + dice.below(20);
        site.cloud.world().may_lose = Some(BTreeSet::new());
        let (jumped, recovery) = (Duration::ZERO, Duration::ZERO);
        Life { site, plot, dice, story, begun: Instant::now(), jumped, recovery, meddled: None }
    }

    /// Returns how long it has lived, without the jumps of its clock.
    fn lived(&self) -> Duration {
        self.begun.elapsed().saturating_sub(self.jumped)
    }

    fn tell(&self, line: &str) {
        self.story.tell(self.begun, line);
    }

    /// Lives.
    async fn live(&mut self) {
        let commands = 1 + self.dice.below(4);
        for _ in 0..commands {
            if self.dice.chance(0.5) {
                self.plot.edit(&mut self.dice);
                self.tell("the spec is edited");
            }
            if self.dice.chance(0.3) {
                self.meddle();
            }
            let destroy = self.dice.chance(0.1);
            self.command(destroy, true).await;
            // Now and then the next process dies as well, while it puts right what the first one left.
            while self.dice.chance(0.3) {
                self.command(destroy, true).await;
            }
        }
        self.site.cloud.world().weather.fail.clear();
        // A read of a moment ago may not have shown it; then only the plan after the next one does.
        if let Some(meddled) = self.meddled {
            tokio::time::sleep_until(meddled + SEEN).await;
        }
        self.finish(false).await;
        let graph = self.plot.graph();
        self.site.check(&graph).await;
        self.finish(true).await;
        self.site.check_nothing_left();
    }

    /// Repeats a command, which nobody interrupts any more, until everything is done.
    async fn finish(&mut self, destroy: bool) {
        let before = self.lived();
        for _ in 0..COMMANDS {
            if self.command(destroy, false).await == End::Complete {
                self.recovery = self.recovery.max(self.lived().saturating_sub(before));
                return;
            }
        }
        panic!("not done after {COMMANDS} commands");
    }

    /// Somebody deletes or changes something behind our back.
    fn meddle(&mut self) {
        let mut world = self.site.cloud.world();
        let all: Vec<_> = world.alive().map(|(_, it)| (it.token.address.clone(), it.kind, it.props.clone())).collect();
        if all.is_empty() {
            return;
        }
        let (address, kind, props) = self.dice.pick(&all).clone();
        let line = if self.dice.chance(0.4) && world.is_unused(&address) && !world.is_act(kind) {
            world.lose(&address);
            format!("somebody deletes {address}")
        } else {
            let fields = self.site.registry.get(kind).unwrap().meta().fields;
            let Some((field, value)) = changed(&props, fields.iter().map(|it| it.name)) else { return };
            world.edit(&address, &field, value);
            format!("somebody changes `{field}` of {address}")
        };
        drop(world);
        self.meddled = Some(Instant::now());
        self.tell(&line);
    }

    /// One command, as a process of its own.
    async fn command(&mut self, destroy: bool, fate: bool) -> End {
        let graph = &self.plot.graph();
        if fate && self.dice.chance(0.3) {
            // The recovery itself is a few records long.
            let records = if self.dice.chance(0.5) { self.dice.below(8) } else { self.dice.below(60) };
            let mishap = *self.dice.pick(&[Mishap::DiesBefore, Mishap::DiesAfter, Mishap::Full]);
            self.site.ledger.after(records, mishap);
        } else {
            self.site.ledger.mishap = None;
        }
        let killed = (fate && self.dice.chance(0.3)).then(|| self.moment());
        let jump = (fate && self.dice.chance(0.1)).then(|| (self.moment(), 10_f64.powf(1.0 + 4.0 * self.dice.share())));
        let stops = if fate && self.dice.chance(0.15) { self.stops() } else { Vec::new() };
        if fate && self.dice.chance(0.05) {
            self.let_one_fail(graph);
        }
        self.tell(if destroy { "destroy" } else { "apply" });
        let (story, begun, cloud) = (self.story.clone(), self.begun, self.site.cloud.clone());
        let work = Self::work(&mut self.site, graph, destroy, &stops);
        let mut jumped = Duration::ZERO;
        let end = tokio::select! {
            biased;
            end = work => Some(end),
            () = sleep(killed) => None,
            () = jumps(jump, &mut jumped, &cloud, &story, begun) => unreachable!("it waits for ever"),
            () = sleep(Some(LONGEST + Duration::from_secs_f64(jump.map_or(0.0, |(_, by)| by)))) => panic!("one command takes more than {LONGEST:?}"),
        };
        self.jumped += jumped;
        let at = self.site.ledger.at.take().unwrap_or_default();
        let end = match end {
            None => {
                self.tell("the process is killed");
                End::Died
            }
            Some(_) if self.site.ledger.is_dead() => {
                self.tell(&format!("the process dies at a record: {at}"));
                End::Died
            }
            Some((end, what)) => {
                self.tell(&format!("{end:?}: {what}"));
                end
            }
        };
        if end == End::Died {
            self.site.ledger.reopen();
        }
        if end == End::Refused {
            self.plot.undo();
        }
        self.site.check_nothing_lost();
        self.site.check_rules();
        assert!(self.lived() < LONGEST, "it takes more than {LONGEST:?}");
        end
    }

    /// What a command does: settle, refresh, plan, ask before data is lost, apply.
    async fn work(site: &mut Site, graph: &Graph, destroy: bool, stops: &[(Duration, Stop)]) -> (End, String) {
        let mut options = Options { destroy, ..Options::default() };
        site.cloud.world().may_lose = Some(BTreeSet::new());
        let mut planned = site.plan(graph, &options).await;
        if let Ok(plan) = &planned
            && plan.blocked().next().is_some()
        {
            // It is refused, and said again with the addresses of what may go.
            options.allow_data_loss = plan.blocked().map(|step| step.key.address.clone()).collect();
            site.cloud.world().may_lose = Some(options.allow_data_loss.clone());
            planned = site.plan(graph, &options).await;
        }
        let plan = match planned {
            Ok(plan) => plan,
            Err(error @ (PlanError::Look { .. } | PlanError::State(_))) => return (End::Blind, error.to_string()),
            Err(error) => panic!("no plan: {error}"),
        };
        if let Some(used) = plan.blocked().find_map(|it| it.blocked.as_ref().filter(|why| **why != Blocked::Data)) {
            return (End::Refused, used.to_string());
        }
        if plan.blocked().next().is_some() {
            return (End::Incomplete, "what it would lose has changed meanwhile".to_owned());
        }
        let (sender, mut receiver) = unbounded_channel();
        let ask = async {
            for (after, stop) in stops {
                tokio::time::sleep(*after).await;
                // The apply may be done before.
                let _sent = sender.send(*stop);
            }
            std::future::pending::<()>().await;
        };
        let died = Arc::clone(&site.ledger.died);
        let mut tell = |_| {};
        let outcome = tokio::select! {
            biased;
            outcome = site.apply_until(&plan, &mut receiver, &mut tell) => outcome,
            () = died.notified() => return (End::Died, String::new()),
            () = ask => unreachable!("it waits for ever"),
        };
        let told =
            format!("{} of {} steps; {:?} {:?}", outcome.done.len(), plan.steps.len(), outcome.stopped, outcome.failed);
        (if outcome.is_complete() { End::Complete } else { End::Incomplete }, told)
    }

    /// Returns a moment in a command; most happens in its first seconds.
    fn moment(&mut self) -> Duration {
        let longest = *self.dice.pick(&[1.0, 5.0, 30.0, 300.0]);
        Duration::from_secs_f64(self.dice.share() * longest)
    }

    fn stops(&mut self) -> Vec<(Duration, Stop)> {
        let mut stops = vec![(self.moment(), Stop::Drain)];
        if self.dice.chance(0.5) {
            stops.push((self.moment(), Stop::Drop));
        }
        stops
    }

    /// AWS is going to give up on one of the resources.
    fn let_one_fail(&mut self, graph: &Graph) {
        let all: Vec<Address> = graph.nodes().map(|node| node.address.clone()).collect();
        let address = self.dice.pick(&all).clone();
        self.tell(&format!("AWS will give up on {address}"));
        self.site.cloud.world().weather.fail = [address].into();
    }
}

/// Returns a change of one of the properties that can be changed in place.
fn changed<'a>(props: &Value, mut fields: impl Iterator<Item = &'a str>) -> Option<(String, Value)> {
    fields.find_map(|field| match &props[field] {
        Value::Object(tags) if field == "tags" => {
            let mut tags = tags.clone();
            tags.insert("owner".to_owned(), json!("somebody"));
            Some((field.to_owned(), Value::Object(tags)))
        }
        Value::Number(number) if field == "size" => Some((field.to_owned(), json!(number.as_i64()? + 1000))),
        Value::String(_) if matches!(field, "description" | "comment") => Some((field.to_owned(), json!("somebody's"))),
        _ => None,
    })
}

async fn sleep(time: Option<Duration>) {
    match time {
        Some(time) => tokio::time::sleep(time).await,
        None => std::future::pending().await,
    }
}

/// Lets the clock jump, as that of a machine does that slept.
async fn jumps(jump: Option<(Duration, f64)>, jumped: &mut Duration, cloud: &Cloud, story: &Story, begun: Instant) {
    if let Some((after, seconds)) = jump {
        tokio::time::sleep(after).await;
        *jumped = Duration::from_secs_f64(seconds);
        story.tell(begun, &format!("the clock jumps by {seconds:.0} s"));
        cloud.world().slept = true;
        tokio::time::advance(*jumped).await;
    }
    std::future::pending::<()>().await;
}

/// What many lives come to.
#[derive(Default)]
struct Sum {
    lives: AtomicU64,
    virtual_seconds: AtomicU64,
    longest_recovery: AtomicU64,
    failed: AtomicUsize,
    calls: AtomicU64,
}

/// Lives through the seeds, a part of them in each thread.
fn live_all(seeds: &[u64], sum: &Sum, told: &Mutex<Vec<String>>, next: &AtomicU64) {
    loop {
        // Each life has a clock of its own: timers are rounded to milliseconds since its beginning.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let index = usize::try_from(next.fetch_add(1, Ordering::Relaxed)).unwrap();
        let Some(seed) = seeds.get(index).filter(|_| sum.failed.load(Ordering::Relaxed) < FAILURES) else { return };
        let story = Story::default();
        let ended = std::panic::catch_unwind(AssertUnwindSafe(|| {
            runtime.block_on(async {
                let mut life = Life::of(*seed, story.clone());
                Box::pin(life.live()).await;
                let calls = life.site.cloud.world().calls.len() as u64;
                (life.lived(), life.recovery, calls)
            })
        }));
        match ended {
            Ok((took, recovery, calls)) => {
                sum.lives.fetch_add(1, Ordering::Relaxed);
                sum.calls.fetch_add(calls, Ordering::Relaxed);
                sum.virtual_seconds.fetch_add(took.as_secs(), Ordering::Relaxed);
                sum.longest_recovery.fetch_max(recovery.as_secs(), Ordering::Relaxed);
            }
            Err(why) => {
                // The story comes at the end; of a million lives that is late.
                drop(writeln!(std::io::stderr(), "SEED={seed} fails"));
                sum.failed.fetch_add(1, Ordering::Relaxed);
                let why =
                    why.downcast_ref::<String>().cloned().or(why.downcast_ref::<&str>().map(|it| (*it).to_owned()));
                let why = why.unwrap_or_default();
                told.lock().unwrap().push(format!(
                    "{}\n            {why}\nagain: SEED={seed} cargo test --release lives",
                    story.text()
                ));
            }
        }
    }
}

#[test]
#[expect(clippy::print_stdout, reason = "the figures are for people")]
fn lives() {
    let seeds: Vec<u64> = seeds(3000).collect();
    let (sum, told, next) = (Sum::default(), Mutex::new(Vec::new()), AtomicU64::new(0));
    let begun = std::time::Instant::now();
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| live_all(&seeds, &sum, &told, &next));
        }
    });
    let told = told.into_inner().unwrap();
    assert!(told.is_empty(), "{}", told.join("\n\n"));
    let get = |it: &AtomicU64| it.load(Ordering::Relaxed);
    println!(
        "{} lives of {} calls and {} virtual hours in {:.0} s; the longest way back took {} virtual seconds",
        get(&sum.lives),
        get(&sum.calls),
        get(&sum.virtual_seconds) / 3600,
        begun.elapsed().as_secs_f64(),
        get(&sum.longest_recovery),
    );
    assert_eq!(get(&sum.lives), seeds.len() as u64);
}
