//! How the files that a web server boots come to it: in its user data, or from a bucket where they have no room there.

use serde_json::json;

use super::fleet::value_of;
use super::web::Ground;
use super::{Build, at};
use crate::kind::values::Policy;
use crate::kind::{Ref, Text};
use crate::kinds::iam::role_policy::{RolePolicy, RolePolicyProps};
use crate::kinds::s3::bucket::{Bucket, BucketProps};
use crate::kinds::s3::bucket_policy::{BucketPolicy, BucketPolicyProps};
use crate::kinds::s3::encryption::{Encryption, EncryptionProps};
use crate::kinds::s3::object::{Object, ObjectProps};
use crate::kinds::s3::ownership::{Ownership, OwnershipProps};
use crate::kinds::s3::public_access_block::{PublicAccessBlock, PublicAccessBlockProps};
use crate::runtime::{self, Instance};

/// Where the objects are in the bucket.
const FOLDER: &str = "boot";

/// Returns the user data of the web servers. Adds a bucket with the rest where that is too long for EC2.
pub(super) fn user_data(cx: &mut Build<'_>, ground: &Ground, instance: &Instance) -> Text {
    if runtime::size(instance) <= runtime::LONGEST {
        return runtime::user_data(instance);
    }
    let (bucket, policy) = add_bucket(cx);
    let bundle = runtime::bundle(instance);
    // The folder and not the object, whose name changes with the text: IAM needs its time to spread another policy.
    let all = Text::concat([bucket.attr("arn"), format!("/{FOLDER}/*").into()]);
    let may = RolePolicyProps { role: ground.role.early(), name: "boot".to_owned(), policy: reading(&all) };
    let may: Ref<RolePolicy> = cx.graph.add(at("web.boot.role-policy"), may);
    // Named by what it is: the new one stands beside the old one until the servers are told of it.
    let key = format!("{FOLDER}/{}", bundle.sha256);
    let props = ObjectProps { bucket: bucket.early(), key, text: bundle.text.clone() };
    let object: Ref<Object> = cx.graph.add(at("web.boot.object"), props);
    // Servers come after the object, and the object after what guards it and what lets them have it.
    cx.graph.after(&object, &policy);
    cx.graph.after(&object, &may);
    runtime::fetching(instance, &bundle, object.text())
}

/// Adds the bucket and what is set on it; returns it and the policy, which is the last of these.
fn add_bucket(cx: &mut Build<'_>) -> (Ref<Bucket>, Ref<BucketPolicy>) {
    let props = BucketProps { name: cx.name("boot"), force_empty: true, tags: cx.tags("web-boot") };
    let bucket: Ref<Bucket> = cx.graph.add(at("web.boot.bucket"), props);
    let of = bucket.early();
    let block = PublicAccessBlockProps::all(of.clone());
    let block = cx.graph.add::<PublicAccessBlock>(at("web.boot.public-access-block"), block);
    let owner = OwnershipProps { bucket: of.clone(), owner: "BucketOwnerEnforced".to_owned() };
    let owner = cx.graph.add::<Ownership>(at("web.boot.ownership"), owner);
    let encryption =
        EncryptionProps { bucket: of.clone(), algorithm: "AES256".to_owned(), key: None, bucket_key: false };
    let encryption = cx.graph.add::<Encryption>(at("web.boot.encryption"), encryption);
    let policy = BucketPolicyProps { policy: only_with_tls(&of), bucket: of };
    let policy = cx.graph.add(at("web.boot.policy"), policy);
    cx.graph.after(&policy, &block);
    cx.graph.after(&policy, &owner);
    cx.graph.after(&policy, &encryption);
    (bucket, policy)
}

fn only_with_tls(bucket: &Ref<Bucket>) -> Policy {
    let objects = Text::concat([bucket.attr("arn"), "/*".into()]);
    Policy::of(json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Sid": "OnlyWithTls",
            "Effect": "Deny",
            "Principal": { "AWS": "*" },
            "Action": "s3:*",
            "Resource": [bucket.attr("arn"), objects],
            "Condition": { "Bool": { "aws:SecureTransport": "false" } },
        }],
    }))
}

fn reading(objects: &Text) -> Policy {
    let may = json!({ "Sid": "Boot", "Effect": "Allow", "Action": ["s3:GetObject"], "Resource": [value_of(objects)] });
    Policy::of(json!({ "Version": "2012-10-17", "Statement": [may] }))
}
