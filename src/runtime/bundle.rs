//! User data: the files of an instance in one script that EC2 takes.
//!
//! The files are in it, compressed, where there is room. An instance that needs nothing but its user data has nothing to
//! fetch and nothing to be refused at that moment. Where there is no room they are an object in S3, and the user data has
//! the SHA-256 of it: it runs that text or none. Late values stay in the user data either way, so that the object, and
//! its name, are known before an apply.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use sha2::{Digest, Sha256};

use super::files::{File, written};
use super::{Install, Instance, build, late};
use crate::kind::{Part, Text};

/// The most bytes of user data that EC2 takes.
pub const LONGEST: usize = 16_384;

/// The end of a text within the script.
const END: &str = "MOODLE-INFRA-END";
/// Turns the compressed files into text again. Amazon Linux cannot be without Python, in which its package manager is.
const DECODE: &str = "python3 -c 'import base64, sys, zlib; \
    sys.stdout.buffer.write(zlib.decompress(base64.b85decode(sys.stdin.read().strip())))'";
/// Fetches what is not in the user data.
const FETCH: &str = include_str!("templates/fetch.sh");
/// Unpacks what stands after it.
const UNPACK: &str = include_str!("templates/unpack.sh");

/// What the user data of an instance must fetch before it can do anything: the files, with tokens for late values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle {
    /// The script that writes the files.
    pub text: String,
    /// Its SHA-256 in hexadecimal digits.
    pub sha256: String,
}

/// Returns the user data of an instance: the late values as they are, all files compressed.
///
/// # Panics
/// When a known value is one that a checked spec does not have.
#[must_use]
pub fn user_data(instance: &Instance) -> Text {
    let files = base85(&compressed(&script(&written(instance))));
    let unpack = format!("{DECODE} <<'{END}' >\"$root/opt/moodle-infra/unpack.sh\"\n{files}\n{END}\n");
    started(instance, [unpack.into()])
}

/// Returns the files of an instance as one script, for [`fetching`].
///
/// # Panics
/// As [`user_data`].
#[must_use]
pub fn bundle(instance: &Instance) -> Bundle {
    let text = script(&written(instance));
    let sha256 = Sha256::digest(&text).iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
    Bundle { text, sha256 }
}

/// Returns user data that fetches its bundle from `url` (`s3://…`), and runs nothing but that.
///
/// # Panics
/// As [`user_data`].
#[must_use]
pub fn fetching(instance: &Instance, bundle: &Bundle, url: Text) -> Text {
    let before = format!("region={}\nsha256={}\nurl='", instance.region, bundle.sha256);
    started(instance, [before.into(), url, format!("'\n{FETCH}").into()])
}

/// Returns the beginning that all user data has, what brings `unpack.sh`, and the end.
fn started(instance: &Instance, bring: impl IntoIterator<Item = Text>) -> Text {
    let mut pieces = vec![Text::from(concat!(
        "#!/bin/bash\n",
        "# Made by moodle-infra. What it does is in /opt/moodle-infra, what it did in /var/log/moodle-infra.log.\n",
    ))];
    let ends = if instance.install == Install::Wizard { "wizard" } else { "installed" };
    let (build, path) = (build(instance), &instance.parameters);
    pieces.push(Text::from(format!("# Build {build}; says below {path}/report when it is done: {ends}.\n")));
    pieces.push(Text::from(concat!(
        "set -euo pipefail\n",
        "root=${MOODLE_INFRA_ROOT:-}\n",
        "mkdir -p \"$root/opt/moodle-infra\"\n",
        "cat >\"$root/opt/moodle-infra/values\" <<'MOODLE-INFRA-END'\n",
    )));
    for (name, value) in late::values(instance) {
        pieces.extend([Text::from(format!("{name}=")), value, Text::from("\n")]);
    }
    pieces.push(Text::from(format!("{END}\n")));
    pieces.extend(bring);
    pieces.push(Text::from(concat!(
        "bash \"$root/opt/moodle-infra/unpack.sh\"\n",
        "[[ -n $root ]] || exec /opt/moodle-infra/boot.sh\n",
    )));
    Text::concat(pieces)
}

/// Returns how many bytes user data can have, with each value that an apply brings counted as a long one.
/// With many plug-ins it is more than [`LONGEST`]; then the files must be fetched ([`fetching`]).
///
/// # Panics
/// As [`user_data`].
#[must_use]
pub fn size(instance: &Instance) -> usize {
    /// The ARN of a secret is not longer, and most are much shorter.
    const VALUE: usize = 128;
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
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::best());
    zlib.write_all(text.as_bytes()).and_then(|()| zlib.finish()).unwrap_or_else(|error| panic!("bug: {error}"))
}

/// Returns bytes in base 85, with the digits of RFC 1924: a tenth shorter than base 64, and no quote among them.
fn base85(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 85] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~";
    let mut text = String::new();
    for group in bytes.chunks(4) {
        let byte = |at: usize| group.get(at).copied().map_or(0, u32::from);
        let number = (0..4).fold(0, |number, at| number << 8 | byte(at));
        // One digit more than there are bytes.
        let digits = (0..5).map(|at| number / 85_u32.pow(4 - at) % 85).take(group.len() + 1);
        text.extend(digits.map(|digit| char::from(DIGITS[digit as usize])));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_written_in_base_85() {
        let cases: [(&[u8], &str); 5] =
            [(b"", ""), (b"f", "W&"), (b"to", "bZ-"), (b"foobar", "W^Zp|VR8"), (&[255, 255, 255, 255], "|NsC0")];
        for (bytes, text) in cases {
            assert_eq!(base85(bytes), text);
        }
    }

    #[test]
    fn a_text_cannot_end_itself() {
        let file = File { path: "/a", is_program: false, text: format!("a\n{END}\n{END}-\nb\n") };
        assert!(script(&[file]).ends_with(&format!("put 644 /a <<'{END}--'\na\n{END}\n{END}-\nb\n{END}--\n")));
    }
}
