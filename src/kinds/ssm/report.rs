//! `ssm.report`: a parameter in which servers of the site say how far they are. It is made, so that it goes with the stack;
//! what stands in it is theirs, and never compared.

use aws_sdk_ssm::types::ParameterType;

use super::parameter::{DELETE, GET, PUT, TAG, TAGS, UNTAG, tag_list, tags_of, update_tags, values};
use crate::aws::{Cx, Result, call, tags};
use crate::kind::values::Tags;
use crate::kind::{Actions, Edit, Kind, Lost, Named, Phase, Poll, Rate, Retry, Seen, Token, Verb, Wait};
use crate::kinds::answer::deleted;
use crate::{attrs, props};

/// See the module.
#[derive(Debug)]
pub struct Report;

props! {
    /// What we want of a report.
    pub struct ReportProps {
        /// Its name, with the path: `/Moodle/campus/…`.
        replace name: String,
        /// The tags that users see.
        update tags: Tags,
    }
}

attrs! {
    /// A report is found by its name.
    pub struct ReportAttrs {
        /// The name.
        name: String,
    }
}

/// What stands in it until a server says more.
const NOTHING_YET: &str = "{\"state\":\"waiting\"}";

impl Kind for Report {
    const NAME: &'static str = "ssm.report";
    const ID: &'static str = "name";
    const BATCH: usize = 10;
    const POLL: Poll = Poll { ready: Wait { typical: 0.3, ..Wait::none() }, gone: Wait::none() };
    const RATE: Rate = Rate { group: "mutating", burst: 3, per_second: 3.0 };
    const ACTIONS: Actions = Actions {
        create: &[PUT, TAG],
        read: &[GET, TAGS],
        update: &[TAG, UNTAG],
        delete: &[DELETE],
        find: &[GET, TAGS],
    };
    const RETRY: &'static [Retry] = &[
        Retry::on(Verb::Create, "TooManyUpdates", 60.0),
        Retry::on(Verb::Update, "TooManyUpdates", 60.0),
        Retry::on(Verb::Update, "InvalidResourceId", 30.0),
        Retry::on(Verb::Delete, "TooManyUpdates", 60.0),
    ];
    const NAMED: Named = Named::By(&[("name", "NAME")]);

    type Props = ReportProps;
    type Attrs = ReportAttrs;

    async fn create(cx: &Cx, token: &Token, want: &ReportProps) -> Result<ReportAttrs> {
        let ReportProps { name, tags } = want;
        let tags = tag_list(tags::stamped(token, tags))?;
        let put = cx.ssm().put_parameter().name(name).value(NOTHING_YET).r#type(ParameterType::String);
        call(PUT, put.set_tags(Some(tags)).send().await)?;
        Ok(ReportAttrs { name: name.clone() })
    }

    async fn read(cx: &Cx, have: &[ReportAttrs]) -> Result<Vec<Option<Seen<Report>>>> {
        let there = values(cx, have.iter().map(|it| it.name.clone()).collect()).await?;
        let mut all = Vec::new();
        for attrs in have {
            let ReportAttrs { name } = attrs;
            if !there.contains_key(name) {
                all.push(None);
                continue;
            }
            let tags = tags_of(cx, name).await?.unwrap_or_default();
            let tags = tags::visible(tags.iter().map(|(key, value)| (key.as_str(), value.as_str())));
            let props = ReportProps { name: name.clone(), tags };
            all.push(Some(Seen { phase: Phase::Ready, props, attrs: attrs.clone() }));
        }
        Ok(all)
    }

    async fn update(cx: &Cx, edit: Edit<'_, Report>) -> Result<ReportAttrs> {
        update_tags(cx, &edit.have.name, &edit.was.tags, &edit.want.tags).await?;
        Ok(edit.have.clone())
    }

    async fn delete(cx: &Cx, have: &ReportAttrs) -> Result<()> {
        let answer = call(DELETE, cx.ssm().delete_parameter().name(&have.name).send().await);
        deleted(answer, &["ParameterNotFound"])
    }

    async fn find(cx: &Cx, lost: &[Lost<Report>]) -> Result<Vec<Option<ReportAttrs>>> {
        let there = values(cx, lost.iter().map(|it| it.want.name.clone()).collect()).await?;
        let mut all = Vec::new();
        for Lost { token, want: ReportProps { name, tags: _ } } in lost {
            let tags = if there.contains_key(name) { tags_of(cx, name).await? } else { None };
            // The name may be another owner's: ours carries our token.
            let ours = tags.is_some_and(|it| it.get(tags::TOKEN).is_some_and(|it| it == token.as_str()));
            all.push(ours.then(|| ReportAttrs { name: name.clone() }));
        }
        Ok(all)
    }

    fn conflicts(old: &ReportProps, new: &ReportProps) -> bool {
        old.name == new.name
    }
}
