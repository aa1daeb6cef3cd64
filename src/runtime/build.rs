//! What code a site runs, as one short name: what differs in it is an upgrade, what differs elsewhere is a setting.

use sha2::{Digest, Sha256};

use super::{Archive, Instance, Plugin};

/// Returns sixteen digits that are the same for the same release, archive and plug-ins.
#[must_use]
pub fn build(instance: &Instance) -> String {
    let mut hash = Sha256::new();
    let mut add = |part: &str| {
        hash.update(part.len().to_be_bytes());
        hash.update(part.as_bytes());
    };
    let Archive { url, sha256 } = &instance.archive;
    add(&instance.release.to_string());
    add(url);
    add(sha256.as_deref().unwrap_or_default());
    for Plugin { component, url, sha256 } in &instance.plugins {
        for part in [component, url, sha256] {
            add(part);
        }
    }
    let half = hash.finalize().iter().take(8).fold(0_u64, |sum, byte| (sum << 8) | u64::from(*byte));
    format!("{half:016x}")
}
