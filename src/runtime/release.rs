//! The releases of Moodle that this version knows, and what each needs. The one place for such facts.
//!
//! They are those of Moodle's own `admin/environment.xml`, and of what its code reads of `config.php`.

use std::fmt;
use std::str::FromStr;

/// Releases with the same needs, and the same folder of plug-ins.
#[derive(Debug, PartialEq, Eq)]
pub struct Series {
    /// Its name: `5.3`.
    pub name: &'static str,
    /// The last number of the newest release that this version knows; newer ones are taken too.
    pub newest: u32,
    /// When Moodle ends its security fixes.
    pub until: &'static str,
    /// The version of PHP to run it with.
    pub php: &'static str,
    /// The least major version of `PostgreSQL`, Aurora's too.
    pub postgresql: u32,
    /// The least version of `MySQL` that Aurora `MySQL` must speak: what Moodle asks of `auroramysql`, less than of a
    /// `MySQL` server.
    pub aurora_mysql: (u32, u32),
    /// Whether only the folder `public` is shown to the world.
    pub public: bool,
    /// Whether page addresses go through the router, for which the web server sends what it does not find to `r.php`.
    pub router: bool,
    /// Whether sessions in Redis have a time-out for reading of their own.
    pub read_timeout: bool,
}

/// Those that get security fixes, newest first.
pub const SERIES: &[Series] = &[
    Series {
        name: "5.3",
        newest: 0,
        until: "1 October 2029",
        php: "8.4",
        postgresql: 17,
        aurora_mysql: (8, 0),
        public: true,
        router: true,
        read_timeout: true,
    },
    Series {
        name: "5.2",
        newest: 3,
        until: "4 October 2027",
        php: "8.4",
        postgresql: 16,
        aurora_mysql: (8, 0),
        public: true,
        router: true,
        read_timeout: true,
    },
    Series {
        name: "5.1",
        newest: 7,
        until: "19 April 2027",
        php: "8.4",
        postgresql: 15,
        aurora_mysql: (8, 0),
        public: true,
        router: true,
        read_timeout: false,
    },
    // It refuses PHP 8.4.
    Series {
        name: "4.5",
        newest: 14,
        until: "4 October 2027",
        php: "8.3",
        postgresql: 13,
        aurora_mysql: (8, 0),
        public: false,
        router: false,
        read_timeout: false,
    },
];

/// Between the long-term ones: it got fixes for eighteen months.
pub const ENDED: &[(&str, &str)] = &[("5.0", "5 October 2026")];

/// A release of Moodle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Release {
    /// What it needs.
    pub series: &'static Series,
    /// Its last number: 0 in 5.3.0.
    pub patch: u32,
}

impl Release {
    /// The newest with long-term support.
    pub const DEFAULT: Release = SERIES[0].newest();

    /// Returns its full number: `5.3.0`.
    #[must_use]
    pub fn version(self) -> String {
        format!("{}.{}", self.series.name, self.patch)
    }

    /// Returns what Moodle calls the series in `version.php`: `503`.
    #[must_use]
    pub fn branch(self) -> String {
        let (major, minor) = self.series.name.split_once('.').unwrap_or((self.series.name, "0"));
        format!("{major}{minor:0>2}")
    }

    /// Returns where moodle.org has its code; a file with `.sha256` at the end of its name stands beside it.
    #[must_use]
    pub fn url(self) -> String {
        // The first release of a series has no zero in the name of its file.
        let version = if self.patch == 0 { self.series.name.to_owned() } else { self.version() };
        format!("https://packaging.moodle.org/stable{}/moodle-{version}.tgz", self.branch())
    }

    /// Returns what the web server shows, below the root of the archive.
    #[must_use]
    pub fn public(self) -> &'static str {
        if self.series.public { "public/" } else { "" }
    }
}

impl Default for Release {
    fn default() -> Release {
        Release::DEFAULT
    }
}

impl Series {
    /// Returns its newest release.
    #[must_use]
    pub const fn newest(&'static self) -> Release {
        Release { series: self, patch: self.newest }
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.version())
    }
}

impl FromStr for Release {
    type Err = OutOfSupport;

    fn from_str(text: &str) -> Result<Release, OutOfSupport> {
        let refused = || OutOfSupport(text.to_owned());
        let (name, patch) = text.rsplit_once('.').ok_or_else(refused)?;
        let series = SERIES.iter().find(|it| it.name == name).ok_or_else(refused)?;
        let digits = !patch.is_empty() && patch.bytes().all(|it| it.is_ascii_digit());
        let patch = digits.then(|| patch.parse().ok()).flatten();
        Ok(Release { series, patch: patch.ok_or_else(refused)? })
    }
}

/// A release that nobody should run, or none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no release of Moodle 4.5, 5.1, 5.2 or 5.3, which are those that get security fixes")]
pub struct OutOfSupport(String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_the_newest_for_the_long_term() {
        assert_eq!(Release::default().version(), "5.3.0");
    }

    #[test]
    fn releases_that_get_fixes_are_read() {
        let release = |text: &str| text.parse::<Release>().map(|it| it.to_string());
        assert_eq!(release("5.3.0").unwrap(), "5.3.0");
        assert_eq!(release("4.5.14").unwrap(), "4.5.14");
        for other in ["5.0.1", "4.4", "5.3", "3.8.3", "5.3.0.1", "5", "five", "", "5.3.x", "-5.3", "5.3.+1", "5.3."] {
            assert_eq!(release(other), Err(OutOfSupport(other.to_owned())));
        }
        let message = "5.0.1".parse::<Release>().unwrap_err().to_string();
        assert!(SERIES.iter().all(|it| message.contains(it.name)), "{message}");
    }

    #[test]
    fn a_release_knows_its_archive() {
        let url = |text: &str| text.parse::<Release>().unwrap().url();
        assert_eq!(url("5.3.0"), "https://packaging.moodle.org/stable503/moodle-5.3.tgz");
        assert_eq!(url("4.5.14"), "https://packaging.moodle.org/stable405/moodle-4.5.14.tgz");
    }

    #[test]
    fn a_release_knows_its_ground() {
        let ground = |text: &str| {
            let it: Release = text.parse().unwrap();
            (it.branch(), it.public(), it.series.php, it.series.postgresql)
        };
        assert_eq!(ground("4.5.14"), ("405".to_owned(), "", "8.3", 13));
        assert_eq!(ground("5.1.7"), ("501".to_owned(), "public/", "8.4", 15));
        assert_eq!(ground("5.2.3"), ("502".to_owned(), "public/", "8.4", 16));
        assert_eq!(ground("5.3.0"), ("503".to_owned(), "public/", "8.4", 17));
    }
}
