//! `autoscaling.metrics`: the figures about a group itself, how many servers it has for one, every minute. AWS publishes
//! them only for groups that ask for it, and takes nothing for that.

use std::collections::BTreeSet;

use aws_sdk_autoscaling::types::AutoScalingGroup;

use super::group::Group;
use super::{CONTENTION, DESCRIBE_GROUPS, INVALID, ended, groups};
use crate::aws::{Cx, Result, call};
use crate::kind::{Actions, Edit, Kind, Lost, Phase, Poll, Rate, Ref, Retry, Seen, Token, Verb};
use crate::{attrs, props};

/// See the module.
#[derive(Debug)]
pub struct Metrics;

props! {
    /// What we want to know of a group.
    pub struct MetricsProps {
        /// The group.
        replace group: Ref<Group>,
        /// The figures, as CloudWatch names them: `GroupInServiceInstances`. One at least.
        update names: BTreeSet<String>,
    }
}

attrs! {
    /// They are found by their group.
    pub struct MetricsAttrs {
        /// The group's name.
        group: String,
    }
}

const ENABLE: &str = "autoscaling:EnableMetricsCollection";
const DISABLE: &str = "autoscaling:DisableMetricsCollection";
/// The only one that there is.
const GRANULARITY: &str = "1Minute";

impl Kind for Metrics {
    const NAME: &'static str = "autoscaling.metrics";
    const ID: &'static str = "group";
    const BATCH: usize = 50;
    const POLL: Poll = Poll::at_once();
    const RATE: Rate = super::MUTATING;
    const ACTIONS: Actions = Actions {
        create: &[ENABLE],
        read: &[DESCRIBE_GROUPS],
        update: &[ENABLE, DISABLE],
        delete: &[DISABLE],
        find: &[DESCRIBE_GROUPS],
    };
    const RETRY: &'static [Retry] = &[
        Retry::saying(Verb::Create, INVALID, "not found", 60.0),
        Retry::on(Verb::Create, CONTENTION, 120.0),
        Retry::on(Verb::Update, CONTENTION, 120.0),
        Retry::on(Verb::Delete, CONTENTION, 120.0),
    ];

    type Props = MetricsProps;
    type Attrs = MetricsAttrs;

    async fn create(cx: &Cx, _token: &Token, want: &MetricsProps) -> Result<MetricsAttrs> {
        let MetricsProps { group, names } = want;
        enable(cx, group.id(), names.iter()).await?;
        Ok(MetricsAttrs { group: group.id().to_owned() })
    }

    async fn read(cx: &Cx, have: &[MetricsAttrs]) -> Result<Vec<Option<Seen<Metrics>>>> {
        let there = groups(cx, have.iter().map(|it| it.group.clone()).collect()).await?;
        Ok(have.iter().map(|it| there.get(&it.group).and_then(|group| seen(&it.group, group))).collect())
    }

    async fn update(cx: &Cx, edit: Edit<'_, Metrics>) -> Result<MetricsAttrs> {
        let Edit { have, was, want, changed: _ } = edit;
        let mut more = want.names.difference(&was.names).peekable();
        if more.peek().is_some() {
            enable(cx, &have.group, more).await?;
        }
        let mut less = was.names.difference(&want.names).peekable();
        if less.peek().is_some() {
            disable(cx, &have.group, less).await?;
        }
        Ok(have.clone())
    }

    async fn delete(cx: &Cx, have: &MetricsAttrs) -> Result<()> {
        // Without names all are meant.
        ended(disable(cx, &have.group, [].iter()).await)
    }

    async fn find(cx: &Cx, lost: &[Lost<Metrics>]) -> Result<Vec<Option<MetricsAttrs>>> {
        let there = groups(cx, lost.iter().map(|it| it.want.group.id().to_owned()).collect()).await?;
        let as_wanted = |it: &Lost<Metrics>| {
            let MetricsProps { group, names } = &it.want;
            let enabled = enabled(there.get(group.id())?);
            (enabled == *names).then(|| MetricsAttrs { group: group.id().to_owned() })
        };
        Ok(lost.iter().map(as_wanted).collect())
    }

    fn conflicts(old: &MetricsProps, new: &MetricsProps) -> bool {
        old.group == new.group
    }
}

async fn enable(cx: &Cx, group: &str, names: impl Iterator<Item = &String>) -> Result<()> {
    let enable = cx.autoscaling().enable_metrics_collection().auto_scaling_group_name(group).granularity(GRANULARITY);
    call(ENABLE, enable.set_metrics(Some(names.cloned().collect())).send().await).map(drop)
}

async fn disable(cx: &Cx, group: &str, names: impl Iterator<Item = &String>) -> Result<()> {
    let names: Vec<String> = names.cloned().collect();
    let disable = cx.autoscaling().disable_metrics_collection().auto_scaling_group_name(group);
    call(DISABLE, disable.set_metrics(Some(names).filter(|it| !it.is_empty())).send().await).map(drop)
}

fn enabled(group: &AutoScalingGroup) -> BTreeSet<String> {
    group.enabled_metrics().iter().filter_map(|it| it.metric().map(str::to_owned)).collect()
}

/// A group that publishes nothing has none.
fn seen(name: &str, group: &AutoScalingGroup) -> Option<Seen<Metrics>> {
    let names = enabled(group);
    if names.is_empty() {
        return None;
    }
    let props = MetricsProps { group: Ref::known(name), names };
    Some(Seen { phase: Phase::Ready, props, attrs: MetricsAttrs { group: name.to_owned() } })
}

#[cfg(test)]
mod tests {
    use aws_sdk_autoscaling::types::EnabledMetric;

    use super::*;

    #[test]
    fn a_group_that_publishes_nothing_has_none() {
        assert!(seen("web", &AutoScalingGroup::builder().build()).is_none());
        let metric = EnabledMetric::builder().metric("GroupInServiceInstances").granularity(GRANULARITY).build();
        let group = AutoScalingGroup::builder().enabled_metrics(metric).build();
        assert_eq!(seen("web", &group).unwrap().props.names, ["GroupInServiceInstances".to_owned()].into());
    }
}
