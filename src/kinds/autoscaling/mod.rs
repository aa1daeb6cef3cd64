//! The servers of a site as a group that grows and shrinks: the group, how many there are, when that changes, what is
//! told of it, and the replacement of servers that are made by an old template. A group of one can also do a job.

use std::collections::BTreeMap;

use aws_sdk_autoscaling::types::{AutoScalingGroup, LaunchTemplateSpecification};

use crate::aws::{Cx, Error, Result, call};
use crate::kind::Rate;

pub mod group;

pub mod first;

pub mod release;

pub mod capacity;

pub mod metrics;

pub mod policy;

pub mod job;

mod health;
pub mod refresh;
mod versions;

/// Auto Scaling publishes no rates; this is what it stands without complaint.
const MUTATING: Rate = Rate { group: "mutating", burst: 10, per_second: 5.0 };

const DESCRIBE_GROUPS: &str = "autoscaling:DescribeAutoScalingGroups";
const UPDATE_GROUP: &str = "autoscaling:UpdateAutoScalingGroup";
/// The code with which Auto Scaling refuses nearly everything, also what concerns a group that does not exist.
const INVALID: &str = "ValidationError";
/// Another change of the group is under way.
const CONTENTION: &str = "ResourceContention";
const ACTIVITY: &str = "ScalingActivityInProgress";

/// Returns the groups of these names that exist, by name.
async fn groups(cx: &Cx, names: Vec<String>) -> Result<BTreeMap<String, AutoScalingGroup>> {
    // Without names the call answers all groups of the account.
    if names.is_empty() {
        return Ok(BTreeMap::new());
    }
    let describe = cx.autoscaling().describe_auto_scaling_groups().set_auto_scaling_group_names(Some(names));
    let pages = describe.into_paginator().items().send();
    let groups: Vec<AutoScalingGroup> = call(DESCRIBE_GROUPS, pages.collect::<std::result::Result<_, _>>().await)?;
    let named = |it: AutoScalingGroup| Some((it.auto_scaling_group_name.clone()?, it));
    Ok(groups.into_iter().filter_map(named).collect())
}

/// Returns the group of this name, if it exists.
async fn group_of(cx: &Cx, name: &str) -> Result<Option<AutoScalingGroup>> {
    Ok(groups(cx, vec![name.to_owned()]).await?.remove(name))
}

/// Whether the call was refused because the group, or what belongs to it, does not exist.
fn is_gone(error: &Error) -> bool {
    error.is(INVALID) && error.message.to_ascii_lowercase().contains("not found")
}

/// Returns the outcome of a call that ends something, which may have ended already.
fn ended<T>(answer: Result<T>) -> Result<()> {
    match answer {
        Err(error) if is_gone(&error) => Ok(()),
        other => other.map(drop),
    }
}

/// Returns the reference to a template's version in use.
fn latest(template: &str) -> LaunchTemplateSpecification {
    LaunchTemplateSpecification::builder().launch_template_id(template).version("$Default").build()
}
