//! Tags as EC2 takes and gives them.

use aws_sdk_ec2::types::{Filter, ResourceType, Tag, TagSpecification};

use crate::aws::{Cx, Result, call, tags};
use crate::kind::Token;
use crate::kind::values::Tags;

/// Returns the tags of a new resource, for its create call.
pub(super) fn on_create(resource: ResourceType, token: &Token, want: &Tags) -> TagSpecification {
    let tags = tags::stamped(token, want).into_iter().map(|(key, value)| Tag::builder().key(key).value(value).build());
    TagSpecification::builder().resource_type(resource).set_tags(Some(tags.collect())).build()
}

/// Returns the tags that users see.
pub(super) fn visible(seen: &[Tag]) -> Tags {
    tags::visible(seen.iter().filter_map(|tag| Some((tag.key()?, tag.value()?))))
}

/// Returns the token that a resource carries.
pub(super) fn token_of(seen: &[Tag]) -> Option<&str> {
    seen.iter().find(|tag| tag.key() == Some(tags::TOKEN))?.value()
}

/// Returns a filter for resources that carry one of these tokens.
pub(super) fn with_token<'a>(tokens: impl IntoIterator<Item = &'a Token>) -> Filter {
    let values = tokens.into_iter().map(|token| token.as_str().to_owned()).collect();
    Filter::builder().name(format!("tag:{}", tags::TOKEN)).set_values(Some(values)).build()
}

/// Makes the tags of resource `id` those wanted.
pub(super) async fn update(cx: &Cx, id: &str, was: &Tags, want: &Tags) -> Result<()> {
    let (gone, set) = tags::difference(was, want);
    if !gone.is_empty() {
        let keys = gone.into_iter().map(|key| Tag::builder().key(key).build()).collect();
        call("ec2:DeleteTags", cx.ec2().delete_tags().resources(id).set_tags(Some(keys)).send().await)?;
    }
    if !set.is_empty() {
        let tags = set.into_iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect();
        call("ec2:CreateTags", cx.ec2().create_tags().resources(id).set_tags(Some(tags)).send().await)?;
    }
    Ok(())
}
