//! Reads the block of a stack: every tier, each with what it must know of the others.
//!
//! Every tier is read before the first is missed, so that all faults are found at once.

use super::{Caches, Database, Files, Topology};
use super::{
    bastion, cache, cdn, certificate, database, dns, files, load_balancer, network, reach, site, size, stack, watch,
    web,
};
use crate::spec::reader::{Form, Reader};
use crate::spec::tree::Node;

/// Reads the block; `None` where something has errors, all of which are noted.
pub(super) fn stack(cx: &mut Reader<'_>, node: &Node) -> Option<Topology> {
    let mut form = Form::of(node);
    let has = |tier: &str| node.children.iter().any(|it| it.name.value == tier);
    let name = stack::name(cx, &mut form);
    let region = stack::region(cx, &mut form);
    let size = size::read(cx, &mut form);
    let tags = stack::tags(cx, &mut form);
    let (place, profile) = (region.as_deref(), size.profile());
    let site = form.field(cx, "site").map(|node| site::read(cx, node));
    let network = form.field(cx, "network").map(|node| network::read(cx, node, place, profile));
    let certificate = form.field(cx, "certificate");
    let certificate = certificate.map(|node| certificate::read(cx, node, place, site.as_ref(), has("cdn")));
    let load_balancer = form.field(cx, "load-balancer");
    let load_balancer = load_balancer.map(|node| load_balancer::read(cx, node, place, network.as_ref(), has("cdn")));
    let database_node = form.field(cx, "database");
    let found = match &network {
        None => database::Found::Nothing,
        Some(None) => database::Found::Faulty,
        Some(Some(network)) => database::Found::Network(network),
    };
    let database = database_node.map(|node| database::read(cx, node, place, found, profile));
    if let (Some(Some(site)), Some(node), Some(Some(database))) = (&site, database_node, &database) {
        site::check_database(cx, site.release, node, database);
    }
    let files = form.field(cx, "files").map(|node| files::read(cx, node, place, network.as_ref()));
    let ground = match &network {
        None => cache::Ground::Missing,
        Some(None) => cache::Ground::Faulty,
        Some(Some(network)) => cache::Ground::There(network),
    };
    let caches = cache::read(cx, &mut form, ground, place, profile);
    let web = form.field(cx, "web").map(|node| web::read(cx, node, network.as_ref(), has("load-balancer"), profile));
    let around = cdn::Around {
        region: place,
        load_balancer: has("load-balancer"),
        certificate: has("certificate"),
        domain: node.children.iter().filter(|it| it.name.value == "site").any(names_domain),
    };
    let cdn = form.field(cx, "cdn").map(|node| cdn::read(cx, node, around));
    let target = has("cdn") || has("load-balancer");
    let dns = form.field(cx, "dns").map(|node| dns::read(cx, node, site.as_ref(), target));
    if has("web") {
        reach::check(cx, node);
    }
    let bastion = form.field(cx, "bastion").map(|node| bastion::read(cx, node, network.as_ref()));
    let mut present = present(database.as_ref(), files.as_ref(), caches.as_ref());
    present.anything |= has("load-balancer") || has("web");
    let watch = form.field(cx, "watch").map(|node| watch::read(cx, node, present));
    if node.children.is_empty() {
        cx.warning(
            "stack::empty",
            form.span(),
            "Empty stack",
            "The spec asks for nothing; an apply deletes all that the stack has.",
        )
        .help("Write `network` in its block for a network with all defaults.");
    }
    form.close(cx);
    Some(Topology {
        name: name?,
        region,
        size,
        tags,
        site: whole(site)?,
        network: whole(network)?,
        certificate: whole(certificate)?,
        load_balancer: whole(load_balancer)?,
        database: whole(database)?,
        files: whole(files)?,
        caches: caches?,
        web: whole(web)?,
        cdn: whole(cdn)?,
        dns: whole(dns)?,
        bastion: whole(bastion)?,
        watch: whole(watch)?,
    })
}

/// Returns a tier, if it is there, and `None` if it has errors: that is not a tier that is not there.
#[expect(clippy::option_option, reason = "the outer one stands for errors")]
fn whole<T>(read: Option<Option<T>>) -> Option<Option<T>> {
    match read {
        None => Some(None),
        Some(read) => read.map(Some),
    }
}

fn names_domain(site: &Node) -> bool {
    site.children.iter().any(|it| it.name.value == "domain")
}

/// Returns what there is to watch. What has errors counts as there: what is wrong with it is said already.
fn present(
    database: Option<&Option<Database>>,
    files: Option<&Option<Files>>,
    caches: Option<&Caches>,
) -> watch::Present {
    let own_database = matches!(database, Some(None | Some(Database { form: database::Form::Own(_), .. })));
    let own_files = matches!(files, Some(None | Some(Files::Own(_))));
    let has_caches = caches.is_none_or(|it| !it.is_empty());
    watch::Present { anything: own_database || files.is_some() || has_caches, data: own_database || own_files }
}
