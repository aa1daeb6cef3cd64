<?php
// The front page: a session that counts, and who came.
define('START', microtime(true));
require(__DIR__ . '/config.php');
header('Cache-Control: no-store');
if (!$DB->tables()) {
    header("Location: $CFG->wwwroot/admin/index.php", true, 302);
    exit;
}
if ($_SERVER['HTTP_HOST'] !== parse_url($CFG->wwwroot, PHP_URL_HOST)) {
    header("Location: $CFG->wwwroot", true, 303);
    exit;
}
must(has_site(), 'there is no site');
must((float)$CFG->version === $version && $CFG->plugins === plugins(), 'the database is of other code');
$key = ($_COOKIE['MoodleSession'] ?? '') ?: bin2hex(random_bytes(13));
setcookie('MoodleSession', $key);
$handler = $CFG->session_handler_class ?? 'database';
if ($handler === '\core\session\redis') {
    $redis = new Redis();
    $tls = !empty($CFG->session_redis_encrypt);
    $connected = $redis->connect(($tls ? 'tls://' : '') . $CFG->session_redis_host, (int)$CFG->session_redis_port, $CFG->session_redis_connection_timeout, null, $CFG->session_redis_acquire_lock_retry, $CFG->session_redis_read_timeout ?? 0, $tls ? ['stream' => $CFG->session_redis_encrypt] : []);
    must($connected, 'no session cache');
    $count = $redis->incr("{$CFG->session_redis_prefix}session_$key");
} else if ($handler === '\core\session\memcached') {
    $memcached = new Memcached();
    foreach (explode(',', $CFG->session_memcached_save_path) as $server) {
        [$host, $port] = explode(':', $server);
        $memcached->addServer($host, (int)$port);
    }
    $memcached->add("$CFG->session_memcached_prefix$key", 0);
    $count = $memcached->increment("$CFG->session_memcached_prefix$key");
    must($count !== false, 'no session cache: ' . $memcached->getResultMessage());
} else {
    $count = 0;
}
header('Content-Type: application/json');
echo json_encode(['node' => trim(file_get_contents('/etc/node')), 'remote' => remote(), 'count' => $count,
    'lang' => $CFG->lang, 'wwwroot' => $CFG->wwwroot, 'branch' => $CFG->branch, 'opcache' => ini_get('opcache.memory_consumption'),
    'user' => posix_getpwuid(posix_geteuid())['name'], 'writable' => is_writable(__FILE__) || is_writable(__DIR__),
    'name' => $DB->column("SELECT fullname FROM mdl_course")[0], 'path' => $_SERVER['PATH_INFO'] ?? '']);
