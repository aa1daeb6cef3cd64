//! The rules of a web ACL that we make, and how WAF writes them.

use std::collections::BTreeSet;

use aws_sdk_wafv2::error::BuildError;
use aws_sdk_wafv2::types::{
    BlockAction, CountAction, ManagedRuleGroupStatement, NoneAction, OverrideAction, RateBasedStatement,
    RateBasedStatementAggregateKeyType, Rule as InAws, RuleAction, RuleActionOverride, Statement, VisibilityConfig,
};
use serde::{Deserialize, Serialize};

/// A rule. Their order is that in which WAF asks them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Rule {
    /// A group of AWS's own, in its newest version.
    Managed {
        /// `AWSManagedRules…`.
        group: String,
        /// Those of its rules that are only counted.
        count: BTreeSet<String>,
    },
    /// Refuses an address that makes more requests in five minutes.
    Rate {
        /// So many.
        limit: i64,
    },
    /// One that the engine does not make, by its name.
    Other(String),
}

/// Who publishes AWS's own groups.
const AWS: &str = "AWS";
const RATE: &str = "rate";
const WINDOW_SECONDS: i64 = 300;

impl Rule {
    fn name(&self) -> &str {
        match self {
            Rule::Managed { group, count: _ } => group,
            Rule::Rate { limit: _ } => RATE,
            Rule::Other(name) => name,
        }
    }
}

/// Returns what is shown of requests to people who look.
pub(super) fn visibility(name: &str) -> Result<VisibilityConfig, BuildError> {
    let shown = VisibilityConfig::builder().sampled_requests_enabled(true).cloud_watch_metrics_enabled(true);
    shown.metric_name(name).build()
}

/// Returns the rules as WAF writes them.
pub(super) fn to_aws(rules: &[Rule]) -> Result<Vec<InAws>, BuildError> {
    let mut all = Vec::new();
    for (priority, rule) in (0_i32..).zip(rules) {
        let made = InAws::builder().name(rule.name()).priority(priority).visibility_config(visibility(rule.name())?);
        let made = match rule {
            Rule::Managed { group, count } => made
                .statement(managed(group, count)?)
                .override_action(OverrideAction::builder().none(NoneAction::builder().build()).build()),
            Rule::Rate { limit } => made
                .statement(rate(*limit)?)
                .action(RuleAction::builder().block(BlockAction::builder().build()).build()),
            Rule::Other(name) => panic!("bug: {name} is nobody's wish"),
        };
        all.push(made.build()?);
    }
    Ok(all)
}

fn managed(group: &str, count: &BTreeSet<String>) -> Result<Statement, BuildError> {
    let counted = RuleAction::builder().count(CountAction::builder().build()).build();
    let overrides: Result<Vec<_>, _> = count
        .iter()
        .map(|name| RuleActionOverride::builder().name(name).action_to_use(counted.clone()).build())
        .collect();
    let overrides = Some(overrides?).filter(|it| !it.is_empty());
    let group = ManagedRuleGroupStatement::builder().vendor_name(AWS).name(group).set_rule_action_overrides(overrides);
    Ok(Statement::builder().managed_rule_group_statement(group.build()?).build())
}

fn rate(limit: i64) -> Result<Statement, BuildError> {
    let rate = RateBasedStatement::builder()
        .limit(limit)
        .evaluation_window_sec(WINDOW_SECONDS)
        .aggregate_key_type(RateBasedStatementAggregateKeyType::Ip);
    Ok(Statement::builder().rate_based_statement(rate.build()?).build())
}

/// Reads the rules that a web ACL has.
pub(super) fn from_aws(rules: &[InAws]) -> Vec<Rule> {
    let mut rules: Vec<&InAws> = rules.iter().collect();
    rules.sort_by_key(|it| it.priority);
    rules.into_iter().map(|it| ours(it).unwrap_or_else(|| Rule::Other(it.name().to_owned()))).collect()
}

fn ours(rule: &InAws) -> Option<Rule> {
    let statement = rule.statement()?;
    if let Some(managed) = statement.managed_rule_group_statement() {
        let counts = |it: &RuleActionOverride| it.action_to_use().is_some_and(|it| it.count().is_some());
        let plain = managed.vendor_name() == AWS
            && managed.scope_down_statement().is_none()
            && managed.rule_action_overrides().iter().all(counts)
            && rule.override_action().is_some_and(|it| it.none().is_some());
        let count = managed.rule_action_overrides().iter().map(|it| it.name().to_owned()).collect();
        return plain.then(|| Rule::Managed { group: managed.name().to_owned(), count });
    }
    let rate = statement.rate_based_statement()?;
    let plain = *rate.aggregate_key_type() == RateBasedStatementAggregateKeyType::Ip
        && rate.scope_down_statement().is_none()
        && matches!(rate.evaluation_window_sec(), 0 | WINDOW_SECONDS)
        && rule.action().is_some_and(|it| it.block().is_some());
    plain.then(|| Rule::Rate { limit: rate.limit() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_what_is_not_ours_is_named() {
        let count = BTreeSet::from(["SizeRestrictions_BODY".to_owned()]);
        let rules = [
            Rule::Rate { limit: 1000 },
            Rule::Managed { group: "AWSManagedRulesCommonRuleSet".to_owned(), count },
            Rule::Managed { group: "AWSManagedRulesKnownBadInputsRuleSet".to_owned(), count: BTreeSet::new() },
        ];
        let mut there = to_aws(&rules).unwrap();
        there.reverse();
        assert_eq!(from_aws(&there), rules);
        // Somebody lets through what we refuse.
        let allow = aws_sdk_wafv2::types::AllowAction::builder().build();
        there[2].action = Some(RuleAction::builder().allow(allow).build());
        assert_eq!(from_aws(&there)[0], Rule::Other("rate".to_owned()));
    }
}
