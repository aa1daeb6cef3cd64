//! The resources of the web tier.

use std::collections::BTreeSet;

use super::{Fleet, Moodle, Needs, Web, boot, life, parameters, role, scaling};
use crate::kind::{Kind, Ref, Text};
use crate::kinds::autoscaling::capacity::Capacity;
use crate::kinds::autoscaling::group::{Group, GroupProps};
use crate::kinds::autoscaling::refresh::{Refresh, RefreshProps};
use crate::kinds::ec2::launch_template::{LaunchTemplate, LaunchTemplateProps};
use crate::kinds::iam::instance_profile::InstanceProfile;
use crate::kinds::iam::role::Role;
use crate::kinds::iam::role_policy::{RolePolicy, RolePolicyProps};
use crate::kinds::logs::log_group::{LogGroup, LogGroupProps};
use crate::topology::fleet::{self, add_role, output};
use crate::topology::machines::DEVICE;
use crate::topology::{Build, at};

/// The pause of the group between two changes of size.
const COOLDOWN_SECONDS: i32 = 60;

impl Web {
    /// Adds the log group and the role of the servers to a graph, which what they boot may name.
    pub(in crate::topology) fn prepare(&self, cx: &mut Build<'_>, needs: &Needs<'_>) -> Ground {
        let tags = cx.tags("web");
        let props = LogGroupProps { name: cx.name("web"), retain_days: Some(self.retain_days), tags };
        let log_group: Ref<LogGroup> = cx.graph.add(at("web.log-group"), props);
        let (role, profile) = add_role(cx, "web", "Web servers");
        let policy = role::policy(cx, needs, &log_group);
        let props = RolePolicyProps { role: role.early(), name: "web".to_owned(), policy };
        let policy = cx.graph.add(at("web.role-policy"), props);
        Ground { log_group, role, profile, policy }
    }

    /// Adds the servers to a graph. `None` as Moodle serves an empty page.
    pub(in crate::topology) fn add_to(
        &self,
        cx: &mut Build<'_>,
        needs: &Needs<'_>,
        ground: &Ground,
        moodle: Option<&Moodle>,
    ) -> Fleet {
        let closed = moodle.map(|it| it.close(cx));
        let template = self.add_template(cx, needs, ground, moodle.map(|it| it.user_data.clone()));
        if let Some(closed) = &closed {
            // From then on any server that starts boots the new code, also one that only takes an ill one's place.
            cx.graph.after(&template, closed);
        }
        let group = self.add_group(cx, needs, &template);
        scaling::add(cx, self.scaling, &group, needs);
        let installed = moodle.map(|it| it.install(cx, &group, &template, |cx, first| after(cx, first, needs, ground)));
        let capacity: Ref<Capacity> = cx.graph.add(at("web.capacity"), life::capacity(self, &group, moodle));
        after(cx, &capacity, needs, ground);
        if let Some(installed) = &installed {
            cx.graph.after(&capacity, installed);
        }
        let props = RefreshProps {
            group: group.early(),
            version: fleet::version(&template),
            min_healthy_percent: self.min_healthy_percent,
        };
        let refresh: Ref<Refresh> = cx.graph.add(at("web.refresh"), props);
        cx.graph.after(&refresh, &capacity);
        if let Some(installed) = &installed {
            // One server upgrades; the others only when that is well.
            cx.graph.after(&refresh, installed);
        }
        if let (Some(moodle), Some(closed)) = (moodle, &closed) {
            moodle.open(cx, &refresh, closed);
            moodle.say(cx, needs.url.as_ref(), &group);
        }
        if self.parameters {
            parameters::add(cx, needs);
        }
        output(cx, "web-group", &group.text());
        output(cx, "web-role", &ground.role.text());
        output(cx, "web-log-group", &ground.log_group.text());
        let shell = fleet::shell(cx.facts, &group);
        output(cx, "shell", &shell);
        Fleet { group: group.text(), role: ground.role.text(), log_group: ground.log_group.text() }
    }

    fn add_template(
        &self,
        cx: &mut Build<'_>,
        needs: &Needs<'_>,
        ground: &Ground,
        user_data: Option<Text>,
    ) -> Ref<LaunchTemplate> {
        let props = LaunchTemplateProps {
            name: cx.name("web"),
            image: self.image.for_type(&self.instances),
            instance_type: self.instances.clone(),
            profile: ground.profile.early(),
            groups: BTreeSet::from([needs.places.groups["web"].early()]),
            public_ip: false,
            device: DEVICE.to_owned(),
            volume_gib: self.volume_gib,
            key_pair: self.key_pair.clone().unwrap_or_default(),
            // The alarms look every minute.
            monitoring: true,
            user_data: user_data.unwrap_or_else(|| boot::script().into()),
            tags: cx.tags("web"),
        };
        cx.graph.add(at("web.template"), props)
    }

    fn add_group(&self, cx: &mut Build<'_>, needs: &Needs<'_>, template: &Ref<LaunchTemplate>) -> Ref<Group> {
        let (places, target_group) = (needs.places, &needs.target_group);
        let props = GroupProps {
            name: cx.name("web"),
            template: template.early(),
            subnets: places.app.iter().map(|(_, subnet)| subnet.early()).collect(),
            target_groups: target_group.iter().cloned().collect(),
            health_check: if target_group.is_some() { "ELB" } else { "EC2" }.to_owned(),
            grace_seconds: self.grace_seconds,
            cooldown_seconds: COOLDOWN_SECONDS,
            termination: vec!["OldestLaunchTemplate".to_owned(), "Default".to_owned()],
            tags: cx.tags("web"),
        };
        cx.graph.add(at("web.group"), props)
    }
}

/// Lets servers wait for what they need while they boot: they do so once, and nobody tells them to try again.
fn after<K: Kind>(cx: &mut Build<'_>, servers: &Ref<K>, needs: &Needs<'_>, ground: &Ground) {
    cx.graph.after(servers, &ground.policy);
    cx.graph.after(servers, &ground.profile);
    fleet::after_ways(cx, servers, needs.places);
    for listener in &needs.listeners {
        cx.graph.after(servers, listener);
    }
    for (_, target) in needs.shared.iter().flat_map(|it| &it.mount_targets) {
        cx.graph.after(servers, target);
    }
}

/// What stands before the servers do.
pub(in crate::topology) struct Ground {
    /// Where they write their logs.
    pub log_group: Ref<LogGroup>,
    /// What they may be.
    pub role: Ref<Role>,
    /// What hands it to them.
    profile: Ref<InstanceProfile>,
    /// What they may do.
    policy: Ref<RolePolicy>,
}
