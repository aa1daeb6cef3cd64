//! The cache tier: one cache for sessions, one for the application, each in nodes, serverless, or there already.
//!
//! They are two because they fail and fill up differently: a full application cache drops what can be read again, and
//! that must never drop a session.

use std::collections::BTreeMap;

mod fields;

mod versions;

mod shapes;

mod existing;

mod resources;

pub(super) use fields::{Ground, read};
pub(super) use resources::{Store, add};

/// The caches of a stack.
pub type Caches = BTreeMap<Purpose, Cache>;

/// What a cache is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    /// Who is logged in.
    Session,
    /// What Moodle would otherwise ask the database again.
    Application,
}

impl Purpose {
    const WORDS: &[(&'static str, Purpose)] = &[("session", Purpose::Session), ("application", Purpose::Application)];

    /// Returns the word for it in specs, addresses and outputs.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Purpose::Session => "session",
            Purpose::Application => "application",
        }
    }

    /// Returns the word for it in names: those of replication groups have at most 40 characters.
    fn short(self) -> &'static str {
        match self {
            Purpose::Session => "session",
            Purpose::Application => "app",
        }
    }
}

/// A cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cache {
    /// What runs in it.
    pub engine: Engine,
    /// Its version: of nodes `8.1`, serverless `8`; empty where it is there already, which is nobody's to say.
    pub version: String,
    /// How it is provided.
    pub shape: Shape,
    /// The ARN of the key that encrypts what it stores; `None` is AWS's own.
    pub key: Option<String>,
}

/// What runs in a cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// Valkey.
    Valkey,
    /// Redis OSS.
    Redis,
    /// Memcached.
    Memcached,
}

impl Engine {
    const WORDS: &[(&'static str, Engine)] =
        &[("valkey", Engine::Valkey), ("redis", Engine::Redis), ("memcached", Engine::Memcached)];

    /// Returns the word for it, in specs and in AWS.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Engine::Valkey => "valkey",
            Engine::Redis => "redis",
            Engine::Memcached => "memcached",
        }
    }
}

/// How a cache is provided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shape {
    /// As nodes.
    Nodes(Nodes),
    /// As a service that grows and shrinks with its use.
    Serverless(Limits),
    /// It is there already.
    Existing(Existing),
}

/// A cache that is there already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Existing {
    /// Host and port; of memcached those of each node.
    pub servers: Vec<(String, u16)>,
    /// Whether it must be spoken to with TLS.
    pub tls: bool,
    /// Its security group; `None` where the stack's own is given to it.
    pub group: Option<String>,
}

impl Existing {
    /// Returns the servers with commas.
    #[must_use]
    pub fn endpoint(&self) -> String {
        let servers: Vec<String> = self.servers.iter().map(|(host, port)| format!("{host}:{port}")).collect();
        servers.join(",")
    }
}

/// The nodes of a cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nodes {
    /// Their class.
    pub class: String,
    /// How many they are.
    pub count: i32,
    /// Settings of the engine that differ from its own.
    pub parameters: BTreeMap<String, String>,
}

/// Between what a serverless cache grows and shrinks; `None` leaves it to AWS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// The least storage, in GiB.
    pub min_gib: Option<i32>,
    /// The most storage.
    pub max_gib: Option<i32>,
    /// The least processing, in ElastiCache processing units a second.
    pub min_ecpu: Option<i32>,
    /// The most processing.
    pub max_ecpu: Option<i32>,
}

impl Limits {
    /// Returns the limits by the names of their fields.
    #[must_use]
    pub fn named(&self) -> [(&'static str, Option<i32>); 4] {
        let Limits { min_gib, max_gib, min_ecpu, max_ecpu } = self;
        [("min-gib", *min_gib), ("max-gib", *max_gib), ("min-ecpu", *min_ecpu), ("max-ecpu", *max_ecpu)]
    }
}
