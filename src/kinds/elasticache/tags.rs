//! Tags of caches and their groups, which take a call of their own for each resource.

use std::collections::BTreeMap;

use aws_sdk_elasticache::types::Tag;

use crate::aws::{Cx, Result, call, tags};
use crate::kind::Token;
use crate::kind::values::Tags;
use crate::kinds::answer::{deleted, existing};

pub(super) const LIST: &str = "elasticache:ListTagsForResource";
const ADD: &str = "elasticache:AddTagsToResource";
const REMOVE: &str = "elasticache:RemoveTagsFromResource";

/// While a resource is being made or changed, AWS does not tell its tags, with one of these codes.
const NOT_NOW: &[&str] = &[
    "CacheClusterNotFound",
    "CacheParameterGroupNotFound",
    "CacheSubnetGroupNotFoundFault",
    "InvalidCacheClusterState",
    "InvalidReplicationGroupState",
    "InvalidServerlessCacheStateFault",
    "ReplicationGroupNotFoundFault",
    "ServerlessCacheNotFoundFault",
];

/// Returns every tag of a resource; `None` while AWS does not tell.
pub(super) async fn of(cx: &Cx, arn: &str) -> Result<Option<BTreeMap<String, String>>> {
    let answer = cx.elasticache().list_tags_for_resource().resource_name(arn).send().await;
    let answer = existing(call(LIST, answer), NOT_NOW)?;
    let pair = |tag: Tag| Some((tag.key?, tag.value.unwrap_or_default()));
    Ok(answer.map(|it| it.tag_list.unwrap_or_default().into_iter().filter_map(pair).collect()))
}

/// Returns the tags to make a resource with.
pub(super) fn on_create(token: &Token, wanted: &Tags) -> Vec<Tag> {
    list(tags::stamped(token, wanted))
}

/// Changes the tags of a resource.
pub(super) async fn update(cx: &Cx, arn: &str, was: &Tags, want: &Tags) -> Result<()> {
    let (gone, set) = tags::difference(was, want);
    if !gone.is_empty() {
        let remove = cx.elasticache().remove_tags_from_resource().resource_name(arn).set_tag_keys(Some(gone));
        deleted(call(REMOVE, remove.send().await), &["TagNotFound"])?;
    }
    if !set.is_empty() {
        let add = cx.elasticache().add_tags_to_resource().resource_name(arn).set_tags(Some(list(set)));
        call(ADD, add.send().await)?;
    }
    Ok(())
}

fn list(tags: BTreeMap<String, String>) -> Vec<Tag> {
    tags.into_iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect()
}
