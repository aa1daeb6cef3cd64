//! `elbv2.rule`: lets in requests that carry a secret in a header, as those of the CDN do.
//!
//! What we want is the secret's ARN. Its value is read when the rule is made, changed or compared, and is never kept:
//! a rule that has another value reads as [`ANOTHER`].

use aws_sdk_elasticloadbalancingv2::types::{
    HttpHeaderConditionConfig, Rule as InAws, RuleCondition, RulePriorityPair, Tag,
};

use super::listener::Listener;
use super::{Action, NO_LISTENER, NO_RULE, NO_TARGET_GROUP, tags};
use crate::aws::{Cx, Error, Result, call};
use crate::kind::values::Tags;
use crate::kind::{Actions, Edit, Kind, Lost, Named, Phase, Poll, Rate, Ref, Retry, Seen, Text, Token, Verb};
use crate::kinds::answer::{complete, deleted, existing};
use crate::{attrs, props};

/// See the module.
#[derive(Debug)]
pub struct Rule;

props! {
    /// What we want of a rule.
    pub struct RuleProps {
        /// The listener.
        replace listener: Ref<Listener>,
        /// Its place among the listener's rules; the lowest is asked first.
        update priority: i32,
        /// The header.
        update header: String,
        /// The ARN of the secret that the header must have.
        update secret: Text,
        /// What is done with the request.
        update action: Action,
        /// The tags that users see.
        update tags: Tags,
    }
}

attrs! {
    /// What AWS assigns, and what a comparison needs.
    pub struct RuleAttrs {
        /// `arn:aws:elasticloadbalancing:…:listener-rule/app/…`.
        arn: String,
        /// The listener.
        listener: String,
        /// The ARN of the secret.
        secret: String,
    }
}

/// What stands for a secret that is not the one wanted.
const ANOTHER: &str = "(another value)";

const CREATE: &str = "elasticloadbalancing:CreateRule";
const DESCRIBE: &str = "elasticloadbalancing:DescribeRules";
const MODIFY: &str = "elasticloadbalancing:ModifyRule";
const MOVE: &str = "elasticloadbalancing:SetRulePriorities";
const DELETE: &str = "elasticloadbalancing:DeleteRule";
const SECRET: &str = "secretsmanager:GetSecretValue";
const DECRYPT: &str = "kms:Decrypt";

const HEADER: &str = "http-header";

impl Kind for Rule {
    const NAME: &'static str = "elbv2.rule";
    const ID: &'static str = "arn";
    // One by one: a call for many fails as a whole when one is gone.
    const BATCH: usize = 5;
    const POLL: Poll = Poll::at_once();
    const RATE: Rate = super::MUTATING;
    const READS: Rate = super::READING;
    const ACTIONS: Actions = Actions {
        create: &[SECRET, CREATE, tags::ADD, DECRYPT],
        read: &[DESCRIBE, tags::DESCRIBE, SECRET, DECRYPT],
        update: &[SECRET, DECRYPT, MODIFY, MOVE, tags::ADD, tags::REMOVE],
        delete: &[DELETE],
        find: &[DESCRIBE, tags::DESCRIBE],
    };
    const RETRY: &'static [Retry] = &[
        Retry::on(Verb::Create, NO_LISTENER, 60.0),
        Retry::on(Verb::Create, NO_TARGET_GROUP, 60.0),
        Retry::on(Verb::Create, "ResourceNotFoundException", 30.0),
        // Another rule that leaves this place.
        Retry::on(Verb::Create, "PriorityInUse", 30.0),
        Retry::on(Verb::Update, NO_RULE, 60.0),
        Retry::on(Verb::Update, NO_TARGET_GROUP, 60.0),
        Retry::on(Verb::Update, "PriorityInUse", 30.0),
    ];

    const MOVES: &'static [&'static str] = &["secret"];
    const NAMED: Named = Named::By(&[("arn", "arn:…:listener-rule/app/…")]);

    type Props = RuleProps;
    type Attrs = RuleAttrs;

    async fn create(cx: &Cx, token: &Token, want: &RuleProps) -> Result<RuleAttrs> {
        let value = secret(cx, want.secret.as_str()).await?;
        let create = cx
            .elbv2()
            .create_rule()
            .listener_arn(want.listener.id())
            .priority(want.priority)
            .conditions(condition(&want.header, &value))
            .actions(want.action.to_aws())
            .set_tags(Some(tags::on_create(token, &want.tags)));
        let made = hidden(&value, call(CREATE, create.send().await))?.rules.and_then(|it| it.into_iter().next());
        attrs_of(complete(CREATE, made)?, CREATE, want)
    }

    async fn read(cx: &Cx, have: &[RuleAttrs]) -> Result<Vec<Option<Seen<Rule>>>> {
        let mut all = Vec::new();
        for it in have {
            all.push(seen(cx, it).await?);
        }
        Ok(all)
    }

    async fn update(cx: &Cx, edit: Edit<'_, Rule>) -> Result<RuleAttrs> {
        let Edit { have, was, want, changed: _ } = edit;
        if ["header", "secret", "action"].iter().any(|it| edit.changes(it)) {
            let value = secret(cx, want.secret.as_str()).await?;
            let modify = cx.elbv2().modify_rule().rule_arn(&have.arn).conditions(condition(&want.header, &value));
            hidden(&value, call(MODIFY, modify.actions(want.action.to_aws()).send().await))?;
        }
        if edit.changes("priority") {
            let place = RulePriorityPair::builder().rule_arn(&have.arn).priority(want.priority).build();
            call(MOVE, cx.elbv2().set_rule_priorities().rule_priorities(place).send().await)?;
        }
        if edit.changes("tags") {
            tags::update(cx, &have.arn, &was.tags, &want.tags).await?;
        }
        Ok(RuleAttrs { secret: want.secret.as_str().to_owned(), ..have.clone() })
    }

    async fn delete(cx: &Cx, have: &RuleAttrs) -> Result<()> {
        let delete = cx.elbv2().delete_rule().rule_arn(&have.arn).send().await;
        deleted(call(DELETE, delete), &[NO_RULE, NO_LISTENER])
    }

    async fn find(cx: &Cx, lost: &[Lost<Rule>]) -> Result<Vec<Option<RuleAttrs>>> {
        let mut all = Vec::new();
        for Lost { token, want } in lost {
            let attrs = at_place(cx, want).await?.map(|it| attrs_of(it, DESCRIBE, want)).transpose()?;
            all.push(match attrs {
                Some(it) if tags::carries(cx, &it.arn, NO_RULE, token).await? => Some(it),
                _ => None,
            });
        }
        Ok(all)
    }

    fn conflicts(old: &RuleProps, new: &RuleProps) -> bool {
        old.listener == new.listener && old.priority == new.priority
    }
}

fn attrs_of(rule: InAws, operation: &'static str, want: &RuleProps) -> Result<RuleAttrs> {
    Ok(RuleAttrs {
        arn: complete(operation, rule.rule_arn)?,
        listener: want.listener.id().to_owned(),
        secret: want.secret.as_str().to_owned(),
    })
}

fn condition(header: &str, value: &str) -> RuleCondition {
    let config = HttpHeaderConditionConfig::builder().http_header_name(header).values(value).build();
    RuleCondition::builder().field(HEADER).http_header_config(config).build()
}

/// Returns the value of a secret, which goes no further than into the next call.
async fn secret(cx: &Cx, arn: &str) -> Result<String> {
    let answer = call(SECRET, cx.secrets().get_secret_value().secret_id(arn).send().await)?;
    complete(SECRET, answer.secret_string)
}

/// Returns an answer whose failure does not repeat the value that was sent.
fn hidden<T>(value: &str, answer: Result<T>) -> Result<T> {
    answer.map_err(|error| Error { message: error.message.replace(value, "(a secret)"), ..error })
}

/// Returns the rule that stands in the place of the one wanted.
async fn at_place(cx: &Cx, want: &RuleProps) -> Result<Option<InAws>> {
    let pages = cx.elbv2().describe_rules().listener_arn(want.listener.id()).into_paginator().items().send();
    let all = call(DESCRIBE, pages.collect::<std::result::Result<Vec<InAws>, _>>().await);
    let all = existing(all, &[NO_LISTENER])?.unwrap_or_default();
    let place = want.priority.to_string();
    Ok(all.into_iter().find(|it| it.priority() == Some(&place)))
}

async fn seen(cx: &Cx, have: &RuleAttrs) -> Result<Option<Seen<Rule>>> {
    let describe = cx.elbv2().describe_rules().rule_arns(&have.arn).send().await;
    let found = existing(call(DESCRIBE, describe), &[NO_RULE, NO_LISTENER])?.and_then(|it| it.rules);
    let Some(there) = found.and_then(|it| it.into_iter().next()) else { return Ok(None) };
    let Some(tags) = tags::of(cx, &have.arn, NO_RULE).await? else { return Ok(None) };
    let value = match secret(cx, &have.secret).await {
        Ok(value) => Some(value),
        // Gone, or about to be.
        Err(error) if error.is("ResourceNotFoundException") || error.is("InvalidRequestException") => None,
        Err(error) => return Err(error),
    };
    let props = props_of(&there, &tags, have, value.as_deref());
    Ok(Some(Seen { phase: Phase::Ready, props, attrs: have.clone() }))
}

fn props_of(there: &InAws, tags: &[Tag], have: &RuleAttrs, value: Option<&str>) -> RuleProps {
    let config = match there.conditions() {
        [only] => only.http_header_config(),
        _ => None,
    };
    let header = config.and_then(|it| it.http_header_name()).unwrap_or_default();
    let asked = match config.map(HttpHeaderConditionConfig::values).unwrap_or_default() {
        [only] => Some(only.as_str()),
        _ => None,
    };
    let same = value.is_some() && asked == value;
    RuleProps {
        listener: Ref::known(&have.listener),
        // Only the default rule has a word for it.
        priority: there.priority().and_then(|it| it.parse().ok()).unwrap_or_default(),
        header: header.to_owned(),
        secret: if same { have.secret.as_str().into() } else { ANOTHER.into() },
        action: Action::from_aws(there.actions()),
        tags: tags::visible(tags),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_compared_and_never_shown() {
        let have =
            RuleAttrs { arn: "rule".to_owned(), listener: "listener".to_owned(), secret: "arn:of:secret".to_owned() };
        let rule = |values: &[&str]| {
            let values = values.iter().map(|it| (*it).to_owned()).collect();
            let config = HttpHeaderConditionConfig::builder().http_header_name("X-It").set_values(Some(values)).build();
            let condition = RuleCondition::builder().field(HEADER).http_header_config(config).build();
            InAws::builder().priority("1").conditions(condition).build()
        };
        let read = |values: &[&str], value: Option<&str>| props_of(&rule(values), &[], &have, value).secret;
        assert_eq!(read(&["hush"], Some("hush")), "arn:of:secret".into());
        assert_eq!(read(&["hush"], Some("other")), ANOTHER.into());
        assert_eq!(read(&["hush", "other"], Some("hush")), ANOTHER.into());
        assert_eq!(read(&["hush"], None), ANOTHER.into());
        assert_eq!(read(&[], None), ANOTHER.into());
    }

    #[test]
    fn a_refusal_does_not_repeat_the_value() {
        let refused: Result<()> = Err(Error::refused(CREATE, "ValidationError", "'hush' is too long"));
        assert_eq!(hidden("hush", refused).unwrap_err().message, "'(a secret)' is too long");
    }
}
