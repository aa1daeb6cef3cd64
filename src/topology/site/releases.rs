//! The releases of Moodle that this version knows, and what each needs. The one place for such facts.

use crate::spec::diagnostic::quoted;
use crate::spec::reader::{Form, Reader};
use crate::spec::tree::Node;
use crate::topology::database::{self, Database, Engine};

/// Releases with the same requirements, and the same folder of plug-ins.
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
    /// The least version of `MySQL` that Aurora `MySQL` must speak.
    pub aurora_mysql: (u32, u32),
    /// Whether only the folder `public` is shown to the world.
    pub public: bool,
    /// Whether page addresses go through the router, for which the web server sends what it does not find to `r.php`.
    pub router: bool,
}

/// Newest first.
const SERIES: &[Series] = &[
    Series {
        name: "5.3",
        newest: 0,
        until: "1 October 2029",
        php: "8.4",
        postgresql: 17,
        aurora_mysql: (8, 0),
        public: true,
        router: true,
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
    },
];

/// Between the long-term ones: it got fixes for eighteen months.
const ENDED: &[(&str, &str)] = &[("5.0", "5 October 2026")];

/// A release of Moodle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Release {
    /// What it needs.
    pub series: &'static Series,
    /// Its last number: 0 in 5.3.0.
    pub patch: u32,
}

impl Default for Release {
    fn default() -> Release {
        SERIES[0].newest()
    }
}

impl Series {
    fn newest(&'static self) -> Release {
        Release { series: self, patch: self.newest }
    }

    /// Whether Moodle runs with a database of this version.
    fn takes(&self, engine: Engine, version: &str) -> bool {
        let mut numbers = version.split('.').map_while(|it| it.parse::<u32>().ok());
        let (major, minor) = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
        match engine {
            Engine::Postgresql => self.postgresql <= major,
            Engine::Mysql => self.aurora_mysql <= (major, minor),
        }
    }
}

impl Release {
    /// Returns its full number: `5.3.0`.
    #[must_use]
    pub fn version(self) -> String {
        format!("{}.{}", self.series.name, self.patch)
    }

    /// Returns where moodle.org has its code; a file with `.sha256` at the end of its name stands beside it.
    #[must_use]
    pub fn url(self) -> String {
        let Release { series, patch } = self;
        let (major, minor) = series.name.split_once('.').unwrap_or((series.name, "0"));
        // The first release of a series has no zero in the name of its file.
        let version = if patch == 0 { series.name.to_owned() } else { self.version() };
        format!("https://packaging.moodle.org/stable{major}{minor:0>2}/moodle-{version}.tgz")
    }
}

/// Reads the field `release`; `None` where it has errors, all of which are noted.
pub(super) fn read(cx: &mut Reader<'_>, node: &Node) -> Option<Release> {
    let default = Release::default();
    let mut form = Form::of(node);
    let value = form.argument(cx, &format!("release \"{}\"", default.version()));
    let release = value.and_then(|it| cx.text(it, "The release"));
    form.close(cx);
    let release = release?;
    let numbers: Vec<&str> = release.value.split('.').collect();
    let number = |it: &&str| (1..=2).contains(&it.len()) && it.bytes().all(|it| it.is_ascii_digit());
    if !(2..=3).contains(&numbers.len()) || !numbers.iter().all(number) {
        let detail = format!("{} is not the number of a release.", quoted(&release.value));
        cx.error("site::release", release.span, "Not a release", detail)
            .help(format!("Write for example release \"{}\".", default.version()));
        return None;
    }
    let name = numbers[..2].join(".");
    let Some(series) = SERIES.iter().find(|it| it.name == name) else {
        let ended = ENDED.iter().find(|it| it.0 == name);
        let order = |it: &str| it.split('.').map(|it| it.parse().unwrap_or(0)).collect::<Vec<u32>>();
        let detail = match ended {
            Some((_, since)) => format!("Moodle {name} has had no security fixes since {since}."),
            None if order(SERIES[0].name) < order(&name) => {
                format!("This version does not know what Moodle {name} needs.")
            }
            None => format!("Moodle {name} gets no security fixes."),
        };
        let all: Vec<String> = SERIES.iter().map(|it| format!("\"{}\"", it.newest().version())).collect();
        cx.error("site::release-refused", release.span, "Release that is not offered", detail)
            .help(format!("Write one of {}, or a later number of these.", all.join(", ")));
        return None;
    };
    let Some(patch) = numbers.get(2).and_then(|it| it.parse().ok()) else {
        let detail = format!("Moodle {name} is many releases, and two web servers must not have two of them.");
        cx.error("site::release", release.span, "Release without its last number", detail)
            .help(format!("Write release \"{}\".", series.newest().version()));
        return None;
    };
    Some(Release { series, patch })
}

/// Checks that Moodle runs with the database. `node` is that tier in the spec.
pub(in crate::topology) fn check_database(cx: &mut Reader<'_>, release: Release, node: &Node, database: &Database) {
    let Database { engine, readers: _, form: database::Form::Own(own) } = database else { return };
    if release.series.takes(*engine, &own.version) {
        return;
    }
    let field = node.children.iter().find(|it| it.name.value == "engine");
    let written = field.and_then(|it| it.properties.iter().find(|(name, _)| name.value == "version"));
    let span = written.map(|(_, value)| value.span).or(field.map(|it| it.name.span)).unwrap_or(node.name.span);
    let (server, least) = match engine {
        Engine::Postgresql => ("PostgreSQL", release.series.postgresql.to_string()),
        Engine::Mysql => ("MySQL", format!("{}.{}", release.series.aurora_mysql.0, release.series.aurora_mysql.1)),
    };
    let detail = format!(
        "Moodle {} needs {server} {least} at least, and the database is of version {}.",
        release.series.name,
        quoted(&own.version)
    );
    let older = SERIES.iter().find(|it| it.takes(*engine, &own.version));
    let older = older.map_or(String::new(), |it| format!(", or release \"{}\" in `site`", it.newest().version()));
    let default = database::default_version(*engine);
    cx.error("site::database-version", span, "Database too old for Moodle", detail)
        .help(format!("Write engine \"{}\" version=\"{default}\" in `database`{older}.", engine.word()));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn release(name: &str, patch: u32) -> Release {
        let series = SERIES.iter().find(|it| it.name == name).unwrap();
        Release { series, patch }
    }

    #[test]
    fn the_default_is_the_newest_for_the_long_term() {
        assert_eq!(Release::default(), release("5.3", 0));
        assert_eq!(Release::default().version(), "5.3.0");
    }

    #[test]
    fn code_has_its_place() {
        assert_eq!(release("5.3", 0).url(), "https://packaging.moodle.org/stable503/moodle-5.3.tgz");
        assert_eq!(release("4.5", 14).url(), "https://packaging.moodle.org/stable405/moodle-4.5.14.tgz");
    }

    #[test]
    fn every_default_database_suits_every_release() {
        for series in SERIES {
            for engine in [Engine::Postgresql, Engine::Mysql] {
                assert!(series.takes(engine, database::default_version(engine)), "{}", series.name);
            }
        }
        assert!(!release("5.3", 0).series.takes(Engine::Postgresql, "16.9"));
        assert!(release("5.2", 0).series.takes(Engine::Postgresql, "16.9"));
        assert!(!release("5.3", 0).series.takes(Engine::Mysql, "5.7.mysql_aurora.2.11.4"));
    }
}
