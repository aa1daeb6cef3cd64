//! What the files say.

use std::fmt::Write as _;

use moodle_infra::runtime::{Address, Cache, Cdn, Engine, Instance, Protocol, files, rendered, show};

use super::combinations::combinations;
use super::{campus, has, known, of, old, tool, write};

/// Returns all files in one text.
fn all(instance: &Instance) -> String {
    let mut text = String::new();
    for (path, file) in rendered(instance, &known) {
        if path != "user-data" {
            writeln!(text, "=== {path}\n{file}").unwrap();
        }
    }
    text
}

fn file(instance: &Instance, path: &str) -> String {
    let files = files(instance);
    show(files.get(path).unwrap_or_else(|| panic!("no {path} among {:?}", files.keys())), &known)
}

fn config(instance: &Instance) -> String {
    file(instance, "/etc/moodle/config.php")
}

/// Returns the lines in which one of the words is.
fn lines(text: &str, words: &[&str]) -> String {
    let lines: Vec<&str> =
        text.lines().map(str::trim).filter(|line| words.iter().any(|it| line.contains(it))).collect();
    lines.join("\n")
}

#[test]
fn a_site_with_everything() {
    insta::assert_snapshot!(all(&campus()));
}

#[test]
fn a_site_as_of_old() {
    insta::assert_snapshot!(all(&old()));
}

#[test]
fn the_address_is_where_visitors_come_to() {
    let mut table = String::new();
    for domain in [None, Some("moodle.example.edu".to_owned())] {
        for certificate in [false, true] {
            for cdn in [false, true] {
                let name = of("cdn.distribution", "domain");
                let cdn = cdn.then_some(Cdn { name, only_way: true });
                let load_balancer = of("load-balancer.load-balancer", "dns");
                let is = |it: bool| if it { "yes" } else { "no " };
                write!(
                    table,
                    "domain {} certificate {} cdn {}  ",
                    is(domain.is_some()),
                    is(certificate),
                    is(cdn.is_some())
                )
                .unwrap();
                let address = Address { domain: domain.clone(), certificate, cdn, load_balancer };
                let config = config(&Instance { address, ..campus() });
                let said = lines(&config, &["wwwroot", "sslproxy", "reverseproxy"]).replace('\n', " ");
                writeln!(table, "{said}").unwrap();
            }
        }
    }
    insta::assert_snapshot!(table, @r"
    domain no  certificate no  cdn no   $CFG->wwwroot = strtolower('http://Campus-1234.eu-west-1.elb.amazonaws.com');
    domain no  certificate no  cdn yes  $CFG->wwwroot = strtolower('https://d111111abcdef8.cloudfront.net'); $CFG->sslproxy = true;
    domain no  certificate yes cdn no   $CFG->wwwroot = strtolower('http://Campus-1234.eu-west-1.elb.amazonaws.com');
    domain no  certificate yes cdn yes  $CFG->wwwroot = strtolower('https://d111111abcdef8.cloudfront.net'); $CFG->sslproxy = true;
    domain yes certificate no  cdn no   $CFG->wwwroot = strtolower('http://moodle.example.edu');
    domain yes certificate no  cdn yes  $CFG->wwwroot = strtolower('http://moodle.example.edu');
    domain yes certificate yes cdn no   $CFG->wwwroot = strtolower('https://moodle.example.edu'); $CFG->sslproxy = true;
    domain yes certificate yes cdn yes  $CFG->wwwroot = strtolower('https://moodle.example.edu'); $CFG->sslproxy = true;
    ");
}

#[test]
fn every_kind_of_database_and_of_cache_has_its_settings() {
    let mut text = String::new();
    for engine in [Engine::Postgresql, Engine::Mysql] {
        for (reader, verified) in [(false, false), (false, true), (true, false), (true, true)] {
            let mut instance = campus();
            instance.database.engine = engine;
            instance.database.verified = verified;
            instance.database.reader = instance.database.reader.filter(|_| reader);
            let config = config(&instance);
            let (from, to) = (config.find("$CFG->dbtype").unwrap(), config.find("unset($secret)").unwrap());
            write!(text, "--- {engine:?}, readers {reader}, verified {verified}\n{}", &config[from..to]).unwrap();
        }
    }
    for release in ["4.5.14", "5.1.7", "5.2.3", "5.3.0"] {
        for protocol in [None, Some(Protocol::Redis), Some(Protocol::Memcached)] {
            for tls in [false, true] {
                let servers = of("cache.session", "endpoint");
                let sessions = protocol.map(|protocol| Cache { protocol, servers, tls });
                if sessions.is_none() && tls {
                    continue;
                }
                let instance = Instance { release: release.parse().unwrap(), sessions, ..campus() };
                let said = lines(&config(&instance), &["session_", "routerconfigured", "setup.php"]);
                writeln!(text, "--- {release}, sessions in {protocol:?}, TLS {tls}\n{said}").unwrap();
            }
        }
    }
    insta::assert_snapshot!(text);
}

#[test]
fn forwarded_addresses_lose_cloudfront_where_it_is_the_only_way() {
    let strips = |only_way: Option<bool>| {
        let mut instance = campus();
        let name = of("cdn.distribution", "domain");
        instance.address.cdn = only_way.map(|only_way| Cdn { name, only_way });
        file(&instance, "/etc/httpd/conf.d/moodle.conf").contains("RequestHeader edit X-Forwarded-For")
    };
    assert_eq!([None, Some(false), Some(true)].map(strips), [false, false, true]);
}

#[test]
fn there_is_a_reader_only_where_there_is_one() {
    let reader = |instance: &Instance| config(instance).contains("'readonly'");
    assert!(reader(&campus()));
    assert!(!reader(&old()));
}

#[test]
fn only_keys_that_moodle_reads() {
    const SESSIONS: &[&str] = &[
        "session_handler_class",
        "session_redis_acquire_lock_retry",
        "session_redis_acquire_lock_timeout",
        "session_redis_connection_timeout",
        "session_redis_encrypt",
        "session_redis_host",
        "session_redis_lock_expire",
        "session_redis_max_retries",
        "session_redis_port",
        "session_redis_prefix",
        "session_redis_read_timeout",
        "session_memcached_acquire_lock_timeout",
        "session_memcached_lock_expire",
        "session_memcached_lock_retry_sleep",
        "session_memcached_prefix",
        "session_memcached_save_path",
    ];
    for instance in combinations() {
        let config = config(&instance);
        for key in config.split("$CFG->session_").skip(1) {
            let name: String = key.chars().take_while(|it| it.is_ascii_alphanumeric() || *it == '_').collect();
            assert!(SESSIONS.contains(&format!("session_{name}").as_str()), "{name}");
        }
        assert_eq!(config.contains("session_handler_class"), instance.sessions.is_some());
        let reads = config.contains("session_redis_read_timeout");
        assert!(!reads || instance.release.series.read_timeout);
        assert!(!config.contains("reverseproxy"), "Moodle then refuses whoever comes by the load balancer");
    }
}

#[test]
fn no_secret_is_in_any_file() {
    for instance in combinations() {
        for (path, text) in rendered(&instance, &known) {
            for word in ["adminpass=", "dbpass = '", "PGPASSWORD", "MYSQL_PWD"] {
                let allowed = word == "adminpass=" && text.contains("'--adminpass=' . stream_get_contents(STDIN)");
                assert!(!text.contains(word) || allowed, "{path}: {word}");
            }
        }
    }
}

#[test]
fn what_must_be_shared_is_and_what_must_not_is_not() {
    insta::assert_snapshot!(lines(&config(&campus()), &["dir", "dataroot"]), @r"
    $CFG->dataroot = '/var/www/moodle/data';
    $CFG->cachedir = '/var/www/moodle/cache';
    $CFG->tempdir = '/var/www/moodle/temp';
    $CFG->localcachedir = '/var/www/moodle/local/cache';
    $CFG->localrequestdir = '/var/www/moodle/local/request';
    $CFG->directorypermissions = 02770;
    ");
    insta::assert_snapshot!(file(&campus(), "/opt/moodle-infra/fstab"), @r"
    fs-0a:/ /var/www/moodle/data efs _netdev,nofail,noresvport,tls,iam,accesspoint=fsap-0d 0 0
    fs-0a:/ /var/www/moodle/cache efs _netdev,nofail,noresvport,tls,iam,accesspoint=fsap-0c 0 0
    fs-0a:/ /var/www/moodle/temp efs _netdev,nofail,noresvport,tls,iam,accesspoint=fsap-0e 0 0
    ");
}

#[test]
fn php_comes_with_the_release() {
    let packages = |instance: &Instance| lines(&file(instance, "/opt/moodle-infra/boot.sh"), &["packages=("]);
    insta::assert_snapshot!(packages(&campus()), @"packages=( 'php8.4-cli' 'php8.4-fpm' 'php8.4-opcache' 'php8.4-bcmath' 'php8.4-gd' 'php8.4-intl' 'php8.4-mbstring' 'php8.4-process' 'php8.4-soap' 'php8.4-sodium' 'php8.4-xml' 'php8.4-zip' 'php8.4-pgsql' 'php8.4-pecl-apcu' 'php8.4-pecl-redis6' 'amazon-efs-utils' 'httpd' 'logrotate' 'tar' 'unzip' 'util-linux' 'amazon-cloudwatch-agent' )");
    insta::assert_snapshot!(packages(&old()), @"packages=( 'php8.3-cli' 'php8.3-fpm' 'php8.3-opcache' 'php8.3-bcmath' 'php8.3-gd' 'php8.3-intl' 'php8.3-mbstring' 'php8.3-process' 'php8.3-soap' 'php8.3-sodium' 'php8.3-xml' 'php8.3-zip' 'php8.3-mysqlnd' 'php8.3-pecl-apcu' 'php8.3-pecl-memcached' 'amazon-efs-utils' 'httpd' 'logrotate' 'tar' 'unzip' 'util-linux' 'stunnel' )");
}

#[test]
fn opcache_is_as_moodle_wants_it() {
    insta::assert_snapshot!(file(&campus(), "/etc/php.d/99-moodle-opcache.ini"), @r"
    opcache.enable = 1
    opcache.memory_consumption = 512
    opcache.interned_strings_buffer = 32
    opcache.max_accelerated_files = 32531
    opcache.validate_timestamps = 1
    opcache.revalidate_freq = 300
    opcache.use_cwd = 1
    opcache.save_comments = 1
    opcache.enable_file_override = 0
    ");
}

#[test]
fn hostile_settings_are_themselves_in_php() {
    if !has("php") {
        return;
    }
    let hostile =
        ["'; exit; //", "\\'; exit; //", "?><?php", "$(reboot)", "{{ 7 }}", "@@DATABASE_HOST@@", "\n\\", "é\u{0}"];
    let mut instance = campus();
    instance.settings = hostile.iter().enumerate().map(|(at, it)| (format!("x{at}"), (*it).to_owned())).collect();
    instance.locale = "'".to_owned();
    instance.database.name = "\\".to_owned();
    let folder = tempfile::tempdir().unwrap();
    let (config_file, secret) = (folder.path().join("config.php"), folder.path().join("secret"));
    write(&secret, r#"{"username":"u","password":"p'\\\"$"}"#);
    let config = config(&instance).replace("/run/moodle/database.json", secret.to_str().unwrap());
    let end = "require_once('/var/www/moodle/html/public/lib/setup.php');";
    assert!(config.contains(end));
    write(&config_file, &config.replace(end, "echo json_encode($CFG);"));
    let output = tool("php").arg(&config_file).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let said: serde_json::Value = serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}"));
    for (at, value) in hostile.iter().enumerate() {
        assert_eq!(said[format!("x{at}")], **value);
    }
    assert_eq!(said["lang"], "'");
    assert_eq!(said["dbname"], "\\");
    assert_eq!(said["dbpass"], "p'\\\"$");
    assert_eq!(said["session_redis_host"], "master.session.cache.amazonaws.com");
    assert_eq!(said["session_redis_port"], "6379");
}
