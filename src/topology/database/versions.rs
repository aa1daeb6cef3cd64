//! Versions of the engines, and the family of settings that goes with each.

use super::Engine;

/// What Moodle 5.3 asks for at least.
const POSTGRESQL: &str = "17.5";
/// The line that AWS supports for long.
const MYSQL: &str = "8.0.mysql_aurora.3.10.3";

/// Returns the version that is taken where the spec names none.
pub(in crate::topology) fn default_of(engine: Engine) -> &'static str {
    match engine {
        Engine::Postgresql => POSTGRESQL,
        Engine::Mysql => MYSQL,
    }
}

/// Returns the name of the family of settings; `None` for what is not a version in full.
pub(super) fn family(engine: Engine, version: &str) -> Option<String> {
    match engine {
        Engine::Postgresql => {
            let (major, minor) = version.split_once('.')?;
            (is_number(major) && is_number(minor)).then(|| format!("aurora-postgresql{major}"))
        }
        Engine::Mysql => {
            let (server, aurora) = version.split_once(".mysql_aurora.")?;
            let numbers = |text: &str, count: usize| text.split('.').count() == count && text.split('.').all(is_number);
            (numbers(server, 2) && numbers(aurora, 3)).then(|| format!("aurora-mysql{server}"))
        }
    }
}

fn is_number(text: &str) -> bool {
    (1..=3).contains(&text.len()) && text.bytes().all(|it| it.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_is_an_engine_and_its_major_version() {
        let of = |engine, version: &str| family(engine, version).unwrap_or_default();
        assert_eq!(of(Engine::Postgresql, POSTGRESQL), "aurora-postgresql17");
        assert_eq!(of(Engine::Mysql, MYSQL), "aurora-mysql8.0");
        for wrong in ["17", "17.", "17.5.1", "8.0.mysql_aurora.3.10.3", "v17.5", ""] {
            assert_eq!(of(Engine::Postgresql, wrong), "", "{wrong}");
        }
        for wrong in ["8.0", "8.0.35", "8.0.mysql_aurora.3", "17.5"] {
            assert_eq!(of(Engine::Mysql, wrong), "", "{wrong}");
        }
    }
}
