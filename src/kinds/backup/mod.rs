//! AWS Backup: copies of the database and the files, kept apart from them.

pub mod vault;

pub mod plan;

pub mod selection;

pub mod copy;

use std::collections::HashMap;

use crate::aws::{Cx, Result, call, tags};
use crate::kind::values::Tags;
use crate::kind::{Rate, Token};
use crate::kinds::answer::existing;

/// AWS Backup publishes no rates; this is what it takes without complaint.
const MUTATING: Rate = Rate { group: "mutating", burst: 3, per_second: 3.0 };

const NOT_FOUND: &str = "ResourceNotFoundException";
const LIST_TAGS: &str = "backup:ListTags";
const TAG: &str = "backup:TagResource";
const UNTAG: &str = "backup:UntagResource";

/// Returns what AWS calls the resource: a piece of our token lets a replacement stand beside its predecessor.
fn named(name: &str, token: &Token) -> String {
    format!("{name}-{}", token.short())
}

/// Returns the name without the piece of a token.
fn unnamed(name: &str) -> &str {
    name.rsplit_once('-').map_or(name, |(name, _)| name)
}

/// Returns the tags of a new resource, for its create call.
fn on_create(token: &Token, want: &Tags) -> HashMap<String, String> {
    tags::stamped(token, want).into_iter().collect()
}

/// Returns the tags of a resource, which no other call tells; `None` when it is gone.
async fn tags_of(cx: &Cx, arn: &str) -> Result<Option<HashMap<String, String>>> {
    let answer = call(LIST_TAGS, cx.backup().list_tags().resource_arn(arn).send().await);
    Ok(existing(answer, &[NOT_FOUND])?.map(|it| it.tags.unwrap_or_default()))
}

/// Returns the tags that users see.
fn visible(seen: &HashMap<String, String>) -> Tags {
    tags::visible(seen.iter().map(|(key, value)| (key.as_str(), value.as_str())))
}

/// Whether a resource carries a token.
fn carries(seen: &HashMap<String, String>, token: &Token) -> bool {
    seen.get(tags::TOKEN).is_some_and(|it| it == token.as_str())
}

/// Makes the tags of a resource those wanted.
async fn update_tags(cx: &Cx, arn: &str, was: &Tags, want: &Tags) -> Result<()> {
    let (gone, set) = tags::difference(was, want);
    if !gone.is_empty() {
        call(UNTAG, cx.backup().untag_resource().resource_arn(arn).set_tag_key_list(Some(gone)).send().await)?;
    }
    if !set.is_empty() {
        let set = Some(set.into_iter().collect());
        call(TAG, cx.backup().tag_resource().resource_arn(arn).set_tags(set).send().await)?;
    }
    Ok(())
}
