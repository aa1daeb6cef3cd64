//! A ledger in memory, and the death of its process at a chosen record.

use std::sync::Arc;

use moodle_infra::state::event::Event;
use moodle_infra::state::store::Ledger;
use moodle_infra::state::{State, StateError};
use tokio::sync::Notify;

/// What happens at a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mishap {
    /// The process dies before the record is on disk.
    DiesBefore,
    /// The process dies when the record has just got to disk.
    DiesAfter,
    /// The disk refuses the record, once.
    Full,
}

/// A ledger in memory.
pub(crate) struct Memory {
    state: State,
    journal: Vec<Event>,
    /// Whether every record is checked as a file would be: written as text, and the whole state verified.
    pub(crate) thorough: bool,
    /// At which record what happens.
    pub(crate) mishap: Option<(usize, Mishap)>,
    /// Told when the process dies.
    pub(crate) died: Arc<Notify>,
    dead: bool,
    /// The stages of the mishap's record, for the message of a failed test.
    pub(crate) at: Option<String>,
}

impl Memory {
    /// Returns the ledger of a stack that has nothing yet.
    pub(crate) fn empty() -> Memory {
        Memory {
            state: State::empty("site", "lineage"),
            journal: Vec::new(),
            thorough: true,
            mishap: None,
            died: Arc::default(),
            dead: false,
            at: None,
        }
    }

    /// Returns the number of records so far.
    pub(crate) fn len(&self) -> usize {
        self.journal.len()
    }

    /// Lets something happen so many records from now; 0 is the next one.
    pub(crate) fn after(&mut self, records: usize, mishap: Mishap) {
        self.mishap = Some((self.len() + records, mishap));
    }

    /// Whether the mishap has not happened yet.
    pub(crate) fn is_waiting(&self) -> bool {
        self.mishap.is_some()
    }

    /// Whether the process has died.
    pub(crate) fn is_dead(&self) -> bool {
        self.dead
    }

    /// Starts a new process on what is on disk.
    pub(crate) fn reopen(&mut self) {
        let mut replayed = State::empty("site", "lineage");
        for event in &self.journal {
            if self.thorough {
                let text = serde_json::to_string(event).unwrap();
                replayed.fold(&serde_json::from_str(&text).unwrap()).unwrap();
            } else {
                replayed.fold(event).unwrap();
            }
        }
        replayed.verify().unwrap();
        assert_eq!(replayed, self.state, "a replayed journal is the state that was live");
        self.dead = false;
        self.died = Arc::default();
    }

    fn refused() -> StateError {
        StateError::Write { path: "journal".into(), source: std::io::Error::other("no space left") }
    }
}

impl Ledger for Memory {
    fn state(&self) -> &State {
        &self.state
    }

    fn record(&mut self, event: Event) -> Result<(), StateError> {
        if self.dead {
            return Err(Memory::refused());
        }
        let mishap = self.mishap.filter(|(at, _)| *at == self.len()).map(|(_, mishap)| mishap);
        if let Some(mishap) = mishap {
            self.mishap = None;
            self.at = Some(format!("{mishap:?} {event:?}").chars().take(160).collect());
            if mishap == Mishap::Full {
                return Err(Memory::refused());
            }
            self.dead = true;
            self.died.notify_one();
            if mishap == Mishap::DiesBefore {
                return Err(Memory::refused());
            }
        }
        // An event that is refused leaves a state that nobody looks at: it is the end of the test.
        self.state.fold(&event)?;
        if self.thorough {
            self.state.verify().unwrap();
        }
        self.journal.push(event);
        if self.dead { Err(Memory::refused()) } else { Ok(()) }
    }
}
