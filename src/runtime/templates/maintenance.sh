#!/bin/bash
# maintenance.sh on|off: whether visitors meet the site, or a page that says that people work on it.
set -euo pipefail
html=/var/www/moodle/html
{# One that does not serve yet has nothing to switch, and may not even have Moodle. #}
[[ -e /var/lib/moodle-infra/ready ]] || { echo 'this server does not serve yet'; exit 0; }
moodle() { runuser -u apache -- php "$html/admin/cli/$1" "${@:2}"; }
if [[ $1 == on ]]; then
  moodle maintenance.php --enable
  exit
fi
{# Visitors must not meet code of one release with the database of another. #}
moodle upgrade.php --is-pending || {
  echo 'the database is not that of this release; maintenance stays on'
  exit 1
}
moodle maintenance.php --disable
address={{ late.ADDRESS }}
curl -fsS -o /dev/null --retry 5 --retry-delay 3 --retry-all-errors -H "Host: ${address,,}" http://127.0.0.1/login/index.php || {
  moodle maintenance.php --enable
  echo 'the login page does not answer; maintenance is on'
  exit 1
}
