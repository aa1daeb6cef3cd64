//! `s3.bucket_policy`: who may do what with a bucket, such as the service that writes access logs into it.

use super::bucket::Bucket;
use super::setting::{self, Setting, SettingAttrs};
use super::{BUSY, NO_BUCKET};
use crate::aws::{Cx, Error, Result, call};
use crate::kind::values::Policy;
use crate::kind::{Actions, Edit, Kind, Lost, Named, Poll, Rate, Ref, Retry, Seen, Token, Verb};
use crate::kinds::answer::{complete, deleted, existing};
use crate::props;

/// See the module.
#[derive(Debug)]
pub struct BucketPolicy;

props! {
    /// What we want of a bucket's policy.
    pub struct BucketPolicyProps {
        /// The bucket.
        replace bucket: Ref<Bucket>,
        /// Who may do what.
        update policy: Policy,
    }
}

const GET: &str = "s3:GetBucketPolicy";
const PUT: &str = "s3:PutBucketPolicy";
const DELETE: &str = "s3:DeleteBucketPolicy";
const GONE: &[&str] = &["NoSuchBucketPolicy", NO_BUCKET];

impl Kind for BucketPolicy {
    const NAME: &'static str = "s3.bucket_policy";
    const ID: &'static str = "bucket";
    const BATCH: usize = 10;
    const POLL: Poll = Poll::at_once();
    const RATE: Rate = super::MUTATING;
    const ACTIONS: Actions = Actions { create: &[PUT], read: &[GET], update: &[PUT], delete: &[DELETE], find: &[GET] };
    const RETRY: &'static [Retry] = &[
        Retry::on(Verb::Create, NO_BUCKET, 60.0),
        Retry::on(Verb::Create, BUSY, 60.0),
        Retry::on(Verb::Update, BUSY, 60.0),
        Retry::on(Verb::Delete, BUSY, 60.0),
        // It may name a role that IAM has not spread yet.
        Retry::saying(Verb::Create, "MalformedPolicy", "Invalid principal", 120.0),
        Retry::saying(Verb::Update, "MalformedPolicy", "Invalid principal", 120.0),
    ];
    const NAMED: Named = Named::By(&[("bucket", "BUCKET")]);

    type Props = BucketPolicyProps;
    type Attrs = SettingAttrs;

    async fn create(cx: &Cx, _token: &Token, want: &BucketPolicyProps) -> Result<SettingAttrs> {
        put(cx, want).await?;
        Ok(SettingAttrs::of(&want.bucket))
    }

    async fn read(cx: &Cx, have: &[SettingAttrs]) -> Result<Vec<Option<Seen<BucketPolicy>>>> {
        setting::read(cx, have).await
    }

    async fn update(cx: &Cx, edit: Edit<'_, BucketPolicy>) -> Result<SettingAttrs> {
        put(cx, edit.want).await?;
        Ok(edit.have.clone())
    }

    async fn delete(cx: &Cx, have: &SettingAttrs) -> Result<()> {
        deleted(call(DELETE, cx.s3().delete_bucket_policy().bucket(&have.bucket).send().await), GONE)
    }

    async fn find(cx: &Cx, lost: &[Lost<BucketPolicy>]) -> Result<Vec<Option<SettingAttrs>>> {
        setting::find(cx, lost).await
    }

    fn conflicts(old: &BucketPolicyProps, new: &BucketPolicyProps) -> bool {
        old.bucket == new.bucket
    }
}

impl Setting for BucketPolicy {
    async fn get(cx: &Cx, bucket: &str) -> Result<Option<BucketPolicyProps>> {
        let answer = call(GET, cx.s3().get_bucket_policy().bucket(bucket).send().await);
        let Some(answer) = existing(answer, GONE)? else { return Ok(None) };
        let policy = Policy::parse(complete(GET, answer.policy())?);
        let policy = policy.map_err(|error| Error::unknown(GET, format!("unreadable policy: {error}")))?;
        Ok(Some(BucketPolicyProps { bucket: Ref::known(bucket), policy }))
    }

    fn bucket(props: &BucketPolicyProps) -> &Ref<Bucket> {
        &props.bucket
    }
}

async fn put(cx: &Cx, want: &BucketPolicyProps) -> Result<()> {
    let BucketPolicyProps { bucket, policy } = want;
    call(PUT, cx.s3().put_bucket_policy().bucket(bucket.id()).policy(policy.to_json()).send().await).map(drop)
}
