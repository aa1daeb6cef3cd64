//! The cases of the tier `watch`, and what the emulators do otherwise.

use std::collections::BTreeMap;

use moodle_infra::graph::Graph;
use moodle_infra::kind::Text;
use moodle_infra::kinds::cloudwatch::alarm::{Alarm, AlarmProps};
use moodle_infra::kinds::cloudwatch::dashboard::{Dashboard, DashboardProps};
use serde_json::json;

use super::cases::{Build, Case, at, case, tags};
use super::defects::Defect;
use super::life::Check;
use crate::support::emulator::Emulator;

/// The cases of the tier.
pub(super) const CASES: &[Case] = &[
    Case { name: "alarm", build: alarm },
    Case { name: "alarm of a percentile", build: alarm_of_percentile },
    Case { name: "dashboard", build: dashboard },
];

/// What the emulators do otherwise than AWS.
pub(super) const DEFECTS: &[Defect] = &[
    no_cbor("alarm", "cloudwatch:PutMetricAlarm failed"),
    no_cbor("alarm of a percentile", "cloudwatch:PutMetricAlarm failed"),
    no_cbor("dashboard", "cloudwatch:PutDashboard failed"),
];

/// A call of CloudWatch, whose protocol moto does not speak.
const fn no_cbor(case: &'static str, saying: &'static str) -> Defect {
    Defect { emulator: Emulator::Moto, case, check: Check::Runs, saying, reason: "CloudWatch speaks CBOR" }
}

fn alarm_props(name: &str) -> AlarmProps {
    AlarmProps {
        name: name.to_owned(),
        description: "The database has much to do".to_owned(),
        namespace: "AWS/RDS".to_owned(),
        metric: "CPUUtilization".to_owned(),
        statistic: "Average".to_owned(),
        unit: None,
        dimensions: BTreeMap::from([("DBClusterIdentifier".to_owned(), Text::from("it"))]),
        period: 60,
        evaluation_periods: 5,
        datapoints: 3,
        threshold: 80.0,
        comparison: "GreaterThanThreshold".to_owned(),
        treat_missing: "missing".to_owned(),
        actions: ["arn:aws:sns:eu-west-1:200000000000:it".into()].into(),
        ok_actions: [].into(),
        tags: tags("first"),
    }
}

fn alarm() -> Build {
    let mut graph = Graph::default();
    // One of somebody else, whose name begins alike.
    graph.add::<Alarm>(at("stranger"), alarm_props("it-alarm-of-another"));
    let change = |it: &mut AlarmProps| {
        "EngineUptime".clone_into(&mut it.metric);
        "Minimum".clone_into(&mut it.statistic);
        it.unit = Some("Seconds".to_owned());
        (it.period, it.evaluation_periods, it.datapoints) = (300, 2, 2);
        it.threshold = 1_234_567_890_123.0;
        "LessThanOrEqualToThreshold".clone_into(&mut it.comparison);
        "breaching".clone_into(&mut it.treat_missing);
        (it.actions, it.ok_actions) = ([].into(), ["arn:aws:sns:eu-west-1:200000000000:it".into()].into());
        it.tags = tags("second");
    };
    case::<Alarm>(graph, alarm_props("it-alarm"), change, |it| "it-other".clone_into(&mut it.name))
}

fn alarm_of_percentile() -> Build {
    let before = AlarmProps { statistic: "p95".to_owned(), dimensions: BTreeMap::new(), ..alarm_props("it-alarm") };
    let change = |it: &mut AlarmProps| {
        (it.statistic, it.threshold) = ("p99.9".to_owned(), 0.25);
        it.dimensions =
            BTreeMap::from([("LoadBalancer".to_owned(), "app/it/1".into()), ("Zone".to_owned(), "a".into())]);
    };
    case::<Alarm>(Graph::default(), before, change, |it| "it-other".clone_into(&mut it.name))
}

fn dashboard() -> Build {
    let mut graph = Graph::default();
    let body = |title: &str| {
        let properties = json!({ "title": title, "region": "eu-west-1", "metrics": [["AWS/RDS", "CPUUtilization"]] });
        json!({ "widgets": [{ "type": "metric", "x": 0, "y": 0, "width": 12, "height": 6, "properties": properties }] })
    };
    let props = |name: &str| DashboardProps { name: name.to_owned(), body: body("first"), tags: tags("first") };
    graph.add::<Dashboard>(at("stranger"), props("stranger"));
    let change = |it: &mut DashboardProps| (it.body, it.tags) = (body("second"), tags("second"));
    case::<Dashboard>(graph, props("it"), change, |it| "it-other".clone_into(&mut it.name))
}
