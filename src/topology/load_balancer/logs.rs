//! The bucket of the access logs.

use serde_json::json;

use crate::kind::values::Policy;
use crate::kind::{Ref, Text};
use crate::kinds::s3::bucket::{Bucket, BucketProps};
use crate::kinds::s3::bucket_policy::{BucketPolicy, BucketPolicyProps};
use crate::kinds::s3::encryption::{Encryption, EncryptionProps};
use crate::kinds::s3::lifecycle::{Lifecycle, LifecycleProps, Rule};
use crate::kinds::s3::ownership::{Ownership, OwnershipProps};
use crate::kinds::s3::public_access_block::{PublicAccessBlock, PublicAccessBlockProps};
use crate::topology::{Build, Facts, at};

/// Who writes the logs, in every region.
const WRITER: &str = "logdelivery.elasticloadbalancing.amazonaws.com";

/// Adds the bucket and what is set on it; returns it and the policy that lets the logs in.
pub(super) fn add(cx: &mut Build<'_>, retain_days: i32) -> (Ref<Bucket>, Ref<BucketPolicy>) {
    // Stacks have at most 23 characters, and what is added must fit a bucket's name.
    let props = BucketProps { name: cx.name("lb-logs"), force_empty: true, tags: cx.tags("load-balancer-logs") };
    let bucket: Ref<Bucket> = cx.graph.add(at("load-balancer.logs.bucket"), props);
    let of = bucket.early();
    let block = cx.graph.add::<PublicAccessBlock>(
        at("load-balancer.logs.public-access-block"),
        PublicAccessBlockProps::all(of.clone()),
    );
    let owner = OwnershipProps { bucket: of.clone(), owner: "BucketOwnerEnforced".to_owned() };
    cx.graph.add::<Ownership>(at("load-balancer.logs.ownership"), owner);
    // Access logs cannot be encrypted with a key of KMS.
    let encryption =
        EncryptionProps { bucket: of.clone(), algorithm: "AES256".to_owned(), key: None, bucket_key: false };
    cx.graph.add::<Encryption>(at("load-balancer.logs.encryption"), encryption);
    let lifecycle = LifecycleProps { bucket: of.clone(), rules: vec![Rule::expire_all(retain_days)] };
    cx.graph.add::<Lifecycle>(at("load-balancer.logs.lifecycle"), lifecycle);
    let policy = BucketPolicyProps { policy: policy(cx.facts, &of), bucket: of };
    let policy = cx.graph.add(at("load-balancer.logs.policy"), policy);
    cx.graph.after(&policy, &block);
    (bucket, policy)
}

/// Lets in the logs of this account's load balancers, and nobody without TLS.
fn policy(facts: &Facts, bucket: &Ref<Bucket>) -> Policy {
    let (partition, region, account) = (facts.partition(), facts.region(), facts.account());
    let objects = |below: &str| Text::concat([bucket.attr("arn"), below.into()]);
    Policy::of(json!({
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "AccessLogs",
                "Effect": "Allow",
                "Principal": { "Service": WRITER },
                "Action": "s3:PutObject",
                "Resource": objects(&format!("/AWSLogs/{account}/*")),
                "Condition": {
                    "StringEquals": { "aws:SourceAccount": account },
                    "ArnLike": {
                        "aws:SourceArn":
                            format!("arn:{partition}:elasticloadbalancing:{region}:{account}:loadbalancer/*"),
                    },
                },
            },
            {
                "Sid": "OnlyWithTls",
                "Effect": "Deny",
                "Principal": { "AWS": "*" },
                "Action": "s3:*",
                "Resource": [bucket.attr("arn"), objects("/*")],
                "Condition": { "Bool": { "aws:SecureTransport": "false" } },
            },
        ],
    }))
}
