//! The resources of the database tier, and what it is reached by.

use std::collections::{BTreeMap, BTreeSet};

use super::{Database, Engine, Existing, Form, Own, Servers, versions};
use crate::kind::{Address, Ref, Text};
use crate::kinds::rds::cluster::{Cluster, ClusterProps, Scaling};
use crate::kinds::rds::cluster_parameter_group::{ClusterParameterGroup, ClusterParameterGroupProps};
use crate::kinds::rds::instance::{Instance, InstanceProps};
use crate::kinds::rds::subnet_group::{SubnetGroup, SubnetGroupProps};
use crate::topology::{Build, Places, at, reach};

/// What the tier offers the web servers: where the database is reached.
pub(in crate::topology) struct Reached {
    /// Where it writes.
    pub endpoint: Text,
    /// Where its readers are.
    pub reader: Option<Text>,
    /// The database in it.
    pub name: Text,
    /// The ARN of the secret with user and password.
    pub secret: Text,
}

impl Database {
    /// Adds the resources of the tier to a graph. `places` is there wherever the stack makes the database.
    pub(in crate::topology) fn add_to(&self, cx: &mut Build<'_>, places: Option<&Places>) -> Reached {
        let reached = match (&self.form, places) {
            (Form::Own(own), Some(places)) => add_own(cx, self.engine, own, places),
            (Form::Own(_), None) => panic!("bug: a checked database has no network"),
            (Form::Existing(existing), _) => {
                if let (Some(group), Some(places)) = (&existing.group, places) {
                    reach::add(cx, places, "database", group, [self.engine.port()]);
                }
                outputs_of_existing(cx, existing)
            }
        };
        output(cx, "port", self.engine.port().to_string());
        reached
    }
}

fn add_own(cx: &mut Build<'_>, engine: Engine, own: &Own, places: &Places) -> Reached {
    let cluster = add_cluster(cx, engine, own, places);
    let class = match &own.servers {
        Servers::Instances { class, .. } => class.as_str(),
        Servers::Serverless { .. } => "db.serverless",
    };
    let mut before: Option<Ref<Instance>> = None;
    for number in 1..=own.servers.count() {
        let what = format!("database-{number}");
        let props = InstanceProps {
            name: cx.name(&what),
            cluster: cluster.early(),
            engine: engine.word().to_owned(),
            class: class.to_owned(),
            public: false,
            auto_minor_upgrade: false,
            tags: cx.tags(&what),
        };
        let instance: Ref<Instance> = cx.graph.add(Address::of("database.instance", Some(&number.to_string())), props);
        // A change of class restarts them one by one, so that one is always there. AWS makes the first before the
        // others anyway, so waiting costs no time.
        if let Some(before) = before.replace(instance.clone()) {
            cx.graph.after(&instance, &before);
        }
        output(cx, &format!("instance-{number}"), instance.text());
    }
    output(cx, "cluster", cluster.text());
    output(cx, "name", own.name.as_str());
    output(cx, "endpoint", cluster.attr("endpoint"));
    output(cx, "reader-endpoint", cluster.attr("reader_endpoint"));
    output(cx, "secret", cluster.attr("secret"));
    Reached {
        endpoint: cluster.attr("endpoint"),
        reader: Some(cluster.attr("reader_endpoint")),
        name: own.name.as_str().into(),
        secret: cluster.attr("secret"),
    }
}

fn add_cluster(cx: &mut Build<'_>, engine: Engine, own: &Own, places: &Places) -> Ref<Cluster> {
    let Own { version, servers, name, username, backup_days, key, deletion_protection, snapshot } = own;
    let subnet_group = add_subnet_group(cx, places);
    let parameter_group = add_parameter_group(cx, engine, version);
    let scaling = match servers {
        Servers::Instances { .. } => None,
        Servers::Serverless { min, max, count: _ } => Some(Scaling { min: min.units(), max: max.units() }),
    };
    // Those of a snapshot cannot be chosen.
    let chosen = |it: &String| snapshot.is_none().then(|| it.clone());
    let props = ClusterProps {
        name: cx.name("database"),
        engine: engine.word().to_owned(),
        subnet_group: subnet_group.early(),
        database: chosen(name),
        username: chosen(username),
        key: key.as_ref().map(|it| it.add_to(cx, "database")),
        snapshot: snapshot.clone(),
        version: version.clone(),
        // With its parameters, or the cluster would start without them.
        parameter_group,
        groups: BTreeSet::from([places.groups["database"].early()]),
        managed_password: true,
        backup_days: *backup_days,
        deletion_protection: *deletion_protection,
        copy_tags: true,
        scaling,
        tags: cx.tags("database"),
    };
    cx.graph.add(at("database.cluster"), props)
}

fn add_subnet_group(cx: &mut Build<'_>, places: &Places) -> Ref<SubnetGroup> {
    let props = SubnetGroupProps {
        name: cx.name("database"),
        vpc: places.vpc.early(),
        description: format!("Database of the Moodle stack {}", cx.stack),
        subnets: places.data.iter().map(|(_, subnet)| subnet.early()).collect(),
        tags: cx.tags("database"),
    };
    let group: Ref<SubnetGroup> = cx.graph.add(at("database.subnet-group"), props);
    output(cx, "subnet-group", group.text());
    group
}

/// Adds the settings of the engine: nobody may talk to it without TLS.
fn add_parameter_group(cx: &mut Build<'_>, engine: Engine, version: &str) -> Ref<ClusterParameterGroup> {
    let family = versions::family(engine, version).unwrap_or_else(|| panic!("bug: {version} is not checked"));
    let (name, value) = match engine {
        Engine::Postgresql => ("rds.force_ssl", "1"),
        Engine::Mysql => ("require_secure_transport", "ON"),
    };
    let props = ClusterParameterGroupProps {
        name: cx.name("database"),
        family,
        parameters: BTreeMap::from([(name.to_owned(), value.to_owned())]),
        tags: cx.tags("database"),
    };
    cx.graph.add(at("database.parameter-group"), props)
}

fn outputs_of_existing(cx: &mut Build<'_>, existing: &Existing) -> Reached {
    let Existing { host, reader, name, secret, group: _ } = existing;
    output(cx, "endpoint", host.as_str());
    if let Some(reader) = reader {
        output(cx, "reader-endpoint", reader.as_str());
    }
    output(cx, "name", name.as_str());
    output(cx, "secret", secret.as_str());
    Reached {
        endpoint: host.as_str().into(),
        reader: reader.as_deref().map(Text::from),
        name: name.as_str().into(),
        secret: secret.as_str().into(),
    }
}

/// Sets the output `database-<name>`.
fn output(cx: &mut Build<'_>, name: &str, text: impl Into<Text>) {
    let value = serde_json::to_value(text.into()).unwrap_or_else(|error| panic!("bug: {error}"));
    cx.graph.outputs.insert(format!("database-{name}"), value);
}
