//! For the crash tests: a run that kills its own process at a chosen point.
//!
//! `MOODLE_INFRA_KILL_AT=before:17` sends SIGKILL to the process instead of writing the 17th record of an apply,
//! `after:17` once that record is on disk; `before-call:17` instead of making the run's 17th API call, `after-call:17`
//! when its answer has arrived and before anybody reads it; `panic-call:17` panics there instead. So a test can stand
//! at every point of a real run of the real program. Without the variable, nothing of this happens; with it, nothing
//! but a death does.

use super::failure::{Exit, Failure};
use crate::aws::Cx;
use crate::aws::faults::{Fault, Faults};
use crate::state::event::Event;
use crate::state::store::{Ledger, Opened};
use crate::state::{State, StateError};

const VARIABLE: &str = "MOODLE_INFRA_KILL_AT";

/// A point of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Point {
    /// A record: before it is written, or after.
    Record { before: bool, number: u64 },
    /// An API call, and what happens there.
    Call { fault: Fault, number: u64 },
}

/// Lets the process die at the API call that the variable names.
pub(super) fn arm(cx: &Cx) -> Result<(), Failure> {
    if let Some(Point::Call { fault, number }) = chosen()? {
        cx.wire().inject(Faults::default().on("*", number, fault));
    }
    Ok(())
}

/// Reads the variable.
fn chosen() -> Result<Option<Point>, Failure> {
    let Some(text) = std::env::var_os(VARIABLE) else { return Ok(None) };
    let text = text.to_string_lossy();
    let point = point(&text).ok_or_else(|| {
        let help = "it is for tests of moodle-infra itself; leave it out, or write for example before:17";
        Failure::new(Exit::Usage, format!("`{text}` in {VARIABLE} is no point of a run"), help)
    });
    point.map(Some)
}

fn point(text: &str) -> Option<Point> {
    let (side, number) = text.split_once(':')?;
    let number = number.parse().ok()?;
    let call = |fault| Some(Point::Call { fault, number });
    match side {
        "before" => Some(Point::Record { before: true, number }),
        "after" => Some(Point::Record { before: false, number }),
        "before-call" => call(Fault::DieBefore),
        "after-call" => call(Fault::DieAfter),
        "panic-call" => call(Fault::Panic),
        _ => None,
    }
}

/// The store of a run that may have to die.
pub(super) struct Mortal<'a> {
    store: &'a mut dyn Opened,
    point: Option<Point>,
    records: u64,
}

impl<'a> Mortal<'a> {
    /// Reads the variable.
    pub(super) fn of(store: &'a mut dyn Opened) -> Result<Mortal<'a>, Failure> {
        Ok(Mortal { store, point: chosen()?, records: 0 })
    }

    fn die_if(&self, before: bool) {
        if self.point == Some(Point::Record { before, number: self.records }) {
            let killed = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
            unreachable!("SIGKILL returned {killed:?}");
        }
    }
}

impl Ledger for Mortal<'_> {
    fn state(&self) -> &State {
        self.store.state()
    }

    fn record(&mut self, event: Event) -> Result<(), StateError> {
        self.records += 1;
        self.die_if(true);
        self.store.record(event)?;
        self.die_if(false);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_read() {
        assert_eq!(point("before:17"), Some(Point::Record { before: true, number: 17 }));
        assert_eq!(point("after-call:2"), Some(Point::Call { fault: Fault::DieAfter, number: 2 }));
        for bad in ["", "before", "before:", "before:x", "beside:1"] {
            assert_eq!(point(bad), None);
        }
    }
}
