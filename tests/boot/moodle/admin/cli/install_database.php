<?php
// Stands in for Moodle's installer: refuses what Moodle's refuses, and makes tables one after the other.
define('CLI_SCRIPT', true);
require(__DIR__ . '/../../config.php');

if ($DB->tables()) {
    echo "Database tables already present; CLI installation cannot continue.\n";
    exit(1);
}
$options = [];
foreach (array_slice($_SERVER['argv'], 1) as $it) {
    must(preg_match('/^--([a-z-]+)(?:=(.*))?$/s', $it, $found) === 1, "not an option: $it");
    $options[$found[1]] = $found[2] ?? true;
}
$known = ['lang', 'adminuser', 'adminpass', 'adminemail', 'agree-license', 'fullname', 'shortname'];
must(array_diff(array_keys($options), $known) === [] && array_diff($known, array_keys($options)) === [], 'options: ' . json_encode(array_keys($options)));
must($options['agree-license'] === true, 'You have to agree to the license.');
must(strlen($options['adminpass']) >= 8, 'You have to specify admin password.');
must(filter_var($options['adminemail'], FILTER_VALIDATE_EMAIL) !== false, "Invalid email: {$options['adminemail']}");
must($options['fullname'] !== '' && $options['shortname'] !== '', 'a site needs a name');
must(ini_get('max_input_vars') >= 5000, 'max_input_vars');
// What stands on a command line is seen by all.
must(!str_contains(file_get_contents('/proc/self/cmdline'), $options['adminpass']), 'the password can be seen');
must(posix_getpwuid(posix_geteuid())['name'] === 'apache', 'not the web server installs');

$DB->tell('install begins');
$quote = fn($it) => "'" . str_replace("'", "''", $it) . "'";
make_tables();
$DB->column("INSERT INTO mdl_course VALUES ({$quote($options['fullname'])}, {$quote($options['shortname'])})");
$DB->column("INSERT INTO mdl_user VALUES (1, 'guest', 'root@localhost', '', '')");
$DB->column("INSERT INTO mdl_user VALUES (2, {$quote($options['adminuser'])}, {$quote($options['adminemail'])}, {$quote(hash('sha256', $options['adminpass']))}, '')");
foreach (['lang' => $options['lang'], 'version' => (string)$version, 'plugins' => plugins(), 'rolesactive' => '1'] as $name => $value) {
    $DB->set($name, $value);
}
$DB->drop('upgraderunning');
$DB->tell('install ends');
