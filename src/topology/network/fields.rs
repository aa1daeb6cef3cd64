//! The `network` node of a spec: its fields and their defaults.

use std::collections::BTreeSet;

use super::layout::Group;
use super::{Nat, Network, Own, Subnets, Tenancy, Zones};
use super::{existing, layout, ranges, services, zones};
use crate::kind::values::Cidr;
use crate::spec::Span;
use crate::spec::diagnostic::{nearest, quoted};
use crate::spec::reader::{Form, Reader};
use crate::spec::tree::{Node, Spanned, Value};
use crate::topology::Profile;

/// The days that CloudWatch Logs can keep entries.
pub(in crate::topology) const RETENTIONS: &[i32] =
    &[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];
/// As the reference architecture keeps them.
const RETAIN_DAYS: i32 = 7;
/// The fields that make a network, and so cannot be said of one that is there.
const OF_OWN: &[&str] = &["cidr", "zones", "tenancy", "nat", "flow-logs", "endpoints", "subnets"];

/// Reads the tier; `None` where it has errors, all of which are noted.
pub(in crate::topology) fn read(
    cx: &mut Reader<'_>,
    node: &Node,
    region: Option<&str>,
    profile: &Profile,
) -> Option<Network> {
    let mut form = Form::of(node);
    if let Some(existing) = form.field(cx, "existing") {
        for name in OF_OWN {
            for field in form.fields(name) {
                let place = cx.place(existing.name.span);
                let detail = format!("`{name}` says how to make a network, and `existing` that it is made.");
                cx.error("network::existing-excludes", field.name.span, "Field of another form", detail)
                    .help(format!("Remove `{name}` or `existing`."))
                    .also(place, "excludes it");
            }
        }
        form.close(cx);
        return existing::read(cx, existing).map(Network::Existing);
    }
    let own = read_own(cx, &mut form, region, profile);
    form.close(cx);
    own.map(Network::Own)
}

// Every field is read before the first is missed, so that all faults are found at once.
fn read_own(cx: &mut Reader<'_>, form: &mut Form<'_>, region: Option<&str>, profile: &Profile) -> Option<Own> {
    let cidr = ranges::vpc(cx, form);
    let zones = match form.field(cx, "zones") {
        Some(node) => zones::read(cx, node, region),
        None => Some(Zones::Count(profile.zones)),
    };
    let tenancy = choice(cx, form, "tenancy", "The tenancy", Tenancy::WORDS, Tenancy::Default);
    let nat = choice(cx, form, "nat", "`nat`", Nat::WORDS, profile.nat);
    let flow_logs = flow_logs(cx, form);
    let endpoints = endpoints(cx, form);
    let written = written_subnets(cx, form);
    let (cidr, zones) = (cidr?, zones?);
    let [public, app, data] = subnets(cx, form.span(), &cidr, zones.count(), &written?)?;
    Some(Own {
        cidr: cidr.value,
        zones,
        tenancy: tenancy?,
        nat: nat?,
        flow_logs: flow_logs.ok()?,
        endpoints: endpoints?,
        public,
        app,
        data,
    })
}

fn choice<T: Copy>(
    cx: &mut Reader<'_>,
    form: &mut Form<'_>,
    name: &'static str,
    what: &str,
    words: &[(&str, T)],
    default: T,
) -> Option<T> {
    let Some(node) = form.field(cx, name) else { return Some(default) };
    let mut form = Form::of(node);
    let example = format!("{name} \"{}\"", words.first().map_or("", |(word, _)| word));
    let value = form.argument(cx, &example);
    let chosen = value.and_then(|it| cx.choice(it, what, words));
    form.close(cx);
    chosen
}

/// Stands for an error that is noted.
struct Noted;

/// Returns the days; `None` where there is to be no flow log.
fn flow_logs(cx: &mut Reader<'_>, form: &mut Form<'_>) -> Result<Option<i32>, Noted> {
    let Some(node) = form.field(cx, "flow-logs") else { return Ok(Some(RETAIN_DAYS)) };
    let mut form = Form::of(node);
    let switch = form.optional_argument();
    let days = form.property(cx, "retain-days");
    form.close(cx);
    let on = match switch {
        Some(value) => cx.switch(value, "`flow-logs`").ok_or(Noted)?,
        None => true,
    };
    let Some(days) = days else { return Ok(on.then_some(RETAIN_DAYS)) };
    if !on {
        let detail = "`flow-logs #false` makes no flow log, so there is nothing to keep.";
        cx.error("network::flow-logs", days.span, "Contradiction", detail).help("Remove `#false` or `retain-days`.");
        return Err(Noted);
    }
    let number = cx.whole(days, "`retain-days`", 1, 3653).ok_or(Noted)?;
    if RETENTIONS.contains(&number) {
        return Ok(Some(number));
    }
    let next = RETENTIONS.iter().find(|it| number < **it).copied().unwrap_or(3653);
    let all: Vec<String> = RETENTIONS.iter().map(ToString::to_string).collect();
    let detail = format!("CloudWatch Logs cannot keep entries for {number} days; it takes {}.", all.join(", "));
    cx.error("network::retain-days", days.span, "Retention not offered", detail)
        .help(format!("Write retain-days={next} to keep them at least as long."));
    Err(Noted)
}

fn endpoints(cx: &mut Reader<'_>, form: &mut Form<'_>) -> Option<BTreeSet<String>> {
    let default = || BTreeSet::from(["s3".to_owned()]);
    let Some(node) = form.field(cx, "endpoints") else { return Some(default()) };
    let mut form = Form::of(node);
    let values = form.arguments(cx, "endpoints \"s3\" \"secretsmanager\", or endpoints #false for none");
    form.close(cx);
    if let [Spanned { value: Value::Switch(on), span: _ }] = values {
        return Some(if *on { default() } else { BTreeSet::new() });
    }
    let mut names: Vec<Spanned<String>> = Vec::new();
    let mut good = !values.is_empty();
    for value in values {
        let name = cx.text(value, "The name of a service").filter(|it| services::check(cx, it));
        let Some(name) = name else {
            good = false;
            continue;
        };
        if let Some(first) = names.iter().find(|it| it.value == name.value) {
            let place = cx.place(first.span);
            cx.error(
                "spec::duplicate",
                name.span,
                "Written twice",
                format!("{} has one endpoint.", quoted(&name.value)),
            )
            .help("Remove one of the two.")
            .also(place, "the first one");
        }
        names.push(name);
    }
    good.then(|| names.into_iter().map(|it| it.value).collect())
}

/// What the spec says of a group of subnets.
struct Written<'n> {
    group: Group,
    name: Span,
    /// Empty where the default is to be taken.
    cidrs: Vec<Spanned<Cidr>>,
    map_public_ip: bool,
    node: &'n Node,
}

/// Returns the groups that are written; `None` where they have errors.
fn written_subnets<'n>(cx: &mut Reader<'_>, form: &mut Form<'n>) -> Option<Vec<Written<'n>>> {
    let mut written: Vec<Written<'n>> = Vec::new();
    let mut good = true;
    for node in form.fields("subnets") {
        let Some(one) = written_group(cx, node) else {
            good = false;
            continue;
        };
        if let Some(first) = written.iter().find(|it| it.group == one.group) {
            let place = cx.place(first.name);
            let detail = format!("The subnets \"{}\" are written above.", one.group.word());
            cx.error("spec::duplicate", one.name, "Written twice", detail)
                .help("Put both in one.")
                .also(place, "the first one");
            good = false;
        }
        written.push(one);
    }
    good.then_some(written)
}

fn written_group<'n>(cx: &mut Reader<'_>, node: &'n Node) -> Option<Written<'n>> {
    let mut form = Form::of(node);
    let value = form.argument(cx, "subnets \"public\" { cidrs \"10.0.200.0/24\" \"10.0.201.0/24\" }");
    let group = value.and_then(|it| group(cx, it));
    let map = match form.property(cx, "map-public-ip") {
        Some(value) => cx.switch(value, "`map-public-ip`").map(|on| (on, value.span)),
        None => Some((false, form.span())),
    };
    let cidrs = match form.field(cx, "cidrs") {
        Some(cidrs) => ranges::list(cx, cidrs),
        None => Some(Vec::new()),
    };
    form.close(cx);
    let (group, (map_public_ip, span)) = (group?, map?);
    if map_public_ip && group != Group::Public {
        let detail = "Its subnets have no way in from the internet, so a public address there is of no use.";
        cx.error("network::private-subnet", span, "Public address in a private subnet", detail)
            .help("Remove `map-public-ip`, or write it at subnets \"public\".");
        return None;
    }
    Some(Written { group, name: node.name.span, cidrs: cidrs?, map_public_ip, node })
}

fn group(cx: &mut Reader<'_>, value: &Spanned<Value>) -> Option<Group> {
    let text = cx.text(value, "The name of a group of subnets")?;
    let found = Group::ALL.into_iter().find(|it| it.word() == text.value);
    if found.is_none() {
        let detail =
            format!("{} is no group of subnets; there are \"public\", \"app\" and \"data\".", quoted(&text.value));
        let near = nearest(&text.value, Group::ALL.iter().map(|it| it.word()));
        let fault = cx.error("spec::unknown-value", text.span, "Unknown value", detail);
        fault.help(near.map_or("Choose one of the three.".to_owned(), |it| format!("Did you mean \"{it}\"?")));
    }
    found
}

/// Returns the subnets, written or by default, after checking them together.
fn subnets(
    cx: &mut Reader<'_>,
    tier: Span,
    vpc: &Spanned<Cidr>,
    zones: usize,
    written: &[Written<'_>],
) -> Option<[Subnets; 3]> {
    let of = |group: Group| written.iter().find(|it| it.group == group && !it.node.children.is_empty());
    let missing: Vec<Group> = Group::ALL.into_iter().filter(|it| of(*it).is_none()).collect();
    let defaults = layout::default_of(vpc.value);
    if defaults.is_none() && !missing.is_empty() {
        let span = if vpc.span == Span::default() { tier } else { vpc.span };
        layout::ask_for(cx, vpc.value, span, zones, &missing);
        return None;
    }
    let mut all: Vec<ranges::Range> = Vec::new();
    for group in Group::ALL {
        match (of(group), &defaults) {
            (Some(written), _) => {
                ranges::check_count(cx, written.name, group, &written.cidrs, zones);
                all.extend(written.cidrs.iter().map(|it| ranges::Range { group, cidr: it.value, span: Some(it.span) }));
            }
            (None, Some(layout)) => {
                let default = layout.of(group).iter().take(zones);
                all.extend(default.map(|it| ranges::Range { group, cidr: *it, span: None }));
            }
            (None, None) => {}
        }
    }
    ranges::check_together(cx, vpc.value, &all);
    Some(Group::ALL.map(|group| Subnets {
        cidrs: all.iter().filter(|it| it.group == group).map(|it| it.cidr).collect(),
        map_public_ip: written.iter().any(|it| it.group == group && it.map_public_ip),
    }))
}
