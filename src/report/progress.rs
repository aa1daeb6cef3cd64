//! Progress of an apply: on a terminal a line for each running resource and a bar for the whole; else a plain line,
//! or a JSON line, for each event.

use std::collections::BTreeMap;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::{Value, json};

use super::style::{Paint, Style};
use super::{count, duration};
use crate::apply::progress::{Progress, What};
use crate::kind::Verb;

/// Renders progress. `Lines` and `Json` return the line to print; `Bars` draws by itself on stderr.
pub enum Renderer {
    /// A plain line an event.
    Lines(Style),
    /// A JSON object an event.
    Json,
    /// Live lines on a terminal.
    Bars(Box<Bars>),
}

impl Renderer {
    /// Returns the line to print for an event, if it has one.
    pub fn event(&mut self, event: &Progress) -> Option<String> {
        match self {
            Renderer::Lines(style) => line(event, *style),
            Renderer::Json => json_line(event).map(|it| it.to_string()),
            Renderer::Bars(bars) => {
                bars.event(event);
                None
            }
        }
    }

    /// Takes live lines off the terminal.
    pub fn end(&mut self) {
        if let Renderer::Bars(bars) = self {
            bars.end();
        }
    }
}

fn doing(what: What) -> &'static str {
    match what {
        What::Call(Verb::Create) => "creating",
        What::Call(Verb::Update) => "changing",
        What::Call(Verb::Delete) => "deleting",
        What::Await => "waiting for",
    }
}

fn did(what: What) -> &'static str {
    match what {
        What::Call(Verb::Create) => "created",
        What::Call(Verb::Update) => "changed",
        What::Call(Verb::Delete) => "deleted",
        What::Await => "ready",
    }
}

fn line(event: &Progress, style: Style) -> Option<String> {
    match event {
        Progress::Started { address, what, expected, .. } if expected.as_secs() >= 5 => {
            Some(format!("{} {address} (usually {})", doing(*what), duration(*expected)))
        }
        Progress::Again { address, why, pause, .. } => {
            let text = format!("{address}: {why}; trying again in {}", duration(*pause));
            Some(style.paint(Paint::Faint, text))
        }
        Progress::Done { address, what, took, id, .. } => {
            let id = id.as_ref().filter(|_| *what == What::Call(Verb::Create)).map(|id| format!(" as {id}"));
            let paint = if *what == What::Call(Verb::Delete) { Paint::Gone } else { Paint::Made };
            Some(format!(
                "{} {address}{} in {}",
                style.paint(paint, did(*what)),
                id.unwrap_or_default(),
                duration(*took)
            ))
        }
        Progress::Failed { address, what, why, .. } => {
            Some(format!("{} {address}: {why}", style.paint(Paint::Gone, format!("could not {what}"))))
        }
        Progress::Draining { calls } => Some(stopping(*calls)),
        Progress::Began { .. } | Progress::Started { .. } | Progress::Waiting { .. } | Progress::Left { .. } => None,
    }
}

fn stopping(calls: usize) -> String {
    format!(
        "Stopping: waiting for {} under way. Interrupt again to drop them (the journal remembers).",
        count(calls, "call")
    )
}

fn json_line(event: &Progress) -> Option<Value> {
    Some(match event {
        Progress::Began { steps, expected } => {
            json!({ "event": "began", "steps": steps, "expected-seconds": expected.as_secs_f64() })
        }
        Progress::Started { address, what, expected, .. } => {
            json!({ "event": "started", "address": address, "verb": what.to_string(),
                "expected-seconds": expected.as_secs_f64() })
        }
        Progress::Waiting { address, .. } => json!({ "event": "waiting", "address": address }),
        Progress::Again { address, why, pause, .. } => {
            json!({ "event": "again", "address": address, "why": why, "pause-seconds": pause.as_secs_f64() })
        }
        Progress::Done { address, what, took, id, .. } => {
            json!({ "event": "done", "address": address, "verb": what.to_string(), "seconds": took.as_secs_f64(), "id": id })
        }
        Progress::Failed { address, what, why, .. } => {
            json!({ "event": "failed", "address": address, "verb": what.to_string(), "why": why })
        }
        Progress::Draining { calls } => json!({ "event": "draining", "calls": calls }),
        Progress::Left { .. } => return None,
    })
}

/// Live lines on a terminal.
pub struct Bars {
    all: MultiProgress,
    whole: ProgressBar,
    running: BTreeMap<usize, ProgressBar>,
    style: Style,
}

impl Bars {
    /// Returns live lines on stderr.
    #[must_use]
    pub fn new(style: Style) -> Bars {
        let all = MultiProgress::with_draw_target(ProgressDrawTarget::stderr());
        let whole = all.add(ProgressBar::new(0));
        Bars { all, whole, running: BTreeMap::new(), style }
    }

    fn event(&mut self, event: &Progress) {
        match event {
            Progress::Began { steps, expected } => {
                self.whole.set_length(*steps as u64);
                self.whole.set_style(template("{bar:30} {pos}/{len}  {elapsed}  {msg}"));
                self.whole.set_message(left(*expected));
                self.whole.enable_steady_tick(Duration::from_millis(200));
            }
            Progress::Started { step, address, what, expected } => {
                let bar = self.all.insert_before(&self.whole, ProgressBar::new_spinner());
                bar.set_style(template("{spinner} {msg}  {elapsed}{prefix}"));
                bar.set_message(format!("{} {address}", doing(*what)));
                if expected.as_secs() >= 5 {
                    bar.set_prefix(format!(" of about {}", duration(*expected)));
                }
                bar.enable_steady_tick(Duration::from_millis(200));
                self.running.insert(*step, bar);
            }
            Progress::Waiting { .. } => {}
            Progress::Again { step, why, .. } => {
                if let Some(bar) = self.running.get(step) {
                    let why: String = why.chars().take(60).collect();
                    bar.set_prefix(format!("  {why}"));
                }
            }
            Progress::Done { step, .. } | Progress::Failed { step, .. } => {
                if let Some(bar) = self.running.remove(step) {
                    bar.finish_and_clear();
                }
                if let Some(text) = line(event, self.style) {
                    // A terminal that went away is no reason to stop an apply.
                    let _gone = self.all.println(text);
                }
                self.whole.inc(1);
            }
            Progress::Draining { calls } => self.whole.set_message(stopping(*calls)),
            Progress::Left { expected } => self.whole.set_message(left(*expected)),
        }
    }

    fn end(&mut self) {
        for bar in self.running.values() {
            bar.finish_and_clear();
        }
        self.whole.finish_and_clear();
    }
}

fn left(expected: Duration) -> String {
    format!("about {} left", duration(expected))
}

fn template(text: &str) -> ProgressStyle {
    ProgressStyle::with_template(text).unwrap_or_else(|error| panic!("bug: {error}"))
}
