//! Address ranges: reading them and checking them against each other.

use std::net::Ipv4Addr;

use ipnet::{IpNet, Ipv4Net};

use super::layout::{self, Group};
use crate::kind::values::Cidr;
use crate::spec::Span;
use crate::spec::diagnostic::quoted;
use crate::spec::reader::{Form, Reader};
use crate::spec::tree::{Node, Spanned, Value};

/// AWS takes VPCs and subnets of these sizes.
const LARGEST: u8 = 16;
const SMALLEST: u8 = 28;
/// A load balancer needs subnets of this size at least.
const SMALLEST_PUBLIC: u8 = 27;

/// A range of a subnet; without a place where it is a default.
pub(super) struct Range {
    pub group: Group,
    pub cidr: Cidr,
    pub span: Option<Span>,
}

/// Reads the range of the VPC; its place is empty where it is the default.
pub(super) fn vpc(cx: &mut Reader<'_>, form: &mut Form<'_>) -> Option<Spanned<Cidr>> {
    let Some(node) = form.field(cx, "cidr") else {
        return Some(Spanned { value: layout::default_vpc(), span: Span::default() });
    };
    let mut form = Form::of(node);
    let value = form.argument(cx, "cidr \"10.0.0.0/16\"");
    form.close(cx);
    let range = range(cx, value?, "the VPC")?;
    check_use(cx, &range).then_some(range)
}

/// Reads the ranges of a group; `None` where one has errors.
pub(super) fn list(cx: &mut Reader<'_>, node: &Node) -> Option<Vec<Spanned<Cidr>>> {
    let mut form = Form::of(node);
    let values = form.arguments(cx, "cidrs \"10.0.200.0/24\" \"10.0.201.0/24\"");
    form.close(cx);
    let read: Vec<Option<Spanned<Cidr>>> = values.iter().map(|it| range(cx, it, "a subnet")).collect();
    if values.is_empty() { None } else { read.into_iter().collect() }
}

fn range(cx: &mut Reader<'_>, value: &Spanned<Value>, whose: &str) -> Option<Spanned<Cidr>> {
    let text = cx.text(value, "An address range")?;
    let (written, span) = (&text.value, text.span);
    let invalid = |cx: &mut Reader<'_>, why: &str, help: String| {
        let detail = format!("{} {why}.", quoted(written));
        cx.error("network::cidr", span, "Not an address range", detail).help(help);
        None
    };
    if written.parse::<Ipv4Addr>().is_ok() {
        return invalid(
            cx,
            "has no size",
            format!("Write the number of leading bits that are fixed: \"{written}/24\"."),
        );
    }
    let net: Ipv4Net = match written.parse::<IpNet>() {
        Ok(IpNet::V4(net)) => net,
        Ok(IpNet::V6(_)) => return invalid(cx, "is IPv6", "Write an IPv4 range: \"10.0.0.0/16\".".to_owned()),
        Err(_) => return invalid(cx, "is not an IPv4 range", "Write it like \"10.0.0.0/16\".".to_owned()),
    };
    if net.trunc() != net {
        let detail = format!("The address in {} is not the first one of the range.", quoted(written));
        cx.error("network::cidr-host-bits", span, "Address inside of its range", detail)
            .help(format!("Write \"{}\".", net.trunc()));
        return None;
    }
    if net.prefix_len() < LARGEST || SMALLEST < net.prefix_len() {
        let detail =
            format!("AWS takes a range of /{LARGEST} to /{SMALLEST} for {whose}, and this is a /{}.", net.prefix_len());
        let size = net.prefix_len().clamp(LARGEST, SMALLEST);
        let help = format!("Write for example \"{}/{size}\".", net.addr());
        cx.error("network::cidr-size", span, "Size of a range", detail).help(help);
        return None;
    }
    Some(Spanned { value: Cidr::of(IpNet::V4(net)), span })
}

/// Whether AWS takes the range for a VPC; warns where it is not a private one.
fn check_use(cx: &mut Reader<'_>, range: &Spanned<Cidr>) -> bool {
    const REFUSED: &[&str] = &["0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3"];
    const PRIVATE: &[&str] = &["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"];
    let within = |all: &[&str]| all.iter().filter_map(|it| it.parse::<Cidr>().ok()).any(|it| it.overlaps(range.value));
    let detail = |what: &str| format!("{} {what}.", quoted(&range.value.to_string()));
    if within(REFUSED) {
        let detail = detail("is reserved for other uses than networks");
        cx.error("network::cidr", range.span, "Range that no VPC can have", detail)
            .help("Write a private range: \"10.0.0.0/16\".");
        return false;
    }
    if !within(PRIVATE) {
        let detail = detail("belongs to someone on the internet, whom the site could not reach any more");
        cx.warning("network::cidr-public", range.span, "Public address range", detail)
            .help("Write a private range: in 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16.");
    }
    true
}

/// Notes a fault where a group has not one range a zone.
pub(super) fn check_count(cx: &mut Reader<'_>, name: Span, group: Group, cidrs: &[Spanned<Cidr>], zones: usize) {
    if cidrs.len() == zones || cidrs.is_empty() {
        return;
    }
    let detail = format!(
        "There {} for the subnets \"{}\", and {}; each zone has one subnet of each group.",
        counted(cidrs.len(), "range"),
        group.word(),
        counted(zones, "zone").replace("is ", "").replace("are ", ""),
    );
    let help = if cidrs.len() < zones {
        "Add the missing ranges at the end, in the order of the zones."
    } else {
        "Remove ranges at the end, or add zones."
    };
    cx.error("network::cidr-count", name, "Ranges and zones differ in number", detail).help(help);
}

fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("is 1 {what}") } else { format!("are {count} {what}s") }
}

/// Notes what is wrong with the subnets as parts of one VPC.
pub(super) fn check_together(cx: &mut Reader<'_>, vpc: Cidr, all: &[Range]) {
    for (index, range) in all.iter().enumerate() {
        let Range { group, cidr, span } = range;
        if let Some(span) = span {
            check_place(cx, vpc, *group, *cidr, *span);
        }
        for other in &all[..index] {
            if other.cidr.overlaps(*cidr) {
                overlap(cx, other, range);
            }
        }
    }
}

fn check_place(cx: &mut Reader<'_>, vpc: Cidr, group: Group, cidr: Cidr, span: Span) {
    if !vpc.net().contains(&cidr.net()) {
        let detail = format!("{} is not within the VPC's {vpc}.", quoted(&cidr.to_string()));
        cx.error("network::subnet-outside", span, "Subnet outside of the VPC", detail)
            .help(format!("Choose a range within {vpc}, or change `cidr`."));
    } else if group == Group::Public && SMALLEST_PUBLIC < cidr.net().prefix_len() {
        let detail = format!("A load balancer needs public subnets of /{SMALLEST_PUBLIC} or larger.");
        cx.warning("network::subnet-small", span, "Small public subnet", detail)
            .help("Choose larger ranges while nothing stands in them: a subnet's range cannot change.");
    }
}

fn overlap(cx: &mut Reader<'_>, one: &Range, other: &Range) {
    let what = |it: &Range| format!("{} of the subnets \"{}\"", quoted(&it.cidr.to_string()), it.group.word());
    let (summary, code) = ("Overlapping subnets", "network::subnet-overlap");
    match (one.span, other.span) {
        (Some(first), Some(second)) => {
            let place = cx.place(first);
            let detail = format!("{} and {} have addresses in common.", what(other), what(one));
            cx.error(code, second, summary, detail).help("Choose another range.").also(place, "overlaps this");
        }
        (Some(span), None) | (None, Some(span)) => {
            let (written, default) = if one.span.is_none() { (other, one) } else { (one, other) };
            let detail = format!("{} and {}, a default, have addresses in common.", what(written), what(default));
            let group = default.group.word();
            cx.error(code, span, summary, detail)
                .help(format!("Choose another range, or write the ranges of the subnets \"{group}\" too."));
        }
        // Defaults do not overlap each other.
        (None, None) => {}
    }
}
