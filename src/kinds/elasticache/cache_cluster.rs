//! `elasticache.cache_cluster`: memcached nodes, for sites whose sessions are kept there.

use std::collections::BTreeSet;

use aws_sdk_elasticache::types::{AzMode, CacheCluster as Described, CacheNode};

use super::listed::{self, Listed};
use super::parameter_group::ParameterGroup;
use super::subnet_group::SubnetGroup;
use super::{asked, host_and_port, ids, named, tags, track};
use crate::aws::{Cx, Result, call};
use crate::kind::values::Tags;
use crate::kind::{
    Actions, Edit, Kind, Lost, Named, Phase, Poll, Rate, Ref, Retry, Seen, Token, Transition, Verb, Wait,
};
use crate::kinds::answer::{complete, deleted};
use crate::kinds::ec2::security_group::SecurityGroup;
use crate::{attrs, props};

/// See the module.
#[derive(Debug)]
pub struct CacheCluster;

props! {
    /// What we want of a memcached cluster.
    pub struct CacheClusterProps {
        /// Its name, without the piece of our token.
        replace name: String,
        /// The version, without the patch level: `1.6`.
        update version: String,
        /// The class of its nodes.
        replace node_type: String,
        /// How many nodes it has.
        update nodes: i32,
        /// Whether its nodes stand in several zones; left to AWS where there is one node.
        update cross_zone: Option<bool>,
        /// The settings of the engine.
        update parameter_group: Ref<ParameterGroup>,
        /// Where it stands.
        replace subnet_group: Ref<SubnetGroup>,
        /// Who may talk to it.
        update groups: BTreeSet<Ref<SecurityGroup>>,
        /// The tags that users see.
        update tags: Tags,
    }
}

attrs! {
    /// What AWS assigns.
    pub struct CacheClusterAttrs {
        /// Its name.
        id: String,
        /// `arn:aws:elasticache:…:cluster:…`.
        arn: String,
        /// Where clients with auto discovery connect, `host:port`; known when it is ready.
        endpoint: Option<String>,
        /// Where the others do: `host:port` of each node, with commas; known when it is ready.
        nodes: Option<String>,
    }
}

const CREATE: &str = "elasticache:CreateCacheCluster";
const MODIFY: &str = "elasticache:ModifyCacheCluster";
/// What `PreferredAvailabilityZone` says of nodes in several zones.
const SEVERAL_ZONES: &str = "Multiple";

impl Kind for CacheCluster {
    const NAME: &'static str = "elasticache.cache_cluster";
    const ID: &'static str = "id";
    const BATCH: usize = 20;
    const POLL: Poll =
        Poll { ready: Wait::looks(270.0, 180.0, 5.0, 1800.0), gone: Wait::looks(100.0, 60.0, 5.0, 1200.0) };
    const CHANGED: Wait = Wait::looks(300.0, 10.0, 5.0, 1800.0);
    const RATE: Rate = super::MUTATING;
    const ACTIONS: Actions = Actions {
        create: &[CREATE, "elasticache:AddTagsToResource", "iam:CreateServiceLinkedRole"],
        read: &[Self::CALL, tags::LIST],
        update: &[Self::CALL, MODIFY, "elasticache:AddTagsToResource", "elasticache:RemoveTagsFromResource"],
        delete: &["elasticache:DeleteCacheCluster"],
        find: &[Self::CALL, tags::LIST],
    };
    const MOVES: &'static [&'static str] = &["nodes"];
    const RETRY: &'static [Retry] = &[
        Retry::on(Verb::Create, "CacheSubnetGroupNotFoundFault", 60.0),
        Retry::on(Verb::Create, "CacheParameterGroupNotFound", 60.0),
        Retry::saying(Verb::Create, "InvalidParameterValue", "security group", 60.0),
        Retry::saying(Verb::Create, "InvalidParameterValue", "linked role", 120.0),
        Retry::on(Verb::Create, "InsufficientCacheClusterCapacity", 600.0),
        // AWS is at work on the change before, or on one of its own.
        Retry::on(Verb::Update, "InvalidCacheClusterState", 3600.0),
        Retry::on(Verb::Delete, "InvalidCacheClusterState", 1800.0),
    ];
    const NAMED: Named = Named::By(&[("id", "NAME")]);
    const LABELS: &'static [&'static str] = &["name"];

    type Props = CacheClusterProps;
    type Attrs = CacheClusterAttrs;

    async fn create(cx: &Cx, token: &Token, want: &CacheClusterProps) -> Result<CacheClusterAttrs> {
        let create = cx
            .elasticache()
            .create_cache_cluster()
            .cache_cluster_id(named(&want.name, token))
            .engine("memcached")
            .engine_version(full(&want.version))
            .cache_node_type(&want.node_type)
            .num_cache_nodes(want.nodes)
            .set_az_mode(az_mode(want))
            .cache_parameter_group_name(want.parameter_group.id())
            .cache_subnet_group_name(want.subnet_group.id())
            .set_security_group_ids(Some(ids(&want.groups)))
            .set_tags(Some(tags::on_create(token, &want.tags)));
        let cluster = call(CREATE, create.send().await)?.cache_cluster;
        complete(CREATE, cluster.and_then(|it| attrs_of(&it)))
    }

    async fn read(cx: &Cx, have: &[CacheClusterAttrs]) -> Result<Vec<Option<Seen<CacheCluster>>>> {
        listed::read(cx, have).await
    }

    async fn update(cx: &Cx, edit: Edit<'_, CacheCluster>) -> Result<CacheClusterAttrs> {
        let Edit { have, was, want, changed: _ } = edit;
        if edit.changes("tags") {
            tags::update(cx, &have.arn, &was.tags, &want.tags).await?;
        }
        let now = listed::now::<CacheCluster>(cx, have).await?.unwrap_or_else(|| was.clone());
        let modify = || cx.elasticache().modify_cache_cluster().cache_cluster_id(&have.id).apply_immediately(true);
        let mut calls = Vec::new();
        if edit.changes("nodes") && now.nodes != want.nodes {
            let surplus = (want.nodes + 1..=now.nodes).map(|number| format!("{number:04}")).collect::<Vec<_>>();
            let grows = surplus.is_empty();
            let call = modify().num_cache_nodes(want.nodes).set_az_mode(az_mode(want).filter(|_| grows));
            calls.push(call.set_cache_node_ids_to_remove((!grows).then_some(surplus)));
        }
        if edit.changes("groups") && now.groups != want.groups {
            calls.push(modify().set_security_group_ids(Some(ids(&want.groups))));
        }
        if edit.changes("version") && now.version != want.version {
            let call = modify().engine_version(full(&want.version));
            calls.push(call.cache_parameter_group_name(want.parameter_group.id()));
        } else if edit.changes("parameter_group") && now.parameter_group != want.parameter_group {
            calls.push(modify().cache_parameter_group_name(want.parameter_group.id()));
        }
        let mut attrs = have.clone();
        for modify in calls {
            let cluster = call(MODIFY, modify.send().await)?.cache_cluster;
            // Nodes come and go; until it is ready again, nobody knows their endpoints.
            attrs = cluster.and_then(|it| attrs_of(&it)).unwrap_or(attrs);
        }
        Ok(attrs)
    }

    async fn delete(cx: &Cx, have: &CacheClusterAttrs) -> Result<()> {
        let delete = cx.elasticache().delete_cache_cluster().cache_cluster_id(&have.id);
        deleted(call("elasticache:DeleteCacheCluster", delete.send().await), &["CacheClusterNotFound"])
    }

    async fn adopt(cx: &Cx, id: &str, want: &CacheClusterProps) -> Result<Option<CacheClusterAttrs>> {
        listed::adopt::<Self>(cx, id, want).await
    }

    async fn find(cx: &Cx, lost: &[Lost<CacheCluster>]) -> Result<Vec<Option<CacheClusterAttrs>>> {
        listed::find(cx, lost).await
    }

    fn noticed(old: &CacheClusterProps, new: &CacheClusterProps, transition: Transition) -> Option<&'static str> {
        match transition {
            // Memcached's nodes keep nothing when they get another version.
            Transition::InPlace if old.version != new.version => Some(super::STARTS_EMPTY),
            Transition::InPlace if old.nodes != new.nodes => {
                Some("some of a cache is looked for on other nodes; where it keeps sessions, some are logged out")
            }
            Transition::InPlace => None,
            Transition::NewFirst | Transition::OldFirst => Some(super::STARTS_EMPTY),
        }
    }
}

impl Listed for CacheCluster {
    type Item = Described;
    const CALL: &'static str = "elasticache:DescribeCacheClusters";

    async fn list(cx: &Cx, _names: &[String]) -> Result<Vec<Described>> {
        let describe = cx.elasticache().describe_cache_clusters().show_cache_node_info(true);
        let pages = describe.into_paginator().items().send();
        call(Self::CALL, pages.collect::<std::result::Result<_, _>>().await)
    }

    fn name(item: &Described) -> Option<&str> {
        item.cache_cluster_id()
    }

    fn arn(item: &Described) -> Option<&str> {
        item.arn()
    }

    fn recorded(have: &CacheClusterAttrs) -> &str {
        &have.id
    }

    fn asked(want: &CacheClusterProps) -> &str {
        &want.name
    }

    fn attrs(item: &Described, _want: &CacheClusterProps) -> Option<CacheClusterAttrs> {
        attrs_of(item)
    }

    fn seen(item: &Described, _have: &CacheClusterAttrs, tags: Tags) -> Option<Seen<CacheCluster>> {
        let props = CacheClusterProps {
            name: asked(item.cache_cluster_id()?).to_owned(),
            version: track(item.engine_version()?),
            node_type: item.cache_node_type()?.to_owned(),
            nodes: item.num_cache_nodes()?,
            cross_zone: Some(item.preferred_availability_zone() == Some(SEVERAL_ZONES)),
            parameter_group: Ref::known(item.cache_parameter_group()?.cache_parameter_group_name()?),
            subnet_group: Ref::known(item.cache_subnet_group_name()?),
            groups: groups(item),
            tags,
        };
        Some(Seen { phase: phase(item.cache_cluster_status()?), props, attrs: attrs_of(item)? })
    }
}

/// Returns the security groups of a cluster, or of a member of a replication group.
pub(super) fn groups(cluster: &Described) -> BTreeSet<Ref<SecurityGroup>> {
    cluster.security_groups().iter().filter_map(|it| it.security_group_id()).map(Ref::known).collect()
}

/// Returns the phase that a status of a cluster or group means.
pub(super) fn phase(status: &str) -> Phase {
    match status {
        "available" | "snapshotting" => Phase::Ready,
        "deleting" | "deleted" => Phase::Deleting,
        "create-failed" | "incompatible-network" | "restore-failed" => Phase::Failed(status.to_owned()),
        _ => Phase::Pending,
    }
}

fn attrs_of(cluster: &Described) -> Option<CacheClusterAttrs> {
    Some(CacheClusterAttrs {
        id: cluster.cache_cluster_id()?.to_owned(),
        arn: cluster.arn()?.to_owned(),
        endpoint: host_and_port(cluster.configuration_endpoint()),
        nodes: nodes(cluster.cache_nodes()),
    })
}

/// Returns `host:port` of each node in the order of their numbers; `None` before all of them are known.
fn nodes(nodes: &[CacheNode]) -> Option<String> {
    let mut nodes: Vec<&CacheNode> = nodes.iter().collect();
    nodes.sort_by_key(|it| it.cache_node_id());
    let all = nodes.iter().map(|it| host_and_port(it.endpoint())).collect::<Option<Vec<String>>>()?;
    (!all.is_empty()).then(|| all.join(","))
}

fn az_mode(want: &CacheClusterProps) -> Option<AzMode> {
    want.cross_zone.map(|cross| if cross { AzMode::CrossAz } else { AzMode::SingleAz })
}

/// Returns the version to ask for: of memcached AWS wants the patch level too.
fn full(version: &str) -> &str {
    if version == "1.6" { "1.6.22" } else { version }
}

#[cfg(test)]
mod tests {
    use aws_sdk_elasticache::types::Endpoint;

    use super::*;

    fn node(id: &str, address: Option<&str>) -> CacheNode {
        let endpoint = address.map(|it| Endpoint::builder().address(it).port(11211).build());
        CacheNode::builder().cache_node_id(id).set_endpoint(endpoint).build()
    }

    #[test]
    fn nodes_are_known_in_order_when_all_of_them_are() {
        let both = [node("0002", Some("b")), node("0001", Some("a"))];
        assert_eq!(nodes(&both).as_deref(), Some("a:11211,b:11211"));
        assert_eq!(nodes(&[node("0001", Some("a")), node("0002", None)]), None);
        assert_eq!(nodes(&[]), None);
    }

    #[test]
    fn a_status_is_a_phase() {
        assert_eq!(["available", "snapshotting"].map(phase), [Phase::Ready, Phase::Ready]);
        assert_eq!(["creating", "modifying"].map(phase), [Phase::Pending, Phase::Pending]);
        assert_eq!(phase("deleting"), Phase::Deleting);
        assert_eq!(phase("create-failed"), Phase::Failed("create-failed".to_owned()));
    }
}
