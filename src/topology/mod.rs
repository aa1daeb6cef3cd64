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

mod facts;

pub mod network;

pub mod database;

pub mod files;

pub mod cache;

pub mod cdn;

mod effective;

pub use cache::Caches;
pub use cdn::Cdn;
pub use database::Database;
pub use effective::effective;
pub use facts::{Facts, FactsError, Question};
pub use files::Files;
pub use network::Network;

/// Tiers of the language that this version cannot make yet; they have an error of their own.
const LATER: &[&str] = &["size", "site", "certificate", "load-balancer", "web", "dns", "bastion", "watch"];

/// What a spec describes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topology {
    /// The stack's name, which state, lock and tags carry.
    pub name: String,
    /// The region; `None` leaves it to the environment.
    pub region: Option<String>,
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
    /// The CDN tier; `None` where the spec has none.
    pub cdn: Option<Cdn>,
}

impl Topology {
    /// Returns what must be known of the account before there is a graph ([`Facts::knowing`]).
    #[must_use]
    pub fn questions(&self) -> BTreeSet<Question> {
        BTreeSet::new()
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
        if let Some(cdn) = &self.cdn {
            let origin = cdn::Origin {
                dns_name: "load-balancer.invalid".into(),
                https: false,
                secret: None,
                domain: None,
                certificate: None,
            };
            let _edge = cdn.add_to(&mut build, &origin);
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
    let tags = stack::tags(cx, &mut form);
    let network = form.field(cx, "network");
    let network = network.map(|node| network::read(cx, node, region.as_deref()));
    let found = match &network {
        None => database::Found::Nothing,
        Some(None) => database::Found::Faulty,
        Some(Some(network)) => database::Found::Network(network),
    };
    let database = form.field(cx, "database");
    let database = database.map(|node| database::read(cx, node, region.as_deref(), found));
    let files = form.field(cx, "files");
    let files = files.map(|node| files::read(cx, node, region.as_deref(), network.as_ref()));
    let ground = match &network {
        None => cache::Ground::Missing,
        Some(None) => cache::Ground::Faulty,
        Some(Some(network)) => cache::Ground::There(network),
    };
    let caches = cache::read(cx, &mut form, ground, region.as_deref());
    let around = cdn::Around {
        region: region.as_deref(),
        load_balancer: has(node, "load-balancer"),
        certificate: has(node, "certificate"),
        domain: node.children.iter().any(|it| it.name.value == "site" && has(it, "domain")),
    };
    let cdn = form.field(cx, "cdn");
    let cdn = cdn.map(|node| cdn::read(cx, node, around));
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
    let cdn = match cdn {
        Some(read) => Some(read?),
        None => None,
    };
    Some(Topology { name: name?, region, tags, network, database, files, caches: caches?, cdn })
}

/// Whether a node of that name stands in the block, whatever is wrong with it.
fn has(node: &Node, name: &str) -> bool {
    node.children.iter().any(|it| it.name.value == name)
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
