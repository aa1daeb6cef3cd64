//! Log groups.
