//! `autoscaling.policy`: how a group answers to its load.

use std::collections::BTreeMap;

use aws_sdk_autoscaling::types::{
    MetricType, PredefinedMetricSpecification, ScalingPolicy, TargetTrackingConfiguration,
};
use serde::{Deserialize, Serialize};

use super::group::Group;
use super::{CONTENTION, INVALID, ended, is_gone};
use crate::aws::{Cx, Result, call};
use crate::kind::{Actions, Edit, Kind, Lost, Named, Phase, Poll, Rate, Ref, Retry, Seen, Text, Token, Verb, Wait};
use crate::kinds::answer::complete;
use crate::{attrs, props};

/// See the module.
#[derive(Debug)]
pub struct Policy;

props! {
    /// What we want of a policy.
    pub struct PolicyProps {
        /// The group.
        replace group: Ref<Group>,
        /// Its name, unique in the group.
        replace name: String,
        /// What it does.
        update rule: Rule,
    }
}

/// What a policy does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Rule {
    /// Adds so many servers, or takes them away, when an alarm tells it to.
    Step {
        /// How many; less than none takes away.
        servers: i32,
        /// The pause before the next step.
        cooldown_seconds: i32,
    },
    /// Keeps the average load of the processors near this, with alarms of its own.
    Cpu {
        /// In percent.
        percent: i32,
    },
    /// Keeps the requests that a load balancer sends each server near this, with alarms of its own.
    Requests {
        /// So many a minute.
        per_minute: i32,
        /// What AWS calls load balancer and target group: `app/…/…/targetgroup/…/…`. The target group must be the
        /// group's, and one that the load balancer sends requests to.
        of: Text,
    },
}

attrs! {
    /// What AWS assigns.
    pub struct PolicyAttrs {
        /// `arn:aws:autoscaling:…:scalingPolicy:…`.
        arn: String,
        /// The group's name.
        group: String,
        /// The policy's name.
        name: String,
    }
}

const PUT: &str = "autoscaling:PutScalingPolicy";
const DESCRIBE: &str = "autoscaling:DescribePolicies";
const DELETE: &str = "autoscaling:DeletePolicy";
const STEP: &str = "SimpleScaling";
const TRACKING: &str = "TargetTrackingScaling";

impl Kind for Policy {
    const NAME: &'static str = "autoscaling.policy";
    const ID: &'static str = "arn";
    // One call a group.
    const BATCH: usize = 50;
    const POLL: Poll = Poll { ready: Wait { typical: 0.3, ..Wait::none() }, gone: Wait::none() };
    const RATE: Rate = super::MUTATING;
    const ACTIONS: Actions = Actions {
        create: &[PUT, "iam:CreateServiceLinkedRole"],
        read: &[DESCRIBE],
        update: &[PUT],
        delete: &[DELETE],
        find: &[DESCRIBE],
    };
    const RETRY: &'static [Retry] = &[
        Retry::saying(Verb::Create, INVALID, "not found", 60.0),
        Retry::on(Verb::Create, CONTENTION, 120.0),
        Retry::on(Verb::Update, CONTENTION, 120.0),
        Retry::on(Verb::Delete, CONTENTION, 120.0),
    ];
    const NAMED: Named = Named::By(&[("group", "GROUP"), ("name", "POLICY")]);
    const LABELS: &'static [&'static str] = &["name"];

    type Props = PolicyProps;
    type Attrs = PolicyAttrs;

    async fn create(cx: &Cx, _token: &Token, want: &PolicyProps) -> Result<PolicyAttrs> {
        put(cx, want).await
    }

    async fn read(cx: &Cx, have: &[PolicyAttrs]) -> Result<Vec<Option<Seen<Policy>>>> {
        let there = policies(cx, have.iter().map(|it| it.group.as_str())).await?;
        Ok(have.iter().map(|it| one(&there, &it.group, &it.name)).collect())
    }

    async fn update(cx: &Cx, edit: Edit<'_, Policy>) -> Result<PolicyAttrs> {
        put(cx, edit.want).await
    }

    async fn delete(cx: &Cx, have: &PolicyAttrs) -> Result<()> {
        let delete = cx.autoscaling().delete_policy().auto_scaling_group_name(&have.group).policy_name(&have.name);
        ended(call(DELETE, delete.send().await))
    }

    async fn find(cx: &Cx, lost: &[Lost<Policy>]) -> Result<Vec<Option<PolicyAttrs>>> {
        let there = policies(cx, lost.iter().map(|it| it.want.group.id())).await?;
        let as_wanted = |it: &Lost<Policy>| {
            let found = one(&there, it.want.group.id(), &it.want.name)?;
            (found.props == it.want).then_some(found.attrs)
        };
        Ok(lost.iter().map(as_wanted).collect())
    }

    fn conflicts(old: &PolicyProps, new: &PolicyProps) -> bool {
        old.group == new.group && old.name == new.name
    }
}

async fn put(cx: &Cx, want: &PolicyProps) -> Result<PolicyAttrs> {
    let PolicyProps { group, name, rule } = want;
    let put = cx.autoscaling().put_scaling_policy().auto_scaling_group_name(group.id()).policy_name(name);
    let put = match rule {
        Rule::Step { servers, cooldown_seconds } => put
            .policy_type(STEP)
            .adjustment_type("ChangeInCapacity")
            .scaling_adjustment(*servers)
            .cooldown(*cooldown_seconds),
        Rule::Cpu { percent } => {
            let metric = MetricType::AsgAverageCpuUtilization;
            put.policy_type(TRACKING).target_tracking_configuration(tracking(metric, None, *percent))
        }
        Rule::Requests { per_minute, of } => {
            let metric = MetricType::AlbRequestCountPerTarget;
            put.policy_type(TRACKING).target_tracking_configuration(tracking(metric, Some(of.as_str()), *per_minute))
        }
    };
    let answer = call(PUT, put.send().await)?;
    let arn = complete(PUT, answer.policy_arn)?;
    Ok(PolicyAttrs { arn, group: group.id().to_owned(), name: name.clone() })
}

fn tracking(metric: MetricType, of: Option<&str>, value: i32) -> TargetTrackingConfiguration {
    let metric = PredefinedMetricSpecification::builder().predefined_metric_type(metric);
    let metric = metric.set_resource_label(of.map(str::to_owned)).build();
    let tracking = TargetTrackingConfiguration::builder().predefined_metric_specification(metric);
    tracking.target_value(f64::from(value)).build()
}

/// Returns the policies of these groups; a group that does not exist has none.
async fn policies(cx: &Cx, groups: impl Iterator<Item = &str>) -> Result<BTreeMap<String, Vec<ScalingPolicy>>> {
    let mut all = BTreeMap::new();
    for group in groups {
        if all.contains_key(group) {
            continue;
        }
        let pages = cx.autoscaling().describe_policies().auto_scaling_group_name(group).into_paginator();
        let found: Vec<ScalingPolicy> =
            match call(DESCRIBE, pages.items().send().collect::<std::result::Result<_, _>>().await) {
                Err(error) if is_gone(&error) => Vec::new(),
                other => other?,
            };
        all.insert(group.to_owned(), found);
    }
    Ok(all)
}

fn one(all: &BTreeMap<String, Vec<ScalingPolicy>>, group: &str, name: &str) -> Option<Seen<Policy>> {
    let found = all.get(group)?.iter().find(|it| it.policy_name() == Some(name))?;
    let props = PolicyProps { group: Ref::known(group), name: name.to_owned(), rule: rule_of(found) };
    let attrs = PolicyAttrs { arn: found.policy_arn()?.to_owned(), group: group.to_owned(), name: name.to_owned() };
    Some(Seen { phase: Phase::Ready, props, attrs })
}

fn rule_of(policy: &ScalingPolicy) -> Rule {
    match policy.target_tracking_configuration() {
        Some(tracking) if policy.policy_type() == Some(TRACKING) => {
            let metric = tracking.predefined_metric_specification();
            let value = tracking.target_value().map_or(0, whole);
            match metric.and_then(|it| it.predefined_metric_type()) {
                Some(MetricType::AsgAverageCpuUtilization) => Rule::Cpu { percent: value },
                Some(MetricType::AlbRequestCountPerTarget) => {
                    let of = metric.and_then(|it| it.resource_label()).unwrap_or_default();
                    Rule::Requests { per_minute: value, of: Text::from(of) }
                }
                // Of another metric somebody else thought: nought is never wanted, so it is a difference.
                _ => Rule::Cpu { percent: 0 },
            }
        }
        _ => Rule::Step {
            servers: policy.scaling_adjustment().unwrap_or(0),
            cooldown_seconds: policy.cooldown().unwrap_or(0),
        },
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a share in percent, or requests a minute")]
fn whole(value: f64) -> i32 {
    value.round() as i32
}
