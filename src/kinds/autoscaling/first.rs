//! `autoscaling.first`: that a group has a server at all, before anybody can say how many it is to have.
//!
//! One server installs the site, and the others come when it is done. A group that has servers already is left alone;
//! how many there are from then on is `autoscaling.capacity`.

use super::group::Group;
use super::{ACTIVITY, CONTENTION, DESCRIBE_GROUPS, INVALID, UPDATE_GROUP, capacity, ended, group_of, groups};
use crate::aws::{Cx, Result};
use crate::kind::{
    Actions, Edit, Kind, Lost, Named, Phase, Poll, Rate, Ref, Retry, Seen, Token, Transition, Verb, Wait,
};
use crate::kinds::answer::complete;
use crate::{attrs, props};

/// See the module.
#[derive(Debug)]
pub struct First;

props! {
    /// What we want of a group.
    pub struct FirstProps {
        /// The group.
        replace group: Ref<Group>,
    }
}

attrs! {
    /// A first server is found by its group.
    pub struct FirstAttrs {
        /// The group's name.
        group: String,
    }
}

impl Kind for First {
    const NAME: &'static str = "autoscaling.first";
    const ID: &'static str = "group";
    const BATCH: usize = 50;
    const POLL: Poll =
        Poll { ready: Wait { typical: 0.8, ..Wait::none() }, gone: Wait::looks(90.0, 20.0, 5.0, 1800.0) };
    const RATE: Rate = super::MUTATING;
    const ACTIONS: Actions = Actions {
        create: &[DESCRIBE_GROUPS, UPDATE_GROUP],
        read: &[DESCRIBE_GROUPS],
        update: &[],
        delete: &[UPDATE_GROUP],
        find: &[DESCRIBE_GROUPS],
    };
    const RETRY: &'static [Retry] = &[
        Retry::saying(Verb::Create, INVALID, "not found", 60.0),
        Retry::saying(Verb::Create, INVALID, "Invalid IAM Instance Profile", 120.0),
        Retry::on(Verb::Create, CONTENTION, 120.0),
        Retry::on(Verb::Create, ACTIVITY, 900.0),
        Retry::on(Verb::Delete, CONTENTION, 120.0),
        Retry::on(Verb::Delete, ACTIVITY, 900.0),
    ];
    const NAMED: Named = Named::By(&[("group", "GROUP")]);

    type Props = FirstProps;
    type Attrs = FirstAttrs;

    async fn create(cx: &Cx, _token: &Token, want: &FirstProps) -> Result<FirstAttrs> {
        let name = want.group.id();
        let may_have = group_of(cx, name).await?.and_then(|it| it.max_size()).unwrap_or_default();
        if may_have < 1 {
            capacity::set(cx, name, 1, 1).await?;
        }
        Ok(FirstAttrs { group: name.to_owned() })
    }

    async fn read(cx: &Cx, have: &[FirstAttrs]) -> Result<Vec<Option<Seen<First>>>> {
        let there = groups(cx, have.iter().map(|it| it.group.clone()).collect()).await?;
        let seen = |attrs: &FirstAttrs| {
            let group = there.get(&attrs.group)?;
            let phase = match group.max_size() {
                Some(0) if group.instances().is_empty() => return None,
                Some(0) => Phase::Deleting,
                Some(_) => Phase::Ready,
                None => return Some(complete(DESCRIBE_GROUPS, None)),
            };
            let props = FirstProps { group: Ref::known(&attrs.group) };
            Some(Ok(Seen { phase, props, attrs: attrs.clone() }))
        };
        have.iter().map(|it| seen(it).transpose()).collect()
    }

    async fn update(_cx: &Cx, edit: Edit<'_, First>) -> Result<FirstAttrs> {
        Ok(edit.have.clone())
    }

    async fn delete(cx: &Cx, have: &FirstAttrs) -> Result<()> {
        ended(capacity::set(cx, &have.group, 0, 0).await)
    }

    async fn find(cx: &Cx, lost: &[Lost<First>]) -> Result<Vec<Option<FirstAttrs>>> {
        let there = groups(cx, lost.iter().map(|it| it.want.group.id().to_owned()).collect()).await?;
        let may_have = |it: &Lost<First>| {
            let name = it.want.group.id();
            let most = there.get(name)?.max_size()?;
            (1 <= most).then(|| FirstAttrs { group: name.to_owned() })
        };
        Ok(lost.iter().map(may_have).collect())
    }

    fn conflicts(old: &FirstProps, new: &FirstProps) -> bool {
        old.group == new.group
    }

    fn noticed(_old: &FirstProps, _new: &FirstProps, transition: Transition) -> Option<&'static str> {
        (transition == Transition::OldFirst).then_some("there is no web server")
    }
}
