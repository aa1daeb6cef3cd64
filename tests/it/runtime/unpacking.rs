//! User data as an instance takes it apart.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use moodle_infra::kind::Source;
use moodle_infra::runtime::{Instance, files, show, user_data};

use super::{campus, known, old, write};

/// Runs user data up to where the instance would boot.
fn unpack(user_data: &str, root: &Path) -> Output {
    let script = root.join("user-data");
    write(&script, user_data);
    Command::new("bash").arg(&script).env("MOODLE_INFRA_ROOT", root).output().unwrap()
}

fn tree(root: &Path) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    let mut folders = vec![PathBuf::from(root)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = format!("/{}", path.strip_prefix(root).unwrap().display());
                files.insert(name, std::fs::read_to_string(path).unwrap());
            }
        }
    }
    files
}

fn unpacked(instance: &Instance, known: &impl Fn(&Source) -> Option<String>) -> (Output, BTreeMap<String, String>) {
    let root = tempfile::tempdir().unwrap();
    let output = unpack(&show(&user_data(instance), known), root.path());
    let tree = tree(root.path());
    (output, tree)
}

#[test]
fn what_comes_out_is_what_went_in() {
    let mut hostile = campus();
    hostile.settings = [("x".to_owned(), "MOODLE-INFRA-END\n@@ADDRESS@@\nMOODLE-INFRA-END\n&|\\1".to_owned())].into();
    for instance in [campus(), old(), hostile] {
        let (output, mut tree) = unpacked(&instance, &known);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        for (path, text) in files(&instance) {
            let text = show(&text, &known);
            assert_eq!(tree.remove(&path).as_deref(), Some(text.as_str()), "{path}");
        }
        let left: Vec<&String> = tree.keys().collect();
        assert_eq!(left, ["/opt/moodle-infra/unpack.sh", "/opt/moodle-infra/values", "/user-data"]);
    }
}

#[test]
fn twice_is_as_once() {
    let root = tempfile::tempdir().unwrap();
    let user_data = show(&user_data(&campus()), &known);
    assert!(unpack(&user_data, root.path()).status.success());
    let first = tree(root.path());
    assert!(unpack(&user_data, root.path()).status.success());
    assert_eq!(tree(root.path()), first);
}

#[test]
fn values_that_could_mean_something_are_refused() {
    for hostile in ["a'b", "a|b", "a&b", "a\\b", "a b", "$(a)", "a;b", "a\"b", "a@@b", "", "a\nB=c d"] {
        let known = |source: &Source| {
            if source.attr == "reader_endpoint" { Some(hostile.to_owned()) } else { known(source) }
        };
        let (output, tree) = unpacked(&campus(), &known);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{hostile:?} is taken");
        assert!(said.contains("has a value that no resource of AWS has"), "{hostile:?}: {said}");
        assert!(!tree.contains_key("/etc/moodle/config.php"), "{hostile:?} is written");
    }
}
