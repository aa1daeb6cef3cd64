<?php
// The database without Moodle: for what must be known before Moodle can run.

class Database {
{% if postgresql %}
    private function __construct(private PgSql\Connection $connection) {
    }

    {# Opens a connection of its own, or returns null. #}
    public static function open(): ?Database {
        $secret = json_decode((string)@file_get_contents('/run/moodle/database.json'), true);
        if (!isset($secret['username'], $secret['password'])) {
            return null;
        }
        $quote = fn($it) => "'" . addcslashes($it, "'\\") . "'";
        $parts = ['host' => '{{ late.DATABASE_HOST }}', 'port' => '{{ database.port }}', 'dbname' => {{ database.name|php }},
            'user' => $secret['username'], 'password' => $secret['password'], 'connect_timeout' => '10',
{% if database.verified %}
            'sslmode' => 'verify-full', 'sslrootcert' => '/etc/moodle/database.pem',
{% endif %}
        ];
        $parts = array_map(fn($key, $it) => "$key=" . $quote($it), array_keys($parts), $parts);
        $connection = @pg_connect(implode(' ', $parts), PGSQL_CONNECT_FORCE_NEW);
        return $connection ? new Database($connection) : null;
    }

    {# Returns the first column of what a statement answers. #}
    public function column(string $sql, string ...$values): array {
        $result = pg_query_params($this->connection, $sql, $values);
        if (!$result) {
            throw new Exception(pg_last_error($this->connection));
        }
        return pg_num_fields($result) ? pg_fetch_all_columns($result, 0) : [];
    }

    {# Takes a lock that is gone when this process is. #}
    public function lock(string $name): bool {
        return $this->column('SELECT pg_try_advisory_lock(hashtext($1))::int', "moodle-infra $name") === ['1'];
    }

    {# Returns the tables whose names begin so. #}
    public function tables(string $prefix): array {
        return $this->column('SELECT tablename FROM pg_tables WHERE schemaname = current_schema() AND starts_with(tablename, $1)', $prefix);
    }

    public function drop(string $table): void {
        $this->column('DROP TABLE ' . pg_escape_identifier($this->connection, $table) . ' CASCADE');
    }
{% else %}
    private function __construct(private mysqli $connection) {
    }

    {# Opens a connection of its own, or returns null. #}
    public static function open(): ?Database {
        $secret = json_decode((string)@file_get_contents('/run/moodle/database.json'), true);
        if (!isset($secret['username'], $secret['password'])) {
            return null;
        }
        mysqli_report(MYSQLI_REPORT_ERROR | MYSQLI_REPORT_STRICT);
        $connection = mysqli_init();
        $connection->options(MYSQLI_OPT_CONNECT_TIMEOUT, 10);
{% if database.verified %}
        $connection->ssl_set(null, null, '/etc/moodle/database.pem', null, null);
{% endif %}
        try {
            $connection->real_connect('{{ late.DATABASE_HOST }}', $secret['username'], $secret['password'],
                {{ database.name|php }}, {{ database.port }}, null, {{ "MYSQLI_CLIENT_SSL"|word if database.verified else "0"|word }});
        } catch (mysqli_sql_exception) {
            return null;
        }
        return new Database($connection);
    }

    {# Returns the first column of what a statement answers. #}
    public function column(string $sql, string ...$values): array {
        $result = $this->connection->execute_query(preg_replace('/\$\d/', '?', $sql), $values);
        return $result === true ? [] : array_map('strval', array_column($result->fetch_all(), 0));
    }

    {# Takes a lock that is gone when this process is. #}
    public function lock(string $name): bool {
        return $this->column('SELECT GET_LOCK($1, 0)', "moodle-infra $name") === ['1'];
    }

    {# Returns the tables whose names begin so. #}
    public function tables(string $prefix): array {
        return $this->column('SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND LEFT(TABLE_NAME, CHAR_LENGTH($1)) = $2',
            $prefix, $prefix);
    }

    public function drop(string $table): void {
        $this->column('DROP TABLE `' . str_replace('`', '``', $table) . '`');
    }
{% endif %}

    {# Whether the secret that is there opens the database. #}
    public static function opens(): bool {
        return self::open() !== null;
    }
}

{# Runs a command that dies when this process does; returns its exit code. #}
function run(array $command, ?string $input = null): int {
    $in = $input === null ? ['file', '/dev/null', 'r'] : ['pipe', 'r'];
    $process = proc_open(['setpriv', '--pdeathsig', 'KILL', '--', ...$command], [0 => $in, 1 => STDOUT, 2 => STDERR], $pipes);
    if (!$process) {
        return 127;
    }
    if ($input !== null) {
        fwrite($pipes[0], $input);
        fclose($pipes[0]);
    }
    return proc_close($process);
}
