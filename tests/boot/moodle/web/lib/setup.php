<?php
// Stands in for Moodle: reads config.php as Moodle does, and ends where Moodle would not run with it or where the
// settings are not those of a cluster. The names of settings are those that Moodle's own code reads.

const SETTINGS = ['admin', 'cachedir', 'dataroot', 'dbhost', 'dblibrary', 'dbname', 'dboptions', 'dbpass', 'dbtype',
    'dbuser', 'directorypermissions', 'disableupdateautodeploy', 'disableupdatenotifications', 'forced_plugin_settings',
    'forcelogin', 'getremoteaddrconf', 'lang', 'localcachedir', 'localrequestdir', 'pathtophp', 'prefix',
    'preventexecpath', 'sslproxy', 'tempdir', 'uninstallclionly', 'wwwroot'];
const REDIS = ['host', 'port', 'encrypt', 'auth', 'database', 'prefix', 'acquire_lock_timeout', 'acquire_lock_warn',
    'acquire_lock_retry', 'lock_expire', 'connection_timeout', 'max_retries', 'compressor', 'serializer_use_igbinary'];
const MEMCACHED = ['save_path', 'prefix', 'acquire_lock_timeout', 'lock_expire', 'lock_retry_sleep'];

function refuse(string $why): never {
    if (PHP_SAPI !== 'cli') {
        http_response_code(500);
    }
    echo "stand-in: $why\n";
    error_log("stand-in: $why");
    exit(1);
}

function must(bool $holds, string $why): void {
    if (!$holds) {
        refuse($why);
    }
}

require(__DIR__ . '/../version.php');
$CFG->dirroot = dirname(__DIR__);
$CFG->branch = $branch;
$CFG->libdir = __DIR__;

$known = SETTINGS;
if ($branch >= '501') {
    $known[] = 'routerconfigured';
    must(!empty($CFG->routerconfigured), 'nobody says that the router works');
}
$handler = $CFG->session_handler_class ?? null;
if ($handler !== null) {
    $known[] = 'session_handler_class';
    must(in_array($handler, ['\core\session\redis', '\core\session\memcached']), "there is no $handler");
    $keys = $handler === '\core\session\redis' ? [...REDIS, ...($branch >= '502' ? ['read_timeout'] : [])] : MEMCACHED;
    $of = $handler === '\core\session\redis' ? 'redis' : 'memcached';
    $known = [...$known, ...array_map(fn($it) => "session_{$of}_$it", $keys)];
}
foreach (array_keys(get_object_vars($CFG)) as $name) {
    must(in_array($name, [...$known, 'dirroot', 'branch', 'libdir']), "no code reads $name");
}
must(preg_match('~^(https?)://[a-z0-9.-]+$~', $CFG->wwwroot, $found) === 1, "not an address: $CFG->wwwroot");
must(($found[1] === 'https') === !empty($CFG->sslproxy), 'sslproxy is not what the address says');
must($CFG->getremoteaddrconf === 1, 'the address of visitors is not where the load balancer writes it');
must($CFG->prefix === 'mdl_' && $CFG->admin === 'admin' && $CFG->dblibrary === 'native', 'not what Moodle expects');
$mounts = (string)file_get_contents('/proc/self/mounts');
foreach (['dataroot' => true, 'cachedir' => true, 'tempdir' => true, 'localcachedir' => false, 'localrequestdir' => false] as $name => $shared) {
    $folder = $CFG->$name;
    must(str_starts_with($folder, '/') && !str_starts_with($folder, "$CFG->dirroot/"), "$name is where the world sees it");
    if (!$shared && !is_dir($folder)) {
        mkdir($folder, 02770, true);
    }
    must(is_writable($folder), "$name cannot be written to: $folder");
    must(str_contains($mounts, " $folder ") === $shared, "$name is " . ($shared ? 'not ' : '') . 'shared');
}

// A page that is the same on all servers, before anything else is looked at.
if (PHP_SAPI !== 'cli' && is_file("$CFG->dataroot/climaintenance.html")) {
    http_response_code(503);
    readfile("$CFG->dataroot/climaintenance.html");
    exit;
}

class database {
    private mixed $it;
    private bool $pgsql;

    public function __construct(object $cfg, ?string $host = null, ?int $timeout = null) {
        $host ??= $cfg->dbhost;
        $options = $cfg->dboptions;
        must(array_diff(array_keys($options), ['dbport', 'connecttimeout', 'dbcollation', 'ssl', 'readonly']) === [], 'no code reads all of dboptions');
        $ssl = $options['ssl'] ?? '';
        $timeout ??= $options['connecttimeout'];
        must(in_array($cfg->dbtype, ['pgsql', 'auroramysql']), "there is no driver $cfg->dbtype");
        $this->pgsql = $cfg->dbtype === 'pgsql';
        if ($this->pgsql) {
            must(!isset($options['dbcollation']), 'a collation is for MySQL');
            $pass = addcslashes($cfg->dbpass, "'\\");
            $this->it = @pg_connect("user='$cfg->dbuser' password='$pass' dbname='$cfg->dbname' host='$host' port={$options['dbport']}"
                . " connect_timeout=$timeout" . ($ssl ? " sslmode='$ssl'" : ''), PGSQL_CONNECT_FORCE_NEW);
            must((bool)$this->it, "no connection to $host");
        } else {
            mysqli_report(MYSQLI_REPORT_ERROR | MYSQLI_REPORT_STRICT);
            $this->it = mysqli_init();
            $this->it->options(MYSQLI_OPT_CONNECT_TIMEOUT, $timeout);
            try {
                $this->it->real_connect($host, $cfg->dbuser, $cfg->dbpass, $cfg->dbname, $options['dbport'], null, $ssl ? MYSQLI_CLIENT_SSL : 0);
            } catch (mysqli_sql_exception $error) {
                refuse("no connection to $host: " . $error->getMessage());
            }
        }
    }

    public function column(string $sql): array {
        if ($this->pgsql) {
            $result = pg_query($this->it, $sql);
            must((bool)$result, "$sql: " . pg_last_error($this->it));
            return pg_num_fields($result) ? pg_fetch_all_columns($result, 0) : [];
        }
        $result = $this->it->query($sql);
        return $result === true ? [] : array_column($result->fetch_all(), 0);
    }

    public function tables(): array {
        $schema = $this->pgsql ? 'current_schema()' : 'DATABASE()';
        return $this->column("SELECT table_name FROM information_schema.tables WHERE table_schema = $schema AND table_name LIKE 'mdl\\_%'");
    }

    public function encrypted(): bool {
        return $this->pgsql
            ? $this->column('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()') === ['t']
            : ($this->it->query("SHOW STATUS LIKE 'Ssl_cipher'")->fetch_row()[1] ?? '') !== '';
    }

    // Writes a setting.
    public function set(string $name, string $value): void {
        $quote = fn($it) => "'" . str_replace("'", "''", $it) . "'";
        $this->drop($name);
        $this->column("INSERT INTO mdl_config (name, value) VALUES ({$quote($name)}, {$quote($value)})");
    }

    public function drop(string $name): void {
        $this->column("DELETE FROM mdl_config WHERE name = '$name'");
    }

    // What happened, for who looks on; not a table of Moodle's.
    public function tell(string $what): void {
        $node = trim(file_get_contents('/etc/node'));
        $this->column("INSERT INTO audit (node, what) VALUES ('$node', '$what')");
    }
}

$DB = new database($CFG);
if (($CFG->dboptions['ssl'] ?? '') === 'verify-full') {
    must($DB->encrypted(), 'the database is spoken to without TLS');
}
if (isset($CFG->dboptions['readonly'])) {
    ['instance' => ['dbhost' => $reader], 'connecttimeout' => $timeout, 'latency' => $latency] = $CFG->dboptions['readonly'];
    must($reader !== $CFG->dbhost && $timeout <= 5 && $latency > 0, 'not a reader');
    new database($CFG, $reader, $timeout);
}

// What is in config.php goes before what is in the database.
if (in_array('mdl_config', $DB->tables())) {
    foreach ($DB->column("SELECT CONCAT(name, '=', value) FROM mdl_config") as $it) {
        [$name, $value] = explode('=', $it, 2);
        $CFG->$name ??= $value;
    }
}
if (time() <= (int)($CFG->upgraderunning ?? 0)) {
    refuse('Site is being upgraded, please retry later.');
}

function has_site(): bool {
    global $CFG;
    return ($CFG->rolesactive ?? '') === '1' && !isset($CFG->adminsetuppending);
}

// Moodle's getremoteaddr with getremoteaddrconf 1: the last in X-Forwarded-For.
function remote(): string {
    $forwarded = explode(',', $_SERVER['HTTP_X_FORWARDED_FOR'] ?? '');
    return trim(end($forwarded));
}

// The plug-ins that are not Moodle's own.
function plugins(): string {
    global $CFG;
    return implode(',', array_map(fn($it) => basename(dirname($it)), glob("$CFG->dirroot/mod/*/version.php")));
}

// Who kills it at a certain point has it wait there.
function pause(string $at): void {
    if (@file_get_contents('/efs/pause') === $at) {
        file_put_contents('/efs/paused', getmypid());
        for ($end = time() + 60; is_file('/efs/pause') && time() < $end;) {
            usleep(10000);
            clearstatcache();
        }
    }
}

function make_tables(): void {
    global $DB;
    $DB->column('CREATE TABLE mdl_config (name VARCHAR(50) PRIMARY KEY, value VARCHAR(255))');
    $DB->set('upgraderunning', (string)(time() + 4));
    $DB->column('CREATE TABLE mdl_user (id INT PRIMARY KEY, username VARCHAR(100), email VARCHAR(100), password VARCHAR(255), lastip VARCHAR(45))');
    for ($it = 1; $it <= 40; $it++) {
        $DB->column("CREATE TABLE mdl_table$it (id INT PRIMARY KEY)");
        pause("$it");
    }
    $DB->column('CREATE TABLE mdl_course (fullname VARCHAR(254), shortname VARCHAR(255))');
}

class core_component {
    public static function get_plugin_list_with_file(string $type, string $file): array {
        global $CFG;
        $found = [];
        foreach (glob("$CFG->dirroot/cache/stores/*/$file") as $path) {
            $found[basename(dirname($path))] = $path;
        }
        return $found;
    }
}

require(__DIR__ . '/caches.php');
