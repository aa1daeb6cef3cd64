//! The least IAM policy that a stack needs: what its kinds declare, as statements that IAM reads.
//!
//! - Regional services are limited to the stack's regions, roles and log groups to its names, and what takes a database
//!   or a cache away to its names too. Where the ids are AWS's own or a call names nothing, the resource is `*`, and a
//!   note says so.
//! - A managed policy holds 6144 characters; what is longer becomes several policies, all of which are needed.

mod scope;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::graph::Graph;
use crate::kind::erased::{Erased, Registry};
use scope::Scope;
pub use scope::{Place, iam_names};

/// The characters of a managed policy, white space not counted.
pub const LARGEST: usize = 6144;

/// What the permissions are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Planning, which only reads.
    Plan,
    /// Applying and destroying, which plan first.
    Apply,
}

/// The policies of a stack.
#[derive(Debug, Clone, PartialEq)]
pub struct Permissions {
    /// Policy documents; all of them together are needed.
    pub policies: Vec<Value>,
    /// What is wider than the stack, and why.
    pub notes: Vec<String>,
}

/// A statement without its actions.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Limits {
    service: String,
    resources: Vec<String>,
    /// The condition, as JSON text, because JSON has no order.
    condition: String,
}

/// Returns the policies for the resources of a graph. `asked` are the actions by which facts of the account are asked.
#[must_use]
pub fn permissions(
    graph: &Graph,
    registry: &Registry,
    asked: &BTreeSet<&'static str>,
    place: &Place,
    purpose: Purpose,
) -> Permissions {
    let scope = Scope::of(graph, place);
    let mut statements: BTreeMap<Limits, BTreeSet<&str>> = BTreeMap::new();
    for (action, kinds) in actions(graph, registry, asked, purpose) {
        let resources = scope.resources(action);
        let condition = scope.condition(action, &kinds).to_string();
        let service = action.split(':').next().unwrap_or(action).to_owned();
        statements.entry(Limits { service, resources, condition }).or_default().insert(action);
    }
    let open = |limits: &&Limits| limits.resources == ["*"];
    let open: BTreeSet<&str> = statements.keys().filter(open).map(|it| it.service.as_str()).collect();
    let notes = open.iter().map(|service| format!("{service}: {}", scope::why_any(service))).collect();
    Permissions { policies: packed(statements.iter().map(|(limits, actions)| statement(limits, actions))), notes }
}

/// Returns the actions, named as IAM names them, each with the kinds that need it.
fn actions<'a>(
    graph: &'a Graph,
    registry: &Registry,
    asked: &BTreeSet<&'static str>,
    purpose: Purpose,
) -> BTreeMap<&'static str, BTreeSet<&'a str>> {
    let always = ["sts:GetCallerIdentity", "ec2:DescribeAvailabilityZones"];
    let mut needed: BTreeMap<&'static str, BTreeSet<&'a str>> = BTreeMap::new();
    for action in asked.iter().copied().chain(always) {
        needed.entry(action).or_default();
    }
    for name in graph.nodes().map(|node| node.kind) {
        let Some(kind) = registry.get(name) else { continue };
        let linked = scope::linked_role(name).filter(|_| purpose == Purpose::Apply);
        let linked = linked.map(|_| "iam:CreateServiceLinkedRole");
        for action in declared_by(kind.as_ref(), purpose).flat_map(scope::iam_names).chain(linked) {
            needed.entry(action).or_default().insert(name);
        }
    }
    needed
}

fn declared_by(kind: &dyn Erased, purpose: Purpose) -> impl Iterator<Item = &'static str> {
    let actions = kind.meta().actions;
    let reads = [actions.read, actions.find];
    let changes = [actions.create, actions.update, actions.delete];
    let changes = changes.into_iter().filter(move |_| purpose == Purpose::Apply);
    reads.into_iter().chain(changes).flatten().copied()
}

fn statement(limits: &Limits, actions: &BTreeSet<&str>) -> Value {
    let Limits { service: _, resources, condition } = limits;
    let mut statement = json!({ "Effect": "Allow", "Action": actions, "Resource": resources });
    if resources.as_slice() == ["*"] {
        statement["Resource"] = json!("*");
    }
    let condition: Value = serde_json::from_str(condition).unwrap_or_else(|error| panic!("bug: {error}"));
    if !condition.is_null() {
        statement["Condition"] = condition;
    }
    statement
}

/// Puts statements into as few policies as their order allows.
fn packed(statements: impl Iterator<Item = Value>) -> Vec<Value> {
    let document = |statements: &[Value]| json!({ "Version": "2012-10-17", "Statement": statements });
    let mut policies: Vec<Vec<Value>> = Vec::new();
    for statement in statements.flat_map(halved) {
        match policies.last_mut() {
            Some(last)
                if length(&document(&[last.as_slice(), std::slice::from_ref(&statement)].concat())) <= LARGEST =>
            {
                last.push(statement);
            }
            _ => policies.push(vec![statement]),
        }
    }
    policies.iter().map(|it| document(it)).collect()
}

/// Returns a statement, or its halves where it alone would fill a policy.
fn halved(statement: Value) -> Vec<Value> {
    let actions = statement["Action"].as_array().cloned().unwrap_or_default();
    if length(&statement) + 100 <= LARGEST || actions.len() < 2 {
        return vec![statement];
    }
    let half = |actions: &[Value]| {
        let mut half = statement.clone();
        half["Action"] = json!(actions);
        halved(half)
    };
    let (first, second) = actions.split_at(actions.len() / 2);
    [half(first), half(second)].concat()
}

/// Returns the length that IAM counts; no text of ours has a space in it.
fn length(policy: &Value) -> usize {
    policy.to_string().chars().filter(|it| !it.is_whitespace()).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn long(service: &str, count: usize) -> Value {
        let actions: Vec<String> = (0..count).map(|it| format!("{service}:DescribeSomething{it:04}")).collect();
        json!({ "Effect": "Allow", "Action": actions, "Resource": "*" })
    }

    #[test]
    fn what_is_too_long_becomes_several_policies_and_nothing_is_lost() {
        let statements = [long("ec2", 90), long("rds", 80), long("s3", 400)];
        let policies = packed(statements.iter().cloned());
        assert_eq!(policies.len(), 3, "{policies:?}");
        let mut actions = Vec::new();
        for policy in &policies {
            assert!(length(policy) <= LARGEST, "{}", length(policy));
            let statements = policy["Statement"].as_array().unwrap();
            actions.extend(statements.iter().flat_map(|it| it["Action"].as_array().unwrap().clone()));
        }
        let all: Vec<Value> = statements.iter().flat_map(|it| it["Action"].as_array().unwrap().clone()).collect();
        assert_eq!(actions, all);
        assert_eq!(packed([long("ec2", 3)].into_iter()).len(), 1);
    }
}
