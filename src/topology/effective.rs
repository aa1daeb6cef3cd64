//! A topology written as a spec that says everything, defaults included.

use super::cache::{Cache, Existing as ExistingCache, Nodes, Purpose, Shape};
use super::network::{Existing, Network, Own, Zones};
use super::{Topology, bastion, cdn, certificate, database, dns, files, load_balancer, site, watch, web};

/// Returns the spec with every default filled in. Read again, it is the same topology.
#[must_use]
pub fn effective(topology: &Topology) -> String {
    let Topology { name, region, size, tags, site, network, certificate, load_balancer, .. } = topology;
    let Topology { database, files, caches, web, cdn, dns, bastion, watch, .. } = topology;
    let mut lines = Vec::new();
    lines.extend(region.iter().map(|it| format!("region {}", text(it))));
    lines.push(format!("size {}", text(size.word())));
    if !tags.is_empty() {
        let fields: Vec<String> = tags.iter().map(|(key, value)| format!("{}={}", bare(key), text(value))).collect();
        lines.push(format!("tags {}", fields.join(" ")));
    }
    lines.extend(block("site", site.as_ref().map(site::lines)));
    let network = network.as_ref().map(|it| match it {
        Network::Own(own) => own_lines(own),
        Network::Existing(existing) => existing_lines(existing),
    });
    lines.extend(block("network", network));
    lines.extend(certificate.iter().flat_map(certificate::lines));
    lines.extend(block("load-balancer", load_balancer.as_ref().map(load_balancer::lines)));
    lines.extend(block("database", database.as_ref().map(database::lines)));
    lines.extend(block("files", files.as_ref().map(files::lines)));
    lines.extend(caches.iter().flat_map(|(purpose, cache)| cache_lines(*purpose, cache)));
    lines.extend(block("web", web.as_ref().map(web::lines)));
    lines.extend(block("cdn", cdn.as_ref().map(cdn::lines)));
    lines.extend(block("dns", dns.map(dns::lines)));
    lines.extend(block("bastion", bastion.as_ref().map(bastion::lines)));
    lines.extend(block("watch", watch.as_ref().map(watch::lines)));
    block(&format!("moodle {}", text(name)), Some(lines)).join("\n") + "\n"
}

/// Returns a node with these lines in its block; nothing where there is no node.
fn block(head: &str, inner: Option<Vec<String>>) -> Vec<String> {
    let Some(inner) = inner else { return Vec::new() };
    let inner = inner.into_iter().map(|line| format!("    {line}"));
    [format!("{head} {{")].into_iter().chain(inner).chain(["}".to_owned()]).collect()
}

fn own_lines(own: &Own) -> Vec<String> {
    let Own { cidr, zones, tenancy, nat, flow_logs, endpoints, public: _, app: _, data: _ } = own;
    let zones = match zones {
        Zones::Count(count) => count.to_string(),
        Zones::Names(names) => list(names),
    };
    let flow_logs = flow_logs.map_or("#false".to_owned(), |days| format!("retain-days={days}"));
    let endpoints = if endpoints.is_empty() { "#false".to_owned() } else { list(endpoints) };
    let mut lines = vec![
        format!("cidr \"{cidr}\""),
        format!("zones {zones}"),
        format!("tenancy \"{}\"", tenancy.word()),
        format!("nat \"{}\"", nat.word()),
        format!("flow-logs {flow_logs}"),
        format!("endpoints {endpoints}"),
    ];
    for (group, subnets) in own.subnets() {
        // Of no use in the others, and refused there.
        let map = if group == "public" { format!(" map-public-ip=#{}", subnets.map_public_ip) } else { String::new() };
        lines.push(format!("subnets \"{group}\"{map} {{ cidrs {} }}", list(&subnets.cidrs)));
    }
    lines
}

fn existing_lines(existing: &Existing) -> Vec<String> {
    let groups = existing.subnets().into_iter().filter(|(_, ids)| !ids.is_empty());
    let groups: Vec<String> = groups.map(|(group, ids)| format!("{group} {}", list(ids))).collect();
    let block = if groups.is_empty() { String::new() } else { format!(" {{ {} }}", groups.join("; ")) };
    vec![format!("existing vpc={}{block}", text(&existing.vpc))]
}

fn cache_lines(purpose: Purpose, cache: &Cache) -> Vec<String> {
    let Cache { engine, version, shape, key } = cache;
    let engine = text(engine.word());
    let mut lines = Vec::new();
    if !matches!(shape, Shape::Existing(_)) {
        lines.extend([format!("engine {engine}"), format!("version {}", text(version))]);
    }
    match shape {
        Shape::Existing(existing) => {
            let ExistingCache { servers: _, tls, group } = existing;
            let group = group.as_ref().map_or(String::new(), |it| format!(" group={}", text(it)));
            let endpoint = text(&existing.endpoint());
            lines.push(format!("existing endpoint={endpoint} engine={engine} tls=#{tls}{group}"));
        }
        Shape::Nodes(Nodes { class, count, parameters }) => {
            lines.push(format!("nodes {} count={count}", text(class)));
            let parameters = parameters.iter().map(|(name, value)| format!(" {}={}", bare(name), text(value)));
            let parameters: String = parameters.collect();
            if !parameters.is_empty() {
                lines.push(format!("parameters{parameters}"));
            }
        }
        Shape::Serverless(limits) => {
            let limits = limits.named().into_iter().filter_map(|(name, limit)| Some(format!(" {name}={}", limit?)));
            lines.push(format!("serverless{}", limits.collect::<String>()));
        }
    }
    lines.extend(key.as_ref().map(|key| format!("key {}", text(key))));
    let inner = lines.into_iter().map(|line| format!("    {line}"));
    let first = format!("cache {} {{", text(purpose.word()));
    std::iter::once(first).chain(inner).chain(["}".to_owned()]).collect()
}

fn list<T: ToString>(items: impl IntoIterator<Item = T>) -> String {
    let items: Vec<String> = items.into_iter().map(|it| text(&it.to_string())).collect();
    items.join(" ")
}

/// Returns a text as KDL writes it in quotes.
pub(super) fn text(it: &str) -> String {
    let mut quoted = String::from("\"");
    for it in it.chars() {
        match it {
            '"' | '\\' => quoted.extend(['\\', it]),
            it if it.is_control() => quoted.extend(it.escape_unicode()),
            it => quoted.push(it),
        }
    }
    quoted.push('"');
    quoted
}

/// Returns a name without quotes where KDL takes it so.
fn bare(name: &str) -> String {
    let plain = |it: char| it.is_ascii_alphanumeric() || matches!(it, '-' | '_');
    let keyword = matches!(name, "true" | "false" | "null" | "inf" | "nan");
    let bare = !keyword && name.starts_with(|it: char| it.is_ascii_alphabetic()) && name.chars().all(plain);
    if bare { name.to_owned() } else { text(name) }
}
