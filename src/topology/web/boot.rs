//! What a server does at its first start where the spec says nothing of a site: it serves an empty page, and is well.

/// Returns the script.
pub(super) fn script() -> &'static str {
    r#"#!/bin/bash
# Serves one page that says that the server is well. A spec with a `site` makes it a Moodle server.
set -euo pipefail
for attempt in 1 2 3 4 5; do
    dnf -y install httpd && break
    [ "$attempt" -lt 5 ] || { echo 'httpd cannot be installed: has the server a way to the internet?' >&2; exit 1; }
    sleep 15
done
echo ok > /var/www/html/status.txt
systemctl enable --now httpd
"#
}
