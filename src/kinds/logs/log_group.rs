//! `logs.log_group`: where a part of the site keeps its log, and for how long.

use aws_sdk_cloudwatchlogs::types;

use crate::aws::{Cx, Result, call, tags};
use crate::kind::values::Tags;
use crate::kind::{Actions, Edit, Kind, Lost, Named, Phase, Poll, Rate, Retry, Seen, Token, Verb, Wait};
use crate::kinds::answer::{deleted, existing};
use crate::{attrs, props};

/// See the module.
#[derive(Debug)]
pub struct LogGroup;

props! {
    /// What we want of a log group.
    pub struct LogGroupProps {
        /// Its name, unique in the account and region.
        replace name: String,
        /// The days after which an entry is deleted, one of those that AWS offers; `None` leaves it as it is.
        update retain_days: Option<i32>,
        /// The tags that users see.
        update tags: Tags,
    }
}

attrs! {
    /// What AWS assigns.
    pub struct LogGroupAttrs {
        /// The name.
        name: String,
        /// `arn:aws:logs:…:log-group:…`, without the `:*` that AWS shows here and there.
        arn: String,
    }
}

const DESCRIBE: &str = "logs:DescribeLogGroups";
const TAGS: &str = "logs:ListTagsForResource";
const GONE: &[&str] = &["ResourceNotFoundException"];

impl Kind for LogGroup {
    const NAME: &'static str = "logs.log_group";
    const ID: &'static str = "name";
    const BATCH: usize = 10;
    const POLL: Poll = Poll { ready: Wait { typical: 0.3, ..Wait::none() }, gone: Wait::none() };
    const RATE: Rate = Rate { group: "log groups", burst: 10, per_second: 10.0 };
    const ACTIONS: Actions = Actions {
        create: &["logs:CreateLogGroup", "logs:TagResource"],
        read: &[DESCRIBE, TAGS],
        update: &["logs:PutRetentionPolicy", "logs:TagResource", "logs:UntagResource"],
        delete: &["logs:DeleteLogGroup"],
        find: &[DESCRIBE, TAGS],
    };
    const RETRY: &'static [Retry] = &[
        Retry::on(Verb::Create, "OperationAbortedException", 120.0),
        Retry::on(Verb::Update, "OperationAbortedException", 120.0),
        Retry::on(Verb::Update, "ResourceNotFoundException", 30.0),
        Retry::on(Verb::Delete, "OperationAbortedException", 120.0),
    ];
    const NAMED: Named = Named::By(&[("name", "NAME")]);

    type Props = LogGroupProps;
    type Attrs = LogGroupAttrs;

    async fn create(cx: &Cx, token: &Token, want: &LogGroupProps) -> Result<LogGroupAttrs> {
        let tags = tags::stamped(token, &want.tags).into_iter().collect();
        let create = cx.logs().create_log_group().log_group_name(&want.name).set_tags(Some(tags));
        call("logs:CreateLogGroup", create.send().await)?;
        // The answer is empty, and the ARN is known beforehand.
        Ok(attrs_of(cx, &want.name))
    }

    async fn read(cx: &Cx, have: &[LogGroupAttrs]) -> Result<Vec<Option<Seen<LogGroup>>>> {
        let mut all = Vec::new();
        for LogGroupAttrs { name, arn: _ } in have {
            let there = group(cx, name).await?;
            all.push(there.map(|it| seen(cx, name, &it)));
        }
        Ok(all)
    }

    async fn update(cx: &Cx, edit: Edit<'_, LogGroup>) -> Result<LogGroupAttrs> {
        let LogGroupAttrs { name, arn } = edit.have;
        if let Some(days) = edit.want.retain_days.filter(|_| edit.changes("retain_days")) {
            let put = cx.logs().put_retention_policy().log_group_name(name).retention_in_days(days);
            call("logs:PutRetentionPolicy", put.send().await)?;
        }
        if edit.changes("tags") {
            update_tags(cx, arn, &edit.was.tags, &edit.want.tags).await?;
        }
        Ok(edit.have.clone())
    }

    async fn delete(cx: &Cx, have: &LogGroupAttrs) -> Result<()> {
        let answer = cx.logs().delete_log_group().log_group_name(&have.name).send().await;
        deleted(call("logs:DeleteLogGroup", answer), GONE)
    }

    async fn find(cx: &Cx, lost: &[Lost<LogGroup>]) -> Result<Vec<Option<LogGroupAttrs>>> {
        let mut all = Vec::new();
        for Lost { token, want } in lost {
            // The name may be another owner's, or made by a service that logs: ours carries our token.
            let there = group(cx, &want.name).await?;
            let ours = there.filter(|it| it.tags.get(tags::TOKEN).is_some_and(|value| value == token.as_str()));
            all.push(ours.map(|_| attrs_of(cx, &want.name)));
        }
        Ok(all)
    }

    fn later(want: &LogGroupProps) -> Vec<&'static str> {
        if want.retain_days.is_some() { vec!["retain_days"] } else { Vec::new() }
    }

    fn conflicts(old: &LogGroupProps, new: &LogGroupProps) -> bool {
        old.name == new.name
    }
}

/// A log group and its tags, which take a call of their own.
struct Group {
    group: types::LogGroup,
    tags: std::collections::HashMap<String, String>,
}

async fn group(cx: &Cx, name: &str) -> Result<Option<Group>> {
    // The prefix may fit many; the page that has the exact name comes first, but do not rely on that.
    let pages = cx.logs().describe_log_groups().log_group_name_prefix(name).into_paginator().items().send();
    let found = call(DESCRIBE, pages.collect::<std::result::Result<Vec<_>, _>>().await)?;
    let Some(group) = found.into_iter().find(|it| it.log_group_name() == Some(name)) else { return Ok(None) };
    let arn = attrs_of(cx, name).arn;
    let answer = existing(call(TAGS, cx.logs().list_tags_for_resource().resource_arn(arn).send().await), GONE)?;
    let Some(answer) = answer else { return Ok(None) };
    Ok(Some(Group { group, tags: answer.tags.unwrap_or_default() }))
}

fn seen(cx: &Cx, name: &str, Group { group, tags }: &Group) -> Seen<LogGroup> {
    let props = LogGroupProps {
        name: name.to_owned(),
        retain_days: group.retention_in_days(),
        tags: tags::visible(tags.iter().map(|(key, value)| (key.as_str(), value.as_str()))),
    };
    Seen { phase: Phase::Ready, props, attrs: attrs_of(cx, name) }
}

fn attrs_of(cx: &Cx, name: &str) -> LogGroupAttrs {
    let (region, account) = (cx.region(), cx.account());
    let partition = match region.split('-').next() {
        Some("cn") => "aws-cn",
        _ if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    };
    LogGroupAttrs { name: name.to_owned(), arn: format!("arn:{partition}:logs:{region}:{account}:log-group:{name}") }
}

async fn update_tags(cx: &Cx, arn: &str, was: &Tags, want: &Tags) -> Result<()> {
    let (gone, set) = tags::difference(was, want);
    if !gone.is_empty() {
        let untag = cx.logs().untag_resource().resource_arn(arn).set_tag_keys(Some(gone));
        call("logs:UntagResource", untag.send().await)?;
    }
    if !set.is_empty() {
        let tag = cx.logs().tag_resource().resource_arn(arn).set_tags(Some(set.into_iter().collect()));
        call("logs:TagResource", tag.send().await)?;
    }
    Ok(())
}
