#!/bin/bash
# report.sh running|done|failed STAGE CODE: says where operators look how far this instance is.
set -euo pipefail
imds=http://169.254.169.254/latest
ask() { curl -fsS --connect-timeout 2 --max-time 5 --retry 5 --retry-connrefused "$@"; }
token=$(ask -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 300' "$imds/api/token")
instance=$(ask -H "X-aws-ec2-metadata-token: $token" "$imds/meta-data/instance-id")
tail=''
if [[ $1 == failed ]]; then
  tail=$(tail -n 20 /var/log/moodle-infra.log | tail -c 1500 | tr -d '\000-\011\013-\037\177-\377\\"' | tr '\n' '|')
fi
value=$(printf '{"state":"%s","stage":"%s","code":%d,"at":"%s","release":"%s","build":"%s","log":"%s"}' \
  "$1" "$2" "$3" "$(date -u +%FT%TZ)" {{ release.name|sh }} {{ build|sh }} "$tail")
{# In a file: the command line takes a value that begins with a brace for something else. #}
file=$(mktemp)
trap 'rm -f "$file"' EXIT
printf '%s' "$value" >"$file"
aws ssm put-parameter --region {{ region|sh }} --name {{ parameters|sh }}/report/"$instance" --type String --overwrite \
  --value "file://$file" >/dev/null
