//! The `load-balancer` node of a spec: its fields and their defaults.

use super::checks::{self, Noted};
use super::{HealthCheck, LoadBalancer, Own, existing};
use crate::spec::reader::{Form, Reader};
use crate::spec::tree::Node;
use crate::topology::network::Network;

/// The fields that make a load balancer, and so cannot be said of one that is there.
const OF_OWN: &[&str] =
    &["idle-timeout-seconds", "tls-policy", "access-logs", "health-check", "allow", "only-from-cdn", "waf"];

/// As AWS and the reference architecture have it.
const IDLE_TIMEOUT_SECONDS: i32 = 60;
const TLS_POLICY: &str = "ELBSecurityPolicy-TLS13-1-2-2021-06";
/// As the reference architecture keeps them.
const RETAIN_DAYS: i32 = 7;
const INTERVAL_SECONDS: i32 = 10;
const TIMEOUT_SECONDS: i32 = 5;
const HEALTHY: i32 = 2;
const UNHEALTHY: i32 = 5;

/// Reads the tier; `None` where it has errors, all of which are noted. `network` is what was read of that tier, `cdn`
/// whether the spec has that one.
pub(in crate::topology) fn read(
    cx: &mut Reader<'_>,
    node: &Node,
    region: Option<&str>,
    network: Option<&Option<Network>>,
    cdn: bool,
) -> Option<LoadBalancer> {
    let mut form = Form::of(node);
    if let Some(existing) = form.field(cx, "existing") {
        for name in OF_OWN {
            for field in form.fields(name) {
                let place = cx.place(existing.name.span);
                let detail = format!("`{name}` says how to make a load balancer, and `existing` that it is made.");
                cx.error("load-balancer::existing-excludes", field.name.span, "Field of another form", detail)
                    .help(format!("Remove `{name}` or `existing`."))
                    .also(place, "excludes it");
            }
        }
        form.close(cx);
        return existing::read(cx, existing, region).map(LoadBalancer::Existing);
    }
    let placed = checks::network(cx, &form, network);
    let own = read_own(cx, &mut form, cdn);
    form.close(cx);
    placed.then_some(LoadBalancer::Own(own?))
}

// Every field is read before the first is missed, so that all faults are found at once.
fn read_own(cx: &mut Reader<'_>, form: &mut Form<'_>, cdn: bool) -> Option<Own> {
    let idle_timeout_seconds = idle_timeout(cx, form);
    let tls_policy = match form.field(cx, "tls-policy") {
        Some(node) => checks::tls_policy(cx, node, TLS_POLICY),
        None => Some(TLS_POLICY.to_owned()),
    };
    let access_logs = access_logs(cx, form);
    let health_check = match form.field(cx, "health-check") {
        Some(node) => health_check(cx, node),
        None => Some(usual_health_check()),
    };
    let only_from_cdn = only_from_cdn(cx, form, cdn);
    let allow = checks::allow(cx, form, only_from_cdn == Some(true));
    let waf = switch(cx, form, "waf", true);
    Some(Own {
        idle_timeout_seconds: idle_timeout_seconds?,
        tls_policy: tls_policy?,
        access_logs: access_logs.ok()?,
        health_check: health_check?,
        allow: allow?,
        only_from_cdn: only_from_cdn?,
        waf: waf?,
    })
}

fn idle_timeout(cx: &mut Reader<'_>, form: &mut Form<'_>) -> Option<i32> {
    let Some(node) = form.field(cx, "idle-timeout-seconds") else { return Some(IDLE_TIMEOUT_SECONDS) };
    let mut form = Form::of(node);
    let value = form.argument(cx, "idle-timeout-seconds 60");
    let seconds = value.and_then(|it| cx.whole(it, "`idle-timeout-seconds`", 1, 4000));
    form.close(cx);
    seconds
}

fn access_logs(cx: &mut Reader<'_>, form: &mut Form<'_>) -> Result<Option<i32>, Noted> {
    let Some(node) = form.field(cx, "access-logs") else { return Ok(Some(RETAIN_DAYS)) };
    let mut form = Form::of(node);
    let switch = form.optional_argument();
    let days = form.property(cx, "retain-days");
    form.close(cx);
    let on = match switch {
        Some(value) => cx.switch(value, "`access-logs`").ok_or(Noted)?,
        None => true,
    };
    let Some(days) = days else { return Ok(on.then_some(RETAIN_DAYS)) };
    if !on {
        let detail = "`access-logs #false` writes no logs, so there is nothing to keep.";
        cx.error("load-balancer::access-logs", days.span, "Contradiction", detail)
            .help("Remove `#false` or `retain-days`.");
        return Err(Noted);
    }
    cx.whole(days, "`retain-days`", 1, 3650).map(Some).ok_or(Noted)
}

fn usual_health_check() -> HealthCheck {
    HealthCheck {
        path: "/status.txt".to_owned(),
        interval_seconds: INTERVAL_SECONDS,
        timeout_seconds: TIMEOUT_SECONDS,
        healthy: HEALTHY,
        unhealthy: UNHEALTHY,
    }
}

fn health_check(cx: &mut Reader<'_>, node: &Node) -> Option<HealthCheck> {
    let usual = usual_health_check();
    let mut form = Form::of(node);
    let path = match form.property(cx, "path") {
        Some(value) => checks::path(cx, value),
        None => Some(usual.path),
    };
    let mut number = |name: &'static str, usual: i32, least: i32, most: i32| match form.property(cx, name) {
        Some(value) => cx.whole(value, &format!("`{name}`"), least, most).map(|it| (it, Some(value.span))),
        None => Some((usual, None)),
    };
    let interval = number("interval-seconds", usual.interval_seconds, 5, 300);
    let timeout = number("timeout-seconds", usual.timeout_seconds, 2, 120);
    let healthy = number("healthy", usual.healthy, 2, 10);
    let unhealthy = number("unhealthy", usual.unhealthy, 2, 10);
    form.close(cx);
    let ((interval_seconds, interval_at), (timeout_seconds, timeout_at)) = (interval?, timeout?);
    if interval_seconds <= timeout_seconds {
        let detail = format!(
            "A check that may take {timeout_seconds} seconds would still run when the next one starts, {interval_seconds} seconds later."
        );
        let at = timeout_at.or(interval_at).unwrap_or(node.name.span);
        cx.error("load-balancer::health-check", at, "Timeout longer than the interval", detail)
            .help("Write fewer timeout-seconds than interval-seconds.");
        return None;
    }
    let ((healthy, _), (unhealthy, _)) = (healthy?, unhealthy?);
    Some(HealthCheck { path: path?, interval_seconds, timeout_seconds, healthy, unhealthy })
}

fn only_from_cdn(cx: &mut Reader<'_>, form: &mut Form<'_>, cdn: bool) -> Option<bool> {
    let Some(node) = form.field(cx, "only-from-cdn") else { return Some(cdn) };
    let mut form = Form::of(node);
    let value = form.argument(cx, "only-from-cdn #true");
    let only = value.and_then(|it| cx.switch(it, "`only-from-cdn`"));
    form.close(cx);
    if only? && !cdn {
        let detail = "Visitors may come through the CDN alone, and the stack has no `cdn`: nobody could come.";
        cx.error("load-balancer::only-from-cdn", node.name.span, "No CDN to come from", detail)
            .help("Write `cdn` too, or only-from-cdn #false.");
        return None;
    }
    only
}

fn switch(cx: &mut Reader<'_>, form: &mut Form<'_>, name: &'static str, usual: bool) -> Option<bool> {
    let Some(node) = form.field(cx, name) else { return Some(usual) };
    let mut form = Form::of(node);
    let value = form.argument(cx, &format!("{name} #true"));
    let on = value.and_then(|it| cx.switch(it, &format!("`{name}`")));
    form.close(cx);
    on
}
