//! The way from the web servers to what is there already: they may talk to nobody but those whom the stack names, so who
//! brings a database, a file system or a cache names its security group.

use super::{Build, Places, at};
use crate::kind::Ref;
use crate::kinds::ec2::security_group::SecurityGroup;
use crate::kinds::ec2::security_group_rule::Direction::{Egress, Ingress};
use crate::kinds::ec2::security_group_rule::{SecurityGroupRule, SecurityGroupRuleProps};
use crate::spec::diagnostic::quoted;
use crate::spec::reader::{Form, Reader};
use crate::spec::tree::{Node, Spanned, Value};

/// Reads the property `group` of an `existing` field; `None` where it has errors, noted with this code.
#[expect(clippy::option_option, reason = "an error is not a group that is not there")]
pub(super) fn group(cx: &mut Reader<'_>, form: &mut Form<'_>, code: &'static str) -> Option<Option<String>> {
    let Some(value) = form.property(cx, "group") else { return Some(None) };
    id(cx, value, code).map(Some)
}

fn id(cx: &mut Reader<'_>, value: &Spanned<Value>, code: &'static str) -> Option<String> {
    let id = cx.text(value, "`group`")?;
    let digits = id.value.strip_prefix("sg-");
    let hexadecimal = |it: u8| it.is_ascii_digit() || matches!(it, b'a'..=b'f');
    if digits.is_some_and(|it| matches!(it.len(), 8 | 17) && it.bytes().all(hexadecimal)) {
        return Some(id.value);
    }
    let detail = format!("{} is not the id of a security group.", quoted(&id.value));
    cx.error(code, id.span, "Not an id", detail)
        .help("Write `sg-` and 8 or 17 hexadecimal digits: \"sg-0123456789abcdef0\".");
    None
}

/// Notes what web servers cannot reach: each `existing` field of these tiers that names no group.
pub(super) fn check(cx: &mut Reader<'_>, stack: &Node) {
    let tiers = ["database", "files", "cache"];
    for tier in stack.children.iter().filter(|it| tiers.contains(&it.name.value.as_str())) {
        let existing = tier.children.iter().filter(|it| it.name.value == "existing");
        for field in existing.filter(|it| it.properties.iter().all(|(name, _)| name.value != "group")) {
            let tier = &tier.name.value;
            let detail = "The web servers talk to the security groups that the stack names, and `existing` names none.";
            cx.warning("existing::group", field.name.span, "The web servers may not reach it", detail).help(format!(
                "Write for example group=\"sg-0123456789abcdef0\"; or give it the group of the output `security-group-{tier}`, too."
            ));
        }
    }
}

/// Adds the rules by which the web servers and a group that is there already let their talk through, at these ports.
/// `what` is its tier, and which of the tier it is.
pub(super) fn add(cx: &mut Build<'_>, places: &Places, what: &str, group: &str, ports: impl IntoIterator<Item = i32>) {
    let (web, theirs): (_, Ref<SecurityGroup>) = (places.groups["web"].early(), Ref::known(group));
    for port in ports {
        let ends = [
            ("from-web", &web, Egress, &theirs, "From the web servers of the site"),
            ("let-in", &theirs, Ingress, &web, "Web servers of a Moodle site"),
        ];
        for (end, group, direction, peer, description) in ends {
            let props = SecurityGroupRuleProps {
                group: group.clone(),
                direction,
                protocol: "tcp".to_owned(),
                from_port: port,
                to_port: port,
                cidr: None,
                peer: Some(peer.clone()),
                prefix_list: None,
                description: description.to_owned(),
                tags: cx.tags(&format!("{}-{end}-{port}", what.replace('.', "-"))),
            };
            cx.graph.add::<SecurityGroupRule>(at(&format!("{what}.rule.{end}-{port}")), props);
        }
    }
}
