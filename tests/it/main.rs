//! The one integration binary; `tidy` fails on a module that is forgotten here.

mod support;

mod binary;
mod conformance;
mod engine;
mod sandbox;
mod spec;
mod tidy;
