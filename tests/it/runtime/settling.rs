//! What a web server does with the database it finds: install, upgrade, nothing, or refuse.
//!
//! The program is the one that is shipped; the database and the commands are stand-ins in PHP.

use std::path::Path;
use std::process::Command;

use moodle_infra::runtime::{Instance, files, show};
use serde_json::{Value, json};

use super::{campus, has, known, old, tool, write};

/// A database in a file, and commands that only leave their names.
const STAND_IN: &str = r#"<?php
class Database {
    private function __construct(public array $it) {}
    public static function open(): ?Database {
        return new Database(json_decode(file_get_contents(__DIR__ . '/world.json'), true));
    }
    public function save(): void { file_put_contents(__DIR__ . '/world.json', json_encode($this->it)); }
    public function lock(string $name): bool { return true; }
    public function tables(string $prefix): array {
        return array_values(array_filter($this->it['tables'], fn($it) => str_starts_with($it, $prefix)));
    }
    public function drop(string $table): void {
        $this->it['tables'] = array_values(array_diff($this->it['tables'], [$table]));
        $this->it['did'][] = "drop $table";
        $this->save();
    }
    public function column(string $sql, string ...$values): array {
        switch (strtok($sql, ' ')) {
            case 'INSERT': $this->it['notes'][] = $values[0]; $this->save(); return [];
            case 'DELETE': $this->it['notes'] = array_values(array_diff($this->it['notes'], $values)); return [];
            case 'CREATE': return [];
        }
        if (str_contains($sql, 'moodle_infra')) { return $this->it['notes']; }
        if (str_contains($sql, 'COUNT')) { return [(string)$this->it['users']]; }
        return isset($this->it['settings'][$values[0]]) ? [$this->it['settings'][$values[0]]] : [];
    }
}
function run(array $command, ?string $input = null): int {
    global $database;
    $what = implode(' ', array_map('basename', array_slice($command, 1)));
    $database->it['did'][] = $what . ($input === null ? '' : " <$input");
    $database->save();
    return $database->it['codes'][$what] ?? 0;
}
"#;

/// Runs the program in a world and returns its exit code and what it left.
fn settle(instance: &Instance, world: &Value) -> (i32, Value) {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let program = show(&files(instance)["/opt/moodle-infra/settle.php"], &known);
    write(&at("settle.php"), &program);
    write(&at("database.php"), STAND_IN);
    write(&at("world.json"), &world.to_string());
    // What asks AWS for the password.
    write(&at("aws"), "#!/bin/sh\necho '{\"password\":\"secret\"}'\n");
    let made = Command::new("chmod").args(["+x"]).arg(at("aws")).status().unwrap();
    assert!(made.success());
    let path = format!("{}:/usr/local/bin:/usr/bin:/bin", folder.path().display());
    let output = tool("php").arg(at("settle.php")).env("PATH", path).output().unwrap();
    let code = output.status.code().unwrap();
    assert!(code < 255, "{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    (code, read(&at("world.json")))
}

fn read(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn world(tables: &[&str], notes: &[&str], users: u32, settings: &Value) -> Value {
    json!({ "tables": tables, "notes": notes, "users": users, "settings": settings, "codes": {}, "did": [] })
}

const WHOLE: &[&str] = &["mdl_config", "mdl_user"];

#[test]
fn an_empty_database_gets_a_site() {
    if !has("php") {
        return;
    }
    let (code, world) = settle(&campus(), &world(&["of_others"], &[], 0, &json!({})));
    assert_eq!(code, 0);
    assert_eq!(world["did"], json!(["install.php <secret", "upgrade.php --is-pending", "cache.php"]));
    assert_eq!(world["notes"], json!(["began", "installed"]));
}

#[test]
fn a_site_that_stands_is_left_alone() {
    if !has("php") {
        return;
    }
    let ready = json!({ "rolesactive": "1" });
    let cases = [
        ("ours", world(WHOLE, &["began", "installed"], 2, &json!({}))),
        ("restored from elsewhere", world(WHOLE, &[], 2, &ready)),
        ("begun by us, and people are at work", world(WHOLE, &["began"], 3, &ready)),
    ];
    for (case, world) in cases {
        let (code, world) = settle(&campus(), &world);
        assert_eq!((code, &world["did"]), (0, &json!(["upgrade.php --is-pending", "cache.php"])), "{case}");
    }
}

#[test]
fn new_code_upgrades_the_database() {
    if !has("php") {
        return;
    }
    let mut before = world(WHOLE, &["installed"], 2, &json!({}));
    before["codes"] = json!({ "upgrade.php --is-pending": 2 });
    let (code, after) = settle(&campus(), &before);
    assert_eq!(code, 0);
    let did = ["upgrade.php --is-pending", "upgrade.php --non-interactive", "cache.php"];
    assert_eq!(after["did"], json!(did));

    before["codes"] = json!({ "upgrade.php --is-pending": 2, "upgrade.php --non-interactive": 1 });
    assert_eq!(settle(&campus(), &before).0, 1, "a failed upgrade is a failed boot");
}

#[test]
fn an_installation_that_broke_off_is_made_anew() {
    if !has("php") {
        return;
    }
    for tables in [&["mdl_config", "mdl_user", "other"][..], &["mdl_half", "other"]] {
        let (code, world) = settle(&campus(), &world(tables, &["began"], 2, &json!({ "rolesactive": "1" })));
        assert_eq!(code, 0);
        assert_eq!(world["tables"], json!(["other"]), "only Moodle's own tables go");
        let did = world["did"].as_array().unwrap();
        assert!(did.contains(&json!("install.php <secret")), "{did:?}");
    }
}

#[test]
fn what_others_began_is_not_touched() {
    if !has("php") {
        return;
    }
    for settings in [json!({}), json!({ "rolesactive": "1", "adminsetuppending": "1" })] {
        let (code, world) = settle(&campus(), &world(WHOLE, &[], 2, &settings));
        assert_eq!((code, &world["did"]), (1, &json!([])));
        assert_eq!(world["tables"], json!(WHOLE));
    }
}

#[test]
fn the_wizard_is_waited_for() {
    if !has("php") {
        return;
    }
    let under_way = json!({ "rolesactive": "1", "adminsetuppending": "1" });
    for (tables, settings) in [(&[][..], json!({})), (WHOLE, json!({})), (WHOLE, under_way)] {
        let (code, world) = settle(&old(), &world(tables, &[], 2, &settings));
        assert_eq!((code, &world["did"]), (3, &json!([])));
    }
    let (code, world) = settle(&old(), &world(WHOLE, &[], 2, &json!({ "rolesactive": "1" })));
    assert_eq!((code, &world["notes"]), (0, &json!(["installed"])));
}
