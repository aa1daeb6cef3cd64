//! `efs.lifecycle`: moves files that nobody has opened for a while, as most of a Moodle site's are, to cheaper storage.

use aws_sdk_efs::types::{
    LifecyclePolicy, TransitionToArchiveRules, TransitionToIaRules, TransitionToPrimaryStorageClassRules,
};

use super::file_system::FileSystem;
use super::{NO_FILE_SYSTEM, UNSETTLED};
use crate::aws::{Cx, Result, call};
use crate::kind::{Actions, Edit, Kind, Lost, Named, Phase, Poll, Rate, Ref, Retry, Seen, Token, Verb};
use crate::kinds::answer::{deleted, existing};
use crate::{attrs, props};

/// See the module.
#[derive(Debug)]
pub struct Lifecycle;

props! {
    /// What we want of a file system's lifecycle, of which at least one day or the way back must be set: without any
    /// there is none.
    pub struct LifecycleProps {
        /// The file system.
        replace file_system: Ref<FileSystem>,
        /// After so many days unopened to Infrequent Access, one of those that AWS offers; 0 is never.
        update infrequent_access_days: i32,
        /// After so many days unopened to Archive, likewise.
        update archive_days: i32,
        /// Whether a file that is opened comes back.
        update back_on_access: bool,
    }
}

attrs! {
    /// The lifecycle is found by its file system.
    pub struct LifecycleAttrs {
        /// `fs-…`.
        file_system: String,
    }
}

const DESCRIBE: &str = "elasticfilesystem:DescribeLifecycleConfiguration";
const PUT: &str = "elasticfilesystem:PutLifecycleConfiguration";

impl Kind for Lifecycle {
    const NAME: &'static str = "efs.lifecycle";
    const ID: &'static str = "file_system";
    const BATCH: usize = 10;
    const POLL: Poll = Poll::at_once();
    const RATE: Rate = super::MUTATING;
    const ACTIONS: Actions =
        Actions { create: &[PUT], read: &[DESCRIBE], update: &[PUT], delete: &[PUT], find: &[DESCRIBE] };
    const RETRY: &'static [Retry] = &[
        Retry::on(Verb::Create, UNSETTLED, 120.0),
        Retry::on(Verb::Create, NO_FILE_SYSTEM, 60.0),
        Retry::on(Verb::Update, UNSETTLED, 120.0),
        Retry::on(Verb::Delete, UNSETTLED, 120.0),
    ];
    const NAMED: Named = Named::By(&[("file_system", "fs-…")]);

    type Props = LifecycleProps;
    type Attrs = LifecycleAttrs;

    async fn create(cx: &Cx, _token: &Token, want: &LifecycleProps) -> Result<LifecycleAttrs> {
        let file_system = want.file_system.id().to_owned();
        put(cx, &file_system, policies(want)).await?;
        Ok(LifecycleAttrs { file_system })
    }

    async fn read(cx: &Cx, have: &[LifecycleAttrs]) -> Result<Vec<Option<Seen<Lifecycle>>>> {
        let mut all = Vec::new();
        for LifecycleAttrs { file_system } in have {
            all.push(seen(cx, file_system).await?);
        }
        Ok(all)
    }

    async fn update(cx: &Cx, edit: Edit<'_, Lifecycle>) -> Result<LifecycleAttrs> {
        put(cx, &edit.have.file_system, policies(edit.want)).await?;
        Ok(edit.have.clone())
    }

    async fn delete(cx: &Cx, have: &LifecycleAttrs) -> Result<()> {
        deleted(put(cx, &have.file_system, Vec::new()).await, &[NO_FILE_SYSTEM])
    }

    async fn find(cx: &Cx, lost: &[Lost<Lifecycle>]) -> Result<Vec<Option<LifecycleAttrs>>> {
        let mut all = Vec::new();
        for Lost { token: _, want } in lost {
            let there = seen(cx, want.file_system.id()).await?;
            all.push(there.filter(|it| it.props == *want).map(|it| it.attrs));
        }
        Ok(all)
    }

    fn conflicts(old: &LifecycleProps, new: &LifecycleProps) -> bool {
        old.file_system == new.file_system
    }
}

async fn put(cx: &Cx, file_system: &str, policies: Vec<LifecyclePolicy>) -> Result<()> {
    let put = cx.efs().put_lifecycle_configuration().file_system_id(file_system).set_lifecycle_policies(Some(policies));
    call(PUT, put.send().await).map(drop)
}

async fn seen(cx: &Cx, file_system: &str) -> Result<Option<Seen<Lifecycle>>> {
    let describe = cx.efs().describe_lifecycle_configuration().file_system_id(file_system).send().await;
    let Some(found) = existing(call(DESCRIBE, describe), &[NO_FILE_SYSTEM])? else { return Ok(None) };
    let props = props_of(file_system, found.lifecycle_policies());
    let attrs = LifecycleAttrs { file_system: file_system.to_owned() };
    Ok(props.map(|props| Seen { phase: Phase::Ready, props, attrs }))
}

/// Returns what EFS is asked for: one object a transition, as it demands.
fn policies(want: &LifecycleProps) -> Vec<LifecyclePolicy> {
    let LifecycleProps { file_system: _, infrequent_access_days, archive_days, back_on_access } = want;
    let one = LifecyclePolicy::builder;
    let to_infrequent = rule_of(*infrequent_access_days).map(|it| TransitionToIaRules::from(it.as_str()));
    let to_archive = rule_of(*archive_days).map(|it| TransitionToArchiveRules::from(it.as_str()));
    let back = back_on_access.then_some(TransitionToPrimaryStorageClassRules::After1Access);
    [
        to_infrequent.map(|it| one().transition_to_ia(it).build()),
        to_archive.map(|it| one().transition_to_archive(it).build()),
        back.map(|it| one().transition_to_primary_storage_class(it).build()),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Returns what EFS has; `None` where it has no rule at all.
fn props_of(file_system: &str, policies: &[LifecyclePolicy]) -> Option<LifecycleProps> {
    let days = |rule: Option<&str>| rule.map_or(0, days_of);
    let to_infrequent = policies.iter().find_map(LifecyclePolicy::transition_to_ia);
    let to_archive = policies.iter().find_map(LifecyclePolicy::transition_to_archive);
    let back = policies.iter().find_map(LifecyclePolicy::transition_to_primary_storage_class);
    (!policies.is_empty()).then(|| LifecycleProps {
        file_system: Ref::known(file_system),
        infrequent_access_days: days(to_infrequent.map(TransitionToIaRules::as_str)),
        archive_days: days(to_archive.map(TransitionToArchiveRules::as_str)),
        back_on_access: back.is_some(),
    })
}

fn rule_of(days: i32) -> Option<String> {
    match days {
        0 => None,
        1 => Some("AFTER_1_DAY".to_owned()),
        days => Some(format!("AFTER_{days}_DAYS")),
    }
}

/// Returns the days of a rule; -1 for a rule that this version cannot read, which is none that is wanted.
fn days_of(rule: &str) -> i32 {
    let middle = rule.strip_prefix("AFTER_").and_then(|it| it.strip_suffix("_DAYS").or(it.strip_suffix("_DAY")));
    middle.and_then(|it| it.parse().ok()).unwrap_or(-1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_days() {
        for days in [1, 7, 14, 30, 60, 90, 180, 270, 365] {
            let rule = rule_of(days).unwrap();
            assert!(TransitionToIaRules::values().contains(&rule.as_str()), "{rule}");
            assert!(TransitionToArchiveRules::values().contains(&rule.as_str()), "{rule}");
            assert_eq!(days_of(&rule), days);
        }
        assert_eq!(rule_of(0), None);
        assert_eq!(days_of("AFTER_1_MOON"), -1);
    }

    #[test]
    fn each_transition_is_an_object_of_its_own() {
        let want = |infrequent_access_days, archive_days, back_on_access| LifecycleProps {
            file_system: Ref::known("fs-1"),
            infrequent_access_days,
            archive_days,
            back_on_access,
        };
        for (want, objects) in [(want(30, 90, true), 3), (want(0, 90, false), 1), (want(7, 0, true), 2)] {
            let policies = policies(&want);
            assert_eq!(policies.len(), objects);
            assert_eq!(props_of("fs-1", &policies), Some(want));
        }
        assert_eq!(props_of("fs-1", &[]), None);
    }
}
