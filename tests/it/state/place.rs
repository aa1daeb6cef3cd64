//! What every place for states promises, asked of the folder and of a second one that keeps nothing but versions, as a
//! bucket with conditional writes and a lease would.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

use moodle_infra::kind::Address;
use moodle_infra::state::event::{Call, Event};
use moodle_infra::state::lock::{Holder, Standing};
use moodle_infra::state::note::Note;
use moodle_infra::state::resource::Key;
use moodle_infra::state::store::{Folder, Ledger, Opened, Place};
use moodle_infra::state::{State, StateError};
use serde_json::json;

use super::power::me;

/// A place that many machines share: each stack is one object that is only ever replaced by who knows its version.
#[derive(Clone, Default)]
struct Shelf(Arc<Mutex<BTreeMap<String, Object>>>);

/// What is kept of a stack.
#[derive(Default)]
struct Object {
    /// The text of the state and its version.
    state: Option<String>,
    version: u64,
    /// Who has the lease, and its number: who lost it has an older one.
    lease: Option<Holder>,
    leases: u64,
    notes: Vec<Note>,
}

/// A stack that is leased.
struct Leased {
    shelf: Shelf,
    state: State,
    version: u64,
    lease: u64,
}

impl Shelf {
    fn objects(&self) -> MutexGuard<'_, BTreeMap<String, Object>> {
        self.0.lock().unwrap()
    }
}

fn state_of(text: &str, stack: &str) -> Result<State, StateError> {
    moodle_infra::state::snapshot::parse("shelf".as_ref(), text.as_bytes(), stack)
}

impl Place for Shelf {
    fn open(&self, stack: &str, lineage: &str, me: &Holder) -> Result<Box<dyn Opened>, StateError> {
        let mut objects = self.objects();
        let object = objects.entry(stack.to_owned()).or_default();
        if let Some(holder) = &object.lease {
            return Err(StateError::Locked { stack: stack.to_owned(), holder: Box::new(holder.clone()) });
        }
        object.lease = Some(me.clone());
        object.leases += 1;
        let state = match &object.state {
            Some(text) => state_of(text, stack)?,
            None => State::empty(stack, lineage),
        };
        Ok(Box::new(Leased { shelf: self.clone(), state, version: object.version, lease: object.leases }))
    }

    fn peek(&self, stack: &str) -> Result<Option<State>, StateError> {
        let objects = self.objects();
        let text = objects.get(stack).and_then(|it| it.state.as_ref());
        text.map(|text| state_of(text, stack)).transpose()
    }

    fn stacks(&self) -> BTreeSet<String> {
        self.objects().iter().filter(|(_, it)| it.state.is_some()).map(|(stack, _)| stack.clone()).collect()
    }

    fn standing(&self, stack: &str) -> Result<Standing, StateError> {
        let holder = self.objects().get(stack).and_then(|it| it.lease.clone());
        Ok(holder.map_or(Standing::Free, |holder| Standing::Elsewhere { holder }))
    }

    fn free(&self, stack: &str, note: &Note) -> Result<(), StateError> {
        let mut objects = self.objects();
        let object = objects.entry(stack.to_owned()).or_default();
        object.notes.push(note.clone());
        object.lease = None;
        // Who has the old one finds that it is no more.
        object.leases += 1;
        Ok(())
    }

    fn notes(&self, stack: &str) -> Result<Vec<Note>, StateError> {
        Ok(self.objects().get(stack).map(|it| it.notes.clone()).unwrap_or_default())
    }
}

impl Ledger for Leased {
    fn state(&self) -> &State {
        &self.state
    }

    fn record(&mut self, event: Event) -> Result<(), StateError> {
        let mut after = self.state.clone();
        after.fold(&event)?;
        let mut objects = self.shelf.objects();
        let object = objects.get_mut(&self.state.stack).unwrap();
        if (object.leases, object.version) != (self.lease, self.version) {
            return Err(StateError::LockLost { stack: self.state.stack.clone(), path: "shelf".into() });
        }
        object.state = Some(moodle_infra::state::snapshot::text(&after));
        object.version += 1;
        self.version = object.version;
        self.state = after;
        Ok(())
    }
}

impl Opened for Leased {
    fn taken_over(&self) -> Option<&Holder> {
        None
    }

    fn compact(&mut self) -> Result<(), StateError> {
        Ok(())
    }
}

impl Drop for Leased {
    fn drop(&mut self) {
        let mut objects = self.shelf.objects();
        let object = objects.get_mut(&self.state.stack).unwrap();
        if object.leases == self.lease {
            object.lease = None;
        }
    }
}

fn key() -> Key {
    Key { address: Address::of("network.vpc", None), incarnation: 1 }
}

fn intend() -> Event {
    let call = Call::Create {
        kind: "ec2.vpc".to_owned(),
        region: None,
        token: "0".repeat(32),
        props: json!({}),
        needs: [].into(),
    };
    Event::Intend { key: key(), call }
}

fn created() -> Event {
    Event::Created { key: key(), attrs: json!({ "id": "vpc-1" }), later: Vec::new(), ready: true }
}

fn keeps_its_word(place: &dyn Place) {
    assert_eq!(place.stacks(), BTreeSet::new());
    assert_eq!(place.peek("campus").unwrap(), None);
    assert_eq!(place.standing("campus").unwrap(), Standing::Free);

    // One writer, and whoever looks sees every record at once.
    let mut first = place.open("campus", "lineage", &me()).unwrap();
    assert_ne!(place.standing("campus").unwrap(), Standing::Free);
    assert!(matches!(place.open("campus", "other", &me()), Err(StateError::Locked { .. })));
    first.record(intend()).unwrap();
    assert_eq!(place.peek("campus").unwrap().as_ref(), Some(first.state()));
    // What cannot follow is not kept.
    assert!(matches!(first.record(intend()), Err(StateError::Illegal(_))));
    assert_eq!(first.state().serial, 1);
    first.record(created()).unwrap();
    first.compact().unwrap();
    let was = first.state().clone();
    drop(first);

    // What was recorded is there, under its own lineage; stacks are apart.
    let second = place.open("campus", "other", &me()).unwrap();
    assert_eq!(second.state(), &was);
    assert_eq!(second.state().lineage, "lineage");
    let mut beside = place.open("other", "lineage", &me()).unwrap();
    assert_eq!(beside.state().serial, 0);
    beside.record(intend()).unwrap();
    assert_eq!(place.stacks(), BTreeSet::from(["campus".to_owned(), "other".to_owned()]));
    drop((second, beside));

    // Who lost the lock cannot write any more, and does not free the next one's when it goes.
    let mut lost = place.open("campus", "lineage", &me()).unwrap();
    let text = |it: &str| it.to_owned();
    let note = Note { at: text("today"), by: text("me"), freed: text("it"), reason: text("a test") };
    place.free("campus", &note).unwrap();
    assert_eq!(place.notes("campus").unwrap(), [note]);
    let mut next = place.open("campus", "lineage", &me()).unwrap();
    assert!(matches!(lost.record(Event::Gone { key: key() }), Err(StateError::LockLost { .. })));
    drop(lost);
    assert_ne!(place.standing("campus").unwrap(), Standing::Free);
    next.record(Event::Gone { key: key() }).unwrap();
    assert!(place.peek("campus").unwrap().unwrap().resources.is_empty());
    drop(next);
    assert_eq!(place.standing("campus").unwrap(), Standing::Free);
}

#[test]
fn a_folder_keeps_its_word() {
    let folder = tempfile::tempdir().unwrap();
    keeps_its_word(&Folder(folder.path().join("state")));
}

#[test]
fn a_place_that_machines_share_keeps_its_word() {
    keeps_its_word(&Shelf::default());
}
