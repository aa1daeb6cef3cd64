//! What is watched of the caches.

use super::rules::{GIB, Limit, MIB, Metric, Sight};
use crate::kind::Text;
use crate::kinds::elasticache::cache_cluster::CacheCluster;
use crate::kinds::elasticache::replication_group::ReplicationGroup;
use crate::kinds::elasticache::serverless_cache::ServerlessCache;
use crate::topology::Build;
use crate::topology::cache::{Cache, Caches, Limits, Purpose, Shape};

/// Of the 65 000 that a node takes.
const MOST_CONNECTIONS: f64 = 50_000.0;

/// Returns what is watched of the caches.
pub(super) fn sight(cx: &Build<'_>, caches: &Caches) -> Sight {
    let of = |address: &crate::kind::Address| {
        let name = address.as_str().trim_start_matches("cache.");
        caches.iter().find(|(purpose, _)| purpose.word() == name)
    };
    let mut sight = Sight::default();
    for (address, group) in cx.graph.all::<ReplicationGroup>() {
        let Some((purpose, Cache { shape: Shape::Nodes(nodes), .. })) = of(&address) else { continue };
        // A group's members are named after it: `…-001`.
        let members = (1..=nodes.count).map(|it| Text::concat([group.early().text(), format!("-{it:03}").into()]));
        sight.join(of_group(*purpose, members.collect()));
    }
    for (address, cluster) in cx.graph.all::<CacheCluster>() {
        let Some((purpose, _)) = of(&address) else { continue };
        sight.join(of_memcached(*purpose, &cluster.early().text()));
    }
    for (address, cache) in cx.graph.all::<ServerlessCache>() {
        let Some((purpose, Cache { shape: Shape::Serverless(limits), .. })) = of(&address) else { continue };
        sight.join(of_serverless(*purpose, limits, &cache.early().text()));
    }
    sight
}

fn of_group(purpose: Purpose, members: Vec<Text>) -> Sight {
    let mut sight = Sight::default();
    let mut all: [Vec<Metric>; 3] = Default::default();
    for (number, member) in members.into_iter().enumerate() {
        let number = number + 1;
        let metric = |name, statistic| metric(name, statistic, "CacheClusterId", member.clone());
        let which = format!("{}, node {number}", title(purpose));
        let name = |what: &str| format!("cache-{}-{number}-{what}", purpose.word());
        let [cpu, memory, connections] = [
            metric("EngineCPUUtilization", "Average"),
            metric("DatabaseMemoryUsagePercentage", "Maximum"),
            metric("CurrConnections", "Maximum"),
        ];
        sight.rule(name("cpu"), &cpu, Limit::above(90.0, 15), format!("{which}: engine above 90 % for 15 minutes."));
        let says = format!("{which}: memory above 90 % for 15 minutes; take a larger class of nodes.");
        sight.rule(name("memory"), &memory, Limit::above(90.0, 15), says);
        rule_on_evictions(&mut sight, purpose, name("evictions"), &metric("Evictions", "Sum"));
        let says = format!("{which}: more than {MOST_CONNECTIONS} connections.");
        sight.rule(name("connections"), &connections, Limit::above(MOST_CONNECTIONS, 5), says);
        for (all, metric) in all.iter_mut().zip([cpu, memory, connections]) {
            all.push(metric);
        }
    }
    let titles = ["engine, %", "memory, %", "connections"];
    for (what, metrics) in titles.into_iter().zip(all) {
        sight.chart(format!("{}: {what}", title(purpose)), metrics);
    }
    sight
}

fn of_memcached(purpose: Purpose, cluster: &Text) -> Sight {
    let mut sight = Sight::default();
    let metric = |name, statistic| metric(name, statistic, "CacheClusterId", cluster.clone());
    let name = |what: &str| format!("cache-{}-{what}", purpose.word());
    let (cpu, connections) = (metric("CPUUtilization", "Maximum"), metric("CurrConnections", "Maximum"));
    let which = title(purpose);
    sight.rule(name("cpu"), &cpu, Limit::above(90.0, 15), format!("{which}: processor above 90 % for 15 minutes."));
    let says = format!("{which}: more than 50 MiB are swapped out; take a larger class of nodes.");
    sight.rule(name("memory"), &metric("SwapUsage", "Maximum"), Limit::above(50.0 * MIB, 15), says);
    rule_on_evictions(&mut sight, purpose, name("evictions"), &metric("Evictions", "Sum"));
    let says = format!("{which}: more than {MOST_CONNECTIONS} connections to a node.");
    sight.rule(name("connections"), &connections, Limit::above(MOST_CONNECTIONS, 5), says);
    sight.chart(format!("{which}: processor, %"), [cpu]);
    sight.chart(format!("{which}: connections"), [connections]);
    sight
}

fn of_serverless(purpose: Purpose, limits: &Limits, cache: &Text) -> Sight {
    let mut sight = Sight::default();
    let metric = |name, statistic| metric(name, statistic, "clusterId", cache.clone());
    let name = |what: &str| format!("cache-{}-{what}", purpose.word());
    let which = title(purpose);
    let (stored, units) = (metric("BytesUsedForCache", "Maximum"), metric("ElastiCacheProcessingUnits", "Sum"));
    if let Some(gib) = limits.max_gib {
        let says = format!("{which}: above 90 % of `max-gib` for 15 minutes.");
        sight.rule(name("memory"), &stored, Limit::above(f64::from(gib) * GIB * 0.9, 15), says);
    }
    if let Some(most) = limits.max_ecpu {
        // What is counted in five minutes of what may be used each second.
        let most = f64::from(most) * 300.0 * 0.9;
        let says = format!("{which}: above 90 % of `max-ecpu` for 15 minutes.");
        sight.rule(name("units"), &units, Limit::above(most, 15), says);
    }
    let says = format!("{which}: commands are held up because the cache cannot grow as fast, or any more.");
    sight.rule(name("throttled"), &metric("ThrottledCmds", "Sum"), Limit::above(0.0, 15), says);
    rule_on_evictions(&mut sight, purpose, name("evictions"), &metric("Evictions", "Sum"));
    let connections = metric("CurrConnections", "Maximum");
    sight.rule(
        name("connections"),
        &connections,
        Limit::above(MOST_CONNECTIONS, 5),
        format!("{which}: more than {MOST_CONNECTIONS} connections."),
    );
    sight.chart(format!("{which}: stored, bytes"), [stored]);
    sight.chart(format!("{which}: processing units"), [units]);
    sight.chart(format!("{which}: connections"), [connections]);
    sight
}

/// An eviction of the application cache costs a query; one of the session cache logs somebody out.
fn rule_on_evictions(sight: &mut Sight, purpose: Purpose, name: String, metric: &Metric) {
    let which = title(purpose);
    match purpose {
        Purpose::Session => {
            let says = format!("{which}: sessions are dropped for want of memory, and users are logged out.");
            sight.rule(name, metric, Limit::above(0.0, 5), says);
        }
        Purpose::Application => {
            let says = format!("{which}: more than 1000 entries in five minutes are dropped for want of memory.");
            sight.rule(name, metric, Limit::above(1000.0, 15), says);
        }
    }
}

fn title(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Session => "Session cache",
        Purpose::Application => "Application cache",
    }
}

fn metric(name: &'static str, statistic: &'static str, dimension: &'static str, value: Text) -> Metric {
    Metric { namespace: "AWS/ElastiCache", name, statistic, dimensions: vec![(dimension, value)] }
}
