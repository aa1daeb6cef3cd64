<?php
// Stands in for Moodle's maintenance mode: a file among the shared ones, which every page of every server looks for.
define('CLI_SCRIPT', true);
require(__DIR__ . '/../../config.php');

$page = "$CFG->dataroot/climaintenance.html";
switch (implode(' ', array_slice($_SERVER['argv'], 1))) {
    case '--enable':
        file_put_contents($page, 'People are at work here.');
        break;
    case '--disable':
        if (is_file($page)) {
            unlink($page);
        }
        break;
    default:
        refuse('not an option');
}
