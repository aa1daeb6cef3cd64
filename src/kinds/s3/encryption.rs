//! `s3.encryption`: how the objects of a bucket are encrypted. Without it S3 uses a key of its own.

use aws_sdk_s3::types::{
    ServerSideEncryption, ServerSideEncryptionByDefault, ServerSideEncryptionConfiguration, ServerSideEncryptionRule,
};

use super::bucket::Bucket;
use super::setting::{self, Setting, SettingAttrs};
use super::{NO_BUCKET, unbuildable};
use crate::aws::{Cx, Result, call};
use crate::kind::{Actions, Edit, Kind, Lost, Named, Poll, Rate, Ref, Retry, Seen, Text, Token};
use crate::kinds::answer::{deleted, existing};
use crate::props;

/// See the module.
#[derive(Debug)]
pub struct Encryption;

props! {
    /// What we want of a bucket's encryption.
    pub struct EncryptionProps {
        /// The bucket.
        replace bucket: Ref<Bucket>,
        /// `AES256`, with S3's own key, or `aws:kms`.
        update algorithm: String,
        /// The ARN of the KMS key; `None` leaves it to AWS.
        update key: Option<Text>,
        /// Whether one data key serves many objects, which spares calls to KMS.
        update bucket_key: bool,
    }
}

const GET: &str = "s3:GetEncryptionConfiguration";
const PUT: &str = "s3:PutEncryptionConfiguration";
const GONE: &[&str] = &["ServerSideEncryptionConfigurationNotFoundError", NO_BUCKET];

impl Kind for Encryption {
    const NAME: &'static str = "s3.encryption";
    const ID: &'static str = "bucket";
    const BATCH: usize = 10;
    const POLL: Poll = Poll::at_once();
    const RATE: Rate = super::MUTATING;
    const ACTIONS: Actions = Actions { create: &[PUT], read: &[GET], update: &[PUT], delete: &[PUT], find: &[GET] };
    const RETRY: &'static [Retry] = super::SETTING;
    const NAMED: Named = Named::By(&[("bucket", "BUCKET")]);

    type Props = EncryptionProps;
    type Attrs = SettingAttrs;

    async fn create(cx: &Cx, _token: &Token, want: &EncryptionProps) -> Result<SettingAttrs> {
        put(cx, want).await?;
        Ok(SettingAttrs::of(&want.bucket))
    }

    async fn read(cx: &Cx, have: &[SettingAttrs]) -> Result<Vec<Option<Seen<Encryption>>>> {
        setting::read(cx, have).await
    }

    async fn update(cx: &Cx, edit: Edit<'_, Encryption>) -> Result<SettingAttrs> {
        put(cx, edit.want).await?;
        Ok(edit.have.clone())
    }

    /// At AWS nothing is ever without encryption: S3's own key takes over.
    async fn delete(cx: &Cx, have: &SettingAttrs) -> Result<()> {
        deleted(call(PUT, cx.s3().delete_bucket_encryption().bucket(&have.bucket).send().await), GONE)
    }

    async fn find(cx: &Cx, lost: &[Lost<Encryption>]) -> Result<Vec<Option<SettingAttrs>>> {
        setting::find(cx, lost).await
    }

    fn conflicts(old: &EncryptionProps, new: &EncryptionProps) -> bool {
        old.bucket == new.bucket
    }
}

impl Setting for Encryption {
    async fn get(cx: &Cx, bucket: &str) -> Result<Option<EncryptionProps>> {
        let answer = call(GET, cx.s3().get_bucket_encryption().bucket(bucket).send().await);
        let there = existing(answer, GONE)?.and_then(|it| it.server_side_encryption_configuration);
        let Some(rule) = there.and_then(|it| it.rules.into_iter().next()) else { return Ok(None) };
        let default = rule.apply_server_side_encryption_by_default.as_ref();
        Ok(default.map(|it| EncryptionProps {
            bucket: Ref::known(bucket),
            algorithm: it.sse_algorithm.as_str().to_owned(),
            key: it.kms_master_key_id().filter(|it| !it.is_empty()).map(Text::from),
            bucket_key: rule.bucket_key_enabled.unwrap_or_default(),
        }))
    }

    fn bucket(props: &EncryptionProps) -> &Ref<Bucket> {
        &props.bucket
    }
}

async fn put(cx: &Cx, want: &EncryptionProps) -> Result<()> {
    let EncryptionProps { bucket, algorithm, key, bucket_key } = want;
    let default = ServerSideEncryptionByDefault::builder()
        .sse_algorithm(ServerSideEncryption::from(algorithm.as_str()))
        .set_kms_master_key_id(key.as_ref().map(|it| it.as_str().to_owned()))
        .build();
    let rule = |default| {
        let rule = ServerSideEncryptionRule::builder();
        rule.apply_server_side_encryption_by_default(default).bucket_key_enabled(*bucket_key).build()
    };
    let all = default.and_then(|it| ServerSideEncryptionConfiguration::builder().rules(rule(it)).build());
    let all = all.map_err(|error| unbuildable(PUT, &error))?;
    let put = cx.s3().put_bucket_encryption().bucket(bucket.id()).server_side_encryption_configuration(all);
    call(PUT, put.send().await).map(drop)
}
