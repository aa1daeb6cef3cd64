//! `acm.certificate`: a certificate for the site's domain, asked for; it can be used once it is [issued](super::issued).
//!
//! It is ready when ACM says which record in DNS proves that the domain is ours. For one domain that record is the same
//! in every region, and ACM looks for it again at each renewal.

use std::collections::BTreeMap;

use aws_sdk_acm::types::{CertificateDetail, ResourceRecord, ValidationMethod};

use super::{ADD_TAGS, DESCRIBE, NO_CERTIFICATE};
use crate::aws::{Cx, Result, call, tags};
use crate::kind::values::Tags;
use crate::kind::{Actions, Edit, Kind, Lost, Named, Phase, Poll, Rate, Retry, Seen, Token, Verb, Wait};
use crate::kinds::answer::{complete, deleted, existing};
use crate::kinds::route53::name::canonical;
use crate::{attrs, props};

/// See the module.
#[derive(Debug)]
pub struct Certificate;

props! {
    /// What we want of a certificate.
    pub struct CertificateProps {
        /// The domain that it is for, in lower case.
        replace domain: String,
        /// The tags that users see.
        update tags: Tags,
    }
}

attrs! {
    /// What AWS assigns.
    pub struct CertificateAttrs {
        /// `arn:aws:acm:…:certificate/…`.
        arn: String,
        /// The name of the record that proves the domain; known some seconds after the request, as the next two.
        record_name: Option<String>,
        /// Its type, `CNAME`.
        record_type: Option<String>,
        /// Its value.
        record_value: Option<String>,
    }
}

const REQUEST: &str = "acm:RequestCertificate";
const LIST: &str = "acm:ListCertificates";
const TAGS: &str = "acm:ListTagsForCertificate";

impl Kind for Certificate {
    const NAME: &'static str = "acm.certificate";
    const ID: &'static str = "arn";
    // Two calls each: the list has neither records nor tags.
    const BATCH: usize = 10;
    const POLL: Poll = Poll { ready: Wait::looks(3.0, 1.5, 1.5, 300.0), gone: Wait::none() };
    const RATE: Rate = super::MUTATING;
    const ACTIONS: Actions = Actions {
        create: &[REQUEST, ADD_TAGS],
        read: &[DESCRIBE, TAGS],
        update: &[ADD_TAGS, "acm:RemoveTagsFromCertificate"],
        delete: &["acm:DeleteCertificate"],
        find: &[LIST, TAGS, DESCRIBE],
    };
    const RETRY: &'static [Retry] = &[
        Retry::on(Verb::Update, NO_CERTIFICATE, 60.0),
        // A load balancer that is gone holds it for some seconds, a distribution for up to twenty minutes.
        Retry::on(Verb::Delete, "ResourceInUseException", 1800.0),
        Retry::on(Verb::Delete, "ConflictException", 60.0),
    ];
    const NAMED: Named = Named::By(&[("arn", "arn:…:certificate/…")]);

    type Props = CertificateProps;
    type Attrs = CertificateAttrs;

    async fn create(cx: &Cx, token: &Token, want: &CertificateProps) -> Result<CertificateAttrs> {
        let request = cx
            .acm()
            .request_certificate()
            .idempotency_token(token.as_str())
            .domain_name(&want.domain)
            .validation_method(ValidationMethod::Dns)
            .set_tags(Some(super::tag_list(REQUEST, tags::stamped(token, &want.tags))?));
        let answer = call(REQUEST, request.send().await)?;
        let arn = complete(REQUEST, answer.certificate_arn)?;
        Ok(CertificateAttrs { arn, record_name: None, record_type: None, record_value: None })
    }

    async fn read(cx: &Cx, have: &[CertificateAttrs]) -> Result<Vec<Option<Seen<Certificate>>>> {
        let mut all = Vec::new();
        for CertificateAttrs { arn, record_name: _, record_type: _, record_value: _ } in have {
            all.push(match super::described(cx, arn).await? {
                Some(found) => seen(cx, arn, &found).await?,
                None => None,
            });
        }
        Ok(all)
    }

    async fn update(cx: &Cx, edit: Edit<'_, Certificate>) -> Result<CertificateAttrs> {
        let Edit { have, was, want, changed: _ } = edit;
        super::update_tags(cx, &have.arn, &was.tags, &want.tags).await?;
        Ok(have.clone())
    }

    async fn delete(cx: &Cx, have: &CertificateAttrs) -> Result<()> {
        let delete = cx.acm().delete_certificate().certificate_arn(&have.arn).send().await;
        deleted(call("acm:DeleteCertificate", delete), &[NO_CERTIFICATE])
    }

    async fn find(cx: &Cx, lost: &[Lost<Certificate>]) -> Result<Vec<Option<CertificateAttrs>>> {
        let pages = cx.acm().list_certificates().into_paginator().items().send();
        let listed = call(LIST, pages.collect::<std::result::Result<Vec<_>, _>>().await)?;
        let mut all = Vec::new();
        for Lost { token, want } in lost {
            let mut ours = None;
            for it in listed.iter().filter(|it| it.domain_name() == Some(&want.domain)) {
                let arn = complete(LIST, it.certificate_arn())?;
                let tags = tags_of(cx, arn).await?.unwrap_or_default();
                if tags.get(tags::TOKEN).is_some_and(|it| it == token.as_str()) {
                    ours = super::described(cx, arn).await?.map(|found| attrs_of(arn, &found));
                }
            }
            all.push(ours);
        }
        Ok(all)
    }
}

async fn seen(cx: &Cx, arn: &str, found: &CertificateDetail) -> Result<Option<Seen<Certificate>>> {
    let Some(tags) = tags_of(cx, arn).await? else { return Ok(None) };
    let props = CertificateProps {
        domain: complete(DESCRIBE, found.domain_name())?.to_lowercase(),
        tags: tags::visible(tags.iter().map(|(key, value)| (key.as_str(), value.as_str()))),
    };
    let attrs = attrs_of(arn, found);
    // Until the record is known nobody can do anything with it.
    let known = attrs.record_name.is_some();
    let phase = super::phase(found, if known { Phase::Ready } else { Phase::Pending })?;
    Ok(Some(Seen { phase, props, attrs }))
}

fn attrs_of(arn: &str, found: &CertificateDetail) -> CertificateAttrs {
    let record = record(found);
    CertificateAttrs {
        arn: arn.to_owned(),
        record_name: record.map(|it| canonical(&it.name)),
        record_type: record.map(|it| it.r#type.as_str().to_owned()),
        record_value: record.map(|it| canonical(&it.value)),
    }
}

/// Returns the record that proves the domain; the others of a certificate are of other names, of which ours have none.
fn record(found: &CertificateDetail) -> Option<&ResourceRecord> {
    found.domain_validation_options().iter().find_map(|it| it.resource_record())
}

/// Returns every tag of a certificate; `None` where there is no certificate.
async fn tags_of(cx: &Cx, arn: &str) -> Result<Option<BTreeMap<String, String>>> {
    let list = cx.acm().list_tags_for_certificate().certificate_arn(arn).send().await;
    let Some(found) = existing(call(TAGS, list), &[NO_CERTIFICATE])? else { return Ok(None) };
    let pair = |it: aws_sdk_acm::types::Tag| (it.key, it.value.unwrap_or_default());
    Ok(Some(found.tags.unwrap_or_default().into_iter().map(pair).collect()))
}
