//! The `files` node of a spec: its fields and their defaults.

use super::lifecycle::Noted;
use super::{BurstCreditAlarms, Existing, Files, Own, Performance, Throughput, key, lifecycle, seed_field};
use crate::spec::diagnostic::quoted;
use crate::spec::reader::{Form, Reader};
use crate::spec::tree::Node;
use crate::topology::network::Network;
use crate::topology::reach;

/// The fields that make a file system, and so cannot be said of one that is there.
const OF_OWN: &[&str] = &["performance", "throughput", "key", "backup", "lifecycle", "seed-gib", "burst-credit-alarms"];

/// What can be bought without asking AWS for more; what a region has may be less.
const MOST_MIBPS: i32 = 3414;
/// A day: a small file system that is full of credits bursts for six hours.
const MOST_MINUTES: i32 = 1440;

/// Reads the tier; `None` where it has errors, all of which are noted. `network` is what was read of that tier.
pub(in crate::topology) fn read(
    cx: &mut Reader<'_>,
    node: &Node,
    region: Option<&str>,
    network: Option<&Option<Network>>,
) -> Option<Files> {
    let mut form = Form::of(node);
    if let Some(existing) = form.field(cx, "existing") {
        for name in OF_OWN {
            for field in form.fields(name) {
                let place = cx.place(existing.name.span);
                let detail = format!("`{name}` says how to make a file system, and `existing` that it is made.");
                cx.error("files::existing-excludes", field.name.span, "Field of another form", detail)
                    .help(format!("Remove `{name}` or `existing`."))
                    .also(place, "excludes it");
            }
        }
        form.close(cx);
        return read_existing(cx, existing).map(Files::Existing);
    }
    let placed = check_network(cx, &form, network);
    let own = read_own(cx, &mut form, region, network);
    form.close(cx);
    placed.then_some(Files::Own(own?))
}

fn read_existing(cx: &mut Reader<'_>, node: &Node) -> Option<Existing> {
    let mut form = Form::of(node);
    let value = form.argument(cx, "existing \"fs-0123456789abcdef0\"");
    let id = value.and_then(|it| cx.text(it, "The id of a file system"));
    let group = reach::group(cx, &mut form, "files::group");
    form.close(cx);
    let (id, group) = (id?, group?);
    let digits = id.value.strip_prefix("fs-");
    let hexadecimal = |it: u8| it.is_ascii_digit() || matches!(it, b'a'..=b'f');
    if digits.is_some_and(|it| matches!(it.len(), 8 | 17) && it.bytes().all(hexadecimal)) {
        return Some(Existing { id: id.value, group });
    }
    let detail = format!("{} is not the id of a file system.", quoted(&id.value));
    cx.error("files::id", id.span, "Not an id", detail)
        .help("Write `fs-` and 8 or 17 hexadecimal digits: \"fs-0123456789abcdef0\".");
    None
}

/// Whether there is a place for mount targets, or a fault of the network that says why not.
fn check_network(cx: &mut Reader<'_>, form: &Form<'_>, network: Option<&Option<Network>>) -> bool {
    match network {
        None => {
            let detail = "`files` puts a mount target in each zone of a network, and the stack has no `network`.";
            cx.error("files::network", form.span(), "Tier without a network", detail)
                .help("Write `network` too, or name a file system that is there: files { existing \"fs-…\" }");
            false
        }
        Some(Some(Network::Existing(existing))) if existing.data.is_empty() => {
            let detail = "`files` puts its mount targets in the `data` subnets, and the existing network names none.";
            cx.error("files::subnets", form.span(), "No subnets for the mount targets", detail)
                .help("Write one subnet a zone in the network: existing vpc=\"vpc-…\" { data \"subnet-…\" }");
            false
        }
        Some(_) => true,
    }
}

// Every field is read before the first is missed, so that all faults are found at once.
fn read_own(
    cx: &mut Reader<'_>,
    form: &mut Form<'_>,
    region: Option<&str>,
    network: Option<&Option<Network>>,
) -> Option<Own> {
    let performance = performance(cx, form);
    // Max I/O and elastic throughput exclude each other.
    let default = if performance == Some(Performance::MaxIo) { Throughput::Bursting } else { Throughput::Elastic };
    let throughput = match form.field(cx, "throughput") {
        Some(node) => throughput(cx, node, performance),
        None => Some(default),
    };
    let key = match form.field(cx, "key") {
        Some(node) => key::read(cx, node, region).map(Some),
        None => Some(None),
    };
    let backup = backup(cx, form);
    let lifecycle = match form.field(cx, "lifecycle") {
        Some(node) => lifecycle::read(cx, node, throughput),
        None => Ok(None),
    };
    let beside = seed_field::Beside {
        throughput,
        backup: backup == Some(true),
        lifecycle: matches!(lifecycle, Ok(Some(_))),
        network,
    };
    let seed_gib = seed_field::read(cx, form, &beside);
    let burst_credit_alarms = burst_credit_alarms(cx, form, throughput);
    Some(Own {
        performance: performance?,
        throughput: throughput?,
        key: key?,
        backup: backup?,
        lifecycle: lifecycle.ok()?,
        seed_gib: seed_gib?,
        burst_credit_alarms: burst_credit_alarms.ok()?,
    })
}

fn performance(cx: &mut Reader<'_>, form: &mut Form<'_>) -> Option<Performance> {
    let Some(node) = form.field(cx, "performance") else { return Some(Performance::GeneralPurpose) };
    let mut form = Form::of(node);
    let value = form.argument(cx, "performance \"general-purpose\"");
    let chosen = value.and_then(|it| cx.choice(it, "The performance mode", Performance::WORDS));
    form.close(cx);
    chosen
}

fn throughput(cx: &mut Reader<'_>, node: &Node, performance: Option<Performance>) -> Option<Throughput> {
    const WORDS: &[(&str, &str)] = &[("elastic", "elastic"), ("bursting", "bursting"), ("provisioned", "provisioned")];
    let mut form = Form::of(node);
    let value = form.argument(cx, "throughput \"elastic\", or throughput \"provisioned\" mibps=128");
    let mibps = form.property(cx, "mibps");
    form.close(cx);
    let value = value?;
    let word = cx.choice(value, "The throughput", WORDS);
    let number = mibps.map(|it| cx.whole(it, "`mibps`", 1, MOST_MIBPS));
    match (word?, mibps) {
        ("provisioned", None) => {
            let detail = "Provisioned throughput needs the MiB a second to provide.";
            cx.error("files::mibps", value.span, "Missing throughput", detail)
                .help("Write for example: throughput \"provisioned\" mibps=128");
            None
        }
        ("provisioned", Some(_)) => Some(Throughput::Provisioned(number??)),
        (word, Some(mibps)) => {
            let detail = format!("The throughput is \"{word}\", which is not bought by the MiB.");
            cx.error("files::mibps", mibps.span, "Field of another throughput", detail)
                .help("Remove `mibps`, or write \"provisioned\".");
            None
        }
        ("bursting", None) => Some(Throughput::Bursting),
        (_, None) if performance == Some(Performance::MaxIo) => {
            let detail = "EFS has no elastic throughput for the performance mode \"max-io\".";
            cx.error("files::throughput", value.span, "Contradiction", detail)
                .help("Write throughput \"bursting\", or remove `performance`: \"general-purpose\" suits nearly all.");
            None
        }
        (_, None) => Some(Throughput::Elastic),
    }
}

fn backup(cx: &mut Reader<'_>, form: &mut Form<'_>) -> Option<bool> {
    let Some(node) = form.field(cx, "backup") else { return Some(true) };
    let mut form = Form::of(node);
    let value = form.argument(cx, "backup #true");
    let on = value.and_then(|it| cx.switch(it, "`backup`"));
    form.close(cx);
    on
}

/// Reads the field; `None` where it is off.
fn burst_credit_alarms(
    cx: &mut Reader<'_>,
    form: &mut Form<'_>,
    throughput: Option<Throughput>,
) -> Result<Option<BurstCreditAlarms>, Noted> {
    let Some(node) = form.field(cx, "burst-credit-alarms") else { return Ok(None) };
    let mut form = Form::of(node);
    let switch = form.optional_argument().map(|it| (it, cx.switch(it, "`burst-credit-alarms`")));
    let default = BurstCreditAlarms::default();
    let mut minutes = |name, what: &str, default| match form.property(cx, name) {
        Some(value) => (Some(value), cx.whole(value, what, 1, MOST_MINUTES)),
        None => (None, Some(default)),
    };
    let (warning, warning_minutes) = minutes("warning-minutes", "`warning-minutes`", default.warning_minutes);
    let (critical, critical_minutes) = minutes("critical-minutes", "`critical-minutes`", default.critical_minutes);
    form.close(cx);
    if let Some((_, on)) = switch {
        match (on.ok_or(Noted)?, warning.or(critical)) {
            (true, _) => {}
            (false, None) => return Ok(None),
            (false, Some(field)) => {
                let detail = "`burst-credit-alarms #false` tells nobody, so there are no minutes.";
                cx.error("files::burst-credit-alarms", field.span, "Contradiction", detail)
                    .help("Remove `#false` or the fields.");
                return Err(Noted);
            }
        }
    }
    if let Some(throughput @ (Throughput::Elastic | Throughput::Provisioned(_))) = throughput {
        let word = throughput.word();
        let detail = format!("The throughput is \"{word}\", and only bursting file systems have burst credits.");
        cx.warning("files::burst-credit-alarms", node.name.span, "Alarms without burst credits", detail)
            .help("There are none. Remove `burst-credit-alarms`, or write throughput \"bursting\".");
    }
    let alarms = BurstCreditAlarms {
        warning_minutes: warning_minutes.ok_or(Noted)?,
        critical_minutes: critical_minutes.ok_or(Noted)?,
    };
    if alarms.warning_minutes <= alarms.critical_minutes {
        let detail = "The warning comes before the critical alarm, when there are more minutes left.";
        let span = warning.or(critical).map_or(node.name.span, |it| it.span);
        cx.error("files::burst-credit-alarms", span, "Warning too late", detail)
            .help("Write for example warning-minutes=180 critical-minutes=60.");
        return Err(Noted);
    }
    Ok(Some(alarms))
}
