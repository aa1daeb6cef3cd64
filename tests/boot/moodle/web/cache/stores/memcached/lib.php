<?php
class cachestore_memcached {
    private Memcached $it;

    public function __construct($name, array $configuration) {
        $this->it = new Memcached();
        $this->it->addServers(array_map(fn($it) => [$it[0], (int)$it[1]], $configuration['servers']));
    }

    public static function are_requirements_met() {
        return class_exists('Memcached');
    }

    public function is_ready() {
        return @$this->it->set('ping', 1);
    }
}
