//! The `existing` field: a network that is there already.

use super::Existing;
use crate::spec::diagnostic::quoted;
use crate::spec::reader::{Form, Reader};
use crate::spec::tree::{Node, Spanned, Value};

/// Reads the field; `None` where it has errors, all of which are noted.
pub(super) fn read(cx: &mut Reader<'_>, node: &Node) -> Option<Existing> {
    let mut form = Form::of(node);
    let vpc = form.property(cx, "vpc");
    if vpc.is_none() {
        cx.error("spec::missing-value", node.name.span, "Missing value", "`existing` needs the id of the VPC.")
            .help("Write for example: existing vpc=\"vpc-0123456789abcdef0\"");
    }
    let vpc = vpc.and_then(|it| id(cx, it, "vpc"));
    let [public, app, data] = ["public", "app", "data"].map(|name| match form.field(cx, name) {
        Some(node) => subnets(cx, node),
        None => Some(Vec::new()),
    });
    form.close(cx);
    Some(Existing { vpc: vpc?.value, public: public?, app: app?, data: data? })
}

fn subnets(cx: &mut Reader<'_>, node: &Node) -> Option<Vec<String>> {
    let mut form = Form::of(node);
    let values = form.arguments(cx, &format!("{} \"subnet-0123456789abcdef0\"", node.name.value));
    form.close(cx);
    let mut ids: Vec<Spanned<String>> = Vec::new();
    let mut good = !values.is_empty();
    for value in values {
        let Some(id) = id(cx, value, "subnet") else {
            good = false;
            continue;
        };
        if let Some(first) = ids.iter().find(|it| it.value == id.value) {
            let place = cx.place(first.span);
            cx.error("spec::duplicate", id.span, "Written twice", format!("{} stands here twice.", quoted(&id.value)))
                .help("Remove one of the two.")
                .also(place, "the first one");
        }
        ids.push(id);
    }
    good.then(|| ids.into_iter().map(|it| it.value).collect())
}

/// Reads an id of EC2: a word, a hyphen, and 8 or 17 hexadecimal digits.
fn id(cx: &mut Reader<'_>, value: &Spanned<Value>, word: &str) -> Option<Spanned<String>> {
    let text = cx.text(value, "An id")?;
    let digits = text.value.strip_prefix(word).and_then(|it| it.strip_prefix('-'));
    let hexadecimal = |it: u8| it.is_ascii_digit() || matches!(it, b'a'..=b'f');
    if digits.is_some_and(|it| matches!(it.len(), 8 | 17) && it.bytes().all(hexadecimal)) {
        return Some(text);
    }
    let detail = format!("{} is not the id of a {word}.", quoted(&text.value));
    cx.error("network::id", text.span, "Not an id", detail)
        .help(format!("Write `{word}-` and 8 or 17 hexadecimal digits: \"{word}-0123456789abcdef0\"."));
    None
}
