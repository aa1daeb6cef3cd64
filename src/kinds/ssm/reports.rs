//! What the servers of a site say about themselves: each puts a parameter of its own below one path.

use std::collections::BTreeMap;

use aws_sdk_ssm::operation::get_parameters_by_path::GetParametersByPathOutput;
use serde::Deserialize;

use crate::aws::{Cx, Result, call};

pub(in crate::kinds) const GET: &str = "ssm:GetParameters";
pub(in crate::kinds) const LIST: &str = "ssm:GetParametersByPath";
pub(in crate::kinds) const FORGET: &str = "ssm:DeleteParameters";

/// The most names that one call takes.
const NAMES: usize = 10;

/// A server's last word (`src/runtime/templates/report.sh`).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(in crate::kinds) struct Report {
    /// `running`, `done` or `failed`.
    pub(in crate::kinds) state: String,
    /// The step that it is at; of one that is done `installed`, or `wizard` while somebody is to install Moodle.
    pub(in crate::kinds) stage: String,
    /// The exit code of a step that failed.
    pub(in crate::kinds) code: i32,
    /// When, by its own clock: `2026-11-30T04:05:06Z`.
    pub(in crate::kinds) at: String,
    /// What code it runs.
    pub(in crate::kinds) build: String,
    /// The last lines of its log, with `|` between them, where something failed.
    #[serde(default)]
    pub(in crate::kinds) log: String,
}

impl Report {
    /// Whether the server serves a site that is installed.
    pub(in crate::kinds) fn is_installed(&self) -> bool {
        (self.state.as_str(), self.stage.as_str()) == ("done", "installed")
    }
}

/// Returns what these servers say, by their ids.
pub(in crate::kinds) async fn of(cx: &Cx, path: &str, servers: &[String]) -> Result<BTreeMap<String, Report>> {
    let mut all = BTreeMap::new();
    for some in servers.chunks(NAMES) {
        let names = some.iter().map(|it| format!("{path}/{it}")).collect();
        let answer = call(GET, cx.ssm().get_parameters().set_names(Some(names)).send().await)?;
        all.extend(answer.parameters.unwrap_or_default().iter().filter_map(|it| said(path, it)));
    }
    Ok(all)
}

/// Returns what all servers say that ever said something, also those that are gone.
pub(in crate::kinds) async fn all(cx: &Cx, path: &str) -> Result<BTreeMap<String, Report>> {
    let pages = cx.ssm().get_parameters_by_path().path(path).into_paginator().send();
    let pages: Vec<_> = call(LIST, pages.collect::<std::result::Result<_, _>>().await)?;
    Ok(pages.iter().flat_map(GetParametersByPathOutput::parameters).filter_map(|it| said(path, it)).collect())
}

/// Whether there is a site that runs another build than this one: then there is something to be copied and closed.
pub(in crate::kinds) async fn is_other(cx: &Cx, path: &str, build: &str) -> Result<bool> {
    Ok(all(cx, path).await?.values().any(|it| it.is_installed() && it.build != build))
}

/// Deletes what these servers said.
pub(in crate::kinds) async fn forget(cx: &Cx, path: &str, servers: &[String]) -> Result<()> {
    for some in servers.chunks(NAMES) {
        let names = some.iter().map(|it| format!("{path}/{it}")).collect();
        // Those that are gone are named in the answer, and that is all.
        call(FORGET, cx.ssm().delete_parameters().set_names(Some(names)).send().await)?;
    }
    Ok(())
}

/// What is no report was not written by a server, and says nothing.
fn said(path: &str, parameter: &aws_sdk_ssm::types::Parameter) -> Option<(String, Report)> {
    let server = parameter.name()?.strip_prefix(path)?.strip_prefix('/')?;
    Some((server.to_owned(), serde_json::from_str(parameter.value()?).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_read_as_servers_write_it() {
        let text = r#"{"state":"failed","stage":"moodle","code":1,"at":"2026-11-30T04:05:06Z","release":"5.3.0","build":"0b","log":"a|b|"}"#;
        let parameter = |value: &str| {
            aws_sdk_ssm::types::Parameter::builder().name("/Moodle/campus/report/i-1").value(value).build()
        };
        let (server, report) = said("/Moodle/campus/report", &parameter(text)).unwrap();
        assert_eq!((server.as_str(), report.stage.as_str(), report.code), ("i-1", "moodle", 1));
        assert!(!report.is_installed());
        assert_eq!(said("/Moodle/campus/report", &parameter("done")), None);
    }
}
