<?php
// Runs the scheduled tasks that are due, and for most of a minute those that become so.
{% if one_cron %}
{# On one web server at a time: the others find the lock taken. #}
{% endif %}
require(__DIR__ . '/database.php');
{% if one_cron %}
$database = Database::open();
if (!$database || !$database->lock('cron')) {
    exit(0);
}
{% endif %}
exit(run(['php', '/var/www/moodle/html/admin/cli/cron.php', '--keep-alive=55']));
