//! Code from outside: Moodle's own, and plug-ins.

use std::collections::BTreeMap;

use crate::runtime::TYPES;
use crate::spec::diagnostic::{nearest, quoted};
use crate::spec::reader::{Form, Reader};
use crate::spec::tree::{Node, Spanned, Value};

/// A file with code, and what it must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Archive {
    /// `https://…`, or `s3://bucket/key`.
    pub url: String,
    /// Its SHA-256 in hexadecimal digits, in lower case.
    pub sha256: String,
}

const SOURCE: &str = "source url=\"https://…/moodle.tgz\" sha256=\"…\"";
const PLUGIN: &str = "plugin \"mod_attendance\" url=\"https://…/mod_attendance.zip\" sha256=\"…\"";

/// Reads the field `source`; `None` where it has errors, all of which are noted.
pub(super) fn source(cx: &mut Reader<'_>, node: &Node) -> Option<Archive> {
    let mut form = Form::of(node);
    let archive = archive(cx, &mut form, SOURCE);
    form.close(cx);
    archive
}

/// Reads every field `plugin`; `None` where one has errors, all of which are noted.
pub(super) fn plugins(cx: &mut Reader<'_>, nodes: &[&Node]) -> Option<BTreeMap<String, Archive>> {
    let mut plugins: BTreeMap<String, Archive> = BTreeMap::new();
    let mut first: BTreeMap<String, &Node> = BTreeMap::new();
    let mut whole = true;
    for node in nodes {
        let Some((component, plugin)) = plugin(cx, node) else {
            whole = false;
            continue;
        };
        if let Some(before) = first.get(&component) {
            let place = cx.place(before.name.span);
            let detail = format!("{} can be added only once.", quoted(&component));
            cx.error("spec::duplicate", node.name.span, "Written twice", detail)
                .help("Remove one of the two.")
                .also(place, "the first one");
            whole = false;
        }
        first.entry(component.clone()).or_insert(node);
        plugins.insert(component, plugin);
    }
    whole.then_some(plugins)
}

fn plugin(cx: &mut Reader<'_>, node: &Node) -> Option<(String, Archive)> {
    let mut form = Form::of(node);
    let value = form.argument(cx, PLUGIN);
    let component = value.and_then(|it| component(cx, it));
    let archive = archive(cx, &mut form, PLUGIN);
    form.close(cx);
    Some((component?, archive?))
}

/// Returns the name of a plug-in whose type has a folder.
fn component(cx: &mut Reader<'_>, value: &Spanned<Value>) -> Option<String> {
    let text = cx.text(value, "The plug-in")?;
    let lower = |it: u8| it.is_ascii_lowercase();
    let word = |it: &str| {
        it.bytes().next().is_some_and(lower)
            && it.bytes().all(|it| lower(it) || it.is_ascii_digit() || it == b'_')
            && !it.ends_with('_')
            && !it.contains("__")
    };
    let (of, name) = text.value.split_once('_').unwrap_or((&text.value, ""));
    if !word(name) || of.is_empty() {
        let detail = format!("{} is not the name of a plug-in.", quoted(&text.value));
        cx.error("site::plugin", text.span, "Not a plug-in", detail)
            .help("Write its type and its name as Moodle does: \"mod_attendance\", \"theme_moove\".");
        return None;
    }
    if !TYPES.iter().any(|it| it.0 == of) {
        let detail = format!("Moodle has no plug-ins of the type {}.", quoted(of));
        let fault = cx.error("site::plugin-type", text.span, "Unknown type of plug-in", detail);
        match nearest(of, TYPES.iter().map(|it| it.0)) {
            Some(near) => fault.help(format!("Did you mean \"{near}_{name}\"?")),
            None => {
                fault.help("Put a part of another plug-in into an archive of all code, and name that with `source`.")
            }
        };
        return None;
    }
    Some(text.value)
}

fn archive(cx: &mut Reader<'_>, form: &mut Form<'_>, example: &str) -> Option<Archive> {
    let [url, sha256] = ["url", "sha256"].map(|it| form.property(cx, it));
    for (missing, name) in [(url.is_none(), "url"), (sha256.is_none(), "sha256")] {
        if missing {
            let detail = format!(
                "`{name}` is missing: code is taken only from where it is said to be, and as it is said to be."
            );
            cx.error("spec::missing-value", form.span(), "Missing value", detail)
                .help(format!("Write for example: {example}"));
        }
    }
    let url = url.and_then(|it| address(cx, it));
    let sha256 = sha256.and_then(|it| digest(cx, it));
    Some(Archive { url: url?, sha256: sha256? })
}

fn address(cx: &mut Reader<'_>, value: &Spanned<Value>) -> Option<String> {
    let text = cx.text(value, "`url`")?;
    let url = &text.value;
    let fits = |it: u8| it.is_ascii_alphanumeric() || b"-._~:/?#@!&*+,;=%".contains(&it);
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("s3://"));
    let (host, path) = rest.and_then(|it| it.split_once('/')).unwrap_or_default();
    if host.contains('@') {
        let detail = "The address holds a user or a password, and specs are read by many.";
        cx.error("site::secret", text.span, "Secret in the spec", detail)
            .help("Put the file into a bucket of the account: url=\"s3://bucket/key\".");
        return None;
    }
    if url.starts_with("http://") {
        let detail = "What comes without encryption can be read and held back on its way.";
        cx.error("site::url", text.span, "Address without encryption", detail)
            .help(format!("Write \"{}\".", url.replacen("http", "https", 1)));
        return None;
    }
    if host.is_empty() || path.is_empty() || !url.bytes().all(fits) {
        let detail = format!("{} is not the address of a file on a server or in a bucket.", quoted(url));
        cx.error("site::url", text.span, "Not an address", detail)
            .help("Write \"https://host/path\" or \"s3://bucket/key\", with %20 and the like for other characters.");
        return None;
    }
    Some(url.clone())
}

fn digest(cx: &mut Reader<'_>, value: &Spanned<Value>) -> Option<String> {
    let text = cx.text(value, "`sha256`")?;
    if text.value.len() == 64 && text.value.bytes().all(|it| it.is_ascii_hexdigit()) {
        return Some(text.value.to_ascii_lowercase());
    }
    let detail = format!("{} is not the SHA-256 of a file.", quoted(&text.value));
    cx.error("site::sha256", text.span, "Not a digest", detail)
        .help("Write its 64 hexadecimal digits, which `sha256sum file` prints.");
    None
}
