//! Versions of the engines, and the families of parameters that go with them.

use super::Engine;
use crate::spec::diagnostic::quoted;
use crate::spec::reader::{Form, Reader};
use crate::spec::tree::Node;

impl Engine {
    /// Returns the versions that AWS is known to offer; the last one is the default.
    fn versions(self, serverless: bool) -> &'static [&'static str] {
        match (self, serverless) {
            (Engine::Valkey, false) => &["7.2", "8.0", "8.1"],
            (Engine::Valkey, true) => &["7", "8"],
            (Engine::Redis, false) => &["6.2", "7.0", "7.1"],
            (Engine::Redis, true) => &["7"],
            (Engine::Memcached, _) => &["1.6"],
        }
    }

    pub(super) fn default_version(self, serverless: bool) -> &'static str {
        self.versions(serverless).last().copied().unwrap_or_default()
    }

    /// Returns the family of parameter groups for a version: `valkey8`.
    pub(super) fn family(self, version: &str) -> String {
        let major = version.split('.').next().unwrap_or(version);
        match self {
            Engine::Valkey => format!("valkey{major}"),
            Engine::Redis if major == "6" => "redis6.x".to_owned(),
            Engine::Redis => format!("redis{major}"),
            Engine::Memcached => format!("memcached{version}"),
        }
    }
}

/// Reads the field `version`; `None` where it has errors, all of which are noted.
pub(super) fn read(cx: &mut Reader<'_>, node: Option<&Node>, engine: Engine, serverless: bool) -> Option<String> {
    let default = engine.default_version(serverless);
    let Some(node) = node else { return Some(default.to_owned()) };
    let mut form = Form::of(node);
    let value = form.argument(cx, &format!("version \"{default}\""));
    let version = value.and_then(|it| cx.text(it, "The version"));
    form.close(cx);
    let version = version?;
    let parts: Vec<&str> = version.value.split('.').collect();
    let numbers = parts.iter().all(|it| (1..=2).contains(&it.len()) && it.bytes().all(|it| it.is_ascii_digit()));
    let wanted = default.split('.').count();
    if !numbers || parts.len() != wanted {
        let detail = if serverless {
            format!("A serverless cache of {} has versions such as \"{default}\"; AWS chooses the rest.", engine.word())
        } else {
            format!("{} nodes have versions such as \"{default}\"; AWS chooses the patch level.", engine.word())
        };
        let detail = format!("{} is not one. {detail}", quoted(&version.value));
        let near = if numbers && wanted < parts.len() { parts[..wanted].join(".") } else { default.to_owned() };
        cx.error("cache::version", version.span, "Not a version", detail).help(format!("Write version \"{near}\"."));
        return None;
    }
    let known = engine.versions(serverless);
    if !known.contains(&version.value.as_str()) {
        let detail = format!("This version does not know {} {}; AWS may.", engine.word(), quoted(&version.value));
        cx.warning("cache::unknown-version", version.span, "Unknown version", detail)
            .help(format!("Known are {}.", known.join(", ")));
    }
    Some(version.value)
}
