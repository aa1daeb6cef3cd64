#!/bin/bash
# visitor.sh ADDRESS: lets who comes from there finish an installation that was begun in a browser elsewhere.
set -euo pipefail
[[ ${1:-} =~ ^[0-9A-Fa-f.:]+$ ]] || {
  echo 'visitor.sh ADDRESS: an address such as 192.0.2.7'
  exit 2
}
runuser -u apache -- php -- "$1" <<'CODE'
<?php
require '/opt/moodle-infra/database.php';
Database::open()->column('UPDATE mdl_user SET lastip = $1 WHERE id = 2', $argv[1]);
CODE
