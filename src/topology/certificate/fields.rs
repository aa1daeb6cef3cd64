//! The `certificate` node of a spec.

use super::{Certificate, Existing, OF_DISTRIBUTIONS};
use crate::spec::Span;
use crate::spec::diagnostic::quoted;
use crate::spec::reader::{Form, Reader};
use crate::spec::tree::{Node, Spanned, Value};
use crate::topology::{Site, regions};

const EXAMPLE: &str = "\"arn:aws:acm:eu-west-1:123456789012:certificate/01234567-89ab-cdef-0123-456789abcdef\"";
/// The longest name that ACM puts first into a certificate.
const LONGEST: usize = 64;

/// Reads the tier; `None` where it has errors, all of which are noted. `site` is what was read of that node, and `cdn`
/// whether the spec has a distribution.
pub(in crate::topology) fn read(
    cx: &mut Reader<'_>,
    node: &Node,
    region: Option<&str>,
    site: Option<&Option<Site>>,
    cdn: bool,
) -> Option<Certificate> {
    let mut form = Form::of(node);
    let existing = form.field(cx, "existing");
    let domain = check_domain(cx, form.span(), site, existing.is_none());
    let certificate = match existing {
        Some(node) => read_existing(cx, node, region, cdn).map(Certificate::Existing),
        None => Some(Certificate::Own),
    };
    form.close(cx);
    certificate.filter(|_| domain)
}

/// Whether there is a domain that a certificate can be for, or a fault of the site that says why not.
fn check_domain(cx: &mut Reader<'_>, span: Span, site: Option<&Option<Site>>, own: bool) -> bool {
    let Some(site) = site.map_or(Some(None), |it| it.as_ref().map(|it| it.domain.as_deref())) else { return true };
    match site {
        None => {
            let detail = "A certificate is for a domain, and the spec names none.";
            cx.error("certificate::domain", span, "Certificate without a domain", detail)
                .help("Write site { domain \"moodle.example.edu\" zone=\"example.edu\" }, or remove `certificate`.");
            false
        }
        Some(domain) if own && LONGEST < domain.len() => {
            let detail =
                format!("The domain has {} characters, and ACM takes {LONGEST} in a certificate.", domain.len());
            cx.error("certificate::domain-length", span, "Domain too long for a certificate", detail).help(
                "Choose a shorter domain, or name a certificate that is there: certificate { existing \"arn:…\" }",
            );
            false
        }
        Some(_) => true,
    }
}

fn read_existing(cx: &mut Reader<'_>, node: &Node, region: Option<&str>, has_cdn: bool) -> Option<Existing> {
    let mut form = Form::of(node);
    let here = form.argument(cx, &format!("existing {EXAMPLE}"));
    let here = here.and_then(|it| arn(cx, it, "The certificate"));
    let cdn = form.property(cx, "cdn").map(|it| arn(cx, it, "`cdn`"));
    form.close(cx);
    let here = here.filter(|it| is_here(cx, it, region));
    let cdn = match cdn {
        Some(read) => Some(read.filter(|it| is_of_distributions(cx, it))?.text),
        None => None,
    };
    let Arn { text: here, region: of, span } = here?;
    if has_cdn && cdn.is_none() && of != OF_DISTRIBUTIONS {
        let detail = format!("Distributions take certificates of {OF_DISTRIBUTIONS} only, and this one is in {of}.");
        cx.error("certificate::cdn", span, "No certificate for the distribution", detail)
            .help(format!("Name a second one: existing \"…\" cdn=\"arn:aws:acm:{OF_DISTRIBUTIONS}:…\""));
        return None;
    }
    Some(Existing { here, cdn })
}

/// The ARN of a certificate.
struct Arn {
    text: String,
    region: String,
    span: Span,
}

fn is_here(cx: &mut Reader<'_>, certificate: &Arn, region: Option<&str>) -> bool {
    let Some(region) = region.filter(|it| *it != certificate.region) else { return true };
    let detail = format!(
        "The certificate is in {}, and the stack is in {}; a load balancer takes certificates of its own region.",
        quoted(&certificate.region),
        quoted(region)
    );
    cx.error("certificate::region", certificate.span, "Certificate of another region", detail)
        .help(format!("Name one of {region}; one for a distribution stands behind `cdn=`."));
    false
}

fn is_of_distributions(cx: &mut Reader<'_>, certificate: &Arn) -> bool {
    if certificate.region == OF_DISTRIBUTIONS {
        return true;
    }
    let detail = format!(
        "Distributions take certificates of {OF_DISTRIBUTIONS} only, and this one is in {}.",
        quoted(&certificate.region)
    );
    cx.error("certificate::cdn", certificate.span, "Certificate of another region", detail)
        .help(format!("Name one of {OF_DISTRIBUTIONS}."));
    false
}

fn arn(cx: &mut Reader<'_>, value: &Spanned<Value>, what: &str) -> Option<Arn> {
    let Spanned { value: arn, span } = cx.text(value, what)?;
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    if let ["arn", partition, "acm", region, account, resource] = parts.as_slice() {
        let word = |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'-');
        let digits = account.len() == 12 && account.bytes().all(|it| it.is_ascii_digit());
        let id = resource.strip_prefix("certificate/").is_some_and(word);
        if regions::is_region(region) && *partition == regions::partition(region) && digits && id {
            let region = (*region).to_owned();
            return Some(Arn { text: arn, region, span });
        }
    }
    let detail = format!("{} is not the ARN of a certificate of ACM.", quoted(&arn));
    cx.error("certificate::arn", span, "Not the ARN of a certificate", detail)
        .help(format!("Write it like {EXAMPLE}."));
    None
}
