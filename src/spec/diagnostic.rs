//! A fault in a spec, as plain data.

use serde::{Serialize, Serializer};

use super::source::Place;

/// How bad a fault is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// The spec cannot be used.
    Error,
    /// The spec can be used, and is probably not what was meant.
    Warning,
}

/// A fault in a spec: what, where, why and what to do.
///
/// As JSON it is flat: `severity`, `code`, `file`, `line`, `column`, `offset`, `length`, `summary`, `message`, `help`
/// and `also`, the other place that takes part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// What it is, for programs: `spec::unknown-field`. Never renamed.
    pub code: &'static str,
    /// What it is, in a few words and without names.
    pub summary: String,
    /// What is wrong and why.
    pub detail: String,
    /// What to write instead.
    pub help: Option<String>,
    /// Where it is.
    pub place: Place,
    /// Another place that takes part, and what is there.
    pub also: Option<(Place, String)>,
}

impl Diagnostic {
    /// Returns an error.
    #[must_use]
    pub fn error(code: &'static str, place: Place, summary: &str, detail: impl Into<String>) -> Diagnostic {
        let (summary, detail) = (summary.to_owned(), detail.into());
        Diagnostic { severity: Severity::Error, code, summary, detail, help: None, place, also: None }
    }

    /// Says what to do.
    pub fn help(&mut self, help: impl Into<String>) -> &mut Diagnostic {
        self.help = Some(help.into());
        self
    }

    /// Names another place that takes part.
    pub fn also(&mut self, place: Place, label: &str) -> &mut Diagnostic {
        self.also = Some((place, label.to_owned()));
        self
    }
}

#[derive(Serialize)]
struct Flat<'a> {
    severity: Severity,
    code: &'a str,
    file: &'a str,
    line: usize,
    column: usize,
    offset: usize,
    length: usize,
    summary: &'a str,
    message: &'a str,
    help: Option<&'a str>,
    also: Option<FlatAlso<'a>>,
}

#[derive(Serialize)]
struct FlatAlso<'a> {
    line: usize,
    column: usize,
    message: &'a str,
}

impl Serialize for Diagnostic {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Diagnostic { severity, code, summary, detail, help, place, also } = self;
        let Place { file, line, column, span } = place;
        let also = also.as_ref().map(|(at, message)| FlatAlso { line: at.line, column: at.column, message });
        let flat = Flat {
            severity: *severity,
            code,
            file,
            line: *line,
            column: *column,
            offset: span.start,
            length: span.end.saturating_sub(span.start),
            summary,
            message: detail,
            help: help.as_deref(),
            also,
        };
        flat.serialize(serializer)
    }
}

/// Returns a text from a spec in backticks, short and without control characters, to be put in a message.
#[must_use]
pub fn quoted(text: &str) -> String {
    const MOST: usize = 60;
    let mut shown: String = text.chars().take(MOST).flat_map(visible).collect();
    if text.chars().nth(MOST).is_some() {
        shown.push('…');
    }
    format!("`{shown}`")
}

fn visible(it: char) -> impl Iterator<Item = char> {
    // Characters that change the direction of text could make a message read as another one.
    let hidden =
        it.is_control() || matches!(it, '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let escaped = hidden.then(|| it.escape_unicode());
    let plain = (!hidden).then_some(it);
    escaped.into_iter().flatten().chain(plain)
}

/// Returns the nearest of the known names, if one is near enough to be meant.
#[must_use]
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = name.chars().count();
    if 64 < length {
        return None;
    }
    let lower = name.to_lowercase().replace('_', "-");
    let distance = |it: &str| strsim::damerau_levenshtein(&lower, it);
    let (best, far) = known.into_iter().map(|it| (it, distance(it))).min_by_key(|(_, far)| *far)?;
    (far <= (length / 3).max(1)).then_some(best)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_text_is_short_and_visible() {
        assert_eq!(quoted("a\u{1b}[31mb"), "`a\\u{1b}[31mb`");
        assert_eq!(quoted(&"x".repeat(70)).chars().count(), 63);
    }

    #[test]
    fn the_nearest_name_is_near() {
        assert_eq!(nearest("zonse", ["cidr", "zones"]), Some("zones"));
        assert_eq!(nearest("flow_logs", ["flow-logs"]), Some("flow-logs"));
        assert_eq!(nearest("wholly-other", ["cidr", "zones"]), None);
    }
}
