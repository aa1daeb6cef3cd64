//! A whole site as the binary's tests use it: `specs/everything.kdl`, how it is changed, and what holds its data.

use super::run::Desk;
use crate::support::inventory::Inventory;

/// What a destroy must name.
pub(super) const LOSES: &str = "--allow-data-loss database.cluster --allow-data-loss files.file-system \
     --allow-data-loss site.admin-secret --allow-data-loss site.backup-vault";

const SPEC: &str = include_str!("../../../specs/everything.kdl");

/// Changes with which an update makes, changes, replaces and deletes something in every tier that can.
const CHANGES: &[(&str, &str)] = &[
    ("cost-centre=\"4711\"", "cost-centre=\"4712\""),
    ("idle-timeout-seconds 60", "idle-timeout-seconds 90"),
    ("memory-limit-mib=512 max", "memory-limit-mib=768 max"),
    ("nat \"per-zone\"", "nat \"single\""),
    ("endpoints \"s3\"", "endpoints \"s3\" \"secretsmanager\""),
    ("backup-days 30", "backup-days 14"),
    ("nodes \"cache.t4g.medium\" count=3", "nodes \"cache.t4g.small\" count=2"),
    ("ssh-from \"203.0.113.0/24\"", "ssh-from \"198.51.100.0/24\""),
    ("price-class \"all\"", "price-class \"100\""),
    ("email \"ops@example.edu\"", "email \"watch@example.edu\""),
];

/// Returns a desk with the spec and an account that has what the spec finds there; and what that is.
pub(super) async fn site() -> (Desk, Inventory) {
    let desk = Desk::with(SPEC);
    let zone = desk.cx().route53().create_hosted_zone().name("example.edu").caller_reference("site");
    zone.send().await.unwrap();
    let before = Inventory::of(&desk.account);
    (desk, before)
}

/// Returns the spec after its changes.
pub(super) fn changed() -> String {
    CHANGES.iter().fold(SPEC.to_owned(), |spec, (from, to)| {
        assert_eq!(spec.matches(from).count(), 1, "{from}");
        spec.replace(from, to)
    })
}
