//! Certificate Manager: the certificates with which a site speaks TLS.

pub mod certificate;
pub mod issued;

use aws_sdk_acm::types::{CertificateDetail, CertificateStatus, Tag};

use crate::aws::{Cx, Error, Result, call, tags};
use crate::kind::values::Tags;
use crate::kind::{Phase, Rate};
use crate::kinds::answer::{complete, existing};

/// What ACM lets an account ask for.
const MUTATING: Rate = Rate { group: "mutating", burst: 5, per_second: 5.0 };

const DESCRIBE: &str = "acm:DescribeCertificate";
const ADD_TAGS: &str = "acm:AddTagsToCertificate";
const NO_CERTIFICATE: &str = "ResourceNotFoundException";

/// Returns a certificate; `None` where there is none.
async fn described(cx: &Cx, arn: &str) -> Result<Option<CertificateDetail>> {
    let describe = cx.acm().describe_certificate().certificate_arn(arn).send().await;
    let found = existing(call(DESCRIBE, describe), &[NO_CERTIFICATE])?;
    found.map(|it| complete(DESCRIBE, it.certificate)).transpose()
}

/// Returns the phase of a certificate of which `pending` is what it is until its domain is validated.
fn phase(found: &CertificateDetail, pending: Phase) -> Result<Phase> {
    let status = complete(DESCRIBE, found.status())?;
    let why = match status {
        CertificateStatus::Issued => return Ok(Phase::Ready),
        CertificateStatus::PendingValidation => return Ok(pending),
        CertificateStatus::ValidationTimedOut => "nobody made its record in DNS within 72 hours",
        CertificateStatus::Expired => "it has expired",
        CertificateStatus::Revoked => "it was revoked",
        CertificateStatus::Failed => "ACM could not issue it",
        _ => "it cannot be used",
    };
    let reason = found.failure_reason().map_or(String::new(), |it| format!(" ({it})"));
    Ok(Phase::Failed(format!("{why}{reason}")))
}

fn tag_list(operation: &'static str, tags: impl IntoIterator<Item = (String, String)>) -> Result<Vec<Tag>> {
    let tag = |(key, value)| Tag::builder().key(key).value(value).build();
    let tags = tags.into_iter().map(tag).collect::<std::result::Result<_, _>>();
    tags.map_err(|error| Error::refused(operation, "InvalidTag", error.to_string()))
}

/// Makes the tags of a certificate those wanted.
async fn update_tags(cx: &Cx, arn: &str, was: &Tags, want: &Tags) -> Result<()> {
    const REMOVE_TAGS: &str = "acm:RemoveTagsFromCertificate";
    let (gone, set) = tags::difference(was, want);
    if !gone.is_empty() {
        // With a value, ACM would remove a tag only if it has that value.
        let gone = gone.into_iter().map(|key| Tag::builder().key(key).build());
        let gone = gone.collect::<std::result::Result<Vec<_>, _>>();
        let gone = gone.map_err(|error| Error::refused(REMOVE_TAGS, "InvalidTag", error.to_string()))?;
        let remove = cx.acm().remove_tags_from_certificate().certificate_arn(arn).set_tags(Some(gone));
        call(REMOVE_TAGS, remove.send().await)?;
    }
    if !set.is_empty() {
        let set = tag_list(ADD_TAGS, set)?;
        call(ADD_TAGS, cx.acm().add_tags_to_certificate().certificate_arn(arn).set_tags(Some(set)).send().await)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use aws_sdk_acm::types::FailureReason;

    use super::*;

    #[test]
    fn states_become_phases() {
        let phase = |status: &str| {
            let found = CertificateDetail::builder().status(CertificateStatus::from(status)).build();
            phase(&found, Phase::Pending).unwrap()
        };
        assert_eq!(phase("ISSUED"), Phase::Ready);
        assert_eq!(phase("PENDING_VALIDATION"), Phase::Pending);
        for status in ["VALIDATION_TIMED_OUT", "FAILED", "EXPIRED", "REVOKED", "INACTIVE"] {
            assert!(matches!(phase(status), Phase::Failed(_)), "{status}");
        }
    }

    #[test]
    fn a_failure_tells_why() {
        let failed = CertificateDetail::builder().status(CertificateStatus::Failed);
        let failed = failed.failure_reason(FailureReason::CaaError).build();
        let why = Phase::Failed("ACM could not issue it (CAA_ERROR)".to_owned());
        assert_eq!(phase(&failed, Phase::Pending), Ok(why));
        assert!(phase(&CertificateDetail::builder().build(), Phase::Pending).is_err());
    }
}
