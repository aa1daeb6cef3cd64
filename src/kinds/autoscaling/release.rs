//! `autoscaling.release`: that a server of a group runs the site's code, and has brought the database up to it.
//!
//! Servers say so themselves, in parameters. The first of a new group installs the site. For another build one server
//! is taken out, and the one that AWS puts in its place upgrades; the rest follows by `autoscaling.refresh`, so that a
//! failure stops there. It is ready when a server that is there says that it is done, and failed when one says so that
//! said nothing before. It owns the parameters: those of servers that are gone are deleted.

use std::collections::BTreeSet;

use aws_sdk_autoscaling::types::{AutoScalingGroup, Instance};

use super::group::Group;
use super::{ACTIVITY, CONTENTION, DESCRIBE_GROUPS, group_of, groups, health, versions};
use crate::aws::{Cx, Error, Result, call};
use crate::kind::{Actions, Edit, Kind, Lost, Named, Phase, Poll, Rate, Ref, Retry, Seen, Token, Verb, Wait};
use crate::kinds::ssm::reports::{self, Report};
use crate::{attrs, props};

/// See the module.
#[derive(Debug)]
pub struct Release;

props! {
    /// What we want of a group's servers.
    pub struct ReleaseProps {
        /// The group.
        replace group: Ref<Group>,
        /// Below which parameter they report.
        replace path: String,
        /// The code that they are to run.
        update build: String,
        /// How far they are to be: `installed`, or `wizard` where it is enough that somebody can install Moodle.
        update stage: String,
    }
}

attrs! {
    /// What we remember of an installation or an upgrade.
    pub struct ReleaseAttrs {
        /// The group's name.
        group: String,
        /// The path.
        path: String,
        /// The code that was asked for.
        build: String,
        /// How far it was to be.
        stage: String,
        /// Whether there was a site with other code.
        upgrade: bool,
        /// The servers that had failed before that, each with the time when it did; that is not our failure.
        failed: BTreeSet<String>,
        /// The group's last activity before that.
        activity: Option<String>,
    }
}

const TERMINATE: &str = "autoscaling:TerminateInstanceInAutoScalingGroup";
const NO_GROUP: &str = "GroupNotFound";

impl Kind for Release {
    const NAME: &'static str = "autoscaling.release";
    const ID: &'static str = "build";
    const BATCH: usize = 20;
    // Booting, and one installation or upgrade; that of a large site takes its time.
    const POLL: Poll = Poll { ready: Wait::looks(300.0, 20.0, 5.0, 7200.0), gone: Wait::none() };
    const CHANGED: Wait = Wait::looks(300.0, 20.0, 5.0, 7200.0);
    const RATE: Rate = super::MUTATING;
    const ACTIONS: Actions = Actions {
        create: &[DESCRIBE_GROUPS, health::ACTIVITIES, versions::IN_USE, reports::GET, reports::LIST, TERMINATE],
        read: &[DESCRIBE_GROUPS, reports::GET, health::ACTIVITIES, health::TARGETS, health::CONSOLE],
        update: &[
            DESCRIBE_GROUPS,
            health::ACTIVITIES,
            versions::IN_USE,
            reports::GET,
            reports::LIST,
            reports::FORGET,
            TERMINATE,
        ],
        delete: &[DESCRIBE_GROUPS, reports::LIST, reports::FORGET],
        find: &[DESCRIBE_GROUPS, reports::GET, reports::LIST, health::ACTIVITIES, versions::IN_USE],
    };
    const RETRY: &'static [Retry] = &[
        Retry::on(Verb::Create, NO_GROUP, 60.0),
        Retry::on(Verb::Create, ACTIVITY, 900.0),
        Retry::on(Verb::Create, CONTENTION, 120.0),
        Retry::on(Verb::Update, NO_GROUP, 60.0),
        Retry::on(Verb::Update, ACTIVITY, 900.0),
        Retry::on(Verb::Update, CONTENTION, 120.0),
    ];
    const MOVES: &'static [&'static str] = &["build", "stage", "upgrade", "failed", "activity"];
    const NAMED: Named = Named::Not("it is a wait for what servers report");

    type Props = ReleaseProps;
    type Attrs = ReleaseAttrs;

    async fn create(cx: &Cx, _token: &Token, want: &ReleaseProps) -> Result<ReleaseAttrs> {
        begin(cx, want).await
    }

    async fn read(cx: &Cx, have: &[ReleaseAttrs]) -> Result<Vec<Option<Seen<Release>>>> {
        let there = groups(cx, have.iter().map(|it| it.group.clone()).collect()).await?;
        let mut all = Vec::new();
        for attrs in have {
            all.push(match there.get(&attrs.group) {
                Some(group) => Some(seen(cx, attrs, group).await?),
                None => None,
            });
        }
        Ok(all)
    }

    async fn update(cx: &Cx, edit: Edit<'_, Release>) -> Result<ReleaseAttrs> {
        if edit.changes("build") {
            forget_gone(cx, &edit.have.path).await?;
            return begin(cx, edit.want).await;
        }
        Ok(ReleaseAttrs { stage: edit.want.stage.clone(), ..edit.have.clone() })
    }

    async fn delete(cx: &Cx, have: &ReleaseAttrs) -> Result<()> {
        // Those that are there belong to what takes this one's place.
        forget_gone(cx, &have.path).await
    }

    async fn find(cx: &Cx, lost: &[Lost<Release>]) -> Result<Vec<Option<ReleaseAttrs>>> {
        let mut all = Vec::new();
        for Lost { token: _, want } in lost {
            let group = group_of(cx, want.group.id()).await?;
            all.push(match group {
                // With none of another version or failed there is nothing that the call could still have to do.
                Some(group) if outdated(cx, want, &group).await?.is_none() => Some(attrs_of(cx, want, &group).await?),
                _ => None,
            });
        }
        Ok(all)
    }
}

/// Sees to it that a server boots the code in use, and takes note of what was before.
async fn begin(cx: &Cx, want: &ReleaseProps) -> Result<ReleaseAttrs> {
    let name = want.group.id();
    let missing = || Error::refused(TERMINATE, NO_GROUP, format!("there is no group {name}"));
    let group = group_of(cx, name).await?.ok_or_else(missing)?;
    let attrs = attrs_of(cx, want, &group).await?;
    if let Some(server) = outdated(cx, want, &group).await? {
        let terminate = cx.autoscaling().terminate_instance_in_auto_scaling_group().instance_id(server);
        call(TERMINATE, terminate.should_decrement_desired_capacity(false).send().await)?;
    }
    Ok(attrs)
}

async fn attrs_of(cx: &Cx, want: &ReleaseProps, group: &AutoScalingGroup) -> Result<ReleaseAttrs> {
    let ReleaseProps { group: _, path, build, stage } = want.clone();
    let before = reports::all(cx, &path).await?;
    let name = want.group.id().to_owned();
    Ok(ReleaseAttrs {
        upgrade: before.values().any(|it| it.is_installed() && it.build != build),
        failed: before.iter().filter(|(_, it)| it.state == "failed").map(|(server, it)| named(server, it)).collect(),
        activity: if group.instances().is_empty() { None } else { health::last_activity(cx, &name).await? },
        group: name,
        path,
        build,
        stage,
    })
}

/// Returns the server to take out so that another boots the code in use; `None` where one is done, or on its way.
async fn outdated(cx: &Cx, want: &ReleaseProps, group: &AutoScalingGroup) -> Result<Option<String>> {
    let servers: Vec<&Instance> = versions::staying(group).collect();
    let ids: Vec<String> = servers.iter().filter_map(|it| it.instance_id().map(str::to_owned)).collect();
    let said = reports::of(cx, &want.path, &ids).await?;
    if said.values().any(|it| is_done(it, &want.build, &want.stage)) {
        return Ok(None);
    }
    // One that tried and failed does not try again by itself.
    if let Some((server, _)) = said.iter().find(|(_, it)| it.state == "failed") {
        return Ok(Some(server.clone()));
    }
    let old = versions::of(cx, group).await?;
    let (_, is_old) = versions::oldest(cx, group, &old).await?;
    // Where there are several versions, a server of the one in use is booting.
    Ok(if is_old && old.len() == 1 { ids.into_iter().next() } else { None })
}

fn is_done(report: &Report, build: &str, stage: &str) -> bool {
    report.build == build && report.state == "done" && (stage == "wizard" || report.stage == stage)
}

async fn seen(cx: &Cx, have: &ReleaseAttrs, group: &AutoScalingGroup) -> Result<Seen<Release>> {
    let ReleaseAttrs { group: name, path, build, stage, upgrade: _, failed: _, activity } = have;
    let ids: Vec<String> = versions::staying(group).filter_map(|it| it.instance_id().map(str::to_owned)).collect();
    let said = reports::of(cx, path, &ids).await?;
    let phase = if group.desired_capacity() == Some(0) || said.values().any(|it| is_done(it, build, stage)) {
        // A group that has shrunk to nothing has nobody to ask.
        Phase::Ready
    } else if let Some((server, report)) = said.iter().find(|(server, it)| is_failure(server, it, have)) {
        Phase::Failed(failure(server, report, have.upgrade))
    } else {
        match health::phase(cx, group, activity.as_deref()).await? {
            Phase::Failed(why) => Phase::Failed(why),
            // They may be well and serve, but by other code.
            _ => Phase::Pending,
        }
    };
    let props =
        ReleaseProps { group: Ref::known(name), path: path.clone(), build: build.clone(), stage: stage.clone() };
    Ok(Seen { phase, props, attrs: have.clone() })
}

/// Whether a server failed after we asked, with the code that we asked for.
fn is_failure(server: &str, report: &Report, have: &ReleaseAttrs) -> bool {
    report.state == "failed" && report.build == have.build && !have.failed.contains(&named(server, report))
}

/// One server may fail more than once.
fn named(server: &str, report: &Report) -> String {
    format!("{server} {}", report.at)
}

/// Says which server failed where, what its log says, and how to go on or back.
fn failure(server: &str, report: &Report, upgrade: bool) -> String {
    let Report { state: _, stage, code, at: _, build: _, log } = report;
    let log: Vec<&str> = log.split('|').map(str::trim_end).filter(|it| !it.is_empty()).collect();
    let mut text = format!("{server} failed at the step `{stage}` with exit code {code}; its log ends:\n");
    text.push_str(&log.join("\n"));
    if upgrade {
        text.push_str(
            "\nThe other servers are as they were, and maintenance stays on. To go on, correct what is wrong and apply \
             again. To go back, write the release and the plug-ins as before into the spec and apply; if the database \
             has been changed already, write also\n    database { restore snapshot=\"…\" }\nwith the snapshot that the \
             output `site-snapshot` names, and allow the loss of the changed one with --allow-data-loss",
        );
    }
    text
}

/// Deletes what servers said that are gone.
async fn forget_gone(cx: &Cx, path: &str) -> Result<()> {
    let said = reports::all(cx, path).await?;
    if said.is_empty() {
        return Ok(());
    }
    let pages = cx.autoscaling().describe_auto_scaling_groups().into_paginator().items().send();
    let groups: Vec<AutoScalingGroup> = call(DESCRIBE_GROUPS, pages.collect::<std::result::Result<_, _>>().await)?;
    let there: BTreeSet<&str> =
        groups.iter().flat_map(AutoScalingGroup::instances).filter_map(Instance::instance_id).collect();
    let gone: Vec<String> = said.into_keys().filter(|it| !there.contains(it.as_str())).collect();
    reports::forget(cx, path, &gone).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(state: &str, stage: &str, at: &str) -> Report {
        Report {
            state: state.to_owned(),
            stage: stage.to_owned(),
            code: 4,
            at: at.to_owned(),
            build: "new".to_owned(),
            log: "== code|failed: no such archive|".to_owned(),
        }
    }

    fn have(failed: &[&str]) -> ReleaseAttrs {
        ReleaseAttrs {
            group: "web".to_owned(),
            path: "/Moodle/campus/report".to_owned(),
            build: "new".to_owned(),
            stage: "installed".to_owned(),
            upgrade: true,
            failed: failed.iter().map(|it| (*it).to_owned()).collect(),
            activity: None,
        }
    }

    #[test]
    fn a_wizard_that_waits_is_enough_only_while_nobody_has_installed_moodle() {
        let waits = report("done", "wizard", "2026");
        assert!(is_done(&waits, "new", "wizard") && !is_done(&waits, "new", "installed"));
        let installed = report("done", "installed", "2026");
        assert!(is_done(&installed, "new", "wizard") && is_done(&installed, "new", "installed"));
        assert!(!is_done(&installed, "other", "installed"));
    }

    #[test]
    fn what_failed_before_is_not_our_failure() {
        let failed = report("failed", "code", "2026-11-30T04:00:00Z");
        assert!(is_failure("i-1", &failed, &have(&[])));
        assert!(is_failure("i-1", &failed, &have(&["i-1 2026-11-30T03:00:00Z", "i-2 2026-11-30T04:00:00Z"])));
        assert!(!is_failure("i-1", &failed, &have(&["i-1 2026-11-30T04:00:00Z"])));
        assert!(!is_failure("i-1", &report("done", "installed", "2026"), &have(&[])));
    }

    #[test]
    fn a_failure_says_who_where_why_and_how_to_go_back() {
        let failed = report("failed", "code", "2026");
        let text = failure("i-1", &failed, true);
        for part in ["i-1", "`code`", "exit code 4", "no such archive", "maintenance stays on", "site-snapshot"] {
            assert!(text.contains(part), "{text}");
        }
        assert!(!failure("i-1", &failed, false).contains("maintenance"));
    }
}
