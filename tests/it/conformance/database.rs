//! The cases of the database.

#![expect(clippy::assigning_clones, reason = "a change reads as an assignment")]

use std::collections::BTreeMap;

use moodle_infra::graph::Graph;
use moodle_infra::kind::Ref;
use moodle_infra::kinds::ec2::security_group::SecurityGroup;
use moodle_infra::kinds::ec2::subnet::Subnet;
use moodle_infra::kinds::ec2::vpc::Vpc;
use moodle_infra::kinds::rds::cluster::{Cluster, ClusterProps, Scaling};
use moodle_infra::kinds::rds::cluster_parameter_group::{ClusterParameterGroup, ClusterParameterGroupProps};
use moodle_infra::kinds::rds::copy::{Copy, CopyProps};
use moodle_infra::kinds::rds::instance::{Instance, InstanceProps};
use moodle_infra::kinds::rds::subnet_group::{SubnetGroup, SubnetGroupProps};

use super::cases::{Build, Case, add_group, add_vpc, at, case, subnet_props, tags};
use super::web::{REPORTS, add_report};

/// Every case.
pub(super) const CASES: &[Case] = &[
    Case { name: "subnet_group", build: subnet_group },
    Case { name: "cluster_parameter_group", build: cluster_parameter_group },
    Case { name: "cluster_parameter_group with fewer parameters", build: fewer_parameters },
    Case { name: "cluster", build: cluster },
    Case { name: "cluster of serverless instances", build: serverless_cluster },
    Case { name: "instance", build: instance },
    Case { name: "serverless instance", build: serverless_instance },
    Case { name: "copy of a database", build: copy },
];

const KEY: &str = "arn:aws:kms:eu-west-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef";

fn add_subnet(graph: &mut Graph, vpc: &Ref<Vpc>, name: &str, zone: &str, cidr: &str) -> Ref<Subnet> {
    graph.add(at(name), subnet_props(vpc.clone(), zone, cidr))
}

/// Adds three subnets in as many zones.
fn add_subnets(graph: &mut Graph, vpc: &Ref<Vpc>, net: u8) -> [Ref<Subnet>; 3] {
    ["a", "b", "c"].map(|zone| {
        let number = zone.as_bytes()[0] - b'a';
        let cidr = format!("10.1.{}.0/24", net + number);
        add_subnet(graph, vpc, &format!("subnet.{net}.{zone}"), &format!("eu-west-1{zone}"), &cidr)
    })
}

fn subnet_group_props(vpc: Ref<Vpc>, subnets: impl IntoIterator<Item = Ref<Subnet>>) -> SubnetGroupProps {
    SubnetGroupProps {
        name: "site-data".to_owned(),
        vpc,
        description: "Database of the site".to_owned(),
        subnets: subnets.into_iter().collect(),
        tags: tags("first"),
    }
}

fn subnet_group() -> Build {
    let mut graph = Graph::default();
    let (vpc, other) = (add_vpc(&mut graph, "vpc"), add_vpc(&mut graph, "other"));
    let [a, b, c] = add_subnets(&mut graph, &vpc, 0);
    let elsewhere = add_subnets(&mut graph, &other, 10);
    let change = |it: &mut SubnetGroupProps| {
        it.subnets = [b.clone(), c].into();
        it.description = "Database".to_owned();
        it.tags = tags("second");
    };
    let before = subnet_group_props(vpc, [a, b.clone()]);
    case::<SubnetGroup>(graph, before, change, |it| (it.vpc, it.subnets) = (other, elsewhere.into()))
}

fn parameters(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn parameter_group_props(name: &str, family: &str) -> ClusterParameterGroupProps {
    ClusterParameterGroupProps {
        name: name.to_owned(),
        family: family.to_owned(),
        parameters: parameters(&[("rds.force_ssl", "1"), ("log_statement", "ddl")]),
        tags: tags("first"),
    }
}

fn cluster_parameter_group() -> Build {
    let mut graph = Graph::default();
    // A group of somebody else.
    graph.add::<ClusterParameterGroup>(at("other"), parameter_group_props("site", "aurora-postgresql17"));
    let change = |it: &mut ClusterParameterGroupProps| {
        it.parameters.insert("rds.force_ssl".to_owned(), "0".to_owned());
        it.parameters.insert("log_min_duration_statement".to_owned(), "1000".to_owned());
        it.tags = tags("second");
    };
    let before = parameter_group_props("site", "aurora-postgresql17");
    case::<ClusterParameterGroup>(graph, before, change, |it| it.family = "aurora-postgresql16".to_owned())
}

fn fewer_parameters() -> Build {
    let before = parameter_group_props("site", "aurora-postgresql17");
    let fewer = |it: &mut ClusterParameterGroupProps| it.parameters = parameters(&[("rds.force_ssl", "1")]);
    case::<ClusterParameterGroup>(Graph::default(), before, fewer, |it| it.name = "other".to_owned())
}

/// Adds what a cluster needs and returns its properties, two more security groups and another parameter group.
fn add_for_cluster(graph: &mut Graph) -> (ClusterProps, Ref<SecurityGroup>, Ref<ClusterParameterGroup>) {
    let vpc = add_vpc(graph, "vpc");
    let subnets = add_subnets(graph, &vpc, 0);
    let subnet_group = graph.add(at("subnet-group"), subnet_group_props(vpc.clone(), subnets));
    let (web, data) = (add_group(graph, &vpc, "web"), add_group(graph, &vpc, "data"));
    let parameter_group = graph.add(at("parameters"), parameter_group_props("site", "aurora-postgresql17"));
    let other = graph.add(at("parameters.other"), parameter_group_props("other", "aurora-postgresql17"));
    let props = ClusterProps {
        name: "site".to_owned(),
        engine: "aurora-postgresql".to_owned(),
        subnet_group,
        database: Some("moodle".to_owned()),
        username: Some("moodle".to_owned()),
        key: None,
        snapshot: None,
        version: "17.5".to_owned(),
        parameter_group,
        groups: [data].into(),
        managed_password: true,
        backup_days: 30,
        deletion_protection: true,
        copy_tags: true,
        scaling: None,
        tags: tags("first"),
    };
    (props, web, other)
}

fn cluster() -> Build {
    let mut graph = Graph::default();
    let (props, web, other) = add_for_cluster(&mut graph);
    let before = ClusterProps { key: Some(KEY.into()), ..props };
    let change = |it: &mut ClusterProps| {
        it.version = "17.6".to_owned();
        it.parameter_group = other;
        it.groups.insert(web);
        it.backup_days = 7;
        it.copy_tags = false;
        it.tags = tags("second");
    };
    case::<Cluster>(graph, before, change, |it| it.username = Some("admin2".to_owned()))
}

fn serverless_cluster() -> Build {
    let mut graph = Graph::default();
    let (props, _, _) = add_for_cluster(&mut graph);
    let before = ClusterProps { scaling: Some(Scaling { min: 0.5, max: 16.0 }), deletion_protection: false, ..props };
    let change = |it: &mut ClusterProps| {
        it.scaling = Some(Scaling { min: 1.0, max: 64.0 });
        it.deletion_protection = true;
    };
    case::<Cluster>(graph, before, change, |it| it.database = Some("school".to_owned()))
}

/// Adds a cluster with an instance of its own and returns the properties of another instance.
fn add_for_instance(graph: &mut Graph) -> (InstanceProps, Ref<Cluster>) {
    let (props, _, _) = add_for_cluster(graph);
    let scaling = Some(Scaling { min: 0.5, max: 16.0 });
    let props = ClusterProps { deletion_protection: false, scaling, ..props };
    let other = graph.add(at("cluster.other"), ClusterProps { name: "other".to_owned(), ..props.clone() });
    let cluster: Ref<Cluster> = graph.add(at("cluster"), props);
    let props = InstanceProps {
        name: "site-1".to_owned(),
        cluster,
        engine: "aurora-postgresql".to_owned(),
        class: "db.r6g.large".to_owned(),
        public: false,
        auto_minor_upgrade: false,
        tags: tags("first"),
    };
    graph.add::<Instance>(at("instance"), InstanceProps { name: "site-0".to_owned(), ..props.clone() });
    (props, other)
}

fn instance() -> Build {
    let mut graph = Graph::default();
    let (before, other) = add_for_instance(&mut graph);
    let change = |it: &mut InstanceProps| {
        it.class = "db.serverless".to_owned();
        it.auto_minor_upgrade = true;
        it.tags = tags("second");
    };
    case::<Instance>(graph, before, change, |it| it.cluster = other)
}

fn serverless_instance() -> Build {
    let mut graph = Graph::default();
    let (before, _) = add_for_instance(&mut graph);
    let before = InstanceProps { class: "db.serverless".to_owned(), ..before };
    let change = |it: &mut InstanceProps| it.class = "db.r7g.large".to_owned();
    case::<Instance>(graph, before, change, |it| it.name = "site-2".to_owned())
}

fn copy() -> Build {
    let mut graph = Graph::default();
    let (props, _, _) = add_for_cluster(&mut graph);
    let cluster = graph.add(at("cluster"), props);
    add_report(&mut graph);
    let name = "it-before".to_owned();
    let before = CopyProps { cluster, name, path: REPORTS.to_owned(), build: "after".to_owned() };
    let change = |it: &mut CopyProps| it.build = "later".to_owned();
    case::<Copy>(graph, before, change, |it| it.name = "it-ere".to_owned())
}
