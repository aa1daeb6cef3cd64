//! `cloudfront.distribution`: the site near its visitors; what they ask for goes to the load balancer or comes from a
//! copy.
//!
//! What proves to the load balancer that a request came this way is a secret: its ARN is known here, its value goes
//! from Secrets Manager to CloudFront and nowhere else.
//!
//! AWS deletes a distribution only when it is switched off everywhere, minutes after it was switched off. `delete`
//! does what is next, and is refused (`DistributionNotDisabled`) until nothing is left to do; the engine repeats it.
//! One that a killed run left switched off is a resource with a property that differs: another apply switches it on
//! again, another destroy goes on.

use std::collections::BTreeSet;

use aws_sdk_cloudfront::types::{self, DistributionConfig, DistributionConfigWithTags, Tag, TagKeys, Tags as TagList};
use serde::{Deserialize, Serialize};

use super::{CHANGED, STALE, built, config};
use crate::aws::tags::TOKEN;
use crate::aws::{Cx, Error, Result, call, tags};
use crate::kind::values::Tags;
use crate::kind::{
    Actions, Edit, Kind, Lost, Named, Phase, Poll, Rate, Retry, Seen, Text, Token, Transition, Verb, Wait,
};
use crate::kinds::answer::{complete, deleted, existing};
use crate::{attrs, props};

/// The zone in which alias records of every distribution stand, outside of China.
pub const ZONE: &str = "Z2FDTNDATAQYW2";
/// The header that carries the secret to the load balancer.
pub const SECRET_HEADER: &str = "X-Moodle-Origin";
/// What is read in place of the secret's ARN where the header carries anything but the secret's value.
const ANOTHER_VALUE: &str = "(another value)";

/// See the module.
#[derive(Debug)]
pub struct Distribution;

props! {
    /// What we want of a distribution. An empty text says that there is none.
    pub struct DistributionProps {
        /// What it is for.
        update comment: String,
        /// Whether it answers visitors.
        update enabled: bool,
        /// The names under which visitors come, besides its own.
        update aliases: BTreeSet<String>,
        /// The ARN of the certificate for these names, in `us-east-1`; empty is CloudFront's own, for its own name.
        update certificate: Text,
        /// The oldest TLS that visitors may speak: `TLSv1.2_2021`; `None` with CloudFront's own certificate.
        update tls: Option<String>,
        /// Where it answers: `PriceClass_All`, `PriceClass_200`, `PriceClass_100`.
        update price_class: String,
        /// The protocols besides HTTP/1.1: `http2and3`.
        update http: String,
        /// The ARN of the web ACL, in `us-east-1`.
        update web_acl: Text,
        /// The name of the load balancer.
        update origin: Text,
        /// Whether it is talked to with TLS; its certificate must be for the name that visitors use.
        update origin_tls: bool,
        /// For how many seconds its answer is waited for.
        update origin_seconds: i32,
        /// The ARN of the secret that proves to it where a request comes from.
        update secret: Text,
        /// What happens to every request that no other rule is for.
        update rest: Rules,
        /// What happens to requests for some paths; the first that matches counts.
        update paths: Vec<PathRules>,
        /// For how many seconds an error is answered again without asking the load balancer.
        update error_seconds: i64,
        /// The tags that users see.
        update tags: Tags,
    }
}

/// What happens to requests: the ids of policies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// The cache policy.
    pub cache: Text,
    /// The origin request policy.
    pub request: Text,
    /// The response headers policy.
    pub headers: Text,
}

/// What happens to requests for a path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PathRules {
    /// The path, in which `*` is anything.
    pub path: String,
    /// What happens.
    pub rules: Rules,
}

attrs! {
    /// What AWS assigns.
    pub struct DistributionAttrs {
        /// The id.
        id: String,
        /// `arn:aws:cloudfront::…:distribution/…`.
        arn: String,
        /// `….cloudfront.net`.
        domain_name: String,
        /// The ARN of the secret whose value it got; AWS tells of the value only.
        secret: String,
    }
}

const CREATE: &str = "cloudfront:CreateDistributionWithTags";
const GET: &str = "cloudfront:GetDistribution";
const UPDATE: &str = "cloudfront:UpdateDistribution";
const DELETE: &str = "cloudfront:DeleteDistribution";
const LIST: &str = "cloudfront:ListDistributions";
const LIST_TAGS: &str = "cloudfront:ListTagsForResource";
const TAG: &str = "cloudfront:TagResource";
const UNTAG: &str = "cloudfront:UntagResource";
const GET_SECRET: &str = "secretsmanager:GetSecretValue";
const GONE: &[&str] = &["NoSuchDistribution"];
const NOT_DISABLED: &str = "DistributionNotDisabled";

impl Kind for Distribution {
    const NAME: &'static str = "cloudfront.distribution";
    const ID: &'static str = "id";
    // One call each: the call for all lacks what an update needs.
    const BATCH: usize = 10;
    const POLL: Poll =
        Poll { ready: Wait::looks(170.0, 60.0, 5.0, 2400.0), gone: Wait { typical: 172.0, ..Wait::none() } };
    const CHANGED: Wait = Wait::looks(120.0, 30.0, 5.0, 2400.0);
    // The secret whose value it got.
    const MOVES: &'static [&'static str] = &["secret"];
    const RATE: Rate = super::MUTATING;
    const ACTIONS: Actions = Actions {
        create: &[CREATE, "cloudfront:CreateDistribution", TAG, GET_SECRET, "kms:Decrypt", "acm:DescribeCertificate"],
        read: &[GET, LIST_TAGS, GET_SECRET, "kms:Decrypt"],
        update: &[GET, UPDATE, TAG, UNTAG, GET_SECRET, "kms:Decrypt", "acm:DescribeCertificate"],
        delete: &[GET, UPDATE, DELETE],
        find: &[LIST, LIST_TAGS],
    };
    const RETRY: &'static [Retry] = &[
        // A certificate that was issued, a policy or a web ACL that was made a moment ago.
        Retry::on(Verb::Create, "InvalidViewerCertificate", 120.0),
        Retry::on(Verb::Create, "NoSuchCachePolicy", 60.0),
        Retry::on(Verb::Create, "NoSuchOriginRequestPolicy", 60.0),
        Retry::on(Verb::Create, "NoSuchResponseHeadersPolicy", 60.0),
        Retry::on(Verb::Create, "InvalidWebACLId", 120.0),
        Retry::on(Verb::Create, "ResourceNotFoundException", 60.0),
        Retry::on(Verb::Update, "InvalidViewerCertificate", 120.0),
        Retry::on(Verb::Update, "NoSuchCachePolicy", 60.0),
        Retry::on(Verb::Update, "NoSuchOriginRequestPolicy", 60.0),
        Retry::on(Verb::Update, "NoSuchResponseHeadersPolicy", 60.0),
        Retry::on(Verb::Update, "InvalidWebACLId", 120.0),
        Retry::on(Verb::Update, "ResourceNotFoundException", 60.0),
        Retry::on(Verb::Update, CHANGED, 60.0),
        Retry::on(Verb::Update, STALE, 60.0),
        Retry::on(Verb::Delete, NOT_DISABLED, 2400.0),
        Retry::on(Verb::Delete, CHANGED, 60.0),
        Retry::on(Verb::Delete, STALE, 60.0),
    ];
    const NAMED: Named = Named::By(&[("id", "ID")]);

    type Props = DistributionProps;
    type Attrs = DistributionAttrs;

    async fn create(cx: &Cx, token: &Token, want: &DistributionProps) -> Result<DistributionAttrs> {
        let secret = secret(cx, want.secret.as_str()).await?;
        let config = config::new(CREATE, token, want, secret.as_deref())?;
        let tags = tag_list(CREATE, tags::stamped(token, &want.tags))?;
        let config = DistributionConfigWithTags::builder().distribution_config(config).tags(tags).build();
        let create = cx.cloudfront().create_distribution_with_tags().distribution_config_with_tags(config);
        let made = complete(CREATE, call(CREATE, create.send().await)?.distribution)?;
        Ok(DistributionAttrs {
            id: made.id,
            arn: made.arn,
            domain_name: made.domain_name,
            secret: want.secret.as_str().to_owned(),
        })
    }

    async fn read(cx: &Cx, have: &[DistributionAttrs]) -> Result<Vec<Option<Seen<Distribution>>>> {
        let mut all = Vec::new();
        for have in have {
            let Some((found, _)) = distribution(cx, &have.id).await? else {
                all.push(None);
                continue;
            };
            let tags = tags_of(cx, &found.arn).await?;
            all.push(Some(seen(cx, have, &found, &tags).await?));
        }
        Ok(all)
    }

    async fn update(cx: &Cx, edit: Edit<'_, Distribution>) -> Result<DistributionAttrs> {
        let Edit { have, was, want, changed } = edit;
        if edit.changes("tags") {
            update_tags(cx, &have.arn, &was.tags, &want.tags).await?;
        }
        if changed.iter().any(|it| *it != "tags") {
            let (config, version) = current(cx, &have.id).await?;
            let secret = secret(cx, want.secret.as_str()).await?;
            put(cx, &have.id, config::changed(UPDATE, config, want, secret.as_deref())?, version).await?;
        }
        Ok(DistributionAttrs { secret: want.secret.as_str().to_owned(), ..have.clone() })
    }

    async fn delete(cx: &Cx, have: &DistributionAttrs) -> Result<()> {
        let Some((found, version)) = distribution(cx, &have.id).await? else { return Ok(()) };
        let mut config = complete(GET, found.distribution_config)?;
        let version = if config.enabled {
            config.enabled = false;
            put(cx, &have.id, config, version).await?
        } else if found.status == DEPLOYED {
            version
        } else {
            return Err(Error::refused(DELETE, NOT_DISABLED, "it is not yet switched off everywhere"));
        };
        let delete = cx.cloudfront().delete_distribution().id(&have.id).set_if_match(version);
        deleted(call(DELETE, delete.send().await), GONE)
    }

    async fn find(cx: &Cx, lost: &[Lost<Distribution>]) -> Result<Vec<Option<DistributionAttrs>>> {
        let pages = cx.cloudfront().list_distributions().into_paginator().send();
        let pages: Vec<_> = call(LIST, pages.collect::<std::result::Result<_, _>>().await)?;
        let items = pages.into_iter().filter_map(|it| it.distribution_list?.items);
        let there: Vec<types::DistributionSummary> = items.flatten().collect();
        let mut all = Vec::new();
        for Lost { token, want } in lost {
            let mut ours = None;
            for it in there.iter().filter(|it| it.comment == want.comment) {
                if tags_of(cx, &it.arn).await?.iter().any(|tag| carries(tag, token)) {
                    ours = Some(it);
                    break;
                }
            }
            all.push(ours.map(|it| DistributionAttrs {
                id: it.id.clone(),
                arn: it.arn.clone(),
                domain_name: it.domain_name.clone(),
                secret: want.secret.as_str().to_owned(),
            }));
        }
        Ok(all)
    }

    fn conflicts(old: &DistributionProps, new: &DistributionProps) -> bool {
        // A name belongs to one distribution, of all accounts.
        !old.aliases.is_disjoint(&new.aliases)
    }

    fn noticed(_old: &DistributionProps, _new: &DistributionProps, transition: Transition) -> Option<&'static str> {
        (transition == Transition::OldFirst).then_some("nobody reaches the site")
    }
}

const DEPLOYED: &str = "Deployed";

/// Returns a distribution and the version that a change must name.
async fn distribution(cx: &Cx, id: &str) -> Result<Option<(types::Distribution, Option<String>)>> {
    let answer = existing(call(GET, cx.cloudfront().get_distribution().id(id).send().await), GONE)?;
    Ok(answer.and_then(|it| Some((it.distribution?, it.e_tag))))
}

async fn current(cx: &Cx, id: &str) -> Result<(DistributionConfig, Option<String>)> {
    let answer = call(GET, cx.cloudfront().get_distribution().id(id).send().await)?;
    Ok((complete(GET, answer.distribution.and_then(|it| it.distribution_config))?, answer.e_tag))
}

/// Changes a distribution and returns its new version.
async fn put(cx: &Cx, id: &str, config: DistributionConfig, version: Option<String>) -> Result<Option<String>> {
    let update = cx.cloudfront().update_distribution().id(id).set_if_match(version).distribution_config(config);
    Ok(call(UPDATE, update.send().await)?.e_tag)
}

/// Returns the value of the secret with this ARN; `None` where there is no ARN. Never log it.
async fn secret(cx: &Cx, arn: &str) -> Result<Option<String>> {
    if arn.is_empty() {
        return Ok(None);
    }
    let answer = call(GET_SECRET, cx.secrets().get_secret_value().secret_id(arn).send().await)?;
    complete(GET_SECRET, answer.secret_string).map(Some)
}

async fn seen(
    cx: &Cx,
    have: &DistributionAttrs,
    found: &types::Distribution,
    tags: &[Tag],
) -> Result<Seen<Distribution>> {
    let config = complete(GET, found.distribution_config.as_ref())?;
    let mut props = config::props_of(GET, config)?;
    props.tags = tags::visible(tags.iter().map(|tag| (tag.key(), tag.value().unwrap_or_default())));
    props.secret = match config::secret_of(config) {
        None => "".into(),
        Some(_) if have.secret.is_empty() => ANOTHER_VALUE.into(),
        Some(value) => {
            let wanted = existing(secret(cx, &have.secret).await, &["ResourceNotFoundException"])?.flatten();
            if wanted.as_deref() == Some(value) { have.secret.as_str().into() } else { ANOTHER_VALUE.into() }
        }
    };
    let phase = if found.status == DEPLOYED { Phase::Ready } else { Phase::Pending };
    let attrs = DistributionAttrs {
        id: found.id.clone(),
        arn: found.arn.clone(),
        domain_name: found.domain_name.clone(),
        secret: have.secret.clone(),
    };
    Ok(Seen { phase, props, attrs })
}

async fn tags_of(cx: &Cx, arn: &str) -> Result<Vec<Tag>> {
    let answer = call(LIST_TAGS, cx.cloudfront().list_tags_for_resource().resource(arn).send().await);
    let found = existing(answer, &["NoSuchResource"])?;
    Ok(found.and_then(|it| it.tags?.items).unwrap_or_default())
}

fn carries(tag: &Tag, token: &Token) -> bool {
    tag.key() == TOKEN && tag.value() == Some(token.as_str())
}

async fn update_tags(cx: &Cx, arn: &str, was: &Tags, want: &Tags) -> Result<()> {
    let (gone, set) = tags::difference(was, want);
    if !gone.is_empty() {
        let keys = TagKeys::builder().set_items(Some(gone)).build();
        call(UNTAG, cx.cloudfront().untag_resource().resource(arn).tag_keys(keys).send().await)?;
    }
    if !set.is_empty() {
        let set = tag_list(TAG, set)?;
        call(TAG, cx.cloudfront().tag_resource().resource(arn).tags(set).send().await)?;
    }
    Ok(())
}

fn tag_list(operation: &'static str, tags: impl IntoIterator<Item = (String, String)>) -> Result<TagList> {
    let tag = |(key, value)| Tag::builder().key(key).value(value).build();
    let tags = tags.into_iter().map(tag).collect::<std::result::Result<_, _>>();
    Ok(TagList::builder().set_items(Some(built(operation, tags)?)).build())
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::aws::connect::{Login, Options, connect};
    use crate::aws::loopback::{Answer, Request, Server};

    /// A distribution on AWS: whether it is on, and whether that is so everywhere.
    struct There {
        enabled: bool,
        deployed: bool,
    }

    impl There {
        /// Answers as AWS does, which an emulator does not: what was switched off a moment ago is still on somewhere.
        fn answer(&mut self, request: &Request) -> Answer {
            let verb = request.head.split(' ').next().unwrap_or_default();
            match verb {
                "put" => {
                    (self.enabled, self.deployed) = (request.body.contains("<Enabled>true</Enabled>"), false);
                    Answer::Say(200, self.shown())
                }
                "delete" if self.enabled || !self.deployed => {
                    let error = format!("<Error><Type>Sender</Type><Code>{NOT_DISABLED}</Code></Error>");
                    Answer::Say(409, format!("<ErrorResponse>{error}</ErrorResponse>"))
                }
                "delete" => Answer::Say(204, String::new()),
                "get" => Answer::Say(200, self.shown()),
                _ => Answer::Say(200, IDENTITY.to_owned()),
            }
        }

        fn shown(&self) -> String {
            let status = if self.deployed { DEPLOYED } else { "InProgress" };
            format!(
                "<Distribution><Id>E1</Id><ARN>arn</ARN><Status>{status}</Status>\
                 <LastModifiedTime>2026-11-23T00:00:00Z</LastModifiedTime>\
                 <InProgressInvalidationBatches>0</InProgressInvalidationBatches><DomainName>d</DomainName>\
                 <DistributionConfig><CallerReference>r</CallerReference><Comment></Comment>\
                 <Enabled>{}</Enabled></DistributionConfig></Distribution>",
                self.enabled
            )
        }
    }

    const IDENTITY: &str = "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>111122223333</Account>\
        </GetCallerIdentityResult></GetCallerIdentityResponse>";

    #[tokio::test]
    async fn a_deletion_switches_off_and_is_repeated_until_that_is_so_everywhere() {
        let there = std::sync::Arc::new(Mutex::new(There { enabled: true, deployed: true }));
        let shared = std::sync::Arc::clone(&there);
        let server = Server::start(move |request| shared.lock().unwrap().answer(request));
        let login = Login::keys("AKIDTEST", "secret-of-test");
        let options = Options { login, region: Some("eu-west-1".to_owned()), endpoint: Some(server.url()) };
        let cx = connect(options).await.unwrap();
        let text = |it: &str| it.to_owned();
        let have = DistributionAttrs { id: text("E1"), arn: text("arn"), domain_name: text("d"), secret: text("") };
        let verbs = || -> Vec<String> {
            let all = server.requests().into_iter().skip(1);
            all.map(|it| it.head.split(' ').next().unwrap_or_default().to_owned()).collect()
        };
        let retried = |error: &Error| Distribution::RETRY.iter().any(|it| it.verb == Verb::Delete && error.is(it.code));

        let first = Distribution::delete(&cx, &have).await.unwrap_err();
        assert!(retried(&first), "{first:?}");
        assert_eq!(verbs(), ["get", "put", "delete"]);

        let second = Distribution::delete(&cx, &have).await.unwrap_err();
        assert!(retried(&second), "{second:?}");
        assert_eq!(verbs()[3..], ["get"]);

        there.lock().unwrap().deployed = true;
        Distribution::delete(&cx, &have).await.unwrap();
        assert_eq!(verbs()[4..], ["get", "delete"]);
    }
}
