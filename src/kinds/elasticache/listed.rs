//! Reading by listing everything: no call of `ElastiCache` takes several names, and there are few caches.

use std::future::Future;

use super::{named, tags};
use crate::aws::tags::{TOKEN, visible};
use crate::aws::{Cx, Result};
use crate::kind::values::Tags;
use crate::kind::{Kind, Lost, Seen};
use crate::kinds::answer::complete;

/// A kind whose resources are listed and recognised by name.
pub(super) trait Listed: Kind {
    /// What AWS tells of one.
    type Item: Send + Sync;
    /// The call that lists them.
    const CALL: &'static str;

    /// Lists at least those of the given names that exist.
    fn list(cx: &Cx, names: &[String]) -> impl Future<Output = Result<Vec<Self::Item>>> + Send;

    /// Returns the name on AWS.
    fn name(item: &Self::Item) -> Option<&str>;

    /// Returns the ARN.
    fn arn(item: &Self::Item) -> Option<&str>;

    /// Returns the name on AWS, as recorded.
    fn recorded(have: &Self::Attrs) -> &str;

    /// Returns the name that is asked for.
    fn asked(want: &Self::Props) -> &str;

    /// Returns the attributes of one that was made with the properties `want`.
    fn attrs(item: &Self::Item, want: &Self::Props) -> Option<Self::Attrs>;

    /// Returns the resource as it stands in AWS; `None` if the answer lacks a member that AWS always gives.
    fn seen(item: &Self::Item, have: &Self::Attrs, tags: Tags) -> Option<Seen<Self>>;
}

/// [`Kind::read`].
pub(super) async fn read<K: Listed>(cx: &Cx, have: &[K::Attrs]) -> Result<Vec<Option<Seen<K>>>> {
    let names: Vec<String> = have.iter().map(|it| K::recorded(it).to_owned()).collect();
    let items = K::list(cx, &names).await?;
    let mut all = Vec::new();
    for (have, name) in have.iter().zip(&names) {
        let item = items.iter().find(|it| K::name(it) == Some(name));
        all.push(match item {
            Some(item) => {
                let tags = tags::of(cx, complete(K::CALL, K::arn(item))?).await?.unwrap_or_default();
                let tags = visible(tags.iter().map(|(key, value)| (key.as_str(), value.as_str())));
                Some(complete(K::CALL, K::seen(item, have, tags))?)
            }
            None => None,
        });
    }
    Ok(all)
}

/// [`Kind::find`].
pub(super) async fn find<K: Listed>(cx: &Cx, lost: &[Lost<K>]) -> Result<Vec<Option<K::Attrs>>> {
    let names: Vec<String> = lost.iter().map(|it| named(K::asked(&it.want), &it.token)).collect();
    let items = K::list(cx, &names).await?;
    let mut all = Vec::new();
    for (Lost { token, want }, name) in lost.iter().zip(&names) {
        let Some(item) = items.iter().find(|it| K::name(it) == Some(name)) else {
            all.push(None);
            continue;
        };
        // One that is being made does not tell its tags; then the piece of our token in its name must do.
        let tags = tags::of(cx, complete(K::CALL, K::arn(item))?).await?;
        let ours = tags.is_none_or(|it| it.get(TOKEN).is_some_and(|value| value == token.as_str()));
        all.push(if ours { Some(complete(K::CALL, K::attrs(item, want))?) } else { None });
    }
    Ok(all)
}

/// [`Kind::adopt`].
pub(super) async fn adopt<K: Listed>(cx: &Cx, name: &str, want: &K::Props) -> Result<Option<K::Attrs>> {
    let items = K::list(cx, &[name.to_owned()]).await?;
    let item = items.iter().find(|it| K::name(it) == Some(name));
    item.map(|it| complete(K::CALL, K::attrs(it, want))).transpose()
}

/// Returns the properties as they stand, tags left out; `None` where there is nothing any more.
///
/// An update that takes several calls is refused halfway, while AWS is at work on the first, and begins again later:
/// what is done already must not be asked for twice, because AWS refuses that too.
pub(super) async fn now<K: Listed>(cx: &Cx, have: &K::Attrs) -> Result<Option<K::Props>> {
    let name = K::recorded(have).to_owned();
    let items = K::list(cx, std::slice::from_ref(&name)).await?;
    let item = items.iter().find(|it| K::name(it) == Some(&name));
    Ok(item.and_then(|it| K::seen(it, have, Tags::default())).map(|it| it.props))
}
