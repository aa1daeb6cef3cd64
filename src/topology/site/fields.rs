//! The `site` node of a spec: its fields and their defaults.

use super::{Admin, Cron, Install, Release, Site, code, names, releases, settings};
use crate::spec::reader::{Form, Reader};
use crate::spec::tree::Node;

/// Reads the node; `None` where it has errors, all of which are noted.
// Every field is read before the first is missed, so that all faults are found at once.
pub(in crate::topology) fn read(cx: &mut Reader<'_>, node: &Node) -> Option<Site> {
    let mut form = Form::of(node);
    let named = form.field(cx, "domain").map(|it| names::read(cx, it));
    let name = form.field(cx, "name").map(|it| settings::name(cx, it));
    let release = form.field(cx, "release").map_or(Some(Release::default()), |it| releases::read(cx, it));
    let source = form.field(cx, "source").map(|it| code::source(cx, it));
    let locale = form.field(cx, "locale").map_or(Some(Site::default().locale), |it| settings::locale(cx, it));
    let install = form.field(cx, "install").map_or(Some(Install::Unattended), |it| install(cx, it));
    let admin = form.field(cx, "admin").map_or(Some(Admin::default()), |it| settings::admin(cx, it));
    let plugins = code::plugins(cx, &form.fields("plugin"));
    let config = settings::config(cx, &form.fields("config"));
    let cron = form.field(cx, "cron").map_or(Some(Cron::One), |it| cron(cx, it));
    form.close(cx);
    let (domain, zone) = match named {
        Some(read) => read.map(|(domain, zone)| (Some(domain), zone))?,
        None => (None, None),
    };
    let name = match name {
        Some(read) => Some(read?),
        None => None,
    };
    let source = match source {
        Some(read) => Some(read?),
        None => None,
    };
    Some(Site {
        domain,
        zone,
        name,
        release: release?,
        source,
        locale: locale?,
        install: install?,
        admin: admin?,
        plugins: plugins?,
        config: config?,
        cron: cron?,
    })
}

fn install(cx: &mut Reader<'_>, node: &Node) -> Option<Install> {
    let mut form = Form::of(node);
    let value = form.argument(cx, "install \"unattended\"");
    let install = value.and_then(|it| cx.choice(it, "The installation", Install::WORDS));
    form.close(cx);
    install
}

fn cron(cx: &mut Reader<'_>, node: &Node) -> Option<Cron> {
    let mut form = Form::of(node);
    let nodes = form.property(cx, "nodes");
    form.close(cx);
    let Some(nodes) = nodes else {
        cx.error("spec::missing-value", node.name.span, "Missing value", "`cron` needs `nodes`.")
            .help("Write for example: cron nodes=\"one\"");
        return None;
    };
    cx.choice(nodes, "`nodes`", Cron::WORDS)
}
