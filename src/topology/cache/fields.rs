//! The `cache` nodes of a spec: their fields and checks.

use super::shapes::Written;
use super::{Cache, Caches, Engine, Purpose, Shape, existing, versions};
use crate::spec::diagnostic::quoted;
use crate::spec::reader::{Form, Reader};
use crate::spec::tree::{Node, Spanned};
use crate::topology::{Network, Profile};

/// The network that the caches are to stand in.
#[derive(Clone, Copy)]
pub(in crate::topology) enum Ground<'a> {
    /// The spec has none.
    Missing,
    /// It has errors of its own, all of which are noted.
    Faulty,
    /// It is there.
    There(&'a Network),
}

/// The fields that make a cache, and so cannot be said of one that is there.
const OF_OWN: &[&str] = &["engine", "version", "nodes", "parameters", "serverless", "key"];

/// Stands for an error that is noted.
struct Noted;

/// Reads the tier; `None` where it has errors, all of which are noted.
pub(in crate::topology) fn read(
    cx: &mut Reader<'_>,
    form: &mut Form<'_>,
    ground: Ground<'_>,
    region: Option<&str>,
    profile: &Profile,
) -> Option<Caches> {
    let nodes = form.fields("cache");
    // What is there already stands somewhere already.
    let made = nodes.iter().find(|it| it.children.iter().all(|it| it.name.value != "existing"));
    let zones = made.map_or(Ok(None), |first| zones(cx, first, ground));
    let mut written: Vec<(Purpose, &Node)> = Vec::new();
    let mut there: Vec<existing::Written> = Vec::new();
    let mut caches = Caches::new();
    let (mut good, zones) = (zones.is_ok(), zones.ok().flatten());
    for node in nodes {
        let Some((purpose, cache)) = one(cx, node, zones, region, profile, &mut there) else {
            good = false;
            continue;
        };
        if let Some((_, first)) = written.iter().find(|(it, _)| *it == purpose) {
            let place = cx.place(first.name.span);
            let detail = format!("The cache \"{}\" is written above.", purpose.word());
            cx.error("spec::duplicate", node.name.span, "Written twice", detail)
                .help("Remove one of the two.")
                .also(place, "the first one");
            good = false;
        }
        written.push((purpose, node));
        caches.extend(cache.map(|it| (purpose, it)));
        good &= caches.contains_key(&purpose);
    }
    if let [one, other] = there.as_slice() {
        good &= existing::are_apart(cx, one, other);
    }
    good.then_some(caches)
}

/// Returns in how many zones caches can stand, where that is known.
fn zones(cx: &mut Reader<'_>, first: &Node, ground: Ground<'_>) -> Result<Option<usize>, Noted> {
    match ground {
        Ground::Faulty => Ok(None),
        Ground::There(Network::Own(own)) => Ok(Some(own.zones.count())),
        Ground::There(Network::Existing(existing)) if !existing.data.is_empty() => Ok(Some(existing.data.len())),
        Ground::There(Network::Existing(_)) => {
            let detail = "The existing network names no `data` subnets, and caches stand in these.";
            cx.error("cache::no-subnets", first.name.span, "No subnets for the cache", detail)
                .help("Write for example: existing vpc=\"vpc-…\" { data \"subnet-…\" \"subnet-…\" }");
            Err(Noted)
        }
        Ground::Missing => {
            let detail = "A cache stands in the subnets of a network, and the spec has none.";
            cx.error("cache::no-network", first.name.span, "No network for the cache", detail)
                .help("Write `network` for a new one, or network { existing … } for one that is there.");
            Err(Noted)
        }
    }
}

/// Returns what a node is about, and the cache if it has no errors.
fn one(
    cx: &mut Reader<'_>,
    node: &Node,
    zones: Option<usize>,
    region: Option<&str>,
    profile: &Profile,
    there: &mut Vec<existing::Written>,
) -> Option<(Purpose, Option<Cache>)> {
    let mut form = Form::of(node);
    let value = form.argument(cx, "cache \"session\"");
    let purpose = value.and_then(|it| cx.choice(it, "The name of a cache", Purpose::WORDS));
    if let Some(node) = form.field(cx, "existing") {
        let cache = existing_of(cx, &mut form, node, there);
        form.close(cx);
        return Some((purpose?, cache));
    }
    let engine = form.field(cx, "engine");
    let version = form.field(cx, "version");
    let written = Written::of(cx, &mut form);
    let key = form.field(cx, "key");
    form.close(cx);

    let engine = match engine {
        Some(node) => engine_of(cx, node),
        None => Some(Engine::Valkey),
    };
    let arn = match key {
        Some(node) => key_of(cx, node, region).map(Some),
        None => Some(None),
    };
    let (purpose, engine) = (purpose?, engine?);
    let version = versions::read(cx, version, engine, written.serverless.is_some());
    let shape = written.read(cx, purpose, engine, zones, profile);
    if engine == Engine::Memcached {
        check_memcached(cx, node, purpose, &written, key);
    }
    let whole = |engine| Some(Cache { engine, version: version?, shape: shape?, key: arn? });
    Some((purpose, whole(engine)))
}

/// Returns a cache that is there already; `None` where it has errors.
fn existing_of(
    cx: &mut Reader<'_>,
    form: &mut Form<'_>,
    node: &Node,
    there: &mut Vec<existing::Written>,
) -> Option<Cache> {
    let mut good = true;
    for name in OF_OWN {
        for field in form.fields(name) {
            let place = cx.place(node.name.span);
            let detail = format!("`{name}` says how to make a cache, and `existing` that it is made.");
            cx.error("cache::existing-excludes", field.name.span, "Field of another form", detail)
                .help(format!("Remove `{name}`, or write it in the line of `existing`."))
                .also(place, "excludes it");
            good = false;
        }
    }
    let (engine, existing) = existing::read(cx, node)?;
    there.push(existing.clone());
    let shape = Shape::Existing(existing.value);
    good.then(|| Cache { engine, version: String::new(), shape, key: None })
}

fn engine_of(cx: &mut Reader<'_>, node: &Node) -> Option<Engine> {
    let mut form = Form::of(node);
    let value = form.argument(cx, "engine \"valkey\"");
    let engine = value.and_then(|it| cx.choice(it, "The engine", Engine::WORDS));
    form.close(cx);
    engine
}

/// Notes what memcached cannot do.
fn check_memcached(cx: &mut Reader<'_>, node: &Node, purpose: Purpose, written: &Written<'_>, key: Option<&Node>) {
    if purpose == Purpose::Application {
        let detail = "Moodle has no store for memcached since 4.2.";
        cx.warning("cache::memcached-application", node.name.span, "Memcached as application cache", detail)
            .help("Use \"valkey\", or add the plug-in cachestore_memcached to the site.");
    }
    if let Some(serverless) = written.serverless {
        let detail = "Serverless memcached takes connections with TLS only, and Moodle's sessions make none.";
        cx.warning("cache::memcached-tls", serverless.name.span, "Memcached with TLS", detail)
            .help("Use `nodes`, or \"valkey\" as the engine.");
    } else if let Some(key) = key {
        let detail = "Nodes of memcached keep everything in memory, so there is nothing to encrypt.";
        cx.error("cache::key", key.name.span, "Key of no use", detail).help("Remove `key`.");
    }
}

fn key_of(cx: &mut Reader<'_>, node: &Node, region: Option<&str>) -> Option<String> {
    const EXAMPLE: &str = "key \"arn:aws:kms:eu-west-1:111122223333:key/01234567-89ab-cdef-0123-456789abcdef\"";
    let mut form = Form::of(node);
    let value = form.argument(cx, EXAMPLE);
    let arn = value.and_then(|it| cx.text(it, "The key"));
    form.close(cx);
    let Spanned { value: arn, span } = arn?;
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let ["arn", partition, "kms", of, account, key] = parts.as_slice() else {
        return refused_key(cx, span, &arn, EXAMPLE);
    };
    let digits = account.len() == 12 && account.bytes().all(|it| it.is_ascii_digit());
    // AWS answers with the key where it was given an alias, so that each plan would find a difference.
    let is_key = key.strip_prefix("key/").is_some_and(|it| !it.is_empty());
    if !partition.starts_with("aws") || !digits || !is_key {
        return refused_key(cx, span, &arn, EXAMPLE);
    }
    if let Some(region) = region.filter(|it| it != of) {
        let detail = format!("The key is in {}, and the stack is in `{region}`.", quoted(of));
        cx.error("cache::key-region", span, "Key of another region", detail)
            .help("Write the ARN of a key, or of a replica of it, in the stack's region.");
        return None;
    }
    Some(arn)
}

fn refused_key(cx: &mut Reader<'_>, span: crate::spec::Span, arn: &str, example: &str) -> Option<String> {
    let detail = format!("{} is not the ARN of a key.", quoted(arn));
    cx.error("cache::key", span, "Not a key", detail).help(format!("Write for example: {example}"));
    None
}

impl Cache {
    /// Whether clients must use TLS: always, except with nodes of memcached, where Moodle's sessions cannot, and with a
    /// cache that is there already, of which the spec says it.
    #[must_use]
    pub fn tls(&self) -> bool {
        match &self.shape {
            Shape::Existing(existing) => existing.tls,
            Shape::Serverless(_) => true,
            Shape::Nodes(_) => self.engine != Engine::Memcached,
        }
    }
}
