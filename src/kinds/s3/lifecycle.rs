//! `s3.lifecycle`: after how many days the objects of a bucket are deleted.

use aws_sdk_s3::types::{
    AbortIncompleteMultipartUpload, BucketLifecycleConfiguration, ExpirationStatus, LifecycleExpiration, LifecycleRule,
    LifecycleRuleFilter, NoncurrentVersionExpiration,
};
use serde::{Deserialize, Serialize};

use super::bucket::Bucket;
use super::setting::{self, Setting, SettingAttrs};
use super::{NO_BUCKET, unbuildable};
use crate::aws::{Cx, Result, call};
use crate::kind::{Actions, Edit, Kind, Lost, Named, Poll, Rate, Ref, Retry, Seen, Token};
use crate::kinds::answer::{deleted, existing};
use crate::props;

/// See the module.
#[derive(Debug)]
pub struct Lifecycle;

props! {
    /// What we want of a bucket's lifecycle.
    pub struct LifecycleProps {
        /// The bucket.
        replace bucket: Ref<Bucket>,
        /// The rules, sorted by name.
        update rules: Vec<Rule>,
    }
}

/// A rule about the objects whose keys begin alike. One of the numbers of days is set at least.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Its name, unique in the bucket.
    pub name: String,
    /// How the keys begin; empty for all objects.
    pub prefix: String,
    /// Whether the rule counts.
    pub enabled: bool,
    /// After so many days an object is deleted.
    pub expire_days: Option<i32>,
    /// After so many days an older version is deleted.
    pub older_versions_days: Option<i32>,
    /// After so many days an upload that was never finished is deleted.
    pub abort_uploads_days: Option<i32>,
}

impl Rule {
    /// Returns the rule that deletes everything after so many days, older versions and unfinished uploads too.
    #[must_use]
    pub fn expire_all(days: i32) -> Rule {
        Rule {
            name: "expire".to_owned(),
            prefix: String::new(),
            enabled: true,
            expire_days: Some(days),
            older_versions_days: Some(days),
            abort_uploads_days: Some(days),
        }
    }
}

const GET: &str = "s3:GetLifecycleConfiguration";
const PUT: &str = "s3:PutLifecycleConfiguration";
const GONE: &[&str] = &["NoSuchLifecycleConfiguration", NO_BUCKET];

impl Kind for Lifecycle {
    const NAME: &'static str = "s3.lifecycle";
    const ID: &'static str = "bucket";
    const BATCH: usize = 10;
    const POLL: Poll = Poll::at_once();
    const RATE: Rate = super::MUTATING;
    const ACTIONS: Actions = Actions { create: &[PUT], read: &[GET], update: &[PUT], delete: &[PUT], find: &[GET] };
    const RETRY: &'static [Retry] = super::SETTING;
    const NAMED: Named = Named::By(&[("bucket", "BUCKET")]);

    type Props = LifecycleProps;
    type Attrs = SettingAttrs;

    async fn create(cx: &Cx, _token: &Token, want: &LifecycleProps) -> Result<SettingAttrs> {
        put(cx, want).await?;
        Ok(SettingAttrs::of(&want.bucket))
    }

    async fn read(cx: &Cx, have: &[SettingAttrs]) -> Result<Vec<Option<Seen<Lifecycle>>>> {
        setting::read(cx, have).await
    }

    async fn update(cx: &Cx, edit: Edit<'_, Lifecycle>) -> Result<SettingAttrs> {
        put(cx, edit.want).await?;
        Ok(edit.have.clone())
    }

    async fn delete(cx: &Cx, have: &SettingAttrs) -> Result<()> {
        deleted(call(PUT, cx.s3().delete_bucket_lifecycle().bucket(&have.bucket).send().await), GONE)
    }

    async fn find(cx: &Cx, lost: &[Lost<Lifecycle>]) -> Result<Vec<Option<SettingAttrs>>> {
        setting::find(cx, lost).await
    }

    fn conflicts(old: &LifecycleProps, new: &LifecycleProps) -> bool {
        old.bucket == new.bucket
    }
}

impl Setting for Lifecycle {
    async fn get(cx: &Cx, bucket: &str) -> Result<Option<LifecycleProps>> {
        let answer = call(GET, cx.s3().get_bucket_lifecycle_configuration().bucket(bucket).send().await);
        let rules = existing(answer, GONE)?.and_then(|it| it.rules).filter(|it| !it.is_empty());
        Ok(rules.map(|rules| {
            let mut rules: Vec<Rule> = rules.iter().map(rule).collect();
            rules.sort();
            LifecycleProps { bucket: Ref::known(bucket), rules }
        }))
    }

    fn bucket(props: &LifecycleProps) -> &Ref<Bucket> {
        &props.bucket
    }
}

/// Reads a rule; of one that is not ours, what we have a name for.
fn rule(seen: &LifecycleRule) -> Rule {
    // S3 answers a rule for all objects with an empty filter, or with an empty prefix.
    let prefix = seen.filter().and_then(LifecycleRuleFilter::prefix).unwrap_or_default();
    Rule {
        name: seen.id().unwrap_or_default().to_owned(),
        prefix: prefix.to_owned(),
        enabled: *seen.status() == ExpirationStatus::Enabled,
        expire_days: seen.expiration().and_then(|it| it.days),
        older_versions_days: seen.noncurrent_version_expiration().and_then(|it| it.noncurrent_days),
        abort_uploads_days: seen.abort_incomplete_multipart_upload().and_then(|it| it.days_after_initiation),
    }
}

async fn put(cx: &Cx, want: &LifecycleProps) -> Result<()> {
    let LifecycleProps { bucket, rules } = want;
    let rules: std::result::Result<Vec<_>, _> = rules.iter().map(request).collect();
    let all = rules.and_then(|rules| BucketLifecycleConfiguration::builder().set_rules(Some(rules)).build());
    let all = all.map_err(|error| unbuildable(PUT, &error))?;
    let put = cx.s3().put_bucket_lifecycle_configuration().bucket(bucket.id()).lifecycle_configuration(all);
    call(PUT, put.send().await).map(drop)
}

fn request(rule: &Rule) -> std::result::Result<LifecycleRule, aws_sdk_s3::error::BuildError> {
    let Rule { name, prefix, enabled, expire_days, older_versions_days, abort_uploads_days } = rule;
    let older = |days| NoncurrentVersionExpiration::builder().noncurrent_days(days).build();
    let abort = |days| AbortIncompleteMultipartUpload::builder().days_after_initiation(days).build();
    LifecycleRule::builder()
        .id(name)
        .filter(LifecycleRuleFilter::builder().prefix(prefix).build())
        .status(if *enabled { ExpirationStatus::Enabled } else { ExpirationStatus::Disabled })
        .set_expiration(expire_days.map(|days| LifecycleExpiration::builder().days(days).build()))
        .set_noncurrent_version_expiration(older_versions_days.map(older))
        .set_abort_incomplete_multipart_upload(abort_uploads_days.map(abort))
        .build()
}
