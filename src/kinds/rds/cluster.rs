//! `rds.cluster`: the Aurora cluster that holds the data of Moodle; its servers are `rds.instance`.
//!
//! RDS makes the master password, keeps it in Secrets Manager and changes it every week; only the secret's ARN passes
//! through here. Storage is always encrypted. A deletion leaves a snapshot, `<identifier>-final`.
//!
//! Deletion protection guards against everybody but the engine. Whoever names the cluster's address with
//! `--allow-data-loss` has decided already; asking AWS to refuse would then only stop a destroy halfway, after the
//! instances are gone. So `delete` takes the protection off when it is in the way.

use std::collections::BTreeSet;

use aws_sdk_rds::types::{self, ClusterPendingModifiedValues, ServerlessV2ScalingConfiguration, Tag};
use serde::{Deserialize, Serialize};

use super::cluster_parameter_group::ClusterParameterGroup;
use super::subnet_group::SubnetGroup;
use super::{ADD_TAGS, REMOVE_TAGS};
use crate::aws::{Cx, Result, call};
use crate::kind::values::Tags;
use crate::kind::{
    Actions, Edit, Kind, Lost, Named, Phase, Poll, Rate, Ref, Retry, Seen, Text, Token, Transition, Verb, Wait,
};
use crate::kinds::answer::{complete, deleted};
use crate::kinds::ec2::security_group::SecurityGroup;
use crate::{attrs, props};

/// See the module.
#[derive(Debug)]
pub struct Cluster;

props! {
    /// What we want of a cluster.
    pub struct ClusterProps {
        /// Its name, without the piece of our token.
        replace name: String,
        /// `aurora-postgresql` or `aurora-mysql`.
        replace engine: String,
        /// Its subnets.
        replace subnet_group: Ref<SubnetGroup>,
        /// The database in it; `None` leaves it to the snapshot.
        replace database: Option<String>,
        /// The user that the secret is about; `None` leaves it to the snapshot.
        replace username: Option<String>,
        /// The ARN of the key that encrypts the storage; `None` takes the account's own.
        replace key: Option<Text>,
        /// The snapshot that it is made of.
        replace snapshot: Option<String>,
        /// The version of the engine, in full.
        update version: String,
        /// The settings of the engine.
        update parameter_group: Ref<ClusterParameterGroup>,
        /// Who may talk to it.
        update groups: BTreeSet<Ref<SecurityGroup>>,
        /// Whether RDS makes the password and keeps it in a secret.
        update managed_password: bool,
        /// For how many days it can be set back.
        update backup_days: i32,
        /// Whether AWS refuses to delete it.
        update deletion_protection: bool,
        /// Whether its snapshots get its tags.
        update copy_tags: bool,
        /// Between which sizes its serverless instances grow and shrink; `None` leaves it as it is.
        update scaling: Option<Scaling>,
        /// The tags that users see.
        update tags: Tags,
    }
}

/// Sizes of serverless instances, in Aurora capacity units of about 2 GiB.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scaling {
    /// The smallest.
    pub min: f64,
    /// The largest.
    pub max: f64,
}

attrs! {
    /// What AWS assigns.
    pub struct ClusterAttrs {
        /// Its identifier.
        id: String,
        /// `arn:aws:rds:…:cluster:…`.
        arn: String,
        /// The name under which the writer is reached.
        endpoint: Option<String>,
        /// The name under which the readers are reached, or the writer where there are none.
        reader_endpoint: Option<String>,
        /// The ARN of the secret with user and password.
        secret: Option<String>,
    }
}

const CREATE: &str = "rds:CreateDBCluster";
const RESTORE: &str = "rds:RestoreDBClusterFromSnapshot";
const DESCRIBE: &str = "rds:DescribeDBClusters";
const MODIFY: &str = "rds:ModifyDBCluster";
const DELETE: &str = "rds:DeleteDBCluster";
/// The tag of the snapshot that a cluster was made of, which AWS does not tell.
const SNAPSHOT: &str = "moodle-infra:snapshot";
const BUSY: &str = "InvalidDBClusterStateFault";

impl Kind for Cluster {
    const NAME: &'static str = "rds.cluster";
    const ID: &'static str = "id";
    const BATCH: usize = 50;
    const POLL: Poll = Poll { ready: Wait::looks(40.0, 20.0, 5.0, 3600.0), gone: Wait::looks(55.0, 30.0, 5.0, 3600.0) };
    const CHANGED: Wait = Wait::looks(60.0, 10.0, 5.0, 3600.0);
    const RATE: Rate = super::MUTATING;
    const ACTIONS: Actions = Actions {
        create: &[
            CREATE,
            RESTORE,
            ADD_TAGS,
            "iam:CreateServiceLinkedRole",
            "kms:CreateGrant",
            "kms:Decrypt",
            "kms:DescribeKey",
            "kms:GenerateDataKey",
            "secretsmanager:CreateSecret",
            "secretsmanager:TagResource",
        ],
        read: &[DESCRIBE],
        update: &[
            MODIFY,
            ADD_TAGS,
            REMOVE_TAGS,
            "kms:CreateGrant",
            "kms:DescribeKey",
            "secretsmanager:CreateSecret",
            "secretsmanager:RotateSecret",
            "secretsmanager:TagResource",
        ],
        delete: &[DELETE, MODIFY, "rds:CreateDBClusterSnapshot", ADD_TAGS],
        find: &[DESCRIBE],
    };
    const RETRY: &'static [Retry] = &[
        Retry::on(Verb::Create, "DBSubnetGroupNotFoundFault", 60.0),
        Retry::on(Verb::Create, "DBClusterParameterGroupNotFound", 180.0),
        Retry::on(Verb::Create, "KMSKeyNotAccessibleFault", 120.0),
        Retry::saying(Verb::Create, "InvalidParameterValue", "service linked role", 120.0),
        // While it is being made, changed or backed up, AWS takes no other change.
        Retry::on(Verb::Update, BUSY, 1800.0),
        Retry::on(Verb::Update, "InvalidDBInstanceState", 1800.0),
        Retry::on(Verb::Update, "DBClusterParameterGroupNotFound", 180.0),
        Retry::on(Verb::Delete, BUSY, 1800.0),
    ];
    const HOLDS_DATA: bool = true;
    const NAMED: Named = Named::By(&[("id", "NAME")]);
    const LABELS: &'static [&'static str] = &["name"];

    type Props = ClusterProps;
    type Attrs = ClusterAttrs;

    async fn create(cx: &Cx, token: &Token, want: &ClusterProps) -> Result<ClusterAttrs> {
        let (operation, cluster) = match &want.snapshot {
            None => (CREATE, create(cx, token, want).await?),
            Some(snapshot) => (RESTORE, restore(cx, token, want, snapshot).await?),
        };
        complete(operation, cluster.as_ref().and_then(attrs_of))
    }

    async fn read(cx: &Cx, have: &[ClusterAttrs]) -> Result<Vec<Option<Seen<Cluster>>>> {
        let found = describe(cx, have.iter().map(|it| it.id.as_str())).await?;
        let one = |attrs: &ClusterAttrs| found.iter().find(|it| it.db_cluster_identifier() == Some(&attrs.id));
        have.iter().map(|it| one(it).map(|it| complete(DESCRIBE, seen(it))).transpose()).collect()
    }

    async fn update(cx: &Cx, edit: Edit<'_, Cluster>) -> Result<ClusterAttrs> {
        let Edit { have, was, want, changed } = edit;
        let mut attrs = have.clone();
        if changed.iter().any(|field| *field != "tags") {
            attrs = modify(cx, &edit).await?;
        }
        if edit.changes("tags") {
            super::update_tags(cx, &have.arn, &was.tags, &want.tags).await?;
        }
        Ok(attrs)
    }

    async fn delete(cx: &Cx, have: &ClusterAttrs) -> Result<()> {
        let first = delete(cx, have).await;
        let guarded = |it: &crate::aws::Error| it.is("InvalidParameterCombination") && it.message.contains("rotect");
        if !first.as_ref().is_err_and(guarded) {
            return first;
        }
        let off = cx.rds().modify_db_cluster().db_cluster_identifier(&have.id).deletion_protection(false);
        call(MODIFY, off.apply_immediately(true).send().await)?;
        delete(cx, have).await
    }

    async fn find(cx: &Cx, lost: &[Lost<Cluster>]) -> Result<Vec<Option<ClusterAttrs>>> {
        let names: Vec<String> = lost.iter().map(|it| super::named(&it.want.name, &it.token)).collect();
        let found = describe(cx, names.iter().map(String::as_str)).await?;
        let ours = |token: &Token| found.iter().find(|it| super::token_of(it.tag_list()) == Some(token.as_str()));
        lost.iter().map(|it| ours(&it.token).map(|it| complete(DESCRIBE, attrs_of(it))).transpose()).collect()
    }

    fn later(want: &ClusterProps) -> Vec<&'static str> {
        // A restored cluster has the password that it had when the snapshot was taken.
        if want.snapshot.is_some() && want.managed_password { vec!["managed_password"] } else { Vec::new() }
    }

    fn noticed(old: &ClusterProps, new: &ClusterProps, transition: Transition) -> Option<&'static str> {
        match transition {
            Transition::InPlace if old.version != new.version => Some("the database is away for some minutes"),
            Transition::OldFirst => Some("there is no database"),
            Transition::InPlace | Transition::NewFirst => None,
        }
    }
}

async fn create(cx: &Cx, token: &Token, want: &ClusterProps) -> Result<Option<types::DbCluster>> {
    let create = cx
        .rds()
        .create_db_cluster()
        .db_cluster_identifier(super::named(&want.name, token))
        .engine(&want.engine)
        .engine_version(&want.version)
        .db_subnet_group_name(want.subnet_group.id())
        .db_cluster_parameter_group_name(want.parameter_group.id())
        .set_vpc_security_group_ids(Some(ids(&want.groups)))
        .set_database_name(want.database.clone())
        .set_master_username(want.username.clone())
        .manage_master_user_password(want.managed_password)
        .storage_encrypted(true)
        .set_kms_key_id(want.key.as_ref().map(|it| it.as_str().to_owned()))
        .backup_retention_period(want.backup_days)
        .deletion_protection(want.deletion_protection)
        .copy_tags_to_snapshot(want.copy_tags)
        .set_serverless_v2_scaling_configuration(want.scaling.map(scaling))
        .set_tags(Some(super::on_create(token, &want.tags)));
    Ok(call(CREATE, create.send().await)?.db_cluster)
}

async fn restore(cx: &Cx, token: &Token, want: &ClusterProps, snapshot: &str) -> Result<Option<types::DbCluster>> {
    let mut tags = super::on_create(token, &want.tags);
    tags.push(Tag::builder().key(SNAPSHOT).value(snapshot).build());
    let restore = cx
        .rds()
        .restore_db_cluster_from_snapshot()
        .db_cluster_identifier(super::named(&want.name, token))
        .snapshot_identifier(snapshot)
        .engine(&want.engine)
        .engine_version(&want.version)
        .db_subnet_group_name(want.subnet_group.id())
        .db_cluster_parameter_group_name(want.parameter_group.id())
        .set_vpc_security_group_ids(Some(ids(&want.groups)))
        .set_kms_key_id(want.key.as_ref().map(|it| it.as_str().to_owned()))
        .backup_retention_period(want.backup_days)
        .deletion_protection(want.deletion_protection)
        .copy_tags_to_snapshot(want.copy_tags)
        .set_serverless_v2_scaling_configuration(want.scaling.map(scaling))
        .set_tags(Some(tags));
    Ok(call(RESTORE, restore.send().await)?.db_cluster)
}

/// Makes every change but that of tags, in one call and at once.
async fn modify(cx: &Cx, edit: &Edit<'_, Cluster>) -> Result<ClusterAttrs> {
    let Edit { have, was: _, want, changed: _ } = edit;
    let version = edit.changes("version");
    // RDS takes the parameter group of another major version only together with that version.
    let parameters = edit.changes("parameter_group").then(|| want.parameter_group.id().to_owned());
    let modify = cx
        .rds()
        .modify_db_cluster()
        .db_cluster_identifier(&have.id)
        .apply_immediately(true)
        .set_engine_version(version.then(|| want.version.clone()))
        .set_allow_major_version_upgrade(version.then_some(true))
        .set_db_cluster_parameter_group_name(parameters)
        .set_vpc_security_group_ids(edit.changes("groups").then(|| ids(&want.groups)))
        .set_manage_master_user_password(edit.changes("managed_password").then_some(want.managed_password))
        .set_backup_retention_period(edit.changes("backup_days").then_some(want.backup_days))
        .set_deletion_protection(edit.changes("deletion_protection").then_some(want.deletion_protection))
        .set_copy_tags_to_snapshot(edit.changes("copy_tags").then_some(want.copy_tags))
        .set_serverless_v2_scaling_configuration(want.scaling.filter(|_| edit.changes("scaling")).map(scaling));
    let cluster = call(MODIFY, modify.send().await)?.db_cluster;
    complete(MODIFY, cluster.as_ref().and_then(attrs_of))
}

async fn delete(cx: &Cx, have: &ClusterAttrs) -> Result<()> {
    let delete = cx.rds().delete_db_cluster().db_cluster_identifier(&have.id);
    // The identifier carries a piece of the token, so no other cluster of ours ever left a snapshot of this name.
    let delete = delete.skip_final_snapshot(false).final_db_snapshot_identifier(format!("{}-final", have.id));
    deleted(call(DELETE, delete.send().await), &["DBClusterNotFoundFault", "DBClusterNotFound"])
}

async fn describe(cx: &Cx, ids: impl Iterator<Item = &str>) -> Result<Vec<types::DbCluster>> {
    let filter = super::any("db-cluster-id", ids);
    let pages = cx.rds().describe_db_clusters().filters(filter).into_paginator().items().send();
    call(DESCRIBE, pages.collect::<std::result::Result<_, _>>().await)
}

fn attrs_of(cluster: &types::DbCluster) -> Option<ClusterAttrs> {
    let secret = cluster.master_user_secret().and_then(|it| it.secret_arn());
    Some(ClusterAttrs {
        id: cluster.db_cluster_identifier()?.to_owned(),
        arn: cluster.db_cluster_arn()?.to_owned(),
        endpoint: cluster.endpoint().map(str::to_owned),
        reader_endpoint: cluster.reader_endpoint().map(str::to_owned),
        secret: secret.map(str::to_owned),
    })
}

fn seen(cluster: &types::DbCluster) -> Option<Seen<Cluster>> {
    let tags = cluster.tag_list();
    let limits = cluster.serverless_v2_scaling_configuration();
    let groups = cluster.vpc_security_groups().iter().filter_map(|it| it.vpc_security_group_id());
    let props = ClusterProps {
        name: super::unnamed(cluster.db_cluster_identifier()?, tags),
        engine: cluster.engine()?.to_owned(),
        subnet_group: Ref::known(cluster.db_subnet_group()?),
        database: cluster.database_name().map(str::to_owned),
        username: cluster.master_username().map(str::to_owned),
        key: cluster.kms_key_id().map(Text::from),
        snapshot: super::tag(tags, SNAPSHOT).map(str::to_owned),
        version: cluster.engine_version()?.to_owned(),
        parameter_group: Ref::known(cluster.db_cluster_parameter_group()?),
        groups: groups.map(Ref::known).collect(),
        managed_password: cluster.master_user_secret().is_some(),
        backup_days: cluster.backup_retention_period()?,
        deletion_protection: cluster.deletion_protection()?,
        copy_tags: cluster.copy_tags_to_snapshot().unwrap_or_default(),
        scaling: limits.and_then(|it| Some(Scaling { min: it.min_capacity()?, max: it.max_capacity()? })),
        tags: super::visible(tags),
    };
    Some(Seen { phase: phase(cluster), props, attrs: attrs_of(cluster)? })
}

fn phase(cluster: &types::DbCluster) -> Phase {
    let nothing = ClusterPendingModifiedValues::builder().build();
    let changing = cluster.pending_modified_values().is_some_and(|it| *it != nothing);
    match cluster.status().unwrap_or_default() {
        "available" if changing || is_secret_on_its_way(cluster) => Phase::Pending,
        "available" | "backing-up" | "storage-optimization" => Phase::Ready,
        "deleting" => Phase::Deleting,
        status @ ("failed" | "cloning-failed" | "migration-failed" | "inaccessible-encryption-credentials") => {
            Phase::Failed(status.to_owned())
        }
        _ => Phase::Pending,
    }
}

/// Whether the secret is being made. It is finished by the first instance, so without one there is nothing to wait for.
fn is_secret_on_its_way(cluster: &types::DbCluster) -> bool {
    let creating = cluster.master_user_secret().is_some_and(|it| it.secret_status() == Some("creating"));
    creating && !cluster.db_cluster_members().is_empty()
}

fn scaling(Scaling { min, max }: Scaling) -> ServerlessV2ScalingConfiguration {
    ServerlessV2ScalingConfiguration::builder().min_capacity(min).max_capacity(max).build()
}

fn ids(groups: &BTreeSet<Ref<SecurityGroup>>) -> Vec<String> {
    groups.iter().map(|it| it.id().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use aws_sdk_rds::types::{DbClusterMember, MasterUserSecret};

    use super::*;

    fn cluster(status: &str) -> aws_sdk_rds::types::builders::DbClusterBuilder {
        types::DbCluster::builder().status(status)
    }

    #[test]
    fn a_cluster_with_a_change_under_way_is_not_ready() {
        assert_eq!(phase(&cluster("available").build()), Phase::Ready);
        let none = ClusterPendingModifiedValues::builder().build();
        assert_eq!(phase(&cluster("available").pending_modified_values(none).build()), Phase::Ready);
        let version = ClusterPendingModifiedValues::builder().engine_version("17.6").build();
        assert_eq!(phase(&cluster("available").pending_modified_values(version).build()), Phase::Pending);
        assert_eq!(phase(&cluster("creating").build()), Phase::Pending);
        assert_eq!(phase(&cluster("deleting").build()), Phase::Deleting);
        assert_eq!(phase(&cluster("failed").build()), Phase::Failed("failed".to_owned()));
    }

    #[test]
    fn a_restored_cluster_remembers_its_snapshot_and_gets_a_password_of_its_own() {
        let tag = |key: &str, value: &str| Tag::builder().key(key).value(value).build();
        let restored = cluster("available")
            .db_cluster_identifier("campus-database")
            .db_cluster_arn("arn:aws:rds:eu-west-1:123456789012:cluster:campus-database")
            .engine("aurora-postgresql")
            .engine_version("17.5")
            .db_subnet_group("campus-database")
            .db_cluster_parameter_group("campus-database")
            .backup_retention_period(30)
            .deletion_protection(true)
            .tag_list(tag(SNAPSHOT, "before-the-upgrade"))
            .tag_list(tag("owner", "it"));
        let props = seen(&restored.build()).unwrap().props;
        assert_eq!(props.snapshot.as_deref(), Some("before-the-upgrade"));
        let mut shown = serde_json::to_value(&props.tags).unwrap();
        let _stack = crate::aws::tags::take_marks(&mut shown);
        assert_eq!(shown, serde_json::json!({ "owner": "it" }));
        assert!(!props.managed_password);
        let want = ClusterProps { managed_password: true, ..props };
        assert_eq!(Cluster::later(&want), ["managed_password"]);
        assert!(Cluster::later(&ClusterProps { snapshot: None, ..want }).is_empty());
    }

    #[test]
    fn the_secret_is_waited_for_only_where_an_instance_can_finish_it() {
        let secret = MasterUserSecret::builder().secret_status("creating").build();
        let alone = cluster("available").master_user_secret(secret);
        assert_eq!(phase(&alone.clone().build()), Phase::Ready);
        assert_eq!(phase(&alone.db_cluster_members(DbClusterMember::builder().build()).build()), Phase::Pending);
    }
}
