//! The `web` node of a spec: its fields and their defaults.

use super::{Load, Opcache, Php, Scale, Scaling, Step, Web};
use crate::spec::reader::{Form, Reader};
use crate::spec::source::Span;
use crate::spec::tree::Node;
use crate::topology::machines::Image;
use crate::topology::network::{self, Nat, Network, Own};
use crate::topology::{Profile, machines};

const OUT: Step = Step { cpu: 75, minutes: 3, cooldown_seconds: 300 };
const IN: Step = Step { cpu: 25, minutes: 3, cooldown_seconds: 300 };
const OPCACHE: Opcache = Opcache { memory_mib: 512, files: 32_531, revalidate_seconds: 300 };
const PHP: Php = Php { memory_limit_mib: 512, max_input_vars: 5000 };
const VOLUME_GIB: i32 = 10;
/// A server that installs Moodle, or waits for a database that is being made, is not ill.
const GRACE_SECONDS: i32 = 900;
const MIN_HEALTHY_PERCENT: i32 = 90;
const RETAIN_DAYS: i32 = 7;

/// Reads the tier; `None` where it has errors, all of which are noted. `network` is what was read of that tier, and
/// `balanced` whether there is a load balancer.
// Every field is read before the first is missed, so that all faults are found at once.
pub(in crate::topology) fn read(
    cx: &mut Reader<'_>,
    node: &Node,
    network: Option<&Option<Network>>,
    balanced: bool,
    profile: &Profile,
) -> Option<Web> {
    let mut form = Form::of(node);
    let placed = check_network(cx, form.span(), network);
    let instances = machines::instance_type(cx, &mut form, profile.web);
    let image = machines::image(cx, &mut form);
    check_internet(cx, form.span(), network, image.as_ref());
    let volume = numbers(cx, &mut form, "volume", [("gib", VOLUME_GIB, 8, 16_384)]);
    let scale = scale(cx, &mut form, profile);
    let scaling = scaling(cx, &mut form, balanced);
    let health = numbers(cx, &mut form, "health", [("grace-seconds", GRACE_SECONDS, 0, 7200)]);
    let refresh = numbers(cx, &mut form, "refresh", [("min-healthy-percent", MIN_HEALTHY_PERCENT, 0, 100)]);
    let key_pair = machines::key_pair(cx, &mut form);
    let opcache = numbers(
        cx,
        &mut form,
        "opcache",
        [
            ("memory-mib", OPCACHE.memory_mib, 64, 8192),
            ("files", OPCACHE.files, 2000, 1_000_000),
            ("revalidate-seconds", OPCACHE.revalidate_seconds, 0, 86_400),
        ],
    );
    let php = numbers(
        cx,
        &mut form,
        "php",
        [
            ("memory-limit-mib", PHP.memory_limit_mib, 128, 8192),
            ("max-input-vars", PHP.max_input_vars, 5000, 1_000_000),
        ],
    );
    let retain_days = logs(cx, &mut form);
    let parameters = parameters(cx, &mut form);
    form.close(cx);
    let [memory_mib, files, revalidate_seconds] = opcache?;
    let [memory_limit_mib, max_input_vars] = php?;
    let web = Web {
        instances: instances?,
        image: image?,
        volume_gib: volume?[0],
        scale: scale?,
        scaling: scaling?,
        grace_seconds: health?[0],
        min_healthy_percent: refresh?[0],
        key_pair: key_pair?,
        opcache: Opcache { memory_mib, files, revalidate_seconds },
        php: Php { memory_limit_mib, max_input_vars },
        retain_days: retain_days?,
        parameters: parameters?,
    };
    placed.then_some(web)
}

/// Whether there is a place for servers, or a fault of the network that says why not.
fn check_network(cx: &mut Reader<'_>, span: Span, network: Option<&Option<Network>>) -> bool {
    match network {
        None => {
            let detail = "`web` puts its servers in the `app` subnets of a network, and the stack has no `network`.";
            cx.error("web::network", span, "Tier without a network", detail)
                .help("Write `network` too, or the one that is there: network { existing vpc=\"vpc-…\" { app \"subnet-…\" } }");
            false
        }
        Some(Some(Network::Existing(existing))) if existing.app.is_empty() => {
            let detail = "`web` puts its servers in the `app` subnets, and the existing network names none.";
            cx.error("web::subnets", span, "No subnets for the servers", detail)
                .help("Write one subnet a zone in the network: existing vpc=\"vpc-…\" { app \"subnet-…\" }");
            false
        }
        Some(_) => true,
    }
}

/// Notes that servers of Amazon's image cannot fetch what they run. One of its own may have it all.
fn check_internet(cx: &mut Reader<'_>, span: Span, network: Option<&Option<Network>>, image: Option<&Image>) {
    let closed = matches!(network, Some(Some(Network::Own(Own { nat: Nat::None, .. }))));
    if !closed || image != Some(&Image::AmazonLinux) {
        return;
    }
    let detail = "Web servers fetch packages, Moodle and the certificates of the database, and `nat \"none\"` lets them \
                  reach nobody.";
    cx.warning("web::no-internet", span, "Servers without the internet", detail)
        .help("Write nat \"single\" in `network`; or an image that has it all, and endpoints for what it asks of AWS.");
}

/// Reads the numbers in the line of a field: name, default, least, most.
fn numbers<const N: usize>(
    cx: &mut Reader<'_>,
    form: &mut Form<'_>,
    name: &'static str,
    bounds: [(&'static str, i32, i32, i32); N],
) -> Option<[i32; N]> {
    let Some(node) = form.field(cx, name) else { return Some(bounds.map(|(_, default, _, _)| default)) };
    let mut form = Form::of(node);
    let read = bounds.map(|(name, default, least, most)| match form.property(cx, name) {
        Some(value) => cx.whole(value, &format!("`{name}`"), least, most),
        None => Some(default),
    });
    form.close(cx);
    if read.iter().any(Option::is_none) {
        return None;
    }
    Some(read.map(Option::unwrap_or_default))
}

fn scale(cx: &mut Reader<'_>, form: &mut Form<'_>, profile: &Profile) -> Option<Scale> {
    let usual = Scale { min: profile.scale.0, max: profile.scale.1 };
    let Some(node) = form.field(cx, "scale") else { return Some(usual) };
    let mut form = Form::of(node);
    let (written_min, written_max) = (form.property(cx, "min"), form.property(cx, "max"));
    form.close(cx);
    let min = written_min.map(|it| cx.whole(it, "`min`", 0, 10));
    let max = written_max.map(|it| cx.whole(it, "`max`", 1, 30));
    let (min, max) = match (min, max) {
        (None, None) => (usual.min, usual.max),
        // Who writes one of them means the other to fit.
        (None, Some(max)) => (usual.min.min(max?), max?),
        (Some(min), None) => (min?, usual.max),
        (Some(min), Some(max)) => (min?, max?),
    };
    if max < min {
        let span = written_max.or(written_min).map_or(node.name.span, |it| it.span);
        let detail = format!("The servers are to be at least {min} and at most {max}.");
        cx.error("web::scale", span, "Contradiction", detail).help("Write a `max` that is not less than `min`.");
        return None;
    }
    Some(Scale { min, max })
}

fn scaling(cx: &mut Reader<'_>, form: &mut Form<'_>, balanced: bool) -> Option<Scaling> {
    let target = form.field(cx, "target-tracking");
    let [out, inward] = [("scale-out", OUT), ("scale-in", IN)].map(|(name, default)| {
        let there = form.fields(name).first().map(|it| it.name.span);
        (there, step(cx, form, name, default))
    });
    if let Some(node) = target {
        let excluded: Vec<Span> = [out.0, inward.0].into_iter().flatten().collect();
        for span in &excluded {
            let place = cx.place(node.name.span);
            let detail = "`target-tracking` decides both when there are more servers and when there are fewer.";
            cx.error("web::scaling", *span, "Field of another way to scale", detail)
                .help("Remove it, or remove `target-tracking`.")
                .also(place, "excludes it");
        }
        let load = target_of(cx, node, balanced);
        return load.filter(|_| excluded.is_empty()).map(Scaling::Target);
    }
    let (steps_out, steps_in) = (out.1?, inward.1?);
    if steps_out.cpu <= steps_in.cpu {
        let span = inward.0.or(out.0).unwrap_or(form.span());
        let detail = format!(
            "A server is added above {} % and taken away below {} %: there would be no rest.",
            steps_out.cpu, steps_in.cpu
        );
        cx.error("web::scaling", span, "Contradiction", detail)
            .help("Write a `cpu` in `scale-in` that is well below the one in `scale-out`.");
        return None;
    }
    Some(Scaling::Steps { out: steps_out, inward: steps_in })
}

fn step(cx: &mut Reader<'_>, form: &mut Form<'_>, name: &'static str, default: Step) -> Option<Step> {
    let Step { cpu, minutes, cooldown_seconds } = default;
    let bounds = [("cpu", cpu, 1, 99), ("minutes", minutes, 1, 60), ("cooldown-seconds", cooldown_seconds, 0, 3600)];
    let [cpu, minutes, cooldown_seconds] = numbers(cx, form, name, bounds)?;
    Some(Step { cpu, minutes, cooldown_seconds })
}

fn target_of(cx: &mut Reader<'_>, node: &Node, balanced: bool) -> Option<Load> {
    let mut form = Form::of(node);
    let [cpu, requests] = ["cpu", "requests-per-minute"].map(|it| form.property(cx, it));
    form.close(cx);
    match (cpu, requests) {
        (Some(cpu), None) => cx.whole(cpu, "`cpu`", 10, 90).map(Load::Cpu),
        (None, Some(requests)) if !balanced => {
            let detail = "A load balancer counts the requests, and the stack has no `load-balancer`.";
            cx.error("web::scaling", requests.span, "Nobody counts requests", detail)
                .help("Write `load-balancer` too, or cpu=60 instead.");
            None
        }
        (None, Some(requests)) => cx.whole(requests, "`requests-per-minute`", 1, 1_000_000).map(Load::Requests),
        (None, None) => {
            let detail = "`target-tracking` needs the load of a server to stay near.";
            cx.error("spec::missing-value", node.name.span, "Missing value", detail)
                .help("Write for example: target-tracking cpu=60, or target-tracking requests-per-minute=1000");
            None
        }
        (Some(_), Some(requests)) => {
            let detail = "A group follows one load: that of its processors, or its requests.";
            cx.error("web::scaling", requests.span, "Two loads", detail).help("Remove one of them.");
            None
        }
    }
}

fn logs(cx: &mut Reader<'_>, form: &mut Form<'_>) -> Option<i32> {
    let Some(node) = form.field(cx, "logs") else { return Some(RETAIN_DAYS) };
    let mut form = Form::of(node);
    let days = form.property(cx, "retain-days");
    form.close(cx);
    days.map_or(Some(RETAIN_DAYS), |it| network::retention(cx, it, "web::retain-days"))
}

fn parameters(cx: &mut Reader<'_>, form: &mut Form<'_>) -> Option<bool> {
    let Some(node) = form.field(cx, "parameters") else { return Some(false) };
    let mut form = Form::of(node);
    let value = form.argument(cx, "parameters #true");
    let on = value.and_then(|it| cx.switch(it, "`parameters`"));
    form.close(cx);
    on
}
