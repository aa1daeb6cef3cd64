//! What the web servers boot: the site of a spec and the other tiers, as [`runtime`] takes them.

use std::collections::BTreeMap;

use super::cache::{self, Purpose, Store};
use super::database::{Engine, Form, Reached};
use super::load_balancer::Balancer;
use super::site::{Cron, Install, Site};
use super::{Build, Files, Front, Key, LoadBalancer, Question, Shared, Topology, at, machines, web};
use crate::kind::Text;
use crate::kinds::secretsmanager::secret::{Recipe, Secret, SecretProps};
use crate::runtime;

/// A password that a person types once, and a program passes to Moodle.
const PASSWORD_LENGTH: i32 = 24;

/// What a Moodle server needs of the other tiers. Without one of them it serves an empty page.
pub(super) struct Parts<'a> {
    pub balancer: Option<&'a Balancer>,
    pub front: &'a Front,
    pub database: Option<&'a Reached>,
    pub shared: Option<&'a Shared>,
    pub stores: &'a BTreeMap<Purpose, Store>,
}

impl Parts<'_> {
    fn are_there(&self) -> bool {
        self.balancer.is_some() && self.database.is_some() && self.shared.is_some()
    }
}

/// Below which parameter the servers of a stack report.
fn reports(stack: &str) -> String {
    format!("{}/report", web::parameters_of(stack))
}

/// Returns the question whether somebody has installed Moodle, where that is for somebody to do.
pub(super) fn question(topology: &Topology) -> Option<Question> {
    let by_hand = topology.site.as_ref().is_some_and(|it| it.install == Install::Wizard);
    let parts = topology.load_balancer.is_some() && topology.database.is_some() && topology.files.is_some();
    (by_hand && parts && topology.web.is_some()).then(|| Question::Installed(reports(&topology.name)))
}

/// Whether the site still waits for somebody to install it.
pub(super) fn waits_for_wizard(cx: &Build<'_>, topology: &Topology) -> bool {
    question(topology).is_some_and(|it| cx.facts.answer(&it) != Question::YES)
}

/// Adds the secret with the administrator's password where the servers install Moodle, and returns its ARN.
pub(super) fn administrator(cx: &mut Build<'_>, topology: &Topology, parts: &Parts<'_>) -> Option<Text> {
    let site = topology.site.clone().unwrap_or_default();
    if site.install == Install::Wizard || !parts.are_there() {
        return None;
    }
    let recipe = Recipe {
        length: PASSWORD_LENGTH,
        without: "\"'\\`$".to_owned(),
        punctuation: true,
        member: Some("password".to_owned()),
        beside: BTreeMap::from([("username".to_owned(), site.admin.user.clone())]),
    };
    let props = SecretProps {
        name: format!("{}/admin", cx.stack),
        recipe,
        description: "The administrator of the Moodle site".to_owned(),
        key: None,
        disposable: false,
        tags: cx.tags("admin"),
    };
    let secret = cx.graph.add::<Secret>(at("site.admin-secret"), props).text();
    cx.output("admin-secret", &secret);
    cx.output("admin-user", &site.admin.user.as_str().into());
    Some(secret)
}

/// Returns the keys that are there already and encrypt what the servers read.
pub(super) fn keys(topology: &Topology) -> Vec<Text> {
    let of_files = match &topology.files {
        Some(Files::Own(own)) => own.key.as_ref(),
        Some(Files::Existing(_)) | None => None,
    };
    of_files.iter().filter_map(|it| if let Key::Known(arn) = it { Some(arn.as_str().into()) } else { None }).collect()
}

/// Returns the ARNs of what the servers fetch from S3.
pub(super) fn objects(cx: &Build<'_>, site: Option<&Site>) -> Vec<Text> {
    let Some(site) = site else { return Vec::new() };
    let urls = site.source.iter().map(|it| &it.url).chain(site.plugins.values().map(|it| &it.url));
    let arn = |path: &str| format!("arn:{}:s3:::{path}", cx.facts.partition()).into();
    urls.filter_map(|url| url.strip_prefix("s3://")).map(arn).collect()
}

/// Returns what a web server must be told; `None` where a part is missing.
pub(super) fn instance(
    cx: &Build<'_>,
    topology: &Topology,
    parts: &Parts<'_>,
    admin: Option<Text>,
    log_group: Text,
) -> Option<runtime::Instance> {
    let (web, database) = (topology.web.as_ref()?, topology.database.as_ref()?);
    let (balancer, reached, shared) = (parts.balancer?, parts.database?, parts.shared?);
    let site = topology.site.clone().unwrap_or_default();
    let release = site.release;
    let whole = |number: i32| u32::try_from(number).unwrap_or_default();
    let architecture = match machines::Architecture::of(&web.instances) {
        machines::Architecture::Arm64 => runtime::Architecture::Arm64,
        machines::Architecture::X86_64 => runtime::Architecture::X86_64,
    };
    let access_point = |name: &str| {
        let found = shared.access_points.iter().find(|(it, _)| *it == name);
        found.map_or_else(|| panic!("bug: no directory {name}"), |(_, it)| it.text())
    };
    Some(runtime::Instance {
        name: match &site.name {
            Some(it) => runtime::Name { full: it.full.clone(), short: it.short.clone() },
            None => runtime::Name { full: cx.stack.to_owned(), short: cx.stack.to_owned() },
        },
        region: cx.facts.region().to_owned(),
        architecture,
        address: runtime::Address {
            domain: site.domain.clone(),
            certificate: parts.front.certificate,
            cdn: parts.front.cdn.as_ref().map(|it| runtime::Cdn {
                name: it.name.clone(),
                only_way: matches!(&topology.load_balancer, Some(LoadBalancer::Own(own)) if own.only_from_cdn),
            }),
            load_balancer: balancer.dns_name.clone(),
        },
        release,
        archive: match &site.source {
            Some(it) => runtime::Archive { url: it.url.clone(), sha256: Some(it.sha256.clone()) },
            None => runtime::Archive { url: release.url(), sha256: None },
        },
        locale: site.locale.clone(),
        install: match (site.install, admin) {
            (Install::Unattended, Some(secret)) => {
                runtime::Install::Unattended(runtime::Admin { email: email(&site), user: site.admin.user, secret })
            }
            _ => runtime::Install::Wizard,
        },
        plugins: site
            .plugins
            .into_iter()
            .map(|(component, it)| runtime::Plugin { component, url: it.url, sha256: it.sha256 })
            .collect(),
        settings: site.config,
        cron: match site.cron {
            Cron::One => runtime::Cron::One,
            Cron::All => runtime::Cron::All,
        },
        database: runtime::Database {
            engine: match database.engine {
                Engine::Postgresql => runtime::Engine::Postgresql,
                Engine::Mysql => runtime::Engine::Mysql,
            },
            host: reached.endpoint.clone(),
            reader: reached.reader.clone().filter(|_| database.readers),
            port: u16::try_from(database.engine.port()).unwrap_or_default(),
            name: reached.name.as_str().to_owned(),
            secret: reached.secret.clone(),
            // Who has a database of their own may have an authority of their own.
            verified: matches!(database.form, Form::Own(_)),
        },
        files: runtime::Files {
            file_system: shared.file_system.clone(),
            dns: shared.dns.clone(),
            data: access_point("data"),
            cache: access_point("cache"),
            temp: access_point("temp"),
        },
        sessions: parts.stores.get(&Purpose::Session).map(cache_of),
        application: parts.stores.get(&Purpose::Application).map(cache_of),
        opcache: runtime::Opcache {
            memory_mib: whole(web.opcache.memory_mib),
            files: whole(web.opcache.files),
            revalidate_seconds: whole(web.opcache.revalidate_seconds),
        },
        php: runtime::Php {
            memory_limit_mib: whole(web.php.memory_limit_mib),
            max_input_vars: whole(web.php.max_input_vars),
        },
        logs: Some(log_group),
        parameters: web::parameters_of(cx.stack),
    })
}

/// Moodle asks for an address; without one it gets one that reaches nobody.
fn email(site: &Site) -> String {
    let domain = site.domain.as_deref().unwrap_or("moodle.invalid");
    site.admin.email.clone().unwrap_or_else(|| format!("{}@{domain}", site.admin.user))
}

fn cache_of(store: &Store) -> runtime::Cache {
    runtime::Cache {
        protocol: match store.engine {
            cache::Engine::Memcached => runtime::Protocol::Memcached,
            cache::Engine::Valkey | cache::Engine::Redis => runtime::Protocol::Redis,
        },
        servers: store.nodes.clone().unwrap_or_else(|| store.endpoint.clone()),
        tls: store.tls,
    }
}
