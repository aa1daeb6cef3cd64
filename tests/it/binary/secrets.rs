//! Every secret of a whole site is followed: what AWS drew, and what the user signs in with, is in nothing that the
//! program writes, prints, hands to other processes or gives to AWS in the clear, whether a run ends well, is killed,
//! or panics.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use aws_smithy_types::base64;
use moodle_infra::aws::Cx;

use super::run::{Desk, Ended};
use super::sites;

/// What the user signs in with.
const KEY: &str = "Canary0fTheUsersSecretAccessKey/9+Zq7Lm2Rt";
const TOKEN: &str = "Canary0fTheUsersSessionToken/5+Xw3Pn8Vb";

/// The secrets by what they are, and what was searched.
struct Hunt {
    secrets: BTreeMap<String, String>,
    searched: BTreeSet<String>,
    bytes: usize,
}

impl Hunt {
    fn new() -> Hunt {
        let own = [("the user's secret key", KEY), ("the user's session token", TOKEN)];
        let secrets = own.map(|(what, secret)| (what.to_owned(), secret.to_owned())).into();
        Hunt { secrets, searched: BTreeSet::new(), bytes: 0 }
    }

    /// Asks AWS for every secret of an account, past the program.
    async fn learn(&mut self, cx: &Cx) {
        for secret in cx.secrets().list_secrets().send().await.unwrap().secret_list() {
            let (name, arn) = (secret.name().unwrap(), secret.arn().unwrap());
            let value = cx.secrets().get_secret_value().secret_id(arn).send().await.unwrap().secret_string.unwrap();
            // The password alone, where it is a member.
            let password = serde_json::from_str::<serde_json::Value>(&value);
            let password = password.ok().and_then(|it| it["password"].as_str().map(str::to_owned)).unwrap_or(value);
            assert!(12 <= password.len(), "{name}: {password} would be found anywhere");
            self.secrets.insert(name.to_owned(), password);
        }
    }

    /// Fails when a secret is in there, as it is or as texts are written in texts.
    #[track_caller]
    fn none_in(&mut self, place: &str, bytes: &[u8]) {
        let text = String::from_utf8_lossy(bytes);
        for (what, secret) in &self.secrets {
            let json = serde_json::to_string(secret).unwrap();
            let url = percent_encoding::utf8_percent_encode(secret, percent_encoding::NON_ALPHANUMERIC).to_string();
            let packed = base64::encode(secret);
            let forms = [secret.as_str(), json.trim_matches('"'), &url, packed.trim_end_matches('=')];
            assert!(!forms.iter().any(|form| text.contains(form)), "{what} is in {place}");
        }
        self.searched.insert(place.to_owned());
        self.bytes += bytes.len();
    }

    /// Searches every file of a folder.
    #[track_caller]
    fn none_below(&mut self, folder: &Path) {
        let mut folders = vec![folder.to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let ending = path.extension().map_or("", |it| it.to_str().unwrap()).to_owned();
                    self.none_in(&format!("a file of the desk, .{ending}"), &std::fs::read(&path).unwrap());
                }
            }
        }
    }

    #[track_caller]
    fn none_in_output(&mut self, what: &str, ended: &Ended) {
        self.none_in(&format!("the output of {what}"), ended.out.as_bytes());
        self.none_in(&format!("the talk of {what}"), ended.talk.as_bytes());
    }

    /// What other processes of the machine can see of a running one and of its children.
    fn none_in_process(&mut self, child: &Child) {
        let mut all = vec![child.id()];
        while let Some(pid) = all.pop() {
            let read = |name: &str| std::fs::read(format!("/proc/{pid}/{name}")).unwrap_or_default();
            self.none_in("the command line of a process", &read("cmdline"));
            if pid != child.id() {
                // Its own environment is what the user gave it.
                self.none_in("the environment of a child", &read("environ"));
            }
            let children = String::from_utf8(read(&format!("task/{pid}/children"))).unwrap();
            all.extend(children.split_whitespace().map(|it| it.parse::<u32>().unwrap()));
        }
    }
}

/// The command as a user with a session would run it, as talkative as it can be.
fn talkative(desk: &Desk, arguments: &str) -> Command {
    let mut command = desk.command(&format!("{arguments} -vv"));
    command.env("AWS_SECRET_ACCESS_KEY", KEY).env("AWS_SESSION_TOKEN", TOKEN);
    // What would make the SDK tell bodies and headers, if anybody listened to it.
    command.env("RUST_LOG", "trace").env("RUST_BACKTRACE", "full");
    command
}

/// Runs a command and looks at its process all the while.
#[track_caller]
fn watched(hunt: &mut Hunt, desk: &Desk, code: Option<i32>, arguments: &str, kill_at: Option<&str>) -> Ended {
    let mut command = talkative(desk, arguments);
    if let Some(at) = kill_at {
        command.env("MOODLE_INFRA_KILL_AT", at);
    }
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut pipes = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let ended = std::thread::scope(|scope| {
        let out = scope.spawn(|| std::io::read_to_string(&mut pipes.0).unwrap());
        let talk = scope.spawn(|| std::io::read_to_string(&mut pipes.1).unwrap());
        let status = loop {
            hunt.none_in_process(&child);
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
            std::thread::sleep(std::time::Duration::from_millis(5));
        };
        Ended { code: status.code(), out: out.join().unwrap(), talk: talk.join().unwrap() }
    });
    assert_eq!(ended.code, code, "{arguments} {kill_at:?}: {} {}", ended.out, ended.talk);
    hunt.none_in_output(arguments.split(' ').next().unwrap(), &ended);
    ended
}

#[tokio::test]
#[expect(clippy::print_stdout, reason = "what was searched is for people")]
async fn no_secret_is_anywhere() {
    let (desk, _) = sites::site().await;
    let mut hunt = Hunt::new();
    // A journal that was never cut has most in it.
    watched(&mut hunt, &desk, None, "apply campus.kdl --yes", Some("after:380"));
    assert!(100_000 < std::fs::metadata(desk.path("state/campus.journal")).unwrap().len());
    hunt.learn(&desk.cx()).await;
    let known: BTreeSet<&str> = hunt.secrets.keys().map(|it| it.split('-').next().unwrap()).collect();
    let drawn = hunt.secrets.len() - 2;
    assert!(2 <= drawn, "{known:?}");
    hunt.none_below(desk.folder());

    watched(&mut hunt, &desk, Some(0), "apply campus.kdl --yes --json", None);
    hunt.learn(&desk.cx()).await;
    // Of the administrator, of the way from CDN to load balancer, and what RDS keeps for the database.
    assert_eq!(hunt.secrets.len(), 2 + 3, "{:?}", hunt.secrets.keys());
    watched(&mut hunt, &desk, Some(0), "plan campus.kdl --out nothing.plan", None);
    desk.write(&sites::changed());
    watched(&mut hunt, &desk, Some(0), "plan campus.kdl --out change.plan", None);
    watched(&mut hunt, &desk, Some(0), "plan campus.kdl --json", None);
    for command in
        ["state list --json", "output --json", "output", "lock status --json", "state show site.admin-secret"]
    {
        watched(&mut hunt, &desk, Some(0), command, None);
    }
    hunt.none_below(desk.folder());
    for plan in ["nothing.plan", "change.plan"] {
        assert_eq!(std::fs::metadata(desk.path(plan)).unwrap().permissions().mode() & 0o777, 0o600);
    }
    // What the program itself looks for.
    let scan = watched(&mut hunt, &desk, Some(0), "state scan --plan change.plan --plan nothing.plan", None);
    assert_eq!(scan.out, "");

    // A panic with the answer of a call in hand, while the distribution with its header is being changed.
    let panicked = watched(&mut hunt, &desk, Some(101), "apply change.plan", Some("panic-call:150"));
    assert!(panicked.talk.contains("a panic at ") && panicked.talk.contains("stack backtrace"), "{}", panicked.talk);
    hunt.none_below(desk.folder());
    watched(&mut hunt, &desk, Some(0), "apply campus.kdl --yes", None);
    hunt.learn(&desk.cx()).await;

    // What a server boots with is for everybody on it.
    let templates = desk.cx().ec2().describe_launch_templates().send().await.unwrap();
    for template in templates.launch_templates() {
        let versions = desk.cx().ec2().describe_launch_template_versions();
        let versions = versions.launch_template_id(template.launch_template_id().unwrap()).send().await.unwrap();
        for version in versions.launch_template_versions() {
            let data = version.launch_template_data().and_then(|it| it.user_data()).unwrap_or_default();
            let script = String::from_utf8(base64::decode(data).unwrap()).unwrap();
            hunt.none_in("user data", script.as_bytes());
            if script.contains("unpack.sh") {
                hunt.none_in("unpacked user data", &unpacked(&script));
            }
        }
    }
    watched(&mut hunt, &desk, None, &format!("destroy campus.kdl --yes {}", sites::LOSES), Some("after-call:150"));
    hunt.none_below(desk.folder());
    watched(&mut hunt, &desk, Some(0), &format!("destroy campus.kdl --yes --json {}", sites::LOSES), None);
    hunt.none_below(desk.folder());

    for place in ["the environment of a child", "unpacked user data", "a file of the desk, .journal"] {
        // The program starts no children but the sandbox, which has a test of its own.
        assert!(place.contains("child") || hunt.searched.contains(place), "{place}: {:?}", hunt.searched);
    }
    println!(
        "{} secrets, {} bytes in {} places: {:#?}",
        hunt.secrets.len(),
        hunt.bytes,
        hunt.searched.len(),
        hunt.searched
    );
}

/// Lets user data unpack itself, and returns everything that it made.
fn unpacked(script: &str) -> Vec<u8> {
    let root = tempfile::tempdir().unwrap();
    let mut bash =
        Command::new("bash").arg("-s").env("MOODLE_INFRA_ROOT", root.path()).stdin(Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(&mut bash.stdin.take().unwrap(), script.as_bytes()).unwrap();
    assert!(bash.wait().unwrap().success());
    let (mut all, mut folders) = (Vec::new(), vec![root.path().to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                all.extend(std::fs::read(&path).unwrap());
            }
        }
    }
    assert!(10_000 < all.len());
    all
}

#[test]
fn the_hunt_finds_what_it_looks_for() {
    for form in [KEY.to_owned(), format!("x{}", base64::encode(KEY)), KEY.replace('/', "%2F").replace('+', "%2B")] {
        let found = std::panic::catch_unwind(|| Hunt::new().none_in("a text", form.as_bytes()));
        assert!(found.is_err(), "{form}");
    }
    Hunt::new().none_in("a text", b"nothing");
}

#[test]
fn the_emulator_is_told_nothing_of_the_user() {
    let desk = Desk::with(super::run::SMALL);
    let mut hunt = Hunt::new();
    let mut command = talkative(&desk, "apply campus.kdl --sandbox");
    // Installed already, in the cache of who runs the tests.
    command.env(
        "XDG_CACHE_HOME",
        std::env::var_os("XDG_CACHE_HOME")
            .unwrap_or_else(|| Path::new(&std::env::var_os("HOME").unwrap()).join(".cache").into_os_string()),
    );
    let ended = Ended::of(command.output().unwrap());
    assert_eq!(ended.code, Some(0), "{} {}", ended.out, ended.talk);
    hunt.none_in_output("a run in the sandbox", &ended);
    let record: serde_json::Value =
        serde_json::from_slice(&std::fs::read(desk.path("state/sandbox.json")).unwrap()).unwrap();
    let pid = record["pid"].as_u64().unwrap();
    for name in ["cmdline", "environ"] {
        let bytes = std::fs::read(format!("/proc/{pid}/{name}")).unwrap();
        assert!(!bytes.is_empty());
        hunt.none_in(&format!("the {name} of the emulator"), &bytes);
    }
    hunt.none_below(desk.folder());
    desk.ends_with(0, "sandbox stop");
}

#[test]
fn a_plan_file_that_others_may_write_is_refused() {
    let desk = Desk::with(super::run::SMALL);
    desk.ends_with(0, "plan campus.kdl --out a.plan");
    let mode = |mode: u32| std::fs::set_permissions(desk.path("a.plan"), PermissionsExt::from_mode(mode)).unwrap();
    for open in [0o620, 0o602, 0o666] {
        mode(open);
        let refused = desk.ends_with(5, "apply a.plan");
        assert!(refused.talk.contains("chmod 600 a.plan"), "{}", refused.talk);
    }
    mode(0o600);
    std::os::unix::fs::symlink(desk.path("a.plan"), desk.path("b.plan")).unwrap();
    assert!(desk.ends_with(5, "apply b.plan").talk.contains("symbolic link"));
    std::fs::set_permissions(desk.folder(), PermissionsExt::from_mode(0o777)).unwrap();
    assert!(!desk.path("state/campus.json").exists());
    std::fs::set_permissions(desk.folder(), PermissionsExt::from_mode(0o700)).unwrap();
    desk.ends_with(0, "apply a.plan");
    std::fs::set_permissions(desk.path("state"), PermissionsExt::from_mode(0o777)).unwrap();
    let refused = desk.ends_with(5, "plan campus.kdl");
    assert!(
        refused.talk.contains("others may put files into it (mode 777); run: chmod go-w state"),
        "{}",
        refused.talk
    );
}

#[test]
fn a_planted_secret_is_found_and_not_shown() {
    let desk = Desk::with(super::run::SMALL);
    desk.ends_with(0, "plan campus.kdl --out a.plan");
    desk.ends_with(0, "apply campus.kdl --yes");
    let clean = desk.ends_with(0, "state scan campus --plan a.plan");
    assert!(clean.talk.contains("No secret in "), "{}", clean.talk);
    for (file, from, to, at) in [
        ("state/campus.json", "\"owner\": \"it\"", "\"owner\": \"it\", \"db_password\": \"hunter2\"", ".db_password"),
        ("a.plan", "\"owner\": \"it\"", "\"owner\": \"AKIAQ7CANARYCANARY77\"", "owner"),
    ] {
        let text = std::fs::read_to_string(desk.path(file)).unwrap();
        moodle_infra::state::file::replace(&desk.path(file), text.replacen(from, to, 1).as_bytes()).unwrap();
        let found = desk.ends_with(1, "state scan --plan a.plan");
        assert!(found.out.contains(&format!("{file}: ")) && found.out.contains(at), "{}", found.out);
        assert!(!found.out.contains("hunter2") && !found.out.contains("CANARY"), "{}", found.out);
        let data: serde_json::Value =
            serde_json::from_str(&desk.ends_with(1, "state scan --json --plan a.plan").out).unwrap();
        assert!(data["found"].as_array().unwrap().iter().any(|it| it["file"] == file), "{data}");
        moodle_infra::state::file::replace(&desk.path(file), text.as_bytes()).unwrap();
    }
    desk.ends_with(0, "state scan --plan a.plan");
    desk.ends_with(66, "state scan --plan nowhere.plan");
}
