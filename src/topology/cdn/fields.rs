//! The `cdn` node of a spec: its fields and their defaults.

use super::{Cdn, Http, PriceClass};
use crate::spec::reader::{Form, Reader};
use crate::spec::tree::Node;
use crate::topology::network::RETENTIONS;
use crate::topology::regions;

/// For how many days logs are kept where nothing is said.
pub(super) const RETAIN_DAYS: i32 = 7;

/// What of the rest of the spec matters here.
#[derive(Debug, Clone, Copy)]
pub(in crate::topology) struct Around<'a> {
    /// The stack's region, where the spec says it.
    pub(in crate::topology) region: Option<&'a str>,
    /// Whether there is a load balancer.
    pub(in crate::topology) load_balancer: bool,
    /// Whether there is a certificate.
    pub(in crate::topology) certificate: bool,
    /// Whether the site has a name of its own.
    pub(in crate::topology) domain: bool,
}

/// Reads the tier; `None` where it has errors, all of which are noted.
// Every field is read before the first is missed, so that all faults are found at once.
pub(in crate::topology) fn read(cx: &mut Reader<'_>, node: &Node, around: Around<'_>) -> Option<Cdn> {
    let mut form = Form::of(node);
    let default = Cdn::default();
    let placed = check_around(cx, &form, around);
    let price_class = match form.field(cx, "price-class") {
        Some(node) => choice(cx, node, "price-class \"all\"", "The price class", PriceClass::WORDS),
        None => Some(default.price_class),
    };
    let http = match form.field(cx, "http") {
        Some(node) => choice(cx, node, "http \"http2and3\"", "The protocol", Http::WORDS),
        None => Some(default.http),
    };
    let static_cache = match form.field(cx, "static-cache") {
        Some(node) => switch(cx, node, "static-cache #true", "`static-cache`"),
        None => Some(default.static_cache),
    };
    let waf = match form.field(cx, "waf") {
        Some(node) => switch(cx, node, "waf #true", "`waf`"),
        None => Some(default.waf),
    };
    let logs = match form.field(cx, "logs") {
        Some(node) => logs(cx, node),
        None => Ok(default.logs),
    };
    form.close(cx);
    let cdn = Cdn { price_class: price_class?, http: http?, static_cache: static_cache?, waf: waf?, logs: logs.ok()? };
    placed.then_some(cdn)
}

fn check_around(cx: &mut Reader<'_>, form: &Form<'_>, around: Around<'_>) -> bool {
    let Around { region, load_balancer, certificate, domain } = around;
    let elsewhere = region.filter(|it| regions::partition(it) != "aws");
    if let Some(region) = elsewhere {
        let detail = format!("CloudFront does not serve `{region}`: it belongs to a part of AWS of its own.");
        cx.error("cdn::region", form.span(), "No CDN in this region", detail)
            .help("Remove `cdn`; visitors then reach the load balancer itself.");
    }
    if !load_balancer {
        let detail = "`cdn` passes requests on to a load balancer, and the stack has no `load-balancer`.";
        cx.error("cdn::load-balancer", form.span(), "Tier without a load balancer", detail)
            .help("Write `load-balancer` too, or name one that is there: load-balancer { existing \"arn:…\" … }");
    }
    if domain && !certificate {
        let detail = "CloudFront answers to a site's own name with a certificate for that name only, and the stack has no `certificate`.";
        cx.error("cdn::certificate", form.span(), "CDN without a certificate", detail).help(
            "Write `certificate` too: it is then requested in `us-east-1` as well. Or remove `domain` from `site`.",
        );
    }
    elsewhere.is_none() && load_balancer && (certificate || !domain)
}

fn choice<T: Copy>(cx: &mut Reader<'_>, node: &Node, example: &str, what: &str, choices: &[(&str, T)]) -> Option<T> {
    let mut form = Form::of(node);
    let value = form.argument(cx, example);
    let chosen = value.and_then(|it| cx.choice(it, what, choices));
    form.close(cx);
    chosen
}

fn switch(cx: &mut Reader<'_>, node: &Node, example: &str, what: &str) -> Option<bool> {
    let mut form = Form::of(node);
    let value = form.argument(cx, example);
    let on = value.and_then(|it| cx.switch(it, what));
    form.close(cx);
    on
}

/// A fault that the reader has noted.
struct Noted;

/// Reads `logs retain-days=7` or `logs #false`.
fn logs(cx: &mut Reader<'_>, node: &Node) -> Result<Option<i32>, Noted> {
    let mut form = Form::of(node);
    let switch = form.optional_argument();
    let days = form.property(cx, "retain-days");
    form.close(cx);
    let on = match switch {
        Some(value) => cx.switch(value, "`logs`").ok_or(Noted)?,
        None => true,
    };
    let Some(days) = days else { return Ok(on.then_some(RETAIN_DAYS)) };
    if !on {
        let detail = "`logs #false` writes nothing down, so there is nothing to keep.";
        cx.error("cdn::logs", days.span, "Contradiction", detail).help("Remove `#false` or `retain-days`.");
        return Err(Noted);
    }
    let number = cx.whole(days, "`retain-days`", 1, 3653).ok_or(Noted)?;
    if RETENTIONS.contains(&number) {
        return Ok(Some(number));
    }
    let next = RETENTIONS.iter().find(|it| number < **it).copied().unwrap_or(3653);
    let all: Vec<String> = RETENTIONS.iter().map(ToString::to_string).collect();
    let detail = format!("CloudWatch Logs cannot keep entries for {number} days; it takes {}.", all.join(", "));
    cx.error("cdn::retain-days", days.span, "Retention not offered", detail)
        .help(format!("Write retain-days={next} to keep them at least as long."));
    Err(Noted)
}

#[cfg(test)]
mod tests {
    use super::super::lines;
    use super::*;
    use crate::spec::{Source, tree};

    /// Reads what stands in the block of `cdn`.
    fn cdn(block: &str, around: Around<'_>) -> (Option<Cdn>, Vec<String>) {
        let source = Source::read(format!("cdn {{ {block} }}").as_bytes(), "x.kdl").unwrap();
        let nodes = tree::parse(&source).unwrap();
        let mut cx = Reader::of(&source);
        let cdn = read(&mut cx, &nodes[0], around);
        (cdn, cx.into_faults().into_iter().map(|it| it.code.to_owned()).collect())
    }

    const COMPLETE: Around<'_> =
        Around { region: Some("eu-west-1"), load_balancer: true, certificate: true, domain: true };

    #[test]
    fn what_the_tier_says_of_itself_reads_back_equal() {
        let all = [
            "",
            "price-class \"100\"; http \"http2\"; static-cache #false; waf #false; logs #false",
            "price-class \"200\"; http \"http3\"; logs retain-days=30",
            "http \"http1.1\"; logs #true",
        ];
        for block in all {
            let (first, faults) = cdn(block, COMPLETE);
            let first = first.unwrap_or_else(|| panic!("{faults:?}"));
            let (again, faults) = cdn(&lines(&first).join("\n"), COMPLETE);
            assert_eq!(again.as_ref(), Some(&first), "{faults:?}");
        }
        assert_eq!(cdn("", COMPLETE).0, Some(Cdn::default()));
    }

    #[test]
    fn the_rest_of_the_stack_matters() {
        let codes = |around| cdn("", around).1;
        assert!(codes(COMPLETE).is_empty());
        assert!(codes(Around { certificate: false, domain: false, ..COMPLETE }).is_empty());
        assert_eq!(codes(Around { certificate: false, ..COMPLETE }), ["cdn::certificate"]);
        assert_eq!(codes(Around { load_balancer: false, ..COMPLETE }), ["cdn::load-balancer"]);
        assert_eq!(codes(Around { region: Some("cn-north-1"), ..COMPLETE }), ["cdn::region"]);
    }
}
