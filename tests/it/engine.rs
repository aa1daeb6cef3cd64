//! Ring 2: the engine over simulated kinds, with virtual time.
