//! The two things that come from outside and that nothing depends on: the time of day and chance.

use std::io::Read;

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;

/// Returns the time of day in UTC, RFC 3339, for people who read a lock.
#[expect(clippy::disallowed_methods, reason = "for people alone; the engine's time is tokio's")]
pub(super) fn now() -> String {
    let now = DateTime::from(std::time::SystemTime::now());
    DateTime::from_secs(now.secs()).fmt(Format::DateTime).unwrap_or_default()
}

/// Returns 32 random hexadecimal digits, for the lineage of a new state.
pub(super) fn lineage() -> String {
    let mut bytes = [0_u8; 16];
    let filled = std::fs::File::open("/dev/urandom").and_then(|mut file| file.read_exact(&mut bytes));
    assert!(filled.is_ok(), "bug: this system has no /dev/urandom");
    format!("{:032x}", u128::from_be_bytes(bytes))
}
