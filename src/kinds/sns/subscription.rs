//! `sns.subscription`: who gets the mails of a topic.
//!
//! Whoever has the address must say yes to a mail of AWS's before any other comes. That may take days or never happen,
//! so nothing waits for it: the resource is ready at once, and its attribute `state` tells.

use std::collections::HashMap;

use super::topic::Topic;
use crate::aws::{Cx, Error, Result, call};
use crate::kind::{Actions, Edit, Kind, Lost, Named, Phase, Poll, Rate, Ref, Retry, Seen, Token, Verb, Wait};
use crate::kinds::answer::{complete, deleted, existing};
use crate::{attrs, props};

/// See the module.
#[derive(Debug)]
pub struct Subscription;

props! {
    /// What we want of a subscription.
    pub struct SubscriptionProps {
        /// What is told.
        replace topic: Ref<Topic>,
        /// How it is told: `email`.
        replace protocol: String,
        /// Who is told: an address.
        replace endpoint: String,
    }
}

attrs! {
    /// What AWS assigns.
    pub struct SubscriptionAttrs {
        /// `arn:aws:sns:…`.
        arn: String,
        /// `pending confirmation` until the mail is answered, then `confirmed`.
        state: String,
    }
}

const SUBSCRIBE: &str = "sns:Subscribe";
const GET: &str = "sns:GetSubscriptionAttributes";
const LIST: &str = "sns:ListSubscriptionsByTopic";
const UNSUBSCRIBE: &str = "sns:Unsubscribe";
const PENDING: &str = "pending confirmation";
const CONFIRMED: &str = "confirmed";
const GONE: &[&str] = &["NotFound"];

impl Kind for Subscription {
    const NAME: &'static str = "sns.subscription";
    const ID: &'static str = "arn";
    const BATCH: usize = 10;
    const POLL: Poll =
        Poll { ready: Wait { typical: 0.3, ..Wait::none() }, gone: Wait { typical: 0.3, ..Wait::none() } };
    const RATE: Rate = Rate { group: "subscriptions", burst: 20, per_second: 20.0 };
    const ACTIONS: Actions =
        Actions { create: &[SUBSCRIBE], read: &[GET], update: &[], delete: &[UNSUBSCRIBE], find: &[LIST, GET] };
    const RETRY: &'static [Retry] = &[Retry::on(Verb::Create, "NotFound", 30.0)];
    const NAMED: Named = Named::By(&[("arn", "arn:…:sns:…")]);

    type Props = SubscriptionProps;
    type Attrs = SubscriptionAttrs;

    async fn create(cx: &Cx, _token: &Token, want: &SubscriptionProps) -> Result<SubscriptionAttrs> {
        let SubscriptionProps { topic, protocol, endpoint } = want;
        let subscribe = cx.sns().subscribe().topic_arn(topic.id()).protocol(protocol).endpoint(endpoint);
        // Without this the answer of a pending one has no ARN.
        let answer = call(SUBSCRIBE, subscribe.return_subscription_arn(true).send().await)?;
        let asks = matches!(protocol.as_str(), "email" | "email-json" | "http" | "https");
        let state = if asks { PENDING } else { CONFIRMED };
        Ok(SubscriptionAttrs { arn: complete(SUBSCRIBE, answer.subscription_arn)?, state: state.to_owned() })
    }

    async fn read(cx: &Cx, have: &[SubscriptionAttrs]) -> Result<Vec<Option<Seen<Subscription>>>> {
        let mut all = Vec::new();
        for SubscriptionAttrs { arn, state: _ } in have {
            let get = cx.sns().get_subscription_attributes().subscription_arn(arn).send().await;
            let found = existing(call(GET, get), GONE)?.and_then(|it| it.attributes);
            all.push(found.map(|it| complete(GET, seen(arn, &it))).transpose()?);
        }
        Ok(all)
    }

    async fn update(_cx: &Cx, edit: Edit<'_, Subscription>) -> Result<SubscriptionAttrs> {
        Ok(edit.have.clone())
    }

    async fn delete(cx: &Cx, have: &SubscriptionAttrs) -> Result<()> {
        let answer = call(UNSUBSCRIBE, cx.sns().unsubscribe().subscription_arn(&have.arn).send().await);
        match answer {
            // AWS deletes no pending one; it lapses by itself after a few days.
            Err(error) if is_pending(&error) => Ok(()),
            other => deleted(other, GONE),
        }
    }

    async fn find(cx: &Cx, lost: &[Lost<Subscription>]) -> Result<Vec<Option<SubscriptionAttrs>>> {
        let mut all = Vec::new();
        for Lost { token: _, want } in lost {
            all.push(of_topic(cx, want).await?);
        }
        Ok(all)
    }

    /// Who is subscribed twice gets one mail, and is subscribed once.
    fn conflicts(old: &SubscriptionProps, new: &SubscriptionProps) -> bool {
        old == new
    }
}

fn is_pending(error: &Error) -> bool {
    error.is("InvalidParameter") && error.message.contains("pending confirmation")
}

fn seen(arn: &str, found: &HashMap<String, String>) -> Option<Seen<Subscription>> {
    let pending = found.get("PendingConfirmation").is_some_and(|it| it == "true");
    let props = SubscriptionProps {
        topic: Ref::known(found.get("TopicArn")?),
        protocol: found.get("Protocol")?.clone(),
        endpoint: found.get("Endpoint")?.clone(),
    };
    let state = if pending { PENDING } else { CONFIRMED };
    let attrs = SubscriptionAttrs { arn: arn.to_owned(), state: state.to_owned() };
    Some(Seen { phase: Phase::Ready, props, attrs })
}

/// Returns the subscription of an address, if it is listed with its ARN.
///
/// A pending one is listed without; then the call is made again, and AWS answers with the one that is there.
async fn of_topic(cx: &Cx, want: &SubscriptionProps) -> Result<Option<SubscriptionAttrs>> {
    let list = cx.sns().list_subscriptions_by_topic().topic_arn(want.topic.id());
    let pages = list.into_paginator().items().send().collect::<std::result::Result<Vec<_>, _>>().await;
    let listed = existing(call(LIST, pages), GONE)?.unwrap_or_default();
    let equal = |it: &&aws_sdk_sns::types::Subscription| {
        it.protocol() == Some(&want.protocol) && it.endpoint() == Some(&want.endpoint)
    };
    let arn = listed.iter().find(equal).and_then(|it| it.subscription_arn()).filter(|it| it.starts_with("arn:"));
    let Some(arn) = arn else { return Ok(None) };
    let have = SubscriptionAttrs { arn: arn.to_owned(), state: String::new() };
    let seen = Subscription::read(cx, &[have]).await?;
    Ok(seen.into_iter().flatten().next().map(|it| it.attrs))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pending_one_cannot_be_deleted_and_need_not_be() {
        let refused = |code: &str, message: &str| Error::refused(UNSUBSCRIBE, code, message);
        let said = "Invalid parameter: Cannot unsubscribe a subscription that is pending confirmation";
        assert!(is_pending(&refused("InvalidParameter", said)));
        assert!(!is_pending(&refused("InvalidParameter", "Invalid parameter: SubscriptionArn")));
        assert!(!is_pending(&refused("AuthorizationError", said)));
    }

    #[test]
    fn the_state_tells_whether_the_mail_was_answered() {
        let found = |pending: &str| {
            let all = [("TopicArn", "t"), ("Protocol", "email"), ("Endpoint", "e"), ("PendingConfirmation", pending)];
            seen("arn", &all.map(|(name, value)| (name.to_owned(), value.to_owned())).into()).unwrap().attrs.state
        };
        assert_eq!([found("true"), found("false")], [PENDING, CONFIRMED]);
    }
}
