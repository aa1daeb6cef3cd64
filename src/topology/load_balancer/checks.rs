//! What cannot be right in the fields of the tier.

use crate::kind::values::Cidr;
use crate::spec::diagnostic::{nearest, quoted};
use crate::spec::reader::{Form, Reader};
use crate::spec::tree::{Node, Spanned, Value};
use crate::topology::network::Network;

/// Stands for an error that is noted.
pub(super) struct Noted;

/// The policies that AWS recommends, and others that people use.
const TLS_POLICIES: &[&str] = &[
    "ELBSecurityPolicy-TLS13-1-2-2021-06",
    "ELBSecurityPolicy-TLS13-1-2-Res-2021-06",
    "ELBSecurityPolicy-TLS13-1-2-Ext1-2021-06",
    "ELBSecurityPolicy-TLS13-1-2-Ext2-2021-06",
    "ELBSecurityPolicy-TLS13-1-3-2021-06",
    "ELBSecurityPolicy-TLS-1-2-2017-01",
    "ELBSecurityPolicy-TLS-1-2-Ext-2018-06",
];
/// Those that take TLS 1.0 or 1.1, by a part of their names.
const WEAK: &[&str] = &["TLS13-1-0", "TLS13-1-1", "TLS-1-0", "TLS-1-1", "-2015-05", "-2016-08", "FS-2018-06", "FS-1-1"];

const EVERYWHERE: &str = "0.0.0.0/0";
const EVERYWHERE_IPV6: &str = "::/0";
/// A security group has 60 rules, and each range needs one a port.
const MOST_RANGES: usize = 25;

/// Whether there is a place for a load balancer, or a fault of the network that says why not.
pub(super) fn network(cx: &mut Reader<'_>, form: &Form<'_>, network: Option<&Option<Network>>) -> bool {
    let example = "existing vpc=\"vpc-…\" { public \"subnet-…\" \"subnet-…\" }";
    match network {
        None => {
            let detail = "`load-balancer` stands in the public subnets of a network, and the stack has no `network`.";
            cx.error("load-balancer::network", form.span(), "Tier without a network", detail).help(
                "Write `network` too, or name a load balancer that is there: load-balancer { existing \"arn:aws:…\" … }",
            );
            false
        }
        Some(Some(Network::Existing(existing))) if existing.public.len() < 2 => {
            let detail = format!(
                "A load balancer needs `public` subnets in two zones at least, and the existing network names {}.",
                existing.public.len()
            );
            cx.error("load-balancer::subnets", form.span(), "Too few public subnets", detail)
                .help(format!("Write one subnet a zone in the network: {example}"));
            false
        }
        Some(Some(Network::Own(own))) if own.zones.count() < 2 => {
            let detail = "A load balancer stands in two zones at least, and the network has one.";
            cx.error("load-balancer::zones", form.span(), "Too few zones", detail)
                .help("Write in the network: zones 2");
            false
        }
        Some(_) => true,
    }
}

/// Reads the field `tls-policy`.
pub(super) fn tls_policy(cx: &mut Reader<'_>, node: &Node, example: &str) -> Option<String> {
    let mut form = Form::of(node);
    let value = form.argument(cx, &format!("tls-policy \"{example}\""));
    let policy = value.and_then(|it| cx.text(it, "The TLS policy"));
    form.close(cx);
    let Spanned { value: policy, span } = policy?;
    let near = nearest(&policy, TLS_POLICIES.iter().copied());
    let help = near.map_or(format!("Write for example \"{example}\"."), |it| format!("Did you mean \"{it}\"?"));
    let word = |it: u8| it.is_ascii_alphanumeric() || it == b'-';
    if !policy.strip_prefix("ELBSecurityPolicy-").is_some_and(|it| !it.is_empty() && it.bytes().all(word)) {
        let detail = format!("{} is not the name of a TLS policy of load balancers.", quoted(&policy));
        cx.error("load-balancer::tls-policy", span, "Not a TLS policy", detail).help(help);
        return None;
    }
    if WEAK.iter().any(|it| policy.contains(it)) {
        let detail = format!("{} takes TLS 1.0 or 1.1, which browsers have given up.", quoted(&policy));
        cx.warning("load-balancer::weak-tls", span, "Weak TLS policy", detail)
            .help(format!("Write for example \"{example}\"."));
    } else if !TLS_POLICIES.contains(&policy.as_str()) {
        let detail = format!("This version does not know {}; it may be newer.", quoted(&policy));
        cx.warning("load-balancer::unknown-tls-policy", span, "Unknown TLS policy", detail).help(help);
    }
    Some(policy)
}

/// Reads the path of the health check.
pub(super) fn path(cx: &mut Reader<'_>, value: &Spanned<Value>) -> Option<String> {
    let path = cx.text(value, "The path of the health check")?;
    let plain = path.value.bytes().all(|it| it.is_ascii_graphic());
    if path.value.starts_with('/') && plain && path.value.len() <= 1024 {
        return Some(path.value);
    }
    let detail = format!("{} is not the path of a page.", quoted(&path.value));
    cx.error("load-balancer::path", path.span, "Not a path", detail)
        .help("Write a slash and at most 1023 characters without blanks: \"/status.txt\".");
    None
}

/// Reads the field `allow`.
pub(super) fn allow(cx: &mut Reader<'_>, form: &mut Form<'_>, only_from_cdn: bool) -> Option<Vec<Cidr>> {
    let everywhere = || EVERYWHERE.parse().ok().map(|it| vec![it]);
    let Some(node) = form.field(cx, "allow") else { return everywhere() };
    let mut form = Form::of(node);
    let values = form.arguments(cx, "allow \"0.0.0.0/0\"");
    form.close(cx);
    let mut good = !values.is_empty();
    let mut ranges: Vec<Spanned<Cidr>> = Vec::new();
    for value in values {
        match range(cx, value) {
            Ok(None) => {}
            Ok(Some(range)) => {
                if let Some(first) = ranges.iter().find(|it| it.value.overlaps(range)) {
                    let place = cx.place(first.span);
                    let detail = format!("{range} and {} have addresses in common.", first.value);
                    cx.error("load-balancer::allow", value.span, "Ranges overlap", detail)
                        .help("Remove the smaller one.")
                        .also(place, "the other one");
                    good = false;
                }
                ranges.push(Spanned { value: range, span: value.span });
            }
            Err(Noted) => good = false,
        }
    }
    if !good {
        return None;
    }
    let Some(first) = ranges.first() else {
        let detail = "The network has IPv4 only, and `allow` names no range of it: nobody could come.";
        cx.error("load-balancer::allow", node.name.span, "Nobody is allowed", detail)
            .help("Write for example: allow \"0.0.0.0/0\"");
        return None;
    };
    if MOST_RANGES < ranges.len() {
        let detail = format!("There are {} ranges, and a security group has room for {MOST_RANGES}.", ranges.len());
        cx.error("load-balancer::allow", node.name.span, "Too many ranges", detail).help("Join ranges that touch.");
        return None;
    }
    let all: Vec<Cidr> = ranges.iter().map(|it| it.value).collect();
    if only_from_cdn && Some(&all) != everywhere().as_ref() {
        let detail = "Visitors come through the CDN, so the load balancer never sees their own addresses.";
        cx.error("load-balancer::allow", first.span, "Contradiction", detail)
            .help("Remove `allow`, or write only-from-cdn #false.");
        return None;
    }
    Some(all)
}

/// Reads a range; nothing for that of all IPv6 addresses, which the network does not have.
fn range(cx: &mut Reader<'_>, value: &Spanned<Value>) -> Result<Option<Cidr>, Noted> {
    let text = cx.text(value, "A range of addresses").ok_or(Noted)?;
    if text.value == EVERYWHERE_IPV6 {
        let detail = "The network has IPv4 only, so nobody comes from an IPv6 address.";
        cx.warning("load-balancer::ipv6", text.span, "No IPv6", detail).help("Remove \"::/0\".");
        return Ok(None);
    }
    let help =
        "Write an address and the number of bits that count: \"203.0.113.0/24\", or \"0.0.0.0/0\" for everybody.";
    match text.value.parse::<ipnet::IpNet>() {
        Ok(net @ ipnet::IpNet::V4(_)) if net.trunc() == net => Ok(Some(Cidr::of(net))),
        Ok(net @ ipnet::IpNet::V4(_)) => {
            let detail = format!("The range that has {} is {}.", net.addr(), net.trunc());
            cx.error("load-balancer::allow", text.span, "Address inside of its range", detail)
                .help(format!("Write \"{}\".", net.trunc()));
            Err(Noted)
        }
        Ok(ipnet::IpNet::V6(_)) => {
            let detail = format!("{} is a range of IPv6, which the network does not have.", quoted(&text.value));
            cx.error("load-balancer::allow", text.span, "Not a range of IPv4", detail).help(help);
            Err(Noted)
        }
        Err(_) => {
            let detail = format!("{} is not a range of addresses.", quoted(&text.value));
            cx.error("load-balancer::allow", text.span, "Not a range of addresses", detail).help(help);
            Err(Noted)
        }
    }
}
