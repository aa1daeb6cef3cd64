//! The `lifecycle` field: when files that nobody opens go to cheaper storage.

use super::{Lifecycle, Throughput};
use crate::spec::reader::{Form, Reader};
use crate::spec::tree::{Node, Spanned, Value};

/// The days that EFS offers.
const DAYS: &[i32] = &[1, 7, 14, 30, 60, 90, 180, 270, 365];
const EXAMPLE: &str = "lifecycle infrequent-access-days=30 archive-days=90";

/// Stands for an error that is noted.
pub(super) struct Noted;

/// Reads the field; `None` where it is off.
pub(super) fn read(
    cx: &mut Reader<'_>,
    node: &Node,
    throughput: Option<Throughput>,
) -> Result<Option<Lifecycle>, Noted> {
    let mut form = Form::of(node);
    let switch = form.optional_argument();
    let infrequent = form.property(cx, "infrequent-access-days");
    let archive = form.property(cx, "archive-days");
    let back = form.property(cx, "back-on-access");
    form.close(cx);
    let on = switch.map(|it| cx.switch(it, "`lifecycle`"));
    let infrequent_days = infrequent.map(|it| days(cx, it, "`infrequent-access-days`"));
    let archive_days = archive.map(|it| days(cx, it, "`archive-days`"));
    let back_on_access = back.map(|it| cx.switch(it, "`back-on-access`"));
    if on == Some(Some(false)) {
        let Some(field) = infrequent.or(archive).or(back) else { return Ok(None) };
        let detail = "`lifecycle #false` moves nothing, so there are no days.";
        cx.error("files::lifecycle", field.span, "Contradiction", detail).help("Remove `#false` or the fields.");
        return Err(Noted);
    }
    if infrequent.is_none() && archive.is_none() && on != Some(None) {
        let detail = "`lifecycle` needs the days after which a file that nobody opens is moved.";
        cx.error("files::lifecycle", node.name.span, "Missing days", detail)
            .help(format!("Write for example: {EXAMPLE}, or lifecycle #false"));
        return Err(Noted);
    }
    on.unwrap_or(Some(true)).ok_or(Noted)?;
    let lifecycle = Lifecycle {
        infrequent_access_days: infrequent_days.map(|it| it.ok_or(Noted)).transpose()?,
        archive_days: archive_days.map(|it| it.ok_or(Noted)).transpose()?,
        back_on_access: back_on_access.unwrap_or(Some(false)).ok_or(Noted)?,
    };
    match archive {
        Some(archive) if !check_archive(cx, archive, lifecycle, throughput) => Err(Noted),
        _ => Ok(Some(lifecycle)),
    }
}

fn check_archive(
    cx: &mut Reader<'_>,
    archive: &Spanned<Value>,
    lifecycle: Lifecycle,
    throughput: Option<Throughput>,
) -> bool {
    if matches!(throughput, Some(Throughput::Bursting | Throughput::Provisioned(_))) {
        let detail = "EFS has Archive storage for elastic throughput only.";
        cx.error("files::archive", archive.span, "Archive without elastic throughput", detail)
            .help("Remove `archive-days`, or write throughput \"elastic\".");
        return false;
    }
    if lifecycle.archive_days <= lifecycle.infrequent_access_days {
        let detail = "A file goes to Infrequent Access first and to Archive later.";
        cx.error("files::archive", archive.span, "Archive too early", detail)
            .help("Write more days than infrequent-access-days.");
        return false;
    }
    true
}

fn days(cx: &mut Reader<'_>, value: &Spanned<Value>, what: &str) -> Option<i32> {
    let number = cx.whole(value, what, 1, 365)?;
    if DAYS.contains(&number) {
        return Some(number);
    }
    let next = DAYS.iter().find(|it| number < **it).copied().unwrap_or(365);
    let all: Vec<String> = DAYS.iter().map(ToString::to_string).collect();
    let detail = format!("EFS cannot move files after {number} days; it takes {}.", all.join(", "));
    cx.error("files::days", value.span, "Days not offered", detail).help(format!("Write {next}."));
    None
}
