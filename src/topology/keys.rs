//! Keys for what a tier stores: one that is there already, or one that the stack makes.

use serde_json::json;

use super::{Build, at};
use crate::kind::values::Policy;
use crate::kind::{Ref, Text};
use crate::kinds::kms::alias::{Alias, AliasProps};
use crate::kinds::kms::key::{Key as Made, KeyProps};

/// A KMS key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key {
    /// One that the stack makes, renewed every year.
    Own,
    /// One that is there already, by its ARN.
    Known(String),
}

impl Key {
    /// The word for one of the stack's own.
    pub(super) const OWN: &str = "own";

    /// Returns how a spec writes it.
    pub(super) fn word(&self) -> &str {
        match self {
            Key::Own => Key::OWN,
            Key::Known(arn) => arn,
        }
    }

    /// Returns its ARN. One of the stack's own is added to the graph at `<tier>.key`.
    pub(super) fn add_to(&self, cx: &mut Build<'_>, tier: &str) -> Text {
        match self {
            Key::Own => add(cx, tier),
            Key::Known(arn) => arn.as_str().into(),
        }
    }
}

fn add(cx: &mut Build<'_>, tier: &str) -> Text {
    let (partition, account) = (cx.facts.partition(), cx.facts.account());
    // Who may use it is said by the account's own permissions, as for AWS's keys; services get grants from who calls.
    let policy = Policy::of(json!({
        "Version": "2012-10-17",
        "Id": "moodle-infra",
        "Statement": [{
            "Sid": "Account",
            "Effect": "Allow",
            "Principal": { "AWS": format!("arn:{partition}:iam::{account}:root") },
            "Action": "kms:*",
            "Resource": "*",
        }],
    }));
    let props = KeyProps {
        description: format!("Encrypts the {tier} of the Moodle stack {}", cx.stack),
        policy,
        rotation: true,
        enabled: true,
        tags: cx.tags(tier),
    };
    let key: Ref<Made> = cx.graph.add(at(&format!("{tier}.key")), props);
    let props = AliasProps { name: format!("alias/{}", cx.name(tier)), key: key.early() };
    cx.graph.add::<Alias>(at(&format!("{tier}.key-alias")), props);
    let arn = key.attr("arn");
    cx.output(&format!("{tier}-key"), &arn);
    arn
}
