//! Two web servers of each of some sites boot from the user data that is shipped, as it is: databases, caches and web servers are
//! those of Debian, and what only Amazon has is stood in for (`tests/boot/`).

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use moodle_infra::kind::Text;
use moodle_infra::runtime::{
    Address, Architecture, Archive, Cron, Engine, Install, Instance, Plugin, Protocol, bundle, fetching, folder, show,
    user_data,
};
use serde_json::json;

use super::{campus, known, old, write};
use crate::support::debian::{self, FOLDER, not_checked};

/// Returns the processor of this machine.
fn architecture() -> Architecture {
    if std::env::consts::ARCH == "aarch64" { Architecture::Arm64 } else { Architecture::X86_64 }
}

/// Returns a site with most defaults, whose files come from a bucket.
fn modern(sums: &BTreeMap<String, String>) -> Instance {
    let archive = |url: &str, name: &str| (url.to_owned(), sums[name].clone());
    let (url, sha256) = archive("https://moodle.org/plugins/download.php/1/mod_attendance.tgz", "mod_attendance");
    let plugin = Plugin { component: "mod_attendance".to_owned(), url, sha256 };
    let (url, sha256) = archive("s3://artefacts/moodle.tgz", "moodle-503");
    Instance {
        architecture: architecture(),
        archive: Archive { url, sha256: Some(sha256) },
        plugins: vec![plugin],
        settings: [("forcelogin".to_owned(), "1".to_owned())].into(),
        ..campus()
    }
}

/// Returns a site with what is not the default: `MySQL`, memcached, no TLS before it, tasks on all servers.
fn classic() -> Instance {
    let mut instance = old();
    let release = instance.release;
    instance.architecture = architecture();
    // Its sum is the one that is published beside it.
    instance.archive = Archive { url: release.url(), sha256: None };
    instance.install = campus().install;
    instance.cron = Cron::All;
    let address = Address { load_balancer: Text::from("campus-1234.eu-west-1.elb.amazonaws.com"), ..instance.address };
    instance.address = address;
    if let Some(it) = &mut instance.application {
        it.servers = Text::from("app.cache.amazonaws.com:11211");
    }
    instance
}

/// Returns a site with most defaults that somebody installs in the browser.
fn wizard(sums: &BTreeMap<String, String>) -> Instance {
    let release = "5.1.7".parse().unwrap();
    let archive = Archive { url: "s3://artefacts/moodle.tgz".to_owned(), sha256: Some(sums["moodle-501"].clone()) };
    Instance { release, archive, install: Install::Wizard, ..modern(sums) }
}

/// Returns what becomes of the classic site: the newest release, and a plug-in.
fn classic_next(sums: &BTreeMap<String, String>) -> Instance {
    let Instance { release, archive, plugins, .. } = modern(sums);
    Instance { release, archive, plugins, ..classic() }
}

/// What is done with a site.
#[derive(Clone, Copy)]
struct Plot<'a> {
    /// The name of the checks in `boot.py`.
    checks: &'a str,
    /// Where it is killed: in which lines, and at which tables that Moodle's installer makes.
    offset: u32,
    /// The bucket that its files come from.
    bucket: Option<&'a str>,
    /// What it becomes.
    next: Option<&'a Instance>,
}

/// Returns the archives of a site, by where they come from, and the folders of its plug-ins.
fn code(instance: &Instance) -> (BTreeMap<&str, String>, BTreeMap<&str, Option<String>>) {
    let Instance { archive, release, plugins, .. } = instance;
    let mut archives = BTreeMap::from([(archive.url.as_str(), format!("moodle-{}", release.branch()))]);
    archives.extend(plugins.iter().map(|it| (it.url.as_str(), it.component.clone())));
    (archives, plugins.iter().map(|it| (it.component.as_str(), folder(&it.component, *release))).collect())
}

/// Writes a site for the program that boots it.
fn describe(name: &str, at: &Path, instance: &Instance, plot: Plot<'_>) {
    let Plot { checks, offset, bucket, next } = plot;
    let (mut archives, folders) = code(instance);
    let next = next.map(|next| {
        write(&at.join("next-user-data"), &show(&user_data(next), &known));
        let (more, folders) = code(next);
        archives.extend(more);
        json!({ "branch": next.release.branch(), "plugins": folders })
    });
    let carried = bucket.map(|bucket| {
        let bundle = bundle(instance);
        let url = format!("s3://{bucket}/boot/{}", bundle.sha256);
        write(&at.join("bundle"), &bundle.text);
        (fetching(instance, &bundle, Text::from(url.as_str())), url)
    });
    let (user_data, url) = match carried {
        Some((user_data, url)) => (user_data, Some(url)),
        None => (user_data(instance), None),
    };
    write(&at.join("user-data"), &show(&user_data, &known));
    let Instance { address, release, database, sessions, application, opcache, .. } = instance;
    let protocol = |it: Protocol| if it == Protocol::Redis { "redis" } else { "memcached" };
    let host = show(&address.host(), &known);
    let about = json!({
        "name": name,
        "plot": checks,
        "branch": release.branch(),
        "next": next,
        "offset": offset,
        "tables": if offset == 0 { ["1", "20"] } else { ["20", "40"] },
        "engine": if database.engine == Engine::Postgresql { "pgsql" } else { "mysql" },
        "archives": archives,
        "bundle": url,
        "host": host,
        "wwwroot": format!("{}://{host}", if address.is_https() { "https" } else { "http" }),
        "lang": instance.locale,
        "full": if instance.install == Install::Wizard { "Made in the browser" } else { &instance.name.full },
        "strips_edge": address.cdn.as_ref().is_some_and(|it| it.only_way),
        "sessions": sessions.as_ref().map(|it| protocol(it.protocol)),
        "application": application.as_ref().map(|it| protocol(it.protocol)),
        "cron": if instance.cron == Cron::One { "one" } else { "all" },
        "opcache": opcache.memory_mib.to_string(),
        "plugins": folders,
        // What is no file goes to the router; where all code is below the web root, programs for the shell refuse.
        "none": if release.series.router { 200 } else { 404 },
        "admin": if release.series.public { 200 } else { 500 },
    });
    write(&at.join("site.json"), &about.to_string());
}

#[test]
fn servers_boot_install_once_and_survive() {
    let root = match debian::root() {
        Ok(root) => root,
        Err(why) => return not_checked(&format!("what an instance boots: {why}")),
    };
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let program = format!("{FOLDER}/boot.py");
    let packed = Command::new("python3").args(["-B", &program, "pack"]).arg(folder.path()).output().unwrap();
    assert!(packed.status.success(), "{}", String::from_utf8_lossy(&packed.stderr));
    let sums: BTreeMap<String, String> = serde_json::from_slice(&packed.stdout).unwrap();
    let install = Plot { checks: "install", offset: 0, bucket: None, next: None };
    let bucket = Some("campus-boot-123456789012-0a1b2c3d");
    describe("modern", &at("modern"), &modern(&sums), Plot { bucket, ..install });
    describe("classic", &at("classic"), &classic(), Plot { offset: 6, ..install });
    describe("wizard", &at("wizard"), &wizard(&sums), Plot { checks: "wizard", ..install });
    let next = Some(&classic_next(&sums));
    describe("upgrade", &at("upgrade"), &classic(), Plot { checks: "upgrade", next, ..install });
    let mut boot = Command::new("python3");
    boot.args(["-B", &program, "run"]).arg(root).args(["modern", "classic", "wizard", "upgrade"].map(at));
    let output = boot.stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    // Figures that one wants to see, past the tests' own capture.
    drop(writeln!(std::io::stderr(), "\n{said}"));
}
