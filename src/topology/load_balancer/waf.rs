//! The rules before Moodle.

use crate::kinds::wafv2::rules::Rule;

/// So many requests in five minutes are no visitor any more. A page of Moodle is some fifty requests, and a lecture hall
/// may share one address.
const MOST_REQUESTS: i64 = 50_000;

/// Common attacks. Two of its rules are counted only: Moodle takes uploads and pages with markup in the bodies of
/// requests, which they would refuse.
const COMMON: (&str, &[&str]) = ("AWSManagedRulesCommonRuleSet", &["CrossSiteScripting_BODY", "SizeRestrictions_BODY"]);
/// Requests that only an attacker makes.
const BAD_INPUTS: (&str, &[&str]) = ("AWSManagedRulesKnownBadInputsRuleSet", &[]);
/// Addresses that attack others.
const REPUTATION: (&str, &[&str]) = ("AWSManagedRulesAmazonIpReputationList", &[]);

/// Returns the rules. Where all requests come from the CDN, their addresses say nothing of visitors.
pub(in crate::topology) fn rules(from_cdn: bool) -> Vec<Rule> {
    let content = [COMMON, BAD_INPUTS].map(managed);
    if from_cdn {
        return content.into();
    }
    let addresses = [managed(REPUTATION), Rule::Rate { limit: MOST_REQUESTS }];
    addresses.into_iter().chain(content).collect()
}

fn managed((group, count): (&str, &[&str])) -> Rule {
    Rule::Managed { group: group.to_owned(), count: count.iter().map(|it| (*it).to_owned()).collect() }
}
