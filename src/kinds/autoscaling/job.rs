//! `autoscaling.job`: work that the one server of a group does once, such as filling a file system, before it ends itself.
//!
//! The server takes itself out of the group when it is done, so a group without servers is a job that is done, and no
//! drift. How much was asked for last is ours to remember: AWS has nothing to keep it in. More of it starts a server
//! again, which does the rest; less starts none, because nothing is undone.

use aws_sdk_autoscaling::types::AutoScalingGroup;

use super::group::Group;
use super::{ACTIVITY, CONTENTION, DESCRIBE_GROUPS, INVALID, UPDATE_GROUP, ended, groups};
use crate::aws::{Cx, Result, call};
use crate::kind::{Actions, Edit, Kind, Lost, Phase, Poll, Rate, Ref, Retry, Seen, Token, Verb, Wait};
use crate::{attrs, props};

/// See the module.
#[derive(Debug)]
pub struct Job;

props! {
    /// What we want done.
    pub struct JobProps {
        /// The group, whose servers do the work and end themselves.
        replace group: Ref<Group>,
        /// How much of it; the server knows what it is.
        update amount: i32,
    }
}

attrs! {
    /// A job is found by its group.
    pub struct JobAttrs {
        /// The group's name.
        group: String,
        /// How much was asked for last.
        amount: i32,
    }
}

impl Kind for Job {
    const NAME: &'static str = "autoscaling.job";
    const ID: &'static str = "group";
    const BATCH: usize = 50;
    // Ready when it is asked for: nobody waits for the hours that it may take.
    const POLL: Poll =
        Poll { ready: Wait { typical: 0.8, ..Wait::none() }, gone: Wait::looks(60.0, 20.0, 5.0, 1800.0) };
    const CHANGED: Wait = Wait::none();
    const RATE: Rate = super::MUTATING;
    const ACTIONS: Actions = Actions {
        create: &[UPDATE_GROUP],
        read: &[DESCRIBE_GROUPS],
        update: &[UPDATE_GROUP],
        delete: &[UPDATE_GROUP],
        find: &[DESCRIBE_GROUPS],
    };
    const RETRY: &'static [Retry] = &[
        Retry::saying(Verb::Create, INVALID, "not found", 60.0),
        Retry::saying(Verb::Create, INVALID, "Invalid IAM Instance Profile", 120.0),
        Retry::on(Verb::Create, CONTENTION, 120.0),
        Retry::on(Verb::Create, ACTIVITY, 900.0),
        Retry::on(Verb::Update, CONTENTION, 120.0),
        Retry::on(Verb::Update, ACTIVITY, 900.0),
        Retry::on(Verb::Delete, CONTENTION, 120.0),
        Retry::on(Verb::Delete, ACTIVITY, 900.0),
    ];
    const MOVES: &'static [&'static str] = &["amount"];

    type Props = JobProps;
    type Attrs = JobAttrs;

    async fn create(cx: &Cx, _token: &Token, want: &JobProps) -> Result<JobAttrs> {
        let JobProps { group, amount } = want;
        size(cx, group.id(), 1).await?;
        Ok(JobAttrs { group: group.id().to_owned(), amount: *amount })
    }

    async fn read(cx: &Cx, have: &[JobAttrs]) -> Result<Vec<Option<Seen<Job>>>> {
        let there = groups(cx, have.iter().map(|it| it.group.clone()).collect()).await?;
        Ok(have.iter().map(|it| there.get(&it.group).and_then(|group| seen(it, group))).collect())
    }

    async fn update(cx: &Cx, edit: Edit<'_, Job>) -> Result<JobAttrs> {
        let amount = edit.want.amount;
        if edit.have.amount < amount {
            size(cx, &edit.have.group, 1).await?;
        }
        Ok(JobAttrs { amount, ..edit.have.clone() })
    }

    async fn delete(cx: &Cx, have: &JobAttrs) -> Result<()> {
        ended(size(cx, &have.group, 0).await)
    }

    async fn find(cx: &Cx, lost: &[Lost<Job>]) -> Result<Vec<Option<JobAttrs>>> {
        let there = groups(cx, lost.iter().map(|it| it.want.group.id().to_owned()).collect()).await?;
        let started = |it: &Lost<Job>| {
            let JobProps { group, amount } = &it.want;
            let may_work = there.get(group.id())?.max_size() == Some(1);
            may_work.then(|| JobAttrs { group: group.id().to_owned(), amount: *amount })
        };
        Ok(lost.iter().map(started).collect())
    }

    fn conflicts(old: &JobProps, new: &JobProps) -> bool {
        old.group == new.group
    }
}

/// Lets the group have a server, and starts it; or lets it have none.
async fn size(cx: &Cx, group: &str, servers: i32) -> Result<()> {
    let update = cx.autoscaling().update_auto_scaling_group().auto_scaling_group_name(group);
    // The server must be able to end itself, so there may always be none.
    let update = update.min_size(0).max_size(servers).desired_capacity(servers);
    call(UPDATE_GROUP, update.send().await).map(drop)
}

fn seen(attrs: &JobAttrs, group: &AutoScalingGroup) -> Option<Seen<Job>> {
    let phase = match group.max_size() {
        Some(0) if group.instances().is_empty() => return None,
        Some(0) => Phase::Deleting,
        _ => Phase::Ready,
    };
    let props = JobProps { group: Ref::known(attrs.group.clone()), amount: attrs.amount };
    Some(Seen { phase, props, attrs: attrs.clone() })
}

#[cfg(test)]
mod tests {
    use aws_sdk_autoscaling::types::Instance;

    use super::*;

    #[test]
    fn a_group_without_a_server_is_a_job_that_is_done() {
        let attrs = JobAttrs { group: "seed".to_owned(), amount: 512 };
        let group =
            |most: i32, desired: i32| AutoScalingGroup::builder().min_size(0).max_size(most).desired_capacity(desired);
        for desired in [0, 1] {
            let seen = seen(&attrs, &group(1, desired).build()).unwrap();
            assert_eq!((seen.phase, seen.props.amount), (Phase::Ready, 512));
        }
        assert!(seen(&attrs, &group(0, 0).build()).is_none());
        let server = Instance::builder().instance_id("i-1").build();
        assert_eq!(seen(&attrs, &group(0, 0).instances(server).build()).unwrap().phase, Phase::Deleting);
    }
}
