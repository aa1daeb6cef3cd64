//! `autoscaling.group`: the servers of a part of the site, as one thing. How many there are is `autoscaling.capacity`.
//!
//! It is made empty, and deleted when it is empty again. On AWS its name ends in a piece of our token, because a name is
//! unique in the region, and a group that is being deleted keeps its name for minutes.

use std::collections::BTreeSet;

use aws_sdk_autoscaling::operation::update_auto_scaling_group::builders::UpdateAutoScalingGroupFluentBuilder;
use aws_sdk_autoscaling::types::{AutoScalingGroup, Tag, TagDescription};

use super::{ACTIVITY, CONTENTION, DESCRIBE_GROUPS, INVALID, UPDATE_GROUP, ended, groups, latest};
use crate::aws::{Cx, Result, call, tags};
use crate::kind::values::Tags;
use crate::kind::{
    Actions, Edit, Kind, Lost, Named, Phase, Poll, Rate, Ref, Retry, Seen, Text, Token, Transition, Verb, Wait,
};
use crate::kinds::answer::complete;
use crate::kinds::ec2::launch_template::LaunchTemplate;
use crate::kinds::ec2::subnet::Subnet;
use crate::{attrs, props};

/// See the module.
#[derive(Debug)]
pub struct Group;

props! {
    /// What we want of a group.
    pub struct GroupProps {
        /// Its name, without the piece of our token.
        replace name: String,
        /// What its servers are made of: the version in use when a server is launched.
        update template: Ref<LaunchTemplate>,
        /// The subnets that they stand in.
        update subnets: BTreeSet<Ref<Subnet>>,
        /// The ARNs of the target groups that they take visitors from.
        update target_groups: BTreeSet<Text>,
        /// Who says that a server is ill: `EC2`, or `ELB` too.
        update health_check: String,
        /// For how long a new server may be ill.
        update grace_seconds: i32,
        /// The pause between two changes of size.
        update cooldown_seconds: i32,
        /// Which server goes first when the group shrinks, in this order.
        update termination: Vec<String>,
        /// The tags that users see, of the group and of its servers.
        update tags: Tags,
    }
}

attrs! {
    /// What AWS assigns.
    pub struct GroupAttrs {
        /// The name on AWS.
        name: String,
    }
}

const CREATE: &str = "autoscaling:CreateAutoScalingGroup";
const DELETE: &str = "autoscaling:DeleteAutoScalingGroup";
const TAG: &str = "autoscaling:CreateOrUpdateTags";
const UNTAG: &str = "autoscaling:DeleteTags";
const ATTACH: &str = "autoscaling:AttachLoadBalancerTargetGroups";
const DETACH: &str = "autoscaling:DetachLoadBalancerTargetGroups";

impl Kind for Group {
    const NAME: &'static str = "autoscaling.group";
    const ID: &'static str = "name";
    const BATCH: usize = 50;
    const POLL: Poll = Poll { ready: Wait { typical: 0.8, ..Wait::none() }, gone: Wait::looks(10.0, 3.0, 5.0, 900.0) };
    const RATE: Rate = super::MUTATING;
    const ACTIONS: Actions = Actions {
        create: &[
            CREATE,
            TAG,
            // Whoever makes a group must be allowed what its servers are made by.
            "ec2:RunInstances",
            "ec2:CreateTags",
            "iam:CreateServiceLinkedRole",
            "iam:PassRole",
            "ssm:GetParameters",
        ],
        read: &[DESCRIBE_GROUPS],
        update: &[
            UPDATE_GROUP,
            ATTACH,
            DETACH,
            TAG,
            UNTAG,
            "ec2:RunInstances",
            "ec2:CreateTags",
            "iam:PassRole",
            "ssm:GetParameters",
        ],
        delete: &[DELETE],
        find: &[DESCRIBE_GROUPS],
    };
    const RETRY: &'static [Retry] = &[
        // A profile that IAM has not spread yet.
        Retry::saying(Verb::Create, INVALID, "Invalid IAM Instance Profile", 120.0),
        Retry::saying(Verb::Create, INVALID, "arget group", 60.0),
        Retry::saying(Verb::Create, INVALID, "ervice-linked role", 120.0),
        Retry::on(Verb::Create, CONTENTION, 120.0),
        Retry::saying(Verb::Update, INVALID, "Invalid IAM Instance Profile", 120.0),
        Retry::on(Verb::Update, CONTENTION, 120.0),
        Retry::on(Verb::Update, ACTIVITY, 900.0),
        // Its last servers are on their way out.
        Retry::on(Verb::Delete, "ResourceInUse", 900.0),
        Retry::on(Verb::Delete, ACTIVITY, 900.0),
        Retry::on(Verb::Delete, CONTENTION, 120.0),
    ];
    const NAMED: Named = Named::By(&[("name", "NAME")]);
    const LABELS: &'static [&'static str] = &["name"];

    type Props = GroupProps;
    type Attrs = GroupAttrs;

    async fn create(cx: &Cx, token: &Token, want: &GroupProps) -> Result<GroupAttrs> {
        let GroupProps {
            name,
            template,
            subnets,
            target_groups,
            health_check,
            grace_seconds,
            cooldown_seconds,
            termination,
            tags,
        } = want;
        let name = named(name, token);
        let stamped = tags::stamped(token, tags);
        let tag = |(key, value): (&String, &String)| tag(&name, key, value, tags.0.contains_key(key));
        let create = cx
            .autoscaling()
            .create_auto_scaling_group()
            .auto_scaling_group_name(&name)
            .launch_template(latest(template.id()))
            .min_size(0)
            .max_size(0)
            .desired_capacity(0)
            .vpc_zone_identifier(joined(subnets))
            .set_target_group_arns(Some(arns(target_groups.iter())).filter(|it| !it.is_empty()))
            .health_check_type(health_check)
            .health_check_grace_period(*grace_seconds)
            .default_cooldown(*cooldown_seconds)
            .set_termination_policies(Some(termination.clone()))
            .set_tags(Some(stamped.iter().map(tag).collect()));
        call(CREATE, create.send().await)?;
        Ok(GroupAttrs { name })
    }

    async fn read(cx: &Cx, have: &[GroupAttrs]) -> Result<Vec<Option<Seen<Group>>>> {
        let there = groups(cx, have.iter().map(|it| it.name.clone()).collect()).await?;
        let seen = |it: &GroupAttrs| there.get(&it.name).map(|group| complete(DESCRIBE_GROUPS, seen(group)));
        have.iter().map(|it| seen(it).transpose()).collect()
    }

    async fn update(cx: &Cx, edit: Edit<'_, Group>) -> Result<GroupAttrs> {
        if let Some(update) = settings(cx, &edit) {
            call(UPDATE_GROUP, update.send().await)?;
        }
        let Edit { have, was, want, changed: _ } = edit;
        if edit.changes("target_groups") {
            update_target_groups(cx, &have.name, &was.target_groups, &want.target_groups).await?;
        }
        if edit.changes("tags") {
            update_tags(cx, &have.name, &was.tags, &want.tags).await?;
        }
        Ok(have.clone())
    }

    async fn delete(cx: &Cx, have: &GroupAttrs) -> Result<()> {
        // Without force: a server that still serves must not be cut off.
        ended(call(
            DELETE,
            cx.autoscaling().delete_auto_scaling_group().auto_scaling_group_name(&have.name).send().await,
        ))
    }

    async fn find(cx: &Cx, lost: &[Lost<Group>]) -> Result<Vec<Option<GroupAttrs>>> {
        let there = groups(cx, lost.iter().map(|it| named(&it.want.name, &it.token)).collect()).await?;
        let ours = |it: &Lost<Group>| {
            let name = named(&it.want.name, &it.token);
            let token = there.get(&name).and_then(|group| value(group.tags(), tags::TOKEN));
            (token == Some(it.token.as_str())).then_some(GroupAttrs { name })
        };
        Ok(lost.iter().map(ours).collect())
    }

    fn noticed(_old: &GroupProps, _new: &GroupProps, transition: Transition) -> Option<&'static str> {
        (transition == Transition::OldFirst).then_some("there is no web server")
    }
}

/// Returns the call that changes what one call can change; `None` where nothing of that changes.
fn settings(cx: &Cx, edit: &Edit<'_, Group>) -> Option<UpdateAutoScalingGroupFluentBuilder> {
    let want = edit.want;
    let mut update = cx.autoscaling().update_auto_scaling_group().auto_scaling_group_name(&edit.have.name);
    let mut any = false;
    for field in edit.changed {
        update = match *field {
            "template" => update.launch_template(latest(want.template.id())),
            "subnets" => update.vpc_zone_identifier(joined(&want.subnets)),
            "health_check" => update.health_check_type(&want.health_check),
            "grace_seconds" => update.health_check_grace_period(want.grace_seconds),
            "cooldown_seconds" => update.default_cooldown(want.cooldown_seconds),
            "termination" => update.set_termination_policies(Some(want.termination.clone())),
            _ => continue,
        };
        any = true;
    }
    any.then_some(update)
}

async fn update_target_groups(cx: &Cx, name: &str, was: &BTreeSet<Text>, want: &BTreeSet<Text>) -> Result<()> {
    let (added, removed) = (arns(want.difference(was)), arns(was.difference(want)));
    if !added.is_empty() {
        let attach = cx.autoscaling().attach_load_balancer_target_groups().auto_scaling_group_name(name);
        call(ATTACH, attach.set_target_group_arns(Some(added)).send().await)?;
    }
    if !removed.is_empty() {
        let detach = cx.autoscaling().detach_load_balancer_target_groups().auto_scaling_group_name(name);
        call(DETACH, detach.set_target_group_arns(Some(removed)).send().await)?;
    }
    Ok(())
}

async fn update_tags(cx: &Cx, name: &str, was: &Tags, want: &Tags) -> Result<()> {
    let (gone, set) = tags::difference(was, want);
    if !gone.is_empty() {
        let gone = gone.iter().map(|key| untag(name, key)).collect();
        call(UNTAG, cx.autoscaling().delete_tags().set_tags(Some(gone)).send().await)?;
    }
    if !set.is_empty() {
        let set = set.iter().map(|(key, value)| tag(name, key, value, true)).collect();
        call(TAG, cx.autoscaling().create_or_update_tags().set_tags(Some(set)).send().await)?;
    }
    Ok(())
}

/// Returns a tag of a group; the servers carry those that users see, and not the token, which is the group's.
fn tag(group: &str, key: &str, value: &str, on_servers: bool) -> Tag {
    let tag = Tag::builder().resource_id(group).resource_type("auto-scaling-group");
    tag.key(key).value(value).propagate_at_launch(on_servers).build()
}

/// Returns what names a tag to remove, whatever its value is.
fn untag(group: &str, key: &str) -> Tag {
    Tag::builder().resource_id(group).resource_type("auto-scaling-group").key(key).build()
}

fn seen(group: &AutoScalingGroup) -> Option<Seen<Group>> {
    let name = group.auto_scaling_group_name()?;
    let subnets = group.vpc_zone_identifier().unwrap_or_default().split(',').filter(|it| !it.is_empty());
    let props = GroupProps {
        name: short(name, value(group.tags(), tags::TOKEN)),
        template: Ref::known(group.launch_template().and_then(|it| it.launch_template_id()).unwrap_or_default()),
        subnets: subnets.map(|it| Ref::known(it.trim())).collect(),
        target_groups: group.target_group_arns().iter().map(|it| it.as_str().into()).collect(),
        health_check: group.health_check_type()?.to_owned(),
        grace_seconds: group.health_check_grace_period().unwrap_or(0),
        cooldown_seconds: group.default_cooldown()?,
        termination: group.termination_policies().to_vec(),
        tags: tags::visible(group.tags().iter().filter_map(|tag| Some((tag.key()?, tag.value()?)))),
    };
    // It has a status only while it is being deleted.
    let leaving = group.status().is_some_and(|it| !it.is_empty());
    let phase = if leaving { Phase::Deleting } else { Phase::Ready };
    Some(Seen { phase, props, attrs: GroupAttrs { name: name.to_owned() } })
}

fn value<'a>(tags: &'a [TagDescription], key: &str) -> Option<&'a str> {
    tags.iter().find(|tag| tag.key() == Some(key))?.value()
}

fn named(name: &str, token: &Token) -> String {
    format!("{name}-{}", token.short())
}

/// Returns the name without the piece of the token.
fn short(name: &str, token: Option<&str>) -> String {
    let suffix = token.and_then(|it| it.get(..8));
    suffix.and_then(|it| name.strip_suffix(it)?.strip_suffix('-')).unwrap_or(name).to_owned()
}

fn joined(subnets: &BTreeSet<Ref<Subnet>>) -> String {
    subnets.iter().map(Ref::id).collect::<Vec<_>>().join(",")
}

fn arns<'a>(texts: impl Iterator<Item = &'a Text>) -> Vec<String> {
    texts.map(|it| it.as_str().to_owned()).collect()
}
