//! The text of a spec: KDL 2 in, a tree with places out, and faults as data.
//!
//! bytes → [`source`] → [`tokens`] → [`shape`] → [`tree`] → [`reader`], which the tiers of the topology use.
//! [`format`](mod@format) works on the tokens and [`render`](mod@render) shows faults to people.
//!
//! *Why a shape check before the parser of the `kdl` crate*: that parser recurses with every nesting level and with
//! every stray character that it recovers from, so hostile text could overflow the stack. The check is a loop, refuses
//! such text with messages that name the brace or quote at fault, and lets the parser see only well-formed text.
//!
//! *Absent on purpose*: any knowledge of what a spec may say; that is the topology's.

pub mod source;

pub mod diagnostic;

mod tokens;

mod shape;

pub mod tree;

pub mod reader;

pub mod format;

pub mod render;

pub use diagnostic::{Diagnostic, Severity};
pub use format::format;
pub use render::render;
pub use source::{Place, Source, Span};
