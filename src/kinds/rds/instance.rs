//! `rds.instance`: a server of the database cluster, of a fixed size or `db.serverless`.
//!
//! What belongs to all instances (version, password, backups, security groups) is the cluster's; RDS refuses it here.

use aws_sdk_rds::types::{self, PendingModifiedValues};

use super::cluster::Cluster;
use super::{ADD_TAGS, REMOVE_TAGS};
use crate::aws::{Cx, Result, call};
use crate::kind::values::Tags;
use crate::kind::{
    Actions, Edit, Kind, Lost, Named, Phase, Poll, Rate, Ref, Retry, Seen, Token, Transition, Verb, Wait,
};
use crate::kinds::answer::{complete, deleted};
use crate::{attrs, props};

/// See the module.
#[derive(Debug)]
pub struct Instance;

props! {
    /// What we want of an instance.
    pub struct InstanceProps {
        /// Its name, without the piece of our token.
        replace name: String,
        /// The cluster that it is a part of.
        replace cluster: Ref<Cluster>,
        /// The cluster's engine, which RDS asks for once more.
        replace engine: String,
        /// The size: `db.r6g.large`, or `db.serverless`. Changing it restarts the instance.
        update class: String,
        /// Whether it has an address outside of the VPC.
        update public: bool,
        /// Whether AWS moves to newer minor versions by itself.
        update auto_minor_upgrade: bool,
        /// The tags that users see.
        update tags: Tags,
    }
}

attrs! {
    /// What AWS assigns.
    pub struct InstanceAttrs {
        /// Its identifier.
        id: String,
        /// `arn:aws:rds:…:db:…`.
        arn: String,
    }
}

const CREATE: &str = "rds:CreateDBInstance";
const DESCRIBE: &str = "rds:DescribeDBInstances";
const MODIFY: &str = "rds:ModifyDBInstance";
const DELETE: &str = "rds:DeleteDBInstance";

impl Kind for Instance {
    const NAME: &'static str = "rds.instance";
    const ID: &'static str = "id";
    const BATCH: usize = 50;
    const POLL: Poll =
        Poll { ready: Wait::looks(330.0, 240.0, 10.0, 2400.0), gone: Wait::looks(300.0, 150.0, 10.0, 2400.0) };
    const CHANGED: Wait = Wait::looks(300.0, 10.0, 10.0, 2400.0);
    const RATE: Rate = super::MUTATING;
    const ACTIONS: Actions = Actions {
        create: &[CREATE, ADD_TAGS, "iam:CreateServiceLinkedRole"],
        read: &[DESCRIBE],
        update: &[MODIFY, ADD_TAGS, REMOVE_TAGS],
        delete: &[DELETE],
        find: &[DESCRIBE],
    };
    const RETRY: &'static [Retry] = &[
        Retry::on(Verb::Create, "DBClusterNotFoundFault", 60.0),
        // The cluster is still being made, gets its scaling limits, or another instance.
        Retry::on(Verb::Create, "InvalidDBClusterStateFault", 600.0),
        Retry::on(Verb::Update, "InvalidDBClusterStateFault", 600.0),
        Retry::on(Verb::Update, "InvalidDBInstanceState", 1200.0),
        Retry::on(Verb::Delete, "InvalidDBClusterStateFault", 600.0),
        // One that is still being made must be made before it can go.
        Retry::on(Verb::Delete, "InvalidDBInstanceState", 1200.0),
    ];
    const NAMED: Named = Named::By(&[("id", "NAME")]);
    const LABELS: &'static [&'static str] = &["name"];

    type Props = InstanceProps;
    type Attrs = InstanceAttrs;

    async fn create(cx: &Cx, token: &Token, want: &InstanceProps) -> Result<InstanceAttrs> {
        let create = cx
            .rds()
            .create_db_instance()
            .db_instance_identifier(super::named(&want.name, token))
            .db_cluster_identifier(want.cluster.id())
            .engine(&want.engine)
            .db_instance_class(&want.class)
            .publicly_accessible(want.public)
            .auto_minor_version_upgrade(want.auto_minor_upgrade)
            .set_tags(Some(super::on_create(token, &want.tags)));
        let answer = call(CREATE, create.send().await)?;
        complete(CREATE, answer.db_instance.as_ref().and_then(attrs_of))
    }

    async fn read(cx: &Cx, have: &[InstanceAttrs]) -> Result<Vec<Option<Seen<Instance>>>> {
        let found = describe(cx, have.iter().map(|it| it.id.as_str())).await?;
        let one = |attrs: &InstanceAttrs| found.iter().find(|it| it.db_instance_identifier() == Some(&attrs.id));
        have.iter().map(|it| one(it).map(|it| complete(DESCRIBE, seen(it))).transpose()).collect()
    }

    async fn update(cx: &Cx, edit: Edit<'_, Instance>) -> Result<InstanceAttrs> {
        let Edit { have, was, want, changed } = edit;
        if changed.iter().any(|field| *field != "tags") {
            let modify = cx
                .rds()
                .modify_db_instance()
                .db_instance_identifier(&have.id)
                .apply_immediately(true)
                .set_db_instance_class(edit.changes("class").then(|| want.class.clone()))
                .set_publicly_accessible(edit.changes("public").then_some(want.public))
                .set_auto_minor_version_upgrade(edit.changes("auto_minor_upgrade").then_some(want.auto_minor_upgrade));
            call(MODIFY, modify.send().await)?;
        }
        if edit.changes("tags") {
            super::update_tags(cx, &have.arn, &was.tags, &want.tags).await?;
        }
        Ok(have.clone())
    }

    async fn delete(cx: &Cx, have: &InstanceAttrs) -> Result<()> {
        // An instance of a cluster has no data of its own, so RDS refuses a final snapshot of it.
        let answer = cx.rds().delete_db_instance().db_instance_identifier(&have.id).skip_final_snapshot(true);
        match call(DELETE, answer.send().await) {
            Err(error) if error.is("InvalidDBInstanceState") && error.message.contains("already being deleted") => {
                Ok(())
            }
            other => deleted(other, &["DBInstanceNotFound", "DBInstanceNotFoundFault"]),
        }
    }

    async fn find(cx: &Cx, lost: &[Lost<Instance>]) -> Result<Vec<Option<InstanceAttrs>>> {
        let names: Vec<String> = lost.iter().map(|it| super::named(&it.want.name, &it.token)).collect();
        let found = describe(cx, names.iter().map(String::as_str)).await?;
        let ours = |token: &Token| found.iter().find(|it| super::token_of(it.tag_list()) == Some(token.as_str()));
        lost.iter().map(|it| ours(&it.token).map(|it| complete(DESCRIBE, attrs_of(it))).transpose()).collect()
    }

    fn noticed(old: &InstanceProps, new: &InstanceProps, transition: Transition) -> Option<&'static str> {
        match transition {
            Transition::InPlace if old.class != new.class => Some(
                "the database is away until another of its servers has taken over, or for 3 to 10 minutes where it has one",
            ),
            Transition::OldFirst => Some("the database has a server less"),
            Transition::InPlace | Transition::NewFirst => None,
        }
    }
}

async fn describe(cx: &Cx, ids: impl Iterator<Item = &str>) -> Result<Vec<types::DbInstance>> {
    let filter = super::any("db-instance-id", ids);
    let pages = cx.rds().describe_db_instances().filters(filter).into_paginator().items().send();
    call(DESCRIBE, pages.collect::<std::result::Result<_, _>>().await)
}

fn attrs_of(instance: &types::DbInstance) -> Option<InstanceAttrs> {
    let (id, arn) = (instance.db_instance_identifier()?.to_owned(), instance.db_instance_arn()?.to_owned());
    Some(InstanceAttrs { id, arn })
}

fn seen(instance: &types::DbInstance) -> Option<Seen<Instance>> {
    let props = InstanceProps {
        name: super::unnamed(instance.db_instance_identifier()?, instance.tag_list()),
        cluster: Ref::known(instance.db_cluster_identifier()?),
        engine: instance.engine()?.to_owned(),
        class: instance.db_instance_class()?.to_owned(),
        public: instance.publicly_accessible()?,
        auto_minor_upgrade: instance.auto_minor_version_upgrade()?,
        tags: super::visible(instance.tag_list()),
    };
    Some(Seen { phase: phase(instance), props, attrs: attrs_of(instance)? })
}

fn phase(instance: &types::DbInstance) -> Phase {
    let nothing = PendingModifiedValues::builder().build();
    match instance.db_instance_status().unwrap_or_default() {
        "available" if instance.pending_modified_values().is_some_and(|it| *it != nothing) => Phase::Pending,
        "available" | "backing-up" | "storage-optimization" => Phase::Ready,
        "deleting" => Phase::Deleting,
        status @ ("failed" | "restore-error" | "inaccessible-encryption-credentials" | "insufficient-capacity") => {
            Phase::Failed(status.to_owned())
        }
        status if status.starts_with("incompatible-") => Phase::Failed(status.to_owned()),
        _ => Phase::Pending,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instance_with_a_change_under_way_is_not_ready() {
        let instance = |status: &str, class: Option<&str>| {
            let pending = PendingModifiedValues::builder().set_db_instance_class(class.map(str::to_owned)).build();
            types::DbInstance::builder().db_instance_status(status).pending_modified_values(pending).build()
        };
        assert_eq!(phase(&instance("available", None)), Phase::Ready);
        assert_eq!(phase(&instance("available", Some("db.serverless"))), Phase::Pending);
        assert_eq!(phase(&instance("configuring-log-exports", None)), Phase::Pending);
        assert_eq!(phase(&instance("deleting", None)), Phase::Deleting);
        let failed = "incompatible-network";
        assert_eq!(phase(&instance(failed, None)), Phase::Failed(failed.to_owned()));
    }
}
