//! What an alarm and a chart are made of, before they are resources.

use serde_json::{Value, json};

use crate::kind::{Address, Ref, Text};
use crate::kinds::cloudwatch::alarm::{Alarm, AlarmProps};
use crate::kinds::sns::topic::Topic;
use crate::topology::Build;

/// Gibibytes and mebibytes in bytes.
pub(super) const GIB: f64 = 1024.0 * 1024.0 * 1024.0;
pub(super) const MIB: f64 = 1024.0 * 1024.0;

/// A series of values in CloudWatch.
#[derive(Clone)]
pub(super) struct Metric {
    pub namespace: &'static str,
    pub name: &'static str,
    /// `Average`, `Sum`, `p95` …
    pub statistic: &'static str,
    pub dimensions: Vec<(&'static str, Text)>,
}

impl Metric {
    /// Returns the metric as dashboards write it.
    pub(super) fn on_chart(&self) -> Value {
        let mut all = vec![json!(self.namespace), json!(self.name)];
        for (name, value) in &self.dimensions {
            all.extend([json!(name), json!(value)]);
        }
        all.push(json!({ "stat": self.statistic }));
        Value::Array(all)
    }
}

/// When an alarm goes off.
#[derive(Clone, Copy)]
pub(super) struct Limit {
    comparison: &'static str,
    threshold: f64,
    /// The seconds that one value is made of, and how many of them in a row must be beyond the threshold.
    period: i32,
    times: i32,
}

impl Limit {
    /// More than so much for so many minutes, looked at in values of five minutes.
    pub(super) fn above(threshold: f64, minutes: i32) -> Limit {
        Limit { comparison: "GreaterThanThreshold", threshold, period: 300, times: minutes / 5 }
    }

    /// Less than so much for so many minutes.
    pub(super) fn below(threshold: f64, minutes: i32) -> Limit {
        Limit { comparison: "LessThanThreshold", ..Limit::above(threshold, minutes) }
    }

    /// So much at least, for so many minutes.
    pub(super) fn reaching(threshold: f64, minutes: i32) -> Limit {
        Limit { comparison: "GreaterThanOrEqualToThreshold", ..Limit::above(threshold, minutes) }
    }

    /// The same, looked at in values of one minute.
    pub(super) fn by_minutes(self) -> Limit {
        Limit { period: 60, times: self.times * 5, ..self }
    }
}

/// An alarm.
pub(super) struct Rule {
    /// Which, in words joined by `-`: the key of its address and the end of its name.
    pub what: String,
    /// What has happened and what to do, for the mail.
    pub says: String,
    pub metric: Metric,
    pub limit: Limit,
}

/// Several metrics in one chart.
pub(super) struct Chart {
    pub title: String,
    pub metrics: Vec<Metric>,
}

/// What is watched of a tier.
#[derive(Default)]
pub(super) struct Sight {
    pub rules: Vec<Rule>,
    pub charts: Vec<Chart>,
}

impl Sight {
    pub(super) fn rule(&mut self, what: impl Into<String>, metric: &Metric, limit: Limit, says: impl Into<String>) {
        self.rules.push(Rule { what: what.into(), says: says.into(), metric: metric.clone(), limit });
    }

    pub(super) fn chart(&mut self, title: impl Into<String>, metrics: impl IntoIterator<Item = Metric>) {
        self.charts.push(Chart { title: title.into(), metrics: metrics.into_iter().collect() });
    }

    pub(super) fn join(&mut self, other: Sight) {
        let Sight { rules, charts } = other;
        self.rules.extend(rules);
        self.charts.extend(charts);
    }
}

/// Adds an alarm to the graph.
pub(super) fn add_alarm(cx: &mut Build<'_>, rule: Rule, topic: Option<&Ref<Topic>>) {
    let Rule { what, says, metric, limit } = rule;
    let Limit { comparison, threshold, period, times } = limit;
    let told = topic.map(|it| it.early().text());
    let props = AlarmProps {
        name: cx.name(&what),
        description: says,
        namespace: metric.namespace.to_owned(),
        metric: metric.name.to_owned(),
        statistic: metric.statistic.to_owned(),
        unit: None,
        dimensions: metric.dimensions.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        period,
        evaluation_periods: times,
        datapoints: times,
        threshold,
        comparison: comparison.to_owned(),
        // No data is no news: nobody comes, or nothing is there yet.
        treat_missing: "notBreaching".to_owned(),
        actions: told.clone().into_iter().collect(),
        ok_actions: told.into_iter().collect(),
        tags: cx.tags(&what),
    };
    cx.graph.add::<Alarm>(Address::of("watch.alarm", Some(&what)), props);
}
