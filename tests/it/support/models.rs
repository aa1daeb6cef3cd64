//! An independent check of requests: AWS's own API models, as botocore carries them, read back what our SDK wrote.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};

use moodle_infra::aws::transport::Recorded;
use serde::Deserialize;
use serde_json::json;

use super::emulator::python;

/// What the models say of requests.
#[derive(Debug, Deserialize)]
pub(crate) struct Verdict {
    /// How many requests of each operation were checked.
    pub(crate) checked: BTreeMap<String, usize>,
    /// What is wrong, each thing once.
    pub(crate) faults: Vec<String>,
    /// The patterns that Python cannot express.
    pub(crate) skipped_patterns: usize,
}

const PROGRAM: &str = include_str!("models.py");

/// Checks requests.
pub(crate) fn judge(requests: &[Recorded]) -> Verdict {
    let mut lines = String::new();
    for Recorded { operation, method, url, headers, body: _, bytes } in requests {
        let body = bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
        let request = json!({ "operation": operation, "method": method, "url": url, "headers": headers, "body": body });
        writeln!(lines, "{request}").unwrap();
    }
    let mut command = Command::new(python());
    command.args(["-c", PROGRAM]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "the check itself fails; its error is above");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Faults of requests that only repeat what the emulator gave: operation, a part of the text, and what AWS gives.
const GIVEN: &[(&str, &str, &str)] = &[
    ("logs:DeleteDelivery", "does not match ^[0-9A-Za-z]+$", "the id of a delivery has letters and digits alone"),
    ("logs:GetDelivery", "does not match ^[0-9A-Za-z]+$", "the id of a delivery has letters and digits alone"),
];

fn is_given(fault: &str) -> bool {
    GIVEN.iter().any(|(operation, saying, _)| fault.starts_with(&format!("{operation}:")) && fault.contains(saying))
}

impl Verdict {
    /// Checks that there is no fault, and tells how much was checked.
    #[expect(clippy::print_stdout, reason = "the figures are for people")]
    pub(crate) fn expect_no_faults(&self, of: &str) {
        let total: usize = self.checked.values().sum();
        println!("{of}: {total} requests of {} operations checked", self.checked.len());
        for (operation, count) in &self.checked {
            println!("  {count:>5} {operation}");
        }
        println!("  {} patterns that Python cannot express were skipped", self.skipped_patterns);
        let faults: Vec<&str> = self.faults.iter().map(String::as_str).filter(|it| !is_given(it)).collect();
        assert!(faults.is_empty(), "against AWS's models, {of}:\n{}", faults.join("\n"));
    }
}
