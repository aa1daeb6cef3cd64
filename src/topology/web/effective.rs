//! The tier written as a spec that says everything.

use super::{Load, Opcache, Php, Scale, Scaling, Step, Web};
use crate::topology::effective::text;

/// Returns the lines in the block of `web`.
pub(in crate::topology) fn lines(web: &Web) -> Vec<String> {
    let Web {
        instances,
        image,
        volume_gib,
        scale: Scale { min, max },
        scaling,
        grace_seconds,
        min_healthy_percent,
        key_pair,
        opcache: Opcache { memory_mib, files, revalidate_seconds },
        php: Php { memory_limit_mib, max_input_vars },
        retain_days,
        parameters,
    } = web;
    let mut lines = vec![
        format!("instances {}", text(instances)),
        format!("image {}", text(image.word())),
        format!("volume gib={volume_gib}"),
        format!("scale min={min} max={max}"),
    ];
    match scaling {
        Scaling::Steps { out, inward } => {
            lines.extend([("scale-out", out), ("scale-in", inward)].map(|(name, it)| step(name, *it)));
        }
        Scaling::Target(Load::Cpu(percent)) => lines.push(format!("target-tracking cpu={percent}")),
        Scaling::Target(Load::Requests(count)) => lines.push(format!("target-tracking requests-per-minute={count}")),
    }
    lines.push(format!("health grace-seconds={grace_seconds}"));
    lines.push(format!("refresh min-healthy-percent={min_healthy_percent}"));
    lines.extend(key_pair.iter().map(|it| format!("key-pair {}", text(it))));
    lines.push(format!("opcache memory-mib={memory_mib} files={files} revalidate-seconds={revalidate_seconds}"));
    lines.push(format!("php memory-limit-mib={memory_limit_mib} max-input-vars={max_input_vars}"));
    lines.push(format!("logs retain-days={retain_days}"));
    lines.push(format!("parameters #{parameters}"));
    lines
}

fn step(name: &str, step: Step) -> String {
    let Step { cpu, minutes, cooldown_seconds } = step;
    format!("{name} cpu={cpu} minutes={minutes} cooldown-seconds={cooldown_seconds}")
}
