//! The cases of the tier `load-balancer`, and what the emulators do otherwise.

use std::collections::BTreeMap;

use moodle_infra::graph::Graph;
use moodle_infra::kind::values::{Policy, Tags};
use moodle_infra::kind::{Ref, Text};
use moodle_infra::kinds::s3::bucket::{Bucket, BucketProps};
use moodle_infra::kinds::s3::bucket_policy::{BucketPolicy, BucketPolicyProps};
use moodle_infra::kinds::s3::encryption::{Encryption, EncryptionProps};
use moodle_infra::kinds::s3::lifecycle::{Lifecycle, LifecycleProps, Rule as LifecycleRule};
use moodle_infra::kinds::s3::ownership::{Ownership, OwnershipProps};
use moodle_infra::kinds::s3::public_access_block::{PublicAccessBlock, PublicAccessBlockProps};
use moodle_infra::kinds::s3::versioning::{Versioning, VersioningProps};
use moodle_infra::kinds::secretsmanager::secret::{Recipe, Secret, SecretProps};
use moodle_infra::kinds::wafv2::association::{Association, AssociationProps};
use moodle_infra::kinds::wafv2::rules::Rule as WafRule;
use moodle_infra::kinds::wafv2::web_acl::{WebAcl, WebAclProps};
use serde_json::json;

use super::cases::{Build, Case, at, case, tags};
use super::defects::Defect;
use super::life::Check;
use crate::support::emulator::Emulator;

/// The cases of the tier.
pub(super) const CASES: &[Case] = &[
    Case { name: "bucket", build: bucket },
    Case { name: "public_access_block", build: public_access_block },
    Case { name: "ownership", build: ownership },
    Case { name: "encryption", build: encryption },
    Case { name: "versioning", build: versioning },
    Case { name: "bucket lifecycle", build: lifecycle },
    Case { name: "bucket_policy", build: bucket_policy },
    Case { name: "secret", build: secret },
    Case { name: "secret within an object", build: secret_object },
    Case { name: "web_acl", build: web_acl },
    Case { name: "association", build: association },
];

/// What the emulators do otherwise than AWS.
pub(super) const DEFECTS: &[Defect] = &[
    moto(
        "encryption",
        Check::ReadsTogether,
        "[None, Some(SeenValue",
        "S3's own key takes over: no bucket is ever without encryption",
    ),
    moto(
        "versioning",
        Check::Runs,
        "s3:GetBucketVersioning failed: an answer with status 200",
        "a bucket that never had versions answers an empty document",
    ),
    moto(
        "association",
        Check::UpdatesInPlace,
        "[Difference { field: \"web_acl\"",
        "the last association counts, and there is one",
    ),
    moto("association", Check::Deletes, "\"web_acl\"", "the last association counts, and there is one"),
];

const fn moto(case: &'static str, check: Check, saying: &'static str, reason: &'static str) -> Defect {
    Defect { emulator: Emulator::Moto, case, check, saying, reason }
}

fn second() -> Tags {
    Tags([("owner".to_owned(), "second".to_owned())].into())
}

fn bucket_props(name: &str) -> BucketProps {
    BucketProps { name: name.to_owned(), force_empty: true, tags: tags("first") }
}

fn bucket() -> Build {
    let change = |it: &mut BucketProps| (it.force_empty, it.tags) = (false, second());
    case::<Bucket>(Graph::default(), bucket_props("it-logs"), change, |it| "it-more-logs".clone_into(&mut it.name))
}

/// Returns a graph with two buckets.
fn buckets() -> (Graph, Ref<Bucket>, Ref<Bucket>) {
    let mut graph = Graph::default();
    let [one, other] = ["one", "other"].map(|name| graph.add(at(name), bucket_props(name)));
    (graph, one, other)
}

fn public_access_block() -> Build {
    let (graph, bucket, other) = buckets();
    let before = PublicAccessBlockProps::all(bucket);
    let change = |it: &mut PublicAccessBlockProps| (it.block_acls, it.restrict) = (false, false);
    case::<PublicAccessBlock>(graph, before, change, |it| it.bucket = other)
}

fn ownership() -> Build {
    let (graph, bucket, other) = buckets();
    let before = OwnershipProps { bucket, owner: "BucketOwnerPreferred".to_owned() };
    let change = |it: &mut OwnershipProps| "BucketOwnerEnforced".clone_into(&mut it.owner);
    case::<Ownership>(graph, before, change, |it| it.bucket = other)
}

fn encryption() -> Build {
    let (graph, bucket, other) = buckets();
    let before = EncryptionProps { bucket, algorithm: "aws:kms".to_owned(), key: None, bucket_key: true };
    let key = Text::from("arn:aws:kms:eu-west-1:200000000000:key/01234567-89ab-cdef-0123-456789abcdef");
    case::<Encryption>(graph, before, |it| it.key = Some(key), |it| it.bucket = other)
}

fn versioning() -> Build {
    let (graph, bucket, other) = buckets();
    case::<Versioning>(graph, VersioningProps { bucket }, |_| (), |it| it.bucket = other)
}

fn lifecycle() -> Build {
    let (graph, bucket, other) = buckets();
    let before = LifecycleProps { bucket, rules: vec![LifecycleRule::expire_all(7)] };
    let uploads = LifecycleRule {
        name: "uploads".to_owned(),
        prefix: "uploads/".to_owned(),
        enabled: true,
        expire_days: None,
        older_versions_days: None,
        abort_uploads_days: Some(1),
    };
    let change = |it: &mut LifecycleProps| it.rules = vec![LifecycleRule::expire_all(30), uploads];
    case::<Lifecycle>(graph, before, change, |it| it.bucket = other)
}

fn policy(bucket: &Ref<Bucket>, service: &str) -> Policy {
    let objects = Text::concat([bucket.attr("arn"), "/*".into()]);
    Policy::of(json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Sid": "Logs",
            "Effect": "Allow",
            "Principal": { "Service": service },
            "Action": "s3:PutObject",
            "Resource": objects,
            "Condition": { "StringEquals": { "aws:SourceAccount": "200000000000" } },
        }],
    }))
}

fn bucket_policy() -> Build {
    let (graph, bucket, other) = buckets();
    let after = policy(&bucket, "delivery.logs.amazonaws.com");
    let before =
        BucketPolicyProps { policy: policy(&bucket, "logdelivery.elasticloadbalancing.amazonaws.com"), bucket };
    case::<BucketPolicy>(graph, before, |it| it.policy = after, |it| it.bucket = other)
}

fn secret_props() -> SecretProps {
    SecretProps {
        name: "it/origin".to_owned(),
        recipe: Recipe {
            length: 32,
            without: String::new(),
            punctuation: false,
            member: None,
            beside: BTreeMap::new(),
        },
        description: "Between the CDN and the load balancer".to_owned(),
        key: None,
        disposable: true,
        tags: tags("first"),
    }
}

fn secret() -> Build {
    let mut graph = Graph::default();
    // One of somebody else.
    graph.add::<Secret>(at("stranger"), secret_props());
    let change = |it: &mut SecretProps| {
        "For the CDN".clone_into(&mut it.description);
        (it.disposable, it.tags) = (false, second());
    };
    case::<Secret>(graph, secret_props(), change, |it| it.recipe.length = 40)
}

fn secret_object() -> Build {
    let key = |id: &str| Some(Text::from(format!("arn:aws:kms:eu-west-1:200000000000:key/{id}")));
    let before = SecretProps {
        name: "it/admin".to_owned(),
        recipe: Recipe {
            length: 16,
            without: "\"@/\\".to_owned(),
            punctuation: true,
            member: Some("password".to_owned()),
            beside: [("username".to_owned(), "admin".to_owned())].into(),
        },
        key: key("first"),
        disposable: false,
        ..secret_props()
    };
    case::<Secret>(Graph::default(), before, |it| it.key = key("second"), |it| "it/other".clone_into(&mut it.name))
}

fn web_acl_props(scope: &str) -> WebAclProps {
    let common = WafRule::Managed {
        group: "AWSManagedRulesCommonRuleSet".to_owned(),
        count: ["SizeRestrictions_BODY".to_owned()].into(),
    };
    WebAclProps {
        name: "it".to_owned(),
        scope: scope.to_owned(),
        description: "In front of Moodle".to_owned(),
        rules: vec![WafRule::Rate { limit: 1000 }, common],
        tags: tags("first"),
    }
}

fn web_acl() -> Build {
    let mut graph = Graph::default();
    // One of somebody else.
    graph.add::<WebAcl>(at("stranger"), web_acl_props("REGIONAL"));
    let change = |it: &mut WebAclProps| {
        let group = "AWSManagedRulesKnownBadInputsRuleSet".to_owned();
        it.rules.push(WafRule::Managed { group, count: [].into() });
        "Before Moodle".clone_into(&mut it.description);
        it.tags = second();
    };
    case::<WebAcl>(graph, web_acl_props("REGIONAL"), change, |it| "other".clone_into(&mut it.name))
}

fn association() -> Build {
    let mut graph = Graph::default();
    let one = graph.add(at("one"), web_acl_props("REGIONAL"));
    let other = graph.add(at("other"), web_acl_props("REGIONAL"));
    let load_balancer =
        |id: &str| Text::from(format!("arn:aws:elasticloadbalancing:eu-west-1:200000000000:loadbalancer/app/it/{id}"));
    let before = AssociationProps { resource: load_balancer("50dc6c495c0c9188"), web_acl: one };
    let elsewhere = load_balancer("50dc6c495c0c9189");
    case::<Association>(graph, before, |it| it.web_acl = other, |it| it.resource = elsewhere)
}
