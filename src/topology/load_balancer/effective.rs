//! The tier written as a spec that says everything.

use super::{Existing, HealthCheck, LoadBalancer, Own};
use crate::topology::effective::text;

/// Returns the lines in the block of `load-balancer`.
pub(in crate::topology) fn lines(load_balancer: &LoadBalancer) -> Vec<String> {
    match load_balancer {
        LoadBalancer::Own(own) => own_lines(own),
        LoadBalancer::Existing(existing) => vec![existing_line(existing)],
    }
}

fn own_lines(own: &Own) -> Vec<String> {
    let Own { idle_timeout_seconds, tls_policy, access_logs, health_check, allow, only_from_cdn, waf } = own;
    let HealthCheck { path, interval_seconds, timeout_seconds, healthy, unhealthy } = health_check;
    let logs = access_logs.map_or("#false".to_owned(), |days| format!("retain-days={days}"));
    let allow: Vec<String> = allow.iter().map(|it| format!("\"{it}\"")).collect();
    vec![
        format!("idle-timeout-seconds {idle_timeout_seconds}"),
        format!("tls-policy {}", text(tls_policy)),
        format!("access-logs {logs}"),
        format!(
            "health-check path={} interval-seconds={interval_seconds} timeout-seconds={timeout_seconds} healthy={healthy} unhealthy={unhealthy}",
            text(path)
        ),
        format!("allow {}", allow.join(" ")),
        format!("only-from-cdn #{only_from_cdn}"),
        format!("waf #{waf}"),
    ]
}

fn existing_line(existing: &Existing) -> String {
    let Existing { arn, target_group, dns, zone_id, group } = existing;
    let group = group.as_ref().map_or(String::new(), |it| format!(" group={}", text(it)));
    format!(
        "existing {} target-group={} dns={} zone-id={}{group}",
        text(arn),
        text(target_group),
        text(dns),
        text(zone_id)
    )
}
