//! What a web server boots: the files of an instance, and the user data that carries them.
//!
//! The files are templates (`templates/`). Whatever is printed into one passes a filter that quotes it for its language
//! — shell, PHP, JSON, an ini file — or it is not printed: a template that forgets the filter does not render.
//!
//! Values that nobody knows before an apply ([`Late`](late)) stand in no template. A template has a token in their
//! place, the user data carries them in a list of their own, and the instance puts one in the place of the other, after
//! it has looked at them: no character among them means anything in any of these languages. So the files are the same
//! for every apply, and can be compressed when they are rendered.
//!
//! Comments in templates that begin with `{#` are for who reads them here: user data has room for 16 KiB. Those that
//! are written to an instance say what a file is for.
//!
//! Not here: secrets. An instance has their ARNs and fetches them into memory.

mod build;

mod bundle;

mod files;

mod late;

mod plugins;

mod quote;

mod release;

mod seed;

use std::collections::BTreeMap;

pub use build::build;
pub use bundle::{Bundle, LONGEST, bundle, fetching, size, user_data};
pub use files::files;
pub use late::{is_plain, show};
pub use plugins::{TYPES, folder};
pub use release::{ENDED, OutOfSupport, Release, SERIES, Series};
pub use seed::{Seed, seed};

use crate::kind::{Source, Text};

/// Everything that a web server must be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// What people call the site, until they call it otherwise in Moodle.
    pub name: Name,
    /// The region.
    pub region: String,
    /// What its processor is.
    pub architecture: Architecture,
    /// Where visitors find the site.
    pub address: Address,
    /// The Moodle to run.
    pub release: Release,
    /// Where it comes from.
    pub archive: Archive,
    /// The language of the site: `en`, `it`.
    pub locale: String,
    /// Who installs Moodle.
    pub install: Install,
    /// The plug-ins, each unpacked into the folder of its type.
    pub plugins: Vec<Plugin>,
    /// Settings that are fixed in config.php: `forcelogin`, or `plugin/name`.
    pub settings: BTreeMap<String, String>,
    /// Where scheduled tasks run.
    pub cron: Cron,
    /// The database.
    pub database: Database,
    /// The shared files.
    pub files: Files,
    /// Where sessions are; `None` keeps them in the database.
    pub sessions: Option<Cache>,
    /// Where Moodle caches; `None` leaves that to the shared files.
    pub application: Option<Cache>,
    /// The settings of `OPcache`.
    pub opcache: Opcache,
    /// The settings of PHP.
    pub php: Php,
    /// The log group of the web servers; `None` keeps logs where they are written.
    pub logs: Option<Text>,
    /// Below which parameter instances report: `/Moodle/campus`.
    pub parameters: String,
}

/// What people call the site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// On its front page.
    pub full: String,
    /// Above every page.
    pub short: String,
}

/// The processors for which there are instances.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Architecture {
    /// Graviton.
    Arm64,
    /// Intel and AMD.
    X86_64,
}

/// Where visitors find the site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// The site's own name.
    pub domain: Option<String>,
    /// Whether there is a certificate for that name.
    pub certificate: bool,
    /// The distribution before the load balancer.
    pub cdn: Option<Cdn>,
    /// The load balancer's name.
    pub load_balancer: Text,
}

/// A distribution before the load balancer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cdn {
    /// Its own name, `d111111abcdef8.cloudfront.net`.
    pub name: Text,
    /// Whether the load balancer refuses who does not come through it. Only then what it says of visitors is believed.
    pub only_way: bool,
}

impl Address {
    /// Returns the name that visitors write: the site's own, else the distribution's, else the load balancer's.
    #[must_use]
    pub fn host(&self) -> Text {
        let Address { domain, certificate: _, cdn, load_balancer } = self;
        match (domain, cdn) {
            (Some(domain), _) => Text::from(domain.as_str()),
            (None, Some(cdn)) => cdn.name.clone(),
            (None, None) => load_balancer.clone(),
        }
    }

    /// Whether visitors come with TLS: to the site's own name with a certificate, to a distribution's name always, to
    /// a load balancer's never, because nobody can have a certificate for it.
    #[must_use]
    pub fn is_https(&self) -> bool {
        match &self.domain {
            Some(_) => self.certificate,
            None => self.cdn.is_some(),
        }
    }
}

/// An archive (tgz or zip) and what its bytes are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Archive {
    /// `https://…` or `s3://…`.
    pub url: String,
    /// The SHA-256 of the archive; `None` takes the one that is published beside it (`<url>.sha256`).
    pub sha256: Option<String>,
}

/// Who installs Moodle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Install {
    /// The first web server, before anybody can see it.
    Unattended(Admin),
    /// Whoever opens the site first. Sessions stay in the database until that is done.
    Wizard,
}

/// The first administrator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admin {
    /// The user's name.
    pub user: String,
    /// The user's e-mail address.
    pub email: String,
    /// The ARN of the secret with the password: the password itself, or JSON with `password`.
    pub secret: Text,
}

/// A plug-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plugin {
    /// `mod_attendance`. Its type has a [`folder`].
    pub component: String,
    /// Where it comes from.
    pub url: String,
    /// The SHA-256 of the archive.
    pub sha256: String,
}

/// Where scheduled tasks run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cron {
    /// On one web server at a time, whichever has the lock.
    One,
    /// On all; Moodle's own locks see to it that no task runs twice.
    All,
}

/// The database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Database {
    /// Its dialect.
    pub engine: Engine,
    /// The name under which it is reached.
    pub host: Text,
    /// The name under which readers are reached; `None` reads from the writer. Never the writer's own.
    pub reader: Option<Text>,
    /// The port.
    pub port: u16,
    /// The database in it.
    pub name: String,
    /// The ARN of the secret with `username` and `password`.
    pub secret: Text,
    /// Whether its certificate is of AWS's authority for databases and must be right.
    pub verified: bool,
}

/// The dialects of databases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// `PostgreSQL`.
    Postgresql,
    /// Aurora `MySQL`.
    Mysql,
}

/// The shared files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Files {
    /// `fs-…`.
    pub file_system: Text,
    /// The name to mount.
    pub dns: Text,
    /// The access point of Moodle's `dataroot`.
    pub data: Text,
    /// The access point of `cachedir`.
    pub cache: Text,
    /// The access point of `tempdir`.
    pub temp: Text,
}

/// A cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cache {
    /// What it speaks.
    pub protocol: Protocol,
    /// `host:port`; of memcached nodes one for each, with commas, never the one for auto discovery.
    pub servers: Text,
    /// Whether it must be spoken to with TLS.
    pub tls: bool,
}

/// What a cache speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// Redis, which is Valkey's too.
    Redis,
    /// Memcached.
    Memcached,
}

/// The settings of `OPcache`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opcache {
    /// The memory for compiled files.
    pub memory_mib: u32,
    /// How many files there is room for.
    pub files: u32,
    /// After how many seconds a file is looked at again.
    pub revalidate_seconds: u32,
}

/// The settings of PHP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Php {
    /// What one request may use.
    pub memory_limit_mib: u32,
    /// How many fields a form may have.
    pub max_input_vars: u32,
}

/// Returns every file of an instance and its user data (as `user-data`) as texts, with what `known` knows of the
/// values that an apply brings. What it does not know shows as `<address.attribute>`.
#[must_use]
pub fn rendered(instance: &Instance, known: &impl Fn(&Source) -> Option<String>) -> BTreeMap<String, String> {
    let files = files(instance).into_iter().map(|(path, text)| (path, show(&text, known)));
    let user_data = ("user-data".to_owned(), show(&user_data(instance), known));
    files.chain([user_data]).collect()
}
