//! The `database` node of a spec: its fields and their defaults.

use super::values::{arn, capacity, class, host, name, snapshot, username, version};
use super::{Capacity, Database, Engine, Existing, Form as Made, Own, Servers, versions};
use crate::spec::Span;
use crate::spec::diagnostic::quoted;
use crate::spec::reader::{Form, Reader};
use crate::spec::tree::{Node, Spanned, Value};
use crate::topology::keys::Key;
use crate::topology::{Network, Profile, reach};

/// As in the reference architecture.
const COUNT: i32 = 2;
const BACKUP_DAYS: i32 = 30;
const MIN: Capacity = Capacity::of_halves(1);
const MAX: Capacity = Capacity::of_halves(128);
const NAME: &str = "moodle";
/// A writer and the fifteen readers that Aurora takes.
const MOST: i32 = 16;
/// The fields that make a database, and so cannot be said of one that is there.
const OF_OWN: &[&str] =
    &["instances", "serverless", "name", "username", "backup-days", "key", "deletion-protection", "restore"];

/// Reads the tier; `None` where it has errors, all of which are noted.
///
pub(in crate::topology) fn read(
    cx: &mut Reader<'_>,
    node: &Node,
    region: Option<&str>,
    network: Found<'_>,
    profile: &Profile,
) -> Option<Database> {
    let mut form = Form::of(node);
    let engine = engine(cx, &mut form);
    let readers = switch(cx, &mut form, "readers", true);
    let made = if let Some(existing) = form.field(cx, "existing") {
        refuse_own(cx, &mut form, existing);
        existing_form(cx, existing, region).map(Made::Existing)
    } else {
        let places = has_places(cx, form.span(), network);
        own(cx, &mut form, region, engine.as_ref(), profile).filter(|_| places).map(Made::Own)
    };
    form.close(cx);
    Some(Database { engine: engine?.0, readers: readers?, form: made? })
}

/// What the spec says of the network.
#[derive(Clone, Copy)]
pub(in crate::topology) enum Found<'a> {
    /// Nothing.
    Nothing,
    /// Something that has errors.
    Faulty,
    /// This.
    Network(&'a Network),
}

/// Whether there are subnets in two zones at least, as Aurora wants them.
fn has_places(cx: &mut Reader<'_>, span: Span, network: Found<'_>) -> bool {
    let zones = match network {
        Found::Nothing => {
            let detail = "The database stands in the subnets of the network, and the spec has no `network`.";
            cx.error("database::no-network", span, "Database without a network", detail).help(
                "Add `network`, or `network { existing vpc=… }` for one that is there; or say which database is there: database { existing host=… }",
            );
            return false;
        }
        // What is wrong with it is said already.
        Found::Faulty => return true,
        Found::Network(Network::Own(own)) => own.zones.count(),
        Found::Network(Network::Existing(existing)) => existing.data.len(),
    };
    if 2 <= zones {
        return true;
    }
    let (detail, help) = match network {
        Found::Network(Network::Existing(_)) => (
            "Aurora needs subnets in two zones, and the existing network names fewer in `data`.",
            "Write two or more: existing vpc=… { data \"subnet-…\" \"subnet-…\" }",
        ),
        _ => ("Aurora needs subnets in two zones, and the network has one zone.", "Write `zones 2` in `network`."),
    };
    cx.error("database::zones", span, "Too few zones for a database", detail).help(help);
    false
}

/// Returns the engine and the version that is written.
fn engine<'n>(cx: &mut Reader<'_>, form: &mut Form<'n>) -> Option<(Engine, Option<&'n Spanned<Value>>)> {
    let Some(node) = form.field(cx, "engine") else { return Some((Engine::Postgresql, None)) };
    let mut form = Form::of(node);
    let value = form.argument(cx, "engine \"aurora-postgresql\"");
    let version = form.property(cx, "version");
    let engine = value.and_then(|it| cx.choice(it, "The engine", Engine::WORDS));
    form.close(cx);
    Some((engine?, version))
}

fn refuse_own(cx: &mut Reader<'_>, form: &mut Form<'_>, existing: &Node) {
    for name in OF_OWN {
        for field in form.fields(name) {
            let place = cx.place(existing.name.span);
            let detail = format!("`{name}` says how to make a database, and `existing` that it is made.");
            cx.error("database::existing-excludes", field.name.span, "Field of another form", detail)
                .help(format!("Remove `{name}` or `existing`."))
                .also(place, "excludes it");
        }
    }
}

fn existing_form(cx: &mut Reader<'_>, node: &Node, region: Option<&str>) -> Option<Existing> {
    let mut form = Form::of(node);
    let [at, reader, database, secret] = ["host", "reader", "name", "secret"].map(|it| form.property(cx, it));
    for (missing, what) in [(at.is_none(), "host"), (secret.is_none(), "secret")] {
        if missing {
            let detail = format!("`existing` needs `{what}`.");
            cx.error("spec::missing-value", node.name.span, "Missing value", detail).help(
                "Write for example: existing host=\"campus.cluster-abc.eu-west-1.rds.amazonaws.com\" secret=\"arn:aws:secretsmanager:…\"",
            );
        }
    }
    let at = at.and_then(|it| host(cx, it, "The host"));
    let reader = match reader {
        Some(value) => host(cx, value, "The host of the readers").map(Some),
        None => Some(None),
    };
    let database = match database {
        Some(value) => name(cx, value),
        None => Some(NAME.to_owned()),
    };
    let secret = secret.and_then(|it| arn(cx, it, "secretsmanager", "secret:", region));
    let group = reach::group(cx, &mut form, "database::group");
    form.close(cx);
    Some(Existing { host: at?, reader: reader?, name: database?, secret: secret?, group: group? })
}

// Every field is read before the first is missed, so that all faults are found at once.
fn own(
    cx: &mut Reader<'_>,
    form: &mut Form<'_>,
    region: Option<&str>,
    engine: Option<&(Engine, Option<&Spanned<Value>>)>,
    profile: &Profile,
) -> Option<Own> {
    let version = engine.and_then(|(engine, written)| match written {
        Some(value) => version(cx, value, *engine),
        None => Some(versions::default_of(*engine).to_owned()),
    });
    let servers = servers(cx, form, profile);
    let name = one(cx, form, "name", "name \"moodle\"", NAME, name);
    let user = one(cx, form, "username", "username \"moodle\"", NAME, username);
    let backup_days = backup_days(cx, form);
    let key = key(cx, form, region);
    let deletion_protection = switch(cx, form, "deletion-protection", true);
    let snapshot = restore(cx, form, region);
    Some(Own {
        version: version?,
        servers: servers?,
        name: name?,
        username: user?,
        backup_days: backup_days?,
        key: key.ok()?,
        deletion_protection: deletion_protection?,
        snapshot: snapshot.ok()?,
    })
}

fn servers(cx: &mut Reader<'_>, form: &mut Form<'_>, profile: &Profile) -> Option<Servers> {
    let fixed = form.field(cx, "instances");
    let serverless = form.field(cx, "serverless");
    match (fixed, serverless) {
        (Some(fixed), Some(serverless)) => {
            let place = cx.place(fixed.name.span);
            let detail = "The servers of a database are either `instances` of a fixed size or `serverless`.";
            cx.error("database::servers", serverless.name.span, "Two sorts of servers", detail)
                .help("Remove one of the two; changing over later loses nothing.")
                .also(place, "the other one");
            None
        }
        (Some(node), None) => instances(cx, node),
        (None, Some(node)) => serverless_servers(cx, node),
        (None, None) => {
            let count = usize::try_from(COUNT).ok()?;
            Some(Servers::Instances { class: profile.database.to_owned(), count })
        }
    }
}

fn instances(cx: &mut Reader<'_>, node: &Node) -> Option<Servers> {
    let mut form = Form::of(node);
    let written = form.argument(cx, "instances \"db.r6g.large\" count=2");
    let class = written.and_then(|it| class(cx, it));
    let count = count(cx, &mut form);
    form.close(cx);
    Some(Servers::Instances { class: class?, count: count? })
}

fn serverless_servers(cx: &mut Reader<'_>, node: &Node) -> Option<Servers> {
    let mut form = Form::of(node);
    let mut limit = |cx: &mut Reader<'_>, name, what: &str, least: i32, default| match form.property(cx, name) {
        Some(value) => capacity(cx, value, what, Capacity::of_halves(least)).map(|it| (it, Some(value.span))),
        None => Some((default, None)),
    };
    let min = limit(cx, "min", "`min`", 0, MIN);
    let max = limit(cx, "max", "`max`", 2, MAX);
    let count = count(cx, &mut form);
    form.close(cx);
    let ((min, min_span), (max, max_span)) = (min?, max?);
    if max < min {
        let span = max_span.or(min_span).unwrap_or(node.name.span);
        let detail = format!("`max` is {}, which is less than `min`, {}.", max.units(), min.units());
        cx.error("database::capacity", span, "Limits the wrong way round", detail)
            .help("Write for example min=0.5 max=64.");
        return None;
    }
    Some(Servers::Serverless { min, max, count: count? })
}

fn count(cx: &mut Reader<'_>, form: &mut Form<'_>) -> Option<usize> {
    let count = match form.property(cx, "count") {
        Some(value) => cx.whole(value, "`count`", 1, MOST)?,
        None => COUNT,
    };
    usize::try_from(count).ok()
}

/// Reads a field with one value.
fn one(
    cx: &mut Reader<'_>,
    form: &mut Form<'_>,
    field: &'static str,
    example: &str,
    default: &str,
    check: fn(&mut Reader<'_>, &Spanned<Value>) -> Option<String>,
) -> Option<String> {
    let Some(node) = form.field(cx, field) else { return Some(default.to_owned()) };
    let mut form = Form::of(node);
    let value = form.argument(cx, example);
    let read = value.and_then(|it| check(cx, it));
    form.close(cx);
    read
}

fn backup_days(cx: &mut Reader<'_>, form: &mut Form<'_>) -> Option<i32> {
    let Some(node) = form.field(cx, "backup-days") else { return Some(BACKUP_DAYS) };
    let mut form = Form::of(node);
    let value = form.argument(cx, "backup-days 30");
    let days = value.and_then(|it| cx.whole(it, "`backup-days`", 1, 35));
    form.close(cx);
    days
}

/// Stands for an error that is noted.
struct Noted;

fn key(cx: &mut Reader<'_>, form: &mut Form<'_>, region: Option<&str>) -> Result<Option<Key>, Noted> {
    let Some(node) = form.field(cx, "key") else { return Ok(None) };
    let mut form = Form::of(node);
    let value = form.argument(cx, "key \"arn:aws:kms:eu-west-1:123456789012:key/…\"");
    // An alias would be another name than AWS answers.
    let key = value.and_then(|it| match &it.value {
        Value::Text(word) if word == Key::OWN => Some(Key::Own),
        _ => arn(cx, it, "kms", "key/", region).map(Key::Known),
    });
    form.close(cx);
    key.map(Some).ok_or(Noted)
}

fn restore(cx: &mut Reader<'_>, form: &mut Form<'_>, region: Option<&str>) -> Result<Option<String>, Noted> {
    let Some(node) = form.field(cx, "restore") else { return Ok(None) };
    let mut form = Form::of(node);
    let value = form.property(cx, "snapshot");
    if value.is_none() {
        let detail = format!("{} needs the snapshot to restore from.", quoted("restore"));
        cx.error("spec::missing-value", node.name.span, "Missing value", detail)
            .help("Write for example: restore snapshot=\"campus-database-0123abcd-final\"");
    }
    let read = value.and_then(|it| snapshot(cx, it, region));
    form.close(cx);
    read.map(Some).ok_or(Noted)
}

fn switch(cx: &mut Reader<'_>, form: &mut Form<'_>, field: &'static str, default: bool) -> Option<bool> {
    let Some(node) = form.field(cx, field) else { return Some(default) };
    let mut form = Form::of(node);
    let value = form.argument(cx, &format!("{field} #{default}"));
    let on = value.and_then(|it| cx.switch(it, &format!("`{field}`")));
    form.close(cx);
    on
}
