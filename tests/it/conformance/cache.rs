//! The cases of the cache tier, and what the emulators do otherwise than AWS there.

#![expect(clippy::assigning_clones, reason = "a change reads as an assignment")]

use std::collections::BTreeSet;

use moodle_infra::graph::Graph;
use moodle_infra::kind::Ref;
use moodle_infra::kinds::ec2::security_group::SecurityGroup;
use moodle_infra::kinds::ec2::subnet::Subnet;
use moodle_infra::kinds::elasticache::cache_cluster::{CacheCluster, CacheClusterProps};
use moodle_infra::kinds::elasticache::parameter_group::{ParameterGroup, ParameterGroupProps};
use moodle_infra::kinds::elasticache::replication_group::{ReplicationGroup, ReplicationGroupProps};
use moodle_infra::kinds::elasticache::serverless_cache::{ServerlessCache, ServerlessCacheProps};
use moodle_infra::kinds::elasticache::subnet_group::{SubnetGroup, SubnetGroupProps};

use super::cases::{Build, Case, add_group, add_vpc, at, case, subnet_props, tags};
use super::defects::Defect;
use super::life::Check;
use crate::support::emulator::Emulator;

pub(super) const CASES: &[Case] = &[
    Case { name: "cache subnet_group", build: subnet_group },
    Case { name: "cache parameter_group", build: parameter_group },
    Case { name: "cache_cluster", build: cache_cluster },
    Case { name: "cache_cluster of one node", build: cache_cluster_of_one_node },
    Case { name: "replication_group", build: replication_group },
    Case { name: "replication_group of one node", build: replication_group_of_one_node },
    Case { name: "serverless_cache", build: serverless_cache },
    Case { name: "serverless memcached", build: serverless_memcached },
];

const ABSENT: &str = "it has this call";

pub(super) const DEFECTS: &[Defect] = &[
    stops("cache subnet_group", "elasticache:DeleteCacheSubnetGroup failed: an answer with status 500", ABSENT),
    stops("cache parameter_group", "elasticache:CreateCacheParameterGroup failed: an answer with status 500", ABSENT),
    stops("cache_cluster", "elasticache:CreateCacheParameterGroup failed: an answer with status 500", ABSENT),
    stops(
        "cache_cluster of one node",
        "elasticache:DescribeCacheClusters failed: the answer lacks a member that AWS always gives",
        "clusters have a parameter group",
    ),
    stops("replication_group", "elasticache:CreateCacheParameterGroup failed: an answer with status 500", ABSENT),
    Defect {
        emulator: Emulator::Moto,
        case: "replication_group of one node",
        check: Check::ReadsAsWanted,
        saying: "[Difference { field: \"version\", old: String(\"\"), new: String(\"7.1\"), replaces: false }",
        reason: "the members of a group are cache clusters",
    },
    Defect {
        emulator: Emulator::Moto,
        case: "replication_group of one node",
        check: Check::StandsBesideAnEqual,
        saying: "Some(SeenValue { phase: Deleting",
        reason: "a group that is deleted goes",
    },
    stops(
        "replication_group of one node",
        "elasticache:IncreaseReplicaCount failed: an answer with status 500",
        ABSENT,
    ),
    stops("serverless_cache", "elasticache:CreateServerlessCache failed: an answer with status 500", ABSENT),
    stops("serverless memcached", "elasticache:CreateServerlessCache failed: an answer with status 500", ABSENT),
];

/// A case that moto cannot go through to its end.
const fn stops(case: &'static str, saying: &'static str, reason: &'static str) -> Defect {
    Defect { emulator: Emulator::Moto, case, check: Check::Runs, saying, reason }
}

/// What caches stand in.
struct Place {
    graph: Graph,
    subnets: Vec<Ref<Subnet>>,
    web: Ref<SecurityGroup>,
    data: Ref<SecurityGroup>,
}

fn place() -> Place {
    let mut graph = Graph::default();
    let vpc = add_vpc(&mut graph, "vpc");
    let zones = [("eu-west-1a", "10.1.0.0/24"), ("eu-west-1b", "10.1.1.0/24"), ("eu-west-1c", "10.1.2.0/24")];
    let subnets =
        zones.map(|(zone, cidr)| graph.add(at(&format!("subnet.{zone}")), subnet_props(vpc.clone(), zone, cidr)));
    let (web, data) = (add_group(&mut graph, &vpc, "web"), add_group(&mut graph, &vpc, "data"));
    Place { graph, subnets: subnets.into(), web, data }
}

impl Place {
    fn subnet_group(&mut self, name: &str) -> Ref<SubnetGroup> {
        let props = self.subnet_group_props();
        self.graph.add(at(&format!("subnet-group.{name}")), SubnetGroupProps { name: name.to_owned(), ..props })
    }

    fn subnet_group_props(&self) -> SubnetGroupProps {
        SubnetGroupProps {
            name: "campus-cache".to_owned(),
            description: "Caches".to_owned(),
            subnets: self.subnets[..2].iter().cloned().collect(),
            tags: tags("first"),
        }
    }

    fn parameters(&mut self, name: &str, family: &str) -> Ref<ParameterGroup> {
        let name = name.to_owned();
        let props = ParameterGroupProps { name: name.clone(), ..parameter_group_props(family) };
        self.graph.add(at(&format!("parameters.{name}")), props)
    }
}

fn parameter_group_props(family: &str) -> ParameterGroupProps {
    ParameterGroupProps {
        name: "campus-app".to_owned(),
        family: family.to_owned(),
        description: "Application".to_owned(),
        parameters: [].into(),
        tags: tags("first"),
    }
}

fn subnet_group() -> Build {
    let place = place();
    let before = place.subnet_group_props();
    let all: BTreeSet<_> = place.subnets.iter().cloned().collect();
    let change = |it: &mut SubnetGroupProps| {
        it.description = "All caches".to_owned();
        it.subnets = all;
        it.tags = tags("second");
    };
    case::<SubnetGroup>(place.graph, before, change, |it| it.name = "campus-other".to_owned())
}

fn parameter_group() -> Build {
    let parameter = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let before = ParameterGroupProps {
        parameters: [parameter("maxmemory-policy", "allkeys-lru"), parameter("timeout", "300")].into(),
        ..parameter_group_props("valkey8")
    };
    let change = |it: &mut ParameterGroupProps| {
        it.parameters = [parameter("maxmemory-policy", "noeviction"), parameter("databases", "4")].into();
        it.tags = tags("second");
    };
    case::<ParameterGroup>(Graph::default(), before, change, |it| it.family = "redis7".to_owned())
}

fn cluster_props(place: &mut Place) -> CacheClusterProps {
    CacheClusterProps {
        name: "campus-session".to_owned(),
        version: "1.6".to_owned(),
        node_type: "cache.t4g.medium".to_owned(),
        nodes: 3,
        cross_zone: Some(true),
        parameter_group: Ref::known("default.memcached1.6"),
        subnet_group: place.subnet_group("cluster"),
        groups: [place.data.clone()].into(),
        tags: tags("first"),
    }
}

fn cache_cluster() -> Build {
    let mut place = place();
    let before = cluster_props(&mut place);
    let parameters = place.parameters("session", "memcached1.6");
    let Place { graph, subnets: _, web, data } = place;
    let change = |it: &mut CacheClusterProps| {
        it.nodes = 2;
        it.parameter_group = parameters;
        it.groups = [web, data].into();
        it.tags = tags("second");
    };
    case::<CacheCluster>(graph, before, change, |it| it.node_type = "cache.r7g.large".to_owned())
}

fn cache_cluster_of_one_node() -> Build {
    let mut place = place();
    let before = CacheClusterProps { nodes: 1, cross_zone: None, ..cluster_props(&mut place) };
    let other = place.subnet_group("other");
    let change = |it: &mut CacheClusterProps| (it.nodes, it.cross_zone) = (2, Some(true));
    case::<CacheCluster>(place.graph, before, change, |it| it.subnet_group = other)
}

fn group_props(place: &mut Place) -> ReplicationGroupProps {
    ReplicationGroupProps {
        name: "campus-session".to_owned(),
        description: "Sessions".to_owned(),
        engine: "valkey".to_owned(),
        version: "8.0".to_owned(),
        node_type: "cache.t4g.medium".to_owned(),
        nodes: 3,
        failover: true,
        multi_zone: true,
        parameter_group: Ref::known("default.valkey8"),
        subnet_group: place.subnet_group("group"),
        groups: [place.data.clone()].into(),
        tls: true,
        encrypted: true,
        key: None,
        tags: tags("first"),
    }
}

fn replication_group() -> Build {
    let mut place = place();
    let before = group_props(&mut place);
    let parameters = place.parameters("session", "valkey8");
    let Place { graph, subnets: _, web, data } = place;
    let change = |it: &mut ReplicationGroupProps| {
        it.description = "Sessions of students".to_owned();
        it.version = "8.1".to_owned();
        it.node_type = "cache.r7g.large".to_owned();
        it.nodes = 2;
        it.parameter_group = parameters;
        it.groups = [web, data].into();
        it.tags = tags("second");
    };
    let key = Some("arn:aws:kms:eu-west-1:111122223333:key/01234567-89ab-cdef-0123-456789abcdef".to_owned());
    case::<ReplicationGroup>(graph, before, change, |it| it.key = key)
}

fn replication_group_of_one_node() -> Build {
    let mut place = place();
    let redis = ReplicationGroupProps {
        engine: "redis".to_owned(),
        version: "7.1".to_owned(),
        parameter_group: Ref::known("default.redis7"),
        ..group_props(&mut place)
    };
    let before = ReplicationGroupProps { nodes: 1, failover: false, multi_zone: false, ..redis };
    let change = |it: &mut ReplicationGroupProps| {
        (it.nodes, it.failover, it.multi_zone) = (3, true, true);
        (it.engine, it.version) = ("valkey".to_owned(), "8.1".to_owned());
        it.parameter_group = Ref::known("default.valkey8");
    };
    case::<ReplicationGroup>(place.graph, before, change, |it| it.encrypted = false)
}

fn serverless_props(place: &Place) -> ServerlessCacheProps {
    ServerlessCacheProps {
        name: "campus-app".to_owned(),
        description: "Application".to_owned(),
        engine: "valkey".to_owned(),
        version: "7".to_owned(),
        min_gib: None,
        max_gib: Some(10),
        min_ecpu: None,
        max_ecpu: None,
        subnets: place.subnets.iter().cloned().collect(),
        groups: [place.data.clone()].into(),
        key: None,
        tags: tags("first"),
    }
}

fn serverless_cache() -> Build {
    let place = place();
    let before = serverless_props(&place);
    let Place { graph, subnets, web, data } = place;
    let change = |it: &mut ServerlessCacheProps| {
        it.description = "Application cache".to_owned();
        it.version = "8".to_owned();
        (it.min_gib, it.max_gib, it.max_ecpu) = (Some(1), Some(20), Some(5000));
        it.groups = [web, data].into();
        it.tags = tags("second");
    };
    case::<ServerlessCache>(graph, before, change, |it| it.subnets = subnets[..2].iter().cloned().collect())
}

fn serverless_memcached() -> Build {
    let place = place();
    let before = ServerlessCacheProps {
        engine: "memcached".to_owned(),
        version: "1.6".to_owned(),
        max_gib: None,
        ..serverless_props(&place)
    };
    let key = Some("arn:aws:kms:eu-west-1:111122223333:key/01234567-89ab-cdef-0123-456789abcdef".to_owned());
    case::<ServerlessCache>(place.graph, before, |it| it.max_gib = Some(5), |it| it.key = key)
}
