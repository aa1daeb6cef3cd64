//! The stack itself: its one node, its name, region and tags.

use std::collections::BTreeMap;

use super::regions;
use super::{LATER, Reader};
use crate::spec::diagnostic::{nearest, quoted};
use crate::spec::reader::Form;
use crate::spec::tree::{Node, Spanned};

/// Load balancers and target groups have at most 32 characters, of which `-` and eight digits of a token are ours.
const LONGEST_NAME: usize = 23;
/// AWS allows 50 a resource; `Name`, three of the engine's own and room for AWS's own are not the user's.
const MOST_TAGS: usize = 40;

/// Returns the one `moodle` node of a spec.
pub(super) fn the_one<'n>(cx: &mut Reader<'_>, nodes: &'n [Node]) -> Option<&'n Node> {
    let (stacks, others): (Vec<&Node>, Vec<&Node>) = nodes.iter().partition(|it| it.name.value == "moodle");
    for other in &others {
        let name = &other.name;
        let detail = format!("{} stands outside of the stack.", quoted(&name.value));
        let fault = cx.error("spec::outside", name.span, "Node outside of the stack", detail);
        if nearest(&name.value, ["moodle"]).is_some() {
            fault.help("Did you mean `moodle`?");
        } else if [
            "region",
            "size",
            "tags",
            "site",
            "network",
            "certificate",
            "database",
            "files",
            "cache",
            "cdn",
            "dns",
        ]
        .iter()
        .chain(LATER)
        .any(|it| *it == name.value)
        {
            fault.help(format!("Move it into the block: moodle \"name\" {{ {} … }}", name.value));
        } else {
            fault.help("A spec has one node, `moodle`, and everything is in its block.");
        }
    }
    let first = stacks.first().copied();
    match first {
        None if others.is_empty() => {
            let detail = "The spec has no `moodle` node, so it describes nothing.";
            cx.error("spec::no-stack", crate::spec::Span::default(), "No stack", detail)
                .help("Write for example: moodle \"campus\" { network }");
        }
        Some(first) => {
            for again in &stacks[1..] {
                let place = cx.place(first.name.span);
                let detail = "A spec describes one stack, because each has its own state.";
                cx.error("spec::two-stacks", again.name.span, "Second stack", detail)
                    .help("Write it in a file of its own.")
                    .also(place, "the first one");
            }
        }
        None => {}
    }
    first
}

/// Reads the stack's name.
pub(super) fn name(cx: &mut Reader<'_>, form: &mut Form<'_>) -> Option<String> {
    let value = form.argument(cx, "moodle \"campus\"")?;
    let name = cx.text(value, "The stack's name")?;
    let Some(why) = refused(&name.value) else { return Some(name.value) };
    cx.error("stack::name", name.span, "Unusable stack name", format!("{} {why}.", quoted(&name.value))).help(format!(
        "Use 1 to {LONGEST_NAME} lower-case letters, digits and single hyphens, from a letter to a letter or digit: the name is a part of the names of load balancers, databases and buckets."
    ));
    None
}

/// The strictest of AWS's rules for names that carry the stack's: load balancers (length, `internal-`), databases and
/// caches (first letter, single hyphens), buckets (lower case), security groups (`sg-`), parameters (`aws`).
fn refused(name: &str) -> Option<&'static str> {
    let letter = |it: char| it.is_ascii_lowercase();
    if !name.starts_with(letter) {
        return Some("does not start with a lower-case letter");
    }
    if !name.chars().all(|it| letter(it) || it.is_ascii_digit() || it == '-') {
        return Some("has characters other than lower-case letters, digits and hyphens");
    }
    if LONGEST_NAME < name.len() {
        return Some("is too long");
    }
    if name.ends_with('-') || name.contains("--") {
        return Some("has two hyphens in a row or one at its end");
    }
    let first = name.split('-').next().unwrap_or_default();
    matches!(first, "sg" | "internal" | "aws").then_some("starts with a word that AWS reserves")
}

/// Reads the region.
pub(super) fn region(cx: &mut Reader<'_>, form: &mut Form<'_>) -> Option<String> {
    let node = form.field(cx, "region")?;
    let mut form = Form::of(node);
    let value = form.argument(cx, "region \"eu-west-1\"");
    let region = value.and_then(|it| cx.text(it, "The region"));
    form.close(cx);
    let Spanned { value: region, span } = region?;
    if let Some(of) = regions::of_zone(&region) {
        let detail = format!("{} is an availability zone.", quoted(&region));
        cx.error("stack::region", span, "Zone instead of a region", detail).help(format!("Its region is \"{of}\"."));
        return None;
    }
    let near = nearest(&region, regions::KNOWN.iter().copied());
    let help = near.map_or("Write for example \"eu-west-1\".".to_owned(), |it| format!("Did you mean \"{it}\"?"));
    if !regions::is_region(&region) {
        let detail = format!("{} is not the name of a region.", quoted(&region));
        cx.error("stack::region", span, "Not a region", detail).help(help);
        return None;
    }
    if !regions::KNOWN.contains(&region.as_str()) {
        let detail = format!("This version does not know {}; it may be newer.", quoted(&region));
        cx.warning("stack::unknown-region", span, "Unknown region", detail).help(help);
    }
    Some(region)
}

/// Reads the tags.
pub(super) fn tags(cx: &mut Reader<'_>, form: &mut Form<'_>) -> BTreeMap<String, String> {
    let Some(node) = form.field(cx, "tags") else { return BTreeMap::new() };
    let mut form = Form::of(node);
    let mut tags = BTreeMap::new();
    let pairs = form.properties(cx);
    for (index, (key, value)) in pairs.iter().enumerate() {
        let text = cx.text(value, "The value of a tag");
        check_key(cx, key);
        // IAM takes `owner` and `Owner` for the same.
        let lower = key.value.to_lowercase();
        if let Some((first, _)) = pairs[..index].iter().find(|(it, _)| it.value.to_lowercase() == lower) {
            let place = cx.place(first.span);
            cx.error(
                "stack::tag-key",
                key.span,
                "Tag key written twice",
                "IAM takes keys that differ only in case for the same.",
            )
            .help("Remove one of the two.")
            .also(place, "the first one");
        }
        let Some(text) = text else { continue };
        check_tag_text(cx, &text, "value", 256);
        tags.insert(key.value.clone(), text.value);
    }
    if MOST_TAGS < pairs.len() {
        let detail =
            format!("There are {} tags; AWS takes 50 a resource, and ten are kept for its and our own.", pairs.len());
        cx.error("stack::too-many-tags", node.name.span, "Too many tags", detail)
            .help(format!("Write at most {MOST_TAGS}."));
    }
    if pairs.is_empty() && node.arguments.is_empty() && node.children.is_empty() {
        cx.error("spec::missing-value", node.name.span, "Missing value", "`tags` needs a field for each tag.")
            .help("Write for example: tags owner=\"it-services\"");
    }
    form.close(cx);
    tags
}

fn check_key(cx: &mut Reader<'_>, key: &Spanned<String>) {
    let lower = key.value.to_lowercase();
    let reserved = ["aws:", "moodle-infra:"].iter().find(|it| lower.starts_with(**it));
    if let Some(prefix) = reserved {
        let detail = format!("Keys that start with `{prefix}` are not the user's.");
        cx.error("stack::tag-key", key.span, "Reserved tag key", detail).help("Choose another key.");
    } else if lower == "name" {
        let detail = "Every resource gets a `Name` of its own.";
        cx.error("stack::tag-key", key.span, "Reserved tag key", detail).help("Choose another key.");
    } else if key.value.is_empty() {
        cx.error("stack::tag-key", key.span, "Empty tag key", "A tag needs a key.").help("Write key=\"value\".");
    }
    check_tag_text(cx, key, "key", 128);
}

fn check_tag_text(cx: &mut Reader<'_>, text: &Spanned<String>, what: &str, most: usize) {
    let count = text.value.chars().count();
    if most < count {
        let detail = format!("The {what} has {count} characters; AWS takes {most}.");
        cx.error("stack::tag-length", text.span, "Tag too long", detail).help("Shorten it.");
    }
    let strange = |it: &char| !(it.is_alphanumeric() || " _.:/=+-@".contains(*it));
    if let Some(it) = text.value.chars().find(strange) {
        let detail = format!("The {what} has the character {}.", quoted(&it.to_string()));
        cx.error("stack::tag-characters", text.span, "Character not allowed in a tag", detail)
            .help("Tags take letters, digits, blanks and _ . : / = + - @");
    }
}
