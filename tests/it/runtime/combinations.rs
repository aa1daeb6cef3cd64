//! Every combination of what a spec can say, read by bash, PHP and the rest.

use std::collections::BTreeMap;
use std::process::Command;

use moodle_infra::runtime::{
    Address, Cache, Cdn, Cron, Engine, Instance, LONGEST, Protocol, Release, files, rendered, show, size, user_data,
};

use super::{campus, has, known, of, old, write};

/// Returns where visitors come to: domain or none, certificate or none, no distribution, one, or nothing but one.
fn addresses() -> Vec<Address> {
    let mut addresses = Vec::new();
    for domain in [None, Some("moodle.example.edu".to_owned())] {
        for certificate in [false, true] {
            for cdn in [None, Some(false), Some(true)] {
                let cdn = cdn.map(|only_way| Cdn { name: of("cdn.distribution", "domain"), only_way });
                let load_balancer = of("load-balancer.load-balancer", "dns");
                addresses.push(Address { domain: domain.clone(), certificate, cdn, load_balancer });
            }
        }
    }
    addresses
}

fn caches(purpose: &str) -> Vec<Option<Cache>> {
    let mut caches = vec![None];
    for protocol in [Protocol::Redis, Protocol::Memcached] {
        for tls in [false, true] {
            caches.push(Some(Cache { protocol, servers: of(purpose, "endpoint"), tls }));
        }
    }
    caches
}

/// Returns instances: the full product of what changes each other's text, the rest in turn.
pub(super) fn combinations() -> Vec<Instance> {
    let addresses = addresses();
    let releases: Vec<Release> = ["4.5.14", "5.1.7", "5.2.3", "5.3.0"].iter().map(|it| it.parse().unwrap()).collect();
    let mut all = Vec::new();
    for sessions in caches("cache.session") {
        for application in caches("cache.application") {
            for engine in [Engine::Postgresql, Engine::Mysql] {
                for reader in [false, true] {
                    for install in [campus().install, old().install] {
                        let number = all.len();
                        let mut instance = if number.is_multiple_of(3) { old() } else { campus() };
                        instance.address = addresses[number % addresses.len()].clone();
                        instance.release = releases[number % 7 % releases.len()];
                        instance.cron = if number % 5 < 2 { Cron::One } else { Cron::All };
                        instance.archive.sha256 = instance.archive.sha256.filter(|_| !number.is_multiple_of(11));
                        instance.database.engine = engine;
                        instance.database.reader = reader.then(|| of("database.cluster", "reader_endpoint"));
                        instance.database.verified = number % 7 != 3;
                        (instance.install, instance.sessions) = (install, sessions.clone());
                        instance.application.clone_from(&application);
                        all.push(instance);
                    }
                }
            }
        }
    }
    all
}

/// Returns every text that any combination has at a path with this ending, once.
fn texts(ending: &str) -> Vec<(String, String)> {
    let mut texts = BTreeMap::new();
    for instance in combinations() {
        for (path, text) in rendered(&instance, &known) {
            if path.ends_with(ending) {
                texts.insert(text, path);
            }
        }
    }
    assert!(!texts.is_empty(), "no file ends with {ending}");
    texts.into_iter().map(|(text, path)| (path, text)).collect()
}

#[test]
fn every_script_is_bash() {
    let mut scripts = texts(".sh");
    scripts.extend(texts("user-data"));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("script");
    for (path, text) in scripts {
        write(&file, &text);
        let output = Command::new("bash").arg("-n").arg(&file).output().unwrap();
        assert!(output.status.success(), "{path}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn shellcheck_has_nothing_to_say() {
    if !has("shellcheck") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for (name, instance) in [("campus", campus()), ("old", old())] {
        for (path, text) in rendered(&instance, &known) {
            if path == "user-data" || path.strip_suffix(".sh").is_some() {
                let file = folder.path().join(format!("{name}-{}", path.replace('/', "-")));
                write(&file, &text);
                let output = Command::new("shellcheck").args(["--shell", "bash"]).arg(&file).output().unwrap();
                assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
            }
        }
    }
}

#[test]
fn every_php_file_is_php() {
    const PARSE: &str = "foreach (array_slice($argv, 1) as $file) { \
        try { token_get_all(file_get_contents($file), TOKEN_PARSE); } \
        catch (ParseError $it) { echo $file, ' ', $it->getMessage(), ' in line ', $it->getLine(), \"\\n\"; } }";
    if !has("php") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut files = Vec::new();
    for (at, (path, text)) in texts(".php").into_iter().enumerate() {
        let file = folder.path().join(format!("{at}-{}", path.replace('/', "-")));
        write(&file, &text);
        files.push(file);
    }
    let output = Command::new("php").args(["-r", PARSE, "--"]).args(&files).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn every_json_file_is_json() {
    for (path, text) in texts(".json") {
        serde_json::from_str::<serde_json::Value>(&text).unwrap_or_else(|error| panic!("{path}: {error}\n{text}"));
    }
}

#[test]
fn user_data_fits() {
    for instance in combinations() {
        let (length, most) = (show(&user_data(&instance), &known).len(), size(&instance));
        assert!(length < most, "{length} bytes, which should be {most} at most");
        assert!(most <= LONGEST, "{most} bytes, of {LONGEST}");
    }
}

#[test]
fn many_plug_ins_are_seen_before_they_are_too_many() {
    let mut instance = campus();
    let mut fit = 0;
    while size(&instance) <= LONGEST {
        fit = instance.plugins.len();
        let mut plugin = instance.plugins[0].clone();
        plugin.component = format!("mod_plugin{fit}");
        plugin.url = format!("https://moodle.org/plugins/download.php/{fit}7311/mod_plugin{fit}_moodle53.zip");
        plugin.sha256 = format!("{:032x}{:032x}", u128::MAX / (fit as u128 + 3), u128::MAX / (fit as u128 + 7));
        instance.plugins.push(plugin);
    }
    assert!(7 < fit, "only {fit} plug-ins fit");
}

#[test]
fn the_same_instance_is_the_same_user_data() {
    assert_eq!(user_data(&campus()), user_data(&campus()));
}

#[test]
fn no_token_and_no_template_is_left() {
    for instance in combinations() {
        for (path, text) in files(&instance) {
            let text = show(&text, &known);
            for left in ["@@", "{{", "{%", "<database", "<cache", "<files", "<web"] {
                assert!(!text.contains(left), "{path} has {left}:\n{text}");
            }
        }
    }
}

/// Every program of ours that a file calls is among the files.
#[test]
fn what_is_called_is_there() {
    const OURS: &str = "/opt/moodle-infra/";
    let mut called = 0;
    for instance in combinations() {
        let files = files(&instance);
        for (path, text) in &files {
            let text = show(text, &known);
            for (at, _) in text.match_indices(OURS) {
                let end = |it: char| !(it.is_ascii_alphanumeric() || matches!(it, '/' | '-' | '_' | '.'));
                let program = text[at..].split(end).next().unwrap_or_default().trim_end_matches('.');
                if program.rsplit_once('.').is_some_and(|(_, it)| matches!(it, "sh" | "php")) {
                    assert!(files.contains_key(program), "{path} calls {program}, which is not there");
                    called += 1;
                }
            }
        }
    }
    assert!(100 < called, "{called}");
}
