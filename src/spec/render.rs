//! Faults as people read them in a terminal: the message, the line of the spec, and what to write instead.

use std::fmt::{self, Display};

use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource};

use super::diagnostic::{Diagnostic, Severity, quoted};
use super::source::{Place, Span};

/// A text with a longer line is not shown: it is no spec, and would fill the screen.
const LONGEST_LINE: usize = 400;

/// Returns the faults for a terminal, with colours or without.
#[must_use]
pub fn render(faults: &[Diagnostic], file: &str, source: &str, colour: bool) -> String {
    let theme = if colour { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let handler = GraphicalReportHandler::new_themed(theme).with_width(100).with_links(false).with_context_lines(1);
    // Byte for byte as long, so that the spans stay right.
    let shown = harmless(source);
    let wide = shown.lines().any(|it| LONGEST_LINE < it.len());
    let mut text = String::new();
    for fault in faults {
        let report = Report { fault, source: NamedSource::new(file, shown.clone()), text: &shown, wide };
        // Writing to a string does not fail; without the picture the words are still there.
        if handler.render_report(&mut text, &report).is_err() {
            text.push_str(&one_line(fault));
        }
        text.push('\n');
    }
    text
}

/// Returns a fault in one line: `file:line:column: error: …`.
#[must_use]
pub fn one_line(fault: &Diagnostic) -> String {
    let Place { file, line, column, span: _ } = &fault.place;
    let severity = match fault.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let help = fault.help.as_deref().map(|it| format!(" {it}")).unwrap_or_default();
    format!("{file}:{line}:{column}: {severity}: {}: {}{help} [{}]", fault.summary, fault.detail, fault.code)
}

/// Replaces what a terminal would obey by something of the same length.
fn harmless(source: &str) -> String {
    let replaced = |it: char| match it {
        '\n' | '\t' => it,
        it if it.is_control() && it.len_utf8() == 1 => '?',
        it if it.is_control() => '·',
        it => it,
    };
    source.chars().map(replaced).collect()
}

struct Report<'a> {
    fault: &'a Diagnostic,
    source: NamedSource<String>,
    text: &'a str,
    /// Whether a line of it is too long to be shown.
    wide: bool,
}

impl Report<'_> {
    /// Returns the span to underline; `None` when the text cannot be shown.
    fn shown(&self, span: Span) -> Option<(usize, usize)> {
        if self.wide {
            return None;
        }
        let start = floor(self.text, span.start);
        // Only the first line of it, else the whole block of a node would be shown.
        let line_end = self.text[start..].find('\n').map_or(self.text.len(), |it| start + it);
        let end = floor(self.text, span.end).clamp(start, line_end);
        Some((start, end - start))
    }
}

/// Returns the last boundary of a character up to `at`.
fn floor(text: &str, at: usize) -> usize {
    let at = at.min(text.len());
    (0..=at).rev().find(|it| text.is_char_boundary(*it)).unwrap_or(0)
}

impl Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.fault.summary, self.fault.detail)
    }
}

impl fmt::Debug for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fault.fmt(f)
    }
}

impl std::error::Error for Report<'_> {}

impl miette::Diagnostic for Report<'_> {
    fn code<'a>(&'a self) -> Option<Box<dyn Display + 'a>> {
        Some(Box::new(self.fault.code))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.fault.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn Display + 'a>> {
        let Place { file, line, column, span } = &self.fault.place;
        let help = self.fault.help.as_deref().unwrap_or_default();
        // Where the line is not shown, its place is said.
        match self.shown(*span) {
            None => Some(Box::new(format!("{help} (at {}:{line}:{column})", quoted(file)))),
            Some(_) => self.fault.help.as_ref().map(|it| Box::new(it) as Box<dyn Display>),
        }
    }

    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        self.shown(self.fault.place.span).map(|_| &self.source as &dyn miette::SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let (start, length) = self.shown(self.fault.place.span)?;
        let here = LabeledSpan::new_primary_with_span(None, (start, length));
        let also = self.fault.also.as_ref().and_then(|(place, label)| {
            self.shown(place.span).map(|span| LabeledSpan::new_with_span(Some(label.clone()), span))
        });
        Some(Box::new(std::iter::once(here).chain(also)))
    }
}
