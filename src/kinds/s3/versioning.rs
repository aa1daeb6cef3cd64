//! `s3.versioning`: what is overwritten or deleted in a bucket stays as an older version.

use aws_sdk_s3::types::{BucketVersioningStatus, VersioningConfiguration};

use super::NO_BUCKET;
use super::bucket::Bucket;
use super::setting::{self, Setting, SettingAttrs};
use crate::aws::{Cx, Result, call};
use crate::kind::{Actions, Edit, Kind, Lost, Named, Poll, Rate, Ref, Retry, Seen, Token};
use crate::kinds::answer::{deleted, existing};
use crate::props;

/// See the module.
#[derive(Debug)]
pub struct Versioning;

props! {
    /// What we want of a bucket's versioning. Where it is not wanted, the resource is not there.
    pub struct VersioningProps {
        /// The bucket.
        replace bucket: Ref<Bucket>,
    }
}

const GET: &str = "s3:GetBucketVersioning";
const PUT: &str = "s3:PutBucketVersioning";

impl Kind for Versioning {
    const NAME: &'static str = "s3.versioning";
    const ID: &'static str = "bucket";
    const BATCH: usize = 10;
    const POLL: Poll = Poll::at_once();
    const RATE: Rate = super::MUTATING;
    const ACTIONS: Actions = Actions { create: &[PUT], read: &[GET], update: &[], delete: &[PUT], find: &[GET] };
    const RETRY: &'static [Retry] = super::SETTING;
    const NAMED: Named = Named::By(&[("bucket", "BUCKET")]);

    type Props = VersioningProps;
    type Attrs = SettingAttrs;

    async fn create(cx: &Cx, _token: &Token, want: &VersioningProps) -> Result<SettingAttrs> {
        put(cx, want.bucket.id(), BucketVersioningStatus::Enabled).await?;
        Ok(SettingAttrs::of(&want.bucket))
    }

    async fn read(cx: &Cx, have: &[SettingAttrs]) -> Result<Vec<Option<Seen<Versioning>>>> {
        setting::read(cx, have).await
    }

    async fn update(_cx: &Cx, edit: Edit<'_, Versioning>) -> Result<SettingAttrs> {
        Ok(edit.have.clone())
    }

    /// Versions that are there stay.
    async fn delete(cx: &Cx, have: &SettingAttrs) -> Result<()> {
        deleted(put(cx, &have.bucket, BucketVersioningStatus::Suspended).await, &[NO_BUCKET])
    }

    async fn find(cx: &Cx, lost: &[Lost<Versioning>]) -> Result<Vec<Option<SettingAttrs>>> {
        setting::find(cx, lost).await
    }

    fn conflicts(old: &VersioningProps, new: &VersioningProps) -> bool {
        old.bucket == new.bucket
    }
}

impl Setting for Versioning {
    async fn get(cx: &Cx, bucket: &str) -> Result<Option<VersioningProps>> {
        let answer = call(GET, cx.s3().get_bucket_versioning().bucket(bucket).send().await);
        let status = existing(answer, &[NO_BUCKET])?.and_then(|it| it.status);
        let on = status.filter(|it| *it == BucketVersioningStatus::Enabled);
        Ok(on.map(|_| VersioningProps { bucket: Ref::known(bucket) }))
    }

    fn bucket(props: &VersioningProps) -> &Ref<Bucket> {
        &props.bucket
    }
}

async fn put(cx: &Cx, bucket: &str, status: BucketVersioningStatus) -> Result<()> {
    let versioning = VersioningConfiguration::builder().status(status).build();
    let put = cx.s3().put_bucket_versioning().bucket(bucket).versioning_configuration(versioning);
    call(PUT, put.send().await).map(drop)
}
