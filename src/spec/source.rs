//! The text of a spec file and the places in it.

use super::Diagnostic;

/// The most bytes that a spec may have; real ones have a few thousand.
pub const MOST_BYTES: usize = 256 << 10;

/// A range of bytes in a spec.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Span {
    /// The first byte.
    pub start: usize,
    /// The byte behind the last one.
    pub end: usize,
}

/// Where something stands in a spec, as people and editors count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file, as it was named.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// The bytes.
    pub span: Span,
}

/// A spec file that is text and not too large.
#[derive(Debug)]
pub struct Source {
    file: String,
    text: String,
    /// The byte at which each line starts.
    lines: Vec<usize>,
}

impl Source {
    /// Takes the bytes of a file.
    ///
    /// # Errors
    /// When they are too many or not UTF-8.
    pub fn read(bytes: &[u8], file: &str) -> Result<Source, Box<Diagnostic>> {
        let start = || Place { file: file.to_owned(), line: 1, column: 1, span: Span::default() };
        if MOST_BYTES < bytes.len() {
            let detail = format!("The file has {} bytes; a spec has at most {MOST_BYTES}.", bytes.len());
            let mut fault = Diagnostic::error("spec::too-large", start(), "The spec is too large", detail);
            fault.help("Check that this is the file that you meant.");
            return Err(Box::new(fault));
        }
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Source::of(text, file)),
            Err(error) => {
                let good = error.valid_up_to();
                let before = std::str::from_utf8(&bytes[..good]).unwrap_or_default();
                let place = Source::of(before, file).place(Span { start: good, end: good });
                let detail = format!("Byte {good} of the file is not part of any character; a spec is UTF-8 text.");
                let mut fault = Diagnostic::error("spec::encoding", place, "The spec is not UTF-8 text", detail);
                fault.help("Save the file as UTF-8.");
                Err(Box::new(fault))
            }
        }
    }

    fn of(text: &str, file: &str) -> Source {
        let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Source { file: file.to_owned(), text: text.to_owned(), lines }
    }

    /// Returns the text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the text of a span; empty where it is not one of this text.
    #[must_use]
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.start..span.end).unwrap_or_default()
    }

    /// Returns where a span stands.
    #[must_use]
    pub fn place(&self, span: Span) -> Place {
        let line = self.lines.partition_point(|start| *start <= span.start);
        let start = self.lines[line.saturating_sub(1)];
        let column = self.text.get(start..span.start).map_or(0, |before| before.chars().count()) + 1;
        Place { file: self.file.clone(), line, column, span }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_lines_and_characters_from_one() {
        let source = Source::read("a\nété b".as_bytes(), "x.kdl").unwrap();
        let at = source.text().find('b').unwrap();
        let place = source.place(Span { start: at, end: at + 1 });
        assert_eq!((place.line, place.column), (2, 5));
        assert_eq!(source.slice(place.span), "b");
        let end = source.text().len();
        assert_eq!(source.place(Span { start: end, end }).line, 2);
    }

    #[test]
    fn bytes_that_are_no_text_are_refused_where_they_stand() {
        let fault = Source::read(b"ab\ncd\xff", "x.kdl").unwrap_err();
        assert_eq!((fault.code, fault.place.line, fault.place.column), ("spec::encoding", 2, 3));
        let fault = Source::read(&vec![b' '; MOST_BYTES + 1], "x.kdl").unwrap_err();
        assert_eq!(fault.code, "spec::too-large");
    }
}
