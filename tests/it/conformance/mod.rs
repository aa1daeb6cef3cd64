//! Ring 3: every kind against every emulator.
//!
//! Each case of `cases` goes through all of `life` in an account of its own. What an emulator does otherwise than AWS
//! stands in `defects` and nowhere else; an entry there that no longer shows fails the suite too.

mod cache;
mod cases;
mod cdn;
mod database;
mod defects;
mod dns;
mod files;
mod life;
mod load_balancer;
mod watch;
mod web;

use std::collections::BTreeSet;

use moodle_infra::kinds::registry;

use crate::support::emulator::{Emulator, account};
use crate::support::models::judge;
use cases::{CASES, Case};
use defects::{DEFECTS, Defect};
use life::Check;

/// Every case; those of a tier stand in its file.
fn all_cases() -> impl Iterator<Item = &'static Case> {
    let tiers = [cache::CASES, cdn::CASES, database::CASES, dns::CASES, files::CASES, load_balancer::CASES];
    CASES.iter().chain(tiers.into_iter().chain([watch::CASES, web::CASES]).flatten())
}

fn all_defects() -> impl Iterator<Item = &'static Defect> {
    let tiers = [cache::DEFECTS, cdn::DEFECTS, dns::DEFECTS, files::DEFECTS, load_balancer::DEFECTS];
    DEFECTS.iter().chain(tiers.into_iter().chain([watch::DEFECTS, web::DEFECTS]).flatten())
}

#[tokio::test]
async fn every_kind_keeps_its_contract_on_ministack() {
    conform(Emulator::Ministack).await;
}

#[tokio::test]
async fn every_kind_keeps_its_contract_on_moto() {
    conform(Emulator::Moto).await;
}

async fn conform(emulator: Emulator) {
    let mut seen = BTreeSet::new();
    let mut requests = Vec::new();
    let mut unexpected = Vec::new();
    for (number, case) in all_cases().enumerate() {
        let cx = account(emulator, number).await;
        for failure in life::of(case, cx.clone()).await {
            let known = all_defects()
                .position(|it| it.covers(emulator, case.name, failure.check) && failure.why.contains(it.saying));
            match known {
                Some(index) => drop(seen.insert(index)),
                None => unexpected.push(format!("{}: {:?}: {}", case.name, failure.check, failure.why)),
            }
        }
        requests.extend(cx.wire().history());
    }
    let gone = all_defects().enumerate().filter(|(index, it)| it.emulator == emulator && !seen.contains(index));
    for (_, defect) in gone {
        unexpected.push(format!("no longer a defect, take it out of the table: {defect:?}"));
    }
    assert!(unexpected.is_empty(), "on {emulator:?}:\n{}", unexpected.join("\n"));
    let verdict = judge(&requests);
    verdict.expect_no_faults(&format!("the suite on {emulator:?}"));
    // A case that an emulator cannot run does not come to every call.
    let stuck = |case: &str| all_defects().any(|it| it.covers(emulator, case, Check::Runs));
    let lived: BTreeSet<&str> = all_cases().filter(|it| !stuck(it.name)).map(|it| (it.build)().kind).collect();
    for kind in registry().iter().filter(|it| lived.contains(it.meta().name)) {
        let actions = kind.meta().actions;
        for verb in [actions.create, actions.read, actions.find] {
            let called = verb.iter().any(|action| verdict.checked.keys().any(|call| life::action(call) == *action));
            assert!(called, "{}: none of {verb:?} was checked", kind.meta().name);
        }
    }
}

#[test]
fn every_kind_has_a_case() {
    let cases: BTreeSet<&str> = all_cases().map(|it| (it.build)().kind).collect();
    let kinds = registry();
    let kinds: BTreeSet<&str> = kinds.iter().map(|it| it.meta().name).collect();
    assert_eq!(kinds, cases);
}
