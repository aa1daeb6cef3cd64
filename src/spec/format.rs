//! The formatter: indentation, blanks and blank lines; never a word, never the order, never a comment.
//!
//! It works on tokens and copies all but blanks, because the `kdl` crate's own formatter deletes comments at the end of a
//! line. Lines stay where the author broke them; comments at the ends of neighbouring lines are aligned.

use super::diagnostic::Diagnostic;
use super::source::{Source, Span};
use super::tokens::{self, Kind, Token};
use super::tree::{self, Node, Value};

const INDENT: &str = "    ";

/// Returns a spec in its standard layout. Formatting twice changes nothing more, and the meaning never changes.
///
/// # Errors
/// When the text is not KDL.
pub fn format(source: &str) -> Result<String, Vec<Diagnostic>> {
    let before = Source::read(source.as_bytes(), "spec").map_err(|fault| vec![*fault])?;
    let nodes = tree::parse(&before)?;
    let formatted = Layout::of(source).lines();
    // Nobody would look for a fault of the formatter in a spec that changed its meaning, so it is looked for here.
    let after = Source::read(formatted.as_bytes(), "spec").map_err(|fault| vec![*fault])?;
    let same = tree::parse(&after).is_ok_and(|it| same_meaning(&nodes, &it)) && words(source) == words(&formatted);
    if same {
        return Ok(formatted);
    }
    let place = before.place(Span::default());
    let detail = "Its layout is so unusual that formatting would change its meaning.";
    let mut fault = Diagnostic::error("spec::not-formatted", place, "The spec cannot be formatted", detail);
    fault.help("Write one node on each line, and comments on lines of their own.");
    Err(vec![fault])
}

/// Whether two trees say the same, wherever it stands.
fn same_meaning(one: &[Node], other: &[Node]) -> bool {
    let values = |it: &Node| it.arguments.iter().map(|it| it.value.clone()).collect::<Vec<Value>>();
    let fields = |it: &Node| {
        it.properties.iter().map(|(name, value)| (name.value.clone(), value.value.clone())).collect::<Vec<_>>()
    };
    let equal = |(one, other): (&Node, &Node)| {
        one.name.value == other.name.value
            && values(one) == values(other)
            && fields(one) == fields(other)
            && same_meaning(&one.children, &other.children)
    };
    one.len() == other.len() && one.iter().zip(other).all(equal)
}

/// Returns all that a text says, comments included.
fn words(text: &str) -> Vec<&str> {
    let says = |it: &Token| !matches!(it.kind, Kind::Space | Kind::Newline | Kind::Continuation | Kind::End);
    tokens::tokens(text).iter().filter(|it| says(it)).map(|it| text[it.span.start..it.span.end].trim_end()).collect()
}

/// A line of the result.
#[derive(Default)]
struct Line {
    text: String,
    /// The comment at its end.
    comment: String,
}

struct Layout<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    done: Vec<Line>,
    line: Line,
    /// Whether each open block is broken over lines.
    open: Vec<bool>,
    /// Whether a blank separates what comes next from what stands on the line.
    spaced: bool,
    /// Whether the node goes on on this line after a `\`.
    continues: bool,
    /// Whether a `;` is due before what comes next on this line.
    ended: bool,
    last: Option<Kind>,
}

impl<'a> Layout<'a> {
    fn of(text: &'a str) -> Layout<'a> {
        Layout {
            text,
            tokens: tokens::tokens(text),
            done: Vec::new(),
            line: Line::default(),
            open: Vec::new(),
            spaced: false,
            continues: false,
            ended: false,
            last: None,
        }
    }

    fn lines(mut self) -> String {
        for index in 0..self.tokens.len() {
            self.take(index);
        }
        self.break_line();
        while self.done.last().is_some_and(|it| it.text.is_empty() && it.comment.is_empty()) {
            self.done.pop();
        }
        align(&self.done)
    }

    fn take(&mut self, index: usize) {
        let Token { kind, span } = self.tokens[index];
        let text = &self.text[span.start..span.end];
        match kind {
            Kind::Space => {
                self.spaced = true;
                return;
            }
            Kind::Newline => self.newline(),
            Kind::LineComment => self.end_comment(text),
            Kind::Continuation => self.continuation(text),
            Kind::End => self.ended = true,
            Kind::Open => self.opens(index),
            Kind::Close => self.closes(),
            Kind::Equals => self.line.text.push('='),
            _ => self.word(text),
        }
        self.spaced = false;
        self.last = Some(kind);
    }

    fn is_blank(&self) -> bool {
        self.line.text.is_empty()
    }

    /// Writes a piece on the line, with what is due before it.
    fn word(&mut self, text: &str) {
        if std::mem::take(&mut self.ended) {
            self.line.text.push_str("; ");
        } else if self.is_blank() {
            let depth = self.open.len() + usize::from(self.continues);
            self.line.text.push_str(&INDENT.repeat(depth));
        } else if self.is_separate(text) {
            self.line.text.push(' ');
        }
        self.line.text.push_str(text);
    }

    fn is_separate(&self, text: &str) -> bool {
        match self.last {
            Some(Kind::Equals) => false,
            // What is commented out follows its mark at once, unless it is a comment itself.
            Some(Kind::Slashdash) => text.starts_with("/*"),
            Some(Kind::Open | Kind::Close) => true,
            _ => self.spaced || text.starts_with(['{', '\\']),
        }
    }

    fn break_line(&mut self) {
        self.done.push(std::mem::take(&mut self.line));
        (self.continues, self.ended) = (false, false);
    }

    fn newline(&mut self) {
        let after_block_opened = self.open.last() == Some(&true) && matches!(self.last, Some(Kind::Open));
        if self.continues && self.is_blank() {
            // This empty line ends the node that went on: it must stay.
            return self.break_line();
        }
        if !self.is_blank() {
            return self.break_line();
        }
        let before = self.done.last();
        let follows_blank = before.is_none_or(|it| {
            it.text.is_empty() && it.comment.is_empty() || it.text.ends_with('{') && it.comment.is_empty()
        });
        if !follows_blank && !after_block_opened && self.last == Some(Kind::Newline) {
            self.break_line();
        }
    }

    fn end_comment(&mut self, text: &str) {
        if self.is_blank() {
            self.word(text.trim_end());
        } else {
            text.trim_end().clone_into(&mut self.line.comment);
        }
        self.ended = false;
    }

    fn continuation(&mut self, text: &str) {
        self.spaced = true;
        self.word("\\");
        let comment = text.trim_start_matches('\\').trim();
        comment.clone_into(&mut self.line.comment);
        self.break_line();
        self.continues = true;
    }

    fn opens(&mut self, index: usize) {
        self.spaced = true;
        self.word("{");
        let broken = self.is_broken(index);
        self.open.push(broken);
        // A comment behind the brace stays on its line.
        let rest = &self.tokens[index + 1..];
        let next = rest.iter().find(|it| it.kind != Kind::Space).map(|it| it.kind);
        if broken && !matches!(next, Some(Kind::Newline | Kind::LineComment)) {
            self.break_line();
        }
    }

    /// Whether the block that opens at a token has a line end in it.
    fn is_broken(&self, index: usize) -> bool {
        let mut depth = 0_usize;
        for token in &self.tokens[index..] {
            match token.kind {
                Kind::Open => depth += 1,
                Kind::Close if depth == 1 => return false,
                Kind::Close => depth -= 1,
                Kind::Newline | Kind::LineComment | Kind::Continuation => return true,
                _ => {}
            }
        }
        false
    }

    fn closes(&mut self) {
        self.ended = false;
        let broken = self.open.pop().unwrap_or(false);
        if broken {
            if !self.is_blank() || self.continues {
                self.break_line();
            }
            while self.done.last().is_some_and(|it| it.text.is_empty() && it.comment.is_empty()) {
                self.done.pop();
            }
        }
        let empty = self.last == Some(Kind::Open);
        if empty && !broken {
            self.line.text.push('}');
        } else {
            self.spaced = true;
            self.word("}");
        }
    }
}

/// Joins lines, with the comments at the ends of neighbouring ones in one column.
fn align(lines: &[Line]) -> String {
    let mut text = String::new();
    let aligned = |one: &Line, other: &Line| {
        !one.comment.is_empty() && !other.comment.is_empty() && !one.text.ends_with('{') && !one.text.is_empty()
    };
    for group in lines.chunk_by(aligned) {
        let width = |it: &Line| it.text.lines().last().unwrap_or_default().chars().count();
        let widest = group.iter().map(width).max().unwrap_or(0);
        for line in group {
            text.push_str(&line.text);
            if !line.comment.is_empty() {
                text.push_str(&" ".repeat(widest + 1 - width(line)));
                text.push_str(&line.comment);
            }
            text.push('\n');
        }
    }
    text
}
