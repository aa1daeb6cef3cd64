<?php
class cachestore_redis {
    private ?Redis $redis = null;

    public function __construct($name, array $configuration) {
        must(array_diff(array_keys($configuration), ['server', 'prefix', 'password', 'serializer', 'compressor', 'connectiontimeout', 'encryption', 'cafile', 'clustermode']) === [], 'no code reads all of the store');
        must(!$configuration['encryption'] || $configuration['cafile'], 'an empty file of authorities is no verification');
        [$host, $port] = explode(':', $configuration['server']);
        $redis = new Redis();
        $options = $configuration['encryption'] ? ['stream' => ['cafile' => $configuration['cafile']]] : [];
        try {
            if (@$redis->connect(($configuration['encryption'] ? 'tls://' : '') . $host, (int)$port, $configuration['connectiontimeout'], null, 100, $configuration['connectiontimeout'], $options)) {
                $this->redis = $redis;
            }
        } catch (RedisException $error) {
            error_log($error->getMessage());
        }
    }

    public static function are_requirements_met() {
        return class_exists('Redis');
    }

    public function is_ready() {
        return $this->redis?->ping() === true;
    }
}
