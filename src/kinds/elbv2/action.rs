//! What a load balancer does with a request, and how it is written.

use aws_sdk_elasticloadbalancingv2::types::{
    Action as InAws, ActionTypeEnum, FixedResponseActionConfig, ForwardActionConfig, RedirectActionConfig,
    RedirectActionStatusCodeEnum,
};
use serde::{Deserialize, Serialize};

use super::target_group::TargetGroup;
use crate::kind::Ref;

/// What is done with a request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// A web server gets it.
    Forward(Ref<TargetGroup>),
    /// The visitor is sent to the same page by HTTPS, for good.
    RedirectToHttps,
    /// The visitor is told that this is forbidden.
    Forbid,
    /// One that the engine does not make.
    Other,
}

const HTTPS: &str = "HTTPS";
const HTTPS_PORT: &str = "443";
const FORBIDDEN: &str = "403";

impl Action {
    /// Returns the action as AWS writes it.
    pub(super) fn to_aws(&self) -> InAws {
        let action = InAws::builder();
        match self {
            Action::Forward(group) => action.r#type(ActionTypeEnum::Forward).target_group_arn(group.id()).build(),
            Action::RedirectToHttps => {
                // Host, path and query stay where they are not named.
                let to = RedirectActionConfig::builder()
                    .protocol(HTTPS)
                    .port(HTTPS_PORT)
                    .status_code(RedirectActionStatusCodeEnum::Http301)
                    .build();
                action.r#type(ActionTypeEnum::Redirect).redirect_config(to).build()
            }
            Action::Forbid => {
                let say = FixedResponseActionConfig::builder()
                    .status_code(FORBIDDEN)
                    .content_type("text/plain")
                    .message_body("Forbidden")
                    .build();
                action.r#type(ActionTypeEnum::FixedResponse).fixed_response_config(say).build()
            }
            Action::Other => panic!("bug: an unknown action is nobody's wish"),
        }
    }

    /// Reads the actions of a listener or a rule, of which ours have one.
    pub(super) fn from_aws(actions: &[InAws]) -> Action {
        let [action] = actions else { return Action::Other };
        match action.r#type() {
            Some(ActionTypeEnum::Forward) => forward(action),
            Some(ActionTypeEnum::Redirect) => {
                action.redirect_config().filter(|it| is_ours(it)).map(|_| Action::RedirectToHttps)
            }
            Some(ActionTypeEnum::FixedResponse) => {
                let forbids = |it: &&FixedResponseActionConfig| it.status_code() == Some(FORBIDDEN);
                action.fixed_response_config().filter(forbids).map(|_| Action::Forbid)
            }
            _ => None,
        }
        .unwrap_or(Action::Other)
    }
}

/// AWS writes a forward in a short and in a long form, and answers both.
fn forward(action: &InAws) -> Option<Action> {
    let long = action.forward_config().map(ForwardActionConfig::target_groups).unwrap_or_default();
    let group = match long {
        [] => action.target_group_arn()?,
        [one] => one.target_group_arn()?,
        _ => return None,
    };
    Some(Action::Forward(Ref::known(group)))
}

fn is_ours(to: &RedirectActionConfig) -> bool {
    let keeps = |it: Option<&str>, own: &str| it.is_none_or(|it| it.is_empty() || it == own);
    to.protocol() == Some(HTTPS)
        && to.port() == Some(HTTPS_PORT)
        && to.status_code() == Some(&RedirectActionStatusCodeEnum::Http301)
        && keeps(to.host(), "#{host}")
        && keeps(to.path(), "/#{path}")
        && keeps(to.query(), "#{query}")
}

#[cfg(test)]
mod tests {
    use aws_sdk_elasticloadbalancingv2::types::TargetGroupTuple;

    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for action in [Action::Forward(Ref::known("arn")), Action::RedirectToHttps, Action::Forbid] {
            assert_eq!(Action::from_aws(&[action.to_aws()]), action);
        }
        assert_eq!(Action::from_aws(&[]), Action::Other);
    }

    #[test]
    fn a_forward_is_read_in_both_forms_and_a_redirect_elsewhere_is_not_ours() {
        let group = |arn: &str| TargetGroupTuple::builder().target_group_arn(arn).weight(1).build();
        let to = |groups: &[&str]| {
            let groups = groups.iter().map(|it| group(it)).collect();
            let config = ForwardActionConfig::builder().set_target_groups(Some(groups)).build();
            InAws::builder().r#type(ActionTypeEnum::Forward).forward_config(config).build()
        };
        assert_eq!(Action::from_aws(&[to(&["a"])]), Action::Forward(Ref::known("a")));
        assert_eq!(Action::from_aws(&[to(&["a", "b"])]), Action::Other);
        let mut redirect = Action::RedirectToHttps.to_aws();
        let explicit = |host: &str| {
            let to = RedirectActionConfig::builder().protocol(HTTPS).port(HTTPS_PORT).host(host).path("/#{path}");
            Some(to.query("#{query}").status_code(RedirectActionStatusCodeEnum::Http301).build())
        };
        redirect.redirect_config = explicit("#{host}");
        assert_eq!(Action::from_aws(std::slice::from_ref(&redirect)), Action::RedirectToHttps);
        redirect.redirect_config = explicit("elsewhere.example.com");
        assert_eq!(Action::from_aws(&[redirect]), Action::Other);
    }
}
