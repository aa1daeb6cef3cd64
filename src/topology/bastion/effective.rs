//! The tier written as a spec that says everything.

use super::Bastion;
use crate::topology::effective::text;

/// Returns the lines in the block of `bastion`.
pub(in crate::topology) fn lines(bastion: &Bastion) -> Vec<String> {
    let Bastion { instances, on, ssh_from, key_pair } = bastion;
    let mut lines = vec![format!("instances {}", text(instances)), format!("scale {}", i32::from(*on))];
    lines.extend(ssh_from.iter().map(|it| format!("ssh-from \"{it}\"")));
    lines.extend(key_pair.iter().map(|it| format!("key-pair {}", text(it))));
    lines
}
