//! `cloudfront.origin_request_policy`: what of a visitor's request the load balancer gets to see.
//!
//! For files that everybody may see nothing of the visitor goes along: no cookie, so no page of one can become the
//! copy of another.

use std::collections::BTreeSet;

use aws_sdk_cloudfront::types::{
    Headers, OriginRequestPolicyConfig, OriginRequestPolicyCookieBehavior, OriginRequestPolicyCookiesConfig,
    OriginRequestPolicyHeaderBehavior, OriginRequestPolicyHeadersConfig, OriginRequestPolicyQueryStringBehavior,
    OriginRequestPolicyQueryStringsConfig, OriginRequestPolicyType,
};

use super::{CHANGED, STALE, asked, built, named, quantity};
use crate::aws::{Cx, Result, call};
use crate::kind::{Actions, Edit, Kind, Lost, Named, Phase, Poll, Rate, Retry, Seen, Token, Verb, Wait};
use crate::kinds::answer::{complete, deleted, existing};
use crate::{attrs, props};

/// See the module.
#[derive(Debug)]
pub struct OriginRequestPolicy;

props! {
    /// What we want of an origin request policy.
    pub struct OriginRequestPolicyProps {
        /// Its name, without the piece of our token.
        replace name: String,
        /// What it is for.
        update comment: String,
        /// The headers of the visitor that go along, in lower case.
        update headers: BTreeSet<String>,
        /// Whether cookies go along: `all` or `none`.
        update cookies: String,
        /// Whether query strings do: `all` or `none`.
        update query_strings: String,
    }
}

attrs! {
    /// What AWS assigns.
    pub struct OriginRequestPolicyAttrs {
        /// The id.
        id: String,
    }
}

const CREATE: &str = "cloudfront:CreateOriginRequestPolicy";
const GET: &str = "cloudfront:GetOriginRequestPolicy";
const UPDATE: &str = "cloudfront:UpdateOriginRequestPolicy";
const DELETE: &str = "cloudfront:DeleteOriginRequestPolicy";
const LIST: &str = "cloudfront:ListOriginRequestPolicies";
const GONE: &[&str] = &["NoSuchOriginRequestPolicy"];

impl Kind for OriginRequestPolicy {
    const NAME: &'static str = "cloudfront.origin_request_policy";
    const ID: &'static str = "id";
    // One call each: the call for all answers no version to change.
    const BATCH: usize = 10;
    const POLL: Poll = Poll { ready: Wait { typical: 0.7, ..Wait::none() }, gone: Wait::none() };
    const RATE: Rate = super::MUTATING;
    const ACTIONS: Actions =
        Actions { create: &[CREATE], read: &[GET], update: &[GET, UPDATE], delete: &[GET, DELETE], find: &[LIST] };
    const RETRY: &'static [Retry] = &[
        Retry::on(Verb::Update, CHANGED, 60.0),
        Retry::on(Verb::Update, STALE, 60.0),
        // A distribution that is gone is counted for a moment.
        Retry::on(Verb::Delete, "OriginRequestPolicyInUse", 300.0),
        Retry::on(Verb::Delete, CHANGED, 60.0),
        Retry::on(Verb::Delete, STALE, 60.0),
    ];
    const NAMED: Named = Named::By(&[("id", "ID")]);
    const LABELS: &'static [&'static str] = &["name"];

    type Props = OriginRequestPolicyProps;
    type Attrs = OriginRequestPolicyAttrs;

    async fn create(cx: &Cx, token: &Token, want: &OriginRequestPolicyProps) -> Result<OriginRequestPolicyAttrs> {
        let config = config(CREATE, named(&want.name, token), want)?;
        let create = cx.cloudfront().create_origin_request_policy().origin_request_policy_config(config);
        let answer = call(CREATE, create.send().await)?;
        Ok(OriginRequestPolicyAttrs { id: complete(CREATE, answer.origin_request_policy)?.id })
    }

    async fn read(cx: &Cx, have: &[OriginRequestPolicyAttrs]) -> Result<Vec<Option<Seen<OriginRequestPolicy>>>> {
        let mut all = Vec::new();
        for OriginRequestPolicyAttrs { id } in have {
            let found = existing(call(GET, cx.cloudfront().get_origin_request_policy().id(id).send().await), GONE)?;
            let config = found.and_then(|it| it.origin_request_policy?.origin_request_policy_config);
            all.push(config.map(|it| seen(id, &it)));
        }
        Ok(all)
    }

    async fn update(cx: &Cx, edit: Edit<'_, OriginRequestPolicy>) -> Result<OriginRequestPolicyAttrs> {
        let id = &edit.have.id;
        let now = call(GET, cx.cloudfront().get_origin_request_policy().id(id).send().await)?;
        let config = complete(GET, now.origin_request_policy.and_then(|it| it.origin_request_policy_config))?;
        let config = self::config(UPDATE, config.name, edit.want)?;
        let update = cx.cloudfront().update_origin_request_policy().id(id).set_if_match(now.e_tag);
        call(UPDATE, update.origin_request_policy_config(config).send().await)?;
        Ok(edit.have.clone())
    }

    async fn delete(cx: &Cx, have: &OriginRequestPolicyAttrs) -> Result<()> {
        let now = existing(call(GET, cx.cloudfront().get_origin_request_policy().id(&have.id).send().await), GONE)?;
        let Some(now) = now else { return Ok(()) };
        let delete = cx.cloudfront().delete_origin_request_policy().id(&have.id).set_if_match(now.e_tag);
        deleted(call(DELETE, delete.send().await), GONE)
    }

    async fn find(cx: &Cx, lost: &[Lost<OriginRequestPolicy>]) -> Result<Vec<Option<OriginRequestPolicyAttrs>>> {
        let list = cx.cloudfront().list_origin_request_policies().r#type(OriginRequestPolicyType::Custom);
        let list = call(LIST, list.max_items(100).send().await)?.origin_request_policy_list;
        let all = list.and_then(|it| it.items).unwrap_or_default();
        let id = |name: &str| {
            let policies = all.iter().filter_map(|it| it.origin_request_policy());
            let mut named = policies.filter(|it| it.origin_request_policy_config().is_some_and(|it| it.name() == name));
            named.next().map(|it| it.id().to_owned())
        };
        let found = lost.iter().map(|Lost { token, want }| id(&named(&want.name, token)));
        Ok(found.map(|it| it.map(|id| OriginRequestPolicyAttrs { id })).collect())
    }
}

fn config(operation: &'static str, name: String, want: &OriginRequestPolicyProps) -> Result<OriginRequestPolicyConfig> {
    let OriginRequestPolicyProps { name: _, comment, headers, cookies, query_strings } = want;
    let names: Vec<String> = headers.iter().cloned().collect();
    let behaviour = if names.is_empty() {
        OriginRequestPolicyHeaderBehavior::None
    } else {
        OriginRequestPolicyHeaderBehavior::Whitelist
    };
    let list = (!names.is_empty()).then(|| Headers::builder().quantity(quantity(&names)).set_items(Some(names)));
    let list = list.map(|it| built(operation, it.build())).transpose()?;
    let headers = OriginRequestPolicyHeadersConfig::builder().header_behavior(behaviour).set_headers(list);
    let cookies = OriginRequestPolicyCookiesConfig::builder()
        .cookie_behavior(OriginRequestPolicyCookieBehavior::from(cookies.as_str()));
    let queries = OriginRequestPolicyQueryStringsConfig::builder()
        .query_string_behavior(OriginRequestPolicyQueryStringBehavior::from(query_strings.as_str()));
    let config = OriginRequestPolicyConfig::builder()
        .name(name)
        .comment(comment)
        .headers_config(built(operation, headers.build())?)
        .cookies_config(built(operation, cookies.build())?)
        .query_strings_config(built(operation, queries.build())?);
    built(operation, config.build())
}

fn seen(id: &str, config: &OriginRequestPolicyConfig) -> Seen<OriginRequestPolicy> {
    let headers = config.headers_config().and_then(|it| it.headers()).map(Headers::items).unwrap_or_default();
    let cookies = config.cookies_config().map_or("none", |it| it.cookie_behavior().as_str());
    let queries = config.query_strings_config().map_or("none", |it| it.query_string_behavior().as_str());
    let props = OriginRequestPolicyProps {
        name: asked(config.name()),
        comment: config.comment().unwrap_or_default().to_owned(),
        headers: headers.iter().map(|it| it.to_ascii_lowercase()).collect(),
        cookies: cookies.to_owned(),
        query_strings: queries.to_owned(),
    };
    Seen { phase: Phase::Ready, props, attrs: OriginRequestPolicyAttrs { id: id.to_owned() } }
}
