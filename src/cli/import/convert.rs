//! From parameters to the text of a spec.

use std::collections::BTreeMap;

use super::table::{How, PARAMETERS, Parameter, Version};

/// What is known of a stack.
#[derive(Debug, Default)]
pub(super) struct Given {
    pub(super) name: Option<String>,
    pub(super) region: Option<String>,
    pub(super) tags: BTreeMap<String, String>,
    pub(super) parameters: BTreeMap<String, String>,
}

/// A spec, and what it cannot say.
pub(super) struct Imported {
    pub(super) text: String,
    pub(super) remarks: Vec<String>,
}

/// The fields by their names in the table, as the texts that stand in the spec.
struct Fields {
    values: BTreeMap<&'static str, String>,
    remarks: Vec<String>,
}

/// The longest name of a stack that the language takes.
const LONGEST_NAME: usize = 23;

/// Makes the spec. Parameters that are not given have the template's default.
pub(super) fn convert(given: &Given, version: Version, name: Option<&str>) -> Imported {
    let mut fields = Fields { values: BTreeMap::new(), remarks: Vec::new() };
    for parameter in PARAMETERS {
        let value = given.parameters.get(parameter.name).map(String::as_str).or(parameter.default(version));
        if let Some(value) = value {
            fields.take(parameter, value.trim(), version);
        }
    }
    for name in given.parameters.keys().filter(|name| !PARAMETERS.iter().any(|it| it.name == *name)) {
        fields.remarks.push(format!("`{name}` is no parameter of the reference templates that is known here."));
    }
    let mut lines = vec![format!("moodle {} {{", quoted(&stack_name(name.or(given.name.as_deref()))))];
    lines.extend(given.region.as_ref().map(|region| format!("region {}", quoted(region))));
    let tags: Vec<String> =
        given.tags.iter().map(|(key, value)| format!("{}={}", quoted(key), quoted(value))).collect();
    lines.extend((!tags.is_empty()).then(|| format!("tags {}", tags.join(" "))));
    lines.extend(
        [
            fields.site(),
            fields.network(),
            fields.certificate(),
            Some("load-balancer".to_owned()),
            Some(fields.database()),
            Some(fields.files(version)),
            fields.cache("session", version),
            fields.cache("application", version),
            Some(fields.web()),
            fields.is_on("cdn").then(|| "cdn".to_owned()),
            fields.dns(version),
            fields.bastion(),
            fields.watch(),
        ]
        .into_iter()
        .flatten(),
    );
    lines.push("}".to_owned());
    let comments = fields.remarks.iter().map(|it| format!("// {it}")).chain(lines);
    Imported { text: comments.collect::<Vec<_>>().join("\n") + "\n", remarks: fields.remarks.clone() }
}

impl Fields {
    fn take(&mut self, parameter: &Parameter, value: &str, version: Version) {
        let Parameter { name, v1: _, v2: _, field, how } = *parameter;
        if value.is_empty() {
            return;
        }
        let converted = match how {
            How::Text | How::List => value.to_owned(),
            How::Switch => (value.eq_ignore_ascii_case("true")).to_string(),
            How::Number if value.parse::<f64>().is_ok() => value.to_owned(),
            How::Number => return self.remarks.push(format!("`{name}` is no number: {value:?}.")),
            How::Words(words) => match words.iter().find(|(from, _)| *from == value) {
                Some((_, to)) => (*to).to_owned(),
                None => return self.remarks.push(format!("`{name}` has an unknown value: {value:?}.")),
            },
            How::Always(always, why) => {
                if value != always {
                    self.remarks.push(format!("`{name}` was {value}, but {why}."));
                }
                return;
            }
            How::Gone(why) => {
                if parameter.default(version) != Some(value) {
                    self.remarks.push(format!("`{name}` has no field: {why}."));
                }
                return;
            }
        };
        self.values.insert(field, converted);
    }

    fn get(&self, field: &str) -> Option<&str> {
        self.values.get(field).map(String::as_str)
    }

    fn is_on(&self, field: &str) -> bool {
        self.get(field) == Some("true")
    }

    /// Returns `name "text"` of the field, if it is there.
    fn text(&self, name: &str, field: &str) -> Option<String> {
        self.get(field).map(|value| format!("{name} {}", quoted(value)))
    }

    fn site(&self) -> Option<String> {
        let zone = self.get("site.domain zone=").map(|zone| format!(" zone={}", quoted(zone))).unwrap_or_default();
        let domain = self.text("domain", "site.domain").map(|domain| domain + &zone);
        block("site", [domain, self.text("locale", "site.locale").filter(|it| it != "locale \"en\"")])
    }

    fn count(&self) -> usize {
        self.get("network.zones").and_then(|it| it.parse().ok()).unwrap_or(2)
    }

    fn network(&self) -> Option<String> {
        let names: Vec<String> = self
            .get("network.zones (names)")
            .into_iter()
            .flat_map(|names| names.split(','))
            .map(|name| quoted(name.trim()))
            .take(self.count())
            .collect();
        let zones = if names.is_empty() { self.count().to_string() } else { names.join(" ") };
        let subnets = |group: &str| {
            let cidr = |index: usize| self.get(&format!("network.subnets \"{group}\" [{index}]")).map(quoted);
            let cidrs: Option<Vec<String>> = (0..self.count()).map(cidr).collect();
            cidrs.map(|cidrs| format!("subnets {} {{ cidrs {} }}", quoted(group), cidrs.join(" ")))
        };
        let tenancy = self.text("tenancy", "network.tenancy").filter(|it| it != "tenancy \"default\"");
        block(
            "network",
            [
                self.text("cidr", "network.cidr"),
                Some(format!("zones {zones}")),
                tenancy,
                subnets("public"),
                subnets("app"),
                subnets("data"),
            ],
        )
    }

    fn certificate(&self) -> Option<String> {
        let cdn = self.get("certificate.existing cdn=").filter(|_| self.is_on("cdn"));
        match (self.get("certificate.existing"), cdn) {
            (Some(own), cdn) => {
                let cdn = cdn.map(|cdn| format!(" cdn={}", quoted(cdn))).unwrap_or_default();
                Some(format!("certificate {{\n existing {}{cdn}\n}}", quoted(own)))
            }
            (None, Some(cdn)) => Some(format!("certificate {{\n existing cdn={}\n}}", quoted(cdn))),
            (None, None) => None,
        }
    }

    fn database(&self) -> String {
        let serverless = self.is_on("database.serverless").then(|| {
            let bound =
                |name: &str| self.get(&format!("database.serverless {name}=")).map(|it| format!(" {name}={it}"));
            format!("serverless{}{}", bound("min").unwrap_or_default(), bound("max").unwrap_or_default())
        });
        let instances = self.text("instances", "database.instances").map(|it| it + " count=2");
        let shape = serverless.or(instances);
        let engine = self.text("engine", "database.engine");
        let [name, username, key] = ["name", "username", "key"].map(|it| self.text(it, &format!("database.{it}")));
        block("database", [engine, shape, name, username, key]).unwrap_or_else(|| "database".to_owned())
    }

    /// Version 1 knows bursting throughput alone, of which `seed-gib` is made; version 2 asks for elastic throughput.
    fn files(&self, version: Version) -> String {
        let seed = self.get("files.seed-gib").filter(|gib| *gib != "0").map(|gib| format!("seed-gib {gib}"));
        let bursting = (version == Version::V1).then(|| "throughput \"bursting\"".to_owned());
        let parts = [self.text("performance", "files.performance"), bursting, self.text("key", "files.key"), seed];
        block("files", parts).unwrap_or_else(|| "files".to_owned())
    }

    /// A cache is where it was asked for. Version 1 has memcached, with a node in each zone.
    fn cache(&mut self, purpose: &str, version: Version) -> Option<String> {
        let of = |what: &str| format!("cache \"{purpose}\"{what}");
        if !self.is_on(&of("")) {
            return None;
        }
        let serverless = version == Version::V2 && self.is_on(&of(" serverless"));
        let engine = self.get("cache.engine").unwrap_or("memcached").to_owned();
        let engine = if engine == "memcached" && (serverless || purpose == "application") {
            let why = if purpose == "application" {
                "Moodle has no store for memcached since 4.2"
            } else {
                "serverless memcached takes connections with TLS only, which Moodle's sessions do not make"
            };
            self.remarks.push(format!("cache \"{purpose}\" was memcached and is valkey: {why}."));
            "valkey".to_owned()
        } else {
            engine
        };
        let nodes = self.get(&of(" nodes")).map(|it| format!("nodes {} count={}", quoted(it), self.count()));
        let shape = if serverless { Some("serverless".to_owned()) } else { nodes };
        block(&of(""), [Some(format!("engine {}", quoted(&engine))), shape])
    }

    fn web(&self) -> String {
        let number = |name: &str| self.get(&format!("web.scale {name}=")).unwrap_or("1").to_owned();
        let scale = Some(format!("scale min={} max={}", number("min"), number("max")));
        let parts = [self.text("instances", "web.instances"), scale, self.text("key-pair", "web.key-pair")];
        block("web", parts).unwrap_or_else(|| "web".to_owned())
    }

    /// Version 2 makes a record wherever there is a domain and its zone.
    fn dns(&self, version: Version) -> Option<String> {
        let wanted = version == Version::V2 || self.is_on("dns");
        let possible = self.get("site.domain").is_some() && self.get("site.domain zone=").is_some();
        (wanted && possible).then(|| "dns".to_owned())
    }

    /// A bastion that nobody asked for is none: Session Manager reaches the servers.
    fn bastion(&self) -> Option<String> {
        let scale = self.get("bastion.scale").unwrap_or("0");
        let key = self.text("key-pair", "web.key-pair");
        if scale == "0" && key.is_none() {
            return None;
        }
        let ssh = self.text("ssh-from", "bastion.ssh-from");
        block("bastion", [self.text("instances", "bastion.instances"), Some(format!("scale {scale}")), ssh, key])
    }

    fn watch(&self) -> Option<String> {
        let real = self.get("watch.email").filter(|it| *it != "hello@yourdomain.com");
        real.map(|email| format!("watch {{\n email {}\n}}", quoted(email)))
    }
}

fn block(name: &str, lines: impl IntoIterator<Item = Option<String>>) -> Option<String> {
    let lines: Vec<String> = lines.into_iter().flatten().collect();
    (!lines.is_empty()).then(|| format!("{name} {{\n{}\n}}", lines.join("\n")))
}

fn quoted(text: &str) -> String {
    format!("{text:?}")
}

/// Returns a name that the language takes: lower case, digits and hyphens, not too long.
fn stack_name(name: Option<&str>) -> String {
    let name = name.unwrap_or("moodle").to_ascii_lowercase();
    let plain: String = name.chars().map(|it| if it.is_ascii_alphanumeric() { it } else { '-' }).collect();
    let plain = plain.trim_start_matches(|it: char| !it.is_ascii_alphabetic());
    let short: String = plain.chars().take(LONGEST_NAME).collect();
    let short = short.trim_end_matches('-');
    if short.is_empty() { "moodle".to_owned() } else { short.to_owned() }
}
