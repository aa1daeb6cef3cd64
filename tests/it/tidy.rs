//! What the code must look like: layers, registration, sizes.
