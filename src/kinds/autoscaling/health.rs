//! Whether as many servers of a group are well as it has at least, and if not, why.

use std::collections::BTreeSet;

use aws_sdk_autoscaling::types::{Activity, AutoScalingGroup, Instance, LifecycleState, ScalingActivityStatusCode};
use aws_sdk_elasticloadbalancingv2::types::TargetHealthStateEnum;
use aws_smithy_types::base64;

use crate::aws::{Cx, Result, call};
use crate::kind::Phase;
use crate::kinds::answer::existing;

pub(super) const ACTIVITIES: &str = "autoscaling:DescribeScalingActivities";
pub(super) const TARGETS: &str = "elasticloadbalancing:DescribeTargetHealth";
pub(super) const CONSOLE: &str = "ec2:GetConsoleOutput";

/// How many of the last activities are looked at.
const ACTIVITIES_READ: i32 = 50;
/// How many lines of its console tell what went wrong on a server.
const LINES: usize = 15;

/// Returns whether the servers are well; what happened up to the activity `after` is no matter of ours.
pub(super) async fn phase(cx: &Cx, group: &AutoScalingGroup, after: Option<&str>) -> Result<Phase> {
    if is_enough(group) && are_targets_well(cx, group).await? {
        return Ok(Phase::Ready);
    }
    let name = group.auto_scaling_group_name().unwrap_or_default();
    let activities = activities(cx, name).await?;
    let ours: Vec<&Activity> = activities.iter().take_while(|it| it.activity_id() != after).collect();
    match failure(&ours, least(group)) {
        None => Ok(Phase::Pending),
        Some(Failure { why, server: None }) => Ok(Phase::Failed(why)),
        Some(Failure { why, server: Some(server) }) => {
            let console = console(cx, &server).await.unwrap_or_default();
            Ok(Phase::Failed(if console.is_empty() { why } else { format!("{why}; its console ends:\n{console}") }))
        }
    }
}

/// Whether as many servers are in service and well as there are to be at least.
pub(super) fn is_enough(group: &AutoScalingGroup) -> bool {
    least(group) <= well(group).count()
}

/// Returns the id of the last activity of a group.
pub(super) async fn last_activity(cx: &Cx, group: &str) -> Result<Option<String>> {
    Ok(activities(cx, group).await?.into_iter().next().and_then(|it| it.activity_id))
}

fn least(group: &AutoScalingGroup) -> usize {
    group.min_size().and_then(|it| usize::try_from(it).ok()).unwrap_or(0)
}

fn well(group: &AutoScalingGroup) -> impl Iterator<Item = &Instance> {
    let is_well = |it: &&Instance| {
        it.lifecycle_state() == Some(&LifecycleState::InService)
            && it.health_status().is_some_and(|it| it.eq_ignore_ascii_case("healthy"))
    };
    group.instances().iter().filter(is_well)
}

/// Whether each target group finds enough of the servers well. The group itself believes a new server for a while.
async fn are_targets_well(cx: &Cx, group: &AutoScalingGroup) -> Result<bool> {
    if least(group) == 0 {
        return Ok(true);
    }
    let ours: BTreeSet<&str> = well(group).filter_map(Instance::instance_id).collect();
    for arn in group.target_group_arns() {
        let answer = call(TARGETS, cx.elbv2().describe_target_health().target_group_arn(arn).send().await);
        let Some(found) = existing(answer, &["TargetGroupNotFound"])? else { return Ok(false) };
        let well = found.target_health_descriptions().iter().filter(|it| {
            let id = it.target().and_then(|it| it.id());
            let state = it.target_health().and_then(|it| it.state());
            // A target group that no listener uses is not asked about its targets.
            let fine = matches!(state, Some(TargetHealthStateEnum::Healthy | TargetHealthStateEnum::Unused));
            fine && id.is_some_and(|it| ours.contains(it))
        });
        if well.count() < least(group) {
            return Ok(false);
        }
    }
    Ok(true)
}

async fn activities(cx: &Cx, group: &str) -> Result<Vec<Activity>> {
    let describe = cx.autoscaling().describe_scaling_activities().auto_scaling_group_name(group);
    let answer = call(ACTIVITIES, describe.max_records(ACTIVITIES_READ).send().await)?;
    Ok(answer.activities.unwrap_or_default())
}

/// Why AWS does not get along.
#[derive(Debug, PartialEq, Eq)]
struct Failure {
    why: String,
    /// The server that it is about, if one was there.
    server: Option<String>,
}

/// Returns what keeps a group of at least so many servers from its size. `activities` are the newest first.
fn failure(activities: &[&Activity], least: usize) -> Option<Failure> {
    let newest = activities.first()?;
    // AWS goes on trying, with ever longer pauses; what the last try said is what is wrong.
    if matches!(newest.status_code().map(ScalingActivityStatusCode::as_str), Some("Failed" | "Cancelled")) {
        let what = newest.description().unwrap_or("a change of the group");
        let why = newest.status_message().or(newest.cause()).unwrap_or("no reason given");
        return Some(Failure { why: format!("{what}: {why}"), server: None });
    }
    // A server may be ill once while the database is still being made; all of them twice is no accident.
    let ill: Vec<&&Activity> = activities.iter().filter(|it| is_about_health(it)).collect();
    if ill.len() <= 2 * least {
        return None;
    }
    let last = ill.first()?;
    let server = last.description().and_then(server_in);
    let named = server.as_deref().map_or(String::new(), |it| format!("; the last was {it}"));
    let why = format!("{} servers were taken out because they were ill{named}", ill.len());
    Some(Failure { why, server })
}

fn is_about_health(activity: &Activity) -> bool {
    activity.cause().is_some_and(|it| it.contains("health check") || it.contains("health-check"))
}

/// Returns the id of the instance that a text names.
fn server_in(text: &str) -> Option<String> {
    let words = text.split(|it: char| !it.is_ascii_alphanumeric() && it != '-');
    words.into_iter().find(|it| it.starts_with("i-") && 8 < it.len()).map(str::to_owned)
}

/// Returns the last lines of a server's console, where AWS still has it.
async fn console(cx: &Cx, server: &str) -> Result<String> {
    let answer = call(CONSOLE, cx.ec2().get_console_output().instance_id(server).send().await)?;
    let output = answer.output.and_then(|it| base64::decode(it).ok()).unwrap_or_default();
    let text = String::from_utf8_lossy(&output).into_owned();
    let lines: Vec<&str> = text.lines().map(str::trim_end).filter(|it| !it.is_empty()).collect();
    Ok(lines[lines.len().saturating_sub(LINES)..].join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn launch(status: &str, message: &str) -> Activity {
        Activity::builder()
            .description("Launching a new EC2 instance")
            .status_code(ScalingActivityStatusCode::from(status))
            .status_message(message)
            .cause("a user request update of AutoScalingGroup constraints")
            .build()
    }

    fn illness(server: &str) -> Activity {
        Activity::builder()
            .description(format!("Terminating EC2 instance: {server}"))
            .status_code(ScalingActivityStatusCode::Successful)
            .cause("an instance was taken out of service in response to an ELB system health check failure.")
            .build()
    }

    #[test]
    fn what_the_last_try_says_is_what_is_wrong() {
        let (failed, fine) = (launch("Failed", "The specified key pair does not exist"), launch("Successful", ""));
        let why = "Launching a new EC2 instance: The specified key pair does not exist".to_owned();
        assert_eq!(failure(&[&failed, &fine], 2), Some(Failure { why, server: None }));
        assert_eq!(failure(&[&launch("InProgress", ""), &failed], 2), None);
        assert_eq!(failure(&[&fine, &failed], 2), None);
        assert_eq!(failure(&[], 2), None);
    }

    #[test]
    fn servers_that_are_ill_again_and_again_are_a_failure() {
        let [first, second, third] = ["i-0123456789abcdef0", "i-1", "i-2"].map(illness);
        assert_eq!(failure(&[&first, &second], 1), None);
        let why = "3 servers were taken out because they were ill; the last was i-0123456789abcdef0".to_owned();
        let server = Some("i-0123456789abcdef0".to_owned());
        assert_eq!(failure(&[&first, &second, &third], 1), Some(Failure { why, server }));
    }

    #[test]
    fn servers_count_that_are_in_service_and_well() {
        let server = |state: &str, health: &str| {
            Instance::builder().lifecycle_state(LifecycleState::from(state)).health_status(health).build()
        };
        let group = |min: i32| {
            AutoScalingGroup::builder()
                .min_size(min)
                .instances(server("InService", "Healthy"))
                .instances(server("InService", "Unhealthy"))
                .instances(server("Pending", "Healthy"))
                .build()
        };
        assert!(is_enough(&group(0)) && is_enough(&group(1)));
        assert!(!is_enough(&group(2)));
    }
}
