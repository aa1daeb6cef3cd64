//! `s3.object`: a text that the web servers fetch, such as what they boot where user data has no room for it.
//!
//! S3 refuses bytes that are not those whose SHA-256 comes with them, and keeps that sum. A read fetches the text itself:
//! it is small, the permission is the same as for asking about it, and what is compared is what a server would get.

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::ChecksumMode;
use aws_smithy_types::base64;
use sha2::{Digest, Sha256};

use super::bucket::Bucket;
use super::{BUSY, NO_BUCKET};
use crate::aws::{Cx, Error, Result, call};
use crate::kind::{Actions, Edit, Kind, Lost, Named, Phase, Poll, Rate, Ref, Retry, Seen, Token, Verb};
use crate::kinds::answer::{deleted, existing};
use crate::{attrs, props};

/// See the module.
#[derive(Debug)]
pub struct Object;

props! {
    /// What we want of an object.
    pub struct ObjectProps {
        /// The bucket.
        replace bucket: Ref<Bucket>,
        /// The name in it.
        replace key: String,
        /// The text. Nothing secret: it stands in state and plan.
        update text: String,
    }
}

attrs! {
    /// An object is found by its bucket and key.
    pub struct ObjectAttrs {
        /// The bucket's whole name.
        bucket: String,
        /// The name in it.
        key: String,
        /// `s3://bucket/key`.
        url: String,
    }
}

const GET: &str = "s3:GetObject";
const PUT: &str = "s3:PutObject";
const DELETE: &str = "s3:DeleteObject";
/// Whoever may not list a bucket is told that what is not in it is forbidden.
const LIST: &str = "s3:ListBucket";
const GONE: &[&str] = &["NoSuchKey", NO_BUCKET];

impl Kind for Object {
    const NAME: &'static str = "s3.object";
    const ID: &'static str = "url";
    // One call each.
    const BATCH: usize = 10;
    const POLL: Poll = Poll::at_once();
    const RATE: Rate = super::MUTATING;
    const ACTIONS: Actions =
        Actions { create: &[PUT], read: &[GET, LIST], update: &[PUT], delete: &[DELETE], find: &[GET, LIST] };
    const RETRY: &'static [Retry] = &[
        Retry::on(Verb::Create, NO_BUCKET, 60.0),
        Retry::on(Verb::Create, BUSY, 60.0),
        Retry::on(Verb::Update, BUSY, 60.0),
        Retry::on(Verb::Delete, BUSY, 60.0),
    ];
    const NAMED: Named = Named::By(&[("bucket", "BUCKET"), ("key", "KEY")]);

    type Props = ObjectProps;
    type Attrs = ObjectAttrs;

    async fn create(cx: &Cx, _token: &Token, want: &ObjectProps) -> Result<ObjectAttrs> {
        put(cx, want).await?;
        Ok(attrs_of(want))
    }

    async fn read(cx: &Cx, have: &[ObjectAttrs]) -> Result<Vec<Option<Seen<Object>>>> {
        let mut all = Vec::new();
        for it in have {
            let text = text_of(cx, &it.bucket, &it.key).await?;
            let props = |text| ObjectProps { bucket: Ref::known(&it.bucket), key: it.key.clone(), text };
            // Who imports one has told bucket and key alone.
            all.push(text.map(props).map(|props| Seen { phase: Phase::Ready, attrs: attrs_of(&props), props }));
        }
        Ok(all)
    }

    async fn update(cx: &Cx, edit: Edit<'_, Object>) -> Result<ObjectAttrs> {
        put(cx, edit.want).await?;
        Ok(edit.have.clone())
    }

    async fn delete(cx: &Cx, have: &ObjectAttrs) -> Result<()> {
        deleted(call(DELETE, cx.s3().delete_object().bucket(&have.bucket).key(&have.key).send().await), GONE)
    }

    /// Objects have no tags of ours: whoever put this text there, nothing is left to do.
    async fn find(cx: &Cx, lost: &[Lost<Object>]) -> Result<Vec<Option<ObjectAttrs>>> {
        let mut all = Vec::new();
        for Lost { token: _, want } in lost {
            let there = text_of(cx, want.bucket.id(), &want.key).await?;
            all.push(there.filter(|it| *it == want.text).map(|_| attrs_of(want)));
        }
        Ok(all)
    }

    fn conflicts(old: &ObjectProps, new: &ObjectProps) -> bool {
        old.bucket == new.bucket && old.key == new.key
    }
}

fn attrs_of(want: &ObjectProps) -> ObjectAttrs {
    let (bucket, key) = (want.bucket.id().to_owned(), want.key.clone());
    ObjectAttrs { url: format!("s3://{bucket}/{key}"), bucket, key }
}

async fn put(cx: &Cx, want: &ObjectProps) -> Result<()> {
    let ObjectProps { bucket, key, text } = want;
    let put = cx
        .s3()
        .put_object()
        .bucket(bucket.id())
        .key(key)
        .content_type("text/plain; charset=utf-8")
        .checksum_sha256(base64::encode(Sha256::digest(text)))
        .body(ByteStream::from(text.clone().into_bytes()));
    call(PUT, put.send().await).map(drop)
}

/// Returns the text of an object; `None` where there is none.
async fn text_of(cx: &Cx, bucket: &str, key: &str) -> Result<Option<String>> {
    let get = cx.s3().get_object().bucket(bucket).key(key).checksum_mode(ChecksumMode::Enabled);
    let Some(answer) = existing(call(GET, get.send().await), GONE)? else { return Ok(None) };
    let bytes = answer.body.collect().await;
    let bytes = bytes.map_err(|error| Error::unknown(GET, format!("the text broke off: {error}")))?;
    // One that somebody put there in place of ours may be none: it differs, and that is all there is to know.
    Ok(Some(String::from_utf8_lossy(&bytes.to_vec()).into_owned()))
}
