//! CloudWatch: who is told when something goes wrong, and what it looks like.

use aws_sdk_cloudwatch::types::Tag;

use crate::aws::{Cx, Result, call, tags};
use crate::kind::Token;
use crate::kind::values::Tags;
use crate::kinds::answer::existing;

pub mod named;

pub mod alarm;

pub mod math_alarm;

pub mod dashboard;

const LIST_TAGS: &str = "cloudwatch:ListTagsForResource";
const TAG: &str = "cloudwatch:TagResource";
const UNTAG: &str = "cloudwatch:UntagResource";
/// The last is the code of older answers.
const GONE: &[&str] = &["ResourceNotFoundException", "ResourceNotFound", "DashboardNotFoundError"];

/// Returns the tags of a new resource, for its create call.
fn on_create(token: &Token, want: &Tags) -> Vec<Tag> {
    list(tags::stamped(token, want))
}

fn list(tags: impl IntoIterator<Item = (String, String)>) -> Vec<Tag> {
    tags.into_iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect()
}

/// Returns the tags of a resource, which no other call tells; none when it is gone.
async fn tags_of(cx: &Cx, arn: &str) -> Result<Vec<Tag>> {
    let answer = call(LIST_TAGS, cx.cloudwatch().list_tags_for_resource().resource_arn(arn).send().await);
    Ok(existing(answer, GONE)?.and_then(|it| it.tags).unwrap_or_default())
}

/// Returns the tags that users see.
fn visible(seen: &[Tag]) -> Tags {
    tags::visible(seen.iter().filter_map(|tag| Some((tag.key()?, tag.value()?))))
}

/// Whether a resource carries a token.
fn carries(seen: &[Tag], token: &Token) -> bool {
    seen.iter().any(|tag| tag.key() == Some(tags::TOKEN) && tag.value() == Some(token.as_str()))
}

/// Makes the tags of a resource those wanted.
async fn update_tags(cx: &Cx, arn: &str, was: &Tags, want: &Tags) -> Result<()> {
    let (gone, set) = tags::difference(was, want);
    if !gone.is_empty() {
        let untag = cx.cloudwatch().untag_resource().resource_arn(arn).set_tag_keys(Some(gone));
        call(UNTAG, untag.send().await)?;
    }
    if !set.is_empty() {
        let tag = cx.cloudwatch().tag_resource().resource_arn(arn).set_tags(Some(list(set)));
        call(TAG, tag.send().await)?;
    }
    Ok(())
}
