//! `elbv2.listener`: a port of the load balancer, and what is done with requests that no rule is about.

use aws_sdk_elasticloadbalancingv2::types::{Certificate, Listener as InAws, ProtocolEnum, Tag};

use super::load_balancer::LoadBalancer;
use super::{Action, NO_LISTENER, NO_LOAD_BALANCER, NO_TARGET_GROUP, tags};
use crate::aws::{Cx, Result, call};
use crate::kind::values::Tags;
use crate::kind::{
    Actions, Edit, Kind, Lost, Named, Phase, Poll, Rate, Ref, Retry, Seen, Text, Token, Transition, Verb,
};
use crate::kinds::answer::{complete, deleted, existing};
use crate::{attrs, props};

/// See the module.
#[derive(Debug)]
pub struct Listener;

props! {
    /// What we want of a listener.
    pub struct ListenerProps {
        /// The load balancer.
        replace load_balancer: Ref<LoadBalancer>,
        /// The port; a load balancer has one listener for each.
        replace port: i32,
        /// `HTTP` or `HTTPS`.
        update protocol: String,
        /// The ARN of the certificate; `None` for HTTP.
        update certificate: Option<Text>,
        /// Which versions and ciphers of TLS are taken; `None` for HTTP.
        update tls_policy: Option<String>,
        /// What is done with requests that no rule is about.
        update action: Action,
        /// The tags that users see.
        update tags: Tags,
    }
}

attrs! {
    /// What AWS assigns.
    pub struct ListenerAttrs {
        /// `arn:aws:elasticloadbalancing:…:listener/app/…`.
        arn: String,
    }
}

const CREATE: &str = "elasticloadbalancing:CreateListener";
const DESCRIBE: &str = "elasticloadbalancing:DescribeListeners";
const MODIFY: &str = "elasticloadbalancing:ModifyListener";
const DELETE: &str = "elasticloadbalancing:DeleteListener";

impl Kind for Listener {
    const NAME: &'static str = "elbv2.listener";
    const ID: &'static str = "arn";
    // One by one: a call for many fails as a whole when one is gone.
    const BATCH: usize = 5;
    const POLL: Poll = Poll::at_once();
    const RATE: Rate = super::MUTATING;
    const READS: Rate = super::READING;
    const ACTIONS: Actions = Actions {
        create: &[CREATE, tags::ADD, "acm:DescribeCertificate"],
        read: &[DESCRIBE, tags::DESCRIBE],
        update: &[MODIFY, tags::ADD, tags::REMOVE, "acm:DescribeCertificate"],
        delete: &[DELETE],
        find: &[DESCRIBE, tags::DESCRIBE],
    };
    const RETRY: &'static [Retry] = &[
        Retry::on(Verb::Create, NO_LOAD_BALANCER, 60.0),
        Retry::on(Verb::Create, NO_TARGET_GROUP, 60.0),
        // ISSUED, but not known here yet.
        Retry::on(Verb::Create, "CertificateNotFound", 300.0),
        Retry::on(Verb::Create, "UnsupportedCertificate", 300.0),
        Retry::on(Verb::Update, NO_LISTENER, 60.0),
        Retry::on(Verb::Update, NO_TARGET_GROUP, 60.0),
        Retry::on(Verb::Update, "CertificateNotFound", 300.0),
        Retry::on(Verb::Update, "UnsupportedCertificate", 300.0),
    ];
    const NAMED: Named = Named::By(&[("arn", "arn:…:listener/app/…")]);

    type Props = ListenerProps;
    type Attrs = ListenerAttrs;

    async fn create(cx: &Cx, token: &Token, want: &ListenerProps) -> Result<ListenerAttrs> {
        let create = cx
            .elbv2()
            .create_listener()
            .load_balancer_arn(want.load_balancer.id())
            .port(want.port)
            .protocol(ProtocolEnum::from(want.protocol.as_str()))
            .set_certificates(certificates(want))
            .set_ssl_policy(want.tls_policy.clone())
            .default_actions(want.action.to_aws())
            .set_tags(Some(tags::on_create(token, &want.tags)));
        let made = call(CREATE, create.send().await)?.listeners.and_then(|it| it.into_iter().next());
        let made = complete(CREATE, made)?;
        Ok(ListenerAttrs { arn: complete(CREATE, made.listener_arn)? })
    }

    async fn read(cx: &Cx, have: &[ListenerAttrs]) -> Result<Vec<Option<Seen<Listener>>>> {
        let mut all = Vec::new();
        for it in have {
            all.push(seen(cx, it).await?);
        }
        Ok(all)
    }

    async fn update(cx: &Cx, edit: Edit<'_, Listener>) -> Result<ListenerAttrs> {
        let Edit { have, was, want, changed: _ } = edit;
        if ["protocol", "certificate", "tls_policy", "action"].iter().any(|it| edit.changes(it)) {
            let modify = cx
                .elbv2()
                .modify_listener()
                .listener_arn(&have.arn)
                .protocol(ProtocolEnum::from(want.protocol.as_str()))
                .set_certificates(certificates(want))
                .set_ssl_policy(want.tls_policy.clone())
                .default_actions(want.action.to_aws());
            call(MODIFY, modify.send().await)?;
        }
        if edit.changes("tags") {
            tags::update(cx, &have.arn, &was.tags, &want.tags).await?;
        }
        Ok(have.clone())
    }

    async fn delete(cx: &Cx, have: &ListenerAttrs) -> Result<()> {
        let delete = cx.elbv2().delete_listener().listener_arn(&have.arn).send().await;
        deleted(call(DELETE, delete), &[NO_LISTENER, NO_LOAD_BALANCER])
    }

    async fn find(cx: &Cx, lost: &[Lost<Listener>]) -> Result<Vec<Option<ListenerAttrs>>> {
        let mut all = Vec::new();
        for Lost { token, want } in lost {
            let arn = at_port(cx, want.load_balancer.id(), want.port).await?;
            all.push(match arn {
                Some(arn) if tags::carries(cx, &arn, NO_LISTENER, token).await? => Some(ListenerAttrs { arn }),
                _ => None,
            });
        }
        Ok(all)
    }

    fn conflicts(old: &ListenerProps, new: &ListenerProps) -> bool {
        old.load_balancer == new.load_balancer && old.port == new.port
    }

    fn noticed(_old: &ListenerProps, _new: &ListenerProps, transition: Transition) -> Option<&'static str> {
        (transition == Transition::OldFirst).then_some("nobody reaches the site by one of its ports")
    }
}

fn certificates(want: &ListenerProps) -> Option<Vec<Certificate>> {
    let certificate = want.certificate.as_ref()?;
    Some(vec![Certificate::builder().certificate_arn(certificate.as_str()).build()])
}

/// Returns the ARN of the listener on a port.
async fn at_port(cx: &Cx, load_balancer: &str, port: i32) -> Result<Option<String>> {
    let pages = cx.elbv2().describe_listeners().load_balancer_arn(load_balancer).into_paginator().items().send();
    let all = call(DESCRIBE, pages.collect::<std::result::Result<Vec<InAws>, _>>().await);
    let all = existing(all, &[NO_LOAD_BALANCER])?.unwrap_or_default();
    Ok(all.into_iter().find(|it| it.port() == Some(port)).and_then(|it| it.listener_arn))
}

async fn seen(cx: &Cx, have: &ListenerAttrs) -> Result<Option<Seen<Listener>>> {
    let describe = cx.elbv2().describe_listeners().listener_arns(&have.arn).send().await;
    let found = existing(call(DESCRIBE, describe), &[NO_LISTENER, NO_LOAD_BALANCER])?.and_then(|it| it.listeners);
    let Some(there) = found.and_then(|it| it.into_iter().next()) else { return Ok(None) };
    let Some(tags) = tags::of(cx, &have.arn, NO_LISTENER).await? else { return Ok(None) };
    Ok(Some(Seen { phase: Phase::Ready, props: props_of(&there, &tags), attrs: have.clone() }))
}

fn props_of(there: &InAws, tags: &[Tag]) -> ListenerProps {
    let certificate = there.certificates().first().and_then(|it| it.certificate_arn());
    ListenerProps {
        load_balancer: Ref::known(there.load_balancer_arn().unwrap_or_default()),
        port: there.port().unwrap_or_default(),
        protocol: there.protocol().map(ProtocolEnum::as_str).unwrap_or_default().to_owned(),
        certificate: certificate.map(Text::from),
        tls_policy: there.ssl_policy().filter(|it| !it.is_empty()).map(str::to_owned),
        action: Action::from_aws(there.default_actions()),
        tags: tags::visible(tags),
    }
}
