//! The topology: a spec, typed, checked, with defaults filled in, and the resources that it becomes.
//!
//! One file or folder a tier: its settings and defaults, its KDL fields, its checks, its resources. What is wrong with
//! a spec is data; a [`Topology`] exists only when nothing is.

use std::collections::BTreeMap;

use crate::graph::Graph;
use crate::kind::values::Tags;
use crate::kind::{Address, Ref, Text};
use crate::kinds::ec2::internet_gateway_attachment::InternetGatewayAttachment;
use crate::kinds::ec2::nat_gateway::NatGateway;
use crate::kinds::ec2::route::Route;
use crate::kinds::ec2::route_table_association::RouteTableAssociation;
use crate::kinds::ec2::security_group::SecurityGroup;
use crate::kinds::ec2::subnet::Subnet;
use crate::kinds::ec2::vpc::Vpc;
use crate::kinds::efs::access_point::AccessPoint;
use crate::kinds::efs::mount_target::MountTarget;
use crate::runtime::Instance;
use crate::spec::reader::Reader;
use crate::spec::{Diagnostic, Source, tree};

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

pub mod load_balancer;

pub mod machines;

mod fleet;

mod copying;

pub mod web;

pub mod cdn;

pub mod dns;

pub mod bastion;

pub mod watch;

mod keys;

mod reach;

mod reading;

mod assembly;

mod moodle;

mod boot;

mod rendered;

mod effective;

pub use bastion::Bastion;
pub use cache::Caches;
pub use cdn::Cdn;
pub use certificate::Certificate;
pub use database::Database;
pub use dns::Dns;
pub use effective::effective;
pub use facts::{Facts, FactsError, Question};
pub use files::Files;
pub use keys::Key;
pub use load_balancer::LoadBalancer;
pub use network::Network;
pub use rendered::{NotPlain, Rendered};
pub use site::Site;
pub use size::{Profile, Size};
pub use watch::Watch;
pub use web::Web;

/// What a spec describes. A tier is `None` where the spec has none.
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
    /// What Moodle is; without it, what [`Site::default`] says.
    pub site: Option<Site>,
    /// The network tier.
    pub network: Option<Network>,
    /// The certificate tier.
    pub certificate: Option<Certificate>,
    /// The load balancer tier.
    pub load_balancer: Option<LoadBalancer>,
    /// The database tier.
    pub database: Option<Database>,
    /// The files tier.
    pub files: Option<Files>,
    /// The cache tier; empty where the spec has none.
    pub caches: Caches,
    /// The web tier.
    pub web: Option<Web>,
    /// The CDN tier.
    pub cdn: Option<Cdn>,
    /// The DNS tier.
    pub dns: Option<Dns>,
    /// The bastion tier.
    pub bastion: Option<Bastion>,
    /// The watch tier.
    pub watch: Option<Watch>,
}

/// A graph that is being built, and what every tier needs for that.
struct Build<'a> {
    graph: Graph,
    facts: &'a Facts,
    stack: &'a str,
    tags: Tags,
    /// The engine of the database, whose port is opened.
    engine: database::Engine,
    /// Who comes to the web servers and how.
    visitors: network::Visitors,
    /// What the web servers boot, once it is known.
    boots: Option<Instance>,
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
    /// What must be there before visitors can come in; `None` where the stack does not make it.
    way_in: Option<Ref<InternetGatewayAttachment>>,
    /// What must be ready before a server finds its way out.
    ways: Ways,
    /// Subnets with a way in from the internet.
    public: Vec<(String, Ref<Subnet>)>,
    /// Subnets of the web servers.
    app: Vec<(String, Ref<Subnet>)>,
    /// Subnets of database, cache and files.
    data: Vec<(String, Ref<Subnet>)>,
    /// Security groups: `load-balancer`, `web`, `database`, `cache`, `files`.
    groups: BTreeMap<&'static str, Ref<SecurityGroup>>,
}

/// What must be ready before a server in a subnet finds its way out; nothing in an existing network.
#[derive(Default)]
struct Ways {
    gateways: Vec<Ref<NatGateway>>,
    routes: Vec<Ref<Route>>,
    associations: Vec<Ref<RouteTableAssociation>>,
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
    let topology = stack::the_one(&mut cx, &nodes).and_then(|node| reading::stack(&mut cx, node));
    let topology = if cx.has_errors() { None } else { topology };
    (topology, cx.into_faults())
}
