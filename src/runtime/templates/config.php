<?php
// Made by moodle-infra, the same on all web servers; there is no secret in it.
unset($CFG);
global $CFG;
$CFG = new stdClass();

{# Fetched at boot, and again when the password has changed, into memory. #}
$secret = json_decode((string)@file_get_contents('/run/moodle/database.json'), true);
if (!isset($secret['username'], $secret['password'])) {
    if (PHP_SAPI !== 'cli') {
        http_response_code(503);
        header('Retry-After: 30');
    }
    echo "The secret of the database is not there yet.\n";
    exit(1);
}
$CFG->dbtype = {{ ("pgsql" if postgresql else "auroramysql")|php }};
$CFG->dblibrary = 'native';
$CFG->dbhost = '{{ late.DATABASE_HOST }}';
$CFG->dbname = {{ database.name|php }};
$CFG->dbuser = $secret['username'];
$CFG->dbpass = $secret['password'];
$CFG->prefix = 'mdl_';
$CFG->dboptions = [
    'dbport' => {{ database.port }},
    'connecttimeout' => 10,
{% if not postgresql %}
    'dbcollation' => 'utf8mb4_unicode_ci',
{% endif %}
{% if database.verified %}
    'ssl' => 'verify-full',
{% endif %}
{% if reader %}
    'readonly' => [
        'instance' => ['dbhost' => '{{ late.DATABASE_READER }}'],
        'connecttimeout' => 2,
        'latency' => 1,
    ],
{% endif %}
];
{% if database.verified and postgresql %}
putenv('PGSSLROOTCERT=/etc/moodle/database.pem');
{% endif %}
unset($secret);

{# Browsers ask for a name in lower case, whatever a load balancer calls itself. #}
$CFG->wwwroot = strtolower('{{ ("https" if https else "http")|word }}://{{ late.ADDRESS }}');
{% if https %}
$CFG->sslproxy = true;
{% endif %}
{# The load balancer writes down who comes, in X-Forwarded-For and nowhere else. #}
$CFG->getremoteaddrconf = 1;

$CFG->dataroot = '/var/www/moodle/data';
$CFG->cachedir = '/var/www/moodle/cache';
$CFG->tempdir = '/var/www/moodle/temp';
$CFG->localcachedir = '/var/www/moodle/local/cache';
$CFG->localrequestdir = '/var/www/moodle/local/request';
$CFG->directorypermissions = 02770;
$CFG->admin = 'admin';
$CFG->lang = {{ locale|php }};
$CFG->pathtophp = '/usr/bin/php';
{% if release.router %}
$CFG->routerconfigured = true;
{% endif %}

{# All web servers have the same code; nobody changes that of one of them in the browser. #}
$CFG->preventexecpath = true;
$CFG->disableupdateautodeploy = true;
$CFG->disableupdatenotifications = true;
$CFG->uninstallclionly = true;
{% if sessions %}

{% if not admin %}
{# Whoever installs Moodle in the browser keeps one session until that is done. #}
if (is_file('/var/lib/moodle-infra/installed')) {
{% endif %}
{% if sessions.redis %}
$CFG->session_handler_class = '\core\session\redis';
[$CFG->session_redis_host, $CFG->session_redis_port] = explode(':', '{{ late.SESSION_SERVERS }}');
$CFG->session_redis_prefix = 'sess_';
$CFG->session_redis_acquire_lock_timeout = 120;
$CFG->session_redis_acquire_lock_retry = 100;
$CFG->session_redis_lock_expire = 7200;
$CFG->session_redis_connection_timeout = 3;
$CFG->session_redis_max_retries = 3;
{% if release.read_timeout %}
$CFG->session_redis_read_timeout = 3;
{% endif %}
{% if sessions.tls %}
$CFG->session_redis_encrypt = ['cafile' => '/etc/pki/tls/certs/ca-bundle.crt'];
{% endif %}
{% else %}
$CFG->session_handler_class = '\core\session\memcached';
{% if sessions.tls %}
$CFG->session_memcached_save_path = '127.0.0.1:11211';
{% else %}
$CFG->session_memcached_save_path = '{{ late.SESSION_SERVERS }}';
{% endif %}
$CFG->session_memcached_prefix = 'memc.sess.key.';
$CFG->session_memcached_acquire_lock_timeout = 120;
$CFG->session_memcached_lock_expire = 7100;
$CFG->session_memcached_lock_retry_sleep = 150;
{% endif %}
{% if not admin %}
}
{% endif %}
{% endif %}
{% if settings %}

{% for it in settings %}
{% if it.plugin is none %}
$CFG->{ {{- it.name|php -}} } = {{ it.value|php }};
{% else %}
$CFG->forced_plugin_settings[{{ it.plugin|php }}][{{ it.name|php }}] = {{ it.value|php }};
{% endif %}
{% endfor %}
{% endif %}

require_once('/var/www/moodle/html/{{ release.public }}lib/setup.php');
