# Writes the files that stand below, with the values of this stack in place of their tokens.
set -euo pipefail
root=${MOODLE_INFRA_ROOT:-}
fill=()
while IFS= read -r line; do
  name=${line%%=*} value=${line#*=}
  # Nothing among these means anything in the files' languages.
  if [[ ! $name =~ ^[A-Z_]+$ || ! $value =~ ^[A-Za-z0-9._:/,@+=#!-]+$ || $value == *@@* ]]; then
    echo "moodle-infra: $name has a value that no resource of AWS has" >&2
    exit 1
  fi
  fill+=(-e "s|@@$name@@|$value|g")
done <"$root/opt/moodle-infra/values"
# put MODE PATH <TEXT. A file is there whole or not at all.
put() {
  mkdir -p "$root${2%/*}"
  sed "${fill[@]}" >"$root$2.new"
  chmod "$1" "$root$2.new"
  mv -f "$root$2.new" "$root$2"
}
