//! The tokens of a KDL 2 text, every byte of it, comments and blanks included. Never fails.

use super::source::Span;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Blanks within a line, and the byte order mark.
    Space,
    /// The end of a line.
    Newline,
    /// `// …`, without the end of the line.
    LineComment,
    /// `/* … */`.
    BlockComment,
    /// `/-`, which comments out what follows.
    Slashdash,
    /// `\`, with blanks, a comment perhaps, and the end of the line.
    Continuation,
    /// `{`.
    Open,
    /// `}`.
    Close,
    /// `;`.
    End,
    /// `=`.
    Equals,
    /// A name, number or keyword.
    Word,
    /// A quoted string of any form.
    Quoted,
    /// A quoted string or a block comment that nothing closes.
    Unclosed,
    /// A character that stands for nothing here.
    Stray,
}

/// A token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token {
    /// What it is.
    pub kind: Kind,
    /// Where it is.
    pub span: Span,
}

/// Returns the tokens of a text; their spans follow each other without a gap.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let mut start = 0;
    while start < text.len() {
        let (kind, length) = first(&text[start..], start == 0);
        found.push(Token { kind, span: Span { start, end: start + length } });
        start += length;
    }
    found
}

/// Returns kind and length of the first token of a text that is not empty.
fn first(text: &str, at_start: bool) -> (Kind, usize) {
    let Some(it) = text.chars().next() else { return (Kind::Stray, 0) };
    match it {
        '{' => (Kind::Open, 1),
        '}' => (Kind::Close, 1),
        ';' => (Kind::End, 1),
        '=' => (Kind::Equals, 1),
        '"' => quoted(text, 0),
        '#' => match text.bytes().take_while(|it| *it == b'#').count() {
            hashes if text[hashes..].starts_with('"') => quoted(text, hashes),
            1 => (Kind::Word, 1 + word(&text[1..])),
            hashes => (Kind::Stray, hashes),
        },
        '/' if text.starts_with("//") => (Kind::LineComment, line(text)),
        '/' if text.starts_with("/*") => block_comment(text),
        '/' if text.starts_with("/-") => (Kind::Slashdash, 2),
        '\\' => continuation(text),
        '\u{feff}' if at_start => (Kind::Space, it.len_utf8()),
        it if is_newline(it) => (Kind::Newline, newline(text)),
        it if is_space(it) => (Kind::Space, spaces(text)),
        it if is_word(it) => (Kind::Word, word(text)),
        it => (Kind::Stray, it.len_utf8()),
    }
}

fn is_newline(it: char) -> bool {
    matches!(it, '\r' | '\n' | '\u{85}' | '\u{b}' | '\u{c}' | '\u{2028}' | '\u{2029}')
}

fn is_space(it: char) -> bool {
    matches!(it, '\t' | ' ' | '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}')
}

fn is_word(it: char) -> bool {
    !is_newline(it)
        && !is_space(it)
        && !matches!(it, '\\' | '/' | '(' | ')' | '{' | '}' | ';' | '[' | ']' | '"' | '#' | '=')
}

fn run(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|it| !belongs(it)).unwrap_or(text.len())
}

fn spaces(text: &str) -> usize {
    run(text, is_space)
}

fn word(text: &str) -> usize {
    run(text, is_word)
}

fn line(text: &str) -> usize {
    run(text, |it| !is_newline(it))
}

fn newline(text: &str) -> usize {
    if text.starts_with("\r\n") { 2 } else { text.chars().next().map_or(0, char::len_utf8) }
}

fn continuation(text: &str) -> (Kind, usize) {
    let mut length = 1 + spaces(&text[1..]);
    if text[length..].starts_with("//") {
        length += line(&text[length..]);
    }
    let rest = &text[length..];
    match rest.chars().next() {
        None => (Kind::Continuation, length),
        Some(it) if is_newline(it) => (Kind::Continuation, length + newline(rest)),
        Some(_) => (Kind::Stray, 1),
    }
}

fn block_comment(text: &str) -> (Kind, usize) {
    let (mut depth, mut at) = (1_usize, 2);
    while 0 < depth {
        let Some(next) = text[at..].find(['*', '/']) else { return (Kind::Unclosed, text.len()) };
        at += next;
        match &text.as_bytes()[at..] {
            [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            _ => at += 1,
        }
    }
    (Kind::BlockComment, at)
}

/// A string after `hashes` of `#`; without any, `\` takes the meaning of the character behind it.
fn quoted(text: &str, hashes: usize) -> (Kind, usize) {
    let quotes = if text[hashes..].starts_with("\"\"\"") { "\"\"\"" } else { "\"" };
    let close = format!("{quotes}{}", &text[..hashes]);
    let mut at = hashes + quotes.len();
    while let Some(it) = text[at..].chars().next() {
        if text[at..].starts_with(&close) {
            return (Kind::Quoted, at + close.len());
        }
        match it {
            '\\' if hashes == 0 => at += 1 + escaped(&text[at + 1..]),
            // One line only, so that a forgotten quote is found on its line.
            it if is_newline(it) && quotes.len() == 1 => return (Kind::Unclosed, at),
            it => at += it.len_utf8(),
        }
    }
    // Three quotes that nothing closes may also be an empty string and a stray quote; either way it is not closed.
    (Kind::Unclosed, text.len())
}

/// Returns the length of what a `\` in a string escapes: blanks and line ends without end, or one character.
fn escaped(text: &str) -> usize {
    match run(text, |it| is_space(it) || is_newline(it)) {
        0 => text.chars().next().map_or(0, char::len_utf8),
        blanks => blanks,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<Kind> {
        tokens(text).into_iter().map(|it| it.kind).filter(|it| *it != Kind::Space).collect()
    }

    #[test]
    fn every_form_is_one_token() {
        for (text, kind) in [
            ("a-b.c", Kind::Word),
            ("#true", Kind::Word),
            ("-1.5e3", Kind::Word),
            ("\"a\\\"b\"", Kind::Quoted),
            ("#\"a\"b\"#", Kind::Quoted),
            ("\"a \\  \n  b\"", Kind::Quoted),
            ("\"\"\"\n a\"\"b\n \"\"\"", Kind::Quoted),
            ("##\"\"\"\n\"\"\"#\n\"\"\"##", Kind::Quoted),
            ("/* a /* b */ c */", Kind::BlockComment),
            ("// } {", Kind::LineComment),
            ("\\  // why\n", Kind::Continuation),
            ("\r\n", Kind::Newline),
            ("/* /* */", Kind::Unclosed),
            ("\"a", Kind::Unclosed),
            ("[", Kind::Stray),
        ] {
            assert_eq!(kinds(text), [kind], "{text}");
        }
    }

    #[test]
    fn a_forgotten_quote_ends_with_its_line() {
        assert_eq!(kinds("a \"b\nc"), [Kind::Word, Kind::Unclosed, Kind::Newline, Kind::Word]);
    }

    #[test]
    fn a_line_of_everything() {
        use Kind::{Close, End, Equals, LineComment, Open, Quoted, Slashdash, Word};
        assert_eq!(
            kinds("a b=\"c\" { /-d; e } // f"),
            [Word, Word, Equals, Quoted, Open, Slashdash, Word, End, Word, Close, LineComment]
        );
    }
}
