//! What a disk may show after a power cut, given what was synced when: each is the state as it was or is refused with
//! help, and nothing that was acted on is lost.
//!
//! A record is one write and one sync, and is acted on after it. A snapshot is written beside the old one, synced,
//! renamed, and the folder is synced; only then is the journal cut and gets its header, and that is synced. So a cut
//! may show
//!
//! - a last record of which any part is there, or any of its pages is zeros,
//! - the old snapshot or the new one with the old journal, and an unfinished file beside them,
//! - the new snapshot with a journal that is empty, has a part of its header, or zeros in its place.
//!
//! It cannot show the old snapshot with the new journal; a restored backup can, and that is refused.

use std::path::Path;

use moodle_infra::kind::Address;
use moodle_infra::state::event::{Call, Event};
use moodle_infra::state::file;
use moodle_infra::state::lock::Holder;
use moodle_infra::state::resource::Key;
use moodle_infra::state::store::{Ledger, Opened, Store};
use moodle_infra::state::{State, StateError};
use serde_json::json;
use tempfile::TempDir;

pub(super) fn me() -> Holder {
    let text = |it: &str| it.to_owned();
    Holder { pid: std::process::id(), host: text("here"), command: text("test"), since: text("today") }
}

/// Returns the events of a resource that comes, with properties that take more than two pages of a disk.
fn comes(number: usize) -> Vec<Event> {
    let key = Key { address: Address::of("network.subnet", Some(&format!("zone-{number}"))), incarnation: 1 };
    let call = Call::Create {
        kind: "ec2.subnet".to_owned(),
        region: None,
        token: format!("{number:032x}"),
        props: json!({ "cidr": "10.0.0.0/24", "note": "é".repeat(5000) }),
        needs: [].into(),
    };
    let attrs = json!({ "id": format!("subnet-{number}") });
    vec![
        Event::Intend { key: key.clone(), call },
        Event::Created { key: key.clone(), attrs: attrs.clone(), later: Vec::new(), ready: false },
        Event::Ready { key, attrs },
    ]
}

/// The two files of a state.
#[derive(Clone, Default)]
struct Disk {
    snapshot: Option<Vec<u8>>,
    journal: Option<Vec<u8>>,
}

impl Disk {
    fn of(folder: &Path) -> Disk {
        let read = |ending: &str| std::fs::read(folder.join(format!("campus.{ending}"))).ok();
        Disk { snapshot: read("json"), journal: read("journal") }
    }

    /// Puts the files in a folder, and opens the state there.
    fn open(&self) -> (TempDir, Result<Store, StateError>) {
        let folder = TempDir::new().unwrap();
        let put = |ending: &str, bytes: &Option<Vec<u8>>| {
            if let Some(bytes) = bytes {
                file::replace(&folder.path().join(format!("campus.{ending}")), bytes).unwrap();
            }
        };
        put("json", &self.snapshot);
        put("journal", &self.journal);
        let store = Store::open(folder.path(), "campus", "0123456789abcdef", &me());
        (folder, store)
    }

    /// Checks that the state is this one, and that it can be gone on with and read again.
    #[track_caller]
    fn shows(&self, state: &State, what: &str) {
        let (folder, store) = self.open();
        let mut store = store.unwrap_or_else(|error| panic!("{what}: {error}"));
        assert!(store.state() == state, "{what}: serial {} instead of {}", store.state().serial, state.serial);
        for event in comes(900) {
            store.record(event).unwrap();
        }
        let after = store.state().clone();
        drop(store);
        let again = Store::peek(folder.path(), "campus").unwrap().unwrap();
        assert!(again == after, "{what}: what was recorded after it is not there");
    }

    #[track_caller]
    fn is_refused(&self, what: &str, said: &str) {
        let error = self.open().1.err().unwrap_or_else(|| panic!("{what}: it was taken")).to_string();
        assert!(error.contains(said), "{what}: {error}");
    }
}

/// A life: the disk and the state after every record, and around the compaction.
struct Life {
    steps: Vec<(Disk, State)>,
    compacted: (Disk, State),
    after: Vec<(Disk, State)>,
}

fn life() -> Life {
    let folder = TempDir::new().unwrap();
    let mut store = Store::open(folder.path(), "campus", "0123456789abcdef", &me()).unwrap();
    let mut steps = vec![(Disk::of(folder.path()), store.state().clone())];
    let begin = Event::Begin { account: "123456789012".to_owned(), region: "eu-west-1".to_owned() };
    for event in [vec![begin], comes(1), comes(2)].concat() {
        store.record(event).unwrap();
        steps.push((Disk::of(folder.path()), store.state().clone()));
    }
    store.compact().unwrap();
    let compacted = (Disk::of(folder.path()), store.state().clone());
    let mut after = Vec::new();
    for event in comes(3) {
        store.record(event).unwrap();
        after.push((Disk::of(folder.path()), store.state().clone()));
    }
    Life { steps, compacted, after }
}

/// Returns every journal that a cut in the middle of the last write to it may leave.
fn torn(before: &[u8], whole: &[u8]) -> Vec<Vec<u8>> {
    const PAGE: usize = 4096;
    let mut all: Vec<Vec<u8>> = Vec::new();
    // Any byte of a short record, and every page and its neighbours of a long one.
    let near = |at: usize| at < before.len() + 300 || whole.len() < at + 10 || at % PAGE < 2 || at % PAGE == PAGE - 1;
    all.extend((before.len()..whole.len()).filter(|at| near(*at)).map(|at| whole[..at].to_vec()));
    // The length is there, and some of the pages are not.
    let (first, last) = (before.len() / PAGE, (whole.len() - 1) / PAGE);
    for missing in 1..1_u32 << (last - first + 1) {
        let mut bytes = whole.to_vec();
        for (index, page) in (first..=last).enumerate() {
            if missing & (1 << index) != 0 {
                let begin = (page * PAGE).max(before.len());
                let end = ((page + 1) * PAGE).min(bytes.len());
                bytes[begin..end].fill(0);
            }
        }
        all.push(bytes);
    }
    all
}

#[test]
#[expect(clippy::print_stdout, reason = "the number of states is for people")]
fn a_power_cut_shows_a_state_that_was() {
    let Life { steps, compacted, after } = life();
    let mut seen = 0;
    // In the middle of a record, before and after a compaction.
    let first = std::iter::once(&compacted).chain(&after).collect::<Vec<_>>();
    for pairs in
        [steps.iter().collect::<Vec<_>>(), first].map(|it| it.windows(2).map(|it| (it[0], it[1])).collect::<Vec<_>>())
    {
        for ((was, state), (is, _)) in pairs {
            let before = was.journal.clone().unwrap_or_default();
            for journal in torn(&before, is.journal.as_ref().unwrap()) {
                let disk = Disk { snapshot: was.snapshot.clone(), journal: Some(journal) };
                disk.shows(state, &format!("in the middle of record {}", state.serial + 1));
                seen += 1;
            }
        }
    }
    // In the middle of a compaction.
    let (old, state) = steps.last().unwrap();
    let (new, _) = &compacted;
    old.shows(state, "the snapshot was not renamed");
    let both = Disk { snapshot: new.snapshot.clone(), journal: old.journal.clone() };
    both.shows(state, "the journal was not cut");
    let header = new.journal.clone().unwrap();
    let cut = torn(b"", &header).into_iter().chain([Vec::new(), header]);
    for journal in cut {
        let disk = Disk { snapshot: new.snapshot.clone(), journal: Some(journal) };
        disk.shows(state, "the journal was cut");
        seen += 1;
    }
    Disk { snapshot: new.snapshot.clone(), journal: None }.shows(state, "the journal is gone");
    println!("{} states of a disk", seen + 3);
    assert!(500 < seen);
}

#[test]
fn a_file_that_was_not_finished_is_removed() {
    let Life { compacted: (disk, state), .. } = life();
    let (folder, store) = disk.open();
    drop(store);
    let left = folder.path().join(".writing-campus.json-a1B2c3");
    file::replace(&left, b"{ \"format\": \"moodle-in").unwrap();
    let store = Store::open(folder.path(), "campus", "x", &me()).unwrap();
    assert!(*store.state() == state && !left.exists());
}

#[test]
fn an_older_snapshot_is_not_taken_for_the_newest() {
    let Life { steps, compacted: (new, _), after } = life();
    let (newest, _) = after.last().unwrap();
    for (old, state) in &steps {
        // There is no snapshot before the first compaction, so one is made of what was then.
        let snapshot = (state.serial > 0).then(|| moodle_infra::state::snapshot::text(state).into_bytes());
        for journal in [&new.journal, &newest.journal] {
            let disk = Disk { snapshot: snapshot.clone(), journal: journal.clone() };
            if state.serial < steps.len() as u64 - 1 {
                disk.is_refused("an old snapshot with a new journal", "goes on from record");
            }
        }
        // The reverse: everything in the journal is in the snapshot already.
        let reverse = Disk { snapshot: newest.snapshot.clone(), journal: old.journal.clone() };
        reverse.shows(&steps.last().unwrap().1, "a new snapshot with an old journal");
    }
    let mut other = newest.clone();
    let text = String::from_utf8(other.journal.unwrap()).unwrap();
    other.journal = Some(text.replace("0123456789abcdef", "fedcba9876543210").into_bytes());
    other.is_refused("a journal of another lineage", "belongs to another state");
}

#[test]
fn what_is_not_torn_is_not_skipped() {
    let Life { steps, .. } = life();
    let (disk, _) = steps.last().unwrap();
    let whole = disk.journal.clone().unwrap();
    let lines: Vec<&[u8]> = whole.split_inclusive(|it| *it == b'\n').collect();
    for at in 0..lines.len() - 1 {
        let mut broken: Vec<Vec<u8>> = lines.iter().map(|it| it.to_vec()).collect();
        // Zeros before the last line are damage: that line was on disk before the next was written.
        broken[at][..10].fill(0);
        let zeros = Disk { snapshot: None, journal: Some(broken.concat()) };
        zeros.is_refused("zeros in the middle", "is damaged: line");
        broken.remove(at);
        let missing = Disk { snapshot: None, journal: Some(broken.concat()) };
        missing.is_refused("a line is missing", "is damaged: line");
    }
}

#[test]
fn a_journal_of_an_older_format_is_read() {
    let Life { steps, .. } = life();
    let (disk, state) = steps.last().unwrap();
    let text = String::from_utf8(disk.journal.clone().unwrap()).unwrap();
    for version in [1, 2] {
        let version = format!("\"version\":{version}");
        let old = text.replacen("\"version\":3", &version, 1).replacen(",\"after\":0", "", 1);
        assert!(old.contains(&version) && !old.contains("\"after\""));
        Disk { snapshot: None, journal: Some(old.into_bytes()) }.shows(state, &version);
    }
}
