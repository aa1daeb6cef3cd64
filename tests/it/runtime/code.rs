//! How Moodle and its plug-ins come onto an instance: only what was asked for, and once.
//!
//! The functions are those of the script that is shipped; what it would fetch lies in a folder.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use moodle_infra::runtime::{Instance, Plugin, files, show};
use sha2::{Digest, Sha256};

use super::{known, old, write};

/// An instance's disk, and the bucket from which it fetches.
struct Disk {
    folder: tempfile::TempDir,
}

impl Disk {
    fn new() -> Disk {
        let disk = Disk { folder: tempfile::tempdir().unwrap() };
        for name in ["bucket", "site", "done"] {
            std::fs::create_dir(disk.at(name)).unwrap();
        }
        disk.archive("moodle.tgz", "moodle", &[("version.php", "$branch   = '405';\n"), ("index.php", "one\n")]);
        disk
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Puts an archive with one folder into the bucket.
    fn archive(&self, name: &str, top: &str, files: &[(&str, &str)]) {
        let source = tempfile::tempdir().unwrap();
        for (path, text) in files {
            write(&source.path().join(top).join(path), text);
        }
        let names = std::fs::read_dir(source.path()).unwrap().map(|it| it.unwrap().file_name());
        let mut tar = Command::new("tar");
        tar.arg("-czf").arg(self.at("bucket").join(name)).arg("-C").arg(source.path()).args(names);
        assert!(tar.status().unwrap().success());
    }

    fn sum(&self, name: &str) -> String {
        let bytes = std::fs::read(self.at("bucket").join(name)).unwrap();
        Sha256::digest(bytes).iter().fold(String::new(), |mut text, byte| {
            write!(text, "{byte:02x}").unwrap();
            text
        })
    }

    /// Runs the part of the boot that brings the code; returns whether it went well, and what it said.
    fn fetch(&self, instance: &Instance) -> (bool, String) {
        let boot = show(&files(instance)["/opt/moodle-infra/boot.sh"], &known);
        let (functions, _) = boot.split_once("\nstep 'packages'").expect("the first step");
        let path = |name: &str| self.at(name).display().to_string();
        let script = functions
            .replace("/var/www/moodle", &path("site"))
            .replace("/var/lib/moodle-infra", &path("done"))
            .replace("/var/log/moodle-infra.log", &path("log"))
            .replace("/run/moodle-infra.lock", &path("lock"))
            .replace("/opt/moodle-infra/boot.sh", &path("boot.sh"));
        let stand_ins = format!(
            "aws() {{ cp \"{}/${{4#s3://artefacts/}}\" \"$5\"; }}\nchown() {{ :; }}\nreport() {{ :; }}\nsleep() {{ :; }}\n",
            path("bucket")
        );
        write(&self.at("boot.sh"), &boot);
        write(&self.at("run.sh"), &format!("{script}\n{stand_ins}code\n"));
        let output = Command::new("bash").arg(self.at("run.sh")).output().unwrap();
        (output.status.success(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
    }

    fn text(&self, name: &str) -> Option<String> {
        std::fs::read_to_string(self.at("site/html").join(name)).ok()
    }
}

fn instance(disk: &Disk) -> Instance {
    let mut instance = old();
    instance.archive.sha256 = Some(disk.sum("moodle.tgz"));
    instance
}

fn with_plugin(disk: &Disk, component: &str) -> Instance {
    let url = "s3://artefacts/plugin.tgz".to_owned();
    let plugin = Plugin { component: component.to_owned(), url, sha256: disk.sum("plugin.tgz") };
    Instance { plugins: vec![plugin], ..instance(disk) }
}

fn leftovers(site: &Path) -> Vec<String> {
    let names = std::fs::read_dir(site).unwrap().map(|it| it.unwrap().file_name().into_string().unwrap());
    names.filter(|it| it != "html").collect()
}

#[test]
fn the_code_is_unpacked_once() {
    let disk = Disk::new();
    let (good, said) = disk.fetch(&instance(&disk));
    assert!(good, "{said}");
    assert_eq!(disk.text("index.php").as_deref(), Some("one\n"));
    assert_eq!(disk.text("config.php").as_deref(), Some("<?php require('/etc/moodle/config.php');\n"));
    assert_eq!(leftovers(&disk.at("site")), [""; 0]);

    write(&disk.at("site/html/index.php"), "changed\n");
    assert!(disk.fetch(&instance(&disk)).0);
    assert_eq!(disk.text("index.php").as_deref(), Some("changed\n"), "the same code is not fetched again");
}

#[test]
fn other_code_takes_its_place() {
    let disk = Disk::new();
    assert!(disk.fetch(&instance(&disk)).0);
    disk.archive("moodle.tgz", "moodle", &[("version.php", "$branch = '405';\n"), ("new.php", "two\n")]);
    let (good, said) = disk.fetch(&instance(&disk));
    assert!(good, "{said}");
    assert_eq!((disk.text("index.php"), disk.text("new.php").as_deref()), (None, Some("two\n")));
    assert_eq!(leftovers(&disk.at("site")), [""; 0]);
}

#[test]
fn another_file_than_that_asked_for_is_refused() {
    let disk = Disk::new();
    let before = instance(&disk);
    disk.archive("moodle.tgz", "moodle", &[("version.php", "$branch = '405';\n"), ("evil.php", "")]);
    let (good, said) = disk.fetch(&before);
    assert!(!good && said.contains("is not the file that was asked for"), "{said}");
    assert_eq!(disk.text("evil.php"), None);
}

#[test]
fn another_release_than_that_asked_for_is_refused() {
    let disk = Disk::new();
    disk.archive("moodle.tgz", "moodle", &[("version.php", "$branch = '404';\n")]);
    let (good, said) = disk.fetch(&instance(&disk));
    assert!(!good && said.contains("the archive is not Moodle 4.5.14"), "{said}");
}

#[test]
fn a_published_sum_is_taken_where_none_is_given() {
    let disk = Disk::new();
    let mut instance = instance(&disk);
    let sum = instance.archive.sha256.take().unwrap();
    write(&disk.at("bucket/moodle.tgz.sha256"), &format!("SHA256 (moodle.tgz) = {sum}\n"));
    let (good, said) = disk.fetch(&instance);
    assert!(good, "{said}");
    write(&disk.at("bucket/moodle.tgz.sha256"), "404 not found\n");
    std::fs::remove_dir_all(disk.at("site/html")).unwrap();
    let (good, said) = disk.fetch(&instance);
    assert!(!good && said.contains("there is no sum of Moodle"), "{said}");
}

#[test]
fn plug_ins_stand_in_the_folder_of_their_type() {
    let disk = Disk::new();
    let version = "$plugin->component = 'mod_attendance';\n";
    disk.archive("plugin.tgz", "moodle-mod_attendance-2", &[("version.php", version), ("lib.php", "")]);
    let (good, said) = disk.fetch(&with_plugin(&disk, "mod_attendance"));
    assert!(good, "{said}");
    assert_eq!(disk.text("mod/attendance/version.php").as_deref(), Some(version));
    assert_eq!(leftovers(&disk.at("site")), [""; 0]);

    let (good, said) = disk.fetch(&with_plugin(&disk, "mod_other"));
    assert!(!good && said.contains("is not mod_other"), "{said}");
    assert_eq!(disk.text("mod/attendance/version.php").as_deref(), Some(version), "what stood there still stands");
}

#[test]
fn an_archive_with_more_than_one_folder_is_refused() {
    let disk = Disk::new();
    disk.archive("plugin.tgz", "", &[("a/version.php", ""), ("b/version.php", "")]);
    let (good, said) = disk.fetch(&with_plugin(&disk, "mod_attendance"));
    assert!(!good && said.contains("is not one folder"), "{said}");
}
