//! The sandbox: install, start, find again, keep data, stop.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use moodle_infra::aws::connect::connect;
use moodle_infra::aws::{Cx, facts};
use moodle_infra::cli::sandbox::install::{folder_of, install, install_with};
use moodle_infra::cli::sandbox::{REQUIREMENTS, Running, Sandbox, Status, cache_folder};
use tempfile::TempDir;

/// A sandbox of its own, stopped at the end of the test.
struct Own {
    state: TempDir,
    sandbox: Sandbox,
}

impl Own {
    fn new() -> Own {
        let state = TempDir::new().unwrap();
        let sandbox = Sandbox::within(&cache_folder().unwrap(), state.path());
        Own { state, sandbox }
    }

    fn ensure(&self) -> Running {
        self.sandbox.ensure(&mut |_| {}).unwrap()
    }

    fn record(&self) -> PathBuf {
        self.state.path().join("sandbox.json")
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        self.sandbox.stop().unwrap();
    }
}

async fn connected(running: &Running) -> Cx {
    connect(running.options("eu-west-1")).await.unwrap()
}

async fn make_vpc_and_role(cx: &Cx) {
    cx.ec2().create_vpc().cidr_block("10.9.0.0/16").send().await.unwrap();
    cx.iam().create_role().role_name("kept").assume_role_policy_document("{}").send().await.unwrap();
    cx.logs().create_log_group().log_group_name("/kept").send().await.unwrap();
}

async fn has_vpc_and_role(cx: &Cx) -> bool {
    let vpcs = cx.ec2().describe_vpcs().send().await.unwrap();
    let role = cx.iam().get_role().role_name("kept").send().await;
    let groups = cx.logs().describe_log_groups().send().await.unwrap();
    vpcs.vpcs().iter().any(|it| it.cidr_block() == Some("10.9.0.0/16"))
        && role.is_ok()
        && groups.log_groups().len() == 1
}

fn kill(pid: i32) {
    let pid = rustix::process::Pid::from_raw(pid).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
}

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < Duration::from_secs(20), "{what}: not within 20 s");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[tokio::test]
async fn a_running_sandbox_is_found_again_with_what_was_made_in_it() {
    let own = Own::new();
    assert_eq!(own.sandbox.status(), Status::Stopped);
    let first = own.ensure();
    assert!(first.fresh);
    let cx = connected(&first).await;
    assert_eq!(cx.account(), "123456789012");
    assert_eq!(facts::zones(&cx).await.unwrap(), ["eu-west-1a", "eu-west-1b", "eu-west-1c"]);
    make_vpc_and_role(&cx).await;

    let again = own.ensure();
    assert_eq!(again, Running { fresh: false, ..first });
    assert!(has_vpc_and_role(&connected(&again).await).await);
    assert_eq!(own.sandbox.status(), Status::Running(again));
}

#[tokio::test]
async fn data_outlives_a_stopped_server_and_a_killed_one() {
    let own = Own::new();
    let first = own.ensure();
    make_vpc_and_role(&connected(&first).await).await;
    assert!(own.sandbox.stop().unwrap());
    assert_eq!(own.sandbox.status(), Status::Stopped);
    assert!(!own.sandbox.stop().unwrap());

    let second = own.ensure();
    assert_ne!(second.pid, first.pid);
    let cx = connected(&second).await;
    assert!(has_vpc_and_role(&cx).await);
    cx.iam().create_role().role_name("late").assume_role_policy_document("{}").send().await.unwrap();
    let data = own.state.path().join("sandbox/data/iam.json");
    until("saved", || fs::read_to_string(&data).is_ok_and(|it| it.contains("\"late\"")));
    kill(second.pid);
    until("dead", || own.sandbox.status() == Status::Stopped);

    let third = own.ensure();
    assert!(third.fresh);
    let cx = connected(&third).await;
    assert!(has_vpc_and_role(&cx).await);
    assert!(cx.iam().get_role().role_name("late").send().await.is_ok());
}

#[test]
fn two_commands_at_once_start_one_server() {
    let own = Own::new();
    let both: Vec<Running> = std::thread::scope(|scope| {
        let threads = [(), ()].map(|()| scope.spawn(|| own.ensure()));
        threads.into_iter().map(|it| it.join().unwrap()).collect()
    });
    let [one, other] = both.as_slice() else { panic!("two threads") };
    assert_eq!((one.pid, &one.endpoint), (other.pid, &other.endpoint));
    assert_ne!(one.fresh, other.fresh);
}

#[test]
fn the_server_is_private_and_on_its_own() {
    let own = Own::new();
    let running = own.ensure();
    assert_eq!(fs::metadata(own.record()).unwrap().permissions().mode() & 0o777, 0o600);

    // A session of its own: Ctrl-C and a closed terminal do not reach it.
    let stat = fs::read_to_string(format!("/proc/{}/stat", running.pid)).unwrap();
    let session: i32 = stat.rsplit_once(')').unwrap().1.split_whitespace().nth(3).unwrap().parse().unwrap();
    assert_eq!(session, running.pid);

    let environment = fs::read(format!("/proc/{}/environ", running.pid)).unwrap();
    let environment = String::from_utf8(environment).unwrap();
    let names: Vec<&str> = environment.split('\0').filter_map(|it| it.split_once('=')).map(|it| it.0).collect();
    assert!(names.contains(&"BIND_HOST") && names.iter().all(|it| !it.starts_with("AWS_")), "{names:?}");

    // Listening sockets, by the process's own table: state 0A, address in reversed hexadecimal.
    let port: u16 = running.endpoint.rsplit(':').next().unwrap().parse().unwrap();
    let listens = |table: &str, address: &str| {
        let table = fs::read_to_string(format!("/proc/net/{table}")).unwrap_or_default();
        table.lines().any(|it| it.contains(&format!(" {address}:{port:04X} ")) && it.contains(" 0A "))
    };
    assert!(listens("tcp", "0100007F"));
    assert!(!listens("tcp", "00000000") && !listens("tcp6", &"0".repeat(32)));
}

#[test]
fn deleting_the_state_folder_ends_the_server() {
    let own = Own::new();
    let running = own.ensure();
    fs::remove_dir_all(own.state.path()).unwrap();
    let process = PathBuf::from(format!("/proc/{}/stat", running.pid));
    until("ended", || fs::read_to_string(&process).map_or(true, |it| it.contains(") Z ")));
    assert!(!own.state.path().exists());
}

#[test]
fn a_stranger_with_the_recorded_number_is_left_alone() {
    let own = Own::new();
    let mut stranger = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
    let record = format!(r#"{{"pid": {}, "started": "another boot/1", "port": 1, "version": "x"}}"#, stranger.id());
    fs::create_dir(own.state.path().join("sandbox")).unwrap();
    write(&own.record(), &record);
    assert_eq!(own.sandbox.status(), Status::Stopped);
    assert!(!own.sandbox.stop().unwrap());
    assert!(own.ensure().fresh);
    assert!(stranger.try_wait().unwrap().is_none());
    drop(stranger.stdin.take());
    stranger.wait().unwrap();
}

#[test]
fn a_server_of_another_version_is_replaced() {
    let own = Own::new();
    let first = own.ensure();
    let record = fs::read_to_string(own.record()).unwrap();
    let (head, tail) = record.split_once("\"version\": \"").unwrap();
    write(&own.record(), &format!("{head}\"version\": \"older{tail}"));
    let second = own.ensure();
    assert!(second.fresh);
    assert_ne!(second.pid, first.pid);
    assert_eq!(second.endpoint, first.endpoint, "the port is kept");
}

#[test]
fn a_server_that_dies_at_once_says_why() {
    let (cache, state) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let folder = folder_of(cache.path(), "sandbox", REQUIREMENTS);
    fs::create_dir_all(folder.join("bin")).unwrap();
    let python =
        script_in(cache.path(), "case \"$*\" in *'-c '*) echo 3.12;; *) echo 'no such module' >&2; exit 1;; esac");
    fs::rename(python, folder.join("bin/python")).unwrap();
    write(&folder.join("installed"), "3.12");
    let error = Sandbox::within(cache.path(), state.path()).ensure(&mut |_| {}).unwrap_err();
    assert_eq!(error.to_string(), "the sandbox's server died at its start: no such module");
    assert!(error.help().contains("sandbox/server.log"), "{}", error.help());
}

const TINY: &str = "six==1.17.0\n";

#[test]
fn packages_are_installed_once_and_again_after_a_killed_installation() {
    let cache = TempDir::new().unwrap();
    let count = std::sync::atomic::AtomicUsize::new(0);
    let tiny = || {
        install(cache.path(), "tiny", TINY, &mut |_| {
            count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        })
        .unwrap()
    };
    let python = std::thread::scope(|scope| {
        let threads = [(), ()].map(|()| scope.spawn(tiny));
        let [one, other] = threads.map(|it| it.join().unwrap());
        assert_eq!(one, other);
        one
    });
    assert_eq!(count.load(std::sync::atomic::Ordering::SeqCst), 1);
    assert!(imports_six(&python));

    // As a killed installation leaves it: no marker, half of the files.
    let folder = python.parent().unwrap().parent().unwrap();
    fs::remove_file(folder.join("installed")).unwrap();
    fs::remove_dir_all(folder.join("lib")).unwrap();
    assert_eq!(tiny(), python);
    assert_eq!(count.load(std::sync::atomic::Ordering::SeqCst), 2);
    assert!(imports_six(&python));
}

#[test]
fn a_python_without_ensurepip_borrows_a_pip() {
    let cache = TempDir::new().unwrap();
    let script = "case \"$*\" in *--without-pip*) ;; *'-m venv'*) echo 'ensurepip is not available'; exit 1;; esac\n";
    let python = script_in(cache.path(), &format!("{script}exec python3 \"$@\""));
    let inside = install_with(&[python], cache.path(), "tiny", TINY, &mut |_| {}).unwrap();
    assert!(imports_six(&inside));
}

#[test]
fn what_is_missing_is_named() {
    let cache = TempDir::new().unwrap();
    let attempt = |python: &Path, pins: &str| {
        let error = install_with(&[python], cache.path(), "tiny", pins, &mut |_| {}).unwrap_err();
        (error.to_string(), error.help())
    };
    let (none, help) = attempt(Path::new("/nonexistent/python3"), TINY);
    assert_eq!(none, "the sandbox needs Python 3.10 or newer, and no `python3` is on the PATH");
    assert!(help.contains("apt-get install python3 python3-venv"));

    let (old, _) = attempt(&script_in(cache.path(), "echo 3.8"), TINY);
    assert_eq!(old, "the sandbox needs Python 3.10 or newer; found 3.8");

    let bare = "case \"$*\" in *'-c '*) echo 3.12;; *) echo 'No module named venv' >&2; exit 1;; esac";
    let (bare, help) = attempt(&script_in(cache.path(), bare), TINY);
    assert_eq!(bare, "Python cannot make a virtual environment: No module named venv");
    assert!(help.contains("apt-get install python3-venv"));

    let offline = "six==0.0.1\n--index-url http://127.0.0.1:1/simple\n";
    let (offline, help) = attempt(Path::new("python3"), offline);
    assert!(offline.starts_with("the sandbox's Python packages cannot be downloaded: "), "{offline}");
    assert!(help.contains("PIP_INDEX_URL"));
}

fn imports_six(python: &Path) -> bool {
    Command::new(python).args(["-I", "-c", "import six"]).status().unwrap().success()
}

/// Makes a shell script that stands in for Python.
fn script_in(folder: &Path, text: &str) -> PathBuf {
    let path = tempfile::Builder::new().prefix("python").tempfile_in(folder).unwrap().into_temp_path().keep().unwrap();
    write(&path, &format!("#!/bin/sh\n{text}\n"));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

#[expect(clippy::disallowed_methods, reason = "a test's own files need not survive a crash")]
fn write(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
}
