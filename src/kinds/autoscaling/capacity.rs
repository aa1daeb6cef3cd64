//! `autoscaling.capacity`: how many servers a group has, from at least to at most.
//!
//! In between the group's policies decide, and what they decided is no drift. Whether the servers serve is not asked here
//! but in `autoscaling.refresh`: a capacity that AWS had given up on would be replaced, that is, taken down to nothing.

use aws_sdk_autoscaling::types::AutoScalingGroup;

use super::group::Group;
use super::{ACTIVITY, CONTENTION, DESCRIBE_GROUPS, INVALID, UPDATE_GROUP, ended, groups};
use crate::aws::{Cx, Result, call};
use crate::kind::{
    Actions, Edit, Kind, Lost, Named, Phase, Poll, Rate, Ref, Retry, Seen, Token, Transition, Verb, Wait,
};
use crate::kinds::answer::complete;
use crate::{attrs, props};

/// See the module.
#[derive(Debug)]
pub struct Capacity;

props! {
    /// What we want of a group's size. At most none is no capacity at all.
    pub struct CapacityProps {
        /// The group.
        replace group: Ref<Group>,
        /// At least.
        update min: i32,
        /// At most; one or more.
        update max: i32,
    }
}

attrs! {
    /// A capacity is found by its group.
    pub struct CapacityAttrs {
        /// The group's name.
        group: String,
    }
}

impl Kind for Capacity {
    const NAME: &'static str = "autoscaling.capacity";
    const ID: &'static str = "group";
    const BATCH: usize = 50;
    // Gone when the last server is: each says good-bye to the load balancer first.
    const POLL: Poll =
        Poll { ready: Wait { typical: 0.8, ..Wait::none() }, gone: Wait::looks(90.0, 20.0, 5.0, 1800.0) };
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
    const NAMED: Named = Named::By(&[("group", "GROUP")]);

    type Props = CapacityProps;
    type Attrs = CapacityAttrs;

    async fn create(cx: &Cx, _token: &Token, want: &CapacityProps) -> Result<CapacityAttrs> {
        let CapacityProps { group, min, max } = want;
        set(cx, group.id(), *min, *max).await?;
        Ok(CapacityAttrs { group: group.id().to_owned() })
    }

    async fn read(cx: &Cx, have: &[CapacityAttrs]) -> Result<Vec<Option<Seen<Capacity>>>> {
        let there = groups(cx, have.iter().map(|it| it.group.clone()).collect()).await?;
        let seen = |it: &CapacityAttrs| {
            let group = there.get(&it.group)?;
            complete(DESCRIBE_GROUPS, bounds(group)).map(|bounds| seen(&it.group, group, bounds)).transpose()
        };
        have.iter().map(|it| seen(it).transpose()).collect()
    }

    async fn update(cx: &Cx, edit: Edit<'_, Capacity>) -> Result<CapacityAttrs> {
        set(cx, &edit.have.group, edit.want.min, edit.want.max).await?;
        Ok(edit.have.clone())
    }

    async fn delete(cx: &Cx, have: &CapacityAttrs) -> Result<()> {
        ended(set(cx, &have.group, 0, 0).await)
    }

    async fn find(cx: &Cx, lost: &[Lost<Capacity>]) -> Result<Vec<Option<CapacityAttrs>>> {
        let there = groups(cx, lost.iter().map(|it| it.want.group.id().to_owned()).collect()).await?;
        let as_wanted = |it: &Lost<Capacity>| {
            let CapacityProps { group, min, max } = &it.want;
            let bounds = bounds(there.get(group.id())?)?;
            (bounds == (*min, *max)).then(|| CapacityAttrs { group: group.id().to_owned() })
        };
        Ok(lost.iter().map(as_wanted).collect())
    }

    fn conflicts(old: &CapacityProps, new: &CapacityProps) -> bool {
        old.group == new.group
    }

    fn noticed(_old: &CapacityProps, _new: &CapacityProps, transition: Transition) -> Option<&'static str> {
        (transition == Transition::OldFirst).then_some("there is no web server")
    }
}

/// Sets the bounds. AWS moves the size into them by itself, and leaves one that fits.
pub(super) async fn set(cx: &Cx, group: &str, min: i32, max: i32) -> Result<()> {
    let update = cx.autoscaling().update_auto_scaling_group().auto_scaling_group_name(group);
    call(UPDATE_GROUP, update.min_size(min).max_size(max).send().await).map(drop)
}

fn bounds(group: &AutoScalingGroup) -> Option<(i32, i32)> {
    Some((group.min_size()?, group.max_size()?))
}

fn seen(name: &str, group: &AutoScalingGroup, (min, max): (i32, i32)) -> Option<Seen<Capacity>> {
    let phase = match max {
        0 if group.instances().is_empty() => return None,
        0 => Phase::Deleting,
        _ => Phase::Ready,
    };
    let props = CapacityProps { group: Ref::known(name), min, max };
    Some(Seen { phase, props, attrs: CapacityAttrs { group: name.to_owned() } })
}

#[cfg(test)]
mod tests {
    use aws_sdk_autoscaling::types::Instance;

    use super::*;

    #[test]
    fn a_capacity_of_nothing_is_gone_with_the_last_server() {
        let group = AutoScalingGroup::builder().build();
        assert!(seen("web", &group, (0, 0)).is_none());
        let server = Instance::builder().instance_id("i-1").build();
        let group = AutoScalingGroup::builder().instances(server).build();
        assert_eq!(seen("web", &group, (0, 0)).unwrap().phase, Phase::Deleting);
        assert_eq!(seen("web", &group, (0, 3)).unwrap().phase, Phase::Ready);
    }
}
