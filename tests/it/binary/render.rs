//! What `render` writes, and what it refuses.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::run::Desk;

const SITE: &str = include_str!("../../../specs/smallest.kdl");

/// Returns every file below a folder with its text and its mode.
fn files(folder: &Path) -> BTreeMap<String, (String, u32)> {
    let mut files = BTreeMap::new();
    let mut folders = vec![PathBuf::from(folder)];
    while let Some(at) = folders.pop() {
        for entry in fs::read_dir(at).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(folder).unwrap().display().to_string();
            let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
            files.insert(name, (fs::read_to_string(&path).unwrap(), mode));
        }
    }
    files
}

#[test]
fn what_servers_boot_is_written_with_made_up_endpoints() {
    let desk = Desk::with(SITE);
    let ended = desk.ends_with(0, "render campus.kdl --out boot");
    let files = files(&desk.path("boot"));
    let listed: Vec<String> = ended.out.lines().map(str::to_owned).collect();
    assert_eq!(listed, files.keys().map(|it| format!("boot/{it}")).collect::<Vec<_>>());
    let config = &files["root/etc/moodle/config.php"].0;
    assert!(config.contains("$CFG->dbhost = 'database.example.internal';"), "{config}");
    assert!(ended.talk.contains("made up: cache.session.endpoint is session.example.internal:6379"), "{}", ended.talk);
    assert_eq!(files["root/etc/moodle/config.php"].1, 0o644);
    assert_eq!(files["root/opt/moodle-infra/boot.sh"].1, 0o755);
    assert!(files["user-data"].0.starts_with("#!/bin/bash\n") && files["user-data"].0.len() < 16_384);
    assert!(!files.contains_key("bundle"), "there is room for all of it");
    for (name, (text, _)) in files.iter().filter(|(name, _)| name.starts_with("root/")) {
        assert!(!text.contains("@@") && !text.contains("<database"), "{name}");
    }
}

#[test]
fn outputs_of_an_apply_stand_in_the_files() {
    let desk = Desk::with(SITE);
    let outputs = json!({
        "database-endpoint": "campus.cluster-c0.eu-west-1.rds.amazonaws.com",
        "cache-session-endpoint": "master.session.euw1.cache.amazonaws.com:6379",
        "access-point-data": "fsap-0123456789abcdef0",
        "load-balancer-tls": true,
        "of-another-stack": "x",
    });
    fs::File::create(desk.path("outputs.json")).unwrap();
    let write = |value: &Value| {
        std::io::Write::write_all(
            &mut fs::File::create(desk.path("outputs.json")).unwrap(),
            value.to_string().as_bytes(),
        )
    };
    write(&outputs).unwrap();
    let ended = desk.ends_with(0, "render campus.kdl --out boot --outputs outputs.json --json");
    let said: Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!((&said["format"], &said["version"]), (&"moodle-infra/render".into(), &1.into()));
    assert_eq!(said["made-up"].get("database.cluster.endpoint"), None);
    assert_eq!(said["made-up"]["database.cluster.reader_endpoint"], "database-reader.example.internal");
    let files = files(&desk.path("boot"));
    let config = &files["root/etc/moodle/config.php"].0;
    assert!(config.contains("'campus.cluster-c0.eu-west-1.rds.amazonaws.com'"), "{config}");
    assert!(config.contains("explode(':', 'master.session.euw1.cache.amazonaws.com:6379')"), "{config}");
    assert!(files["root/opt/moodle-infra/fstab"].0.contains("accesspoint=fsap-0123456789abcdef0"));

    write(&json!({ "database-endpoint": "a'; exit; //" })).unwrap();
    let refused = desk.ends_with(64, "render campus.kdl --out other --outputs outputs.json");
    assert!(refused.talk.contains("`database-endpoint` is not one that a resource of AWS has"), "{}", refused.talk);
    write(&json!([])).unwrap();
    let refused = desk.ends_with(66, "render campus.kdl --out other --outputs outputs.json");
    assert!(refused.talk.contains("outputs.json has no outputs"), "{}", refused.talk);
    assert!(!desk.path("other").exists());
}

#[test]
fn nothing_is_overwritten() {
    let desk = Desk::with(SITE);
    desk.ends_with(0, "render campus.kdl --out boot");
    let before = files(&desk.path("boot"));
    let refused = desk.ends_with(66, "render campus.kdl --out boot");
    assert!(refused.talk.contains("boot is not empty"), "{}", refused.talk);
    assert_eq!(files(&desk.path("boot")), before);
    desk.write("moodle \"campus\" { region \"eu-west-1\"; network }");
    let refused = desk.ends_with(3, "render campus.kdl --out empty");
    assert!(refused.talk.contains("campus.kdl has no web servers"), "{}", refused.talk);
    assert!(!desk.path("empty").exists());
}

#[test]
fn what_has_no_room_in_user_data_is_written_beside_it() {
    let plugins: Vec<String> = (0..60)
        .map(|at| {
            let url = format!("https://moodle.org/plugins/download.php/{at}7311/mod_plugin{at}x.zip");
            format!("plugin \"mod_plugin{at}x\" url=\"{url}\" sha256=\"{:064x}\"\n", u128::MAX / (at + 3))
        })
        .collect();
    let desk = Desk::with(&SITE.replace("site {", &format!("site {{\n{}", plugins.concat())));
    desk.ends_with(0, "render campus.kdl --out boot");
    let files = files(&desk.path("boot"));
    assert!(files["user-data"].0.len() < 4096, "{}", files["user-data"].0);
    assert!(files["bundle"].0.contains("mod_plugin59x"));
    assert!(
        files["user-data"].0.contains("url='s3://campus-boot-000000000000-00000000/boot'"),
        "{}",
        files["user-data"].0
    );
}
