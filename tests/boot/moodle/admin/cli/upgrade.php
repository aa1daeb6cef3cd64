<?php
// Stands in for Moodle's upgrade.
define('CLI_SCRIPT', true);
require(__DIR__ . '/../../config.php');

must(count($_SERVER['argv']) === 2, 'one option');
$there = in_array('mdl_config', $DB->tables()) ? $DB->column("SELECT value FROM mdl_config WHERE name = 'version'") : [];
if (!$there) {
    echo "there is no site\n";
    exit(1);
}
switch ($_SERVER['argv'][1]) {
    case '--is-pending':
        exit((float)$there[0] < $version ? 2 : 0);
    case '--non-interactive':
        if ((float)$there[0] < $version) {
            $DB->tell('upgrade');
            $DB->column("UPDATE mdl_config SET value = '$version' WHERE name = 'version'");
        }
        exit(0);
    default:
        refuse('not an option');
}
