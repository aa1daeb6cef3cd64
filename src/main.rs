//! The program; all it does is in `cli`.

fn main() {}
