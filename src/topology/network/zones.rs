//! The `zones` field: a number, or names in order.

use super::Zones;
use crate::spec::diagnostic::quoted;
use crate::spec::reader::{Form, Reader};
use crate::spec::tree::{Node, Spanned, Value};
use crate::topology::regions;

/// The most zones that a region has.
const MOST: i32 = 6;
const EXAMPLE: &str = "zones 3, or zones \"eu-west-1a\" \"eu-west-1b\"";

/// Reads the field; `None` where it has errors, all of which are noted.
pub(super) fn read(cx: &mut Reader<'_>, node: &Node, region: Option<&str>) -> Option<Zones> {
    let mut form = Form::of(node);
    let values = form.arguments(cx, EXAMPLE);
    form.close(cx);
    match values {
        [] => None,
        [one @ Spanned { value: Value::Whole(_) | Value::Decimal(_), span: _ }] => {
            let count = cx.whole(one, "The number of zones", 1, MOST)?;
            usize::try_from(count).ok().map(Zones::Count)
        }
        _ => names(cx, node, values, region).map(Zones::Names),
    }
}

fn names(cx: &mut Reader<'_>, node: &Node, values: &[Spanned<Value>], region: Option<&str>) -> Option<Vec<String>> {
    let mut names: Vec<Spanned<String>> = Vec::new();
    let mut good = true;
    for value in values {
        if matches!(value.value, Value::Whole(_)) {
            let detail = "Zones are either one number or names.";
            cx.error("network::zones", value.span, "Number among names", detail).help(format!("Write {EXAMPLE}."));
            good = false;
            continue;
        }
        let name = cx.text(value, "The name of a zone").filter(|it| is_zone(cx, it));
        match name {
            Some(name) => {
                good &= fits(cx, &names, &name, region) && {
                    names.push(name);
                    true
                }
            }
            None => good = false,
        }
    }
    if MOST < i32::try_from(values.len()).unwrap_or(i32::MAX) {
        let detail = format!("There are {} zones; no region has more than {MOST}.", values.len());
        cx.error("network::zones", node.name.span, "Too many zones", detail).help(format!("Write 1 to {MOST} zones."));
        good = false;
    }
    good.then(|| names.into_iter().map(|it| it.value).collect())
}

fn is_zone(cx: &mut Reader<'_>, name: &Spanned<String>) -> bool {
    if regions::of_zone(&name.value).is_some() {
        return true;
    }
    let detail = format!("{} is not the name of an availability zone.", quoted(&name.value));
    let help = if regions::is_region(&name.value) {
        format!("It is a region; its first zone is \"{}a\".", name.value)
    } else if name.value.contains("-az") {
        "It looks like the id of a zone; write the name that your account has for it, such as \"eu-west-1a\"."
            .to_owned()
    } else {
        "Write a region and a letter: \"eu-west-1a\".".to_owned()
    };
    cx.error("network::zones", name.span, "Not a zone", detail).help(help);
    false
}

/// Whether a zone goes with those before it and with the stack's region.
fn fits(cx: &mut Reader<'_>, before: &[Spanned<String>], name: &Spanned<String>, region: Option<&str>) -> bool {
    if let Some(first) = before.iter().find(|it| it.value == name.value) {
        let place = cx.place(first.span);
        cx.error("network::zones", name.span, "Zone written twice", "A zone has one subnet of each group.")
            .help("Remove one of the two.")
            .also(place, "the first one");
        return false;
    }
    let of = regions::of_zone(&name.value);
    let wanted = region.or_else(|| before.first().and_then(|it| regions::of_zone(&it.value)));
    match (of, wanted) {
        (Some(of), Some(wanted)) if of != wanted => {
            let detail = format!("{} is in `{of}`, and the stack is in `{wanted}`.", quoted(&name.value));
            cx.error("network::zone-region", name.span, "Zone of another region", detail)
                .help(format!("Write a zone of `{wanted}`, or change `region`."));
            false
        }
        _ => true,
    }
}
