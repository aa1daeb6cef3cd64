//! `s3.bucket`: where access logs and artefacts are kept.
//!
//! Names are unique in all of AWS and not free again for an hour, so ours end in the account and a piece of our token.

use std::collections::BTreeMap;

use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration, Delete, ObjectIdentifier, Tag, Tagging};

use super::{BUSY, NO_BUCKET, unbuildable};
use crate::aws::{Cx, Error, Result, call, tags};
use crate::kind::values::Tags;
use crate::kind::{Actions, Edit, Kind, Lost, Named, Phase, Poll, Rate, Retry, Seen, Token, Verb, Wait};
use crate::kinds::answer::deleted;
use crate::{attrs, props};

/// See the module.
#[derive(Debug)]
pub struct Bucket;

props! {
    /// What we want of a bucket.
    pub struct BucketProps {
        /// Its name, without the account and the piece of our token: at most [`LONGEST_NAME`] characters.
        replace name: String,
        /// Whether a deletion may delete what is in it first. AWS does not know of it.
        update force_empty: bool,
        /// The tags that users see.
        update tags: Tags,
    }
}

attrs! {
    /// What a bucket is known by.
    pub struct BucketAttrs {
        /// Its whole name.
        name: String,
        /// `arn:aws:s3:::…`.
        arn: String,
        /// The host that has its objects, in its region.
        domain: String,
        /// The property of this name: a deletion is told nothing else.
        force_empty: bool,
    }
}

/// S3 takes 63 characters, of which 22 are the account, the piece of our token and a hyphen before each.
pub const LONGEST_NAME: usize = 41;

const CREATE: &str = "s3:CreateBucket";
const TAGS: &str = "s3:GetBucketTagging";
const TAG: &str = "s3:PutBucketTagging";
const VERSIONS: &str = "s3:ListBucketVersions";
const EMPTY: &str = "s3:DeleteObject";
const DELETE: &str = "s3:DeleteBucket";

const NOT_EMPTY: &str = "BucketNotEmpty";

impl Kind for Bucket {
    const NAME: &'static str = "s3.bucket";
    const ID: &'static str = "name";
    // One call each: a list of buckets has no tags.
    const BATCH: usize = 10;
    const POLL: Poll =
        Poll { ready: Wait { typical: 2.0, ..Wait::none() }, gone: Wait { typical: 0.9, ..Wait::none() } };
    const RATE: Rate = super::MUTATING;
    const ACTIONS: Actions = Actions {
        create: &[CREATE, "s3:TagResource"],
        read: &[TAGS],
        update: &[TAGS, TAG, "s3:TagResource", "s3:UntagResource"],
        delete: &[DELETE, VERSIONS, EMPTY, "s3:DeleteObjectVersion"],
        find: &[TAGS],
    };
    const RETRY: &'static [Retry] = &[
        Retry::on(Verb::Create, BUSY, 120.0),
        Retry::on(Verb::Update, NO_BUCKET, 60.0),
        Retry::on(Verb::Update, BUSY, 60.0),
        Retry::on(Verb::Delete, BUSY, 60.0),
        // Logs arrive for minutes after their writer is gone.
        Retry::on(Verb::Delete, NOT_EMPTY, 600.0),
    ];
    const HOLDS_DATA: bool = true;
    const MOVES: &'static [&'static str] = &["force_empty"];
    const NAMED: Named = Named::By(&[("name", "NAME")]);
    const LABELS: &'static [&'static str] = &["name"];

    type Props = BucketProps;
    type Attrs = BucketAttrs;

    async fn create(cx: &Cx, token: &Token, want: &BucketProps) -> Result<BucketAttrs> {
        let name = whole_name(cx, token, want);
        let mut configuration =
            CreateBucketConfiguration::builder().set_tags(Some(tag_list(CREATE, tags::stamped(token, &want.tags))?));
        // S3 refuses the name of its first region.
        if cx.region() != "us-east-1" {
            configuration = configuration.location_constraint(BucketLocationConstraint::from(cx.region()));
        }
        let create = cx.s3().create_bucket().bucket(&name).create_bucket_configuration(configuration.build());
        call(CREATE, create.send().await)?;
        Ok(attrs_of(cx, name, want.force_empty))
    }

    async fn read(cx: &Cx, have: &[BucketAttrs]) -> Result<Vec<Option<Seen<Bucket>>>> {
        let mut all = Vec::new();
        for it in have {
            all.push(tags_of(cx, &it.name).await?.map(|tags| seen(cx, it, &tags)));
        }
        Ok(all)
    }

    async fn update(cx: &Cx, edit: Edit<'_, Bucket>) -> Result<BucketAttrs> {
        let Edit { have, was: _, want, changed: _ } = edit;
        if edit.changes("tags") {
            update_tags(cx, &have.name, &want.tags).await?;
        }
        Ok(BucketAttrs { force_empty: want.force_empty, ..have.clone() })
    }

    async fn delete(cx: &Cx, have: &BucketAttrs) -> Result<()> {
        if have.force_empty {
            empty(cx, &have.name).await?;
        }
        let delete = call(DELETE, cx.s3().delete_bucket().bucket(&have.name).send().await);
        match delete {
            // Time does not help here.
            Err(error) if error.is(NOT_EMPTY) && !have.force_empty => {
                let why = format!("{} holds objects, and may not be emptied by this stack", have.name);
                Err(Error { request_id: error.request_id, ..Error::refused(DELETE, "HoldsObjects", why) })
            }
            other => deleted(other, &[NO_BUCKET]),
        }
    }

    async fn adopt(cx: &Cx, id: &str, want: &BucketProps) -> Result<Option<BucketAttrs>> {
        Ok(Some(attrs_of(cx, id.to_owned(), want.force_empty)))
    }

    async fn find(cx: &Cx, lost: &[Lost<Bucket>]) -> Result<Vec<Option<BucketAttrs>>> {
        let mut all = Vec::new();
        for Lost { token, want } in lost {
            let name = whole_name(cx, token, want);
            let carries = |tags: &Vec<Tag>| tags.iter().any(|it| it.key == tags::TOKEN && it.value == token.as_str());
            let ours = tags_of(cx, &name).await?.filter(carries);
            all.push(ours.map(|_| attrs_of(cx, name, want.force_empty)));
        }
        Ok(all)
    }

    /// What may be emptied is not worth keeping.
    fn holds_data(props: &BucketProps) -> bool {
        !props.force_empty
    }
}

fn whole_name(cx: &Cx, token: &Token, want: &BucketProps) -> String {
    format!("{}-{}-{}", want.name.to_ascii_lowercase(), cx.account(), token.short())
}

fn attrs_of(cx: &Cx, name: String, force_empty: bool) -> BucketAttrs {
    let (partition, suffix) = match cx.region() {
        it if it.starts_with("cn-") => ("aws-cn", "amazonaws.com.cn"),
        it if it.starts_with("us-gov-") => ("aws-us-gov", "amazonaws.com"),
        _ => ("aws", "amazonaws.com"),
    };
    let domain = format!("{name}.s3.{}.{suffix}", cx.region());
    BucketAttrs { arn: format!("arn:{partition}:s3:::{name}"), domain, name, force_empty }
}

/// Returns a bucket's tags; `None` where there is no bucket.
async fn tags_of(cx: &Cx, bucket: &str) -> Result<Option<Vec<Tag>>> {
    match call(TAGS, cx.s3().get_bucket_tagging().bucket(bucket).send().await) {
        Ok(answer) => Ok(Some(answer.tag_set)),
        Err(error) if error.is("NoSuchTagSet") => Ok(Some(Vec::new())),
        Err(error) if error.is(NO_BUCKET) => Ok(None),
        Err(error) => Err(error),
    }
}

fn seen(cx: &Cx, have: &BucketAttrs, tags: &[Tag]) -> Seen<Bucket> {
    let token = tags.iter().find(|it| it.key == tags::TOKEN).and_then(|it| it.value.get(..8));
    let props = BucketProps {
        name: name_of(&have.name, cx.account(), token),
        force_empty: have.force_empty,
        tags: tags::visible(tags.iter().map(|it| (it.key.as_str(), it.value.as_str()))),
    };
    Seen { phase: Phase::Ready, props, attrs: have.clone() }
}

/// Returns the name without what [`whole_name`] adds.
fn name_of(whole: &str, account: &str, token: Option<&str>) -> String {
    let added = token.map(|token| format!("-{account}-{token}"));
    added.and_then(|it| whole.strip_suffix(&it)).unwrap_or(whole).to_owned()
}

/// Sets the tags that users see. The call replaces all tags, so the others are read first.
async fn update_tags(cx: &Cx, bucket: &str, want: &Tags) -> Result<()> {
    let there = tags_of(cx, bucket).await?.unwrap_or_default();
    let ours = there.into_iter().filter(|it| it.key.starts_with("moodle-infra:")).map(|it| (it.key, it.value));
    // A mark that is wanted stands in place of one that is there.
    let all: BTreeMap<String, String> = ours.chain(want.0.clone()).collect();
    let set = tag_list(TAG, all)?;
    let tagging = Tagging::builder().set_tag_set(Some(set)).build().map_err(|error| unbuildable(TAG, &error))?;
    call(TAG, cx.s3().put_bucket_tagging().bucket(bucket).tagging(tagging).send().await).map(drop)
}

fn tag_list(operation: &'static str, tags: impl IntoIterator<Item = (String, String)>) -> Result<Vec<Tag>> {
    let tag = |(key, value)| Tag::builder().key(key).value(value).build();
    let tags = tags.into_iter().map(tag).collect::<std::result::Result<_, _>>();
    tags.map_err(|error| unbuildable(operation, &error))
}

/// Deletes every version of every object, as many a call as S3 lists.
async fn empty(cx: &Cx, bucket: &str) -> Result<()> {
    loop {
        let list = call(VERSIONS, cx.s3().list_object_versions().bucket(bucket).send().await);
        let page = match list {
            Err(error) if error.is(NO_BUCKET) => return Ok(()),
            other => other?,
        };
        let versions = page.versions().iter().map(|it| (it.key(), it.version_id()));
        let markers = page.delete_markers().iter().map(|it| (it.key(), it.version_id()));
        let all = versions.chain(markers).filter_map(|(key, version)| Some((key?, version)));
        let all: Vec<ObjectIdentifier> = all
            .map(|(key, version)| {
                ObjectIdentifier::builder().key(key).set_version_id(version.map(str::to_owned)).build()
            })
            .collect::<std::result::Result<_, _>>()
            .map_err(|error| unbuildable(EMPTY, &error))?;
        if all.is_empty() {
            return Ok(());
        }
        let delete = Delete::builder().set_objects(Some(all)).quiet(true).build();
        let delete = delete.map_err(|error| unbuildable(EMPTY, &error))?;
        let answer = call(EMPTY, cx.s3().delete_objects().bucket(bucket).delete(delete).send().await)?;
        // The call succeeds where single objects are refused; another round would not end.
        if let Some(error) = answer.errors().first() {
            let text = |it: Option<&str>| it.unwrap_or_default().to_owned();
            return Err(Error::refused(EMPTY, text(error.code()), text(error.message())));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_name_fits() {
        let token = "01234567";
        let whole = format!("{}-123456789012-{token}", "a".repeat(LONGEST_NAME));
        assert_eq!(whole.len(), 63);
        assert_eq!(name_of(&whole, "123456789012", Some(token)), "a".repeat(LONGEST_NAME));
        assert_eq!(name_of("of-another", "123456789012", Some(token)), "of-another");
        assert_eq!(name_of("of-another", "123456789012", None), "of-another");
    }
}
