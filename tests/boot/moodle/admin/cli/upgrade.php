<?php
// Stands in for Moodle's upgrade: one step after the other, each with a save point; a plug-in's version is one of them.
define('CLI_SCRIPT', true);
require(__DIR__ . '/../../config.php');

must(count($_SERVER['argv']) === 2, 'one option');
if (!in_array('mdl_config', $DB->tables())) {
    echo "there is no site\n";
    exit(1);
}
if ($version < (float)$CFG->version) {
    echo "the code is older than the database\n";
    exit(1);
}
$needed = (float)$CFG->version < $version || ($CFG->plugins ?? '') !== plugins();
switch ($_SERVER['argv'][1]) {
    case '--is-pending':
        exit($needed ? 2 : 0);
    case '--non-interactive':
        break;
    default:
        refuse('not an option');
}
if (!$needed) {
    exit(0);
}
must(posix_getpwuid(posix_geteuid())['name'] === 'apache', 'not the web server upgrades');
$DB->tell('upgrade begins');
// Moodle's is 300: whoever is killed leaves it behind.
$DB->set('upgraderunning', (string)(time() + 4));
for ($it = (int)($CFG->savepoint ?? 0) + 1; $it <= 20; $it++) {
    pause("upgrade $it");
    if (@file_get_contents('/efs/upgrade-fails') === "$it") {
        $DB->drop('upgraderunning');
        echo "plug-in mod_attendance: no column `late` in its table\n";
        exit(1);
    }
    $DB->set('savepoint', "$it");
    $DB->tell('upgrade step');
}
$DB->set('version', (string)$version);
$DB->set('plugins', plugins());
$DB->drop('savepoint');
$DB->drop('upgraderunning');
$DB->tell('upgrade ends');
