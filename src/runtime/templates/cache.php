<?php
// Makes the cache of cache.json the one for what the application keeps. Nothing changes when it is that already, and
// nothing is written when it does not answer.
define('CLI_SCRIPT', true);
require('/var/www/moodle/html/config.php');

const STORE = 'application';
['plugin' => $plugin, 'configuration' => $wanted] = json_decode(file_get_contents(__DIR__ . '/cache.json'), true, 512, JSON_THROW_ON_ERROR);
if (is_string($wanted['servers'] ?? null)) {
    $wanted['servers'] = array_map(fn($it) => explode(':', $it), explode(',', $wanted['servers']));
}
{# Its names of old are there in all releases. #}
$writer = class_exists('\core_cache\config_writer') ? \core_cache\config_writer::instance() : cache_config_writer::instance();
$mode = class_exists('\core_cache\store') ? \core_cache\store::MODE_APPLICATION : cache_store::MODE_APPLICATION;
$there = $writer->get_all_stores()[STORE] ?? null;

$class = "cachestore_$plugin";
if (!class_exists($class)) {
    $file = core_component::get_plugin_list_with_file('cachestore', 'lib.php')[$plugin] ?? null;
    if (!$file) {
        fwrite(STDERR, "Moodle has no plug-in $class\n");
        exit(1);
    }
    require_once($file);
}
$store = new $class(STORE, $wanted);
if (!$class::are_requirements_met() || !$store->is_ready()) {
    fwrite(STDERR, "the application cache does not answer\n");
    exit(1);
}

if (!$there) {
    $writer->add_store_instance(STORE, $plugin, $wanted);
} else if ($there['plugin'] !== $plugin || $there['configuration'] != $wanted) {
    $writer->edit_store_instance(STORE, $plugin, $wanted);
}
$mappings = [];
foreach ($writer->get_mode_mappings() as $mapping) {
    $mappings[$mapping['mode']][$mapping['sort']] = $mapping['store'];
}
$mappings = array_map(function ($stores) {
    ksort($stores);
    return array_values($stores);
}, $mappings);
if (($mappings[$mode] ?? []) !== [STORE]) {
    $writer->set_mode_mappings([$mode => [STORE]] + $mappings);
}
