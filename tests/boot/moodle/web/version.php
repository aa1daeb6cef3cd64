<?php
$version  = 2026042000.00;
$release  = 'stand-in';
$branch   = 'BRANCH';
