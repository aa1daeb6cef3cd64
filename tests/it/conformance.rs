//! Ring 3: every kind against every emulator.
