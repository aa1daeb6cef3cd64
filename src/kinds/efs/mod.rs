//! Elastic File System: the directories that all web servers share.

pub mod file_system;
pub mod file_system_policy;

pub mod lifecycle;

pub mod backup_policy;

pub mod access_point;
pub mod mount_target;

use aws_sdk_efs::types::{LifeCycleState, Tag};

use crate::aws::{Cx, Error, Result, call, tags};
use crate::kind::values::Tags;
use crate::kind::{Phase, Rate, Token};

/// EFS publishes no rates; this is what it stands without complaint.
const MUTATING: Rate = Rate { group: "mutating", burst: 10, per_second: 5.0 };

/// Refused while the file system is being made or changed.
const UNSETTLED: &str = "IncorrectFileSystemLifeCycleState";
const NO_FILE_SYSTEM: &str = "FileSystemNotFound";

const TAG: &str = "elasticfilesystem:TagResource";
const UNTAG: &str = "elasticfilesystem:UntagResource";

/// Returns the phase of something in that state; `None` for what is gone and still shown.
fn phase(state: &LifeCycleState) -> Option<Phase> {
    match state.as_str() {
        "creating" | "updating" => Some(Phase::Pending),
        "deleting" => Some(Phase::Deleting),
        "deleted" => None,
        "error" => Some(Phase::Failed("EFS could not make or change it".to_owned())),
        _ => Some(Phase::Ready),
    }
}

/// Returns the tags of a new resource, for its create call.
fn on_create(operation: &'static str, token: &Token, want: &Tags) -> Result<Vec<Tag>> {
    tag_list(operation, tags::stamped(token, want))
}

/// Returns the tags that users see.
fn visible(seen: &[Tag]) -> Tags {
    tags::visible(seen.iter().map(|tag| (tag.key(), tag.value())))
}

/// Whether a resource carries a token.
fn carries(seen: &[Tag], token: &Token) -> bool {
    seen.iter().any(|tag| tag.key() == tags::TOKEN && tag.value() == token.as_str())
}

/// Makes the tags of resource `id` those wanted.
async fn update_tags(cx: &Cx, id: &str, was: &Tags, want: &Tags) -> Result<()> {
    let (gone, set) = tags::difference(was, want);
    if !gone.is_empty() {
        call(UNTAG, cx.efs().untag_resource().resource_id(id).set_tag_keys(Some(gone)).send().await)?;
    }
    if !set.is_empty() {
        let set = tag_list(TAG, set)?;
        call(TAG, cx.efs().tag_resource().resource_id(id).set_tags(Some(set)).send().await)?;
    }
    Ok(())
}

fn tag_list(operation: &'static str, tags: impl IntoIterator<Item = (String, String)>) -> Result<Vec<Tag>> {
    let tag = |(key, value)| Tag::builder().key(key).value(value).build();
    let tags = tags.into_iter().map(tag).collect::<std::result::Result<_, _>>();
    tags.map_err(|error| Error::refused(operation, "InvalidTag", error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_become_phases() {
        let phase = |state: &str| phase(&LifeCycleState::from(state));
        assert_eq!(phase("creating"), Some(Phase::Pending));
        assert_eq!(phase("updating"), Some(Phase::Pending));
        assert_eq!(phase("available"), Some(Phase::Ready));
        assert_eq!(phase("deleting"), Some(Phase::Deleting));
        assert_eq!(phase("deleted"), None);
        assert!(matches!(phase("error"), Some(Phase::Failed(_))));
    }
}
