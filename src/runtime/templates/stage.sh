#!/bin/bash
# Looks whether somebody has installed Moodle in the browser; from then on sessions and caches are where they belong.
set -euo pipefail
done=/var/lib/moodle-infra/installed
if [[ ! -e $done ]]; then
  runuser -u apache -- php /opt/moodle-infra/settle.php || exit 1
  touch "$done"
fi
{# Each time until the timer is off: whoever is killed before that has not said it. A boot says it by itself. #}
if [[ -e /var/lib/moodle-infra/ready ]]; then
  systemctl enable -q --now moodle-cron.timer
  /opt/moodle-infra/report.sh 'done' installed 0 || exit 1
fi
systemctl disable -q --now moodle-stage.timer
