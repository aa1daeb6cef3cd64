//! The tier written as a spec that says everything.

use super::{BurstCreditAlarms, Existing, Files, Lifecycle, Own};

/// Returns the lines in the block of `files`. No value in them has a character that needs an escape.
pub(in crate::topology) fn lines(files: &Files) -> Vec<String> {
    let Own { performance, throughput, key, backup, lifecycle, seed_gib, burst_credit_alarms } = match files {
        Files::Own(own) => own,
        Files::Existing(Existing { id, group }) => {
            let group = group.as_ref().map_or(String::new(), |it| format!(" group=\"{it}\""));
            return vec![format!("existing \"{id}\"{group}")];
        }
    };
    let mibps = throughput.mibps().map_or(String::new(), |it| format!(" mibps={it}"));
    let mut lines =
        vec![format!("performance \"{}\"", performance.word()), format!("throughput \"{}\"{mibps}", throughput.word())];
    lines.extend(key.iter().map(|it| format!("key \"{}\"", it.word())));
    lines.push(format!("backup #{backup}"));
    lines.push(format!("lifecycle {}", lifecycle.map_or("#false".to_owned(), fields)));
    lines.push(format!("seed-gib {seed_gib}"));
    lines.extend(burst_credit_alarms.map(|it| {
        let BurstCreditAlarms { warning_minutes, critical_minutes } = it;
        format!("burst-credit-alarms warning-minutes={warning_minutes} critical-minutes={critical_minutes}")
    }));
    lines
}

fn fields(lifecycle: Lifecycle) -> String {
    let Lifecycle { infrequent_access_days, archive_days, back_on_access } = lifecycle;
    let days = [("infrequent-access-days", infrequent_access_days), ("archive-days", archive_days)];
    let days = days.iter().filter_map(|(name, days)| Some(format!("{name}={} ", (*days)?)));
    format!("{}back-on-access=#{back_on_access}", days.collect::<String>())
}
