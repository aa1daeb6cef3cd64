//! Names in DNS: the site's domain, and the zone that it is in.

use crate::spec::Span;
use crate::spec::diagnostic::quoted;
use crate::spec::reader::{Form, Reader};
use crate::spec::tree::{Node, Spanned, Value};

const EXAMPLE: &str = "domain \"moodle.example.edu\" zone=\"example.edu\"";

/// Reads the field `domain`: the domain, and the zone where one is named.
pub(super) fn read(cx: &mut Reader<'_>, node: &Node) -> Option<(String, Option<String>)> {
    let mut form = Form::of(node);
    let domain = form.argument(cx, EXAMPLE).map(|it| name(cx, it, "The domain"));
    let zone = form.property(cx, "zone").map(|it| (it.span, name(cx, it, "The zone")));
    form.close(cx);
    let domain = domain??;
    let Some((span, zone)) = zone else { return Some((domain, None)) };
    let zone = zone?;
    if !is_inside(&domain, &zone) {
        outside(cx, span, &domain, &zone);
        return None;
    }
    Some((domain, Some(zone)))
}

fn outside(cx: &mut Reader<'_>, span: Span, domain: &str, zone: &str) {
    let detail = format!("The domain {} is not in the zone {}.", quoted(domain), quoted(zone));
    let parent = domain.split_once('.').map_or(domain, |it| it.1);
    let parent = if parent.contains('.') { parent } else { domain };
    cx.error("site::zone", span, "Domain outside of its zone", detail)
        .help(format!("Write the zone of which the domain is a part, for example zone=\"{parent}\"."));
}

/// Whether a name is a zone's own or one in it.
fn is_inside(name: &str, zone: &str) -> bool {
    name.strip_suffix(zone).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

fn name(cx: &mut Reader<'_>, value: &Spanned<Value>, what: &str) -> Option<String> {
    let text = cx.text(value, what)?;
    let Some((why, help)) = refused(&text.value) else { return Some(text.value.to_ascii_lowercase()) };
    cx.error("site::domain", text.span, "Not a domain", format!("{} {why}.", quoted(&text.value))).help(help);
    None
}

/// Why a text is not the name of a site or a zone, and what to write instead.
fn refused(name: &str) -> Option<(&'static str, String)> {
    let example = || "Write a name such as \"moodle.example.edu\".".to_owned();
    let bare = name.split_once("://").map_or(name, |it| it.1);
    let bare = bare.split(['/', ':', '?', '#']).next().unwrap_or_default();
    if bare != name {
        let help = if refused(bare).is_none() { format!("Write only \"{bare}\".") } else { example() };
        return Some(("is more than a name", help));
    }
    if let Some(rest) = name.strip_prefix("*.") {
        return Some(("stands for many names", format!("Write the one name, for example \"moodle.{rest}\".")));
    }
    if !name.is_ascii() {
        let help = "Write it as DNS does: parts with other letters begin with \"xn--\".".to_owned();
        return Some(("has letters that DNS writes otherwise", help));
    }
    if let Some(rest) = name.strip_suffix('.').filter(|it| refused(it).is_none()) {
        return Some(("has a dot at its end", format!("Write \"{rest}\".")));
    }
    if 253 < name.len() {
        return Some(("has more than 253 characters", example()));
    }
    let parts: Vec<&str> = name.split('.').collect();
    if !parts.iter().all(|it| is_label(it)) {
        return Some((
            "has a part that is not 1 to 63 letters, digits and hyphens with no hyphen at an end",
            example(),
        ));
    }
    if parts.len() < 2 {
        return Some(("has no dot", example()));
    }
    let last = parts.last().copied().unwrap_or_default();
    if last.bytes().all(|it| it.is_ascii_digit()) {
        return Some(("is an address and not a name", example()));
    }
    None
}

fn is_label(label: &str) -> bool {
    let fits = |it: u8| it.is_ascii_alphanumeric() || it == b'-';
    (1..=63).contains(&label.len()) && label.bytes().all(fits) && !label.starts_with('-') && !label.ends_with('-')
}

/// Whether a text is the part of a mail address behind the `@`.
pub(super) fn is_host(text: &str) -> bool {
    refused(text).is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_in_a_zone_by_whole_parts() {
        assert!(is_inside("moodle.example.edu", "example.edu"));
        assert!(is_inside("example.edu", "example.edu"));
        assert!(!is_inside("myexample.edu", "example.edu"));
        assert!(!is_inside("example.edu", "moodle.example.edu"));
    }

    #[test]
    fn names() {
        for good in ["moodle.example.edu", "a.b", "xn--mnchen-3ya.de", "1.example.edu", "MOODLE.example.edu"] {
            assert_eq!(refused(good), None, "{good}");
        }
        let long = format!("{}.edu", "a.".repeat(125));
        for bad in ["", ".", "edu", "a..b", "-a.b", "a-.b", "a_b.c", "10.0.0.1", "a b.c", "*.a.b", "a.b.", &long] {
            assert!(refused(bad).is_some(), "{bad}");
        }
    }
}
