//! What a site's servers go through, as steps of the plan: installation by one, then all; and for other code first
//! copies and maintenance, then one server that upgrades, then the others, then visitors again.
//!
//! A step's `build` names the code. Where only a setting changes, no step of these does, and the servers are replaced.

use std::collections::BTreeSet;

use super::Web;
use crate::kind::{Ref, Text};
use crate::kinds::autoscaling::capacity::CapacityProps;
use crate::kinds::autoscaling::first::{First, FirstProps};
use crate::kinds::autoscaling::group::Group;
use crate::kinds::autoscaling::refresh::Refresh;
use crate::kinds::autoscaling::release::{Release, ReleaseProps};
use crate::kinds::backup::copy::{Copy as FilesCopy, CopyProps as FilesCopyProps};
use crate::kinds::backup::vault::{Vault, VaultProps};
use crate::kinds::ec2::launch_template::LaunchTemplate;
use crate::kinds::efs::file_system::FileSystem;
use crate::kinds::iam::role::{Role, RoleProps};
use crate::kinds::iam::role_policy::{RolePolicy, RolePolicyProps};
use crate::kinds::rds::cluster::Cluster;
use crate::kinds::rds::copy::{Copy as DatabaseCopy, CopyProps as DatabaseCopyProps};
use crate::kinds::ssm::command::{Command, CommandProps};
use crate::topology::copying::{copying, trust};
use crate::topology::fleet::output;
use crate::topology::{Build, at};

/// What servers run to close the site and to open it.
const SWITCH: &str = "/opt/moodle-infra/maintenance.sh";

/// A site that the servers run.
pub(in crate::topology) struct Moodle {
    /// What they boot.
    pub(in crate::topology) user_data: Text,
    /// What code that is.
    pub(in crate::topology) build: String,
    /// Whether somebody is still to install it in the browser.
    pub(in crate::topology) wizard: bool,
}

/// Returns below which parameter the servers of a stack report.
pub(super) fn reports(cx: &Build<'_>) -> String {
    format!("{}/report", super::parameters_of(cx.stack))
}

impl Moodle {
    /// Adds what happens before a server can boot other code: copies, then maintenance.
    pub(super) fn close(&self, cx: &mut Build<'_>) -> Ref<Command> {
        let database = self.copy_database(cx);
        let files = self.copy_files(cx);
        let closed = self.tell(cx, "maintenance", "on", None);
        if let Some(copy) = database {
            cx.graph.after(&closed, &copy);
        }
        if let Some(copy) = files {
            cx.graph.after(&closed, &copy);
        }
        closed
    }

    /// Adds the first server, and that it has installed the site or upgraded it.
    pub(super) fn install(
        &self,
        cx: &mut Build<'_>,
        group: &Ref<Group>,
        template: &Ref<LaunchTemplate>,
        ground: impl FnOnce(&mut Build<'_>, &Ref<First>),
    ) -> Ref<Release> {
        let first: Ref<First> = cx.graph.add(at("web.first"), FirstProps { group: group.early() });
        ground(cx, &first);
        let props = ReleaseProps {
            group: group.early(),
            path: reports(cx),
            build: self.build.clone(),
            stage: if self.wizard { "wizard" } else { "installed" }.to_owned(),
        };
        let installed: Ref<Release> = cx.graph.add(at("site.installed"), props);
        cx.graph.after(&installed, &first);
        cx.graph.after(&installed, template);
        // `installed`, or `wizard` until somebody has gone through it.
        output(cx, "site-stage", &installed.attr("stage"));
        installed
    }

    /// Adds that visitors meet the site when all servers run one code.
    ///
    /// Whatever closed the site, this answers it: also where the spec is set back and the code is that of before.
    pub(super) fn open(&self, cx: &mut Build<'_>, refresh: &Ref<Refresh>, closed: &Ref<Command>) {
        // Until the site is installed there is no maintenance, and no page that could show that it is well.
        if !self.wizard {
            let open = self.tell(cx, "open", "off", Some(closed));
            cx.graph.after(&open, refresh);
        }
    }

    /// Says what a person has to do while the site waits for that.
    pub(super) fn say(&self, cx: &mut Build<'_>, url: Option<&Text>, group: &Ref<Group>) {
        let Some(url) = url.filter(|_| self.wizard) else { return };
        let before = "open ".into();
        let after = " and go through the installation; then apply again, which brings the other servers".into();
        output(cx, "wizard", &Text::concat([before, url.clone(), after]));
        let region = cx.facts.region();
        let send = format!(
            "aws ssm send-command --region {region} --document-name AWS-RunShellScript \
             --targets Key=tag:aws:autoscaling:groupName,Values="
        );
        let set = " --parameters commands=\"/opt/moodle-infra/visitor.sh YOUR-ADDRESS\"";
        output(cx, "wizard-other-address", &Text::concat([send.into(), group.text(), set.into()]));
    }

    fn tell(&self, cx: &mut Build<'_>, step: &str, word: &str, answers: Option<&Ref<Command>>) -> Ref<Command> {
        let props = CommandProps {
            servers: cx.name("web"),
            path: reports(cx),
            script: format!("{SWITCH} {word}"),
            only_others: answers.is_none(),
            build: self.build.clone(),
            answers: answers.map_or_else(|| "".into(), |it| it.attr("said")),
        };
        cx.graph.add(at(&format!("site.{step}")), props)
    }

    /// A database that is not the stack's own is copied by whoever it belongs to.
    fn copy_database(&self, cx: &mut Build<'_>) -> Option<Ref<DatabaseCopy>> {
        let (_, cluster) = cx.graph.all::<Cluster>().into_iter().next()?;
        let props = DatabaseCopyProps {
            cluster: cluster.early(),
            name: cx.name("before"),
            path: reports(cx),
            build: self.build.clone(),
        };
        let copy: Ref<DatabaseCopy> = cx.graph.add(at("site.snapshot"), props);
        output(cx, "site-snapshot", &copy.attr("snapshot"));
        Some(copy)
    }

    /// Files that are not the stack's own are copied by whoever they belong to.
    fn copy_files(&self, cx: &mut Build<'_>) -> Option<Ref<FilesCopy>> {
        let (_, file_system) = cx.graph.all::<FileSystem>().into_iter().next()?;
        let arn = file_system.early().attr("arn");
        let tags = cx.tags("site-backup");
        let props = VaultProps { name: cx.name("site"), key: None, tags: tags.clone() };
        let vault: Ref<Vault> = cx.graph.add(at("site.backup-vault"), props);
        let props = RoleProps {
            // Roles are global in an account, and a stack of this name may stand in another region too.
            name: cx.name(&format!("{}-site-backup", cx.facts.region())),
            trust: trust(cx.facts),
            description: format!("Lets AWS Backup copy the files of the Moodle stack {}", cx.stack),
            tags,
        };
        let role: Ref<Role> = cx.graph.add(at("site.backup-role"), props);
        let policy = copying(cx.facts, &BTreeSet::from([arn.clone()]), &vault.early().attr("arn"));
        let props = RolePolicyProps { role: role.early(), name: "backup".to_owned(), policy };
        let policy: Ref<RolePolicy> = cx.graph.add(at("site.backup-role-policy"), props);
        let props = FilesCopyProps {
            resource: arn,
            vault: vault.early(),
            role: role.early().attr("arn"),
            path: reports(cx),
            build: self.build.clone(),
        };
        let copy: Ref<FilesCopy> = cx.graph.add(at("site.backup"), props);
        cx.graph.after(&copy, &policy);
        output(cx, "site-recovery-point", &copy.attr("point"));
        Some(copy)
    }
}

/// Returns how many servers there are: one while somebody installs Moodle, because that is one conversation.
pub(super) fn capacity(web: &Web, group: &Ref<Group>, moodle: Option<&Moodle>) -> CapacityProps {
    let (min, max) = if moodle.is_some_and(|it| it.wizard) { (1, 1) } else { (web.scale.min, web.scale.max) };
    CapacityProps { group: group.early(), min, max }
}
