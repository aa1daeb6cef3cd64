//! What people and programs read: plans, progress, outcomes. Renders data of the engine; prints nothing itself.

pub mod outcome;
pub mod permissions;
pub mod plan;
mod policy;
pub mod progress;
pub mod style;
pub mod value;

use std::time::Duration;

/// Returns a duration as people say it: `8 s`, `2 min 5 s`, `1 h 4 min`.
#[must_use]
pub fn duration(of: Duration) -> String {
    let tenths = (of.as_millis() + 50) / 100;
    let seconds = (of.as_millis() + 500) / 1000;
    match seconds {
        0..10 => format!("{}.{} s", tenths / 10, tenths % 10),
        10..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

/// Returns `1 resource`, `2 resources`.
#[must_use]
pub fn count(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_short() {
        let said: Vec<String> =
            [300, 9_400, 9_990, 59_400, 125_000, 3_900_000].map(|it| duration(Duration::from_millis(it))).into();
        assert_eq!(said, ["0.3 s", "9.4 s", "10 s", "59 s", "2 min 5 s", "1 h 5 min"]);
    }
}
