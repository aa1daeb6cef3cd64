<?php
// Whether this web server can serve. Never asks the database or a cache: when they are away, new servers do not help.
header('Content-Type: text/plain');
header('Cache-Control: no-store');
$faults = [];
foreach (['/var/lib/moodle-infra/ready', '/etc/moodle/config.php', '/run/moodle/database.json'] as $file) {
    if (!is_readable($file)) {
        $faults[] = "no $file";
    }
}
$mounts = (string)file_get_contents('/proc/self/mounts');
foreach (['data', 'cache', 'temp'] as $name) {
    $folder = "/var/www/moodle/$name";
    if (!str_contains($mounts, " $folder ") || !is_writable($folder)) {
        $faults[] = "no $folder";
    }
}
http_response_code($faults ? 503 : 200);
echo $faults ? implode("\n", $faults) : 'ok', "\n";
