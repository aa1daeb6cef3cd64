//! What a web server boots: golden files, every combination as its language reads it, and what must never be in it.

mod cache;
mod code;
mod combinations;
mod content;
mod seeding;
mod settling;
mod unpacking;

use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use moodle_infra::kind::{Address as At, Milestone, Part, Source, Text};
use moodle_infra::runtime::{
    Address, Admin, Architecture, Archive, Cache, Cdn, Cron, Database, Engine, Files, Install, Instance, Opcache, Php,
    Plugin, Protocol, Release,
};

const SUM: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// Returns an attribute of another resource.
fn of(address: &str, attr: &str) -> Text {
    let of = At::parse(address).expect("an address");
    Text::From(vec![Part::Of(Source { of, attr: attr.to_owned(), until: Milestone::Ready })])
}

/// Returns the instance of a spec with most defaults: domain, certificate, CDN, `PostgreSQL` with readers, Valkey.
fn campus() -> Instance {
    Instance {
        stack: "campus".to_owned(),
        region: "eu-west-1".to_owned(),
        architecture: Architecture::Arm64,
        address: Address {
            domain: Some("moodle.example.edu".to_owned()),
            certificate: true,
            cdn: Some(Cdn { name: of("cdn.distribution", "domain"), only_way: true }),
            load_balancer: of("load-balancer.load-balancer", "dns"),
        },
        release: Release::DEFAULT,
        archive: Archive { url: Release::DEFAULT.url(), sha256: Some(SUM.to_owned()) },
        locale: "it".to_owned(),
        install: Install::Unattended(Admin {
            user: "admin".to_owned(),
            email: "admin@example.edu".to_owned(),
            secret: of("web.admin", "arn"),
        }),
        plugins: vec![Plugin {
            component: "mod_attendance".to_owned(),
            url: "https://moodle.org/plugins/download.php/1/mod_attendance.zip".to_owned(),
            sha256: SUM.to_owned(),
        }],
        settings: [("forcelogin", "1"), ("tool_mobile/enabled", "0")].map(|(name, it)| (name.into(), it.into())).into(),
        cron: Cron::One,
        database: Database {
            engine: Engine::Postgresql,
            host: of("database.cluster", "endpoint"),
            reader: Some(of("database.cluster", "reader_endpoint")),
            port: 5432,
            name: "moodle".to_owned(),
            secret: of("database.cluster", "secret"),
            verified: true,
        },
        files: Files {
            file_system: of("files.file-system", "id"),
            dns: of("files.file-system", "dns"),
            data: of("files.access-point[\"data\"]", "id"),
            cache: of("files.access-point[\"cache\"]", "id"),
            temp: of("files.access-point[\"temp\"]", "id"),
        },
        sessions: Some(Cache { protocol: Protocol::Redis, servers: of("cache.session", "endpoint"), tls: true }),
        application: Some(Cache { protocol: Protocol::Redis, servers: of("cache.application", "endpoint"), tls: true }),
        opcache: Opcache { memory_mib: 512, files: 32531, revalidate_seconds: 300 },
        php: Php { memory_limit_mib: 512, max_input_vars: 5000 },
        logs: Some(of("web.log-group", "name")),
        parameters: "/Moodle/campus".to_owned(),
    }
}

/// Returns an instance as in the reference architecture of old: no name of its own, memcached, the wizard.
fn old() -> Instance {
    let release: Release = "4.5.14".parse().unwrap();
    let memcached = |servers, tls| Some(Cache { protocol: Protocol::Memcached, servers, tls });
    Instance {
        address: Address {
            domain: None,
            certificate: false,
            cdn: None,
            load_balancer: of("load-balancer.load-balancer", "dns"),
        },
        architecture: Architecture::X86_64,
        release,
        archive: Archive { url: "s3://artefacts/moodle.tgz".to_owned(), sha256: Some(SUM.to_owned()) },
        locale: "en".to_owned(),
        install: Install::Wizard,
        plugins: Vec::new(),
        settings: [].into(),
        cron: Cron::All,
        database: Database { engine: Engine::Mysql, reader: None, port: 3306, ..campus().database },
        sessions: memcached(of("cache.session", "nodes"), false),
        application: memcached(of("cache.application", "endpoint"), true),
        logs: None,
        ..campus()
    }
}

/// Returns what an apply would bring.
fn known(source: &Source) -> Option<String> {
    let value = match (source.of.to_string().as_str(), source.attr.as_str()) {
        ("cdn.distribution", _) => "d111111abcdef8.cloudfront.net",
        ("load-balancer.load-balancer", _) => "Campus-1234.eu-west-1.elb.amazonaws.com",
        ("database.cluster", "endpoint") => "campus.cluster-c0.eu-west-1.rds.amazonaws.com",
        ("database.cluster", "reader_endpoint") => "campus.cluster-ro-c0.eu-west-1.rds.amazonaws.com",
        ("database.cluster", _) => "arn:aws:secretsmanager:eu-west-1:123456789012:secret:rds!cluster-0a-AbCdEf",
        ("web.admin", _) => "arn:aws:secretsmanager:eu-west-1:123456789012:secret:campus-admin-AbCdEf",
        ("files.file-system", "dns") => "fs-0a.efs.eu-west-1.amazonaws.com",
        ("files.file-system", _) => "fs-0a",
        ("files.access-point[\"data\"]", _) => "fsap-0d",
        ("files.access-point[\"cache\"]", _) => "fsap-0c",
        ("files.access-point[\"temp\"]", _) => "fsap-0e",
        ("cache.session", "nodes") => "s1.cache.amazonaws.com:11211,s2.cache.amazonaws.com:11211",
        ("cache.session", _) => "master.session.cache.amazonaws.com:6379",
        ("cache.application", _) => "app.cache.amazonaws.com:6379",
        ("web.log-group", _) => "/moodle-infra/campus/web",
        _ => return None,
    };
    Some(value.to_owned())
}

/// Whether a program is there. Where it is not, says so past the tests' own capture.
fn has(program: &str) -> bool {
    let there = Command::new(program).arg("--version").output().is_ok();
    if !there {
        let notice = format!("\nNOT CHECKED: there is no {program} here (`apt-get install {program}`)\n");
        // Nobody reads it where this fails.
        drop(writeln!(std::io::stderr(), "{notice}"));
    }
    there
}

/// Writes a file for a program to read.
fn write(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::File::create(path).unwrap().write_all(text.as_bytes()).unwrap();
}
