//! Ring 4: the binary against an emulator.
