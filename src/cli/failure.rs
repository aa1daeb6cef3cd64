//! Why a command failed: message, cause, what to do, and the exit code.

use serde_json::{Value, json};

use crate::aws::access::AccessError;
use crate::plan::PlanError;
use crate::plan::saved::SavedError;
use crate::state::StateError;

/// The exit codes; the README has the same table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done; nothing to do.
    Success = 0,
    /// Something failed in AWS, or a check found something.
    Failed = 1,
    /// `plan --detailed-exitcode`: there are changes.
    Changes = 2,
    /// The spec has faults.
    Spec = 3,
    /// AWS cannot be reached, or does not let us in.
    Access = 4,
    /// The state cannot be used: locked, damaged, newer, of another account; or a plan file does not fit it.
    State = 5,
    /// The sandbox cannot be used.
    Sandbox = 6,
    /// The command line is wrong.
    Usage = 64,
    /// A file that the user named cannot be read or written.
    File = 66,
    /// The user interrupted.
    Interrupted = 130,
}

impl Exit {
    /// Returns the code.
    #[must_use]
    pub fn code(self) -> u8 {
        self as u8
    }
}

/// Why a command failed.
#[derive(Debug)]
pub struct Failure {
    /// The exit code.
    pub exit: Exit,
    /// What failed, and where.
    pub message: String,
    /// Why, from the outermost cause to the innermost.
    pub causes: Vec<String>,
    /// What to do; commands stand on lines of their own, indented.
    pub help: String,
    /// Text or data that is printed in place of the message (faults of a spec).
    pub instead: Option<Box<Instead>>,
}

/// What is printed in place of a message.
#[derive(Debug)]
pub struct Instead {
    /// For people, on standard error.
    pub text: String,
    /// For programs, on standard output.
    pub json: Value,
}

impl Failure {
    /// Returns a failure without causes.
    #[must_use]
    pub fn new(exit: Exit, message: impl Into<String>, help: impl Into<String>) -> Failure {
        Failure { exit, message: message.into(), causes: Vec::new(), help: help.into(), instead: None }
    }

    /// Returns the failure of an error with its causes.
    #[must_use]
    pub fn of(exit: Exit, error: &(dyn std::error::Error + 'static), help: impl Into<String>) -> Failure {
        let mut failure = Failure::new(exit, error.to_string(), help);
        let mut source = error.source();
        while let Some(cause) = source {
            failure.causes.push(cause.to_string());
            source = cause.source();
        }
        failure
    }

    /// Returns the failure to read or write a file that the user named.
    #[must_use]
    pub fn file(verb: &str, path: &std::path::Path, error: &std::io::Error) -> Failure {
        let help = "check the path and its permissions";
        let mut failure = Failure::new(Exit::File, format!("cannot {verb} {}", path.display()), help);
        failure.causes.push(error.to_string());
        failure
    }

    /// Returns the text for people.
    #[must_use]
    pub fn text(&self) -> String {
        if let Some(instead) = &self.instead {
            return instead.text.clone();
        }
        let mut text = format!("error: {}\n", self.message);
        for cause in &self.causes {
            text += &format!("  because: {cause}\n");
        }
        for (index, line) in self.help.lines().enumerate() {
            text += &if index == 0 { format!("  help: {line}\n") } else { format!("        {line}\n") };
        }
        text
    }

    /// Returns the failure as data.
    #[must_use]
    pub fn json(&self) -> Value {
        if let Some(instead) = &self.instead {
            return instead.json.clone();
        }
        json!({ "error": { "exit-code": self.exit.code(), "message": self.message, "causes": self.causes,
            "help": self.help } })
    }
}

impl From<StateError> for Failure {
    fn from(error: StateError) -> Failure {
        let help = match &error {
            StateError::Read { .. } => "check the permissions of the state folder",
            StateError::Write { .. } => "make room on the disk, or check the permissions; nothing recorded is lost",
            StateError::Damaged { .. } => {
                "nothing was changed; restore the file from a backup (a copy of the state folder), or correct it by hand"
            }
            StateError::Behind { .. } => {
                "nothing was changed; the snapshot is from an older copy: restore snapshot and journal of one moment together"
            }
            StateError::Newer { .. } => "use the version of moodle-infra that wrote it, or a newer one",
            StateError::OtherStack { .. } => "check --state-dir and the stack's name in the spec",
            StateError::Unsafe { .. } => {
                "files of moodle-infra belong to you alone (mode 600), are plain files, and stand where you alone may put any"
            }
            StateError::Locked { .. } => "wait until it has ended; a lock whose holder has died is freed by itself",
            StateError::LockedElsewhere { .. } => {
                "wait until it has ended; if you know that it has died, free the lock:\n    moodle-infra unlock STACK --reason \"…\""
            }
            StateError::LockLost { .. } => {
                "nothing was recorded after that; find out who freed the lock (`lock status` shows the reason), then run this again"
            }
            StateError::Illegal(_) => "this is a bug of moodle-infra; the state on disk is as it was before",
        };
        Failure::of(Exit::State, &error, help)
    }
}

impl From<PlanError> for Failure {
    fn from(error: PlanError) -> Failure {
        match error {
            PlanError::State(error) => error.into(),
            PlanError::Elsewhere { .. } => Failure::of(
                Exit::State,
                &error,
                "sign in to the account that the stack is in (--profile), or use another --state-dir",
            ),
            PlanError::UnknownKind { .. } | PlanError::Unfit { .. } => Failure::of(
                Exit::State,
                &error,
                "the state was written by another version, or edited; use the version that wrote it",
            ),
            PlanError::NoSuchAddress { .. } => {
                Failure::of(Exit::Usage, &error, "list the addresses:\n    moodle-infra state list")
            }
            PlanError::Look { .. } => Failure::of(
                Exit::Access,
                &error,
                "check the network and that these credentials may make this call; nothing was changed",
            ),
        }
    }
}

impl From<SavedError> for Failure {
    fn from(error: SavedError) -> Failure {
        let help = match &error {
            SavedError::SpecMoved { .. } | SavedError::StateMoved { .. } | SavedError::OtherVersion { .. } => {
                "nothing was changed; plan again:\n    moodle-infra plan SPEC --out FILE"
            }
            SavedError::Damaged(_) | SavedError::Foreign => "plan again:\n    moodle-infra plan SPEC --out FILE",
        };
        Failure::of(Exit::State, &error, help)
    }
}

impl From<AccessError> for Failure {
    fn from(error: AccessError) -> Failure {
        let help = error.help();
        Failure::of(Exit::Access, &error, help)
    }
}
