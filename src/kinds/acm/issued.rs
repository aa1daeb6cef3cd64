//! `acm.issued`: the wait until a certificate can be used, which who speaks TLS with it refers to.
//!
//! Nothing is made and nothing deleted: ACM issues the certificate by itself when it sees the record in DNS. A resource
//! of its own, because the record needs what ACM says of the certificate, and the issue needs the record.

use aws_sdk_acm::types::CertificateDetail;

use super::certificate::Certificate;
use super::{DESCRIBE, NO_CERTIFICATE};
use crate::aws::{Cx, Error, Result};
use crate::kind::{Actions, Edit, Kind, Lost, Named, Phase, Poll, Rate, Ref, Retry, Seen, Token, Verb, Wait};
use crate::{attrs, props};

/// See the module.
#[derive(Debug)]
pub struct Issued;

props! {
    /// What we want to be issued.
    pub struct IssuedProps {
        /// The certificate.
        replace certificate: Ref<Certificate>,
        /// The domain that it must be for.
        replace domain: String,
    }
}

attrs! {
    /// What was issued.
    pub struct IssuedAttrs {
        /// The certificate's ARN.
        arn: String,
        /// The domain.
        domain: String,
    }
}

impl Kind for Issued {
    const NAME: &'static str = "acm.issued";
    const ID: &'static str = "arn";
    const BATCH: usize = 10;
    // A record that is there already is seen at once; a new one after minutes, and one that people make after hours:
    // then the next apply goes on waiting.
    const POLL: Poll = Poll { ready: Wait::looks(120.0, 5.0, 5.0, 4500.0), gone: Wait::none() };
    const RATE: Rate = Rate { group: "issued", burst: 10, per_second: 10.0 };
    const ACTIONS: Actions =
        Actions { create: &[DESCRIBE], read: &[DESCRIBE], update: &[], delete: &[], find: &[DESCRIBE] };
    const RETRY: &'static [Retry] = &[Retry::on(Verb::Create, NO_CERTIFICATE, 60.0)];
    const NAMED: Named = Named::By(&[("arn", "arn:…:certificate/…")]);

    type Props = IssuedProps;
    type Attrs = IssuedAttrs;

    async fn create(cx: &Cx, _token: &Token, want: &IssuedProps) -> Result<IssuedAttrs> {
        let IssuedProps { certificate, domain } = want;
        let arn = certificate.id();
        let missing = || Error::refused(DESCRIBE, NO_CERTIFICATE, format!("there is no certificate {arn}"));
        let there = super::described(cx, arn).await?.ok_or_else(missing)?;
        let names = names(&there);
        if !names.iter().any(|it| covers(it, domain)) {
            let message = format!("{arn} is for {}, and not for {domain}", names.join(", "));
            return Err(Error::refused(DESCRIBE, "OtherDomain", message));
        }
        Ok(attrs_of(want))
    }

    async fn read(cx: &Cx, have: &[IssuedAttrs]) -> Result<Vec<Option<Seen<Issued>>>> {
        let mut all = Vec::new();
        for it in have {
            let IssuedAttrs { arn, domain } = it;
            let found = super::described(cx, arn).await?;
            let phase = found.map(|it| super::phase(&it, Phase::Pending)).transpose()?;
            let props = || IssuedProps { certificate: Ref::known(arn), domain: domain.clone() };
            all.push(phase.map(|phase| Seen { phase, props: props(), attrs: it.clone() }));
        }
        Ok(all)
    }

    async fn update(_cx: &Cx, edit: Edit<'_, Issued>) -> Result<IssuedAttrs> {
        Ok(edit.have.clone())
    }

    async fn delete(_cx: &Cx, _have: &IssuedAttrs) -> Result<()> {
        Ok(())
    }

    async fn find(cx: &Cx, lost: &[Lost<Issued>]) -> Result<Vec<Option<IssuedAttrs>>> {
        let mut all = Vec::new();
        for Lost { token: _, want } in lost {
            all.push(super::described(cx, want.certificate.id()).await?.map(|_| attrs_of(want)));
        }
        Ok(all)
    }
}

fn attrs_of(want: &IssuedProps) -> IssuedAttrs {
    IssuedAttrs { arn: want.certificate.id().to_owned(), domain: want.domain.clone() }
}

fn names(found: &CertificateDetail) -> Vec<String> {
    let mut names: Vec<String> = found.domain_name().into_iter().map(str::to_lowercase).collect();
    names.extend(found.subject_alternative_names().iter().map(|it| it.to_lowercase()));
    names.sort_unstable();
    names.dedup();
    names
}

/// Whether a certificate for `name` is good for a domain: a star stands for one part.
fn covers(name: &str, domain: &str) -> bool {
    let any = name.strip_prefix("*.").zip(domain.split_once('.'));
    name == domain || any.is_some_and(|(rest, (_, parent))| rest == parent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_one_part() {
        assert!(covers("a.example.edu", "a.example.edu") && covers("*.example.edu", "a.example.edu"));
        for other in ["example.edu", "b.a.example.edu", "a.example.org"] {
            assert!(!covers("*.example.edu", other), "{other}");
        }
    }

    #[test]
    fn names_are_told_once() {
        let found = CertificateDetail::builder().domain_name("A.edu").subject_alternative_names("a.edu");
        assert_eq!(names(&found.subject_alternative_names("*.b.edu").build()), ["*.b.edu", "a.edu"]);
    }
}
