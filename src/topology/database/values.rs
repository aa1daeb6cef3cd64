//! Checks of the values that a database is described by.

use super::{Capacity, Engine};
use crate::spec::diagnostic::quoted;
use crate::spec::reader::Reader;
use crate::spec::tree::{Spanned, Value};

/// Words that AWS or the engine keeps for itself.
const RESERVED_USERS: &[&str] = &[
    "admin",
    "all",
    "current_user",
    "postgres",
    "public",
    "rdsadmin",
    "rdsproxyadmin",
    "rdsrepladmin",
    "rdstopmgr",
    "root",
    "session_user",
    "user",
];
const RESERVED_NAMES: &[&str] =
    &["all", "db", "innodb", "mysql", "postgres", "rdsadmin", "sys", "template0", "template1", "tmp", "user"];

/// Reads the name of the user: what every engine takes.
pub(super) fn username(cx: &mut Reader<'_>, value: &Spanned<Value>) -> Option<String> {
    let Spanned { value: name, span } = cx.text(value, "The user name")?;
    let starts = name.starts_with(|it: char| it.is_ascii_alphabetic());
    let fits = (1..=16).contains(&name.len()) && starts && name.bytes().all(|it| it.is_ascii_alphanumeric());
    if !fits {
        let detail = format!("{} cannot be the name of the database's user.", quoted(&name));
        cx.error("database::username", span, "Unusable user name", detail)
            .help("Use 1 to 16 letters and digits, a letter first: \"moodle\".");
        return None;
    }
    if RESERVED_USERS.contains(&name.to_ascii_lowercase().as_str()) {
        let detail = format!("The engine, or AWS, keeps {} for itself.", quoted(&name));
        cx.error("database::username", span, "Reserved user name", detail).help("Choose another: \"moodle\".");
        return None;
    }
    Some(name)
}

/// Reads the name of the database in the cluster.
pub(super) fn name(cx: &mut Reader<'_>, value: &Spanned<Value>) -> Option<String> {
    let Spanned { value: name, span } = cx.text(value, "The name of the database")?;
    let starts = name.starts_with(|it: char| it.is_ascii_alphabetic());
    let every = |it: u8| it.is_ascii_alphanumeric() || it == b'_';
    if !starts || 63 < name.len() || !name.bytes().all(every) {
        let detail = format!("{} cannot be the name of a database.", quoted(&name));
        cx.error("database::name", span, "Unusable database name", detail)
            .help("Use 1 to 63 letters, digits and underscores, a letter first: \"moodle\".");
        return None;
    }
    if RESERVED_NAMES.contains(&name.to_ascii_lowercase().as_str()) {
        let detail = format!("The engine, or AWS, keeps {} for itself.", quoted(&name));
        cx.error("database::name", span, "Reserved database name", detail).help("Choose another: \"moodle\".");
        return None;
    }
    Some(name)
}

/// Reads the size of an instance.
pub(super) fn class(cx: &mut Reader<'_>, value: &Spanned<Value>) -> Option<String> {
    let Spanned { value: class, span } = cx.text(value, "The class of the instances")?;
    if class == "db.serverless" {
        cx.error(
            "database::class",
            span,
            "Class without a size",
            "Serverless instances have limits instead of a size.",
        )
        .help("Write: serverless min=0.5 max=64");
        return None;
    }
    let parts: Vec<&str> = class.split('.').collect();
    let word = |it: &&str| {
        let plain = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-';
        it.starts_with(|it: char| it.is_ascii_alphanumeric()) && it.bytes().all(plain)
    };
    if parts.len() != 3 || parts[0] != "db" || !parts.iter().all(word) {
        let help = match class.strip_prefix("db.") {
            None if parts.len() == 2 => format!("Classes of databases begin with `db.`: \"db.{class}\"."),
            _ => "Write `db.`, a family and a size: \"db.r6g.large\".".to_owned(),
        };
        let detail = format!("{} is not the class of a database instance.", quoted(&class));
        cx.error("database::class", span, "Not a class", detail).help(help);
        return None;
    }
    if !parts[1].starts_with(['r', 't', 'x']) {
        let detail = format!("Aurora has instances of the families r, t and x, and {} is of none.", quoted(&class));
        cx.error("database::class", span, "Class that Aurora does not have", detail)
            .help("Write for example \"db.r6g.large\", or \"db.t4g.medium\" for a test.");
        return None;
    }
    Some(class)
}

/// Reads a number of capacity units.
pub(super) fn capacity(cx: &mut Reader<'_>, value: &Spanned<Value>, what: &str, least: Capacity) -> Option<Capacity> {
    let units = match value.value {
        // More than AWS has is refused below; so much is exact.
        Value::Whole(number) => f64::from(i32::try_from(number).unwrap_or(i32::MAX)),
        Value::Decimal(number) => number,
        _ => {
            cx.wrong_type(value, what, "a number").help("Write for example min=0.5 max=64.");
            return None;
        }
    };
    let most = 512;
    let found = (least.halves..=most).map(Capacity::of_halves).find(|it| (it.units() - units).abs() < 1e-9);
    if found.is_none() {
        let least = least.units();
        let detail = format!("{what} is {units}, and must be from {least} to 256 in steps of a half.");
        cx.error("database::capacity", value.span, "Capacity that AWS does not have", detail)
            .help("Write for example min=0.5 max=64; a unit is about 2 GiB of memory.");
    }
    found
}

/// Reads the ARN of something of a service: `what` begins the name within it.
pub(super) fn arn(
    cx: &mut Reader<'_>,
    value: &Spanned<Value>,
    service: &str,
    what: &str,
    region: Option<&str>,
) -> Option<String> {
    let Spanned { value: arn, span } = cx.text(value, "An ARN")?;
    let example = format!("arn:aws:{service}:eu-west-1:123456789012:{what}…");
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let &[first, partition, of, place, account, name] = parts.as_slice() else {
        let detail = format!("{} is not an ARN.", quoted(&arn));
        cx.error("database::arn", span, "Not an ARN", detail).help(format!("Write it in full: \"{example}\"."));
        return None;
    };
    let digits = account.len() == 12 && account.bytes().all(|it| it.is_ascii_digit());
    let rest = name.strip_prefix(what).unwrap_or_default();
    if first != "arn" || !partition.starts_with("aws") || of != service || !digits || rest.is_empty() {
        let detail = format!("{} is not the ARN that is needed here.", quoted(&arn));
        cx.error("database::arn", span, "ARN of something else", detail).help(format!("Write one like \"{example}\"."));
        return None;
    }
    if let Some(region) = region.filter(|it| *it != place) {
        let detail = format!("It is in `{place}`, and the stack is in `{region}`.");
        cx.error("database::arn-region", span, "ARN of another region", detail)
            .help(format!("Write one of `{region}`, or change `region`."));
        return None;
    }
    Some(arn)
}

/// Reads the identifier of a snapshot of a cluster, or its ARN.
pub(super) fn snapshot(cx: &mut Reader<'_>, value: &Spanned<Value>, region: Option<&str>) -> Option<String> {
    let Spanned { value: name, span } = cx.text(value, "The snapshot")?;
    if name.starts_with("arn:") {
        return arn(cx, value, "rds", "cluster-snapshot:", region);
    }
    let starts = name.starts_with(|it: char| it.is_ascii_alphabetic());
    // The names of automatic snapshots have a colon: `rds:campus-2026-01-01-03-00`.
    let every = |it: u8| it.is_ascii_alphanumeric() || matches!(it, b'-' | b':');
    if !starts || 255 < name.len() || !name.bytes().all(every) {
        let detail = format!("{} is not the identifier of a snapshot.", quoted(&name));
        cx.error("database::snapshot", span, "Not a snapshot", detail)
            .help("Write the identifier or the ARN of a snapshot of a cluster.");
        return None;
    }
    Some(name)
}

/// Reads a host name.
pub(super) fn host(cx: &mut Reader<'_>, value: &Spanned<Value>, what: &str) -> Option<String> {
    let Spanned { value: host, span } = cx.text(value, what)?;
    let label = |it: &str| {
        let plain = |it: u8| it.is_ascii_alphanumeric() || it == b'-';
        (1..=63).contains(&it.len()) && !it.starts_with('-') && !it.ends_with('-') && it.bytes().all(plain)
    };
    if host.len() <= 253 && host.split('.').all(label) {
        return Some(host);
    }
    let detail = format!("{} is not the name of a host.", quoted(&host));
    let help = if host.contains([':', '/']) {
        "Write the name alone, without protocol, port or path."
    } else {
        "Write it as AWS shows it: \"campus.cluster-abc.eu-west-1.rds.amazonaws.com\"."
    };
    cx.error("database::host", span, "Not a host name", detail).help(help);
    None
}

/// Reads a version of the engine.
pub(super) fn version(cx: &mut Reader<'_>, value: &Spanned<Value>, engine: Engine) -> Option<String> {
    let Spanned { value: version, span } = cx.text(value, "The version")?;
    if super::versions::family(engine, &version).is_some() {
        return Some(version);
    }
    let detail = format!("{} is not a version of {} in full.", quoted(&version), engine.word());
    cx.error("database::version", span, "Not a version", detail)
        .help(format!("Write it with its minor version: \"{}\".", super::versions::default_of(engine)));
    None
}
