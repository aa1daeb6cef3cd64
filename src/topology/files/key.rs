//! The `key` field: a KMS key that is there already, or one of the stack's own.

use crate::spec::diagnostic::quoted;
use crate::spec::reader::{Form, Reader};
use crate::spec::tree::{Node, Spanned};
use crate::topology::keys::Key;

const EXAMPLE: &str = "\"arn:aws:kms:eu-west-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef\"";

/// Reads the field; `None` where it has errors, all of which are noted.
pub(super) fn read(cx: &mut Reader<'_>, node: &Node, region: Option<&str>) -> Option<Key> {
    let mut form = Form::of(node);
    let value = form.argument(cx, &format!("key {EXAMPLE}"));
    let text = value.and_then(|it| cx.text(it, "The ARN of a key"));
    form.close(cx);
    let Spanned { value: arn, span } = text?;
    if arn == Key::OWN {
        return Some(Key::Own);
    }
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let ["arn", partition, "kms", of, account, key] = parts.as_slice() else {
        let detail = format!("{} is not the ARN of a KMS key.", quoted(&arn));
        cx.error("files::key", span, "Not the ARN of a key", detail).help(format!("Write it whole: {EXAMPLE}."));
        return None;
    };
    if key.starts_with("alias/") {
        let detail = "An alias can be moved to another key, and AWS shows the key: the two would never be equal.";
        cx.error("files::key", span, "Alias instead of a key", detail)
            .help(format!("Write the ARN of the key itself: {EXAMPLE}."));
        return None;
    }
    let word = |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'-');
    let digits = account.len() == 12 && account.bytes().all(|it| it.is_ascii_digit());
    if !partition.starts_with("aws") || !word(of) || !digits || !key.strip_prefix("key/").is_some_and(word) {
        let detail = format!("{} is not the ARN of a KMS key.", quoted(&arn));
        cx.error("files::key", span, "Not the ARN of a key", detail).help(format!("Write it like {EXAMPLE}."));
        return None;
    }
    if let Some(region) = region.filter(|it| it != of) {
        let detail = format!("The key is in `{of}`, and the stack is in `{region}`; EFS takes keys of its own region.");
        cx.error("files::key-region", span, "Key of another region", detail)
            .help(format!("Choose a key of `{region}`."));
        return None;
    }
    Some(Key::Known(arn))
}
