//! User data: the files of an instance in one script that EC2 takes.

use std::io::Write as _;

use flate2::{Compression, GzBuilder};

use super::files::{File, written};
use super::{Instance, late};
use crate::kind::{Part, Text};

/// The most bytes of user data that EC2 takes.
pub const LONGEST: usize = 16_384;

/// The end of a text within the script.
const END: &str = "MOODLE-INFRA-END";
/// Unpacks what stands after it.
const UNPACK: &str = include_str!("templates/unpack.sh");

/// Returns the user data of an instance: the late values as they are, all files compressed.
///
/// # Panics
/// When a known value is one that a checked spec does not have.
#[must_use]
pub fn user_data(instance: &Instance) -> Text {
    let mut pieces = vec![Text::from(concat!(
        "#!/bin/bash\n",
        "# Made by moodle-infra. What it does is in /opt/moodle-infra, what it did in /var/log/moodle-infra.log.\n",
        "set -euo pipefail\n",
        "root=${MOODLE_INFRA_ROOT:-}\n",
        "mkdir -p \"$root/opt/moodle-infra\"\n",
        "cat >\"$root/opt/moodle-infra/values\" <<'MOODLE-INFRA-END'\n",
    ))];
    for (name, value) in late::values(instance) {
        pieces.extend([Text::from(format!("{name}=")), value, Text::from("\n")]);
    }
    pieces.push(Text::from(format!(
        "{END}\nbase64 -d <<'{END}' | gzip -d >\"$root/opt/moodle-infra/unpack.sh\"\n{}{END}\n{}",
        base64(&compressed(&script(&written(instance)))),
        concat!("bash \"$root/opt/moodle-infra/unpack.sh\"\n", "[[ -n $root ]] || exec /opt/moodle-infra/boot.sh\n"),
    )));
    Text::concat(pieces)
}

/// Returns how many bytes user data can have, with each value that an apply brings counted as the longest there is.
/// With many plug-ins it is more than [`LONGEST`], which AWS would say in the middle of an apply.
///
/// # Panics
/// As [`user_data`].
#[must_use]
pub fn size(instance: &Instance) -> usize {
    /// The ARN of a secret or a list of three nodes is not longer.
    const VALUE: usize = 200;
    match user_data(instance) {
        Text::Known(text) => text.len(),
        Text::From(parts) => parts
            .iter()
            .map(|part| match part {
                Part::Literal(text) => text.len(),
                Part::Of(_) => VALUE,
            })
            .sum(),
    }
}

/// Returns the script that writes the files.
fn script(files: &[File]) -> String {
    let mut script = UNPACK.to_owned();
    for File { path, is_program, text } in files {
        let mode = if *is_program { "755" } else { "644" };
        let mut end = END.to_owned();
        while text.lines().any(|line| line == end) {
            end.push('-');
        }
        script.push_str(&format!("put {mode} {path} <<'{end}'\n{text}{end}\n"));
    }
    script
}

fn compressed(text: &str) -> Vec<u8> {
    // No name and no time in it: the same files are the same bytes.
    let mut gzip = GzBuilder::new().write(Vec::new(), Compression::best());
    gzip.write_all(text.as_bytes()).and_then(|()| gzip.finish()).unwrap_or_else(|error| panic!("bug: {error}"))
}

/// Returns bytes in base64, in lines.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    // A multiple of three, so that only the last line is filled up.
    const BYTES_A_LINE: usize = 90;
    let mut text = String::new();
    for line in bytes.chunks(BYTES_A_LINE) {
        for group in line.chunks(3) {
            let byte = |at: usize| group.get(at).copied().map_or(0, u32::from);
            let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
            for at in 0..4 {
                let digit = (bits >> (18 - 6 * at)) & 63;
                text.push(if group.len() < at { '=' } else { char::from(DIGITS[digit as usize]) });
            }
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_written_as_base64() {
        let cases: [(&[u8], &str); 5] =
            [(b"", ""), (b"f", "Zg==\n"), (b"fo", "Zm8=\n"), (b"foo", "Zm9v\n"), (&[255, 254, 253, 0], "//79AA==\n")];
        for (bytes, text) in cases {
            assert_eq!(base64(bytes), text);
        }
        assert_eq!(base64(&[0; 100]).lines().map(str::len).collect::<Vec<_>>(), [120, 16]);
    }

    #[test]
    fn a_text_cannot_end_itself() {
        let file = File { path: "/a", is_program: false, text: format!("a\n{END}\n{END}-\nb\n") };
        assert!(script(&[file]).ends_with(&format!("put 644 /a <<'{END}--'\na\n{END}\n{END}-\nb\n{END}--\n")));
    }
}
