//! Specs, states, journals and plan files that were damaged at random: no panic, no hang, no blow-up of memory.
//!
//! A damaged file is a real one in which some places were changed: bytes, words that mean something, numbers, pieces
//! of other files. Everything that a file gets as far as is done with it: a spec that is still one is formatted,
//! filled in and drawn; a state is checked, written and planned with; a plan is shown and queued. Each run makes the
//! same files unless told otherwise: `FUZZ_SECONDS=600` goes on for so long, with `FUZZ_SEED=n` from another start. A
//! failure says its seed, with which it can be had again; where the process dies, it stands in `tmp/fuzz-last` of the
//! target folder.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant};

use moodle_infra::apply::run::expected;
use moodle_infra::graph::Graph;
use moodle_infra::kind::erased::Registry;
use moodle_infra::kinds::registry;
use moodle_infra::plan::saved::Saved;
use moodle_infra::plan::step::Action;
use moodle_infra::plan::{Home, Options, plan};
use moodle_infra::report;
use moodle_infra::report::style::Style;
use moodle_infra::spec::{format, render};
use moodle_infra::state::event::{Call, Event};
use moodle_infra::state::{State, StateError, journal, snapshot};
use moodle_infra::topology::{self, Facts};
use serde_json::json;

use crate::support::sim::dice::Dice;

/// How many files of each sort are tried without `FUZZ_SECONDS`.
const RUNS: u64 = 600;
/// One file may take so long, on a machine that does other things as well.
const LONGEST: Duration = Duration::from_secs(20);
/// And the process may take so much memory for all of them, in KiB: a run takes about a tenth of it.
const MEMORY: u64 = 2_000_000;

const WORDS: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    "\"",
    "\\",
    "\\u0000",
    "\\ud800",
    "null",
    "true",
    "-",
    "-1",
    "1e400",
    "18446744073709551616",
    "99999999999999999999",
    "0",
    "0.0",
    ",",
    ":",
    "$from",
    "#true",
    "#null",
    "/*",
    "*/",
    "/-",
    "r#\"",
    "\n",
    "\r",
    "\u{0}",
    "\u{feff}",
    "\u{202e}",
    "é",
    "../",
    "{{",
    "10.0.0.0/0",
    "255.255.255.255/32",
    "network.vpc",
    "[\"\"]",
    "serial",
    "incarnation",
    "open",
    "create",
    "update",
    "delete",
    "waits",
    "step",
    "moodle ",
    "network",
    "zones 0",
    "zones 99",
];

/// A sort of file: real ones, and what is done with a damaged one.
struct Target {
    name: &'static str,
    seeds: Vec<Vec<u8>>,
    run: fn(&[u8], &Bench) -> bool,
}

/// What the files are tried with.
struct Bench {
    registry: Registry,
    graph: Graph,
    home: Home,
    state: State,
}

/// Undamaged files of a whole site and of a small network.
#[derive(Default)]
struct Seeds {
    states: Vec<Vec<u8>>,
    journals: Vec<Vec<u8>>,
    plans: Vec<Vec<u8>>,
}

fn specs() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("specs");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|it| it.unwrap().path()).collect();
    files.sort();
    files.iter().map(|it| std::fs::read(it).unwrap()).collect()
}

fn bench() -> (Bench, Seeds) {
    let (everything, small) =
        (include_bytes!("../../../specs/everything.kdl"), include_bytes!("../../../specs/network-small.kdl"));
    let registry = registry();
    let home = Home { account: "000000000000".to_owned(), region: "eu-west-1".to_owned() };
    let mut seeds = Seeds::default();
    let mut kept = None;
    for spec in [&everything[..], &small[..]] {
        let topology = topology::read(spec, "x.kdl").0.unwrap();
        let facts = Facts::offline(&topology);
        let graph = topology.graph(&facts);
        let empty = State::empty("campus", "0123456789abcdef");
        let home = Home { account: facts.account().to_owned(), region: facts.region().to_owned() };
        let fresh = plan(&registry, &graph, &empty, &BTreeMap::new(), &Options::default(), &home).unwrap();
        let mut events = vec![Event::Begin { account: home.account.clone(), region: home.region.clone() }];
        for step in &fresh.steps {
            let Action::Create { props, needs, .. } = &step.action else { continue };
            let call = Call::Create {
                kind: step.kind.clone(),
                region: step.region.clone(),
                token: "0".repeat(32),
                props: props.clone(),
                needs: needs.clone(),
            };
            events.push(Event::Intend { key: step.key.clone(), call });
            // One in seven was interrupted.
            if events.len() % 7 != 0 {
                let attrs = json!({ "id": format!("id-{}", events.len()), "arn": "arn:aws:x", "name": "x" });
                events.push(Event::Created { key: step.key.clone(), attrs, later: Vec::new(), ready: true });
            }
        }
        let mut state = empty;
        let header = json!({ "format": "moodle-infra/journal", "version": journal::VERSION, "stack": "campus",
            "lineage": "0123456789abcdef", "after": 0 });
        let mut text = format!("{header}\n");
        for event in events {
            state.fold(&event).unwrap();
            text += &format!("{}\n", json!({ "serial": state.serial, "event": event }));
        }
        seeds.states.push(snapshot::text(&state).into_bytes());
        seeds.journals.push(text.into_bytes());
        seeds.plans.push(Saved::of(fresh, Path::new("x.kdl"), spec, false).to_json().into_bytes());
        kept.get_or_insert((graph, state));
    }
    let (graph, state) = kept.unwrap();
    (Bench { registry, graph, home, state }, seeds)
}

/// Reads a spec, and does what commands do with one. `true` when it is one.
fn spec(bytes: &[u8], _: &Bench) -> bool {
    let (topology, faults) = topology::read(bytes, "x.kdl");
    let text = String::from_utf8_lossy(bytes);
    let _shown = render(&faults, "x.kdl", &text, true);
    if let Ok(formatted) = format(&text) {
        assert_eq!(format(&formatted).as_ref(), Ok(&formatted), "formatted twice is another text");
    }
    let Some(topology) = topology else { return false };
    let effective = topology::effective(&topology);
    assert!(topology::read(effective.as_bytes(), "x.kdl").0.is_some(), "what is filled in is no spec:\n{effective}");
    let _graph = topology.graph(&Facts::offline(&topology));
    true
}

/// Takes a state as far as it goes: written again it is the same, and it can be planned with.
fn goes_on(state: &State, bench: &Bench) -> bool {
    let text = snapshot::text(state);
    assert_eq!(&snapshot::parse("x".as_ref(), text.as_bytes(), &state.stack).unwrap(), state);
    for graph in [&bench.graph, &Graph::default()] {
        let options = Options { destroy: graph.nodes().next().is_none(), ..Options::default() };
        let made = plan(&bench.registry, graph, state, &BTreeMap::new(), &options, &bench.home);
        if let Ok(made) = made {
            let _text = report::plan::text(&made, expected(&bench.registry, &made), Style { colour: true });
        }
    }
    true
}

fn state(bytes: &[u8], bench: &Bench) -> bool {
    snapshot::parse("x".as_ref(), bytes, "campus").is_ok_and(|state| goes_on(&state, bench))
}

fn journal(bytes: &[u8], bench: &Bench) -> bool {
    for before in [State::empty("campus", "x"), bench.state.clone()] {
        let mut state = before;
        let folded = journal::fold("x".as_ref(), bytes, &mut state);
        match folded {
            Ok(whole) => {
                assert!(whole <= bytes.len() as u64);
                // Read again up to there, it is the same.
                if state.verify().is_ok() && whole > 0 && state.serial < bench.state.serial {
                    return goes_on(&state, bench);
                }
            }
            Err(StateError::Damaged { why, .. }) => assert!(why.len() < 2000, "{why}"),
            Err(_) => {}
        }
    }
    false
}

fn plan_file(bytes: &[u8], bench: &Bench) -> bool {
    let _is_one = Saved::is_one(bytes);
    let Ok(saved) = Saved::parse(bytes) else { return false };
    assert_eq!(&Saved::parse(saved.to_json().as_bytes()).unwrap(), &saved);
    let _fits = saved.check(b"", &bench.state);
    let _blocked = saved.plan.blocked().count();
    let _text = report::plan::text(&saved.plan, expected(&bench.registry, &saved.plan), Style { colour: false });
    true
}

/// Damages a file: some changes, each of a sort that is drawn.
fn damaged(dice: &mut Dice, seeds: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = seeds[dice.below(seeds.len())].clone();
    for _ in 0..=dice.below(4) {
        let at = dice.below(bytes.len().max(1)).min(bytes.len());
        let end = (at + 1 + dice.below(60)).min(bytes.len());
        match dice.below(11) {
            0 if at < bytes.len() => bytes[at] ^= 1 << dice.below(8),
            1 if at < bytes.len() => bytes[at] = u8::try_from(dice.below(256)).unwrap(),
            2 => drop(bytes.drain(at..end)),
            3 => {
                let piece = bytes[at..end].to_vec();
                let to = dice.below(bytes.len() + 1);
                bytes.splice(to..to, piece);
            }
            4 => bytes.truncate(at),
            5 | 6 => drop(bytes.splice(at..at, WORDS[dice.below(WORDS.len())].bytes())),
            7 => {
                // A word takes the place of a number, or of another word.
                let is = |byte: &u8| byte.is_ascii_alphanumeric();
                let begin = (at..bytes.len()).find(|it| is(&bytes[*it])).unwrap_or(at);
                let end = (begin..bytes.len()).find(|it| !is(&bytes[*it])).unwrap_or(bytes.len());
                bytes.splice(begin..end, WORDS[dice.below(WORDS.len())].bytes());
            }
            8 => {
                let other = &seeds[dice.below(seeds.len())];
                let from = dice.below(other.len());
                let until = (from + 1 + dice.below(400)).min(other.len());
                bytes.splice(at..at, other[from..until].iter().copied());
            }
            9 => {
                let piece = WORDS[dice.below(WORDS.len())].repeat(1 + dice.below(3000));
                bytes.splice(at..at, piece.bytes());
            }
            _ => {
                // A whole line goes, comes twice, or changes its place.
                let lines: Vec<Vec<u8>> = bytes.split_inclusive(|it| *it == b'\n').map(<[u8]>::to_vec).collect();
                let (one, other) = (dice.below(lines.len().max(1)), dice.below(lines.len().max(1)));
                let mut lines = lines;
                match dice.below(3) {
                    0 if one < lines.len() => drop(lines.remove(one)),
                    1 if one < lines.len() => lines.insert(other, lines[one].clone()),
                    _ if one < lines.len() => lines.swap(one, other),
                    _ => {}
                }
                bytes = lines.concat();
            }
        }
    }
    bytes
}

/// Writes down what comes next: who runs out of stack says nothing any more.
#[expect(clippy::disallowed_methods, reason = "a note need not survive a crash of the machine")]
fn note(text: &str) {
    std::fs::write(Path::new(env!("CARGO_TARGET_TMPDIR")).join("fuzz-last"), text).unwrap();
}

fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|it| it.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[test]
#[expect(clippy::print_stdout, reason = "the number of runs is the result")]
fn no_file_brings_it_down() {
    let number = |name: &str| std::env::var_os(name).map(|it| it.into_string().unwrap().parse::<u64>().unwrap());
    let (seconds, first) = (number("FUZZ_SECONDS"), number("FUZZ_SEED").unwrap_or(1));
    let (bench, Seeds { states, journals, plans }) = bench();
    let targets = [
        Target { name: "spec", seeds: specs(), run: spec },
        Target { name: "state", seeds: states, run: state },
        Target { name: "journal", seeds: journals, run: journal },
        Target { name: "plan file", seeds: plans, run: plan_file },
    ];
    for Target { name, seeds, run } in &targets {
        for seed in seeds {
            assert!(run(seed, &bench) || *name == "journal", "{name}: an undamaged one is refused");
        }
    }
    let begun = Instant::now();
    let mut told = Vec::new();
    for Target { name, seeds, run } in &targets {
        let until = seconds.map(|it| Instant::now() + Duration::from_secs(it) / u32::try_from(targets.len()).unwrap());
        let (mut runs, mut taken, mut longest) = (0_u64, 0_u64, Duration::ZERO);
        while until.map_or(runs < RUNS, |it| Instant::now() < it) {
            let seed = first + runs;
            let bytes = damaged(&mut Dice::of(seed), seeds);
            note(&format!("{name}: FUZZ_SEED={seed}\n"));
            let started = Instant::now();
            let ended = catch_unwind(AssertUnwindSafe(|| run(&bytes, &bench)));
            let took = started.elapsed();
            let shown = String::from_utf8_lossy(&bytes).chars().take(3000).collect::<String>();
            let Ok(was_taken) = ended else { panic!("{name}: a panic with FUZZ_SEED={seed}:\n{shown}") };
            assert!(took < LONGEST, "{name}: {took:?} with FUZZ_SEED={seed}:\n{shown}");
            taken += u64::from(was_taken);
            longest = longest.max(took);
            runs += 1;
        }
        told.push(format!("{name}: {runs} runs, {taken} taken, the longest {longest:?}"));
        assert!(0 < taken && taken < runs, "{told:?}");
    }
    let peak = peak_memory();
    println!("{} in {:?}; {} MiB at most", told.join("; "), begun.elapsed(), peak / 1024);
    assert!(peak < MEMORY, "{peak} KiB");
}
