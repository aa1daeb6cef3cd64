//! The sandbox: install, start, find again, stop.
