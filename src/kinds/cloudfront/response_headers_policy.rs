//! `cloudfront.response_headers_policy`: headers for the visitor's browser, where Moodle sends none of its own.

use aws_sdk_cloudfront::types::{
    ReferrerPolicyList, ResponseHeadersPolicyConfig, ResponseHeadersPolicyContentTypeOptions,
    ResponseHeadersPolicyReferrerPolicy, ResponseHeadersPolicySecurityHeadersConfig,
    ResponseHeadersPolicyStrictTransportSecurity, ResponseHeadersPolicyType,
};

use super::{CHANGED, STALE, asked, built, named};
use crate::aws::{Cx, Result, call};
use crate::kind::{Actions, Edit, Kind, Lost, Named, Phase, Poll, Rate, Retry, Seen, Token, Verb, Wait};
use crate::kinds::answer::{complete, deleted, existing};
use crate::{attrs, props};

/// See the module.
#[derive(Debug)]
pub struct ResponseHeadersPolicy;

props! {
    /// What we want of a response headers policy.
    pub struct ResponseHeadersPolicyProps {
        /// Its name, without the piece of our token.
        replace name: String,
        /// What it is for.
        update comment: String,
        /// For how many seconds browsers come with TLS only (`Strict-Transport-Security`); 0 says nothing of it.
        update tls_only_seconds: i32,
        /// Whether browsers must not guess types (`X-Content-Type-Options: nosniff`).
        update no_sniff: bool,
        /// What browsers tell other sites (`Referrer-Policy`); empty says nothing of it.
        update referrer: String,
    }
}

attrs! {
    /// What AWS assigns.
    pub struct ResponseHeadersPolicyAttrs {
        /// The id.
        id: String,
    }
}

const CREATE: &str = "cloudfront:CreateResponseHeadersPolicy";
const GET: &str = "cloudfront:GetResponseHeadersPolicy";
const UPDATE: &str = "cloudfront:UpdateResponseHeadersPolicy";
const DELETE: &str = "cloudfront:DeleteResponseHeadersPolicy";
const LIST: &str = "cloudfront:ListResponseHeadersPolicies";
const GONE: &[&str] = &["NoSuchResponseHeadersPolicy"];

impl Kind for ResponseHeadersPolicy {
    const NAME: &'static str = "cloudfront.response_headers_policy";
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
        Retry::on(Verb::Delete, "ResponseHeadersPolicyInUse", 300.0),
        Retry::on(Verb::Delete, CHANGED, 60.0),
        Retry::on(Verb::Delete, STALE, 60.0),
    ];
    const NAMED: Named = Named::By(&[("id", "ID")]);
    const LABELS: &'static [&'static str] = &["name"];

    type Props = ResponseHeadersPolicyProps;
    type Attrs = ResponseHeadersPolicyAttrs;

    async fn create(cx: &Cx, token: &Token, want: &ResponseHeadersPolicyProps) -> Result<ResponseHeadersPolicyAttrs> {
        let config = config(CREATE, named(&want.name, token), want)?;
        let create = cx.cloudfront().create_response_headers_policy().response_headers_policy_config(config);
        let answer = call(CREATE, create.send().await)?;
        Ok(ResponseHeadersPolicyAttrs { id: complete(CREATE, answer.response_headers_policy)?.id })
    }

    async fn read(cx: &Cx, have: &[ResponseHeadersPolicyAttrs]) -> Result<Vec<Option<Seen<ResponseHeadersPolicy>>>> {
        let mut all = Vec::new();
        for ResponseHeadersPolicyAttrs { id } in have {
            let found = existing(call(GET, cx.cloudfront().get_response_headers_policy().id(id).send().await), GONE)?;
            let config = found.and_then(|it| it.response_headers_policy?.response_headers_policy_config);
            all.push(config.map(|it| seen(id, &it)));
        }
        Ok(all)
    }

    async fn update(cx: &Cx, edit: Edit<'_, ResponseHeadersPolicy>) -> Result<ResponseHeadersPolicyAttrs> {
        let id = &edit.have.id;
        let now = call(GET, cx.cloudfront().get_response_headers_policy().id(id).send().await)?;
        let config = complete(GET, now.response_headers_policy.and_then(|it| it.response_headers_policy_config))?;
        let config = self::config(UPDATE, config.name, edit.want)?;
        let update = cx.cloudfront().update_response_headers_policy().id(id).set_if_match(now.e_tag);
        call(UPDATE, update.response_headers_policy_config(config).send().await)?;
        Ok(edit.have.clone())
    }

    async fn delete(cx: &Cx, have: &ResponseHeadersPolicyAttrs) -> Result<()> {
        let now = existing(call(GET, cx.cloudfront().get_response_headers_policy().id(&have.id).send().await), GONE)?;
        let Some(now) = now else { return Ok(()) };
        let delete = cx.cloudfront().delete_response_headers_policy().id(&have.id).set_if_match(now.e_tag);
        deleted(call(DELETE, delete.send().await), GONE)
    }

    async fn find(cx: &Cx, lost: &[Lost<ResponseHeadersPolicy>]) -> Result<Vec<Option<ResponseHeadersPolicyAttrs>>> {
        let list = cx.cloudfront().list_response_headers_policies().r#type(ResponseHeadersPolicyType::Custom);
        let list = call(LIST, list.max_items(100).send().await)?.response_headers_policy_list;
        let all = list.and_then(|it| it.items).unwrap_or_default();
        let id = |name: &str| {
            let policies = all.iter().filter_map(|it| it.response_headers_policy());
            let config = |it: &&aws_sdk_cloudfront::types::ResponseHeadersPolicy| {
                it.response_headers_policy_config().is_some_and(|it| it.name() == name)
            };
            policies.filter(config).map(|it| it.id().to_owned()).next()
        };
        let found = lost.iter().map(|Lost { token, want }| id(&named(&want.name, token)));
        Ok(found.map(|it| it.map(|id| ResponseHeadersPolicyAttrs { id })).collect())
    }
}

/// What Moodle says itself always wins: no header overrides the origin's.
fn config(
    operation: &'static str,
    name: String,
    want: &ResponseHeadersPolicyProps,
) -> Result<ResponseHeadersPolicyConfig> {
    let ResponseHeadersPolicyProps { name: _, comment, tls_only_seconds, no_sniff, referrer } = want;
    let mut security = ResponseHeadersPolicySecurityHeadersConfig::builder();
    if 0 < *tls_only_seconds {
        let header = ResponseHeadersPolicyStrictTransportSecurity::builder().r#override(false);
        let header = header.access_control_max_age_sec(*tls_only_seconds).include_subdomains(false).preload(false);
        security = security.strict_transport_security(built(operation, header.build())?);
    }
    if *no_sniff {
        let header = ResponseHeadersPolicyContentTypeOptions::builder().r#override(false);
        security = security.content_type_options(built(operation, header.build())?);
    }
    if !referrer.is_empty() {
        let header = ResponseHeadersPolicyReferrerPolicy::builder().r#override(false);
        let header = header.referrer_policy(ReferrerPolicyList::from(referrer.as_str()));
        security = security.referrer_policy(built(operation, header.build())?);
    }
    let config = ResponseHeadersPolicyConfig::builder().name(name).comment(comment);
    built(operation, config.security_headers_config(security.build()).build())
}

fn seen(id: &str, config: &ResponseHeadersPolicyConfig) -> Seen<ResponseHeadersPolicy> {
    let security = config.security_headers_config();
    let tls = security.and_then(|it| it.strict_transport_security());
    let referrer = security.and_then(|it| it.referrer_policy());
    let props = ResponseHeadersPolicyProps {
        name: asked(config.name()),
        comment: config.comment().unwrap_or_default().to_owned(),
        tls_only_seconds: tls.map_or(0, ResponseHeadersPolicyStrictTransportSecurity::access_control_max_age_sec),
        no_sniff: security.and_then(|it| it.content_type_options()).is_some(),
        referrer: referrer.map_or(String::new(), |it| it.referrer_policy().as_str().to_owned()),
    };
    Seen { phase: Phase::Ready, props, attrs: ResponseHeadersPolicyAttrs { id: id.to_owned() } }
}
