//! The script that fills a bursting file system, run with files of 1 MiB instead of 1 GiB and stand-ins for AWS.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;

use moodle_infra::runtime::{Seed, seed, show};
use tempfile::TempDir;

use super::{has, known, of, write};

const MIB: u64 = 1024 * 1024;

/// The server: its folders, and the programs that stand in for what is not there.
struct Server(TempDir);

impl Server {
    fn new() -> Server {
        let server = Server(tempfile::tempdir().unwrap());
        server.stand_in("dnf", "exit 0");
        server.stand_in("mount", "echo \"mount $*\" >>\"$root/calls\"");
        server.stand_in("mountpoint", "exit 1");
        // What is told is in a file, which is gone afterwards.
        server.stand_in(
            "aws",
            "all=$*\nif [[ $1 == ssm ]]; then { cat \"${all##*file://}\"; echo; } >>\"$root/reports\"; else echo \"$*\" >>\"$root/calls\"; fi",
        );
        server.stand_in("curl", "case $* in (*instance-id) echo i-0123456789abcdef0;; (*) echo token;; esac");
        // The one that reports each minute sleeps until it is killed, all others not at all.
        server.stand_in("sleep", "[[ $1 != 60 ]] || exec /bin/sleep 5");
        server
    }

    fn at(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn stand_in(&self, name: &str, script: &str) {
        let path = self.at("bin").join(name);
        write(&path, &format!("#!/bin/bash\nroot='{}'\n{script}\n", self.0.path().display()));
        assert!(Command::new("chmod").arg("0755").arg(&path).status().unwrap().success());
    }

    /// Runs the script until it has ended its server; returns whether it says that all went well, and its reports.
    fn run(&self, gib: i32) -> (bool, Vec<String>) {
        let script = script(gib)
            .replace("/mnt/moodle-seed", &self.at("mnt").display().to_string())
            .replace("mib=1024", "mib=1")
            .replace("/var/lib/cloud/scripts", &self.at("cloud").display().to_string())
            .replace("/var/log/moodle-infra.log", &self.at("log").display().to_string());
        write(&self.at("seed.sh"), &script);
        drop(std::fs::remove_file(self.at("reports")));
        let output = std::fs::File::create(self.at("output")).unwrap();
        let mut run = Command::new("bash");
        let first = "PATH=\"$1:$PATH\" exec bash \"$2\"";
        let run = run.args(["-c", first, "bash"]).arg(self.at("bin")).arg(self.at("seed.sh"));
        let run = run.stdout(output.try_clone().unwrap()).stderr(output);
        let good = run.status().unwrap().success();
        let reports = std::fs::read_to_string(self.at("reports")).unwrap_or_default();
        (good, reports.lines().map(|it| it.split(",\"at\"").next().unwrap().to_owned()).collect())
    }

    /// Returns what is on the file system, each with its size.
    fn files(&self) -> BTreeSet<(String, u64)> {
        let entries = std::fs::read_dir(self.at("mnt")).unwrap().map(|it| it.unwrap());
        entries.map(|it| (it.file_name().into_string().unwrap(), it.metadata().unwrap().len())).collect()
    }

    fn calls(&self) -> String {
        std::fs::read_to_string(self.at("calls")).unwrap_or_default()
    }
}

fn script(gib: i32) -> String {
    let user_data = seed(&Seed {
        region: "eu-west-1".to_owned(),
        gib,
        file_system: of("files.file-system", "id"),
        access_point: of("files.access-point[\"data\"]", "id"),
        parameter: "/Moodle/campus/seed".to_owned(),
    });
    show(&user_data, &known)
}

fn whole(numbers: impl IntoIterator<Item = u32>) -> BTreeSet<(String, u64)> {
    numbers.into_iter().map(|it| (format!("gib-{it:05}"), MIB)).collect()
}

#[test]
fn the_script_is_one_that_a_shell_reads() {
    let server = Server::new();
    write(&server.at("seed.sh"), &script(6144));
    assert!(Command::new("bash").arg("-n").arg(server.at("seed.sh")).status().unwrap().success());
    assert!(!script(6144).contains("@@") && !script(6144).contains("{#"), "{}", script(6144));
    if has("shellcheck") {
        let output = Command::new("shellcheck").arg(server.at("seed.sh")).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    }
}

#[test]
fn so_many_files_are_written_and_the_server_ends_itself() {
    let server = Server::new();
    let (good, reports) = server.run(12);
    assert!(good, "{}", std::fs::read_to_string(server.at("output")).unwrap());
    assert_eq!(server.files(), whole(1..=12));
    assert_eq!(reports, [r#"{"state":"running","gib":0,"of":12"#, r#"{"state":"done","gib":12,"of":12"#]);
    insta::assert_snapshot!(server.calls().replace(&server.0.path().display().to_string(), ""), @"
    mount -t efs -o noresvport,tls,iam,accesspoint=fsap-0d fs-0a:/ /mnt
    autoscaling terminate-instance-in-auto-scaling-group --region eu-west-1 --instance-id i-0123456789abcdef0 --should-decrement-desired-capacity
    ");
    let again = server.at("cloud/per-boot/moodle-seed");
    assert_eq!(std::fs::read_to_string(again).unwrap(), std::fs::read_to_string(server.at("seed.sh")).unwrap());
}

#[test]
fn it_goes_on_where_an_earlier_one_stopped() {
    let server = Server::new();
    assert!(server.run(3).0);
    let first = server.at("mnt/gib-00001");
    let before = std::fs::metadata(&first).unwrap().modified().unwrap();
    // A server died in the middle of one file, and another was lost.
    write(&server.at("mnt/.begun-4"), "half");
    std::fs::remove_file(server.at("mnt/gib-00002")).unwrap();
    let (good, reports) = server.run(5);
    assert!(good);
    assert_eq!(server.files(), whole(1..=5));
    assert_eq!(reports, [r#"{"state":"running","gib":2,"of":5"#, r#"{"state":"done","gib":5,"of":5"#]);
    assert_eq!(std::fs::metadata(&first).unwrap().modified().unwrap(), before, "what is whole is not written again");
}

#[test]
fn less_deletes_nothing() {
    let server = Server::new();
    assert!(server.run(4).0);
    let (good, reports) = server.run(1);
    assert!(good);
    assert_eq!(server.files(), whole(1..=4));
    assert_eq!(reports.last().unwrap(), r#"{"state":"done","gib":4,"of":1"#);
}

#[test]
fn what_fails_is_told_and_the_server_ends_itself_all_the_same() {
    let server = Server::new();
    server.stand_in("dd", "exit 1");
    let (good, reports) = server.run(2);
    assert!(!good);
    assert_eq!(reports, [r#"{"state":"running","gib":0,"of":2"#, r#"{"state":"failed","gib":0,"of":2"#]);
    assert!(server.calls().contains("terminate-instance-in-auto-scaling-group"), "{}", server.calls());
    let server = Server::new();
    server.stand_in("mount", "exit 32");
    let (good, reports) = server.run(2);
    assert!(!good);
    assert_eq!(reports.last().unwrap(), r#"{"state":"failed","gib":0,"of":2"#);
    assert!(server.calls().contains("terminate-instance-in-auto-scaling-group"), "{}", server.calls());
}

#[test]
fn it_asks_until_the_group_lets_the_server_go() {
    let server = Server::new();
    server.stand_in(
        "aws",
        "[[ $1 == autoscaling ]] || exit 0\necho x >>\"$root/calls\"\n[[ $(grep -c x \"$root/calls\") == 3 ]]",
    );
    server.stand_in("sleep", "exit 0");
    server.stand_in("dd", "exit 1");
    assert!(!server.run(1).0);
    assert_eq!(server.calls().matches('x').count(), 3);
}
