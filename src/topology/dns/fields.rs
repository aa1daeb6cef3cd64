//! The `dns` node of a spec.

use super::Dns;
use crate::spec::Span;
use crate::spec::reader::{Form, Reader};
use crate::spec::tree::Node;
use crate::topology::Site;

/// Reads the tier; `None` where it has errors, all of which are noted. `site` is what was read of that node, and
/// `target` whether the spec has something that records can lead to.
pub(in crate::topology) fn read(
    cx: &mut Reader<'_>,
    node: &Node,
    site: Option<&Option<Site>>,
    target: bool,
) -> Option<Dns> {
    let mut form = Form::of(node);
    let span = form.span();
    let alias_node = form.field(cx, "alias");
    let alias = alias_node.map_or(Some(true), |it| switch(cx, it, "alias #true", "`alias`"));
    let create_zone = form.field(cx, "create-zone");
    let create_zone = create_zone.map_or(Some(false), |it| switch(cx, it, "create-zone #true", "`create-zone`"));
    form.close(cx);
    if !target && create_zone == Some(false) {
        let detail = "The spec has neither `load-balancer` nor `cdn`, so no record can lead anywhere.";
        cx.error("dns::target", span, "Nothing to lead to", detail)
            .help("Write `load-balancer` too; or dns { create-zone #true } to make only the zone for now.");
        return None;
    }
    let site = match site {
        // What is wrong with it is said already.
        Some(None) => return None,
        Some(Some(site)) => Some(site),
        None => None,
    };
    let (domain, zone) = names(cx, span, site)?;
    if alias == Some(false) && domain == zone {
        let span = alias_node.map_or(span, |it| it.name.span);
        let detail = "The domain is the zone's own name, and DNS allows no CNAME there.";
        cx.error("dns::apex", span, "CNAME for a zone", detail).help("Remove `alias`, or choose a domain in the zone.");
        return None;
    }
    Some(Dns { alias: alias?, create_zone: create_zone? })
}

/// Returns the site's domain and zone.
fn names<'a>(cx: &mut Reader<'_>, span: Span, site: Option<&'a Site>) -> Option<(&'a str, &'a str)> {
    let domain = site.and_then(|it| it.domain.as_deref());
    let zone = site.and_then(|it| it.zone.as_deref());
    match (domain, zone) {
        (Some(domain), Some(zone)) => Some((domain, zone)),
        (None, _) => {
            let detail = "A record is about a domain, and the spec names none.";
            cx.error("dns::domain", span, "DNS without a domain", detail)
                .help("Write site { domain \"moodle.example.edu\" zone=\"example.edu\" }, or remove `dns`.");
            None
        }
        (Some(domain), None) => {
            let detail = "A record stands in a zone of Route 53, and the spec names none.";
            cx.error("dns::zone", span, "DNS without a zone", detail).help(format!(
                "Write domain \"{domain}\" zone=\"…\" in `site`. Where the zone is not in Route 53, remove `dns`: an apply then says which record to make."
            ));
            None
        }
    }
}

fn switch(cx: &mut Reader<'_>, node: &Node, example: &str, what: &str) -> Option<bool> {
    let mut form = Form::of(node);
    let value = form.argument(cx, example);
    let on = value.and_then(|it| cx.switch(it, what));
    form.close(cx);
    on
}
