<?php
// Moodle's router: what is no file.
echo 'routed ', $_SERVER['REQUEST_URI'];
