//! The smaller fields of `site`: language, administrator, forced settings.

use std::collections::BTreeMap;

use super::{Admin, Name, names};
use crate::spec::diagnostic::quoted;
use crate::spec::reader::{Form, Reader};
use crate::spec::tree::{Node, Spanned, Value};

/// What the web servers' own configuration says, and a spec therefore cannot.
const OWNED: &[&str] = &[
    "altcacheconfigpath",
    "alternative_cache_factory_class",
    "backuptempdir",
    "cachedir",
    "dataroot",
    "dbhost",
    "dblibrary",
    "dbname",
    "dboptions",
    "dbtype",
    "dbuser",
    "directorypermissions",
    "dirroot",
    "getremoteaddrconf",
    "lang",
    "localcachedir",
    "localrequestdir",
    "lock_factory",
    "pathtophp",
    "prefix",
    "reverseproxy",
    "routerconfigured",
    "sslproxy",
    "tempdir",
    "wwwroot",
];
/// How names of settings end that hold a secret.
const SECRET: &[&str] = &["apikey", "pass", "passwd", "password", "privatekey", "secret", "token", "upgradekey"];

/// Reads the field `name`: the name, and a short one where it is given.
pub(super) fn name(cx: &mut Reader<'_>, node: &Node) -> Option<Name> {
    let mut form = Form::of(node);
    let full = form.argument(cx, "name \"University of Example\" short=\"Example\"");
    let full = full.and_then(|it| called(cx, it, "The name", 254));
    let short = form.property(cx, "short").map(|it| called(cx, it, "`short`", 100));
    form.close(cx);
    let full = full?;
    // Moodle's short name has room for so many.
    let short = short.unwrap_or_else(|| Some(full.chars().take(100).collect()))?;
    Some(Name { full, short })
}

fn called(cx: &mut Reader<'_>, value: &Spanned<Value>, what: &str, longest: usize) -> Option<String> {
    let text = cx.text(value, what)?;
    let length = text.value.trim().chars().count();
    if (1..=longest).contains(&length) && length == text.value.chars().count() && !text.value.contains(char::is_control)
    {
        return Some(text.value);
    }
    let detail = format!("{} is not what a site of Moodle can be called.", quoted(&text.value));
    cx.error("site::name", text.span, "Not a name", detail)
        .help(format!("Use 1 to {longest} characters in one line, with no space at an end."));
    None
}

/// Reads the field `locale`.
pub(super) fn locale(cx: &mut Reader<'_>, node: &Node) -> Option<String> {
    let mut form = Form::of(node);
    let value = form.argument(cx, "locale \"it\"");
    let text = value.and_then(|it| cx.text(it, "The language"));
    form.close(cx);
    let text = text?;
    let part = |it: &str| it.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit()) && !it.is_empty();
    let (first, more) = text.value.split_once('_').unwrap_or((&text.value, "x"));
    let language = (2..=3).contains(&first.len()) && first.bytes().all(|it| it.is_ascii_lowercase());
    if language && more.split('_').all(part) && text.value.len() <= 30 {
        return Some(text.value);
    }
    let detail = format!("{} is not the code of a language of Moodle.", quoted(&text.value));
    let near = text.value.to_ascii_lowercase().replace('-', "_");
    let help = if near == text.value || near.len() < 2 { "en".to_owned() } else { near };
    cx.error("site::locale", text.span, "Not a language", detail)
        .help(format!("Write for example \"{help}\"; Moodle's codes are \"it\", \"pt_br\", \"en_us\"."));
    None
}

/// Reads the field `admin`.
pub(super) fn admin(cx: &mut Reader<'_>, node: &Node) -> Option<Admin> {
    let mut form = Form::of(node);
    let user = form.property(cx, "user");
    let email = form.property(cx, "email");
    form.close(cx);
    if user.is_none() && email.is_none() && node.arguments.is_empty() {
        cx.error("spec::missing-value", node.name.span, "Missing value", "`admin` needs `email` or `user`.")
            .help("Write for example: admin email=\"admin@example.edu\"");
        return None;
    }
    let user = user.map_or(Some(Admin::default().user), |it| username(cx, it));
    let email = email.map_or(Some(None), |it| mail(cx, it).map(Some));
    Some(Admin { user: user?, email: email? })
}

fn username(cx: &mut Reader<'_>, value: &Spanned<Value>) -> Option<String> {
    let text = cx.text(value, "`user`")?;
    let fits = |it: char| it.is_ascii_lowercase() || it.is_ascii_digit() || "-_.@".contains(it);
    if text.value == "guest" {
        let detail = "`guest` is the user as whom visitors without an account come.";
        cx.error("site::admin", text.span, "Reserved name", detail).help("Choose another one.");
        return None;
    }
    if (1..=100).contains(&text.value.len()) && text.value.chars().all(fits) {
        return Some(text.value);
    }
    let detail = format!("{} is not a user's name in Moodle.", quoted(&text.value));
    cx.error("site::admin", text.span, "Not a user's name", detail)
        .help("Use 1 to 100 lower-case letters, digits and - _ . @");
    None
}

fn mail(cx: &mut Reader<'_>, value: &Spanned<Value>) -> Option<String> {
    let text = cx.text(value, "`email`")?;
    let fits = |it: char| it.is_ascii_alphanumeric() || ".!#$%&*+-/=?^_{|}~".contains(it);
    let (person, host) = text.value.rsplit_once('@').unwrap_or_default();
    if !person.is_empty() && person.chars().all(fits) && names::is_host(host) && text.value.len() <= 100 {
        return Some(text.value);
    }
    let detail = format!("{} is not a mail address.", quoted(&text.value));
    cx.error("site::email", text.span, "Not a mail address", detail).help("Write for example \"admin@example.edu\".");
    None
}

/// Reads every field `config`; `None` where one has errors, all of which are noted.
pub(super) fn config(cx: &mut Reader<'_>, nodes: &[&Node]) -> Option<BTreeMap<String, String>> {
    let mut config: BTreeMap<String, (String, &Node)> = BTreeMap::new();
    let mut whole = true;
    for node in nodes {
        match (setting(cx, node), &mut config) {
            (None, _) => whole = false,
            (Some((name, value)), config) => {
                if let Some((_, before)) = config.get(&name) {
                    let place = cx.place(before.name.span);
                    let detail = format!("{} can be set only once.", quoted(&name));
                    cx.error("spec::duplicate", node.name.span, "Written twice", detail)
                        .help("Remove one of the two.")
                        .also(place, "the first one");
                    whole = false;
                }
                config.insert(name, (value, node));
            }
        }
    }
    whole.then(|| config.into_iter().map(|(name, (value, _))| (name, value)).collect())
}

fn setting(cx: &mut Reader<'_>, node: &Node) -> Option<(String, String)> {
    const EXAMPLE: &str = "config \"forcelogin\" \"1\"";
    let mut form = Form::of(node);
    let values = form.arguments(cx, EXAMPLE);
    form.close(cx);
    let [name, value] = values else {
        if !values.is_empty() {
            let detail = "`config` takes a name and a value.";
            cx.error("site::config", node.name.span, "Not a setting", detail)
                .help(format!("Write for example: {EXAMPLE}"));
        }
        return None;
    };
    let name = cx.text(name, "The name of a setting").and_then(|it| setting_name(cx, &it));
    let value = cx.text(value, "The value of a setting");
    Some((name?, value?.value))
}

/// Returns `name` or `component/name`.
fn setting_name(cx: &mut Reader<'_>, text: &Spanned<String>) -> Option<String> {
    let word = |it: &str| {
        let fits = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'_';
        it.starts_with(|it: char| it.is_ascii_lowercase()) && it.bytes().all(fits)
    };
    let (component, name) = match text.value.split_once('/') {
        Some((component, name)) => (Some(component), name),
        None => (None, text.value.as_str()),
    };
    if !component.is_none_or(word) || !word(name) || 200 < text.value.len() {
        let detail = format!("{} is not the name of a setting.", quoted(&text.value));
        cx.error("site::config", text.span, "Not a setting", detail)
            .help("Write it as in config.php: \"forcelogin\", or \"tool_mfa/enabled\" for one of a plug-in.");
        return None;
    }
    if SECRET.iter().any(|it| name.ends_with(it)) {
        let detail = format!("{} holds a secret, and specs are read by many.", quoted(&text.value));
        cx.error("site::secret", text.span, "Secret in the spec", detail)
            .help("Set it in Moodle, under Site administration.");
        return None;
    }
    if component.is_none() && (OWNED.contains(&name) || name.starts_with("session_")) {
        let detail = format!("{} follows from the rest of the spec.", quoted(name));
        cx.error("site::config-owned", text.span, "Setting of the web servers", detail).help("Remove it.");
        return None;
    }
    Some(text.value.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_in_order() {
        assert!(OWNED.is_sorted() && SECRET.is_sorted());
    }
}
