//! The field `release`, and whether the database is one that it runs with.

use crate::runtime::{ENDED, Release, SERIES, Series};
use crate::spec::diagnostic::quoted;
use crate::spec::reader::{Form, Reader};
use crate::spec::tree::Node;
use crate::topology::database::{self, Database, Engine};

/// Whether Moodle runs with a database of this version.
fn takes(series: &Series, engine: Engine, version: &str) -> bool {
    let mut numbers = version.split('.').map_while(|it| it.parse::<u32>().ok());
    let (major, minor) = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    match engine {
        Engine::Postgresql => series.postgresql <= major,
        Engine::Mysql => series.aurora_mysql <= (major, minor),
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
    if takes(release.series, *engine, &own.version) {
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
    let older = SERIES.iter().find(|it| takes(it, *engine, &own.version));
    let older = older.map_or(String::new(), |it| format!(", or release \"{}\" in `site`", it.newest().version()));
    let default = database::default_version(*engine);
    cx.error("site::database-version", span, "Database too old for Moodle", detail)
        .help(format!("Write engine \"{}\" version=\"{default}\" in `database`{older}.", engine.word()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_database_suits_every_release() {
        for series in SERIES {
            for engine in [Engine::Postgresql, Engine::Mysql] {
                assert!(takes(series, engine, database::default_version(engine)), "{}", series.name);
            }
        }
        let series = |name: &str| SERIES.iter().find(|it| it.name == name).unwrap();
        assert!(!takes(series("5.3"), Engine::Postgresql, "16.9"));
        assert!(takes(series("5.2"), Engine::Postgresql, "16.9"));
        assert!(!takes(series("5.3"), Engine::Mysql, "5.7.mysql_aurora.2.11.4"));
    }
}
