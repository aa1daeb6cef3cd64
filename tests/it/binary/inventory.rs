//! What really is in the account of a desk, held against the state.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use moodle_infra::state::store::Store;

use super::run::Desk;
use crate::support::inventory::Inventory;

/// Checks that the account has of each kind what the state has: no orphan, no double, nothing lost.
#[track_caller]
pub(super) fn matches_state(desk: &Desk, when: &str) {
    let state = Store::peek(&desk.path("state"), "campus").unwrap().unwrap();
    let there = Inventory::of(&desk.account).since(nothing());
    let differences = there.differences(state.resources.values().map(|it| it.kind.as_str()));
    assert_eq!(differences, Vec::<String>::new(), "{when}");
}

/// Checks that nothing is in the account but what comes with one.
#[track_caller]
pub(super) fn is_empty(desk: &Desk) {
    assert_eq!(Inventory::of(&desk.account).since(nothing()).kinds, BTreeMap::new());
}

/// Returns what is in an account that nobody uses.
fn nothing() -> &'static Inventory {
    static NOTHING: OnceLock<Inventory> = OnceLock::new();
    NOTHING.get_or_init(|| Inventory::of("399999999999"))
}
