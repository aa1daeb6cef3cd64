//! Who may talk to the bastion, and to whom it may. The rules are there only with the tier.

use super::{Bastion, Needs};
use crate::kind::Ref;
use crate::kind::values::Cidr;
use crate::kinds::ec2::security_group::{SecurityGroup, SecurityGroupProps};
use crate::kinds::ec2::security_group_rule::Direction::{Egress, Ingress};
use crate::kinds::ec2::security_group_rule::{Direction, SecurityGroupRule, SecurityGroupRuleProps};
use crate::topology::{Build, at};

const SSH: i32 = 22;
const NFS: i32 = 2049;

/// The other end of a rule.
enum Peer {
    Range(Cidr),
    Group(Ref<SecurityGroup>),
}

/// Adds the group of the bastion with its rules, and the rules of the others that let it in.
pub(super) fn add(cx: &mut Build<'_>, bastion: &Bastion, needs: &Needs<'_>) -> Ref<SecurityGroup> {
    let props = SecurityGroupProps {
        vpc: needs.places.vpc.early(),
        name: cx.name("bastion"),
        description: "Bastion: operators come in here".to_owned(),
        default_egress: false,
        tags: cx.tags("bastion"),
    };
    let group: Ref<SecurityGroup> = cx.graph.add(at("bastion.security-group"), props);
    cx.output("security-group-bastion", &group.text());
    let [web, files] = ["web", "files"].map(|name| needs.places.groups[name].early());
    let everywhere: Cidr = "0.0.0.0/0".parse().unwrap_or_else(|error| panic!("bug: {error}"));
    let own = |name: &'static str, direction, port, peer, description| {
        (name, group.early(), direction, port, peer, description)
    };
    let mut rules = vec![
        own("to-internet-http", Egress, 80, Peer::Range(everywhere), "HTTP to repositories"),
        own("to-internet-https", Egress, 443, Peer::Range(everywhere), "HTTPS to AWS"),
        own("to-web", Egress, SSH, Peer::Group(web.clone()), "SSH to the web servers"),
        own("to-files", Egress, NFS, Peer::Group(files.clone()), "NFS to the file system"),
        ("web.ssh", web, Ingress, SSH, Peer::Group(group.early()), "SSH from the bastion"),
        ("files.nfs", files, Ingress, NFS, Peer::Group(group.early()), "NFS from the bastion"),
    ];
    rules.extend(bastion.ssh_from.map(|it| own("ssh", Ingress, SSH, Peer::Range(it), "SSH from operators")));
    for (name, of, direction, port, peer, description) in rules {
        add_rule(cx, name, of, direction, port, peer, description);
    }
    group
}

fn add_rule(
    cx: &mut Build<'_>,
    name: &str,
    group: Ref<SecurityGroup>,
    direction: Direction,
    port: i32,
    peer: Peer,
    description: &str,
) {
    let (cidr, peer) = match peer {
        Peer::Range(cidr) => (Some(cidr), None),
        Peer::Group(group) => (None, Some(group)),
    };
    let props = SecurityGroupRuleProps {
        group,
        direction,
        protocol: "tcp".to_owned(),
        from_port: port,
        to_port: port,
        cidr,
        peer,
        prefix_list: None,
        description: description.to_owned(),
        tags: cx.tags(&format!("bastion-{}", name.replace('.', "-"))),
    };
    cx.graph.add::<SecurityGroupRule>(at(&format!("bastion.rule.{name}")), props);
}
