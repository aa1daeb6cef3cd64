//! `s3.public_access_block`: whatever else is said about a bucket, it is not for the public.

use aws_sdk_s3::types::PublicAccessBlockConfiguration;

use super::NO_BUCKET;
use super::bucket::Bucket;
use super::setting::{self, Setting, SettingAttrs};
use crate::aws::{Cx, Result, call};
use crate::kind::{Actions, Edit, Kind, Lost, Named, Poll, Rate, Ref, Retry, Seen, Token};
use crate::kinds::answer::{deleted, existing};
use crate::props;

/// See the module.
#[derive(Debug)]
pub struct PublicAccessBlock;

props! {
    /// What we want of a bucket's public access block.
    pub struct PublicAccessBlockProps {
        /// The bucket.
        replace bucket: Ref<Bucket>,
        /// Whether public access control lists are refused.
        update block_acls: bool,
        /// Whether those that are there are ignored.
        update ignore_acls: bool,
        /// Whether public policies are refused.
        update block_policy: bool,
        /// Whether one that is there lets in AWS services and the account only.
        update restrict: bool,
    }
}

impl PublicAccessBlockProps {
    /// Returns the block of everything public.
    #[must_use]
    pub fn all(bucket: Ref<Bucket>) -> PublicAccessBlockProps {
        PublicAccessBlockProps { bucket, block_acls: true, ignore_acls: true, block_policy: true, restrict: true }
    }
}

const GET: &str = "s3:GetBucketPublicAccessBlock";
const PUT: &str = "s3:PutBucketPublicAccessBlock";
const GONE: &[&str] = &["NoSuchPublicAccessBlockConfiguration", NO_BUCKET];

impl Kind for PublicAccessBlock {
    const NAME: &'static str = "s3.public_access_block";
    const ID: &'static str = "bucket";
    const BATCH: usize = 10;
    const POLL: Poll = Poll::at_once();
    const RATE: Rate = super::MUTATING;
    const ACTIONS: Actions = Actions { create: &[PUT], read: &[GET], update: &[PUT], delete: &[PUT], find: &[GET] };
    const RETRY: &'static [Retry] = super::SETTING;
    const NAMED: Named = Named::By(&[("bucket", "BUCKET")]);

    type Props = PublicAccessBlockProps;
    type Attrs = SettingAttrs;

    async fn create(cx: &Cx, _token: &Token, want: &PublicAccessBlockProps) -> Result<SettingAttrs> {
        put(cx, want).await?;
        Ok(SettingAttrs::of(&want.bucket))
    }

    async fn read(cx: &Cx, have: &[SettingAttrs]) -> Result<Vec<Option<Seen<PublicAccessBlock>>>> {
        setting::read(cx, have).await
    }

    async fn update(cx: &Cx, edit: Edit<'_, PublicAccessBlock>) -> Result<SettingAttrs> {
        put(cx, edit.want).await?;
        Ok(edit.have.clone())
    }

    async fn delete(cx: &Cx, have: &SettingAttrs) -> Result<()> {
        deleted(call(PUT, cx.s3().delete_public_access_block().bucket(&have.bucket).send().await), GONE)
    }

    async fn find(cx: &Cx, lost: &[Lost<PublicAccessBlock>]) -> Result<Vec<Option<SettingAttrs>>> {
        setting::find(cx, lost).await
    }

    fn conflicts(old: &PublicAccessBlockProps, new: &PublicAccessBlockProps) -> bool {
        old.bucket == new.bucket
    }
}

impl Setting for PublicAccessBlock {
    async fn get(cx: &Cx, bucket: &str) -> Result<Option<PublicAccessBlockProps>> {
        let answer = call(GET, cx.s3().get_public_access_block().bucket(bucket).send().await);
        let there = existing(answer, GONE)?.and_then(|it| it.public_access_block_configuration);
        Ok(there.map(|it| PublicAccessBlockProps {
            bucket: Ref::known(bucket),
            block_acls: it.block_public_acls.unwrap_or_default(),
            ignore_acls: it.ignore_public_acls.unwrap_or_default(),
            block_policy: it.block_public_policy.unwrap_or_default(),
            restrict: it.restrict_public_buckets.unwrap_or_default(),
        }))
    }

    fn bucket(props: &PublicAccessBlockProps) -> &Ref<Bucket> {
        &props.bucket
    }
}

async fn put(cx: &Cx, want: &PublicAccessBlockProps) -> Result<()> {
    let PublicAccessBlockProps { bucket, block_acls, ignore_acls, block_policy, restrict } = want;
    let block = PublicAccessBlockConfiguration::builder()
        .block_public_acls(*block_acls)
        .ignore_public_acls(*ignore_acls)
        .block_public_policy(*block_policy)
        .restrict_public_buckets(*restrict)
        .build();
    let put = cx.s3().put_public_access_block().bucket(bucket.id()).public_access_block_configuration(block);
    call(PUT, put.send().await).map(drop)
}
