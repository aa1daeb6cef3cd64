<?php
// Moodle's own installer, with the password on its input.
$_SERVER['argv'] = $argv = ['install_database.php', '--agree-license', '--adminpass=' . stream_get_contents(STDIN),
    '--adminuser=' . {{ (admin.user if admin else "")|php }}, '--adminemail=' . {{ (admin.email if admin else "")|php }},
    '--lang=' . {{ locale|php }}, '--fullname=' . {{ name.full|php }}, '--shortname=' . {{ name.short|php }}];
$_SERVER['argc'] = $argc = count($argv);
chdir('/var/www/moodle/html/admin/cli');
require('/var/www/moodle/html/admin/cli/install_database.php');
