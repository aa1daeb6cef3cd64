//! The fields that say how a cache is provided: `nodes` and `parameters`, or `serverless`.

use std::collections::BTreeMap;

use super::{Engine, Limits, Nodes, Purpose, Shape};
use crate::spec::diagnostic::quoted;
use crate::spec::reader::{Form, Reader};
use crate::spec::tree::{Node, Spanned, Value};
use crate::topology::Profile;

/// The most gibibytes and processing units that AWS takes as a limit.
const MOST_GIB: i32 = 5000;
const MOST_ECPU: i32 = 15_000_000;
const LEAST_ECPU: i32 = 1000;

/// The fields of a cache that are about its shape.
pub(super) struct Written<'n> {
    pub nodes: Option<&'n Node>,
    pub parameters: Option<&'n Node>,
    pub serverless: Option<&'n Node>,
}

impl<'n> Written<'n> {
    pub(super) fn of(cx: &mut Reader<'_>, form: &mut Form<'n>) -> Written<'n> {
        let [nodes, parameters, serverless] = ["nodes", "parameters", "serverless"].map(|it| form.field(cx, it));
        Written { nodes, parameters, serverless }
    }

    /// Reads the fields; `None` where they have errors, all of which are noted. `zones` is `None` where the network
    /// has errors of its own.
    pub(super) fn read(
        &self,
        cx: &mut Reader<'_>,
        purpose: Purpose,
        engine: Engine,
        zones: Option<usize>,
        profile: &Profile,
    ) -> Option<Shape> {
        let Written { nodes, parameters, serverless } = self;
        let Some(serverless) = serverless else {
            let parameters = parameters_of(cx, *parameters, purpose, engine);
            let (class, count) = nodes_of(cx, *nodes, engine, zones, profile)?;
            return Some(Shape::Nodes(Nodes { class, count, parameters: parameters? }));
        };
        for other in [nodes, parameters].into_iter().flatten() {
            let place = cx.place(serverless.name.span);
            let name = &other.name.value;
            let detail = format!("`{name}` is about nodes, and a serverless cache has none.");
            cx.error("cache::serverless-excludes", other.name.span, "Field of another form", detail)
                .help(format!("Remove `{name}` or `serverless`."))
                .also(place, "excludes it");
        }
        if let Some(few @ 0..=1) = zones {
            let detail = format!("A serverless cache stands in two zones at least, and the network has {few}.");
            cx.error("cache::zones", serverless.name.span, "Too few zones", detail)
                .help("Give the network a zone more, or use `nodes`.");
        }
        limits(cx, serverless).map(Shape::Serverless)
    }
}

fn nodes_of(
    cx: &mut Reader<'_>,
    node: Option<&Node>,
    engine: Engine,
    zones: Option<usize>,
    profile: &Profile,
) -> Option<(String, i32)> {
    let most = if engine == Engine::Memcached { 40 } else { 6 };
    // One a zone, and two at least, so that one may fail.
    let default = zones.and_then(|it| i32::try_from(it).ok()).unwrap_or(2).clamp(2, most);
    let Some(node) = node else { return Some((profile.cache.to_owned(), default)) };
    let mut form = Form::of(node);
    let class = form.optional_argument();
    let count = form.property(cx, "count");
    form.close(cx);
    let class = match class {
        Some(value) => cx.text(value, "The class of the nodes").and_then(|it| checked_class(cx, it)),
        None => Some(profile.cache.to_owned()),
    };
    let count = match count {
        Some(value) => {
            let count = cx.whole(value, "`count`", 1, most);
            if count == Some(1) && engine != Engine::Memcached {
                let detail = "When the only node fails, or is replaced by AWS, all that it holds is lost.";
                cx.warning("cache::single-node", value.span, "Single node", detail)
                    .help("Write count=2 or more for a replica that takes over.");
            }
            count
        }
        None => Some(default),
    };
    Some((class?, count?))
}

/// Returns a class of nodes that can be one: `cache.`, a family, a size.
fn checked_class(cx: &mut Reader<'_>, class: Spanned<String>) -> Option<String> {
    let word =
        |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-');
    let parts: Vec<&str> = class.value.split('.').collect();
    if matches!(parts.as_slice(), ["cache", family, size] if word(family) && word(size)) {
        return Some(class.value);
    }
    let detail = format!("{} is not a class of cache nodes.", quoted(&class.value));
    let near = match parts.as_slice() {
        [family, size] if word(family) && word(size) => format!("cache.{family}.{size}"),
        _ => "cache.t4g.medium".to_owned(),
    };
    cx.error("cache::class", class.span, "Not a class of nodes", detail).help(format!("Write for example \"{near}\"."));
    None
}

/// Returns the parameters: those written, and for the rest of the tier's own.
fn parameters_of(
    cx: &mut Reader<'_>,
    node: Option<&Node>,
    purpose: Purpose,
    engine: Engine,
) -> Option<BTreeMap<String, String>> {
    let mut all = BTreeMap::new();
    if purpose == Purpose::Application && engine != Engine::Memcached {
        // Moodle sets no expiry there: the engine's own policy would refuse to write when the memory is full.
        all.insert("maxmemory-policy".to_owned(), "allkeys-lru".to_owned());
    }
    let Some(node) = node else { return Some(all) };
    let mut form = Form::of(node);
    let pairs = form.properties(cx);
    form.close(cx);
    if pairs.is_empty() {
        cx.error("spec::missing-value", node.name.span, "Missing value", "`parameters` needs a field for each.")
            .help("Write for example: parameters maxmemory-policy=\"allkeys-lru\"");
        return None;
    }
    let mut good = true;
    for (name, value) in pairs {
        let text = match &value.value {
            Value::Whole(number) => Some(number.to_string()),
            _ => cx.text(value, "The value of a parameter").map(|it| it.value),
        };
        let is_name = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || matches!(it, b'-' | b'_');
        if name.value.is_empty() || !name.value.bytes().all(is_name) {
            let detail = format!("{} is not the name of a parameter.", quoted(&name.value));
            cx.error("cache::parameter", name.span, "Not a parameter", detail)
                .help("Write it as ElastiCache does, in small letters: maxmemory-policy.");
            good = false;
        } else if let Some(text) = text {
            all.insert(name.value.clone(), text);
        } else {
            good = false;
        }
    }
    good.then_some(all)
}

fn limits(cx: &mut Reader<'_>, node: &Node) -> Option<Limits> {
    let mut form = Form::of(node);
    let gib = bounds(cx, &mut form, ["min-gib", "max-gib"], (1, MOST_GIB));
    let ecpu = bounds(cx, &mut form, ["min-ecpu", "max-ecpu"], (LEAST_ECPU, MOST_ECPU));
    form.close(cx);
    let ([min_gib, max_gib], [min_ecpu, max_ecpu]) = (gib?, ecpu?);
    Some(Limits { min_gib, max_gib, min_ecpu, max_ecpu })
}

/// Returns the lower and the upper limit; `None` where they have errors.
fn bounds(
    cx: &mut Reader<'_>,
    form: &mut Form<'_>,
    names: [&'static str; 2],
    (least, most): (i32, i32),
) -> Option<[Option<i32>; 2]> {
    let values = names.map(|name| form.property(cx, name));
    let mut good = true;
    let mut read = [None; 2];
    for ((value, name), read) in values.iter().zip(names).zip(&mut read) {
        let Some(value) = value else { continue };
        *read = cx.whole(value, &format!("`{name}`"), least, most);
        good &= read.is_some();
    }
    if let ([Some(low), Some(high)], [Some(value), _]) = (read, values)
        && high < low
    {
        let detail = format!("`{}` is {low}, and `{}` is {high}.", names[0], names[1]);
        cx.error("cache::limits", value.span, "Contradiction", detail).help("Write the smaller number as the minimum.");
        good = false;
    }
    good.then_some(read)
}
