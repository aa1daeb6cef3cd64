//! `elbv2.target_group`: the web servers that a load balancer sends visitors to, and how it sees that they are well.

use aws_sdk_elasticloadbalancingv2::types::{
    Matcher, ProtocolEnum, Tag, TargetGroup as InAws, TargetGroupAttribute, TargetTypeEnum,
};

use super::{NO_TARGET_GROUP, full_name, name_of, tags, whole_name};
use crate::aws::{Cx, Result, call};
use crate::kind::values::Tags;
use crate::kind::{Actions, Edit, Kind, Lost, Named, Phase, Poll, Rate, Ref, Retry, Seen, Token, Verb};
use crate::kinds::answer::{complete, deleted, existing};
use crate::kinds::ec2::vpc::Vpc;
use crate::{attrs, props};

/// See the module.
#[derive(Debug)]
pub struct TargetGroup;

props! {
    /// What we want of a target group. Its targets are instances, which register themselves.
    pub struct TargetGroupProps {
        /// Its name, without the piece of our token: at most 23 characters.
        replace name: String,
        /// The VPC of the targets.
        replace vpc: Ref<Vpc>,
        /// `HTTP` or `HTTPS`.
        replace protocol: String,
        /// The port of the targets.
        replace port: i32,
        /// The page that is asked for.
        update path: String,
        /// The status that is well: `200`.
        update matcher: String,
        /// From one check to the next.
        update interval_seconds: i32,
        /// After so long without an answer a check has failed.
        update timeout_seconds: i32,
        /// After so many good checks a target is well.
        update healthy: i32,
        /// After so many failed checks it is not.
        update unhealthy: i32,
        /// So long a target that leaves may finish what it has begun.
        update deregistration_seconds: i32,
        /// Whether a visitor stays with one target.
        update sticky: bool,
        /// The tags that users see.
        update tags: Tags,
    }
}

attrs! {
    /// What AWS assigns.
    pub struct TargetGroupAttrs {
        /// `arn:aws:elasticloadbalancing:…:targetgroup/…`.
        arn: String,
        /// The whole name.
        name: String,
        /// What metrics call it: `targetgroup/…/…`.
        full_name: String,
    }
}

const CREATE: &str = "elasticloadbalancing:CreateTargetGroup";
const DESCRIBE: &str = "elasticloadbalancing:DescribeTargetGroups";
const ATTRIBUTES: &str = "elasticloadbalancing:DescribeTargetGroupAttributes";
const MODIFY: &str = "elasticloadbalancing:ModifyTargetGroup";
const MODIFY_ATTRIBUTES: &str = "elasticloadbalancing:ModifyTargetGroupAttributes";
const DELETE: &str = "elasticloadbalancing:DeleteTargetGroup";

const DEREGISTRATION: &str = "deregistration_delay.timeout_seconds";
const STICKY: &str = "stickiness.enabled";
/// What AWS waits by itself.
const USUAL_DEREGISTRATION: i32 = 300;

const HEALTH: &[&str] = &["path", "matcher", "interval_seconds", "timeout_seconds", "healthy", "unhealthy"];

impl Kind for TargetGroup {
    const NAME: &'static str = "elbv2.target_group";
    const ID: &'static str = "arn";
    // One by one: a call for many fails as a whole when one is gone.
    const BATCH: usize = 5;
    const POLL: Poll = Poll::at_once();
    const RATE: Rate = super::MUTATING;
    const READS: Rate = super::READING;
    const ACTIONS: Actions = Actions {
        create: &[CREATE, tags::ADD],
        read: &[DESCRIBE, ATTRIBUTES, tags::DESCRIBE],
        update: &[MODIFY, MODIFY_ATTRIBUTES, tags::ADD, tags::REMOVE],
        delete: &[DELETE],
        find: &[DESCRIBE, tags::DESCRIBE],
    };
    const RETRY: &'static [Retry] = &[
        Retry::on(Verb::Create, "InvalidVpcID.NotFound", 60.0),
        Retry::on(Verb::Update, NO_TARGET_GROUP, 60.0),
        // A listener that let go of it a moment ago.
        Retry::on(Verb::Delete, "ResourceInUse", 120.0),
    ];
    const NAMED: Named = Named::By(&[("arn", "arn:…:targetgroup/…")]);
    const LABELS: &'static [&'static str] = &["name"];

    type Props = TargetGroupProps;
    type Attrs = TargetGroupAttrs;

    async fn create(cx: &Cx, token: &Token, want: &TargetGroupProps) -> Result<TargetGroupAttrs> {
        let create = cx
            .elbv2()
            .create_target_group()
            .name(whole_name(&want.name, token))
            .vpc_id(want.vpc.id())
            .protocol(ProtocolEnum::from(want.protocol.as_str()))
            .port(want.port)
            .target_type(TargetTypeEnum::Instance)
            .health_check_enabled(true)
            .health_check_protocol(ProtocolEnum::from(want.protocol.as_str()))
            .health_check_path(&want.path)
            .matcher(Matcher::builder().http_code(&want.matcher).build())
            .health_check_interval_seconds(want.interval_seconds)
            .health_check_timeout_seconds(want.timeout_seconds)
            .healthy_threshold_count(want.healthy)
            .unhealthy_threshold_count(want.unhealthy)
            .set_tags(Some(tags::on_create(token, &want.tags)));
        let made = call(CREATE, create.send().await)?.target_groups.and_then(|it| it.into_iter().next());
        attrs_of(CREATE, &complete(CREATE, made)?)
    }

    async fn read(cx: &Cx, have: &[TargetGroupAttrs]) -> Result<Vec<Option<Seen<TargetGroup>>>> {
        let mut all = Vec::new();
        for it in have {
            all.push(seen(cx, it).await?);
        }
        Ok(all)
    }

    async fn update(cx: &Cx, edit: Edit<'_, TargetGroup>) -> Result<TargetGroupAttrs> {
        let Edit { have, was, want, changed: _ } = edit;
        if HEALTH.iter().any(|it| edit.changes(it)) {
            let modify = cx
                .elbv2()
                .modify_target_group()
                .target_group_arn(&have.arn)
                .health_check_path(&want.path)
                .matcher(Matcher::builder().http_code(&want.matcher).build())
                .health_check_interval_seconds(want.interval_seconds)
                .health_check_timeout_seconds(want.timeout_seconds)
                .healthy_threshold_count(want.healthy)
                .unhealthy_threshold_count(want.unhealthy);
            call(MODIFY, modify.send().await)?;
        }
        if edit.changes("deregistration_seconds") || edit.changes("sticky") {
            let attribute = |key: &str, value: String| TargetGroupAttribute::builder().key(key).value(value).build();
            let modify = cx
                .elbv2()
                .modify_target_group_attributes()
                .target_group_arn(&have.arn)
                .attributes(attribute(DEREGISTRATION, want.deregistration_seconds.to_string()))
                .attributes(attribute(STICKY, want.sticky.to_string()));
            call(MODIFY_ATTRIBUTES, modify.send().await)?;
        }
        if edit.changes("tags") {
            tags::update(cx, &have.arn, &was.tags, &want.tags).await?;
        }
        Ok(have.clone())
    }

    async fn delete(cx: &Cx, have: &TargetGroupAttrs) -> Result<()> {
        let delete = cx.elbv2().delete_target_group().target_group_arn(&have.arn).send().await;
        deleted(call(DELETE, delete), &[NO_TARGET_GROUP])
    }

    async fn find(cx: &Cx, lost: &[Lost<TargetGroup>]) -> Result<Vec<Option<TargetGroupAttrs>>> {
        let mut all = Vec::new();
        for Lost { token, want } in lost {
            let describe = cx.elbv2().describe_target_groups().names(whole_name(&want.name, token)).send().await;
            let found = existing(call(DESCRIBE, describe), &[NO_TARGET_GROUP])?.and_then(|it| it.target_groups);
            let attrs = found.and_then(|it| it.into_iter().next()).map(|it| attrs_of(DESCRIBE, &it)).transpose()?;
            all.push(match attrs {
                Some(it) if tags::carries(cx, &it.arn, NO_TARGET_GROUP, token).await? => Some(it),
                _ => None,
            });
        }
        Ok(all)
    }

    fn later(want: &TargetGroupProps) -> Vec<&'static str> {
        let usual =
            [("deregistration_seconds", want.deregistration_seconds == USUAL_DEREGISTRATION), ("sticky", !want.sticky)];
        usual.iter().filter(|(_, usual)| !usual).map(|(name, _)| *name).collect()
    }
}

fn attrs_of(operation: &'static str, there: &InAws) -> Result<TargetGroupAttrs> {
    let arn = complete(operation, there.target_group_arn())?.to_owned();
    let name = complete(operation, there.target_group_name())?.to_owned();
    let end = full_name(&arn, ":targetgroup/");
    Ok(TargetGroupAttrs { full_name: format!("targetgroup/{end}"), arn, name })
}

async fn seen(cx: &Cx, have: &TargetGroupAttrs) -> Result<Option<Seen<TargetGroup>>> {
    let describe = cx.elbv2().describe_target_groups().target_group_arns(&have.arn).send().await;
    let found = existing(call(DESCRIBE, describe), &[NO_TARGET_GROUP])?.and_then(|it| it.target_groups);
    let Some(there) = found.and_then(|it| it.into_iter().next()) else { return Ok(None) };
    let describe = cx.elbv2().describe_target_group_attributes().target_group_arn(&have.arn).send().await;
    let attributes = existing(call(ATTRIBUTES, describe), &[NO_TARGET_GROUP])?.and_then(|it| it.attributes);
    let (Some(attributes), Some(tags)) = (attributes, tags::of(cx, &have.arn, NO_TARGET_GROUP).await?) else {
        return Ok(None);
    };
    let props = props_of(&there, &attributes, &tags);
    Ok(Some(Seen { phase: Phase::Ready, props, attrs: attrs_of(DESCRIBE, &there)? }))
}

fn props_of(there: &InAws, attributes: &[TargetGroupAttribute], tags: &[Tag]) -> TargetGroupProps {
    let of = |key: &str| attributes.iter().find(|it| it.key() == Some(key)).and_then(TargetGroupAttribute::value);
    TargetGroupProps {
        name: name_of(there.target_group_name().unwrap_or_default(), tags::token(tags)),
        vpc: Ref::known(there.vpc_id().unwrap_or_default()),
        protocol: there.protocol().map(ProtocolEnum::as_str).unwrap_or_default().to_owned(),
        port: there.port().unwrap_or_default(),
        path: there.health_check_path().unwrap_or_default().to_owned(),
        matcher: there.matcher().and_then(|it| it.http_code()).unwrap_or_default().to_owned(),
        interval_seconds: there.health_check_interval_seconds().unwrap_or_default(),
        timeout_seconds: there.health_check_timeout_seconds().unwrap_or_default(),
        healthy: there.healthy_threshold_count().unwrap_or_default(),
        unhealthy: there.unhealthy_threshold_count().unwrap_or_default(),
        deregistration_seconds: of(DEREGISTRATION).and_then(|it| it.parse().ok()).unwrap_or(USUAL_DEREGISTRATION),
        sticky: of(STICKY) == Some("true"),
        tags: tags::visible(tags),
    }
}
