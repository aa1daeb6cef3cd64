//! `elasticache.replication_group`: a Valkey or Redis cache of one primary node and its replicas.
//!
//! Much of a group is told of its members only: version, parameter group, security groups.

use std::collections::BTreeSet;

use aws_sdk_elasticache::types::{AutomaticFailoverStatus, CacheCluster, MultiAzStatus, ReplicationGroup as Described};

use super::cache_cluster::{self, CacheCluster as Members};
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
pub struct ReplicationGroup;

props! {
    /// What we want of a replication group.
    pub struct ReplicationGroupProps {
        /// Its name, without the piece of our token.
        replace name: String,
        /// What it is for.
        update description: String,
        /// `valkey` or `redis`; AWS makes the former of the latter, and not the other way round.
        update engine: String,
        /// The version, without the patch level: `8.1`.
        update version: String,
        /// The class of its nodes.
        update node_type: String,
        /// How many nodes it has, the primary among them.
        update nodes: i32,
        /// Whether a replica takes over when the primary fails.
        update failover: bool,
        /// Whether its nodes stand in several zones.
        update multi_zone: bool,
        /// The settings of the engine.
        update parameter_group: Ref<ParameterGroup>,
        /// Where it stands.
        replace subnet_group: Ref<SubnetGroup>,
        /// Who may talk to it.
        update groups: BTreeSet<Ref<SecurityGroup>>,
        /// Whether clients must use TLS.
        replace tls: bool,
        /// Whether what it stores is encrypted.
        replace encrypted: bool,
        /// The key that encrypts what it stores; AWS's own where there is none.
        replace key: Option<String>,
        /// The tags that users see.
        update tags: Tags,
    }
}

attrs! {
    /// What AWS assigns.
    pub struct ReplicationGroupAttrs {
        /// Its name.
        id: String,
        /// `arn:aws:elasticache:…:replicationgroup:…`.
        arn: String,
        /// The subnet group, which no change can touch and which AWS tells of members only.
        subnet_group: String,
        /// Where clients write, `host:port`; known when it is ready.
        endpoint: Option<String>,
        /// Where clients may read, `host:port`; known when it is ready.
        reader_endpoint: Option<String>,
    }
}

/// A group and those of its members that are told of.
pub(super) struct Item {
    group: Described,
    members: Vec<CacheCluster>,
}

const CREATE: &str = "elasticache:CreateReplicationGroup";
const MODIFY: &str = "elasticache:ModifyReplicationGroup";
const INCREASE: &str = "elasticache:IncreaseReplicaCount";
const DECREASE: &str = "elasticache:DecreaseReplicaCount";

impl Kind for ReplicationGroup {
    const NAME: &'static str = "elasticache.replication_group";
    const ID: &'static str = "id";
    const BATCH: usize = 20;
    const POLL: Poll =
        Poll { ready: Wait::looks(540.0, 240.0, 5.0, 3600.0), gone: Wait::looks(240.0, 120.0, 5.0, 2400.0) };
    const CHANGED: Wait = Wait::looks(600.0, 10.0, 5.0, 3600.0);
    const RATE: Rate = super::MUTATING;
    const ACTIONS: Actions = Actions {
        create: &[
            CREATE,
            "elasticache:AddTagsToResource",
            "iam:CreateServiceLinkedRole",
            "kms:CreateGrant",
            "kms:DescribeKey",
        ],
        read: &[Self::CALL, Members::CALL, tags::LIST],
        update: &[
            Self::CALL,
            Members::CALL,
            MODIFY,
            INCREASE,
            DECREASE,
            "elasticache:AddTagsToResource",
            "elasticache:RemoveTagsFromResource",
        ],
        delete: &["elasticache:DeleteReplicationGroup"],
        find: &[Self::CALL, Members::CALL, tags::LIST],
    };
    const RETRY: &'static [Retry] = &[
        Retry::on(Verb::Create, "CacheSubnetGroupNotFoundFault", 60.0),
        Retry::on(Verb::Create, "CacheParameterGroupNotFound", 60.0),
        Retry::saying(Verb::Create, "InvalidParameterValue", "security group", 60.0),
        Retry::saying(Verb::Create, "InvalidParameterValue", "linked role", 120.0),
        Retry::on(Verb::Create, "InsufficientCacheClusterCapacity", 600.0),
        // AWS is at work on the change before, or on one of its own.
        Retry::on(Verb::Update, "InvalidReplicationGroupState", 5400.0),
        Retry::on(Verb::Update, "InvalidCacheClusterState", 5400.0),
        Retry::on(Verb::Delete, "InvalidReplicationGroupState", 3600.0),
    ];
    const NAMED: Named = Named::By(&[("id", "NAME")]);
    const LABELS: &'static [&'static str] = &["name"];

    type Props = ReplicationGroupProps;
    type Attrs = ReplicationGroupAttrs;

    async fn create(cx: &Cx, token: &Token, want: &ReplicationGroupProps) -> Result<ReplicationGroupAttrs> {
        let create = cx
            .elasticache()
            .create_replication_group()
            .replication_group_id(named(&want.name, token))
            .replication_group_description(&want.description)
            .engine(&want.engine)
            .engine_version(&want.version)
            .cache_node_type(&want.node_type)
            .num_cache_clusters(want.nodes)
            .automatic_failover_enabled(want.failover)
            .multi_az_enabled(want.multi_zone)
            .cache_parameter_group_name(want.parameter_group.id())
            .cache_subnet_group_name(want.subnet_group.id())
            .set_security_group_ids(Some(ids(&want.groups)))
            .transit_encryption_enabled(want.tls)
            .at_rest_encryption_enabled(want.encrypted)
            .set_kms_key_id(want.key.clone())
            .set_tags(Some(tags::on_create(token, &want.tags)));
        let group = call(CREATE, create.send().await)?.replication_group;
        complete(CREATE, group.and_then(|it| attrs_of(&it, want.subnet_group.id())))
    }

    async fn read(cx: &Cx, have: &[ReplicationGroupAttrs]) -> Result<Vec<Option<Seen<ReplicationGroup>>>> {
        listed::read(cx, have).await
    }

    async fn update(cx: &Cx, edit: Edit<'_, ReplicationGroup>) -> Result<ReplicationGroupAttrs> {
        let Edit { have, was, want, changed: _ } = edit;
        if edit.changes("tags") {
            tags::update(cx, &have.arn, &was.tags, &want.tags).await?;
        }
        let now = listed::now::<ReplicationGroup>(cx, have).await?.unwrap_or_else(|| was.clone());
        for step in steps(&now, want, |field| edit.changes(field)) {
            step.take(cx, &have.id, want).await?;
        }
        Ok(have.clone())
    }

    async fn delete(cx: &Cx, have: &ReplicationGroupAttrs) -> Result<()> {
        let delete = cx.elasticache().delete_replication_group().replication_group_id(&have.id);
        let answer = call("elasticache:DeleteReplicationGroup", delete.retain_primary_cluster(false).send().await);
        deleted(answer, &["ReplicationGroupNotFoundFault"])
    }

    async fn adopt(cx: &Cx, id: &str, want: &ReplicationGroupProps) -> Result<Option<ReplicationGroupAttrs>> {
        listed::adopt::<Self>(cx, id, want).await
    }

    async fn find(cx: &Cx, lost: &[Lost<ReplicationGroup>]) -> Result<Vec<Option<ReplicationGroupAttrs>>> {
        listed::find(cx, lost).await
    }

    fn noticed(
        old: &ReplicationGroupProps,
        new: &ReplicationGroupProps,
        transition: Transition,
    ) -> Option<&'static str> {
        let node = |it: &ReplicationGroupProps| (it.engine.clone(), it.version.clone(), it.node_type.clone());
        match transition {
            Transition::InPlace if node(old) != node(new) => {
                Some("a cache is away for seconds while other nodes take over")
            }
            Transition::InPlace => None,
            Transition::NewFirst | Transition::OldFirst => Some(super::STARTS_EMPTY),
        }
    }
}

/// A call of an update. AWS takes one sort of change a call.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    MoreNodes,
    Failover,
    FewerNodes,
    Description,
    Groups,
    /// Engine, version and the parameter group that belongs to it.
    Engine,
    Parameters,
    NodeType,
}

/// Returns the calls that lead from `now` to `want`, in an order that AWS takes: a replica takes over only where there
/// is one.
fn steps(now: &ReplicationGroupProps, want: &ReplicationGroupProps, changes: impl Fn(&str) -> bool) -> Vec<Step> {
    let failover = changes("failover") && now.failover != want.failover
        || changes("multi_zone") && now.multi_zone != want.multi_zone;
    let engine = changes("engine") && now.engine != want.engine || changes("version") && now.version != want.version;
    let parameters = changes("parameter_group") && now.parameter_group != want.parameter_group;
    let all = [
        (Step::MoreNodes, changes("nodes") && now.nodes < want.nodes),
        (Step::Failover, failover),
        (Step::FewerNodes, changes("nodes") && want.nodes < now.nodes),
        (Step::Description, changes("description") && now.description != want.description),
        (Step::Groups, changes("groups") && now.groups != want.groups),
        (Step::Engine, engine),
        (Step::Parameters, parameters && !engine),
        (Step::NodeType, changes("node_type") && now.node_type != want.node_type),
    ];
    all.into_iter().filter(|(_, due)| *due).map(|(step, _)| step).collect()
}

impl Step {
    async fn take(self, cx: &Cx, id: &str, want: &ReplicationGroupProps) -> Result<()> {
        let replicas = want.nodes - 1;
        let modify = cx.elasticache().modify_replication_group().replication_group_id(id).apply_immediately(true);
        let modify = match self {
            Step::MoreNodes => {
                let increase = cx.elasticache().increase_replica_count().replication_group_id(id);
                let increase = increase.new_replica_count(replicas).apply_immediately(true);
                return call(INCREASE, increase.send().await).map(drop);
            }
            Step::FewerNodes => {
                let decrease = cx.elasticache().decrease_replica_count().replication_group_id(id);
                let decrease = decrease.new_replica_count(replicas).apply_immediately(true);
                return call(DECREASE, decrease.send().await).map(drop);
            }
            Step::Failover => modify.automatic_failover_enabled(want.failover).multi_az_enabled(want.multi_zone),
            Step::Description => modify.replication_group_description(&want.description),
            Step::Groups => modify.set_security_group_ids(Some(ids(&want.groups))),
            Step::Engine => modify
                .engine(&want.engine)
                .engine_version(&want.version)
                .cache_parameter_group_name(want.parameter_group.id()),
            Step::Parameters => modify.cache_parameter_group_name(want.parameter_group.id()),
            Step::NodeType => modify.cache_node_type(&want.node_type),
        };
        call(MODIFY, modify.send().await).map(drop)
    }
}

impl Listed for ReplicationGroup {
    type Item = Item;
    const CALL: &'static str = "elasticache:DescribeReplicationGroups";

    async fn list(cx: &Cx, names: &[String]) -> Result<Vec<Item>> {
        let pages = cx.elasticache().describe_replication_groups().into_paginator().items().send();
        let groups: Vec<Described> = call(Self::CALL, pages.collect::<std::result::Result<_, _>>().await)?;
        let members = Members::list(cx, names).await?;
        let of = |group: &Described| {
            let ours = |it: &&CacheCluster| it.replication_group_id() == group.replication_group_id();
            members.iter().filter(ours).cloned().collect()
        };
        Ok(groups.into_iter().map(|group| Item { members: of(&group), group }).collect())
    }

    fn name(item: &Item) -> Option<&str> {
        item.group.replication_group_id()
    }

    fn arn(item: &Item) -> Option<&str> {
        item.group.arn()
    }

    fn recorded(have: &ReplicationGroupAttrs) -> &str {
        &have.id
    }

    fn asked(want: &ReplicationGroupProps) -> &str {
        &want.name
    }

    fn attrs(item: &Item, want: &ReplicationGroupProps) -> Option<ReplicationGroupAttrs> {
        attrs_of(&item.group, want.subnet_group.id())
    }

    fn seen(item: &Item, have: &ReplicationGroupAttrs, tags: Tags) -> Option<Seen<ReplicationGroup>> {
        let Item { group, members } = item;
        // While a group comes or goes it may have none.
        let member = members.first();
        let version = member.and_then(CacheCluster::engine_version).unwrap_or_default();
        let parameters = member.and_then(CacheCluster::cache_parameter_group);
        let parameters = parameters.and_then(|it| it.cache_parameter_group_name()).unwrap_or_default();
        let props = ReplicationGroupProps {
            name: asked(Self::name(item)?).to_owned(),
            description: group.description().unwrap_or_default().to_owned(),
            engine: group.engine().or(member.and_then(CacheCluster::engine)).unwrap_or_default().to_owned(),
            version: track(version),
            node_type: group.cache_node_type().unwrap_or_default().to_owned(),
            nodes: i32::try_from(group.member_clusters().len()).ok()?,
            failover: is_on(group.automatic_failover().map(AutomaticFailoverStatus::as_str)),
            multi_zone: is_on(group.multi_az().map(MultiAzStatus::as_str)),
            parameter_group: Ref::known(parameters),
            subnet_group: Ref::known(&have.subnet_group),
            groups: member.map(cache_cluster::groups).unwrap_or_default(),
            tls: group.transit_encryption_enabled().unwrap_or_default(),
            encrypted: group.at_rest_encryption_enabled().unwrap_or_default(),
            key: group.kms_key_id().map(str::to_owned),
            tags,
        };
        let attrs = attrs_of(group, &have.subnet_group)?;
        Some(Seen { phase: phase(group.status()?, members), props, attrs })
    }
}

fn attrs_of(group: &Described, subnet_group: &str) -> Option<ReplicationGroupAttrs> {
    let shard = group.node_groups().first();
    Some(ReplicationGroupAttrs {
        id: group.replication_group_id()?.to_owned(),
        arn: group.arn()?.to_owned(),
        subnet_group: subnet_group.to_owned(),
        endpoint: host_and_port(shard.and_then(|it| it.primary_endpoint())),
        reader_endpoint: host_and_port(shard.and_then(|it| it.reader_endpoint())),
    })
}

/// Whether a switch is on, or being switched on.
fn is_on(status: Option<&str>) -> bool {
    matches!(status, Some("enabled" | "enabling"))
}

/// Returns the group's phase. Members may lag a minute behind it; none may be touched before all are available.
fn phase(status: &str, members: &[CacheCluster]) -> Phase {
    let settled =
        |it: &CacheCluster| it.cache_cluster_status().is_some_and(|it| cache_cluster::phase(it) == Phase::Ready);
    match cache_cluster::phase(status) {
        Phase::Ready if !members.iter().all(settled) => Phase::Pending,
        phase => phase,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn props() -> ReplicationGroupProps {
        ReplicationGroupProps {
            name: "campus-session".to_owned(),
            description: "Sessions".to_owned(),
            engine: "redis".to_owned(),
            version: "7.1".to_owned(),
            node_type: "cache.t4g.medium".to_owned(),
            nodes: 3,
            failover: true,
            multi_zone: true,
            parameter_group: Ref::known("default.redis7"),
            subnet_group: Ref::known("campus"),
            groups: BTreeSet::from([Ref::known("sg-1")]),
            tls: true,
            encrypted: true,
            key: None,
            tags: Tags::default(),
        }
    }

    #[test]
    fn each_sort_of_change_is_a_call_of_its_own() {
        let was = props();
        let want = ReplicationGroupProps {
            description: "More sessions".to_owned(),
            engine: "valkey".to_owned(),
            version: "8.1".to_owned(),
            node_type: "cache.r7g.large".to_owned(),
            nodes: 1,
            failover: false,
            multi_zone: false,
            parameter_group: Ref::known("default.valkey8"),
            groups: BTreeSet::new(),
            ..props()
        };
        let down = [Step::Failover, Step::FewerNodes, Step::Description, Step::Groups, Step::Engine, Step::NodeType];
        assert_eq!(steps(&was, &want, |_| true), down);
        let up = [Step::MoreNodes, Step::Failover, Step::Description, Step::Groups, Step::Engine, Step::NodeType];
        assert_eq!(steps(&want, &was, |_| true), up);
        let parameters = ReplicationGroupProps { parameter_group: Ref::known("own"), ..props() };
        assert_eq!(steps(&was, &parameters, |field| field == "parameter_group"), [Step::Parameters]);
    }

    #[test]
    fn what_is_done_or_not_asked_for_is_not_done_again() {
        let want = ReplicationGroupProps { nodes: 2, node_type: "cache.r7g.large".to_owned(), ..props() };
        // Of an update that was refused halfway the first call is done.
        let now = ReplicationGroupProps { nodes: 2, ..props() };
        assert_eq!(steps(&now, &want, |_| true), [Step::NodeType]);
        assert_eq!(steps(&now, &want, |field| field == "nodes"), []);
    }

    #[test]
    fn a_group_is_ready_when_all_of_its_members_are() {
        let member = |status: &str| CacheCluster::builder().cache_cluster_status(status).build();
        assert_eq!(phase("available", &[member("available"), member("creating")]), Phase::Pending);
        assert_eq!(phase("available", &[member("available"), member("snapshotting")]), Phase::Ready);
        assert_eq!(phase("create-failed", &[]), Phase::Failed("create-failed".to_owned()));
        assert_eq!(phase("deleting", &[]), Phase::Deleting);
    }
}
