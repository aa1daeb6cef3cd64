//! The page that shows the site.

use serde_json::{Value, json};

use super::rules::Chart;
use crate::kind::Ref;
use crate::kinds::cloudwatch::dashboard::{Dashboard, DashboardProps};
use crate::topology::{Build, at};

/// A page is 24 units wide.
const ACROSS: usize = 3;
const WIDTH: usize = 24 / ACROSS;
const HEIGHT: usize = 6;

/// Adds the dashboard, with a chart after the other from left to right.
pub(super) fn add(cx: &mut Build<'_>, charts: &[Chart]) {
    let region = cx.facts.region();
    let heading = json!({
        "type": "text", "x": 0, "y": 0, "width": 24, "height": 1,
        "properties": { "markdown": format!("# Moodle: {}", cx.stack) },
    });
    let widgets = charts.iter().enumerate().map(|(place, chart)| widget(place, chart, region));
    let widgets: Vec<Value> = [heading].into_iter().chain(widgets).collect();
    let props = DashboardProps {
        // The names of dashboards are unique in an account, whatever the region.
        name: cx.name(region),
        body: json!({ "widgets": widgets }),
        tags: cx.tags("watch"),
    };
    let url = url(region, &props.name);
    let _dashboard: Ref<Dashboard> = cx.graph.add(at("watch.dashboard"), props);
    cx.output("dashboard", &url.into());
}

fn widget(place: usize, chart: &Chart, region: &str) -> Value {
    let Chart { title, metrics } = chart;
    let metrics: Vec<Value> = metrics.iter().map(super::rules::Metric::on_chart).collect();
    json!({
        "type": "metric",
        "x": place % ACROSS * WIDTH, "y": 1 + place / ACROSS * HEIGHT, "width": WIDTH, "height": HEIGHT,
        "properties": { "title": title, "region": region, "period": 300, "view": "timeSeries", "metrics": metrics },
    })
}

fn url(region: &str, name: &str) -> String {
    let host = match region.split('-').next() {
        Some("cn") => "console.amazonaws.cn".to_owned(),
        _ if region.starts_with("us-gov-") => "console.amazonaws-us-gov.com".to_owned(),
        _ => format!("{region}.console.aws.amazon.com"),
    };
    format!("https://{host}/cloudwatch/home?region={region}#dashboards/dashboard/{name}")
}
