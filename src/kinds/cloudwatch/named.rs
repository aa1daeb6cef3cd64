//! What both kinds of alarm share: they have one list of names, and AWS describes them by one call.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_cloudwatch::types::{AlarmType, Dimension, MetricAlarm};

use super::{carries, tags_of};
use crate::attrs;
use crate::aws::{Cx, Result, call};
use crate::kind::{Text, Token};
use crate::kinds::answer::complete;
use crate::kinds::arn::arn;

pub(super) const PUT: &str = "cloudwatch:PutMetricAlarm";
pub(super) const DESCRIBE: &str = "cloudwatch:DescribeAlarms";
pub(super) const DELETE: &str = "cloudwatch:DeleteAlarms";

attrs! {
    /// What AWS assigns to an alarm.
    pub struct AlarmAttrs {
        /// The name.
        name: String,
        /// `arn:aws:cloudwatch:…:alarm:…`.
        arn: String,
    }
}

/// Returns the attributes of an alarm that was made: the answer is empty, and the ARN is known beforehand.
pub(super) fn made(cx: &Cx, name: &str) -> AlarmAttrs {
    AlarmAttrs { name: name.to_owned(), arn: arn(cx, "cloudwatch", &format!("alarm:{name}")) }
}

pub(super) fn attrs_of(alarm: &MetricAlarm) -> Option<AlarmAttrs> {
    Some(AlarmAttrs { name: alarm.alarm_name()?.to_owned(), arn: alarm.alarm_arn()?.to_owned() })
}

/// Returns the alarms of these names, at most a hundred.
pub(super) async fn describe(cx: &Cx, names: impl Iterator<Item = &str>) -> Result<Vec<MetricAlarm>> {
    let names = names.map(str::to_owned).collect();
    let describe = cx.cloudwatch().describe_alarms().set_alarm_names(Some(names)).alarm_types(AlarmType::MetricAlarm);
    Ok(call(DESCRIBE, describe.send().await)?.metric_alarms.unwrap_or_default())
}

/// Returns the alarms that were made with these tokens and names.
pub(super) async fn find(cx: &Cx, lost: &[(&Token, &str)]) -> Result<Vec<Option<AlarmAttrs>>> {
    let found = describe(cx, lost.iter().map(|(_, name)| *name)).await?;
    let mut all = Vec::new();
    for (token, name) in lost {
        let attrs = found.iter().find(|it| it.alarm_name() == Some(name)).map(attrs_of);
        let attrs = attrs.map(|it| complete(DESCRIBE, it)).transpose()?;
        // The name may be another owner's: ours carries our token.
        all.push(match attrs {
            Some(it) if carries(&tags_of(cx, &it.arn).await?, token) => Some(it),
            _ => None,
        });
    }
    Ok(all)
}

/// Deletes an alarm. AWS says nothing of names that it does not know.
pub(super) async fn delete(cx: &Cx, have: &AlarmAttrs) -> Result<()> {
    call(DELETE, cx.cloudwatch().delete_alarms().alarm_names(&have.name).send().await).map(drop)
}

/// Returns dimensions as AWS takes them.
pub(super) fn dimensions(all: &BTreeMap<String, Text>) -> Vec<Dimension> {
    all.iter().map(|(name, value)| Dimension::builder().name(name).value(value.as_str()).build()).collect()
}

/// Returns dimensions as AWS tells them.
pub(super) fn dimensions_of(found: &[Dimension]) -> BTreeMap<String, Text> {
    found.iter().filter_map(|it| Some((it.name()?.to_owned(), it.value()?.into()))).collect()
}

/// Returns ARNs as AWS takes them.
pub(super) fn arns(texts: &BTreeSet<Text>) -> Vec<String> {
    texts.iter().map(|it| it.as_str().to_owned()).collect()
}

/// Returns ARNs as AWS tells them.
pub(super) fn texts(arns: &[String]) -> BTreeSet<Text> {
    arns.iter().map(|it| Text::from(it.as_str())).collect()
}
