<?php
// Installs Moodle, brings its database up to the code, or does nothing; one web server at a time, whoever dies.
{# The lock is the database's: it is free when its holder is gone. What this file began is written down in a table of
   its own, so that only an installation of ours that broke off is ever cleared away. #}

require(__DIR__ . '/database.php');

const PREFIX = 'mdl_';
const CODE = '/var/www/moodle/html';

function say(string $text): void {
    fwrite(STDERR, gmdate('H:i:s') . " $text\n");
}

function give_up(string $text, int $code = 1): never {
    say($text);
    exit($code);
}

{# Waits for something that is not null and not false, at most so long. #}
function wait_for(callable $it, int $seconds, string $what): mixed {
    for ($until = time() + $seconds;; sleep(3)) {
        if ($found = $it()) {
            return $found;
        }
        if ($until < time()) {
            give_up("waited in vain for $what");
        }
    }
}

function setting(Database $database, string $name): ?string {
    return $database->column('SELECT value FROM ' . PREFIX . 'config WHERE name = $1', $name)[0] ?? null;
}

{# Returns empty, whole, broken (ours), or foreign. #}
function state(Database $database, array $notes): string {
    $tables = $database->tables(PREFIX);
    if (!$tables) {
        return 'empty';
    }
    if (in_array('installed', $notes)) {
        return 'whole';
    }
    $began = in_array('began', $notes);
    if (!in_array(PREFIX . 'config', $tables) || !in_array(PREFIX . 'user', $tables)) {
        return $began ? 'broken' : 'foreign';
    }
    $finished = setting($database, 'rolesactive') === '1' && !setting($database, 'adminsetuppending');
    {# Those that every site has are the guest and the administrator: with more, people are at work here. #}
    $users = (int)$database->column('SELECT COUNT(*) FROM ' . PREFIX . 'user')[0];
    if ($began) {
        return $users > 2 ? 'whole' : 'broken';
    }
    return $finished ? 'whole' : 'foreign';
}

function note(Database $database, string $what): void {
    $database->column('DELETE FROM moodle_infra WHERE note = $1', $what);
    $database->column('INSERT INTO moodle_infra (note) VALUES ($1)', $what);
}
{% if admin %}

function install(Database $database): void {
    note($database, 'began');
    $secret = wait_for(function () {
        $text = shell_exec('aws secretsmanager get-secret-value --region {{ region|word }} --secret-id {{ late.ADMIN_SECRET }} --query SecretString --output text');
        return trim((string)$text);
    }, 120, 'the password of the administrator');
    $password = json_decode($secret, true)['password'] ?? $secret;
    {# On its input: what stands on a command line is seen by all. #}
    $code = run(['php', __DIR__ . '/install.php'], $password);
    if ($code !== 0) {
        give_up("the installation ended with $code");
    }
    note($database, 'installed');
}
{% endif %}

$database = wait_for(fn() => Database::open(), 600, 'the database');
wait_for(fn() => $database->lock('settle'), 1800, 'the web server that has the lock');
$database->column('CREATE TABLE IF NOT EXISTS moodle_infra (note VARCHAR(20) PRIMARY KEY)');
$notes = $database->column('SELECT note FROM moodle_infra');
$state = state($database, $notes);
say("the database is $state");

{% if admin %}
if ($state === 'broken') {
    foreach ($database->tables(PREFIX) as $table) {
        $database->drop($table);
    }
    $state = 'empty';
}
if ($state === 'foreign') {
    give_up('the database has tables of Moodle, but no whole site, and this is not an installation that was begun here');
}
if ($state === 'empty') {
    install($database);
}
{% else %}
if ($state !== 'whole') {
    give_up('nobody has installed Moodle yet', 3);
}
{% endif %}

{# Until then no program of Moodle starts. Nobody else upgrades from here; somebody may in the browser. #}
if (time() <= (int)setting($database, 'upgraderunning')) {
    say('an upgrade has broken off, or is running in the browser');
    wait_for(fn() => (int)setting($database, 'upgraderunning') < time(), 3600, 'its time to be over');
}
$pending = run(['php', CODE . '/admin/cli/upgrade.php', '--is-pending']);
if ($pending === 2) {
    $code = run(['php', CODE . '/admin/cli/upgrade.php', '--non-interactive']);
    if ($code !== 0) {
        give_up("the upgrade ended with $code");
    }
} else if ($pending !== 0) {
    give_up("Moodle does not take this database ($pending)");
}
note($database, 'installed');
{% if application %}
$code = run(['php', __DIR__ . '/cache.php']);
if ($code !== 0) {
    give_up("the application cache was not set ($code)");
}
{% endif %}
say('settled');
