//! `cloudwatch.alarm`: tells people, or a scaling policy, that a metric of the site is where it should not be.
//!
//! `PutMetricAlarm` replaces an alarm of the same name, whoever made it; so the name carries the stack's.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_cloudwatch::operation::put_metric_alarm::builders::PutMetricAlarmFluentBuilder;
use aws_sdk_cloudwatch::types::{ComparisonOperator, MetricAlarm, StandardUnit, Statistic};

use super::named::{self, AlarmAttrs, DELETE, DESCRIBE, PUT};
use super::{LIST_TAGS, TAG, UNTAG, tags_of};
use crate::aws::{Cx, Result, call};
use crate::kind::values::Tags;
use crate::kind::{Actions, Edit, Kind, Lost, Named, Phase, Poll, Rate, Retry, Seen, Text, Token, Verb, Wait};
use crate::kinds::answer::complete;
use crate::props;

/// See the module.
#[derive(Debug)]
pub struct Alarm;

props! {
    /// What we want of an alarm.
    pub struct AlarmProps {
        /// Its name, unique in the account and region.
        replace name: String,
        /// What it means and what to do, as it stands in the mail.
        update description: String,
        /// Whose metric it is: `AWS/RDS`.
        update namespace: String,
        /// The metric.
        update metric: String,
        /// What of the metric: `Average`, `Minimum`, `Maximum`, `Sum`, `SampleCount`, or a percentile: `p95`.
        update statistic: String,
        /// The unit of the data; `None` takes every unit.
        update unit: Option<String>,
        /// What the metric is about.
        update dimensions: BTreeMap<String, Text>,
        /// The seconds that one value is made of.
        update period: i32,
        /// How many values are looked at.
        update evaluation_periods: i32,
        /// How many of them must be beyond the threshold.
        update datapoints: i32,
        /// What a value is compared with.
        update threshold: f64,
        /// How it is compared: `GreaterThanThreshold`, `LessThanOrEqualToThreshold`, …
        update comparison: String,
        /// What a value that is missing counts as: `missing`, `notBreaching`, `breaching`, `ignore`.
        update treat_missing: String,
        /// The ARNs of what is told when it goes off.
        update actions: BTreeSet<Text>,
        /// The ARNs of what is told when all is well again.
        update ok_actions: BTreeSet<Text>,
        /// The tags that users see.
        update tags: Tags,
    }
}

const STATISTICS: &[&str] = &["Average", "Maximum", "Minimum", "SampleCount", "Sum"];

impl Kind for Alarm {
    const NAME: &'static str = "cloudwatch.alarm";
    const ID: &'static str = "name";
    // One call describes a hundred, but the tags of each take a call of their own, one after the other.
    const BATCH: usize = 20;
    const POLL: Poll =
        Poll { ready: Wait { typical: 0.3, ..Wait::none() }, gone: Wait { typical: 0.3, ..Wait::none() } };
    const RATE: Rate = Rate { group: "alarms", burst: 3, per_second: 3.0 };
    const ACTIONS: Actions = Actions {
        create: &[PUT, TAG],
        read: &[DESCRIBE, LIST_TAGS],
        update: &[PUT, TAG, UNTAG],
        delete: &[DELETE],
        find: &[DESCRIBE, LIST_TAGS],
    };
    const RETRY: &'static [Retry] = &[
        // Its scaling policy was made a moment ago.
        Retry::on(Verb::Create, "ValidationError", 30.0),
        Retry::on(Verb::Update, "ResourceNotFoundException", 30.0),
    ];
    const NAMED: Named = Named::By(&[("name", "NAME")]);
    const LABELS: &'static [&'static str] = &["name"];

    type Props = AlarmProps;
    type Attrs = AlarmAttrs;

    async fn create(cx: &Cx, token: &Token, want: &AlarmProps) -> Result<AlarmAttrs> {
        let tags = super::on_create(token, &want.tags);
        call(PUT, put(cx, want).set_tags(Some(tags)).send().await)?;
        Ok(named::made(cx, &want.name))
    }

    async fn read(cx: &Cx, have: &[AlarmAttrs]) -> Result<Vec<Option<Seen<Alarm>>>> {
        let found = named::describe(cx, have.iter().map(|it| it.name.as_str())).await?;
        let mut all = Vec::new();
        for AlarmAttrs { name, arn: _ } in have {
            let Some(alarm) = found.iter().find(|it| it.alarm_name() == Some(name)) else {
                all.push(None);
                continue;
            };
            let attrs = complete(DESCRIBE, named::attrs_of(alarm))?;
            let tags = super::visible(&tags_of(cx, &attrs.arn).await?);
            let props = complete(DESCRIBE, props_of(alarm, tags))?;
            all.push(Some(Seen { phase: Phase::Ready, props, attrs }));
        }
        Ok(all)
    }

    async fn update(cx: &Cx, edit: Edit<'_, Alarm>) -> Result<AlarmAttrs> {
        let Edit { have, was, want, changed } = edit;
        if changed.iter().any(|it| *it != "tags") {
            call(PUT, put(cx, want).send().await)?;
        }
        if edit.changes("tags") {
            super::update_tags(cx, &have.arn, &was.tags, &want.tags).await?;
        }
        Ok(have.clone())
    }

    async fn delete(cx: &Cx, have: &AlarmAttrs) -> Result<()> {
        named::delete(cx, have).await
    }

    async fn find(cx: &Cx, lost: &[Lost<Alarm>]) -> Result<Vec<Option<AlarmAttrs>>> {
        let lost: Vec<_> = lost.iter().map(|it| (&it.token, it.want.name.as_str())).collect();
        named::find(cx, &lost).await
    }

    /// A name is one alarm, however often it is put.
    fn conflicts(old: &AlarmProps, new: &AlarmProps) -> bool {
        old.name == new.name
    }
}

/// Returns the call that makes an alarm such as it is wanted, tags left out. What it does not say is reset.
fn put(cx: &Cx, want: &AlarmProps) -> PutMetricAlarmFluentBuilder {
    let AlarmProps { name, description, namespace, metric, statistic, unit, dimensions, .. } = want;
    let plain = STATISTICS.contains(&statistic.as_str());
    cx.cloudwatch()
        .put_metric_alarm()
        .alarm_name(name)
        .alarm_description(description)
        .namespace(namespace)
        .metric_name(metric)
        .set_statistic(plain.then(|| Statistic::from(statistic.as_str())))
        .set_extended_statistic((!plain).then(|| statistic.clone()))
        .set_unit(unit.as_deref().map(StandardUnit::from))
        .set_dimensions(Some(named::dimensions(dimensions)))
        .period(want.period)
        .evaluation_periods(want.evaluation_periods)
        .datapoints_to_alarm(want.datapoints)
        .threshold(want.threshold)
        .comparison_operator(ComparisonOperator::from(want.comparison.as_str()))
        .treat_missing_data(&want.treat_missing)
        .set_alarm_actions(Some(named::arns(&want.actions)))
        .set_ok_actions(Some(named::arns(&want.ok_actions)))
}

/// Returns the properties. An alarm of another sort, put in the place of ours, lacks members: it reads as changed.
fn props_of(alarm: &MetricAlarm, tags: Tags) -> Option<AlarmProps> {
    let statistic = alarm.extended_statistic().or(alarm.statistic().map(Statistic::as_str));
    let evaluation_periods = alarm.evaluation_periods()?;
    Some(AlarmProps {
        name: alarm.alarm_name()?.to_owned(),
        description: alarm.alarm_description().unwrap_or_default().to_owned(),
        namespace: alarm.namespace().unwrap_or_default().to_owned(),
        metric: alarm.metric_name().unwrap_or_default().to_owned(),
        statistic: statistic.unwrap_or_default().to_owned(),
        unit: alarm.unit().map(|it| it.as_str().to_owned()),
        dimensions: named::dimensions_of(alarm.dimensions()),
        period: alarm.period().unwrap_or_default(),
        evaluation_periods,
        datapoints: alarm.datapoints_to_alarm().unwrap_or(evaluation_periods),
        threshold: alarm.threshold().unwrap_or_default(),
        comparison: alarm.comparison_operator()?.as_str().to_owned(),
        treat_missing: alarm.treat_missing_data().unwrap_or("missing").to_owned(),
        actions: named::texts(alarm.alarm_actions()),
        ok_actions: named::texts(alarm.ok_actions()),
        tags,
    })
}
