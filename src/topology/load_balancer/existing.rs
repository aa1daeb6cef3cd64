//! The `existing` field: a load balancer that is there already.

use super::Existing;
use crate::spec::diagnostic::quoted;
use crate::spec::reader::{Form, Reader};
use crate::spec::tree::{Node, Spanned, Value};
use crate::topology::reach;

const LOAD_BALANCER: &str = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/web/50dc6c495c0c9188";
const TARGET_GROUP: &str = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/web/6d0ecf831eec9f09";
const DNS: &str = "web-1234567890.eu-west-1.elb.amazonaws.com";
const ZONE: &str = "Z32O12XQLNTSW2";

/// Reads the field; `None` where it has errors, all of which are noted.
pub(super) fn read(cx: &mut Reader<'_>, node: &Node, region: Option<&str>) -> Option<Existing> {
    let mut form = Form::of(node);
    let arn = form.argument(cx, &format!("existing \"{LOAD_BALANCER}\" target-group=\"…\" dns=\"…\" zone-id=\"…\""));
    let arn = arn.and_then(|it| self::arn(cx, it, "loadbalancer/app/", LOAD_BALANCER, region));
    let target_group = needed(cx, &mut form, "target-group", TARGET_GROUP);
    let target_group = target_group.and_then(|it| self::arn(cx, it, "targetgroup/", TARGET_GROUP, region));
    let dns = needed(cx, &mut form, "dns", DNS).and_then(|it| dns(cx, it));
    let zone_id = needed(cx, &mut form, "zone-id", ZONE).and_then(|it| zone_id(cx, it));
    let group = reach::group(cx, &mut form, "load-balancer::group");
    if group == Some(None) {
        let detail = "The web servers let in the security group of the load balancer, and `existing` names none.";
        cx.warning("load-balancer::group", node.name.span, "Nobody reaches the web servers", detail)
            .help("Write for example: group=\"sg-0123456789abcdef0\"");
    }
    form.close(cx);
    Some(Existing { arn: arn?, target_group: target_group?, dns: dns?, zone_id: zone_id?, group: group? })
}

fn needed<'n>(
    cx: &mut Reader<'_>,
    form: &mut Form<'n>,
    name: &'static str,
    example: &str,
) -> Option<&'n Spanned<Value>> {
    let value = form.property(cx, name);
    if value.is_none() {
        let detail = format!("`existing` needs `{name}`.");
        cx.error("spec::missing-value", form.span(), "Missing value", detail)
            .help(format!("Write for example: {name}=\"{example}\""));
    }
    value
}

/// Reads the ARN of something of load balancers, of which `what` is how its last part begins.
fn arn(cx: &mut Reader<'_>, value: &Spanned<Value>, what: &str, example: &str, region: Option<&str>) -> Option<String> {
    let Spanned { value: arn, span } = cx.text(value, "The ARN")?;
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let word = |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'-');
    let whole = match parts.as_slice() {
        ["arn", partition, "elasticloadbalancing", of, account, last] => {
            let digits = account.len() == 12 && account.bytes().all(|it| it.is_ascii_digit());
            let last = last.strip_prefix(what).and_then(|it| it.split_once('/'));
            let whole = partition.starts_with("aws") && word(of) && digits;
            (whole && last.is_some_and(|(name, id)| word(name) && word(id))).then_some(*of)
        }
        _ => None,
    };
    let Some(of) = whole else {
        let name = if what.starts_with("target") { "a target group" } else { "an application load balancer" };
        let detail = format!("{} is not the ARN of {name}.", quoted(&arn));
        cx.error("load-balancer::arn", span, "Not the ARN", detail).help(format!("Write it like \"{example}\"."));
        return None;
    };
    if let Some(region) = region.filter(|it| *it != of) {
        let detail = format!("It is in `{of}`, and the stack is in `{region}`.");
        cx.error("load-balancer::arn-region", span, "ARN of another region", detail)
            .help(format!("Choose one of `{region}`."));
        return None;
    }
    Some(arn)
}

fn dns(cx: &mut Reader<'_>, value: &Spanned<Value>) -> Option<String> {
    let name = cx.text(value, "`dns`")?;
    let part = |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'-');
    if name.value.contains('.') && name.value.split('.').all(part) {
        return Some(name.value);
    }
    let detail = format!("{} is not the name of a host.", quoted(&name.value));
    cx.error("load-balancer::dns", name.span, "Not a host name", detail).help(format!("Write it like \"{DNS}\"."));
    None
}

fn zone_id(cx: &mut Reader<'_>, value: &Spanned<Value>) -> Option<String> {
    let id = cx.text(value, "`zone-id`")?;
    let word = |it: u8| it.is_ascii_uppercase() || it.is_ascii_digit();
    if id.value.starts_with('Z') && id.value.bytes().all(word) && id.value.len() <= 32 {
        return Some(id.value);
    }
    let detail = format!("{} is not the id of a hosted zone.", quoted(&id.value));
    cx.error("load-balancer::zone-id", id.span, "Not an id", detail).help(format!("Write it like \"{ZONE}\"."));
    None
}
