//! What the settings of a bucket have in common: each is found by its bucket, and put whole.

use std::future::Future;

use super::bucket::Bucket;
use crate::attrs;
use crate::aws::{Cx, Result};
use crate::kind::{Kind, Lost, Phase, Ref, Seen};

attrs! {
    /// A setting is found by its bucket.
    pub struct SettingAttrs {
        /// The bucket's whole name.
        bucket: String,
    }
}

impl SettingAttrs {
    /// Returns the attributes of a setting of `bucket`.
    pub(super) fn of(bucket: &Ref<Bucket>) -> SettingAttrs {
        SettingAttrs { bucket: bucket.id().to_owned() }
    }
}

/// A kind that is a setting of a bucket.
pub(super) trait Setting: Kind<Attrs = SettingAttrs> {
    /// Returns the setting of a bucket; `None` where it has none, or is gone.
    fn get(cx: &Cx, bucket: &str) -> impl Future<Output = Result<Option<Self::Props>>> + Send;

    /// Returns the bucket that it is of.
    fn bucket(props: &Self::Props) -> &Ref<Bucket>;
}

/// Reads settings, one call each.
pub(super) async fn read<K: Setting>(cx: &Cx, have: &[SettingAttrs]) -> Result<Vec<Option<Seen<K>>>> {
    let mut all = Vec::new();
    for it in have {
        let props = K::get(cx, &it.bucket).await?;
        all.push(props.map(|props| Seen { phase: Phase::Ready, props, attrs: it.clone() }));
    }
    Ok(all)
}

/// Looks for settings that are as they were asked for: whoever set them, nothing is left to do.
pub(super) async fn find<K: Setting>(cx: &Cx, lost: &[Lost<K>]) -> Result<Vec<Option<SettingAttrs>>> {
    let mut all = Vec::new();
    for Lost { token: _, want } in lost {
        let there = K::get(cx, K::bucket(want).id()).await?;
        all.push(there.filter(|it| it == want).map(|_| SettingAttrs::of(K::bucket(want))));
    }
    Ok(all)
}
