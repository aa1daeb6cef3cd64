//! For the crash tests: a ledger that kills its own process at a chosen record.
//!
//! `MOODLE_INFRA_KILL_AT=before:17` sends SIGKILL to the process instead of writing its 17th record, `after:17` once
//! that record is on disk. So a test can stand at every record of a real run of the real program. Without the
//! variable, nothing of this happens; with it, nothing but a kill does.

use crate::state::event::Event;
use crate::state::store::{Ledger, Store};
use crate::state::{State, StateError};

/// The store of a run that may have to die.
pub(super) struct Mortal<'a> {
    store: &'a mut Store,
    die_at: Option<(bool, u64)>,
    records: u64,
}

impl<'a> Mortal<'a> {
    /// Reads the variable.
    pub(super) fn of(store: &'a mut Store) -> Mortal<'a> {
        let variable = std::env::var_os("MOODLE_INFRA_KILL_AT").and_then(|it| it.into_string().ok());
        let die_at = variable.as_deref().and_then(|it| it.split_once(':')).and_then(|(side, record)| {
            let before = side == "before";
            (before || side == "after").then_some(())?;
            Some((before, record.parse().ok()?))
        });
        Mortal { store, die_at, records: 0 }
    }

    fn die_if(&self, before: bool) {
        if self.die_at == Some((before, self.records)) {
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
