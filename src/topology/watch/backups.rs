//! Daily copies of database and files, in a vault of the stack's own.

use std::collections::BTreeSet;

use crate::kind::{Ref, Text};
use crate::kinds::backup::plan::{Plan, PlanProps};
use crate::kinds::backup::selection::{Selection, SelectionProps};
use crate::kinds::backup::vault::{Vault, VaultProps};
use crate::kinds::efs::file_system::FileSystem;
use crate::kinds::iam::role::{Role, RoleProps};
use crate::kinds::iam::role_policy::{RolePolicy, RolePolicyProps};
use crate::kinds::rds::cluster::Cluster;
use crate::topology::copying::{copying, trust};
use crate::topology::{Build, at};

/// Five in the morning, UTC, as AWS Backup does where nobody says otherwise.
const DAILY: &str = "cron(0 5 * * ? *)";

/// Adds a plan for every database and file system that the stack makes.
pub(super) fn add(cx: &mut Build<'_>, days: i32) {
    let clusters = cx.graph.all::<Cluster>().into_iter().map(|(_, it)| it.early().attr("arn"));
    let file_systems = cx.graph.all::<FileSystem>().into_iter().map(|(_, it)| it.early().attr("arn"));
    let resources: BTreeSet<Text> = clusters.chain(file_systems).collect();
    let tags = cx.tags("backup");
    let props = VaultProps { name: cx.name("backup"), key: None, tags: tags.clone() };
    let vault: Ref<Vault> = cx.graph.add(at("watch.backup-vault"), props);
    let props = PlanProps {
        name: cx.name("backup"),
        rule: "daily".to_owned(),
        schedule: DAILY.to_owned(),
        retain_days: i64::from(days),
        vault: vault.early(),
        tags: tags.clone(),
    };
    let plan: Ref<Plan> = cx.graph.add(at("watch.backup-plan"), props);
    let props = RoleProps {
        // Roles are global in an account, and a stack of this name may stand in another region too.
        name: cx.name(&format!("{}-backup", cx.facts.region())),
        trust: trust(cx.facts),
        description: format!("Lets AWS Backup copy the data of the Moodle stack {}", cx.stack),
        tags,
    };
    let role: Ref<Role> = cx.graph.add(at("watch.backup-role"), props);
    let policy = copying(cx.facts, &resources, &vault.early().attr("arn"));
    let props = RolePolicyProps { role: role.early(), name: "backup".to_owned(), policy };
    let policy: Ref<RolePolicy> = cx.graph.add(at("watch.backup-role-policy"), props);
    let name = cx.name("backup");
    let props = SelectionProps { plan: plan.early(), name, role: role.attr("arn"), resources };
    let selection: Ref<Selection> = cx.graph.add(at("watch.backup-selection"), props);
    // A role that may not copy yet is accepted, and the first copy fails.
    cx.graph.after(&selection, &policy);
    cx.output("backup-vault", &vault.text());
}
