//! The node written as a spec that says everything.

use super::{Admin, Archive, Name, Site};
use crate::topology::effective::text;

/// Returns the lines in the block of `site`.
pub(in crate::topology) fn lines(site: &Site) -> Vec<String> {
    let Site { domain, zone, name, release, source, locale, install, admin, plugins, config, cron } = site;
    let mut lines = Vec::new();
    if let Some(domain) = domain {
        let zone = zone.as_ref().map_or(String::new(), |it| format!(" zone={}", text(it)));
        lines.push(format!("domain {}{zone}", text(domain)));
    }
    if let Some(Name { full, short }) = name {
        lines.push(format!("name {} short={}", text(full), text(short)));
    }
    lines.push(format!("release {}", text(&release.version())));
    lines.extend(source.as_ref().map(|it| format!("source {}", fields(it))));
    lines.push(format!("locale {}", text(locale)));
    lines.push(format!("install {}", text(install.word())));
    let Admin { user, email } = admin;
    let email = email.as_ref().map_or(String::new(), |it| format!(" email={}", text(it)));
    lines.push(format!("admin user={}{email}", text(user)));
    lines.extend(plugins.iter().map(|(name, archive)| format!("plugin {} {}", text(name), fields(archive))));
    lines.extend(config.iter().map(|(name, value)| format!("config {} {}", text(name), text(value))));
    lines.push(format!("cron nodes={}", text(cron.word())));
    lines
}

fn fields(archive: &Archive) -> String {
    let Archive { url, sha256 } = archive;
    format!("url={} sha256={}", text(url), text(sha256))
}
