//! Colour, where the reader is a terminal. Every text reads the same without it.

use std::fmt::Display;

/// How to paint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Whether there are colours.
    pub colour: bool,
}

/// What a text stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paint {
    /// Something made.
    Made,
    /// Something changed.
    Changed,
    /// Something deleted, or an error.
    Gone,
    /// A heading.
    Strong,
    /// A remark.
    Faint,
}

impl Style {
    /// Returns the text, painted.
    #[must_use]
    pub fn paint(self, paint: Paint, text: impl Display) -> String {
        let code = match paint {
            Paint::Made => "32",
            Paint::Changed => "33",
            Paint::Gone => "31",
            Paint::Strong => "1",
            Paint::Faint => "2",
        };
        if self.colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_string() }
    }
}
