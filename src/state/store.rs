//! Where a state is kept. The engine sees a [`Ledger`]; behind it is a folder, or memory in tests.

use std::path::{Path, PathBuf};

use super::event::Event;
use super::journal::{self, Journal};
use super::lock::{Holder, Lock};
use super::{State, StateError, file, snapshot};

/// A state that events are recorded in: all that plan and apply know of where a state is kept.
pub trait Ledger {
    /// Returns the state after every event recorded so far.
    fn state(&self) -> &State;

    /// Makes an event durable, then takes it into account.
    ///
    /// # Errors
    /// When it cannot be made durable or is illegal; then it must not be acted on, and the state is as before.
    fn record(&mut self, event: Event) -> Result<(), StateError>;
}

/// A state in a folder: `<stack>.json`, `<stack>.journal`, `<stack>.lock`. Locked while it is open.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
    state: State,
    journal: Option<Journal>,
    whole: u64,
    lock: Lock,
}

impl Store {
    /// Opens the state of a stack; `lineage` is used when there is none yet.
    ///
    /// # Errors
    /// When another process holds it, or its files cannot be used.
    pub fn open(folder: &Path, stack: &str, lineage: &str, me: &Holder) -> Result<Store, StateError> {
        file::make_folder(folder)?;
        let lock = Lock::take(&folder.join(format!("{stack}.lock")), stack, me)?;
        let (state, whole) = load(folder, stack, lineage)?;
        Ok(Store { folder: folder.to_owned(), state, journal: None, whole, lock })
    }

    /// Reads the state of a stack without locking it; `None` where there is none.
    ///
    /// # Errors
    /// When its files cannot be used.
    pub fn peek(folder: &Path, stack: &str) -> Result<Option<State>, StateError> {
        let (state, whole) = load(folder, stack, "")?;
        let exists = whole > 0 || state.serial > 0;
        Ok(exists.then_some(state))
    }

    /// Returns the holder that died with the lock in its hands.
    #[must_use]
    pub fn taken_over(&self) -> Option<&Holder> {
        self.lock.taken_over.as_ref()
    }

    /// Writes the state as a snapshot and cuts the journal. Nothing is lost when this fails or is interrupted.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn compact(&mut self) -> Result<(), StateError> {
        if self.whole == 0 && self.journal.is_none() {
            return Ok(());
        }
        snapshot::save(&self.path("json"), &self.state)?;
        // Opening with no good bytes cuts the file and writes a header, which the next record follows.
        self.journal = Some(Journal::open(&self.path("journal"), &self.state, 0)?);
        Ok(())
    }

    fn path(&self, ending: &str) -> PathBuf {
        self.folder.join(format!("{}.{ending}", self.state.stack))
    }
}

impl Ledger for Store {
    fn state(&self) -> &State {
        &self.state
    }

    fn record(&mut self, event: Event) -> Result<(), StateError> {
        let mut after = self.state.clone();
        after.fold(&event)?;
        if self.journal.is_none() {
            self.journal = Some(Journal::open(&self.path("journal"), &self.state, self.whole)?);
        }
        let journal = self.journal.as_mut().unwrap_or_else(|| panic!("bug: opened above"));
        journal.append(after.serial, &event)?;
        self.state = after;
        Ok(())
    }
}

fn load(folder: &Path, stack: &str, lineage: &str) -> Result<(State, u64), StateError> {
    let path = folder.join(format!("{stack}.json"));
    let mut state = snapshot::load(&path, stack)?.unwrap_or_else(|| State::empty(stack, lineage));
    let journal = folder.join(format!("{stack}.journal"));
    let whole = journal::replay(&journal, &mut state)?;
    state.verify().map_err(|why| StateError::Damaged { path: journal, why })?;
    Ok((state, whole))
}
