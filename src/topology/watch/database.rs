//! What is watched of the database.

use super::rules::{GIB, Limit, Metric, Sight};
use crate::kind::{Ref, Text};
use crate::kinds::rds::cluster::Cluster;
use crate::kinds::rds::instance::Instance;
use crate::topology::Build;
use crate::topology::database::{Database, Engine, Form, Own, Servers};

/// A capacity unit is about so much memory.
const GIB_OF_UNIT: f64 = 2.0;

/// Returns what is watched of a database that the stack makes. Of one that was there, only its host is known.
pub(super) fn sight(cx: &Build<'_>, database: &Database) -> Sight {
    let mut sight = Sight::default();
    let Form::Own(own) = &database.form else { return sight };
    let mut all: [Vec<Metric>; 3] = Default::default();
    for (address, instance) in cx.graph.all::<Instance>() {
        let number = address.as_str().split('"').nth(1).unwrap_or_default().to_owned();
        let metric = |name, statistic| of_instance(&instance, name, statistic);
        let [cpu, memory, connections] = [
            metric("CPUUtilization", "Average"),
            metric("FreeableMemory", "Minimum"),
            metric("DatabaseConnections", "Maximum"),
        ];
        let which = format!("Database server {number}");
        let name = |what: &str| format!("database-{number}-{what}");
        sight.rule(name("cpu"), &cpu, Limit::above(90.0, 15), format!("{which}: processor above 90 % for 15 minutes."));
        let gib = memory_of(own);
        if let Some(gib) = gib {
            let most = (connections_of(database.engine, gib) * 0.8).floor();
            let says = format!("{which}: more than {most} connections, 80 % of what it takes, for 15 minutes.");
            sight.rule(name("connections"), &connections, Limit::above(most, 15), says);
        }
        match (&own.servers, gib) {
            (Servers::Serverless { .. }, _) => {
                let says = format!("{which}: above 90 % of the largest capacity for 15 minutes; raise `max`.");
                let metric = metric("ACUUtilization", "Average");
                sight.rule(name("capacity"), &metric, Limit::above(90.0, 15), says);
            }
            (Servers::Instances { .. }, gib) => {
                if let Some(gib) = gib {
                    let says = format!("{which}: less than 5 % of its memory is free for 15 minutes.");
                    sight.rule(name("memory"), &memory, Limit::below((gib * GIB * 0.05).floor(), 15), says);
                }
                let says =
                    format!("{which}: less than 2 GiB of local storage is free; sorting large results may fail.");
                let storage = metric("FreeLocalStorage", "Minimum");
                sight.rule(name("storage"), &storage, Limit::below(2.0 * GIB, 15), says);
            }
        }
        for (all, metric) in all.iter_mut().zip([cpu, memory, connections]) {
            all.push(metric);
        }
    }
    let titles = ["Database: processor, %", "Database: memory free, bytes", "Database: connections"];
    for (title, metrics) in titles.into_iter().zip(all) {
        sight.chart(title, metrics);
    }
    for (_, cluster) in cx.graph.all::<Cluster>() {
        sight.chart("Database: stored, bytes", [of_cluster(&cluster, "VolumeBytesUsed", "Average")]);
    }
    sight
}

fn of_instance(instance: &Ref<Instance>, name: &'static str, statistic: &'static str) -> Metric {
    metric(name, statistic, "DBInstanceIdentifier", instance.early().text())
}

fn of_cluster(cluster: &Ref<Cluster>, name: &'static str, statistic: &'static str) -> Metric {
    metric(name, statistic, "DBClusterIdentifier", cluster.early().text())
}

fn metric(name: &'static str, statistic: &'static str, dimension: &'static str, value: Text) -> Metric {
    Metric { namespace: "AWS/RDS", name, statistic, dimensions: vec![(dimension, value)] }
}

/// Returns the GiB of memory of a server, where the class tells it: a name is a generation and a size.
fn memory_of(own: &Own) -> Option<f64> {
    let class = match &own.servers {
        Servers::Serverless { max, .. } => return Some(max.units() * GIB_OF_UNIT),
        Servers::Instances { class, .. } => class,
    };
    let (family, size) = class.strip_prefix("db.")?.split_once('.')?;
    let large = match family.chars().next()? {
        't' => 8.0,
        'r' => 16.0,
        'x' => 32.0,
        _ => return None,
    };
    let times: f64 = match size {
        "micro" => 0.125,
        "small" => 0.25,
        "medium" => 0.5,
        "large" => 1.0,
        "xlarge" => 2.0,
        _ => 2.0 * size.strip_suffix("xlarge")?.parse::<f64>().ok()?,
    };
    Some(large * times)
}

/// Returns how many connections a server of so much memory takes, by the formulas of Aurora. It has a little less memory
/// than its class says.
fn connections_of(engine: Engine, gib: f64) -> f64 {
    let bytes = gib * GIB * 0.95;
    match engine {
        Engine::Postgresql => (bytes / 9_531_392.0).min(5000.0),
        Engine::Mysql => {
            let steps = |unit: f64, each: f64| (bytes / unit).log2() * each;
            steps(805_306_368.0, 45.0).max(steps(8_187_281_408.0, 1000.0)).clamp(30.0, 16_000.0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_are_as_aurora_counts_them() {
        let of = |engine, gib| format!("{:.0}", connections_of(engine, gib).floor());
        // What AWS gives for db.t4g.medium and db.r6g.large is near: 90 and 1000 for MySQL, about 1700 for PostgreSQL.
        assert_eq!([of(Engine::Mysql, 4.0), of(Engine::Mysql, 16.0), of(Engine::Mysql, 32.0)], ["105", "995", "1995"]);
        assert_eq!([of(Engine::Postgresql, 16.0), of(Engine::Postgresql, 128.0)], ["1712", "5000"]);
    }
}
