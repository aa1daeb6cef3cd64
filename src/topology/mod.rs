//! The topology: a spec, typed, checked, with defaults filled in, and the resources that it becomes.
//!
//! One file or folder a tier: its settings and defaults, its KDL fields, its checks, its resources. What is wrong with
//! a spec is data; a [`Topology`] exists only when nothing is.

use std::collections::{BTreeMap, BTreeSet};

use crate::graph::Graph;
use crate::kind::values::Tags;
use crate::kind::{Address, Ref, Text};
use crate::kinds::ec2::security_group::SecurityGroup;
use crate::kinds::ec2::subnet::Subnet;
use crate::kinds::ec2::vpc::Vpc;
use crate::kinds::efs::access_point::AccessPoint;
use crate::kinds::efs::mount_target::MountTarget;
use crate::spec::reader::{Form, Reader};
use crate::spec::tree::{self, Node};
use crate::spec::{Diagnostic, Source};

mod stack;

mod regions;

mod size;

mod facts;

pub mod network;

pub mod database;

pub mod files;

pub mod cache;

pub mod site;

pub mod certificate;

pub mod cdn;

pub mod dns;

mod effective;

pub use cache::Caches;
pub use cdn::Cdn;
pub use certificate::Certificate;
pub use database::Database;
pub use dns::Dns;
pub use effective::effective;
pub use facts::{Facts, FactsError, Question};
pub use files::Files;
pub use network::Network;
pub use site::Site;
pub use size::{Profile, Size};

/// Tiers of the language that this version cannot make yet; they have an error of their own.
const LATER: &[&str] = &["load-balancer", "web", "bastion", "watch"];

/// What a spec describes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topology {
    /// The stack's name, which state, lock and tags carry.
    pub name: String,
    /// The region; `None` leaves it to the environment.
    pub region: Option<String>,
    /// Which defaults hold.
    pub size: Size,
    /// The tags that every resource gets.
    pub tags: BTreeMap<String, String>,
    /// The network tier; `None` where the spec has none.
    pub network: Option<Network>,
    /// The database tier; `None` where the spec has none.
    pub database: Option<Database>,
    /// The files tier; `None` where the spec has none.
    pub files: Option<Files>,
    /// The cache tier; empty where the spec has none.
    pub caches: Caches,
    /// What Moodle is; `None` where the spec has no `site`, which is then as [`Site::default`] says.
    pub site: Option<Site>,
    /// The certificate tier; `None` where the spec has none.
    pub certificate: Option<Certificate>,
    /// The CDN tier; `None` where the spec has none.
    pub cdn: Option<Cdn>,
    /// The DNS tier; `None` where the spec has none.
    pub dns: Option<Dns>,
}

impl Topology {
    /// Returns what must be known of the account before there is a graph ([`Facts::knowing`]).
    #[must_use]
    pub fn questions(&self) -> BTreeSet<Question> {
        dns::questions(self)
    }

    /// Returns the resources that the spec asks for.
    #[must_use]
    pub fn graph(&self, facts: &Facts) -> Graph {
        let engine = self.database.as_ref().map_or(database::Engine::Postgresql, |it| it.engine);
        let tags = Tags(self.tags.clone());
        let mut build = Build { graph: Graph::default(), facts, stack: &self.name, tags, engine };
        // The other tiers stand in what this returns.
        let places = self.network.as_ref().map(|network| network.add_to(&mut build));
        if let Some(database) = &self.database {
            database.add_to(&mut build, places.as_ref());
        }
        let _shared = self.files.as_ref().map(|files| files.add_to(&mut build, places.as_ref()));
        let _stores = places.as_ref().map(|places| cache::add(&mut build, &self.caches, places));
        let site = self.site.as_ref();
        let zone = dns::zone(&mut build, self);
        let cdn = self.cdn.is_some();
        let issued = self.certificate.as_ref().map(|it| it.add_to(&mut build, site, zone.as_ref(), cdn));
        let edge = self.cdn.as_ref().map(|cdn| {
            // The load balancer will stand here.
            let origin = cdn::Origin {
                dns_name: "load-balancer.invalid".into(),
                https: issued.is_some(),
                secret: None,
                domain: site.and_then(|it| it.domain.clone()),
                certificate: issued.as_ref().and_then(|it| it.cdn.clone()),
            };
            cdn.add_to(&mut build, &origin)
        });
        let edge = edge.map(|it| Target { name: it.domain_name, zone_id: it.zone_id.into() });
        let front = Front { certificate: self.certificate.is_some(), cdn: edge, ..Front::default() };
        if let Some(dns) = &self.dns {
            dns.add_to(&mut build, site, zone.as_ref(), &front);
        }
        if let Some(url) = site::url(site, &front) {
            build.output("url", &url);
        }
        if let Some(record) = site::record_by_hand(site, &front).filter(|_| self.dns.is_none()) {
            build.output("create-record-site", &record);
        }
        build.graph
    }
}

/// A graph that is being built, and what every tier needs for that.
struct Build<'a> {
    graph: Graph,
    facts: &'a Facts,
    stack: &'a str,
    tags: Tags,
    /// The engine of the database, whose port is opened.
    engine: database::Engine,
}

impl Build<'_> {
    /// Returns `<stack>-<what>`.
    fn name(&self, what: &str) -> String {
        format!("{}-{what}", self.stack)
    }

    /// Returns the tags of the resource named `<stack>-<what>`.
    fn tags(&self, what: &str) -> Tags {
        self.tags.named(&self.name(what))
    }

    /// Sets an output.
    fn output(&mut self, name: &str, text: &Text) {
        let value = serde_json::to_value(text).unwrap_or_else(|error| panic!("bug: {error}"));
        self.graph.outputs.insert(name.to_owned(), value);
    }
}

/// What the network tier offers the others: where to stand, and who may talk to whom.
///
/// Subnets are keyed by zone (by id in an existing VPC), in the order of the spec.
struct Places {
    vpc: Ref<Vpc>,
    /// Subnets with a way in from the internet.
    #[expect(dead_code, reason = "the load balancer will stand here")]
    public: Vec<(String, Ref<Subnet>)>,
    /// Subnets of the web servers.
    #[expect(dead_code, reason = "the web servers will stand here")]
    app: Vec<(String, Ref<Subnet>)>,
    /// Subnets of database, cache and files.
    data: Vec<(String, Ref<Subnet>)>,
    /// Security groups: `load-balancer`, `web`, `database`, `cache`, `files`.
    groups: BTreeMap<&'static str, Ref<SecurityGroup>>,
}

/// What the files tier offers the web servers, who mount it with the options `tls` and `iam` and each directory's
/// `accesspoint=`: their role must be allowed `elasticfilesystem:ClientMount` and `ClientWrite`.
struct Shared {
    /// `fs-…`.
    file_system: Text,
    /// The name to mount.
    dns: Text,
    /// The directories by name, each with the access point to mount it by: `data`, `cache`, `temp`.
    access_points: Vec<(&'static str, Ref<AccessPoint>)>,
    /// What must be ready before anything is mounted, by zone; empty for an existing file system.
    mount_targets: Vec<(String, Ref<MountTarget>)>,
}

/// What lets the world in, for the site's address and its records.
#[derive(Debug, Clone, Default)]
struct Front {
    /// Whether the site has a certificate for its domain.
    certificate: bool,
    /// The distribution.
    cdn: Option<Target>,
    /// The load balancer.
    load_balancer: Option<Target>,
}

impl Front {
    /// Returns what visitors come to first.
    fn target(&self) -> Option<&Target> {
        self.cdn.as_ref().or(self.load_balancer.as_ref())
    }
}

/// Something with a name that AWS gives.
#[derive(Debug, Clone)]
struct Target {
    /// The name.
    name: Text,
    /// The zone that the name is in, for aliases.
    zone_id: Text,
}

/// What the certificate tier offers those who speak TLS: ARNs that are known when the certificate is issued.
struct Issued {
    /// For the load balancer.
    here: Text,
    /// For the distribution; `None` where there is none.
    cdn: Option<Text>,
}

/// Returns the address of a resource that is one of a kind in its stack.
fn at(path: &str) -> Address {
    Address::of(path, None)
}

/// Reads a spec. There is a topology where no fault is an error; warnings may be there with it.
#[must_use]
pub fn read(source: &[u8], file: &str) -> (Option<Topology>, Vec<Diagnostic>) {
    let source = match Source::read(source, file) {
        Ok(source) => source,
        Err(fault) => return (None, vec![*fault]),
    };
    let nodes = match tree::parse(&source) {
        Ok(nodes) => nodes,
        Err(faults) => return (None, faults),
    };
    let mut cx = Reader::of(&source);
    let topology = stack::the_one(&mut cx, &nodes).and_then(|node| read_stack(&mut cx, node));
    let topology = if cx.has_errors() { None } else { topology };
    (topology, cx.into_faults())
}

fn read_stack(cx: &mut Reader<'_>, node: &Node) -> Option<Topology> {
    let mut form = Form::of(node);
    let name = stack::name(cx, &mut form);
    let region = stack::region(cx, &mut form);
    let size = size::read(cx, &mut form);
    let tags = stack::tags(cx, &mut form);
    let site = form.field(cx, "site").map(|node| site::read(cx, node));
    let network = form.field(cx, "network");
    let network = network.map(|node| network::read(cx, node, region.as_deref(), size.profile()));
    let found = match &network {
        None => database::Found::Nothing,
        Some(None) => database::Found::Faulty,
        Some(Some(network)) => database::Found::Network(network),
    };
    let database_node = form.field(cx, "database");
    let database = database_node.map(|node| database::read(cx, node, region.as_deref(), found, size.profile()));
    if let (Some(Some(site)), Some(node), Some(Some(database))) = (&site, database_node, &database) {
        site::check_database(cx, site.release, node, database);
    }
    let files = form.field(cx, "files");
    let files = files.map(|node| files::read(cx, node, region.as_deref(), network.as_ref()));
    let ground = match &network {
        None => cache::Ground::Missing,
        Some(None) => cache::Ground::Faulty,
        Some(Some(network)) => cache::Ground::There(network),
    };
    let caches = cache::read(cx, &mut form, ground, region.as_deref(), size.profile());
    let has = |tier: &str| node.children.iter().any(|it| it.name.value == tier);
    let certificate = form.field(cx, "certificate");
    let certificate = certificate.map(|node| certificate::read(cx, node, region.as_deref(), site.as_ref(), has("cdn")));
    let around = cdn::Around {
        region: region.as_deref(),
        load_balancer: has("load-balancer"),
        certificate: has("certificate"),
        domain: node.children.iter().filter(|it| it.name.value == "site").any(names_domain),
    };
    let cdn = form.field(cx, "cdn");
    let cdn = cdn.map(|node| cdn::read(cx, node, around));
    let dns = form.field(cx, "dns");
    let dns = dns.map(|node| dns::read(cx, node, site.as_ref(), has("cdn") || has("load-balancer")));
    refuse_later_tiers(cx, &mut form);
    if node.children.is_empty() {
        cx.warning(
            "stack::empty",
            form.span(),
            "Empty stack",
            "The spec asks for nothing; an apply deletes all that the stack has.",
        )
        .help("Write `network` in its block for a network with all defaults.");
    }
    form.close(cx);
    // A tier with errors is not a tier that is not there.
    let network = match network {
        Some(read) => Some(read?),
        None => None,
    };
    let database = match database {
        Some(read) => Some(read?),
        None => None,
    };
    let files = match files {
        Some(read) => Some(read?),
        None => None,
    };
    let site = match site {
        Some(read) => Some(read?),
        None => None,
    };
    let certificate = match certificate {
        Some(read) => Some(read?),
        None => None,
    };
    let dns = match dns {
        Some(read) => Some(read?),
        None => None,
    };
    let cdn = match cdn {
        Some(read) => Some(read?),
        None => None,
    };
    Some(Topology {
        name: name?,
        region,
        size,
        tags,
        network,
        database,
        files,
        caches: caches?,
        site,
        certificate,
        cdn,
        dns,
    })
}

/// Whether `site` names a domain, whatever else is wrong with it.
fn names_domain(site: &Node) -> bool {
    site.children.iter().any(|it| it.name.value == "domain")
}

fn refuse_later_tiers(cx: &mut Reader<'_>, form: &mut Form<'_>) {
    for tier in LATER {
        for node in form.fields(tier) {
            let detail = format!("`{tier}` is a part of the language, and this version cannot make it.");
            cx.error("spec::not-available", node.name.span, "Not available in this version", detail)
                .help(format!("Comment it out for now: /-{tier}"));
        }
    }
}
