//! The node `site`: what Moodle is, apart from where it runs.
//!
//! It makes nothing by itself. Certificate and DNS take the domain from it, the web servers all the rest.

use std::collections::BTreeMap;

use crate::runtime::Release;

mod fields;

mod names;

mod code;

mod settings;

mod releases;

mod url;

mod effective;

pub(super) use effective::lines;
pub(super) use fields::read;
pub(super) use releases::check_database;
pub(super) use url::{record_by_hand, url};

pub use code::Archive;

/// What Moodle is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// The name under which the world finds it, in lower case; `None` leaves it to the name that AWS gives.
    pub domain: Option<String>,
    /// The zone in DNS that the domain is in, where Route 53 has it.
    pub zone: Option<String>,
    /// What people call it; `None` calls it as the stack.
    pub name: Option<Name>,
    /// The release of Moodle.
    pub release: Release,
    /// Where its code is; `None` takes it from moodle.org.
    pub source: Option<Archive>,
    /// The code of its language: `en`, `pt_br`.
    pub locale: String,
    /// Who goes through the installation.
    pub install: Install,
    /// Who administers it.
    pub admin: Admin,
    /// What is added to it, by component: `mod_attendance`.
    pub plugins: BTreeMap<String, Archive>,
    /// Settings that nobody can change in Moodle, as `name` or `component/name`.
    pub config: BTreeMap<String, String>,
    /// Which web servers run its scheduled tasks.
    pub cron: Cron,
}

impl Default for Site {
    fn default() -> Site {
        Site {
            domain: None,
            zone: None,
            name: None,
            release: Release::default(),
            source: None,
            locale: "en".to_owned(),
            install: Install::Unattended,
            admin: Admin::default(),
            plugins: BTreeMap::new(),
            config: BTreeMap::new(),
            cron: Cron::One,
        }
    }
}

/// What people call the site. A site that stands is not renamed: people do that in Moodle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// On its front page: `University of Example`.
    pub full: String,
    /// Above every page: `Example`.
    pub short: String,
}

/// Who goes through the installation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Install {
    /// The first web server, before anybody can reach it.
    Unattended,
    /// A person in a browser.
    Wizard,
}

impl Install {
    const WORDS: &[(&'static str, Install)] = &[("unattended", Install::Unattended), ("wizard", Install::Wizard)];

    /// Returns the word for it in specs.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Install::Unattended => "unattended",
            Install::Wizard => "wizard",
        }
    }
}

/// Who administers the site. The password is made in AWS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admin {
    /// The user's name.
    pub user: String,
    /// Where mail reaches the person; `None` is settled in Moodle.
    pub email: Option<String>,
}

impl Default for Admin {
    fn default() -> Admin {
        Admin { user: "admin".to_owned(), email: None }
    }
}

/// Which web servers run scheduled tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cron {
    /// One at a time, which holds a lock in the database.
    One,
    /// All; Moodle's own locks keep the tasks apart.
    All,
}

impl Cron {
    const WORDS: &[(&'static str, Cron)] = &[("one", Cron::One), ("all", Cron::All)];

    /// Returns the word for it in specs.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Cron::One => "one",
            Cron::All => "all",
        }
    }
}
