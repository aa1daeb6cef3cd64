//! The `bastion` node of a spec: its fields and their defaults.

use ipnet::IpNet;

use super::Bastion;
use crate::kind::values::Cidr;
use crate::spec::diagnostic::quoted;
use crate::spec::reader::{Form, Reader};
use crate::spec::source::Span;
use crate::spec::tree::{Node, Spanned};
use crate::topology::machines;
use crate::topology::network::Network;

const INSTANCES: &str = "t4g.nano";

/// Reads the tier; `None` where it has errors, all of which are noted. `network` is what was read of that tier.
pub(in crate::topology) fn read(
    cx: &mut Reader<'_>,
    node: &Node,
    network: Option<&Option<Network>>,
) -> Option<Bastion> {
    let mut form = Form::of(node);
    let placed = check_network(cx, form.span(), network);
    let instances = machines::instance_type(cx, &mut form, INSTANCES);
    let on = scale(cx, &mut form);
    let ssh_from = ssh_from(cx, &mut form);
    let key_pair = machines::key_pair(cx, &mut form);
    form.close(cx);
    let (instances, on, ssh_from, key_pair) = (instances?, on?, ssh_from?, key_pair?);
    if let (Some(from), None) = (&ssh_from, &key_pair) {
        let detail = "Port 22 is open, but the server knows no key, so nobody gets in by SSH.";
        cx.warning("bastion::key-pair", from.span, "SSH without a key", detail).help(
            "Write `key-pair` with the name of a key that EC2 knows, or remove `ssh-from`: Session Manager works.",
        );
    }
    placed.then_some(Bastion { instances, on, ssh_from: ssh_from.map(|it| it.value), key_pair })
}

/// Whether there is a place for the server, or a fault of the network that says why not.
fn check_network(cx: &mut Reader<'_>, span: Span, network: Option<&Option<Network>>) -> bool {
    match network {
        None => {
            let detail = "`bastion` stands in a `public` subnet of a network, and the stack has no `network`.";
            cx.error("bastion::network", span, "Tier without a network", detail).help("Write `network` too.");
            false
        }
        Some(Some(Network::Existing(existing))) if existing.public.is_empty() => {
            let detail = "`bastion` stands in a `public` subnet, and the existing network names none.";
            cx.error("bastion::subnets", span, "No subnet for the server", detail)
                .help("Write one in the network: existing vpc=\"vpc-…\" { public \"subnet-…\" }");
            false
        }
        Some(_) => true,
    }
}

fn scale(cx: &mut Reader<'_>, form: &mut Form<'_>) -> Option<bool> {
    let Some(node) = form.field(cx, "scale") else { return Some(false) };
    let mut form = Form::of(node);
    let value = form.argument(cx, "scale 1");
    let servers = value.and_then(|it| cx.whole(it, "`scale`", 0, 1));
    form.close(cx);
    servers.map(|it| it == 1)
}

#[expect(clippy::option_option, reason = "an error is not a range that is not there")]
fn ssh_from(cx: &mut Reader<'_>, form: &mut Form<'_>) -> Option<Option<Spanned<Cidr>>> {
    let Some(node) = form.field(cx, "ssh-from") else { return Some(None) };
    let mut form = Form::of(node);
    let value = form.argument(cx, "ssh-from \"203.0.113.0/24\"");
    let text = value.and_then(|it| cx.text(it, "The range of addresses"));
    form.close(cx);
    let Spanned { value: written, span } = text?;
    let Ok(IpNet::V4(net)) = written.parse::<IpNet>() else {
        let detail = format!("{} is not a range of IPv4 addresses.", quoted(&written));
        let help = match written.parse::<std::net::Ipv4Addr>() {
            Ok(address) => format!("For this one address write \"{address}/32\"."),
            Err(_) => "Write it like \"203.0.113.0/24\".".to_owned(),
        };
        cx.error("bastion::ssh-from", span, "Not a range of addresses", detail).help(help);
        return None;
    };
    if net.trunc() != net {
        let detail = format!("{} has bits set behind its prefix.", quoted(&written));
        cx.error("bastion::ssh-from", span, "Not a range of addresses", detail).help(format!(
            "Write \"{}\", or \"{}/32\" for the one address.",
            net.trunc(),
            net.addr()
        ));
        return None;
    }
    if net.prefix_len() == 0 {
        let detail = "Everybody in the internet may try to log in.";
        cx.warning("bastion::open", span, "SSH open to everybody", detail)
            .help("Write the range of your own addresses: \"203.0.113.0/24\".");
    }
    Some(Some(Spanned { value: Cidr::of(IpNet::V4(net)), span }))
}
