//! `cloudwatch.math_alarm`: an alarm on what several metrics say together, such as for how long credits still suffice.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_cloudwatch::operation::put_metric_alarm::builders::PutMetricAlarmFluentBuilder;
use aws_sdk_cloudwatch::types::{ComparisonOperator, Metric, MetricAlarm, MetricDataQuery, MetricStat};
use serde::{Deserialize, Serialize};

use super::named::{self, AlarmAttrs, DELETE, DESCRIBE, PUT};
use super::{LIST_TAGS, TAG, UNTAG, tags_of};
use crate::aws::{Cx, Result, call};
use crate::kind::values::Tags;
use crate::kind::{Actions, Edit, Kind, Lost, Named, Phase, Poll, Rate, Retry, Seen, Text, Token, Verb, Wait};
use crate::kinds::answer::complete;
use crate::props;

/// See the module.
#[derive(Debug)]
pub struct MathAlarm;

props! {
    /// What we want of an alarm.
    pub struct MathAlarmProps {
        /// Its name, unique in the account and region.
        replace name: String,
        /// What it means and what to do, as it stands in the mail.
        update description: String,
        /// The value that is looked at: an expression of the names of `series`.
        update expression: String,
        /// What it is made of, by names.
        update series: BTreeMap<String, Series>,
        /// How many values are looked at.
        update evaluation_periods: i32,
        /// How many of them must be beyond the threshold.
        update datapoints: i32,
        /// What a value is compared with.
        update threshold: f64,
        /// How it is compared: `GreaterThanThreshold`, `LessThanThreshold`, …
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

/// A metric, and what of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Series {
    /// Whose metric it is: `AWS/EFS`.
    pub namespace: String,
    /// The metric.
    pub metric: String,
    /// `Average`, `Minimum`, `Sum`, `p95` …
    pub statistic: String,
    /// What the metric is about.
    pub dimensions: BTreeMap<String, Text>,
    /// The seconds that one value is made of.
    pub period: i32,
}

/// The name of the value that is looked at.
const RESULT: &str = "result";

impl Kind for MathAlarm {
    const NAME: &'static str = "cloudwatch.math_alarm";
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
    const RETRY: &'static [Retry] = &[Retry::on(Verb::Update, "ResourceNotFoundException", 30.0)];
    const NAMED: Named = Named::By(&[("name", "NAME")]);
    const LABELS: &'static [&'static str] = &["name"];

    type Props = MathAlarmProps;
    type Attrs = AlarmAttrs;

    async fn create(cx: &Cx, token: &Token, want: &MathAlarmProps) -> Result<AlarmAttrs> {
        let tags = super::on_create(token, &want.tags);
        call(PUT, put(cx, want).set_tags(Some(tags)).send().await)?;
        Ok(named::made(cx, &want.name))
    }

    async fn read(cx: &Cx, have: &[AlarmAttrs]) -> Result<Vec<Option<Seen<MathAlarm>>>> {
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

    async fn update(cx: &Cx, edit: Edit<'_, MathAlarm>) -> Result<AlarmAttrs> {
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

    async fn find(cx: &Cx, lost: &[Lost<MathAlarm>]) -> Result<Vec<Option<AlarmAttrs>>> {
        let lost: Vec<_> = lost.iter().map(|it| (&it.token, it.want.name.as_str())).collect();
        named::find(cx, &lost).await
    }

    /// A name is one alarm, however often it is put.
    fn conflicts(old: &MathAlarmProps, new: &MathAlarmProps) -> bool {
        old.name == new.name
    }
}

/// Returns the call that makes an alarm such as it is wanted, tags left out. What it does not say is reset.
fn put(cx: &Cx, want: &MathAlarmProps) -> PutMetricAlarmFluentBuilder {
    let result = MetricDataQuery::builder().id(RESULT).expression(&want.expression).return_data(true).build();
    let series = want.series.iter().map(|(name, series)| {
        let Series { namespace, metric, statistic, dimensions: about, period } = series;
        let metric =
            Metric::builder().namespace(namespace).metric_name(metric).set_dimensions(Some(named::dimensions(about)));
        let stat = MetricStat::builder().metric(metric.build()).stat(statistic).period(*period).build();
        MetricDataQuery::builder().id(name).metric_stat(stat).return_data(false).build()
    });
    cx.cloudwatch()
        .put_metric_alarm()
        .alarm_name(&want.name)
        .alarm_description(&want.description)
        .set_metrics(Some([result].into_iter().chain(series).collect()))
        .evaluation_periods(want.evaluation_periods)
        .datapoints_to_alarm(want.datapoints)
        .threshold(want.threshold)
        .comparison_operator(ComparisonOperator::from(want.comparison.as_str()))
        .treat_missing_data(&want.treat_missing)
        .set_alarm_actions(Some(named::arns(&want.actions)))
        .set_ok_actions(Some(named::arns(&want.ok_actions)))
}

/// Returns the properties. An alarm of another sort, put in the place of ours, reads as changed.
fn props_of(alarm: &MetricAlarm, tags: Tags) -> Option<MathAlarmProps> {
    let queries = alarm.metrics();
    let expression = queries.iter().find_map(|it| it.expression()).unwrap_or_default().to_owned();
    let series = queries.iter().filter_map(|it| Some((it.id()?.to_owned(), series(it.metric_stat()?)?)));
    let evaluation_periods = alarm.evaluation_periods()?;
    Some(MathAlarmProps {
        name: alarm.alarm_name()?.to_owned(),
        description: alarm.alarm_description().unwrap_or_default().to_owned(),
        expression,
        series: series.collect(),
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

fn series(found: &MetricStat) -> Option<Series> {
    let metric = found.metric()?;
    Some(Series {
        namespace: metric.namespace()?.to_owned(),
        metric: metric.metric_name()?.to_owned(),
        statistic: found.stat()?.to_owned(),
        dimensions: named::dimensions_of(metric.dimensions()),
        period: found.period()?,
    })
}
