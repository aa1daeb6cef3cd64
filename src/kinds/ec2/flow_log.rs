//! `ec2.flow_log`: who talked to whom in the VPC, kept in a log group for the day on which it matters.

use aws_sdk_ec2::types::{self, Filter, FlowLogsResourceType, LogDestinationType, ResourceType, Tag, TrafficType};

use super::described::{self, Described};
use super::vpc::Vpc;
use super::{partial, tags};
use crate::aws::{Cx, Result, call};
use crate::kind::values::Tags;
use crate::kind::{Actions, Edit, Kind, Lost, Named, Phase, Poll, Rate, Ref, Retry, Seen, Text, Token, Verb, Wait};
use crate::kinds::answer::{complete, deleted};
use crate::kinds::logs::log_group::LogGroup;
use crate::{attrs, props};

/// See the module.
#[derive(Debug)]
pub struct FlowLog;

props! {
    /// What we want of a flow log.
    pub struct FlowLogProps {
        /// The VPC whose traffic is written down.
        replace vpc: Ref<Vpc>,
        /// The log group that it is written to.
        replace log_group: Ref<LogGroup>,
        /// The ARN of the role that may write there.
        replace role: Text,
        /// `ALL`, `ACCEPT` or `REJECT`.
        replace traffic: String,
        /// The longest time that packets are counted together, 60 or 600.
        replace interval_seconds: i32,
        /// The tags that users see.
        update tags: Tags,
    }
}

attrs! {
    /// What AWS assigns.
    pub struct FlowLogAttrs {
        /// `fl-…`.
        id: String,
    }
}

const CREATE: &str = "ec2:CreateFlowLogs";
const DELETE: &str = "ec2:DeleteFlowLogs";

impl Kind for FlowLog {
    const NAME: &'static str = "ec2.flow_log";
    const ID: &'static str = "id";
    const BATCH: usize = 200;
    const POLL: Poll = Poll { ready: Wait { typical: 1.5, ..Wait::none() }, gone: Wait::none() };
    const RATE: Rate = super::MUTATING;
    const READS: Rate = super::READING;
    const ACTIONS: Actions = Actions {
        create: &[CREATE, "ec2:CreateTags", "iam:PassRole", "logs:CreateLogDelivery"],
        read: &["ec2:DescribeFlowLogs"],
        update: &["ec2:CreateTags", "ec2:DeleteTags"],
        delete: &[DELETE, "logs:DeleteLogDelivery"],
        find: &["ec2:DescribeFlowLogs"],
    };
    const RETRY: &'static [Retry] = &[
        Retry::on(Verb::Create, "InvalidVpcId.NotFound", 60.0),
        Retry::on(Verb::Create, "InvalidVpcID.NotFound", 60.0),
        // A role becomes known everywhere within a minute or two.
        Retry::saying(Verb::Create, "InvalidParameter", "Unable to assume", 120.0),
        Retry::saying(Verb::Create, "InvalidParameterValue", "Unable to assume", 120.0),
    ];
    const NAMED: Named = Named::By(&[("id", "fl-…")]);

    type Props = FlowLogProps;
    type Attrs = FlowLogAttrs;

    async fn create(cx: &Cx, token: &Token, want: &FlowLogProps) -> Result<FlowLogAttrs> {
        let create = cx
            .ec2()
            .create_flow_logs()
            .client_token(token.as_str())
            .resource_type(FlowLogsResourceType::Vpc)
            .resource_ids(want.vpc.id())
            .log_destination_type(LogDestinationType::CloudWatchLogs)
            .log_group_name(want.log_group.id())
            .deliver_logs_permission_arn(want.role.as_str())
            .traffic_type(TrafficType::from(want.traffic.as_str()))
            .max_aggregation_interval(want.interval_seconds)
            .tag_specifications(tags::on_create(ResourceType::VpcFlowLog, token, &want.tags));
        let answer = call(CREATE, create.send().await)?;
        partial(CREATE, answer.unsuccessful())?;
        let id = answer.flow_log_ids.unwrap_or_default().into_iter().next();
        Ok(FlowLogAttrs { id: complete(CREATE, id)? })
    }

    async fn read(cx: &Cx, have: &[FlowLogAttrs]) -> Result<Vec<Option<Seen<FlowLog>>>> {
        described::read(cx, have).await
    }

    async fn update(cx: &Cx, edit: Edit<'_, FlowLog>) -> Result<FlowLogAttrs> {
        tags::update(cx, &edit.have.id, &edit.was.tags, &edit.want.tags).await?;
        Ok(edit.have.clone())
    }

    async fn delete(cx: &Cx, have: &FlowLogAttrs) -> Result<()> {
        let answer = call(DELETE, cx.ec2().delete_flow_logs().flow_log_ids(&have.id).send().await);
        let answer = answer.and_then(|it| partial(DELETE, it.unsuccessful()));
        deleted(answer, &["InvalidFlowLogId.NotFound"])
    }

    async fn find(cx: &Cx, lost: &[Lost<FlowLog>]) -> Result<Vec<Option<FlowLogAttrs>>> {
        described::find(cx, lost).await
    }

    fn conflicts(old: &FlowLogProps, new: &FlowLogProps) -> bool {
        // FlowLogAlreadyExists, whatever else differs.
        old.vpc == new.vpc && old.log_group == new.log_group
    }
}

impl Described for FlowLog {
    type Item = types::FlowLog;
    const CALL: &'static str = "ec2:DescribeFlowLogs";
    const BY_ID: &'static str = "flow-log-id";

    async fn describe(cx: &Cx, filter: Filter) -> Result<Vec<types::FlowLog>> {
        let pages = cx.ec2().describe_flow_logs().filter(filter).into_paginator().items().send();
        call(Self::CALL, pages.collect::<std::result::Result<_, _>>().await)
    }

    fn id(have: &FlowLogAttrs) -> &str {
        &have.id
    }

    fn tags(item: &types::FlowLog) -> &[Tag] {
        item.tags()
    }

    fn seen(item: &types::FlowLog) -> Option<Seen<FlowLog>> {
        let props = FlowLogProps {
            vpc: Ref::known(item.resource_id()?),
            log_group: Ref::known(log_group(item)?),
            role: item.deliver_logs_permission_arn()?.into(),
            traffic: item.traffic_type()?.as_str().to_owned(),
            // AWS's own default, where the answer does not say.
            interval_seconds: item.max_aggregation_interval().unwrap_or(600),
            tags: tags::visible(item.tags()),
        };
        Some(Seen { phase: Phase::Ready, props, attrs: FlowLogAttrs { id: item.flow_log_id()?.to_owned() } })
    }
}

/// Returns the name of the log group, which the answer gives by itself or as the end of an ARN.
fn log_group(item: &types::FlowLog) -> Option<&str> {
    item.log_group_name().or_else(|| {
        let name = item.log_destination()?.split_once(":log-group:")?.1;
        Some(name.strip_suffix(":*").unwrap_or(name))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_group_is_a_name_or_the_end_of_an_arn() {
        let arn = "arn:aws:logs:eu-west-1:111122223333:log-group:/it/flow";
        let of = |arn: &str| types::FlowLog::builder().log_destination(arn).build();
        assert_eq!(log_group(&types::FlowLog::builder().log_group_name("/it/flow").build()), Some("/it/flow"));
        assert_eq!(log_group(&of(arn)), Some("/it/flow"));
        assert_eq!(log_group(&of(&format!("{arn}:*"))), Some("/it/flow"));
        assert_eq!(log_group(&of("arn:aws:s3:::bucket")), None);
    }
}
