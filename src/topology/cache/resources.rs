//! The resources of the cache tier.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Cache, Caches, Engine, Existing, Limits, Nodes, Purpose, Shape};
use crate::kind::{Ref, Text};
use crate::kinds::ec2::security_group::SecurityGroup;
use crate::kinds::ec2::security_group_rule::{Direction, SecurityGroupRule, SecurityGroupRuleProps};
use crate::kinds::ec2::subnet::Subnet;
use crate::kinds::elasticache::cache_cluster::{CacheCluster, CacheClusterProps};
use crate::kinds::elasticache::parameter_group::{ParameterGroup, ParameterGroupProps};
use crate::kinds::elasticache::replication_group::{ReplicationGroup, ReplicationGroupProps};
use crate::kinds::elasticache::serverless_cache::{ServerlessCache, ServerlessCacheProps};
use crate::kinds::elasticache::subnet_group::{SubnetGroup, SubnetGroupProps};
use crate::topology::{Build, Places, at, reach};

/// A serverless cache takes so many subnets.
const SERVERLESS_SUBNETS: usize = 3;
/// Where the replicas of a serverless cache are read.
const READER_PORT: i32 = 6380;

/// What the tier offers the web servers: where a cache is reached, and how.
pub(in crate::topology) struct Store {
    pub engine: Engine,
    /// Whether clients must use TLS.
    pub tls: bool,
    /// `host:port`; of memcached the one for auto discovery.
    pub endpoint: Text,
    /// Of memcached nodes: `host:port` of each, with commas, which is what Moodle needs.
    pub nodes: Option<Text>,
}

/// Adds the caches to a graph and returns where they are reached.
///
/// # Panics
/// When a cache that the stack makes has no place to stand in, which reading a spec refuses.
pub(in crate::topology) fn add(
    cx: &mut Build<'_>,
    caches: &Caches,
    places: Option<&Places>,
) -> BTreeMap<Purpose, Store> {
    let needed = || places.unwrap_or_else(|| panic!("bug: a cache without a network"));
    let has_nodes = caches.values().any(|it| matches!(it.shape, Shape::Nodes(_)));
    let subnet_group = has_nodes.then(|| subnet_group(cx, needed()));
    if caches.values().any(has_reader_port) {
        reader_rules(cx, needed());
    }
    let mut stores = BTreeMap::new();
    for (purpose, cache) in caches {
        let store = match (&cache.shape, &subnet_group) {
            (Shape::Existing(existing), _) => there_already(cx, *purpose, cache.engine, existing, places),
            (Shape::Nodes(nodes), Some(group)) if cache.engine == Engine::Memcached => {
                memcached(cx, *purpose, cache, nodes, group, needed())
            }
            (Shape::Nodes(nodes), Some(group)) => replicated(cx, *purpose, cache, nodes, group, needed()),
            (Shape::Serverless(limits), _) => serverless(cx, *purpose, cache, limits, needed()),
            (Shape::Nodes(_), None) => unreachable!("there is a subnet group where there are nodes"),
        };
        output(cx, *purpose, "endpoint", &store.endpoint);
        stores.insert(*purpose, store);
    }
    stores
}

/// A cache that is there already, and the rules by which the web servers reach it.
fn there_already(
    cx: &mut Build<'_>,
    purpose: Purpose,
    engine: Engine,
    existing: &Existing,
    places: Option<&Places>,
) -> Store {
    if let (Some(group), Some(places)) = (&existing.group, places) {
        let ports: BTreeSet<i32> = existing.servers.iter().map(|(_, port)| i32::from(*port)).collect();
        reach::add(cx, places, &format!("cache.{}", purpose.word()), group, ports);
    }
    Store { engine, tls: existing.tls, endpoint: existing.endpoint().into(), nodes: None }
}

fn has_reader_port(cache: &Cache) -> bool {
    cache.engine != Engine::Memcached && matches!(cache.shape, Shape::Serverless(_))
}

fn subnet_group(cx: &mut Build<'_>, places: &Places) -> Ref<SubnetGroup> {
    let props = SubnetGroupProps {
        name: cx.name("cache"),
        description: format!("Caches of the Moodle stack {}", cx.stack),
        subnets: places.data.iter().map(|(_, subnet)| subnet.early()).collect(),
        tags: cx.tags("cache"),
    };
    cx.graph.add(at("cache.subnet-group"), props)
}

fn replicated(
    cx: &mut Build<'_>,
    purpose: Purpose,
    cache: &Cache,
    nodes: &Nodes,
    subnet_group: &Ref<SubnetGroup>,
    places: &Places,
) -> Store {
    let several = 1 < nodes.count;
    let props = ReplicationGroupProps {
        name: cx.name(purpose.short()),
        description: description(cx, purpose),
        engine: cache.engine.word().to_owned(),
        version: cache.version.clone(),
        node_type: nodes.class.clone(),
        nodes: nodes.count,
        failover: several,
        multi_zone: several && 1 < places.data.len(),
        parameter_group: parameters(cx, purpose, cache, nodes),
        subnet_group: subnet_group.early(),
        groups: groups(places),
        tls: cache.tls(),
        encrypted: true,
        key: cache.key.clone(),
        tags: cx.tags(&format!("cache-{}", purpose.word())),
    };
    let group: Ref<ReplicationGroup> = cx.graph.add(at(&format!("cache.{}", purpose.word())), props);
    output(cx, purpose, "reader-endpoint", &group.attr("reader_endpoint"));
    Store { engine: cache.engine, tls: cache.tls(), endpoint: group.attr("endpoint"), nodes: None }
}

fn memcached(
    cx: &mut Build<'_>,
    purpose: Purpose,
    cache: &Cache,
    nodes: &Nodes,
    subnet_group: &Ref<SubnetGroup>,
    places: &Places,
) -> Store {
    let several = 1 < nodes.count && 1 < places.data.len();
    let props = CacheClusterProps {
        name: cx.name(purpose.short()),
        version: cache.version.clone(),
        node_type: nodes.class.clone(),
        nodes: nodes.count,
        cross_zone: several.then_some(true),
        parameter_group: parameters(cx, purpose, cache, nodes),
        subnet_group: subnet_group.early(),
        groups: groups(places),
        tags: cx.tags(&format!("cache-{}", purpose.word())),
    };
    let cluster: Ref<CacheCluster> = cx.graph.add(at(&format!("cache.{}", purpose.word())), props);
    let nodes = cluster.attr("nodes");
    output(cx, purpose, "node-endpoints", &nodes);
    Store { engine: cache.engine, tls: cache.tls(), endpoint: cluster.attr("endpoint"), nodes: Some(nodes) }
}

fn serverless(cx: &mut Build<'_>, purpose: Purpose, cache: &Cache, limits: &Limits, places: &Places) -> Store {
    let Limits { min_gib, max_gib, min_ecpu, max_ecpu } = *limits;
    let subnets = places.data.iter().take(SERVERLESS_SUBNETS);
    let subnets: BTreeSet<Ref<Subnet>> = subnets.map(|(_, subnet)| subnet.early()).collect();
    let props = ServerlessCacheProps {
        name: cx.name(purpose.short()),
        description: description(cx, purpose),
        engine: cache.engine.word().to_owned(),
        version: cache.version.clone(),
        min_gib,
        max_gib,
        min_ecpu,
        max_ecpu,
        subnets,
        groups: groups(places),
        key: cache.key.clone(),
        tags: cx.tags(&format!("cache-{}", purpose.word())),
    };
    let serverless: Ref<ServerlessCache> = cx.graph.add(at(&format!("cache.{}", purpose.word())), props);
    if has_reader_port(cache) {
        output(cx, purpose, "reader-endpoint", &serverless.attr("reader_endpoint"));
    }
    Store { engine: cache.engine, tls: cache.tls(), endpoint: serverless.attr("endpoint"), nodes: None }
}

/// Returns the parameter group of a cache: its own where it has parameters, else AWS's.
fn parameters(cx: &mut Build<'_>, purpose: Purpose, cache: &Cache, nodes: &Nodes) -> Ref<ParameterGroup> {
    let family = cache.engine.family(&cache.version);
    if nodes.parameters.is_empty() {
        return Ref::known(format!("default.{family}"));
    }
    let props = ParameterGroupProps {
        name: cx.name(purpose.short()),
        family,
        description: description(cx, purpose),
        parameters: nodes.parameters.clone(),
        tags: cx.tags(&format!("cache-{}", purpose.word())),
    };
    // Not early: it has its parameters when it is ready, and nodes should start with them.
    cx.graph.add(at(&format!("cache.parameter-group.{}", purpose.word())), props)
}

fn description(cx: &Build<'_>, purpose: Purpose) -> String {
    match purpose {
        Purpose::Session => format!("Sessions of the Moodle stack {}", cx.stack),
        Purpose::Application => format!("Application cache of the Moodle stack {}", cx.stack),
    }
}

fn groups(places: &Places) -> BTreeSet<Ref<SecurityGroup>> {
    BTreeSet::from([places.groups["cache"].early()])
}

/// Lets the web servers read replicas of serverless caches, which have a port of their own.
fn reader_rules(cx: &mut Build<'_>, places: &Places) {
    let (web, cache) = (&places.groups["web"], &places.groups["cache"]);
    let ends = [
        ("web-to-reader", web, cache, Direction::Egress, "Valkey and Redis to readers of the caches"),
        ("reader", cache, web, Direction::Ingress, "Valkey and Redis readers from the web servers"),
    ];
    for (meaning, group, peer, direction, description) in ends {
        let props = SecurityGroupRuleProps {
            group: group.early(),
            direction,
            protocol: "tcp".to_owned(),
            from_port: READER_PORT,
            to_port: READER_PORT,
            cidr: None,
            peer: Some(peer.early()),
            prefix_list: None,
            description: description.to_owned(),
            tags: cx.tags(&format!("cache-{meaning}")),
        };
        cx.graph.add::<SecurityGroupRule>(at(&format!("cache.rule.{meaning}")), props);
    }
}

/// Sets the output `cache-<purpose>-<what>`.
fn output(cx: &mut Build<'_>, purpose: Purpose, what: &str, text: &Text) {
    let value: Value = serde_json::to_value(text).unwrap_or_else(|error| panic!("bug: {error}"));
    cx.graph.outputs.insert(format!("cache-{}-{what}", purpose.word()), value);
}
