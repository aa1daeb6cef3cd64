//! What EC2's tagged resources have in common: one describe call with filters reads them by id and finds them by token.

use std::collections::BTreeMap;
use std::future::Future;

use aws_sdk_ec2::types::{Filter, Tag};

use super::tags;
use crate::aws::{Cx, Result};
use crate::kind::{Kind, Lost, Seen, Token};
use crate::kinds::answer::complete;

/// A kind that has an id, tags and a describe call.
pub(super) trait Described: Kind {
    /// One resource in the answer.
    type Item: Send + Sync;
    /// The describe call as IAM writes it.
    const CALL: &'static str;
    /// The filter that takes ids.
    const BY_ID: &'static str;

    /// Returns every page of the describe call, without resources that are there in name only.
    fn describe(cx: &Cx, filter: Filter) -> impl Future<Output = Result<Vec<Self::Item>>> + Send;

    /// Returns the id among the attributes.
    fn id(have: &Self::Attrs) -> &str;

    /// Returns the tags of a resource.
    fn tags(item: &Self::Item) -> &[Tag];

    /// Returns what kinds tell of a resource; `None` when the answer lacks a member that AWS always gives.
    fn seen(item: &Self::Item) -> Option<Seen<Self>>;
}

/// Returns a filter for any of these values.
pub(super) fn any<'a>(name: &str, values: impl IntoIterator<Item = &'a str>) -> Filter {
    let values = values.into_iter().map(str::to_owned).collect();
    Filter::builder().name(name).set_values(Some(values)).build()
}

/// Does the work of [`Kind::read`].
pub(super) async fn read<K: Described>(cx: &Cx, have: &[K::Attrs]) -> Result<Vec<Option<Seen<K>>>> {
    // By filter and not by id, because one unknown id would fail the whole batch.
    let found = K::describe(cx, any(K::BY_ID, have.iter().map(K::id))).await?;
    let mut by_id = BTreeMap::new();
    for item in &found {
        let seen = complete(K::CALL, K::seen(item))?;
        by_id.insert(K::id(&seen.attrs).to_owned(), seen);
    }
    Ok(have.iter().map(|it| by_id.remove(K::id(it))).collect())
}

/// Does the work of [`Kind::find`].
pub(super) async fn find<K: Described>(cx: &Cx, lost: &[Lost<K>]) -> Result<Vec<Option<K::Attrs>>> {
    let found = K::describe(cx, tags::with_token(lost.iter().map(|it| &it.token))).await?;
    let attrs_of = |token: &Token| -> Result<Option<K::Attrs>> {
        // Checked again here: a filter that is ignored must not adopt a stranger.
        let ours = found.iter().find(|it| tags::token_of(K::tags(it)) == Some(token.as_str()));
        ours.map(|it| complete(K::CALL, K::seen(it)).map(|seen| seen.attrs)).transpose()
    };
    lost.iter().map(|it| attrs_of(&it.token)).collect()
}
