//! What is watched of the shared files.

use std::collections::BTreeSet;

use super::rules::{Limit, Metric, Sight};
use crate::kind::{Address, Ref, Text};
use crate::kinds::cloudwatch::math_alarm::{MathAlarm, MathAlarmProps, Series};
use crate::kinds::sns::topic::Topic;
use crate::topology::Build;
use crate::topology::files::{BurstCreditAlarms, Files, Own, Throughput};

/// Returns what is watched of a file system.
pub(super) fn sight(files: Option<&Files>, file_system: &Text) -> Sight {
    let of = |name, statistic| metric(name, statistic, file_system);
    let mut sight = Sight::default();
    let percent = of("PercentIOLimit", "Average");
    let says = "The shared files: above 95 % of the operations that a file system takes, for 15 minutes.";
    sight.rule("files-io", &percent, Limit::above(95.0, 15), says);
    let mut stored = of("StorageBytes", "Average");
    stored.dimensions.push(("StorageClass", "Total".into()));
    sight.chart("Files: stored, bytes", [stored]);
    sight.chart("Files: read and written, bytes", ["DataReadIOBytes", "DataWriteIOBytes"].map(|it| of(it, "Sum")));
    sight.chart("Files: use of operations, %", [percent]);
    if let Some(Files::Own(Own { throughput: Throughput::Bursting, .. })) = files {
        sight.chart("Files: burst credits, bytes", [of("BurstCreditBalance", "Minimum")]);
    }
    sight
}

/// Adds the two alarms on the burst credits of a file system: for how many minutes they still suffice when it is read and
/// written as fast as it may be, which is the faster the more is stored.
pub(super) fn add_burst_alarms(
    cx: &mut Build<'_>,
    alarms: BurstCreditAlarms,
    file_system: &Text,
    topic: Option<&Ref<Topic>>,
) {
    let BurstCreditAlarms { warning_minutes, critical_minutes } = alarms;
    let series = |name: &str| Series {
        namespace: "AWS/EFS".to_owned(),
        metric: name.to_owned(),
        statistic: "Minimum".to_owned(),
        dimensions: [("FileSystemId".to_owned(), file_system.clone())].into(),
        period: 60,
    };
    let told: BTreeSet<Text> = topic.into_iter().map(|it| it.early().text()).collect();
    for (severity, minutes) in [("warning", warning_minutes), ("critical", critical_minutes)] {
        let what = format!("files-burst-credits-{severity}");
        let props = MathAlarmProps {
            name: cx.name(&what),
            description: format!(
                "The shared files: at full speed, burst credits are at an end in {minutes} minutes. Then every page is \
                 slow. Write `throughput \"elastic\"` in `files`."
            ),
            expression: "credits / speed / 60".to_owned(),
            series: [("credits", "BurstCreditBalance"), ("speed", "PermittedThroughput")]
                .map(|(name, metric)| (name.to_owned(), series(metric)))
                .into(),
            evaluation_periods: 5,
            datapoints: 5,
            threshold: f64::from(minutes),
            comparison: "LessThanThreshold".to_owned(),
            treat_missing: "notBreaching".to_owned(),
            actions: told.clone(),
            ok_actions: told.clone(),
            tags: cx.tags(&what),
        };
        cx.graph.add::<MathAlarm>(Address::of("files.alarm", Some(&what)), props);
    }
}

fn metric(name: &'static str, statistic: &'static str, file_system: &Text) -> Metric {
    Metric { namespace: "AWS/EFS", name, statistic, dimensions: vec![("FileSystemId", file_system.clone())] }
}
