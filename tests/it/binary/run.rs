//! Running the binary as a user would, against an emulator account of the test's own.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};

use tempfile::TempDir;

use crate::support::emulator::{Emulator, REGION, emulator};

/// A network that is small enough to be made a few hundred times: 2 zones, one NAT gateway, a flow log.
pub(super) const SMALL: &str = r#"
moodle "campus" {
    region "eu-west-1"
    tags owner="it"
    network {
        zones "eu-west-1a" "eu-west-1b"
        nat "single"
    }
}
"#;

/// A user's folder, with an account in the emulator and a spec.
pub(super) struct Desk {
    folder: TempDir,
    pub(super) account: String,
    endpoint: String,
}

/// How a command ended.
#[derive(Debug)]
pub(super) struct Ended {
    /// The exit code; `None` when a signal ended it.
    pub(super) code: Option<i32>,
    pub(super) out: String,
    pub(super) talk: String,
}

impl Desk {
    /// Returns a folder with this spec in `campus.kdl`.
    pub(super) fn with(spec: &str) -> Desk {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let account = format!("{:012}", 300_000_000_000 + NUMBER.fetch_add(1, Ordering::Relaxed));
        let endpoint = emulator(Emulator::Ministack).url.clone();
        let desk = Desk { folder: tempfile::tempdir().unwrap(), account, endpoint };
        desk.write(spec);
        desk
    }

    /// Returns the same desk, whose calls go through another address.
    pub(super) fn through(mut self, endpoint: &str) -> Desk {
        endpoint.clone_into(&mut self.endpoint);
        self
    }

    #[expect(clippy::disallowed_methods, reason = "a spec is a user's file")]
    pub(super) fn write(&self, spec: &str) {
        std::fs::write(self.path("campus.kdl"), spec).unwrap();
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Returns a command line of the binary, with nothing of the machine's own configuration.
    pub(super) fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_moodle-infra"));
        command.args(arguments.split_whitespace()).current_dir(self.folder.path()).stdin(Stdio::null());
        command
            .env_clear()
            .env("HOME", self.folder.path())
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_ENDPOINT_URL", &self.endpoint)
            // The emulator takes twelve digits as access key for the account's number.
            .env("AWS_ACCESS_KEY_ID", &self.account)
            .env("AWS_SECRET_ACCESS_KEY", "test");
        command
    }

    /// Runs the binary to its end.
    pub(super) fn run(&self, arguments: &str) -> Ended {
        Ended::of(self.command(arguments).output().unwrap())
    }

    /// Runs the binary and expects this exit code.
    #[track_caller]
    pub(super) fn ends_with(&self, code: i32, arguments: &str) -> Ended {
        let ended = self.run(arguments);
        assert_eq!(ended.code, Some(code), "{arguments}\n{}\n{}", ended.out, ended.talk);
        ended
    }

    /// Starts the binary.
    pub(super) fn start(&self, arguments: &str) -> Child {
        self.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// Returns clients of the account.
    pub(super) fn cx(&self) -> moodle_infra::aws::Cx {
        use aws_sdk_sts::config::{Credentials, SharedCredentialsProvider};
        let keys = Credentials::new(&self.account, "test", None, None, "test");
        let config = aws_config::SdkConfig::builder()
            .behavior_version(aws_config::BehaviorVersion::latest())
            .region(aws_config::Region::new(REGION))
            .endpoint_url(&emulator(Emulator::Ministack).url)
            .credentials_provider(SharedCredentialsProvider::new(keys))
            .build();
        moodle_infra::aws::Cx::new(&config, &self.account, REGION)
    }
}

impl Ended {
    pub(super) fn of(output: Output) -> Ended {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Ended { code: output.status.code(), out: text(output.stdout), talk: text(output.stderr) }
    }
}
