//! Where states are kept, behind three traits.
//!
//! Plan and apply see a [`Ledger`]: a state, and events to record. The commands see a [`Place`] that has the states of
//! many stacks, each locked while it is [`Opened`]. Here the place is a [`Folder`]. One that many machines share (a
//! bucket with conditional writes and a lease) is another implementation, and neither plan nor apply would notice: what
//! a record needs to be durable there may take its time, and a lease that ran out is [`StateError::LockLost`].

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::event::Event;
use super::journal::{self, Journal};
use super::lock::{self, Holder, Lock, Standing};
use super::note::Note;
use super::{State, StateError, file, note, snapshot};

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

/// A state that is ours until it is dropped.
pub trait Opened: Ledger {
    /// Returns the holder that died with the lock in its hands.
    fn taken_over(&self) -> Option<&Holder>;

    /// Makes what is kept short again. Nothing is lost when this fails or is interrupted.
    ///
    /// # Errors
    /// When that cannot be written.
    fn compact(&mut self) -> Result<(), StateError>;
}

/// What keeps the states of stacks.
pub trait Place {
    /// Opens the state of a stack; `lineage` is used when there is none yet.
    ///
    /// # Errors
    /// When somebody else has it open, or it cannot be used.
    fn open(&self, stack: &str, lineage: &str, me: &Holder) -> Result<Box<dyn Opened>, StateError>;

    /// Reads the state of a stack without opening it; `None` where there is none.
    ///
    /// # Errors
    /// When it cannot be used.
    fn peek(&self, stack: &str) -> Result<Option<State>, StateError>;

    /// Returns the names of the stacks that have a state.
    fn stacks(&self) -> BTreeSet<String>;

    /// Returns how the lock of a stack stands.
    ///
    /// # Errors
    /// When that cannot be found out.
    fn standing(&self, stack: &str) -> Result<Standing, StateError>;

    /// Frees the lock of a stack, and keeps who did it and why. A holder that is alive after all is stopped by its
    /// next record.
    ///
    /// # Errors
    /// When that cannot be written.
    fn free(&self, stack: &str, note: &Note) -> Result<(), StateError>;

    /// Returns what was noted of a stack.
    ///
    /// # Errors
    /// When it cannot be read.
    fn notes(&self, stack: &str) -> Result<Vec<Note>, StateError>;
}

/// A folder with the files of each stack: `<stack>.json`, `<stack>.journal`, `<stack>.lock`, `<stack>.notes`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder(pub PathBuf);

impl Folder {
    /// Returns a file of a stack.
    #[must_use]
    pub fn file(&self, stack: &str, ending: &str) -> PathBuf {
        self.0.join(format!("{stack}.{ending}"))
    }
}

impl Place for Folder {
    fn open(&self, stack: &str, lineage: &str, me: &Holder) -> Result<Box<dyn Opened>, StateError> {
        Ok(Box::new(Store::open(&self.0, stack, lineage, me)?))
    }

    fn peek(&self, stack: &str) -> Result<Option<State>, StateError> {
        Store::peek(&self.0, stack)
    }

    fn stacks(&self) -> BTreeSet<String> {
        let paths = std::fs::read_dir(&self.0).into_iter().flatten().flatten().map(|entry| entry.path());
        let ours = paths.filter(|it| it.extension().is_some_and(|it| it == "json" || it == "journal"));
        let names = ours.filter_map(|it| it.file_stem()?.to_str().map(str::to_owned));
        // `sandbox.json` is the emulator's, and no stack can be called so.
        names.filter(|it| is_name(it) && it != "sandbox").collect()
    }

    fn standing(&self, stack: &str) -> Result<Standing, StateError> {
        lock::look(&self.file(stack, "lock"))
    }

    fn free(&self, stack: &str, note: &Note) -> Result<(), StateError> {
        note::append(&self.file(stack, "notes"), note)?;
        lock::free(&self.file(stack, "lock"))
    }

    fn notes(&self, stack: &str) -> Result<Vec<Note>, StateError> {
        note::read(&self.file(stack, "notes"))
    }
}

/// Whether a text can be the name of a stack, and with it a part of a file's name.
#[must_use]
pub fn is_name(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    !text.is_empty() && text.len() <= 64 && text.bytes().all(fits)
}

/// A state in a folder. Locked while it is open.
#[derive(Debug)]
pub struct Store {
    folder: Folder,
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
        let folder = Folder(folder.to_owned());
        let lock = Lock::take(&folder.file(stack, "lock"), stack, me)?;
        file::tidy(&folder.file(stack, "json"));
        let (state, whole) = load(&folder, stack, lineage)?;
        Ok(Store { folder, state, journal: None, whole, lock })
    }

    /// Reads the state of a stack without locking it; `None` where there is none.
    ///
    /// # Errors
    /// When its files cannot be used.
    pub fn peek(folder: &Path, stack: &str) -> Result<Option<State>, StateError> {
        file::check_folder(folder)?;
        let (state, whole) = load(&Folder(folder.to_owned()), stack, "")?;
        let exists = whole > 0 || state.serial > 0;
        Ok(exists.then_some(state))
    }

    fn path(&self, ending: &str) -> PathBuf {
        self.folder.file(&self.state.stack, ending)
    }
}

impl Ledger for Store {
    fn state(&self) -> &State {
        &self.state
    }

    fn record(&mut self, event: Event) -> Result<(), StateError> {
        let mut after = self.state.clone();
        after.fold(&event)?;
        self.lock.check()?;
        if self.journal.is_none() {
            self.journal = Some(Journal::open(&self.path("journal"), &self.state, self.whole)?);
        }
        let journal = self.journal.as_mut().unwrap_or_else(|| panic!("bug: opened above"));
        journal.append(after.serial, &event)?;
        self.state = after;
        Ok(())
    }
}

impl Opened for Store {
    fn taken_over(&self) -> Option<&Holder> {
        self.lock.taken_over.as_ref()
    }

    fn compact(&mut self) -> Result<(), StateError> {
        if self.whole == 0 && self.journal.is_none() {
            return Ok(());
        }
        self.lock.check()?;
        snapshot::save(&self.path("json"), &self.state)?;
        // Opening with no good bytes cuts the file and writes a header, which the next record follows.
        self.journal = Some(Journal::open(&self.path("journal"), &self.state, 0)?);
        Ok(())
    }
}

fn load(folder: &Folder, stack: &str, lineage: &str) -> Result<(State, u64), StateError> {
    let path = folder.file(stack, "json");
    let mut state = snapshot::load(&path, stack)?.unwrap_or_else(|| State::empty(stack, lineage));
    let journal = folder.file(stack, "journal");
    let whole = journal::replay(&journal, &mut state)?;
    state.verify().map_err(|why| StateError::Damaged { path: journal, why })?;
    Ok((state, whole))
}
