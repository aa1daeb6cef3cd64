//! The database of a Moodle site: an Aurora cluster and its instances.

use std::collections::BTreeMap;

use aws_sdk_rds::types::{Filter, Tag};

use crate::aws::{Cx, Result, call, tags};
use crate::kind::values::Tags;
use crate::kind::{Rate, Token};
use crate::kinds::answer::existing;

pub mod subnet_group;

pub mod cluster_parameter_group;

pub mod cluster;

pub mod instance;

pub mod copy;

/// RDS publishes no rates; this is what it takes without complaint.
const MUTATING: Rate = Rate { group: "mutating", burst: 5, per_second: 2.0 };

/// What a call that makes or changes tags needs, besides its own name.
const ADD_TAGS: &str = "rds:AddTagsToResource";
const REMOVE_TAGS: &str = "rds:RemoveTagsFromResource";
const LIST_TAGS: &str = "rds:ListTagsForResource";

/// Returns a filter for any of these identifiers.
fn any<'a>(name: &str, values: impl IntoIterator<Item = &'a str>) -> Filter {
    let values = values.into_iter().map(str::to_owned).collect();
    Filter::builder().name(name).set_values(Some(values)).build()
}

/// Returns what AWS calls the resource: a piece of our token lets a replacement stand beside its predecessor. In lower
/// case, as RDS keeps it.
fn named(name: &str, token: &Token) -> String {
    format!("{name}-{}", token.short()).to_ascii_lowercase()
}

/// Returns the name without the piece of the token that its owner carries.
fn unnamed(identifier: &str, tags: &[Tag]) -> String {
    let suffix = token_of(tags).and_then(|it| it.get(..8));
    let name = suffix.and_then(|it| identifier.strip_suffix(it)?.strip_suffix('-'));
    name.unwrap_or(identifier).to_owned()
}

/// Returns the tags of a new resource, for its create call.
fn on_create(token: &Token, want: &Tags) -> Vec<Tag> {
    list(tags::stamped(token, want))
}

fn list(tags: BTreeMap<String, String>) -> Vec<Tag> {
    tags.into_iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect()
}

/// Returns the tags that users see.
fn visible(seen: &[Tag]) -> Tags {
    tags::visible(seen.iter().filter_map(|tag| Some((tag.key()?, tag.value()?))))
}

/// Returns the value of a tag of ours.
fn tag<'a>(seen: &'a [Tag], key: &str) -> Option<&'a str> {
    seen.iter().find(|tag| tag.key() == Some(key))?.value()
}

/// Returns the token that a resource carries.
fn token_of(seen: &[Tag]) -> Option<&str> {
    tag(seen, tags::TOKEN)
}

/// Returns the tags of a resource whose describe call does not tell them; `None` when it is gone.
async fn tags_of(cx: &Cx, arn: &str, gone: &[&str]) -> Result<Option<Vec<Tag>>> {
    let answer = call(LIST_TAGS, cx.rds().list_tags_for_resource().resource_name(arn).send().await);
    Ok(existing(answer, gone)?.map(|it| it.tag_list.unwrap_or_default()))
}

/// Makes the tags of a resource those wanted.
async fn update_tags(cx: &Cx, arn: &str, was: &Tags, want: &Tags) -> Result<()> {
    let (gone, set) = tags::difference(was, want);
    if !gone.is_empty() {
        let remove = cx.rds().remove_tags_from_resource().resource_name(arn).set_tag_keys(Some(gone));
        call(REMOVE_TAGS, remove.send().await)?;
    }
    if !set.is_empty() {
        call(ADD_TAGS, cx.rds().add_tags_to_resource().resource_name(arn).set_tags(Some(list(set))).send().await)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kind::Address;

    #[test]
    fn an_identifier_is_in_lower_case_and_gives_its_name_back() {
        let token = Token::derive("campus", "l", &Address::of("database.cluster", None), 1);
        let identifier = named("Campus-database", &token);
        assert_eq!(identifier, format!("campus-database-{}", token.short()));
        assert_eq!(unnamed(&identifier, &on_create(&token, &Tags::default())), "campus-database");
        assert_eq!(unnamed("campus-database-01234567", &[]), "campus-database-01234567");
    }
}
