#!/bin/bash
# Makes this instance a web server of the site. Safe to run again, also while it serves.
set -euo pipefail
shopt -s inherit_errexit
umask 022
export PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 HOME=/root
export AWS_DEFAULT_REGION={{ region|sh }}
log=/var/log/moodle-infra.log
exec 9>/run/moodle-infra.lock
flock 9
exec > >(exec 9>&- && exec tee -a "$log") 2>&1

site=/var/www/moodle
done_here=/var/lib/moodle-infra
stage=start
reporting=

report() { /opt/moodle-infra/report.sh "$@" || echo 'the report was not sent'; }
step() {
  stage=$1
  echo "== $(date -u +%FT%TZ) $stage"
  reported
  report running "$stage" 0 &
  reporting=$!
}
reported() { [[ -z $reporting ]] || wait "$reporting" || true; }
die() {
  echo "failed: $*"
  exit 1
}
finish() {
  local code=$?
  trap - EXIT
  reported
  if ((code != 0)); then
    sleep 1 # for the log to be written
    report failed "$stage" "$code"
  fi
  exit "$code"
}
trap finish EXIT

{# try TIMES SECONDS COMMAND …: until it succeeds, with so many seconds between. #}
try() {
  local times=$1 pause=$2
  shift 2
  until "$@"; do
    times=$((times - 1))
    ((times > 0)) || return 1
    sleep "$pause"
  done
}

{# get URL FILE #}
get() {
  case $1 in
    s3://*) try 4 10 aws s3 cp --only-show-errors "$1" "$2" ;;
    *) try 4 10 curl -fsSL --proto '=https' --connect-timeout 20 --max-time 900 -o "$2" "$1" ;;
  esac
}

{# fetch URL SHA256 FILE: a file that is what it was when somebody wrote its sum down. #}
fetch() {
  get "$1" "$3" || die "cannot get $1"
  echo "$2  $3" | sha256sum --check --quiet || die "$1 is not the file that was asked for"
}

{# unpack FILE FOLDER: prints the one folder that the archive has. #}
unpack() {
  mkdir "$2"
  if [[ $(head -c 2 "$1") == PK ]]; then
    unzip -q "$1" -d "$2" >&2
  else
    tar -xf "$1" -C "$2" --no-same-owner >&2
  fi
  local found
  found=$(find "$2" -mindepth 1 -maxdepth 1)
  [[ -d $found ]] || die "$1 is not one folder" >&2
  echo "$found"
}

{# plugin COMPONENT FOLDER URL SHA256: puts it into the new tree. #}
plugin() {
  local work found
  work=$(mktemp -d "$site/new.XXXXXX")
  fetch "$3" "$4" "$work/archive"
  found=$(unpack "$work/archive" "$work/unpacked")
  grep -Eqs "component[[:space:]]*=[[:space:]]*['\"]$1['\"]" "$found/version.php" || die "$3 is not $1"
  rm -rf "${site:?}/new/$2"
  mkdir -p "$site/new/${2%/*}"
  mv "$found" "$site/new/$2"
  rm -rf "$work"
}

{# Moodle and its plug-ins, unpacked once, and theirs who change nothing. #}
code() {
  local wanted sum={{ archive.sha256|sh }} work found
  wanted=$(sha256sum /opt/moodle-infra/boot.sh | cut -d' ' -f1)
  [[ $(cat "$done_here/code" 2>/dev/null) != "$wanted" || ! -d $site/html ]] || return 0
  rm -rf "$site"/new "$site"/new.*
  work=$(mktemp -d "$site/new.XXXXXX")
  if [[ -z $sum ]]; then
    get {{ (archive.url ~ ".sha256")|sh }} "$work/sum" || die 'cannot get the sum of Moodle'
    sum=$(grep -oEm1 '[0-9a-f]{64}' "$work/sum" | head -n1) || die 'there is no sum of Moodle'
  fi
  fetch {{ archive.url|sh }} "$sum" "$work/archive"
  found=$(unpack "$work/archive" "$work/unpacked")
  grep -Eqs "^[[:space:]]*[$]branch[[:space:]]*=[[:space:]]*'{{ release.branch|word }}'" "$found/{{ release.public }}version.php" ||
    die 'the archive is not Moodle {{ release.name|word }}'
  mv "$found" "$site/new"
  rm -rf "$work"
{% for it in plugins %}
  plugin {{ it.component|sh }} {{ it.folder|sh }} {{ it.url|sh }} {{ it.sha256|sh }}
{% endfor %}
  echo "<?php require('/etc/moodle/config.php');" >"$site/new/config.php"
  chown -R root:root "$site/new"
  chmod -R u=rwX,go=rX "$site/new"
  rm -rf "$site/old"
  if [[ -d $site/html ]]; then mv "$site/html" "$site/old"; fi
  mv "$site/new" "$site/html"
  rm -rf "$site/old"
  echo "$wanted" >"$done_here/code"
}

step 'packages'
[[ $(uname -m) == {{ machine|sh }} ]] || die "this is a machine of another architecture: $(uname -m)"
mkdir -p "$done_here" "$site" /etc/moodle /var/log/moodle
packages=({% for it in packages %} {{ it|sh }}{% endfor %} )
missing=()
for it in "${packages[@]}"; do rpm -q --quiet "$it" || missing+=("$it"); done
if [[ -n ${missing[*]} ]]; then try 6 20 dnf -y -q install "${missing[@]}" || die 'cannot install packages'; fi
modules=$(php -m)
for it in{% for it in extensions %} {{ it|sh }}{% endfor %}; do
  grep -Fqix -- "$it" <<<"$modules" || die "PHP has no $it"
done
{% if database.verified %}

step 'certificates'
if [[ ! -s /etc/moodle/database.pem ]]; then
  get {{ rds_bundle|sh }} /etc/moodle/database.pem.new || die 'cannot get the certificates of the database'
  grep -q 'BEGIN CERTIFICATE' /etc/moodle/database.pem.new || die 'these are no certificates'
  mv /etc/moodle/database.pem.new /etc/moodle/database.pem
fi
cat /etc/pki/tls/certs/ca-bundle.crt /etc/moodle/database.pem >/etc/moodle/all.pem.new
mv /etc/moodle/all.pem.new /etc/moodle/all.pem
{% endif %}

step 'code'
code

step 'files'
mkdir -p "$site"/{data,cache,temp}
install -d -o apache -g apache -m 0770 "$site/local"
{ grep -v " $site/" /etc/fstab || true; cat /opt/moodle-infra/fstab; } >/etc/fstab.new
mv /etc/fstab.new /etc/fstab
systemctl daemon-reload
{# A name that is new is not known everywhere at once. #}
try 60 5 getent hosts {{ late.FILE_SYSTEM_DNS }} >/dev/null || die 'nobody knows the name of the file system'
for it in data cache temp; do
  mountpoint -q "$site/$it" || try 24 5 mount "$site/$it" || die "cannot mount $it"
  {# Else Moodle would fill this instance's own disk. #}
  mountpoint -q "$site/$it" || die "$it is not mounted"
  runuser -u apache -- test -w "$site/$it" || die "the web server must not write to $it"
done

step 'secrets'
systemctl enable -q --now moodle-secrets.timer
try 12 10 /opt/moodle-infra/secrets.sh || die 'cannot read the secret of the database'
{% if tunnels %}
systemctl enable -q moodle-tunnel
systemctl restart moodle-tunnel
{% endif %}

step 'moodle'
installed=yes
{% if admin %}
runuser -u apache -- php /opt/moodle-infra/settle.php || die 'Moodle is not installed'
touch "$done_here/installed"
{% else %}
{# Somebody does it in the browser; moodle-stage looks whether it is done. #}
/opt/moodle-infra/stage.sh || installed=no
{% endif %}

step 'services'
{# One process for so many MiB, beside the system and what OPcache takes. #}
mib=$(awk '/^MemTotal/ { print int($2 / 1024) }' /proc/meminfo)
children=$(((mib - 700 - {{ opcache.memory }}) / 96))
printf '[moodle]\npm.max_children = %d\n' $((children < 5 ? 5 : children)) >/etc/php-fpm.d/zz-moodle-size.conf
rm -f /etc/php-fpm.d/www.conf
touch "$done_here/ready"
systemctl enable -q php-fpm httpd moodle-updates.timer
systemctl reload-or-restart php-fpm httpd
systemctl start moodle-updates.timer
{% if logs %}
/opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl -a fetch-config -m ec2 -s \
  -c file:/opt/aws/amazon-cloudwatch-agent/etc/moodle.json
{% endif %}
if [[ $installed == yes ]]; then systemctl enable -q --now moodle-cron.timer; fi
{% if not admin %}
if [[ $installed == no ]]; then systemctl enable -q --now moodle-stage.timer; fi
{% endif %}
try 30 2 curl -fsS -o /dev/null http://127.0.0.1/status.txt || die 'the web server does not answer'

reported
reporting=
report 'done' "$([[ $installed == yes ]] && echo installed || echo wizard)" 0
echo "== $(date -u +%FT%TZ) done"
