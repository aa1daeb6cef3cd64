//! `cloudfront.cache_policy`: what makes two requests for a file of the theme the same, and how long its copy is kept.

use std::collections::BTreeSet;

use aws_sdk_cloudfront::types::{
    CachePolicyConfig, CachePolicyCookieBehavior, CachePolicyCookiesConfig, CachePolicyHeaderBehavior,
    CachePolicyHeadersConfig, CachePolicyQueryStringBehavior, CachePolicyQueryStringsConfig, CachePolicyType, Headers,
    ParametersInCacheKeyAndForwardedToOrigin,
};

use super::{CHANGED, STALE, asked, built, named, quantity};
use crate::aws::{Cx, Result, call};
use crate::kind::{Actions, Edit, Kind, Lost, Named, Phase, Poll, Rate, Retry, Seen, Token, Verb, Wait};
use crate::kinds::answer::{complete, deleted, existing};
use crate::{attrs, props};

/// See the module.
#[derive(Debug)]
pub struct CachePolicy;

props! {
    /// What we want of a cache policy.
    pub struct CachePolicyProps {
        /// Its name, without the piece of our token.
        replace name: String,
        /// What it is for.
        update comment: String,
        /// For how many seconds a copy is kept at least.
        update min_ttl: i64,
        /// For how many, where the origin does not say.
        update default_ttl: i64,
        /// For how many at most, whatever the origin says.
        update max_ttl: i64,
        /// The headers that tell requests apart, in lower case.
        update headers: BTreeSet<String>,
        /// Whether cookies tell requests apart: `all` or `none`.
        update cookies: String,
        /// Whether query strings do: `all` or `none`.
        update query_strings: String,
    }
}

attrs! {
    /// What AWS assigns.
    pub struct CachePolicyAttrs {
        /// The id.
        id: String,
    }
}

const CREATE: &str = "cloudfront:CreateCachePolicy";
const GET: &str = "cloudfront:GetCachePolicy";
const UPDATE: &str = "cloudfront:UpdateCachePolicy";
const DELETE: &str = "cloudfront:DeleteCachePolicy";
const LIST: &str = "cloudfront:ListCachePolicies";
const GONE: &[&str] = &["NoSuchCachePolicy"];

impl Kind for CachePolicy {
    const NAME: &'static str = "cloudfront.cache_policy";
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
        Retry::on(Verb::Delete, "CachePolicyInUse", 300.0),
        Retry::on(Verb::Delete, CHANGED, 60.0),
        Retry::on(Verb::Delete, STALE, 60.0),
    ];
    const NAMED: Named = Named::By(&[("id", "ID")]);
    const LABELS: &'static [&'static str] = &["name"];

    type Props = CachePolicyProps;
    type Attrs = CachePolicyAttrs;

    async fn create(cx: &Cx, token: &Token, want: &CachePolicyProps) -> Result<CachePolicyAttrs> {
        let config = config(CREATE, named(&want.name, token), want)?;
        let answer = call(CREATE, cx.cloudfront().create_cache_policy().cache_policy_config(config).send().await)?;
        Ok(CachePolicyAttrs { id: complete(CREATE, answer.cache_policy)?.id })
    }

    async fn read(cx: &Cx, have: &[CachePolicyAttrs]) -> Result<Vec<Option<Seen<CachePolicy>>>> {
        let mut all = Vec::new();
        for CachePolicyAttrs { id } in have {
            let found = existing(call(GET, cx.cloudfront().get_cache_policy().id(id).send().await), GONE)?;
            let config = found.and_then(|it| it.cache_policy?.cache_policy_config);
            all.push(config.map(|it| seen(id, &it)).transpose()?);
        }
        Ok(all)
    }

    async fn update(cx: &Cx, edit: Edit<'_, CachePolicy>) -> Result<CachePolicyAttrs> {
        let id = &edit.have.id;
        let now = call(GET, cx.cloudfront().get_cache_policy().id(id).send().await)?;
        let config = complete(GET, now.cache_policy.and_then(|it| it.cache_policy_config))?;
        let config = self::config(UPDATE, config.name, edit.want)?;
        let update = cx.cloudfront().update_cache_policy().id(id).set_if_match(now.e_tag).cache_policy_config(config);
        call(UPDATE, update.send().await)?;
        Ok(edit.have.clone())
    }

    async fn delete(cx: &Cx, have: &CachePolicyAttrs) -> Result<()> {
        let now = existing(call(GET, cx.cloudfront().get_cache_policy().id(&have.id).send().await), GONE)?;
        let Some(now) = now else { return Ok(()) };
        let delete = cx.cloudfront().delete_cache_policy().id(&have.id).set_if_match(now.e_tag);
        deleted(call(DELETE, delete.send().await), GONE)
    }

    async fn find(cx: &Cx, lost: &[Lost<CachePolicy>]) -> Result<Vec<Option<CachePolicyAttrs>>> {
        let list = cx.cloudfront().list_cache_policies().r#type(CachePolicyType::Custom).max_items(100);
        let list = call(LIST, list.send().await)?.cache_policy_list;
        let all = list.and_then(|it| it.items).unwrap_or_default();
        let id = |name: &str| {
            let policies = all.iter().filter_map(|it| it.cache_policy());
            let mut named = policies.filter(|it| it.cache_policy_config().is_some_and(|it| it.name() == name));
            named.next().map(|it| it.id().to_owned())
        };
        let found = lost.iter().map(|Lost { token, want }| id(&named(&want.name, token)));
        Ok(found.map(|it| it.map(|id| CachePolicyAttrs { id })).collect())
    }
}

fn config(operation: &'static str, name: String, want: &CachePolicyProps) -> Result<CachePolicyConfig> {
    let CachePolicyProps { name: _, comment, min_ttl, default_ttl, max_ttl, headers, cookies, query_strings } = want;
    let names: Vec<String> = headers.iter().cloned().collect();
    let behaviour =
        if names.is_empty() { CachePolicyHeaderBehavior::None } else { CachePolicyHeaderBehavior::Whitelist };
    let list = (!names.is_empty()).then(|| Headers::builder().quantity(quantity(&names)).set_items(Some(names)));
    let list = list.map(|it| built(operation, it.build())).transpose()?;
    let headers = CachePolicyHeadersConfig::builder().header_behavior(behaviour).set_headers(list);
    let cookies =
        CachePolicyCookiesConfig::builder().cookie_behavior(CachePolicyCookieBehavior::from(cookies.as_str()));
    let queries = CachePolicyQueryStringsConfig::builder()
        .query_string_behavior(CachePolicyQueryStringBehavior::from(query_strings.as_str()));
    let key = ParametersInCacheKeyAndForwardedToOrigin::builder()
        .enable_accept_encoding_gzip(true)
        .enable_accept_encoding_brotli(true)
        .headers_config(built(operation, headers.build())?)
        .cookies_config(built(operation, cookies.build())?)
        .query_strings_config(built(operation, queries.build())?);
    let config = CachePolicyConfig::builder()
        .name(name)
        .comment(comment)
        .min_ttl(*min_ttl)
        .default_ttl(*default_ttl)
        .max_ttl(*max_ttl)
        .parameters_in_cache_key_and_forwarded_to_origin(built(operation, key.build())?);
    built(operation, config.build())
}

fn seen(id: &str, config: &CachePolicyConfig) -> Result<Seen<CachePolicy>> {
    let key = complete(GET, config.parameters_in_cache_key_and_forwarded_to_origin())?;
    let headers = key.headers_config().and_then(|it| it.headers()).map(Headers::items).unwrap_or_default();
    let cookies = key.cookies_config().map_or("none", |it| it.cookie_behavior().as_str());
    let queries = key.query_strings_config().map_or("none", |it| it.query_string_behavior().as_str());
    let props = CachePolicyProps {
        name: asked(config.name()),
        comment: config.comment().unwrap_or_default().to_owned(),
        min_ttl: config.min_ttl(),
        default_ttl: config.default_ttl().unwrap_or_default(),
        max_ttl: config.max_ttl().unwrap_or_default(),
        headers: headers.iter().map(|it| it.to_ascii_lowercase()).collect(),
        cookies: cookies.to_owned(),
        query_strings: queries.to_owned(),
    };
    Ok(Seen { phase: Phase::Ready, props, attrs: CachePolicyAttrs { id: id.to_owned() } })
}
