//! `autoscaling.refresh`: that the servers of a group are made by the template in use, and serve.
//!
//! Servers made by an older version are replaced a few at a time. It is ready when no replacement is under way and as many
//! servers as the group has at least are well, also to the load balancer. It owns nothing in AWS: after a failure a
//! new one takes its place and tries again, which costs nothing.

use aws_sdk_autoscaling::types::{
    AutoScalingGroup, InstanceRefresh, InstanceRefreshStatus, RefreshPreferences, RefreshStrategy,
};

use super::group::Group;
use super::{CONTENTION, DESCRIBE_GROUPS, INVALID, group_of, groups, health, versions};
use crate::aws::{Cx, Error, Result, call};
use crate::kind::{Actions, Edit, Kind, Lost, Phase, Poll, Rate, Ref, Retry, Seen, Text, Token, Verb, Wait};
use crate::kinds::answer::existing;
use crate::{attrs, props};

/// See the module.
#[derive(Debug)]
pub struct Refresh;

props! {
    /// What we want of a group's servers.
    pub struct RefreshProps {
        /// The group.
        replace group: Ref<Group>,
        /// The template that they are to be made by, and its version: `lt-…:3`.
        update version: Text,
        /// The share of the servers that go on serving meanwhile, in percent.
        update min_healthy_percent: i32,
    }
}

attrs! {
    /// What we remember of a replacement.
    pub struct RefreshAttrs {
        /// The group's name.
        group: String,
        /// The share that was asked for; AWS tells only that of replacements which took place.
        min_healthy_percent: i32,
        /// The replacement that we asked for last, if any.
        refresh: Option<String>,
        /// The group's last activity before ours; what failed earlier is not our failure.
        after: Option<String>,
    }
}

const START: &str = "autoscaling:StartInstanceRefresh";
const CANCEL: &str = "autoscaling:CancelInstanceRefresh";
const DESCRIBE: &str = "autoscaling:DescribeInstanceRefreshes";
const UNDER_WAY: &str = "InstanceRefreshInProgress";
const NO_GROUP: &str = "GroupNotFound";

impl Kind for Refresh {
    const NAME: &'static str = "autoscaling.refresh";
    const ID: &'static str = "group";
    const BATCH: usize = 20;
    // Booting, and being found well by the load balancer; a replacement does that several times over.
    const POLL: Poll = Poll { ready: Wait::looks(240.0, 20.0, 5.0, 3600.0), gone: Wait::none() };
    const RATE: Rate = super::MUTATING;
    const ACTIONS: Actions = Actions {
        create: &[DESCRIBE_GROUPS, health::ACTIVITIES, versions::IN_USE, START, CANCEL],
        read: &[DESCRIBE_GROUPS, DESCRIBE, health::ACTIVITIES, health::TARGETS, health::CONSOLE, versions::IN_USE],
        update: &[DESCRIBE_GROUPS, health::ACTIVITIES, versions::IN_USE, START, CANCEL],
        delete: &[],
        find: &[DESCRIBE_GROUPS, DESCRIBE, health::ACTIVITIES],
    };
    const RETRY: &'static [Retry] = &[
        Retry::on(Verb::Create, NO_GROUP, 60.0),
        Retry::on(Verb::Create, UNDER_WAY, 900.0),
        Retry::on(Verb::Create, CONTENTION, 120.0),
        Retry::on(Verb::Update, NO_GROUP, 60.0),
        Retry::on(Verb::Update, UNDER_WAY, 900.0),
        Retry::on(Verb::Update, CONTENTION, 120.0),
    ];
    const MOVES: &'static [&'static str] = &["min_healthy_percent", "refresh", "after"];

    type Props = RefreshProps;
    type Attrs = RefreshAttrs;

    async fn create(cx: &Cx, _token: &Token, want: &RefreshProps) -> Result<RefreshAttrs> {
        begin(cx, want).await
    }

    async fn read(cx: &Cx, have: &[RefreshAttrs]) -> Result<Vec<Option<Seen<Refresh>>>> {
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

    async fn update(cx: &Cx, edit: Edit<'_, Refresh>) -> Result<RefreshAttrs> {
        if edit.changes("version") {
            return begin(cx, edit.want).await;
        }
        Ok(RefreshAttrs { min_healthy_percent: edit.want.min_healthy_percent, ..edit.have.clone() })
    }

    async fn delete(_cx: &Cx, _have: &RefreshAttrs) -> Result<()> {
        Ok(())
    }

    async fn find(cx: &Cx, lost: &[Lost<Refresh>]) -> Result<Vec<Option<RefreshAttrs>>> {
        let mut all = Vec::new();
        for Lost { token: _, want } in lost {
            all.push(match group_of(cx, want.group.id()).await? {
                Some(group) => {
                    let refresh = newest(cx, want.group.id()).await?.filter(is_under_way);
                    Some(attrs_of(cx, want, &group, refresh.and_then(|it| it.instance_refresh_id)).await?)
                }
                None => None,
            });
        }
        Ok(all)
    }

    fn conflicts(old: &RefreshProps, new: &RefreshProps) -> bool {
        old.group == new.group
    }
}

/// Has the servers replaced that are made by another version, if there are any.
async fn begin(cx: &Cx, want: &RefreshProps) -> Result<RefreshAttrs> {
    let name = want.group.id();
    let missing = || Error::refused(START, NO_GROUP, format!("there is no group {name}"));
    let group = group_of(cx, name).await?.ok_or_else(missing)?;
    let old = versions::of(cx, &group).await?.into_iter().any(|it| it != want.version.as_str());
    let refresh = if old { start(cx, name, want.min_healthy_percent).await? } else { None };
    attrs_of(cx, want, &group, refresh).await
}

async fn start(cx: &Cx, group: &str, min_healthy_percent: i32) -> Result<Option<String>> {
    // A few more than usual meanwhile, so that a group of one goes on serving too.
    let preferences = RefreshPreferences::builder()
        .min_healthy_percentage(min_healthy_percent)
        .max_healthy_percentage(110.min(min_healthy_percent + 100).max(100))
        .skip_matching(true)
        .build();
    let start = cx.autoscaling().start_instance_refresh().auto_scaling_group_name(group);
    let answer = call(START, start.strategy(RefreshStrategy::Rolling).preferences(preferences).send().await);
    if answer.as_ref().is_err_and(|error| error.is(UNDER_WAY)) {
        // One for an older version: it ends, and then the call is repeated.
        let cancel = cx.autoscaling().cancel_instance_refresh().auto_scaling_group_name(group).send().await;
        existing(call(CANCEL, cancel), &["ActiveInstanceRefreshNotFound"])?;
    }
    Ok(answer?.instance_refresh_id)
}

async fn attrs_of(
    cx: &Cx,
    want: &RefreshProps,
    group: &AutoScalingGroup,
    refresh: Option<String>,
) -> Result<RefreshAttrs> {
    let name = want.group.id().to_owned();
    // Where all is well nothing has failed that could be mistaken for a failure of ours.
    let after = if health::is_enough(group) { None } else { health::last_activity(cx, &name).await? };
    Ok(RefreshAttrs { group: name, min_healthy_percent: want.min_healthy_percent, refresh, after })
}

async fn newest(cx: &Cx, group: &str) -> Result<Option<InstanceRefresh>> {
    let describe = cx.autoscaling().describe_instance_refreshes().auto_scaling_group_name(group).max_records(1);
    let answer = existing(call(DESCRIBE, describe.send().await), &[INVALID])?;
    Ok(answer.and_then(|it| it.instance_refreshes?.into_iter().next()))
}

fn is_under_way(refresh: &InstanceRefresh) -> bool {
    let over = ["Successful", "Failed", "Cancelled", "RollbackSuccessful", "RollbackFailed"];
    refresh.status().is_some_and(|it| !over.contains(&it.as_str()))
}

async fn seen(cx: &Cx, have: &RefreshAttrs, group: &AutoScalingGroup) -> Result<Seen<Refresh>> {
    let newest = newest(cx, &have.group).await?;
    let versions = versions::of(cx, group).await?;
    let (version, mixed) = versions::oldest(cx, group, &versions).await?;
    let phase = match replacement(have, newest.as_ref(), mixed) {
        Phase::Ready => health::phase(cx, group, have.after.as_deref()).await?,
        other => other,
    };
    let RefreshAttrs { group, min_healthy_percent, refresh: _, after: _ } = have;
    let props =
        RefreshProps { group: Ref::known(group), version: version.into(), min_healthy_percent: *min_healthy_percent };
    Ok(Seen { phase, props, attrs: have.clone() })
}

/// Returns where the replacement is that we asked for, or one that is under way.
fn replacement(have: &RefreshAttrs, newest: Option<&InstanceRefresh>, outdated: bool) -> Phase {
    if newest.is_some_and(is_under_way) {
        return Phase::Pending;
    }
    let Some(ours) = &have.refresh else { return Phase::Ready };
    if !outdated {
        // It is done, whatever became of those after it.
        return Phase::Ready;
    }
    // A replica that does not know of it yet.
    let Some(newest) = newest.filter(|it| it.instance_refresh_id() == Some(ours)) else { return Phase::Pending };
    match newest.status().map(InstanceRefreshStatus::as_str) {
        Some("Successful") => Phase::Ready,
        status => {
            let (status, reason) = (status.unwrap_or("without status"), newest.status_reason());
            Phase::Failed(format!("the replacement of its servers is {status}: {}", reason.unwrap_or("no reason")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn have(refresh: Option<&str>) -> RefreshAttrs {
        let refresh = refresh.map(str::to_owned);
        RefreshAttrs { group: "web".to_owned(), min_healthy_percent: 90, refresh, after: None }
    }

    fn refresh(id: &str, status: &str) -> InstanceRefresh {
        let status = InstanceRefreshStatus::from(status);
        InstanceRefresh::builder().instance_refresh_id(id).status(status).status_reason("it broke").build()
    }

    #[test]
    fn a_replacement_is_waited_for_whoever_asked_for_it() {
        for status in ["Pending", "InProgress", "Cancelling", "Baking", "RollbackInProgress"] {
            assert_eq!(replacement(&have(None), Some(&refresh("r", status)), true), Phase::Pending, "{status}");
        }
        assert_eq!(replacement(&have(Some("ours")), Some(&refresh("before", "Successful")), true), Phase::Pending);
        assert_eq!(replacement(&have(Some("ours")), None, true), Phase::Pending);
    }

    #[test]
    fn a_replacement_that_failed_is_a_failure_while_there_are_old_servers() {
        let why = Phase::Failed("the replacement of its servers is Failed: it broke".to_owned());
        assert_eq!(replacement(&have(Some("r")), Some(&refresh("r", "Failed")), true), why);
        assert_eq!(replacement(&have(Some("r")), Some(&refresh("r", "Failed")), false), Phase::Ready);
        assert_eq!(replacement(&have(None), Some(&refresh("r", "Failed")), true), Phase::Ready);
        assert_eq!(replacement(&have(Some("r")), Some(&refresh("r", "Successful")), true), Phase::Ready);
    }
}
