//! What the tiers of servers have in common in the graph: the role, what must stand before a server boots, the way in.

use serde_json::Value;

use super::machines::trust;
use super::{Build, Facts, Places, at};
use crate::kind::{Kind, Ref, Text};
use crate::kinds::autoscaling::group::Group;
use crate::kinds::ec2::launch_template::LaunchTemplate;
use crate::kinds::iam::instance_profile::{InstanceProfile, InstanceProfileProps};
use crate::kinds::iam::role::{Role, RoleProps};
use crate::kinds::iam::role_policy_attachment::{RolePolicyAttachment, RolePolicyAttachmentProps};

/// Adds the role of the servers of a tier, or of a part of one (`files.seed`), with what lets Session Manager in, and
/// what hands it to them.
pub(super) fn add_role(cx: &mut Build<'_>, tier: &str, who: &str) -> (Ref<Role>, Ref<InstanceProfile>) {
    let label = tier.replace('.', "-");
    // Both are global in an account, and a stack of this name may stand in another region too.
    let name = cx.name(&format!("{}-{label}", cx.facts.region()));
    let props = RoleProps {
        name: name.clone(),
        trust: trust(cx.facts),
        description: format!("{who} of the Moodle stack {}", cx.stack),
        tags: cx.tags(&label),
    };
    let role: Ref<Role> = cx.graph.add(at(&format!("{tier}.role")), props);
    let policy = format!("arn:{}:iam::aws:policy/AmazonSSMManagedInstanceCore", cx.facts.partition());
    let props = RolePolicyAttachmentProps { role: role.early(), policy: policy.into() };
    let attachment: Ref<RolePolicyAttachment> = cx.graph.add(at(&format!("{tier}.role-policy.session-manager")), props);
    let props = InstanceProfileProps { name, role: role.early(), tags: cx.tags(&label) };
    let profile = cx.graph.add(at(&format!("{tier}.profile")), props);
    // A profile is what servers come by: whoever has it is let in.
    cx.graph.after(&profile, &attachment);
    (role, profile)
}

/// Returns what servers are to be made by: another template begins at version 1 again.
pub(super) fn version(template: &Ref<LaunchTemplate>) -> Text {
    Text::concat([template.text(), ":".into(), template.attr("version")])
}

/// Lets servers wait until they have a way to the internet.
pub(super) fn after_ways<K: Kind>(cx: &mut Build<'_>, servers: &Ref<K>, places: &Places) {
    for gateway in &places.ways.gateways {
        cx.graph.after(servers, gateway);
    }
    for route in &places.ways.routes {
        cx.graph.after(servers, route);
    }
    for association in &places.ways.associations {
        cx.graph.after(servers, association);
    }
}

/// Returns the command that opens a shell on a server of a group.
pub(super) fn shell(facts: &Facts, group: &Ref<Group>) -> Text {
    let region = facts.region();
    let find = format!("aws autoscaling describe-auto-scaling-groups --region {region} --auto-scaling-group-names ");
    let take = " --query 'AutoScalingGroups[0].Instances[0].InstanceId' --output text)\"";
    let open = format!("aws ssm start-session --region {region} --target \"$(");
    Text::concat([open.into(), find.into(), group.text(), take.into()])
}

/// Returns a text as a value that the engine resolves.
pub(super) fn value_of(text: &Text) -> Value {
    serde_json::to_value(text).unwrap_or_else(|error| panic!("bug: {error}"))
}

/// Sets an output.
pub(super) fn output(cx: &mut Build<'_>, name: &str, text: &Text) {
    cx.graph.outputs.insert(name.to_owned(), value_of(text));
}
