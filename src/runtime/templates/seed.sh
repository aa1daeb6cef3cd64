#!/bin/bash
# Made by moodle-infra. Fills the shared file system until it has so many files of 1 GiB: one that bursts is the quicker
# the more it holds. Goes on where an earlier one stopped, says how far it is in a parameter, and ends this server.
{# Zeros, because EFS counts what is written, whatever it is; holes it does not count. #}
set -euo pipefail
region={{ region|sh }}
parameter={{ parameter|sh }}
file_system='{{ late.FILE_SYSTEM }}'
access_point='{{ late.ACCESS_POINT }}'
wanted={{ gib }}
export folder=/mnt/moodle-seed mib=1024
imds=http://169.254.169.254/latest

{# User data runs at the first start alone; a server that AWS starts again would stand there for ever. #}
again=/var/lib/cloud/scripts/per-boot/moodle-seed
[[ -e $again ]] || install -D -m 0755 "$0" "$again"
exec > >(tee -a /var/log/moodle-infra.log) 2>&1

try() { # try TIMES PAUSE COMMAND…
  local times=$1 pause=$2
  shift 2
  until "$@"; do
    ((--times)) || return 1
    sleep "$pause"
  done
}

ask() { curl -fsS --connect-timeout 2 --max-time 5 --retry 5 --retry-connrefused "$@"; }

whole() { # how many files are whole
  find "$folder" -maxdepth 1 -name 'gib-*' -size "${mib}M" 2>/dev/null | wc -l
}

report() { # report running|done|failed
  local value
  value=$(mktemp)
  printf '{"state":"%s","gib":%d,"of":%d,"at":"%s"}' "$1" "$(whole)" "$wanted" "$(date -u +%FT%TZ)" >"$value"
  aws ssm put-parameter --region "$region" --name "$parameter" --type String --overwrite --value "file://$value" \
    >/dev/null || echo "cannot report that it is $1"
  rm -f "$value"
}

{# The name that counts is given when all is on the file system: a file that was begun is begun again. #}
one() {
  local file begun
  file=$folder/gib-$(printf '%05d' "$1")
  begun=$folder/.begun-$1
  [[ -e $file ]] && return
  dd if=/dev/zero of="$begun" bs=1M count="$mib" conv=fsync status=none && mv "$begun" "$file"
}
export -f one

fill() {
  find "$folder" -maxdepth 1 -name '.begun-*' -delete
  seq "$wanted" | xargs -P 8 -I{} bash -c 'one {}'
}

{# A server that only stops would be replaced by the next one. The group may have none, so it takes its place away. #}
away() {
  local token instance
  token=$(ask -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 300' "$imds/api/token") &&
    instance=$(ask -H "X-aws-ec2-metadata-token: $token" "$imds/meta-data/instance-id") &&
    aws autoscaling terminate-instance-in-auto-scaling-group --region "$region" --instance-id "$instance" \
      --should-decrement-desired-capacity >/dev/null
}

end() {
  local code=$?
  trap - EXIT
  [[ -z ${watch:-} ]] || kill "$watch" 2>/dev/null || true
  if ((code == 0)); then report 'done'; else report failed; fi
  until away; do sleep 60; done
}
trap end EXIT

report running
try 10 15 dnf -y -q install amazon-efs-utils
mkdir -p "$folder"
{# The name of a new mount target takes a minute or two to be known. #}
mountpoint -q "$folder" ||
  try 24 5 mount -t efs -o "noresvport,tls,iam,accesspoint=$access_point" "$file_system:/" "$folder"
while sleep 60; do report running; done &
watch=$!
try 5 30 fill
(($(whole) >= wanted))
