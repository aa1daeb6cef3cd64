//! `cloudwatch.dashboard`: the site on one page, for those who look after it.

use aws_sdk_cloudwatch::operation::put_dashboard::builders::PutDashboardFluentBuilder;
use serde_json::Value;

use super::{GONE, LIST_TAGS, TAG, UNTAG, carries, tags_of};
use crate::aws::{Cx, Result, call};
use crate::kind::values::Tags;
use crate::kind::{Actions, Edit, Kind, Lost, Named, Phase, Poll, Rate, Retry, Seen, Token, Verb, Wait};
use crate::kinds::answer::{complete, deleted, existing};
use crate::kinds::arn::partition_of;
use crate::{attrs, props};

/// See the module.
#[derive(Debug)]
pub struct Dashboard;

props! {
    /// What we want of a dashboard.
    pub struct DashboardProps {
        /// Its name, unique in the account.
        replace name: String,
        /// What is on it, as CloudWatch writes it; its texts may be references.
        update body: Value,
        /// The tags that users see.
        update tags: Tags,
    }
}

attrs! {
    /// What AWS assigns.
    pub struct DashboardAttrs {
        /// The name.
        name: String,
        /// `arn:aws:cloudwatch::…:dashboard/…`.
        arn: String,
    }
}

const PUT: &str = "cloudwatch:PutDashboard";
const GET: &str = "cloudwatch:GetDashboard";
const DELETE: &str = "cloudwatch:DeleteDashboards";

impl Kind for Dashboard {
    const NAME: &'static str = "cloudwatch.dashboard";
    const ID: &'static str = "name";
    // One GetDashboard each.
    const BATCH: usize = 10;
    const POLL: Poll =
        Poll { ready: Wait { typical: 0.3, ..Wait::none() }, gone: Wait { typical: 0.3, ..Wait::none() } };
    const RATE: Rate = Rate { group: "dashboards", burst: 10, per_second: 10.0 };
    const ACTIONS: Actions = Actions {
        create: &[PUT, TAG],
        read: &[GET, LIST_TAGS],
        update: &[PUT, TAG, UNTAG],
        delete: &[DELETE],
        find: &[GET, LIST_TAGS],
    };
    const RETRY: &'static [Retry] = &[Retry::on(Verb::Update, "ResourceNotFoundException", 30.0)];
    const NAMED: Named = Named::By(&[("name", "NAME")]);
    const LABELS: &'static [&'static str] = &["name"];

    type Props = DashboardProps;
    type Attrs = DashboardAttrs;

    async fn create(cx: &Cx, token: &Token, want: &DashboardProps) -> Result<DashboardAttrs> {
        put(put_call(cx, want).set_tags(Some(super::on_create(token, &want.tags)))).await?;
        // The answer does not tell the ARN, which is known beforehand. Dashboards are of the account, not of a region.
        let (partition, account) = (partition_of(cx.region()), cx.account());
        let arn = format!("arn:{partition}:cloudwatch::{account}:dashboard/{}", want.name);
        Ok(DashboardAttrs { name: want.name.clone(), arn })
    }

    async fn read(cx: &Cx, have: &[DashboardAttrs]) -> Result<Vec<Option<Seen<Dashboard>>>> {
        let mut all = Vec::new();
        for DashboardAttrs { name, arn: _ } in have {
            let Some((attrs, body)) = get(cx, name).await? else {
                all.push(None);
                continue;
            };
            let tags = super::visible(&tags_of(cx, &attrs.arn).await?);
            // What is no JSON reads as changed.
            let body = serde_json::from_str(&body).unwrap_or_default();
            let props = DashboardProps { name: name.clone(), body, tags };
            all.push(Some(Seen { phase: Phase::Ready, props, attrs }));
        }
        Ok(all)
    }

    async fn update(cx: &Cx, edit: Edit<'_, Dashboard>) -> Result<DashboardAttrs> {
        let Edit { have, was, want, changed: _ } = edit;
        if edit.changes("body") {
            put(put_call(cx, want)).await?;
        }
        if edit.changes("tags") {
            super::update_tags(cx, &have.arn, &was.tags, &want.tags).await?;
        }
        Ok(have.clone())
    }

    async fn delete(cx: &Cx, have: &DashboardAttrs) -> Result<()> {
        let delete = cx.cloudwatch().delete_dashboards().dashboard_names(&have.name).send().await;
        deleted(call(DELETE, delete), GONE)
    }

    async fn find(cx: &Cx, lost: &[Lost<Dashboard>]) -> Result<Vec<Option<DashboardAttrs>>> {
        let mut all = Vec::new();
        for Lost { token, want } in lost {
            // The name may be another owner's: ours carries our token.
            all.push(match get(cx, &want.name).await? {
                Some((it, _)) if carries(&tags_of(cx, &it.arn).await?, token) => Some(it),
                _ => None,
            });
        }
        Ok(all)
    }

    /// A name is one dashboard, however often it is put.
    fn conflicts(old: &DashboardProps, new: &DashboardProps) -> bool {
        old.name == new.name
    }
}

fn put_call(cx: &Cx, want: &DashboardProps) -> PutDashboardFluentBuilder {
    cx.cloudwatch().put_dashboard().dashboard_name(&want.name).dashboard_body(want.body.to_string())
}

/// Sends the call. The messages in its answer are warnings: what CloudWatch does not understand, it refuses.
async fn put(put: PutDashboardFluentBuilder) -> Result<()> {
    call(PUT, put.send().await).map(drop)
}

async fn get(cx: &Cx, name: &str) -> Result<Option<(DashboardAttrs, String)>> {
    let answer = existing(call(GET, cx.cloudwatch().get_dashboard().dashboard_name(name).send().await), GONE)?;
    let Some(answer) = answer else { return Ok(None) };
    let arn = complete(GET, answer.dashboard_arn)?;
    Ok(Some((DashboardAttrs { name: name.to_owned(), arn }, complete(GET, answer.dashboard_body)?)))
}
