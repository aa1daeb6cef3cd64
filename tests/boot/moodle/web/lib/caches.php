<?php
// Stands in for Moodle's caches: their settings in dataroot/muc/config.php, written by the methods that Moodle has.

class cache_store {
    const MODE_APPLICATION = 1;
}

class cache_config_writer {
    private array $it = ['stores' => ['default_application' => ['plugin' => 'file', 'configuration' => []]],
        'mappings' => [['mode' => 1, 'store' => 'default_application', 'sort' => 0],
            ['mode' => 2, 'store' => 'default_session', 'sort' => 0], ['mode' => 4, 'store' => 'default_request', 'sort' => 0]]];

    public static function file(): string {
        global $CFG;
        return "$CFG->dataroot/muc/config.php";
    }

    public static function instance(): cache_config_writer {
        $writer = new cache_config_writer();
        if (is_file(self::file())) {
            $writer->it = require(self::file());
        }
        return $writer;
    }

    public function get_all_stores(): array {
        return $this->it['stores'];
    }

    public function get_mode_mappings(): array {
        return $this->it['mappings'];
    }

    public function add_store_instance($name, $plugin, array $configuration): void {
        must(!isset($this->it['stores'][$name]), 'there is such a store');
        $this->edit_store_instance($name, $plugin, $configuration);
    }

    public function edit_store_instance($name, $plugin, $configuration): void {
        $this->it['stores'][$name] = ['plugin' => $plugin, 'configuration' => $configuration];
        $this->save();
    }

    public function set_mode_mappings(array $mappings): void {
        $this->it['mappings'] = [];
        foreach ($mappings as $mode => $stores) {
            foreach ($stores as $sort => $store) {
                $this->it['mappings'][] = ['mode' => $mode, 'store' => $store, 'sort' => $sort];
            }
        }
        $this->save();
    }

    private function save(): void {
        global $DB;
        $DB->tell('cache');
        @mkdir(dirname(self::file()), 02770);
        $new = self::file() . '.' . getmypid();
        file_put_contents($new, '<?php return ' . var_export($this->it, true) . ';');
        rename($new, self::file());
        opcache_invalidate(self::file(), true);
    }
}
// The names that releases since 4.5 have.
class_alias('cache_config_writer', 'core_cache\config_writer');
class_alias('cache_store', 'core_cache\store');
