//! The command `moodle-infra`.

use std::process::ExitCode;

fn main() -> ExitCode {
    moodle_infra::cli::main()
}
