#!/bin/bash
# secrets.sh [check]: fetches user and password of the database into memory, where Moodle reads them.
# With `check` only when those that are there do not open the database: the password changes every week.
set -euo pipefail
if [[ ${1:-} == check && -s /run/moodle/database.json ]] &&
  php -r 'require("/opt/moodle-infra/database.php"); exit(Database::opens() ? 0 : 1);'; then
  exit 0
fi
umask 077
install -d -o root -g apache -m 0750 /run/moodle
{# One at a time: what is left by one that was killed is nobody's any more. #}
exec 8>/run/moodle-secrets.lock
flock 8
rm -f /run/moodle/.database.*
new=$(mktemp /run/moodle/.database.XXXXXX)
trap 'rm -f "$new"' EXIT
aws secretsmanager get-secret-value --region {{ region|sh }} --secret-id '{{ late.DATABASE_SECRET }}' \
  --query SecretString --output text >"$new"
# shellcheck disable=SC2016
php -r '$it = json_decode(file_get_contents($argv[1]), true); exit(isset($it["username"], $it["password"]) ? 0 : 1);' "$new" || {
  echo 'the secret of the database has no username and password' >&2
  exit 1
}
chown root:apache "$new"
chmod 0640 "$new"
mv -f "$new" /run/moodle/database.json
