//! The `watch` node of a spec: its fields and their defaults.

use super::Watch;
use crate::spec::diagnostic::quoted;
use crate::spec::reader::{Form, Reader};
use crate::spec::tree::{Node, Spanned};

/// What a database keeps of itself at most; a copy may stay as long as AWS has days to count.
const BACKUP_DAYS: i32 = 35;
const MOST_DAYS: i32 = 36_500;

/// What the spec has besides.
#[derive(Debug, Clone, Copy)]
pub(in crate::topology) struct Present {
    /// Whether there is a tier that can be watched.
    pub anything: bool,
    /// Whether the stack makes a database or a file system.
    pub data: bool,
}

/// Reads the tier; `None` where it has errors, all of which are noted.
pub(in crate::topology) fn read(cx: &mut Reader<'_>, node: &Node, present: Present) -> Option<Watch> {
    let mut form = Form::of(node);
    let emails = match form.field(cx, "email") {
        Some(node) => emails(cx, node),
        None => Some(Vec::new()),
    };
    let dashboard = switch(cx, &mut form, "dashboard");
    let alarms = switch(cx, &mut form, "alarms");
    let backup_days = match form.field(cx, "backups") {
        Some(node) => backups(cx, node, present),
        None => Ok(None),
    };
    if emails.as_ref().is_some_and(Vec::is_empty) && alarms == Some(true) {
        let detail = "Alarms go off, and nobody is told: there is no `email`.";
        cx.warning("watch::nobody", form.span(), "Nobody is told", detail)
            .help("Write email \"ops@example.edu\", or alarms #false");
    }
    if !present.anything {
        let detail = "There is no tier in the spec that could be watched.";
        cx.warning("watch::nothing", form.span(), "Nothing to watch", detail)
            .help("Add for example `database` or `files`, or remove `watch`.");
    }
    form.close(cx);
    Some(Watch { emails: emails?, dashboard: dashboard?, alarms: alarms?, backup_days: backup_days.ok()? })
}

fn emails(cx: &mut Reader<'_>, node: &Node) -> Option<Vec<String>> {
    let mut form = Form::of(node);
    let mut all: Vec<String> = Vec::new();
    let mut faulty = false;
    for value in form.arguments(cx, "email \"ops@example.edu\"") {
        let Some(Spanned { value: email, span }) = cx.text(value, "The address") else {
            faulty = true;
            continue;
        };
        if !is_email(&email) {
            let detail = format!("{} is not a mail address.", quoted(&email));
            cx.error("watch::email", span, "Not a mail address", detail)
                .help("Write one like \"ops@example.edu\", without a name.");
            faulty = true;
        } else if all.contains(&email) {
            let detail = format!("{} stands here twice.", quoted(&email));
            cx.error("watch::email-twice", span, "Address written twice", detail).help("Remove one of the two.");
            faulty = true;
        } else {
            all.push(email);
        }
    }
    faulty |= node.arguments.is_empty();
    form.close(cx);
    if faulty { None } else { Some(all) }
}

/// Whether it looks like an address that SNS takes; of the characters before the `@`, those that people use.
fn is_email(text: &str) -> bool {
    let Some((user, host)) = text.rsplit_once('@') else { return false };
    let in_user = |it: u8| it.is_ascii_alphanumeric() || matches!(it, b'.' | b'_' | b'-' | b'+');
    let label = |it: &str| {
        !it.is_empty()
            && !it.starts_with('-')
            && !it.ends_with('-')
            && it.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'-')
    };
    (1..=64).contains(&user.len())
        && user.bytes().all(in_user)
        && text.len() <= 254
        && host.contains('.')
        && host.split('.').all(label)
}

/// Stands for an error that is noted.
struct Noted;

/// Reads the field; `None` where it is off.
fn backups(cx: &mut Reader<'_>, node: &Node, present: Present) -> Result<Option<i32>, Noted> {
    let mut form = Form::of(node);
    let on = form.optional_argument().map(|it| (it, cx.switch(it, "`backups`")));
    let days = form.property(cx, "retain-days");
    form.close(cx);
    let read = days.map(|it| cx.whole(it, "`retain-days`", 1, MOST_DAYS));
    if let (Some((_, Some(false))), Some(days)) = (on, days) {
        let detail = "`backups #false` makes no copies, so there are no days.";
        cx.error("watch::backups", days.span, "Contradiction", detail).help("Remove `#false` or `retain-days`.");
        return Err(Noted);
    }
    match on {
        Some((_, None)) => return Err(Noted),
        Some((_, Some(false))) => return Ok(None),
        Some((_, Some(true))) | None => {}
    }
    if !present.data {
        let detail = "`backups` copies the database and the files that the stack makes, and it makes neither.";
        cx.error("watch::backups", node.name.span, "Nothing to back up", detail)
            .help("Add `database` or `files`, or remove `backups`.");
        return Err(Noted);
    }
    read.unwrap_or(Some(BACKUP_DAYS)).map(Some).ok_or(Noted)
}

fn switch(cx: &mut Reader<'_>, form: &mut Form<'_>, field: &'static str) -> Option<bool> {
    let Some(node) = form.field(cx, field) else { return Some(true) };
    let mut form = Form::of(node);
    let value = form.argument(cx, &format!("{field} #true"));
    let on = value.and_then(|it| cx.switch(it, &format!("`{field}`")));
    form.close(cx);
    on
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_from_what_is_none() {
        for good in ["ops@example.edu", "a.b+moodle@sub.example.edu", "o_neill-1@example.edu"] {
            assert!(is_email(good), "{good}");
        }
        for bad in
            ["", "ops", "@example.edu", "ops@", "ops@example", "Ops <ops@example.edu>", "a@b@example.edu", "a b@c.de"]
        {
            assert!(!is_email(bad), "{bad}");
        }
    }
}
