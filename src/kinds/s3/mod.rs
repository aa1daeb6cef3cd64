//! S3: buckets for logs and artefacts, and what is set on them.
//!
//! Each setting is a call of its own, and a kind of its own beside the bucket: it exists or it does not.

pub mod bucket;

mod setting;

pub mod public_access_block;

pub mod ownership;

pub mod encryption;

pub mod versioning;

pub mod lifecycle;

pub mod bucket_policy;

pub mod object;

use aws_sdk_s3::error::BuildError;

use crate::aws::Error;
use crate::kind::{Rate, Retry, Verb};

/// S3 publishes no rates for these calls; this is what it stands without complaint.
const MUTATING: Rate = Rate { group: "mutating", burst: 10, per_second: 5.0 };

const NO_BUCKET: &str = "NoSuchBucket";
/// Refused while another call changes the same bucket.
const BUSY: &str = "OperationAborted";

/// The refusals of every setting that pass.
const SETTING: &[Retry] = &[
    Retry::on(Verb::Create, NO_BUCKET, 60.0),
    Retry::on(Verb::Create, BUSY, 60.0),
    Retry::on(Verb::Update, BUSY, 60.0),
    Retry::on(Verb::Delete, BUSY, 60.0),
];

/// Returns the failure of a request that lacks what S3 asks for.
fn unbuildable(operation: &'static str, error: &BuildError) -> Error {
    Error::refused(operation, "InvalidRequest", error.to_string())
}
