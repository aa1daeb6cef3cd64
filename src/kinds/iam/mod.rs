//! Roles, for what AWS services do on our behalf.
