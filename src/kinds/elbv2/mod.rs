//! Elastic Load Balancing: the one door through which visitors come in.

mod tags;

mod action;

pub mod load_balancer;

pub mod target_group;

pub mod listener;

pub mod rule;

pub use action::Action;

use crate::kind::{Rate, Token};

/// All calls that change something share it, as AWS publishes it; those that make load balancers have one of their own.
const MUTATING: Rate = Rate { group: "mutating", burst: 20, per_second: 3.0 };

/// All descriptions share 40 calls and 10 a second; a look at five load balancers takes seven of them.
const READING: Rate = Rate { group: "reads", burst: 5, per_second: 1.4 };

const NO_LOAD_BALANCER: &str = "LoadBalancerNotFound";
const NO_TARGET_GROUP: &str = "TargetGroupNotFound";
const NO_LISTENER: &str = "ListenerNotFound";
const NO_RULE: &str = "RuleNotFound";

/// Returns a name that a replacement can stand beside: names are unique in a region and have 32 characters at most.
fn whole_name(name: &str, token: &Token) -> String {
    format!("{name}-{}", token.short())
}

/// Returns the name without what [`whole_name`] adds.
fn name_of(whole: &str, token: Option<&str>) -> String {
    let suffix = token.and_then(|it| it.get(..8));
    suffix.and_then(|it| whole.strip_suffix(it)?.strip_suffix('-')).unwrap_or(whole).to_owned()
}

/// Returns what metrics call it: the end of the ARN, from `from` on.
fn full_name(arn: &str, from: &str) -> String {
    arn.split_once(from).map_or(arn, |(_, it)| it).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_apart() {
        assert_eq!(name_of("campus-01234567", Some("0123456789ab")), "campus");
        assert_eq!(name_of("campus-01234567", None), "campus-01234567");
        let arn = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/campus/50dc6c495c0c9188";
        assert_eq!(full_name(arn, ":loadbalancer/"), "app/campus/50dc6c495c0c9188");
    }
}
