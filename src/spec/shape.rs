//! Whether braces, quotes, separators and single values are right, in one pass without recursion; see the module above
//! for why.

use kdl::KdlEntry;

use super::diagnostic::{Diagnostic, quoted};
use super::source::{Source, Span};
use super::tokens::{Kind, Token};

/// The deepest nesting of blocks and of block comments; a spec needs four.
const DEEPEST: usize = 6;

/// The most stars and slashes in a block comment: the parser goes one level deeper at each.
const MOST_SIGNS: usize = 250;
/// After so many faults the rest is most probably their consequence.
const MOST_FAULTS: usize = 20;

/// Returns what is wrong with the shape of a text.
pub(super) fn faults_of(source: &Source, tokens: &[Token]) -> Vec<Diagnostic> {
    let mut shape =
        Shape { source, at: At::Start, open: Vec::new(), commented: false, last: None, dashes: 0, faults: Vec::new() };
    shape.characters();
    for token in tokens {
        shape.take(*token);
        if MOST_FAULTS <= shape.faults.len() {
            return shape.faults;
        }
    }
    shape.finish()
}

/// What may come next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    /// The name of a node.
    Start,
    /// As entries, right behind the name of the node, which is no field.
    Named,
    /// A value, a field, a block, or the end of the node.
    Entries,
    /// The value of a field, behind `=`.
    Value,
    /// As entries, behind the value of a field.
    Valued,
    /// The end of the node, behind its block; or another block, where `commented` blocks came before.
    Behind { commented: bool },
}

/// A block that is open.
struct Block {
    /// Its brace.
    span: Span,
    /// Whether the block is commented out behind its node.
    commented: bool,
    /// Whether its node is commented out.
    of_commented: bool,
}

struct Shape<'a> {
    source: &'a Source,
    at: At,
    /// The blocks that are open.
    open: Vec<Block>,
    /// Whether the node that is being read is commented out.
    commented: bool,
    /// The last token that is not a blank or a comment, on this line.
    last: Option<Token>,
    /// How many `/-` there are in a row.
    dashes: usize,
    faults: Vec<Diagnostic>,
}

impl Shape<'_> {
    /// KDL forbids characters that nobody sees, because a reviewer would not.
    fn characters(&mut self) {
        let text = self.source.text();
        let forbidden = |at: usize, it: char| match it {
            '\u{feff}' => at != 0,
            it => {
                matches!(it, '\u{0}'..='\u{8}' | '\u{e}'..='\u{1f}' | '\u{7f}')
                    || matches!(it, '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
            }
        };
        for (at, it) in text.char_indices().filter(|(at, it)| forbidden(*at, *it)).take(MOST_FAULTS) {
            let detail = format!("The character U+{:04X} cannot be seen.", u32::from(it));
            let span = Span { start: at, end: at + it.len_utf8() };
            self.fault(span, "Invisible character", &detail, "Remove it.");
        }
    }

    fn take(&mut self, token: Token) {
        let Token { kind, span } = token;
        match kind {
            Kind::Space | Kind::Continuation => return,
            Kind::BlockComment => return self.comment(span),
            Kind::Newline | Kind::LineComment => return self.line_ends(span),
            Kind::Slashdash => self.comments_out(span),
            Kind::End => self.node_ends(span),
            Kind::Open => self.opens(span),
            Kind::Close => self.closes(span),
            Kind::Equals => self.equals(span),
            Kind::Word | Kind::Quoted => self.text(token),
            Kind::Unclosed => self.unclosed(span),
            Kind::Stray => self.stray(span),
        }
        self.last = Some(token);
    }

    fn fault(&mut self, span: Span, summary: &str, detail: &str, help: &str) {
        let mut fault = Diagnostic::error("spec::syntax", self.source.place(span), summary, detail);
        fault.help(help);
        self.faults.push(fault);
    }

    fn last_is(&self, kind: Kind) -> bool {
        self.last.is_some_and(|it| it.kind == kind)
    }

    fn comment(&mut self, span: Span) {
        // Counts every opening, so it may refuse a comment of many small ones; nobody writes such a thing.
        if DEEPEST < self.source.slice(span).matches("/*").count() {
            self.too_deep(span);
        } else if MOST_SIGNS < self.source.slice(span).matches(['*', '/']).count() {
            let detail = format!("A comment between `/*` and `*/` has at most {MOST_SIGNS} stars and slashes.");
            let mut fault =
                Diagnostic::error("spec::comment", self.source.place(span), "Comment too intricate", detail);
            fault.help("Begin each of its lines with `//` instead.");
            self.faults.push(fault);
        }
    }

    fn comments_out(&mut self, span: Span) {
        // Each may comment out the next one: the parser goes one level deeper.
        self.dashes = if self.last_is(Kind::Slashdash) { self.dashes + 1 } else { 1 };
        if self.dashes == DEEPEST + 1 {
            self.too_deep(span);
        }
    }

    fn line_ends(&mut self, span: Span) {
        self.value_missing(span);
        // A `/-` at the end of its line comments out what comes on the next.
        if !self.last_is(Kind::Slashdash) {
            self.at = At::Start;
            self.last = None;
        }
    }

    fn value_missing(&mut self, span: Span) {
        if self.at == At::Value {
            let place = Span { start: span.start, end: span.start };
            self.fault(place, "Missing value", "Nothing stands behind the `=`.", "Write `field=value`.");
        }
    }

    fn node_ends(&mut self, span: Span) {
        self.value_missing(span);
        if self.at == At::Start {
            self.fault(span, "Stray semicolon", "This `;` ends nothing.", "Remove it.");
        } else if self.commented {
            let detail = "A node that is commented out by `/-` ends with its line.";
            self.fault(span, "Semicolon behind a commented node", detail, "Put a line break here.");
        }
        self.at = At::Start;
    }

    fn opens(&mut self, span: Span) {
        let commented = self.last_is(Kind::Slashdash);
        match self.at {
            At::Start if !commented => {
                self.fault(
                    span,
                    "Block without a name",
                    "No node stands before this `{` on its line.",
                    "Write `name {` on one line.",
                );
            }
            At::Behind { commented: false } if !commented => {
                self.fault(span, "Second block", "The node has a block already.", "Put all its fields in one block.");
            }
            At::Value => self.value_missing(span),
            _ => {}
        }
        // The parser reads a commented block behind a node twice: nested ones would take for ever.
        let nested = commented && self.at != At::Start && self.open.iter().any(|it| it.commented);
        if self.open.len() == DEEPEST || nested {
            self.too_deep(span);
        }
        self.open.push(Block { span, commented, of_commented: self.commented });
        self.at = At::Start;
    }

    fn too_deep(&mut self, span: Span) {
        let span = Span { start: span.start, end: span.start + 1 };
        let detail = format!("Blocks and comments are nested at most {DEEPEST} deep, blocks behind a `/-` once.");
        let mut fault = Diagnostic::error("spec::too-deep", self.source.place(span), "Nested too deep", detail);
        fault.help("A spec needs four levels; a `}` or `*/` may be missing before this.");
        self.faults.push(fault);
    }

    fn closes(&mut self, span: Span) {
        self.value_missing(span);
        if let Some(Block { span: _, commented, of_commented }) = self.open.pop() {
            self.at = At::Behind { commented };
            self.commented = of_commented;
            return;
        }
        let help = "Remove this `}`, or add the `{` that it closes.";
        self.fault(span, "Closing brace without an opening one", "No `{` is open here.", help);
        self.at = At::Start;
    }

    fn equals(&mut self, span: Span) {
        let named = self.at == At::Entries && self.last.is_some_and(|it| matches!(it.kind, Kind::Word | Kind::Quoted));
        if named {
            self.at = At::Value;
        } else if self.at == At::Named {
            let detail = "This line begins with a field, and a field stands behind the name of its node.";
            self.fault(span, "Field without a node", detail, "Write `name value`, or `name field=value`.");
        } else {
            self.fault(
                span,
                "Stray equals sign",
                "No field name stands before this `=`.",
                "A node is written `name value`, a field in its line `field=value`.",
            );
        }
    }

    fn text(&mut self, token: Token) {
        let text = self.source.slice(token.span);
        match self.at {
            At::Start => {
                self.commented = self.last_is(Kind::Slashdash);
                self.at = At::Named;
            }
            At::Value => self.at = At::Valued,
            At::Named | At::Entries | At::Valued => self.at = At::Entries,
            At::Behind { .. } => {
                let detail = format!("{} stands behind a `}}` on the same line.", quoted(text));
                self.fault(
                    token.span,
                    "Text behind a block",
                    &detail,
                    "Start a new line, or write `;` behind the `}`.",
                );
                self.at = At::Entries;
            }
        }
        if token.kind == Kind::Word && matches!(text, "true" | "false" | "null" | "inf" | "-inf" | "nan") {
            let detail = format!("A bare {} is not a value in KDL 2.", quoted(text));
            self.fault(
                token.span,
                "Keyword without `#`",
                &detail,
                &format!("Write `#{text}`, or \"{text}\" if you mean the text."),
            );
            return;
        }
        self.value(token, text);
    }

    /// Values are checked one by one, because the parser recurses with every wrong one in a text.
    fn value(&mut self, token: Token, text: &str) {
        let touches = self.last.is_some_and(|it| {
            it.span.end == token.span.start && matches!(it.kind, Kind::Word | Kind::Quoted | Kind::Unclosed)
        });
        if touches {
            self.fault(
                token.span,
                "Values without a blank between them",
                "Two values touch each other.",
                "Write a blank between them.",
            );
        }
        if is_plain(text) {
            return;
        }
        // Behind a fault in a text the parser reads on, and would take what is left for comments, as deep as it likes.
        let is_quoted = text.starts_with(['"', '#']);
        let harmless = if is_quoted { text.replace(['/', '*'], "x") } else { text.to_owned() };
        let Err(error) = KdlEntry::parse(&harmless) else { return };
        let told = error.diagnostics.first().and_then(|it| it.message.clone());
        let (why, help) = match text.chars().next() {
            Some('"') => ("has a backslash that escapes nothing", "Write a backslash twice: \\\\"),
            Some('#') => ("is not a keyword", "The keywords are #true, #false and #null."),
            Some('0'..='9' | '+' | '-' | '.') => ("cannot be read as a number", "Put texts in quotes."),
            _ => (told.as_deref().unwrap_or("cannot be read"), "Put texts in quotes."),
        };
        self.fault(token.span, "Unreadable value", &format!("{} {why}.", quoted(text)), help);
    }

    fn unclosed(&mut self, span: Span) {
        let opening = self.source.slice(span);
        let length = opening.find(|it: char| !matches!(it, '"' | '#' | '/' | '*')).unwrap_or(opening.len());
        let mark = &opening[..length.min(5)];
        let at = Span { start: span.start, end: span.start + mark.len() };
        let comment = mark.starts_with('/');
        let summary = if comment { "Comment without an end" } else { "Text without an end" };
        let detail = if comment { "No `*/` closes this comment." } else { "No quote closes this text." };
        let help = if comment { "Add the missing `*/`." } else { "Add the missing `\"`." };
        self.fault(at, summary, detail, help);
        self.at = At::Entries;
    }

    fn stray(&mut self, span: Span) {
        let text = self.source.slice(span);
        let detail = format!("{} has no meaning here.", quoted(text));
        let help = match text {
            "(" | ")" => "A spec has no type annotations: write the value alone.",
            "[" | "]" => "A list is written as values one after the other: name \"a\" \"b\".",
            "/" => "Put a text that has a `/` in quotes.",
            _ => "Put the text in quotes, or remove the character.",
        };
        self.fault(span, "Stray character", &detail, help);
    }

    fn finish(mut self) -> Vec<Diagnostic> {
        let end = self.source.text().len();
        self.value_missing(Span { start: end, end });
        // Behind a text without an end, braces may be missing only because the text swallowed them.
        if self.faults.is_empty() {
            for Block { span, .. } in std::mem::take(&mut self.open) {
                self.fault(
                    span,
                    "Opening brace without a closing one",
                    "No `}` closes this block.",
                    "Add the missing `}`.",
                );
            }
        }
        self.faults
    }
}

/// Whether a token is so simple that it is right without a look by the parser.
fn is_plain(text: &str) -> bool {
    let inner = text.strip_prefix('"').and_then(|it| it.strip_suffix('"')).filter(|it| !it.starts_with('"'));
    if let Some(inner) = inner {
        return !inner.contains(['\\', '"']);
    }
    let letter = |it: u8| it.is_ascii_alphanumeric() || matches!(it, b'-' | b'_' | b'.');
    let word = text.starts_with(|it: char| it.is_ascii_alphabetic()) && text.bytes().all(letter);
    let number = text.len() <= 18 && text.bytes().all(|it| it.is_ascii_digit());
    number || word
}
