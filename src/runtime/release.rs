//! What differs between the releases of Moodle, for those that run it.

use std::fmt;
use std::str::FromStr;

/// The lines of releases that get security fixes: major, minor, the PHP to run them with.
///
/// 4.5 refuses PHP 8.4.
const LINES: &[(u16, u16, &str)] = &[(4, 5, "8.3"), (5, 1, "8.4"), (5, 2, "8.4"), (5, 3, "8.4")];

/// A release of Moodle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Release {
    major: u16,
    minor: u16,
    patch: u16,
}

impl Release {
    /// The newest with long-term support.
    pub const DEFAULT: Release = Release { major: 5, minor: 3, patch: 0 };

    /// Returns `5.3`.
    #[must_use]
    pub fn line(self) -> String {
        format!("{}.{}", self.major, self.minor)
    }

    /// Returns what Moodle calls the line in `version.php`: `503`.
    #[must_use]
    pub fn branch(self) -> String {
        format!("{}{:02}", self.major, self.minor)
    }

    /// Returns the archive that Moodle publishes.
    #[must_use]
    pub fn url(self) -> String {
        // The first of a line is published without its third number.
        let name = if self.patch == 0 { self.line() } else { self.to_string() };
        format!("https://packaging.moodle.org/stable{}/moodle-{name}.tgz", self.branch())
    }

    /// Returns the version of PHP to run it with: `8.4`.
    #[must_use]
    pub fn php(self) -> &'static str {
        let line = LINES.iter().find(|(major, minor, _)| (*major, *minor) == (self.major, self.minor));
        line.map_or("8.4", |(_, _, php)| php)
    }

    /// Returns what the web server shows, below the root of the archive.
    #[must_use]
    pub fn public(self) -> &'static str {
        if self.since(5, 1) { "public/" } else { "" }
    }

    /// Whether addresses that are no files go to Moodle's router, which this release expects to be told of.
    #[must_use]
    pub fn has_router(self) -> bool {
        self.since(5, 1)
    }

    /// Whether sessions in Redis have a time-out for reading of their own.
    #[must_use]
    pub fn has_read_timeout(self) -> bool {
        self.since(5, 2)
    }

    /// Returns the oldest `PostgreSQL` that it takes, by its first number.
    #[must_use]
    pub fn postgresql(self) -> u16 {
        match (self.major, self.minor) {
            (4, _) => 13,
            (5, 0 | 1) => 15,
            (5, 2) => 16,
            _ => 17,
        }
    }

    fn since(self, major: u16, minor: u16) -> bool {
        (major, minor) <= (self.major, self.minor)
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

impl FromStr for Release {
    type Err = OutOfSupport;

    fn from_str(text: &str) -> Result<Release, OutOfSupport> {
        let numbers: Option<Vec<u16>> = text.split('.').map(|it| it.parse().ok()).collect();
        let release = match numbers.as_deref() {
            Some([major, minor]) => Some(Release { major: *major, minor: *minor, patch: 0 }),
            Some([major, minor, patch]) => Some(Release { major: *major, minor: *minor, patch: *patch }),
            _ => None,
        };
        let known = |it: &Release| LINES.iter().any(|(major, minor, _)| (*major, *minor) == (it.major, it.minor));
        release.filter(known).ok_or_else(|| OutOfSupport(text.to_owned()))
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
    fn releases_that_get_fixes_are_read() {
        let release = |text: &str| text.parse::<Release>().map(|it| it.to_string());
        assert_eq!(release("5.3").unwrap(), "5.3.0");
        assert_eq!(release("4.5.14").unwrap(), "4.5.14");
        for other in ["5.0.1", "4.4", "3.8.3", "5.3.0.1", "5", "five", "", "5.3.x", "-5.3"] {
            assert_eq!(release(other), Err(OutOfSupport(other.to_owned())));
        }
    }

    #[test]
    fn a_release_knows_its_archive() {
        let url = |text: &str| text.parse::<Release>().unwrap().url();
        assert_eq!(url("5.3.0"), "https://packaging.moodle.org/stable503/moodle-5.3.tgz");
        assert_eq!(url("4.5.14"), "https://packaging.moodle.org/stable405/moodle-4.5.14.tgz");
    }

    #[test]
    fn each_line_has_its_ground() {
        let ground = |text: &str| {
            let it: Release = text.parse().unwrap();
            (it.php(), it.public(), it.has_router(), it.has_read_timeout(), it.postgresql())
        };
        assert_eq!(ground("4.5.14"), ("8.3", "", false, false, 13));
        assert_eq!(ground("5.1.7"), ("8.4", "public/", true, false, 15));
        assert_eq!(ground("5.2.3"), ("8.4", "public/", true, true, 16));
        assert_eq!(ground("5.3.0"), ("8.4", "public/", true, true, 17));
    }
}
