//! The files of an instance.

use std::collections::BTreeMap;

use minijinja::value::Value;
use minijinja::{Environment, context};

use super::{Architecture, Archive, Cache, Cron, Engine, Install, Instance, Protocol, build, late, plugins, quote};
use crate::kind::Text;

/// A file before its late values are known.
pub(super) struct File {
    pub(super) path: &'static str,
    pub(super) is_program: bool,
    pub(super) text: String,
}

/// A template: the path of its file, whether that can be run, and the text.
type Template = (&'static str, bool, &'static str);

macro_rules! template {
    ($path:literal, $name:literal) => {
        ($path, false, include_str!(concat!("templates/", $name)))
    };
    ($path:literal, $name:literal, program) => {
        ($path, true, include_str!(concat!("templates/", $name)))
    };
}

/// What every instance has.
const ALWAYS: &[Template] = &[
    template!("/etc/httpd/conf.d/moodle.conf", "httpd.conf"),
    template!("/etc/logrotate.d/moodle", "logrotate"),
    template!("/etc/moodle/config.php", "config.php"),
    template!("/etc/php-fpm.d/moodle.conf", "php-fpm.conf"),
    template!("/etc/php.d/99-moodle-opcache.ini", "opcache.ini"),
    template!("/etc/php.d/99-moodle.ini", "php.ini"),
    template!("/etc/systemd/system/moodle-cron.service", "cron.service"),
    template!("/etc/systemd/system/moodle-cron.timer", "cron.timer"),
    template!("/etc/systemd/system/moodle-secrets.service", "secrets.service"),
    template!("/etc/systemd/system/moodle-secrets.timer", "secrets.timer"),
    template!("/etc/systemd/system/moodle-updates.service", "updates.service"),
    template!("/etc/systemd/system/moodle-updates.timer", "updates.timer"),
    template!("/etc/systemd/system/php-fpm.service.d/moodle.conf", "php-fpm.service"),
    template!("/opt/moodle-infra/boot.sh", "boot.sh", program),
    template!("/opt/moodle-infra/cron.php", "cron.php"),
    template!("/opt/moodle-infra/database.php", "database.php"),
    template!("/opt/moodle-infra/fstab", "fstab"),
    template!("/opt/moodle-infra/health/status.php", "status.php"),
    template!("/opt/moodle-infra/maintenance.sh", "maintenance.sh", program),
    template!("/opt/moodle-infra/report.sh", "report.sh", program),
    template!("/opt/moodle-infra/secrets.sh", "secrets.sh", program),
    template!("/opt/moodle-infra/settle.php", "settle.php"),
];
const FOR_INSTALLING: &[Template] = &[template!("/opt/moodle-infra/install.php", "install.php")];
const FOR_THE_WIZARD: &[Template] = &[
    template!("/etc/systemd/system/moodle-stage.service", "stage.service"),
    template!("/etc/systemd/system/moodle-stage.timer", "stage.timer"),
    template!("/opt/moodle-infra/stage.sh", "stage.sh", program),
    template!("/opt/moodle-infra/visitor.sh", "visitor.sh", program),
];
const FOR_THE_CACHE: &[Template] =
    &[template!("/opt/moodle-infra/cache.json", "cache.json"), template!("/opt/moodle-infra/cache.php", "cache.php")];
const FOR_LOGS: &[Template] = &[template!("/opt/aws/amazon-cloudwatch-agent/etc/moodle.json", "agent.json")];
const FOR_TUNNELS: &[Template] = &[
    template!("/etc/stunnel/moodle.conf", "stunnel.conf"),
    template!("/etc/systemd/system/moodle-tunnel.service", "tunnel.service"),
];

/// Returns every file of an instance by its path. Values that are not known yet are references.
///
/// # Panics
/// When a known value is one that a checked spec does not have.
#[must_use]
pub fn files(instance: &Instance) -> BTreeMap<String, Text> {
    let values = late::values(instance);
    let fill = |file: File| (file.path.to_owned(), late::filled(&file.text, &values));
    written(instance).into_iter().map(fill).collect()
}

/// Returns the files with tokens for late values, in the order of their paths.
pub(super) fn written(instance: &Instance) -> Vec<File> {
    let environment = quote::environment();
    let context = context_of(instance);
    let mut files: Vec<File> =
        templates(instance).into_iter().map(|template| render(&environment, template, &context)).collect();
    files.sort_by_key(|it| it.path);
    files
}

fn templates(instance: &Instance) -> Vec<&'static Template> {
    let install = match instance.install {
        Install::Unattended(_) => FOR_INSTALLING,
        Install::Wizard => FOR_THE_WIZARD,
    };
    let cache = if instance.application.is_some() { FOR_THE_CACHE } else { &[] };
    let logs = if instance.logs.is_some() { FOR_LOGS } else { &[] };
    let tunnels = if tunnels(instance).is_empty() { &[] } else { FOR_TUNNELS };
    [ALWAYS, install, cache, logs, tunnels].into_iter().flatten().collect()
}

fn render(environment: &Environment<'_>, template: &Template, context: &Value) -> File {
    let (path, is_program, text) = *template;
    let text = environment.render_str(text, context).unwrap_or_else(|error| panic!("bug: {path}: {error:#}"));
    File { path, is_program, text }
}

/// Returns what the templates know. A new field of an instance must find its place here.
fn context_of(instance: &Instance) -> Value {
    let Instance {
        name,
        region,
        architecture,
        address,
        release,
        archive,
        locale,
        install,
        plugins,
        settings,
        cron,
        database,
        files: _,
        sessions,
        application,
        opcache,
        php,
        logs,
        parameters,
    } = instance;
    let Archive { url, sha256 } = archive;
    let admin = match install {
        Install::Unattended(admin) => Some(context! { user => admin.user, email => admin.email }),
        Install::Wizard => None,
    };
    context! {
        late => late::values(instance).keys().map(|it| (*it, quoted(&late::token(it)))).collect::<BTreeMap<_, _>>(),
        region, locale, parameters, admin,
        name => context! { full => name.full, short => name.short },
        build => build(instance),
        machine => match architecture { Architecture::Arm64 => "aarch64", Architecture::X86_64 => "x86_64" },
        https => address.is_https(),
        strips_edge => address.cdn.as_ref().is_some_and(|it| it.only_way),
        release => context! {
            name => release.to_string(), branch => release.branch(), php => quoted(release.series.php),
            public => quoted(release.public()), router => release.series.router,
            read_timeout => release.series.read_timeout,
        },
        archive => context! { url, sha256 => sha256.clone().unwrap_or_default() },
        plugins => plugins.iter().map(|it| context! {
            component => it.component, url => it.url, sha256 => it.sha256,
            folder => plugins::folder(&it.component, *release)
                .unwrap_or_else(|| panic!("bug: {} has no folder", it.component)),
        }).collect::<Vec<_>>(),
        settings => settings.iter().map(|(name, value)| setting(name, value)).collect::<Vec<_>>(),
        one_cron => *cron == Cron::One,
        postgresql => database.engine == Engine::Postgresql,
        reader => database.reader.is_some(),
        database => context! { port => database.port, name => database.name, verified => database.verified },
        rds_bundle => rds_bundle(region),
        sessions => sessions.as_ref().map(cache), application => application.as_ref().map(cache),
        tunnels => tunnels(instance),
        opcache => context! {
            memory => opcache.memory_mib, files => opcache.files, revalidate => opcache.revalidate_seconds,
        },
        php => context! { memory => php.memory_limit_mib, vars => php.max_input_vars },
        logs => logs.is_some(),
        packages => packages(instance),
        extensions => extensions(instance),
    }
}

/// Marks a text that is ours and means nothing but itself.
fn quoted(text: &str) -> Value {
    Value::from_safe_string(text.to_owned())
}

fn setting(name: &str, value: &str) -> Value {
    let (plugin, name) = name.split_once('/').map_or((None, name), |(plugin, name)| (Some(plugin), name));
    context! { plugin, name, value }
}

fn cache(cache: &Cache) -> Value {
    context! { redis => cache.protocol == Protocol::Redis, tls => cache.tls }
}

/// Returns the caches that PHP can only speak to through a tunnel: its client for memcached knows no TLS.
fn tunnels(instance: &Instance) -> Vec<Value> {
    let tunnelled = |cache: &&Cache| cache.tls && cache.protocol == Protocol::Memcached;
    let sessions = instance.sessions.as_ref().filter(tunnelled).map(|_| ("session", "SESSION_SERVERS", 11211));
    let application =
        instance.application.as_ref().filter(tunnelled).map(|_| ("application", "APPLICATION_SERVERS", 11212));
    let both = sessions.into_iter().chain(application);
    both.map(|(name, server, port)| context! { name, server => quoted(&late::token(server)), port }).collect()
}

/// Returns where AWS publishes the certificates of its authority for databases.
fn rds_bundle(region: &str) -> String {
    if region.starts_with("cn-") {
        return "https://rds-truststore.s3.cn-north-1.amazonaws.com.cn/global/global-bundle.pem".to_owned();
    }
    let host = if region.starts_with("us-gov-") { "truststore.pki.us-gov-west-1.rds" } else { "truststore.pki.rds" };
    format!("https://{host}.amazonaws.com/global/global-bundle.pem")
}

/// Returns the packages of Amazon Linux 2023.
fn packages(instance: &Instance) -> Vec<String> {
    let speaks =
        |protocol| [&instance.sessions, &instance.application].into_iter().flatten().any(|it| it.protocol == protocol);
    let database = if instance.database.engine == Engine::Postgresql { "pgsql" } else { "mysqlnd" };
    let mut php = vec![
        "cli",
        "fpm",
        "opcache",
        "bcmath",
        "gd",
        "intl",
        "mbstring",
        "process",
        "soap",
        "sodium",
        "xml",
        "zip",
        database,
        "pecl-apcu",
    ];
    php.extend(speaks(Protocol::Redis).then_some("pecl-redis6"));
    php.extend(speaks(Protocol::Memcached).then_some("pecl-memcached"));
    let release = format!("php{}", instance.release.series.php);
    let mut packages: Vec<String> = php.iter().map(|it| format!("{release}-{it}")).collect();
    packages.extend(["amazon-efs-utils", "httpd", "logrotate", "tar", "unzip", "util-linux"].map(str::to_owned));
    packages.extend(instance.logs.is_some().then(|| "amazon-cloudwatch-agent".to_owned()));
    packages.extend((!tunnels(instance).is_empty()).then(|| "stunnel".to_owned()));
    packages
}

/// Returns what PHP must say that it has: packages have been there whose extension was not.
fn extensions(instance: &Instance) -> Vec<&'static str> {
    let mut extensions = vec![
        "apcu",
        "ctype",
        "curl",
        "dom",
        "exif",
        "fileinfo",
        "filter",
        "gd",
        "hash",
        "iconv",
        "intl",
        "json",
        "mbstring",
        "openssl",
        "pcre",
        "simplexml",
        "soap",
        "sodium",
        "spl",
        "tokenizer",
        "xml",
        "xmlreader",
        "Zend OPcache",
        "zip",
        "zlib",
    ];
    extensions.push(if instance.database.engine == Engine::Postgresql { "pgsql" } else { "mysqli" });
    for cache in [&instance.sessions, &instance.application].into_iter().flatten() {
        extensions.push(if cache.protocol == Protocol::Redis { "redis" } else { "memcached" });
    }
    extensions.dedup();
    extensions
}
