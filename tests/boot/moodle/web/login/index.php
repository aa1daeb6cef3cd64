<?php
// The login page.
require(__DIR__ . '/../config.php');
must(has_site(), 'there is no site');
echo 'Log in';
