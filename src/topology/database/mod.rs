//! The database tier: an Aurora cluster with its instances; or a database that is there already.

use super::keys::Key;

mod fields;

mod values;

mod versions;

mod resources;

mod effective;

pub(super) use effective::lines;
pub(super) use fields::{Found, read};
pub(super) use resources::Reached;
pub(super) use versions::default_of as default_version;

/// The database tier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Database {
    /// The engine and its dialect.
    pub engine: Engine,
    /// Whether Moodle reads from the readers, where it can.
    pub readers: bool,
    /// Who makes it.
    pub form: Form,
}

/// Who makes the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Form {
    /// The stack.
    Own(Own),
    /// It is there already.
    Existing(Existing),
}

/// A database that the stack makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Own {
    /// The version of the engine, in full.
    pub version: String,
    /// Its servers.
    pub servers: Servers,
    /// The database in it.
    pub name: String,
    /// The user in whose name Moodle comes; the password is made by AWS.
    pub username: String,
    /// For how many days it can be set back.
    pub backup_days: i32,
    /// The key that encrypts it; `None` takes the one that AWS has for databases.
    pub key: Option<Key>,
    /// Whether AWS refuses to delete it.
    pub deletion_protection: bool,
    /// The snapshot that it is made of.
    pub snapshot: Option<String>,
}

/// The servers of a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Servers {
    /// Of a fixed size.
    Instances {
        /// The size: `db.r6g.large`.
        class: String,
        /// How many; the first that is there writes, the others read and stand by.
        count: usize,
    },
    /// That grow and shrink with the load.
    Serverless {
        /// The least.
        min: Capacity,
        /// The most.
        max: Capacity,
        /// How many.
        count: usize,
    },
}

impl Servers {
    /// Returns how many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        match self {
            Servers::Instances { count, .. } | Servers::Serverless { count, .. } => *count,
        }
    }
}

/// Aurora capacity units, which AWS counts in halves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Capacity {
    halves: i32,
}

impl Capacity {
    const fn of_halves(halves: i32) -> Capacity {
        Capacity { halves }
    }

    /// Returns the number of units.
    #[must_use]
    pub fn units(self) -> f64 {
        f64::from(self.halves) / 2.0
    }
}

/// A database that is there already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Existing {
    /// The name under which it is reached.
    pub host: String,
    /// The name under which its readers are reached.
    pub reader: Option<String>,
    /// The database in it.
    pub name: String,
    /// The ARN of the secret with user and password.
    pub secret: String,
    /// Its security group; `None` where the stack's own is given to it.
    pub group: Option<String>,
}

/// An engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// Aurora `PostgreSQL`.
    Postgresql,
    /// Aurora `MySQL`.
    Mysql,
}

impl Engine {
    const WORDS: &[(&'static str, Engine)] =
        &[("aurora-postgresql", Engine::Postgresql), ("aurora-mysql", Engine::Mysql)];

    /// Returns the word for it, in specs and in AWS.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Engine::Postgresql => "aurora-postgresql",
            Engine::Mysql => "aurora-mysql",
        }
    }

    /// Returns the port on which it listens.
    #[must_use]
    pub fn port(self) -> i32 {
        match self {
            Engine::Postgresql => 5432,
            Engine::Mysql => 3306,
        }
    }
}
