//! By which versions of which template the servers of a group are made: `lt-…:3`. Another template begins at 1 again.

use std::collections::BTreeSet;

use aws_sdk_autoscaling::types::{AutoScalingGroup, Instance, LifecycleState};

use crate::aws::{Cx, Result, call};
use crate::kinds::answer::existing;

/// The call that tells which version is in use.
pub(super) const IN_USE: &str = "ec2:DescribeLaunchTemplateVersions";

/// Returns the versions that servers of the group are made by; those on their way out do not count.
pub(super) async fn of(cx: &Cx, group: &AutoScalingGroup) -> Result<BTreeSet<String>> {
    let template = group.launch_template().and_then(|it| it.launch_template_id()).unwrap_or_default();
    let named: BTreeSet<(&str, &str)> = staying(group)
        .filter_map(|it| Some((it.launch_template()?.launch_template_id().unwrap_or(template), it)))
        .filter_map(|(of, it)| Some((of, it.launch_template()?.version()?)))
        .collect();
    let mut versions = BTreeSet::new();
    for (of, name) in named {
        // AWS shows numbers; a name is what is in use now.
        let by_name = name.starts_with('$') && of == template;
        versions.extend(if by_name { in_use(cx, group).await? } else { Some(format!("{of}:{name}")) });
    }
    Ok(versions)
}

/// Returns the version that some servers are made by and that is not in use any more, else the one in use; and whether
/// there is such a one.
pub(super) async fn oldest(cx: &Cx, group: &AutoScalingGroup, versions: &BTreeSet<String>) -> Result<(String, bool)> {
    let in_use = in_use(cx, group).await?.unwrap_or_default();
    let old = versions.iter().find(|it| **it != in_use);
    Ok((old.cloned().unwrap_or(in_use), old.is_some()))
}

/// Returns the servers of the group that are not on their way out.
pub(super) fn staying(group: &AutoScalingGroup) -> impl Iterator<Item = &Instance> {
    group.instances().iter().filter(|it| !it.lifecycle_state().is_some_and(is_leaving))
}

fn is_leaving(state: &LifecycleState) -> bool {
    let state = state.as_str();
    state.starts_with("Terminat") || state.starts_with("Detach")
}

/// Returns the template's version in use; `None` where there is no template any more.
async fn in_use(cx: &Cx, group: &AutoScalingGroup) -> Result<Option<String>> {
    let Some(template) = group.launch_template().and_then(|it| it.launch_template_id()) else { return Ok(None) };
    let describe = cx.ec2().describe_launch_template_versions().launch_template_id(template).versions("$Default");
    let gone = ["InvalidLaunchTemplateId.NotFound", "InvalidLaunchTemplateId.NotFoundException"];
    let answer = existing(call(IN_USE, describe.send().await), &gone)?;
    let version = answer.and_then(|it| it.launch_template_versions?.first()?.version_number);
    Ok(version.map(|it| format!("{template}:{it}")))
}
