//! The `existing` field: a cache that is there already.

use super::{Engine, Existing};
use crate::spec::Span;
use crate::spec::diagnostic::quoted;
use crate::spec::reader::{Form, Reader};
use crate::spec::tree::{Node, Spanned, Value};
use crate::topology::reach;

const EXAMPLE: &str = "existing endpoint=\"cache.example.edu:6379\" engine=\"valkey\"";

/// Where a cache is, and where that is written.
pub(super) type Written = Spanned<Existing>;

/// Reads the field; `None` where it has errors, all of which are noted.
pub(super) fn read(cx: &mut Reader<'_>, node: &Node) -> Option<(Engine, Written)> {
    let mut form = Form::of(node);
    let [endpoint, engine, tls] = ["endpoint", "engine", "tls"].map(|it| form.property(cx, it));
    if endpoint.is_none() {
        cx.error("spec::missing-value", node.name.span, "Missing value", "`existing` needs `endpoint`.")
            .help(format!("Write for example: {EXAMPLE}"));
    }
    let engine = match engine {
        Some(value) => cx.choice(value, "The engine", Engine::WORDS),
        None => Some(Engine::Valkey),
    };
    let servers = endpoint.and_then(|it| servers(cx, it, engine));
    let tls = match tls {
        Some(value) => cx.switch(value, "`tls`"),
        None => engine.map(|it| it != Engine::Memcached),
    };
    let group = reach::group(cx, &mut form, "cache::group");
    form.close(cx);
    let existing = Existing { servers: servers?, tls: tls?, group: group? };
    Some((engine?, Spanned { value: existing, span: endpoint?.span }))
}

/// Reads `host:port`; of memcached several with commas, which are one cache to their clients alone.
fn servers(cx: &mut Reader<'_>, value: &Spanned<Value>, engine: Option<Engine>) -> Option<Vec<(String, u16)>> {
    let text = cx.text(value, "The endpoint")?;
    let servers: Option<Vec<(String, u16)>> = text.value.split(',').map(server).collect();
    let Some(servers) = servers else {
        let detail = format!("{} is not a host and a port.", quoted(&text.value));
        cx.error("cache::endpoint", text.span, "Not an endpoint", detail).help(format!("Write for example: {EXAMPLE}"));
        return None;
    };
    if 1 < servers.len() && matches!(engine, Some(Engine::Valkey | Engine::Redis)) {
        let detail = "Valkey and Redis have one endpoint, which knows its replicas.";
        cx.error("cache::endpoint", text.span, "Several endpoints", detail).help("Write the primary endpoint.");
        return None;
    }
    Some(servers)
}

fn server(text: &str) -> Option<(String, u16)> {
    let (host, port) = text.rsplit_once(':')?;
    let part = |it: &str| {
        let plain = it.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'-');
        !it.is_empty() && plain && !it.starts_with('-') && !it.ends_with('-')
    };
    let port = port.parse().ok().filter(|it| *it != 0)?;
    (host.len() <= 253 && host.split('.').all(part)).then(|| (host.to_ascii_lowercase(), port))
}

/// Whether the two caches are not the same one, or a fault that says why they must not be.
pub(super) fn are_apart(cx: &mut Reader<'_>, one: &Written, other: &Written) -> bool {
    let same = |it: &&(String, u16)| one.value.servers.contains(it);
    let Some((host, port)) = other.value.servers.iter().find(same) else { return true };
    let place = cx.place(one.span);
    let span: Span = other.span;
    let detail = format!(
        "Both caches are {}. A full application cache drops what can be read again, and that must never be a session.",
        quoted(&format!("{host}:{port}"))
    );
    cx.error("cache::same-endpoint", span, "One cache for two purposes", detail)
        .help("Write another endpoint, or remove `existing` for a cache that the stack makes.")
        .also(place, "the other cache");
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_a_host_and_a_port() {
        let good = [
            ("a:1", "a", 1),
            ("Cache.Example.edu:6379", "cache.example.edu", 6379),
            ("10.0.0.1:65535", "10.0.0.1", 65535),
        ];
        for (text, host, port) in good {
            assert_eq!(server(text), Some((host.to_owned(), port)), "{text}");
        }
        for bad in ["", "a", ":1", "a:", "a:0", "a:65536", "a b:1", "a..b:1", "-a:1", "redis://a:1", "[::1]:1", "a:1:1"]
        {
            assert_eq!(server(bad), None, "{bad}");
        }
    }
}
