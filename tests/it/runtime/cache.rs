//! How Moodle is told of the application cache: once, again when it differs, and never of one that does not answer.
//!
//! The program is the one that is shipped; Moodle's classes are stand-ins with the methods that it calls.

use moodle_infra::kind::Text;
use moodle_infra::runtime::{Cache, Instance, Protocol, files, show};
use serde_json::{Value, json};

use super::{campus, has, known, tool, write};

const MOODLE: &str = r"<?php
namespace core_cache {
    class store { const MODE_APPLICATION = 1; }
    class config_writer {
        private array $it;
        private function __construct() { $this->it = json_decode(file_get_contents(WORLD), true); }
        public static function instance() { return new config_writer(); }
        public function get_all_stores() { return $this->it['stores']; }
        public function get_mode_mappings() { return $this->it['mappings']; }
        private function save(string $did) {
            $this->it['did'][] = $did;
            file_put_contents(WORLD, json_encode($this->it));
        }
        public function add_store_instance($name, $plugin, array $configuration) {
            if (isset($this->it['stores'][$name])) { throw new \Exception('there already'); }
            $this->it['stores'][$name] = ['plugin' => $plugin, 'configuration' => $configuration];
            $this->save('add');
        }
        public function edit_store_instance($name, $plugin, $configuration) {
            $this->it['stores'][$name] = ['plugin' => $plugin, 'configuration' => $configuration];
            $this->save('edit');
        }
        public function set_mode_mappings(array $mappings) {
            $this->it['mappings'] = [];
            foreach ($mappings as $mode => $stores) {
                foreach ($stores as $sort => $store) {
                    $this->it['mappings'][] = ['store' => $store, 'mode' => $mode, 'sort' => $sort];
                }
            }
            $this->save('map');
        }
    }
}
namespace {
    class cachestore_redis {
        public function __construct($name, array $configuration) {}
        public static function are_requirements_met() { return true; }
        public function is_ready() { return json_decode(file_get_contents(WORLD), true)['answers']; }
    }
    class_alias('cachestore_redis', 'cachestore_memcached');
}
";

/// Returns what Moodle has when it is new.
fn new() -> Value {
    let mapping = |mode: u32, store: &str| json!({ "store": store, "mode": mode, "sort": 0 });
    json!({
        "answers": true, "did": [],
        "stores": { "default_application": { "plugin": "file", "configuration": {} } },
        "mappings": [mapping(1, "default_application"), mapping(2, "default_session"), mapping(4, "default_request")],
    })
}

/// Runs the program and returns its exit code and what Moodle then has.
fn set(instance: &Instance, world: &Value) -> (i32, Value) {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let files = files(instance);
    let text = |name: &str| show(&files[&format!("/opt/moodle-infra/{name}")], &known);
    let config = at("config.php");
    write(&at("cache.php"), &text("cache.php").replace("/var/www/moodle/html/config.php", config.to_str().unwrap()));
    write(&at("cache.json"), &text("cache.json"));
    let constant = format!("namespace {{ const WORLD = '{}'; }}\nnamespace core_cache {{", at("world").display());
    write(&config, &MOODLE.replacen("namespace core_cache {", &constant, 1));
    write(&at("world"), &world.to_string());
    let output = tool("php").arg(at("cache.php")).output().unwrap();
    let code = output.status.code().unwrap();
    assert!(code < 255, "{}", String::from_utf8_lossy(&output.stdout));
    (code, serde_json::from_str(&std::fs::read_to_string(at("world")).unwrap()).unwrap())
}

#[test]
fn the_cache_is_set_once() {
    if !has("php") {
        return;
    }
    let (code, mut first) = set(&campus(), &new());
    assert_eq!((code, &first["did"]), (0, &json!(["add", "map"])));
    let store = &first["stores"]["application"];
    assert_eq!(store["configuration"]["server"], "app.cache.amazonaws.com:6379");
    assert_eq!(store["configuration"]["cafile"], "/etc/pki/tls/certs/ca-bundle.crt");
    let stores: Vec<&Value> = first["mappings"].as_array().unwrap().iter().map(|it| &it["store"]).collect();
    assert_eq!(stores, ["application", "default_session", "default_request"]);

    first["did"] = json!([]);
    assert_eq!(set(&campus(), &first), (0, first.clone()));
}

#[test]
fn another_cache_takes_its_place() {
    if !has("php") {
        return;
    }
    let (_, mut world) = set(&campus(), &new());
    world["did"] = json!([]);
    let servers = Text::from("a:11211,b:11212");
    let application = Some(Cache { protocol: Protocol::Memcached, servers, tls: false });
    let (code, world) = set(&Instance { application, ..campus() }, &world);
    assert_eq!((code, &world["did"]), (0, &json!(["edit"])));
    let servers = &world["stores"]["application"]["configuration"]["servers"];
    assert_eq!(*servers, json!([["a", "11211"], ["b", "11212"]]));
}

#[test]
fn a_cache_that_does_not_answer_is_not_set() {
    if !has("php") {
        return;
    }
    let mut world = new();
    world["answers"] = json!(false);
    assert_eq!(set(&campus(), &world), (1, world.clone()));
}
