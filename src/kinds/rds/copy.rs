//! `rds.copy`: that the database was copied before the site's code became another, so that there is a way back.
//!
//! Nothing is copied while no site is installed. It owns the snapshots that it took, and deletes them with itself.

use aws_sdk_rds::types::{DbClusterSnapshot, Tag};

use super::cluster::Cluster;
use super::{ADD_TAGS, any};
use crate::aws::{Cx, Result, call};
use crate::kind::{Actions, Edit, Kind, Lost, Named, Phase, Poll, Rate, Ref, Retry, Seen, Token, Verb, Wait};
use crate::kinds::answer::{deleted, existing};
use crate::kinds::ssm::reports;
use crate::{attrs, props};

/// See the module.
#[derive(Debug)]
pub struct Copy;

props! {
    /// What we want of the copies of a database.
    pub struct CopyProps {
        /// The cluster.
        replace cluster: Ref<Cluster>,
        /// What the snapshots are called, without the piece of our token and their number.
        replace name: String,
        /// Below which parameter servers report.
        replace path: String,
        /// The code before which it was copied.
        update build: String,
    }
}

attrs! {
    /// What we remember of the copies.
    pub struct CopyAttrs {
        /// The cluster.
        cluster: String,
        /// What was wanted of their names.
        name: String,
        /// How the names of the snapshots begin.
        prefix: String,
        /// The path.
        path: String,
        /// The code before which it was copied last.
        build: String,
        /// How many were taken.
        count: u32,
        /// The last of them.
        snapshot: Option<String>,
    }
}

const CREATE: &str = "rds:CreateDBClusterSnapshot";
const DESCRIBE: &str = "rds:DescribeDBClusterSnapshots";
const CLUSTERS: &str = "rds:DescribeDBClusters";
const DELETE: &str = "rds:DeleteDBClusterSnapshot";
const BUSY: &str = "InvalidDBClusterStateFault";
const TAKEN: &str = "DBClusterSnapshotAlreadyExistsFault";
const GONE: &[&str] = &["DBClusterSnapshotNotFoundFault", "DBClusterSnapshotNotFound"];
/// The tag that tells for which code a snapshot was taken.
const BEFORE: &str = "moodle-infra:before";

impl Kind for Copy {
    const NAME: &'static str = "rds.copy";
    const ID: &'static str = "build";
    const BATCH: usize = 5;
    const POLL: Poll = Poll { ready: Wait::looks(180.0, 20.0, 10.0, 14_400.0), gone: Wait::none() };
    const CHANGED: Wait = Wait::looks(180.0, 20.0, 10.0, 14_400.0);
    const RATE: Rate = super::MUTATING;
    const ACTIONS: Actions = Actions {
        create: &[reports::LIST, CREATE, ADD_TAGS],
        read: &[CLUSTERS, DESCRIBE],
        update: &[reports::LIST, CREATE, ADD_TAGS],
        delete: &[DESCRIBE, DELETE],
        find: &[reports::LIST, DESCRIBE],
    };
    const RETRY: &'static [Retry] = &[
        // While it is being changed or backed up, AWS copies nothing.
        Retry::on(Verb::Create, BUSY, 1800.0),
        Retry::on(Verb::Update, BUSY, 1800.0),
        Retry::on(Verb::Delete, "InvalidDBClusterSnapshotStateFault", 1800.0),
    ];
    const MOVES: &'static [&'static str] = &["build", "count", "snapshot"];
    const NAMED: Named = Named::Not("it is what the engine remembers of copies that it made before upgrades");

    type Props = CopyProps;
    type Attrs = CopyAttrs;

    async fn create(cx: &Cx, token: &Token, want: &CopyProps) -> Result<CopyAttrs> {
        begin(cx, attrs_of(want, token)).await
    }

    async fn read(cx: &Cx, have: &[CopyAttrs]) -> Result<Vec<Option<Seen<Copy>>>> {
        let mut all = Vec::new();
        for attrs in have {
            let CopyAttrs { cluster, name, prefix: _, path, build, count: _, snapshot } = attrs.clone();
            let there = any("db-cluster-id", [cluster.as_str()]);
            let there = call(CLUSTERS, cx.rds().describe_db_clusters().filters(there).send().await);
            let there = existing(there, &["DBClusterNotFoundFault"])?.is_some_and(|it| !it.db_clusters().is_empty());
            if !there {
                all.push(None);
                continue;
            }
            let phase = match snapshot {
                Some(snapshot) => phase(find(cx, &snapshot).await?.as_ref()),
                None => Phase::Ready,
            };
            let props = CopyProps { cluster: Ref::known(cluster), name, path, build };
            all.push(Some(Seen { phase, props, attrs: attrs.clone() }));
        }
        Ok(all)
    }

    async fn update(cx: &Cx, edit: Edit<'_, Copy>) -> Result<CopyAttrs> {
        begin(cx, CopyAttrs { build: edit.want.build.clone(), ..edit.have.clone() }).await
    }

    async fn delete(cx: &Cx, have: &CopyAttrs) -> Result<()> {
        // Also one whose answer was lost: it has the name that would have come next.
        for number in 1..=have.count + 1 {
            let name = numbered(&have.prefix, number);
            if find(cx, &name).await?.is_some() {
                let delete = cx.rds().delete_db_cluster_snapshot().db_cluster_snapshot_identifier(name).send().await;
                deleted(call(DELETE, delete), GONE)?;
            }
        }
        Ok(())
    }

    async fn find(cx: &Cx, lost: &[Lost<Copy>]) -> Result<Vec<Option<CopyAttrs>>> {
        let mut all = Vec::new();
        for Lost { token, want } in lost {
            let attrs = attrs_of(want, token);
            let first = numbered(&attrs.prefix, 1);
            all.push(if find(cx, &first).await?.is_some() {
                Some(CopyAttrs { count: 1, snapshot: Some(first), ..attrs })
            } else if reports::is_other(cx, &want.path, &want.build).await? {
                None
            } else {
                Some(attrs)
            });
        }
        Ok(all)
    }
}

fn attrs_of(want: &CopyProps, token: &Token) -> CopyAttrs {
    let CopyProps { cluster, name, path, build } = want.clone();
    let prefix = super::named(&name, token);
    CopyAttrs { cluster: cluster.id().to_owned(), name, prefix, path, build, count: 0, snapshot: None }
}

fn numbered(prefix: &str, number: u32) -> String {
    format!("{prefix}-{number}")
}

/// Takes a snapshot, if there is a site that runs other code.
async fn begin(cx: &Cx, attrs: CopyAttrs) -> Result<CopyAttrs> {
    if !reports::is_other(cx, &attrs.path, &attrs.build).await? {
        return Ok(attrs);
    }
    let count = attrs.count + 1;
    let name = numbered(&attrs.prefix, count);
    let create = cx
        .rds()
        .create_db_cluster_snapshot()
        .db_cluster_identifier(&attrs.cluster)
        .db_cluster_snapshot_identifier(&name)
        .tags(Tag::builder().key(BEFORE).value(&attrs.build).build());
    // One of this name was begun by a call whose answer was lost: the number is that of the copy before, and one.
    existing(call(CREATE, create.send().await), &[TAKEN])?;
    Ok(CopyAttrs { count, snapshot: Some(name), ..attrs })
}

async fn find(cx: &Cx, name: &str) -> Result<Option<DbClusterSnapshot>> {
    let describe = cx.rds().describe_db_cluster_snapshots().db_cluster_snapshot_identifier(name).send().await;
    let answer = existing(call(DESCRIBE, describe), GONE)?;
    Ok(answer.and_then(|it| it.db_cluster_snapshots?.into_iter().next()))
}

/// A snapshot that somebody has deleted was there when it was needed.
fn phase(snapshot: Option<&DbClusterSnapshot>) -> Phase {
    match snapshot.and_then(|it| it.status()) {
        None | Some("available") => Phase::Ready,
        Some("failed") => Phase::Failed("the snapshot of the database failed".to_owned()),
        Some(_) => Phase::Pending,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_waited_for() {
        let of = |status: &str| phase(Some(&DbClusterSnapshot::builder().status(status).build()));
        assert_eq!(of("creating"), Phase::Pending);
        assert_eq!(of("available"), Phase::Ready);
        assert!(matches!(of("failed"), Phase::Failed(_)));
        assert_eq!(phase(None), Phase::Ready);
    }
}
