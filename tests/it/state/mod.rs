//! What a state is kept in: what a power cut may leave of it, what others may make of it, and other places for it.

mod fuzz;
mod place;
mod power;
