//! When there are more servers, and when there are fewer: alarms and the policies that they tell; and what the group tells
//! of its size.

use std::collections::{BTreeMap, BTreeSet};

use super::{Load, Needs, Scaling, Step};
use crate::kind::Ref;
use crate::kinds::autoscaling::group::Group;
use crate::kinds::autoscaling::metrics::{Metrics, MetricsProps};
use crate::kinds::autoscaling::policy::{Policy, PolicyProps, Rule};
use crate::kinds::cloudwatch::alarm::{Alarm, AlarmProps};
use crate::topology::{Build, at};

/// What is watched, and what it is compared with.
const METRICS: [&str; 2] = ["GroupDesiredCapacity", "GroupInServiceInstances"];

/// Adds policies, alarms and the figures about the group.
pub(super) fn add(cx: &mut Build<'_>, scaling: Scaling, group: &Ref<Group>, needs: &Needs<'_>) {
    let props = MetricsProps { group: group.early(), names: METRICS.map(str::to_owned).into() };
    cx.graph.add::<Metrics>(at("web.metrics"), props);
    match scaling {
        Scaling::Target(Load::Cpu(percent)) => {
            add_policy(cx, group, "cpu", Rule::Cpu { percent });
        }
        Scaling::Target(Load::Requests(per_minute)) => {
            let of = needs.label.clone().expect("checked: there is a load balancer");
            let policy = add_policy(cx, group, "requests", Rule::Requests { per_minute, of });
            // Only then the load balancer has anything to do with the target group.
            for listener in &needs.listeners {
                cx.graph.after(&policy, listener);
            }
        }
        Scaling::Steps { out, inward } => {
            add_step(cx, group, "out", out, 1);
            add_step(cx, group, "in", inward, -1);
        }
    }
}

fn add_step(cx: &mut Build<'_>, group: &Ref<Group>, name: &str, step: Step, servers: i32) {
    let Step { cpu, minutes, cooldown_seconds } = step;
    let policy = add_policy(cx, group, name, Rule::Step { servers, cooldown_seconds });
    let (comparison, beyond, what) = match servers {
        1.. => ("GreaterThanThreshold", "above", "adds a server"),
        _ => ("LessThanThreshold", "below", "takes a server away"),
    };
    let what = format!("The processors of the web servers are {beyond} {cpu} % for {minutes} minutes: {what}");
    let label = format!("web-scale-{name}");
    let props = AlarmProps {
        name: cx.name(&label),
        description: what,
        namespace: "AWS/EC2".to_owned(),
        metric: "CPUUtilization".to_owned(),
        statistic: "Average".to_owned(),
        unit: None,
        dimensions: BTreeMap::from([("AutoScalingGroupName".to_owned(), group.early().text())]),
        period: 60,
        evaluation_periods: minutes,
        datapoints: minutes,
        threshold: f64::from(cpu),
        comparison: comparison.to_owned(),
        treat_missing: "missing".to_owned(),
        actions: BTreeSet::from([policy.early().attr("arn")]),
        ok_actions: BTreeSet::new(),
        tags: cx.tags(&label),
    };
    cx.graph.add::<Alarm>(at(&format!("web.alarm.scale-{name}")), props);
}

fn add_policy(cx: &mut Build<'_>, group: &Ref<Group>, name: &str, rule: Rule) -> Ref<Policy> {
    let props = PolicyProps { group: group.early(), name: name.to_owned(), rule };
    cx.graph.add(at(&format!("web.policy.{name}")), props)
}
