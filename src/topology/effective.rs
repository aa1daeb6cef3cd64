//! A topology written as a spec that says everything, defaults included.

use super::cache::{Cache, Nodes, Purpose, Shape};
use super::network::{Existing, Network, Own, Zones};
use super::{Topology, cdn, certificate, database, dns, files, site};

/// Returns the spec with every default filled in. Read again, it is the same topology.
#[must_use]
pub fn effective(topology: &Topology) -> String {
    let Topology { name, region, size, tags, network, database, files, caches, site, certificate, cdn, dns } = topology;
    let mut lines = vec![format!("moodle {} {{", text(name))];
    if let Some(region) = region {
        lines.push(format!("    region {}", text(region)));
    }
    lines.push(format!("    size {}", text(size.word())));
    if !tags.is_empty() {
        let fields: Vec<String> = tags.iter().map(|(key, value)| format!("{}={}", bare(key), text(value))).collect();
        lines.push(format!("    tags {}", fields.join(" ")));
    }
    if let Some(site) = site {
        lines.push("    site {".to_owned());
        lines.extend(site::lines(site).into_iter().map(|line| format!("        {line}")));
        lines.push("    }".to_owned());
    }
    if let Some(network) = network {
        let inner = match network {
            Network::Own(own) => own_lines(own),
            Network::Existing(existing) => existing_lines(existing),
        };
        lines.push("    network {".to_owned());
        lines.extend(inner.into_iter().map(|line| format!("        {line}")));
        lines.push("    }".to_owned());
    }
    lines.extend(certificate.iter().flat_map(certificate::lines).map(|line| format!("    {line}")));
    if let Some(database) = database {
        lines.push("    database {".to_owned());
        lines.extend(database::lines(database).into_iter().map(|line| format!("        {line}")));
        lines.push("    }".to_owned());
    }
    if let Some(files) = files {
        lines.push("    files {".to_owned());
        lines.extend(files::lines(files).into_iter().map(|line| format!("        {line}")));
        lines.push("    }".to_owned());
    }
    for (purpose, cache) in caches {
        lines.extend(cache_lines(*purpose, cache).into_iter().map(|line| format!("    {line}")));
    }
    if let Some(cdn) = cdn {
        lines.push("    cdn {".to_owned());
        lines.extend(cdn::lines(cdn).into_iter().map(|line| format!("        {line}")));
        lines.push("    }".to_owned());
    }
    if let Some(dns) = dns {
        lines.push("    dns {".to_owned());
        lines.extend(dns::lines(*dns).into_iter().map(|line| format!("        {line}")));
        lines.push("    }".to_owned());
    }
    lines.push("}".to_owned());
    lines.join("\n") + "\n"
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
    let mut lines = vec![format!("engine {}", text(engine.word())), format!("version {}", text(version))];
    match shape {
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
