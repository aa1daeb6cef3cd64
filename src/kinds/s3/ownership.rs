//! `s3.ownership`: whose the objects are that others write into a bucket, and whether access control lists count.

use aws_sdk_s3::types::{ObjectOwnership, OwnershipControls, OwnershipControlsRule};

use super::bucket::Bucket;
use super::setting::{self, Setting, SettingAttrs};
use super::{NO_BUCKET, unbuildable};
use crate::aws::{Cx, Result, call};
use crate::kind::{Actions, Edit, Kind, Lost, Named, Poll, Rate, Ref, Retry, Seen, Token};
use crate::kinds::answer::{deleted, existing};
use crate::props;

/// See the module.
#[derive(Debug)]
pub struct Ownership;

props! {
    /// What we want of the ownership of a bucket's objects.
    pub struct OwnershipProps {
        /// The bucket.
        replace bucket: Ref<Bucket>,
        /// `BucketOwnerEnforced`, `BucketOwnerPreferred` or `ObjectWriter`; only the first ignores access control lists.
        update owner: String,
    }
}

const GET: &str = "s3:GetBucketOwnershipControls";
const PUT: &str = "s3:PutBucketOwnershipControls";
const GONE: &[&str] = &["OwnershipControlsNotFoundError", NO_BUCKET];

impl Kind for Ownership {
    const NAME: &'static str = "s3.ownership";
    const ID: &'static str = "bucket";
    const BATCH: usize = 10;
    const POLL: Poll = Poll::at_once();
    const RATE: Rate = super::MUTATING;
    const ACTIONS: Actions = Actions { create: &[PUT], read: &[GET], update: &[PUT], delete: &[PUT], find: &[GET] };
    const RETRY: &'static [Retry] = super::SETTING;
    const NAMED: Named = Named::By(&[("bucket", "BUCKET")]);

    type Props = OwnershipProps;
    type Attrs = SettingAttrs;

    async fn create(cx: &Cx, _token: &Token, want: &OwnershipProps) -> Result<SettingAttrs> {
        put(cx, want).await?;
        Ok(SettingAttrs::of(&want.bucket))
    }

    async fn read(cx: &Cx, have: &[SettingAttrs]) -> Result<Vec<Option<Seen<Ownership>>>> {
        setting::read(cx, have).await
    }

    async fn update(cx: &Cx, edit: Edit<'_, Ownership>) -> Result<SettingAttrs> {
        put(cx, edit.want).await?;
        Ok(edit.have.clone())
    }

    async fn delete(cx: &Cx, have: &SettingAttrs) -> Result<()> {
        deleted(call(PUT, cx.s3().delete_bucket_ownership_controls().bucket(&have.bucket).send().await), GONE)
    }

    async fn find(cx: &Cx, lost: &[Lost<Ownership>]) -> Result<Vec<Option<SettingAttrs>>> {
        setting::find(cx, lost).await
    }

    fn conflicts(old: &OwnershipProps, new: &OwnershipProps) -> bool {
        old.bucket == new.bucket
    }
}

impl Setting for Ownership {
    async fn get(cx: &Cx, bucket: &str) -> Result<Option<OwnershipProps>> {
        let answer = call(GET, cx.s3().get_bucket_ownership_controls().bucket(bucket).send().await);
        let rule = existing(answer, GONE)?.and_then(|it| it.ownership_controls?.rules.into_iter().next());
        Ok(rule.map(|it| OwnershipProps { bucket: Ref::known(bucket), owner: it.object_ownership.as_str().to_owned() }))
    }

    fn bucket(props: &OwnershipProps) -> &Ref<Bucket> {
        &props.bucket
    }
}

async fn put(cx: &Cx, want: &OwnershipProps) -> Result<()> {
    let OwnershipProps { bucket, owner } = want;
    let rule = OwnershipControlsRule::builder().object_ownership(ObjectOwnership::from(owner.as_str())).build();
    let controls = rule.and_then(|rule| OwnershipControls::builder().rules(rule).build());
    let controls = controls.map_err(|error| unbuildable(PUT, &error))?;
    let put = cx.s3().put_bucket_ownership_controls().bucket(bucket.id()).ownership_controls(controls);
    call(PUT, put.send().await).map(drop)
}
