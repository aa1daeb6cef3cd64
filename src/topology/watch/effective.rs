//! The tier written as a spec that says everything.

use super::Watch;
use crate::topology::effective::text;

/// Returns the lines in the block of `watch`.
pub(in crate::topology) fn lines(watch: &Watch) -> Vec<String> {
    let Watch { emails, dashboard, alarms, backup_days } = watch;
    let emails: Vec<String> = emails.iter().map(|it| text(it)).collect();
    let mut lines = if emails.is_empty() { Vec::new() } else { vec![format!("email {}", emails.join(" "))] };
    lines.push(format!("dashboard #{dashboard}"));
    lines.push(format!("alarms #{alarms}"));
    lines.push(format!("backups {}", backup_days.map_or("#false".to_owned(), |it| format!("retain-days={it}"))));
    lines
}
