//! The watch tier: alarms on what the other tiers are made of, mails to those who look after the site, the site on one
//! page, and copies of its data kept apart from it.

use crate::kind::{Ref, Text};
use crate::kinds::sns::topic::Topic;
use crate::topology::cache::Caches;
use crate::topology::database::Database;
use crate::topology::files::Files;

mod fields;

mod rules;

mod database;

mod cache;

mod files;

mod front;

mod dashboard;

mod backups;

mod resources;

mod effective;

pub(super) use effective::lines;
pub(super) use fields::{Present, read};
pub(super) use resources::{add, add_topic};

/// The watch tier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watch {
    /// Who gets a mail when an alarm goes off, and when all is well again.
    pub emails: Vec<String>,
    /// Whether there is a page that shows the site.
    pub dashboard: bool,
    /// Whether there are alarms.
    pub alarms: bool,
    /// For how many days a daily copy of database and files is kept; `None` makes none.
    pub backup_days: Option<i32>,
}

/// What can be watched, besides what is in the graph already.
pub(super) struct Watched<'a> {
    /// The database tier.
    pub database: Option<&'a Database>,
    /// The cache tier.
    pub caches: &'a Caches,
    /// The files tier.
    pub files: Option<&'a Files>,
    /// The id of the file system, of the stack's own or one that was there.
    pub file_system: Option<Text>,
    /// The load balancer.
    pub load_balancer: Option<LoadBalanced>,
    /// The group of the web servers.
    pub web: Option<Servers>,
    /// Where alarms are told.
    pub topic: Option<Ref<Topic>>,
}

/// A load balancer, as CloudWatch names it.
pub(super) struct LoadBalanced {
    /// `app/<name>/<id>`.
    pub full_name: Text,
    /// The full name of the group of its targets: `targetgroup/<name>/<id>`.
    pub target_group: Text,
}

/// A group of servers.
pub(super) struct Servers {
    /// Its name.
    pub group: Text,
    /// How many there are at most.
    pub max: i32,
}
