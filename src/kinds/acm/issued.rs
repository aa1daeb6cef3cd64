//! `acm.issued`: the wait until a certificate can be used, which who speaks TLS with it refers to.
//!
//! Nothing is made and nothing deleted: ACM issues the certificate by itself when it sees the record in DNS. A resource
//! of its own, because the record needs what ACM says of the certificate, and the issue needs the record.

use super::certificate::Certificate;
use super::{DESCRIBE, NO_CERTIFICATE};
use crate::aws::{Cx, Error, Result};
use crate::kind::{Actions, Edit, Kind, Lost, Phase, Poll, Rate, Ref, Retry, Seen, Token, Verb, Wait};
use crate::{attrs, props};

/// See the module.
#[derive(Debug)]
pub struct Issued;

props! {
    /// What we want to be issued.
    pub struct IssuedProps {
        /// The certificate.
        replace certificate: Ref<Certificate>,
    }
}

attrs! {
    /// What was issued.
    pub struct IssuedAttrs {
        /// The certificate's ARN.
        arn: String,
    }
}

impl Kind for Issued {
    const NAME: &'static str = "acm.issued";
    const ID: &'static str = "arn";
    const BATCH: usize = 10;
    // A record that is there already is seen at once; a new one after minutes, and one that people make after hours:
    // then the next apply goes on waiting.
    const POLL: Poll = Poll { ready: Wait::looks(120.0, 5.0, 5.0, 4500.0), gone: Wait::none() };
    const RATE: Rate = Rate { burst: 10, per_second: 10.0 };
    const ACTIONS: Actions =
        Actions { create: &[DESCRIBE], read: &[DESCRIBE], update: &[], delete: &[], find: &[DESCRIBE] };
    const RETRY: &'static [Retry] = &[Retry::on(Verb::Create, NO_CERTIFICATE, 60.0)];

    type Props = IssuedProps;
    type Attrs = IssuedAttrs;

    async fn create(cx: &Cx, _token: &Token, want: &IssuedProps) -> Result<IssuedAttrs> {
        let arn = want.certificate.id();
        let there = super::described(cx, arn).await?;
        let missing = || Error::refused(DESCRIBE, NO_CERTIFICATE, format!("there is no certificate {arn}"));
        there.map(|_| attrs_of(arn)).ok_or_else(missing)
    }

    async fn read(cx: &Cx, have: &[IssuedAttrs]) -> Result<Vec<Option<Seen<Issued>>>> {
        let mut all = Vec::new();
        for IssuedAttrs { arn } in have {
            let found = super::described(cx, arn).await?;
            let phase = found.map(|it| super::phase(&it, Phase::Pending)).transpose()?;
            let props = || IssuedProps { certificate: Ref::known(arn) };
            all.push(phase.map(|phase| Seen { phase, props: props(), attrs: attrs_of(arn) }));
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
            let arn = want.certificate.id();
            all.push(super::described(cx, arn).await?.map(|_| attrs_of(arn)));
        }
        Ok(all)
    }
}

fn attrs_of(arn: &str) -> IssuedAttrs {
    IssuedAttrs { arn: arn.to_owned() }
}
