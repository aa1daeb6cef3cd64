//! Tags of load balancers and of all that belongs to them: one call for any of them, by ARN.

use aws_sdk_elasticloadbalancingv2::types::Tag;

use crate::aws::{Cx, Result, call, tags};
use crate::kind::Token;
use crate::kind::values::Tags;
use crate::kinds::answer::existing;

pub(super) const ADD: &str = "elasticloadbalancing:AddTags";
pub(super) const REMOVE: &str = "elasticloadbalancing:RemoveTags";
pub(super) const DESCRIBE: &str = "elasticloadbalancing:DescribeTags";

/// Returns the tags of a new resource, for its create call.
pub(super) fn on_create(token: &Token, want: &Tags) -> Vec<Tag> {
    tag_list(tags::stamped(token, want))
}

/// Returns the tags of the resource; `None` where the code `gone` says that there is none.
pub(super) async fn of(cx: &Cx, arn: &str, gone: &str) -> Result<Option<Vec<Tag>>> {
    let answer = call(DESCRIBE, cx.elbv2().describe_tags().resource_arns(arn).send().await);
    let all = existing(answer, &[gone])?.and_then(|it| it.tag_descriptions).unwrap_or_default();
    let own = all.into_iter().find(|it| it.resource_arn() == Some(arn));
    Ok(own.map(|it| it.tags.unwrap_or_default()))
}

/// Returns the token that a resource carries.
pub(super) fn token(tags: &[Tag]) -> Option<&str> {
    tags.iter().find(|it| it.key() == Some(tags::TOKEN)).and_then(Tag::value)
}

/// Whether the resource carries a token.
pub(super) async fn carries(cx: &Cx, arn: &str, gone: &str, ours: &Token) -> Result<bool> {
    Ok(of(cx, arn, gone).await?.is_some_and(|tags| token(&tags) == Some(ours.as_str())))
}

/// Returns the tags that users see.
pub(super) fn visible(tags: &[Tag]) -> Tags {
    tags::visible(tags.iter().filter_map(|it| Some((it.key()?, it.value()?))))
}

/// Makes the tags those wanted.
pub(super) async fn update(cx: &Cx, arn: &str, was: &Tags, want: &Tags) -> Result<()> {
    let (gone, set) = tags::difference(was, want);
    if !gone.is_empty() {
        let remove = cx.elbv2().remove_tags().resource_arns(arn).set_tag_keys(Some(gone));
        call(REMOVE, remove.send().await)?;
    }
    if !set.is_empty() {
        let add = cx.elbv2().add_tags().resource_arns(arn).set_tags(Some(tag_list(set)));
        call(ADD, add.send().await)?;
    }
    Ok(())
}

fn tag_list(tags: impl IntoIterator<Item = (String, String)>) -> Vec<Tag> {
    tags.into_iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect()
}
