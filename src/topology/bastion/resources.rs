//! The resources of the bastion tier.

use std::collections::BTreeSet;

use serde_json::json;

use super::{Bastion, Needs, rules};
use crate::kind::Ref;
use crate::kind::values::Policy;
use crate::kinds::autoscaling::capacity::{Capacity, CapacityProps};
use crate::kinds::autoscaling::group::{Group, GroupProps};
use crate::kinds::autoscaling::refresh::{Refresh, RefreshProps};
use crate::kinds::ec2::launch_template::{LaunchTemplate, LaunchTemplateProps};
use crate::kinds::iam::role_policy::{RolePolicy, RolePolicyProps};
use crate::topology::fleet::{self, add_role, output};
use crate::topology::machines::{DEVICE, Image};
use crate::topology::web::files_statement;
use crate::topology::{Build, at};

/// The size of the volume that Amazon Linux comes with.
const VOLUME_GIB: i32 = 8;
const GRACE_SECONDS: i32 = 120;
const COOLDOWN_SECONDS: i32 = 60;
/// With what mounts the shared files.
const BOOT: &str = "#!/bin/bash\nset -euo pipefail\ndnf -y install amazon-efs-utils\n";

impl Bastion {
    /// Adds the resources of the tier to a graph. A group without a size has no server and costs nothing.
    pub(in crate::topology) fn add_to(&self, cx: &mut Build<'_>, needs: &Needs<'_>) {
        let security_group = rules::add(cx, self, needs);
        let (role, profile) = add_role(cx, "bastion", "Bastion");
        if let Some(shared) = needs.shared {
            let statement = files_statement(cx, shared);
            let policy = Policy::of(json!({ "Version": "2012-10-17", "Statement": [statement] }));
            let props = RolePolicyProps { role: role.early(), name: "bastion".to_owned(), policy };
            cx.graph.add::<RolePolicy>(at("bastion.role-policy"), props);
        }
        let props = LaunchTemplateProps {
            name: cx.name("bastion"),
            image: Image::AmazonLinux.for_type(&self.instances),
            instance_type: self.instances.clone(),
            profile: profile.early(),
            groups: BTreeSet::from([security_group.early()]),
            public_ip: true,
            device: DEVICE.to_owned(),
            volume_gib: VOLUME_GIB,
            key_pair: self.key_pair.clone().unwrap_or_default(),
            monitoring: false,
            user_data: BOOT.into(),
            tags: cx.tags("bastion"),
        };
        let template: Ref<LaunchTemplate> = cx.graph.add(at("bastion.template"), props);
        let props = GroupProps {
            name: cx.name("bastion"),
            template: template.early(),
            subnets: needs.places.public.iter().map(|(_, subnet)| subnet.early()).collect(),
            target_groups: BTreeSet::new(),
            health_check: "EC2".to_owned(),
            grace_seconds: GRACE_SECONDS,
            cooldown_seconds: COOLDOWN_SECONDS,
            termination: vec!["Default".to_owned()],
            tags: cx.tags("bastion"),
        };
        let group: Ref<Group> = cx.graph.add(at("bastion.group"), props);
        if self.on {
            let props = CapacityProps { group: group.early(), min: 1, max: 1 };
            let capacity: Ref<Capacity> = cx.graph.add(at("bastion.capacity"), props);
            // With its role in it.
            cx.graph.after(&capacity, &profile);
            fleet::after_ways(cx, &capacity, needs.places);
            let version = fleet::version(&template);
            let props = RefreshProps { group: group.early(), version, min_healthy_percent: 0 };
            let refresh: Ref<Refresh> = cx.graph.add(at("bastion.refresh"), props);
            cx.graph.after(&refresh, &capacity);
            let shell = fleet::shell(cx.facts, &group);
            output(cx, "bastion-shell", &shell);
        }
        output(cx, "bastion-group", &group.text());
    }
}
