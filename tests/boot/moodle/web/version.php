<?php
$version  = 2025BRANCH0.00;
$release  = 'stand-in';
$branch   = 'BRANCH';
