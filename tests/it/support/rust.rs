//! Rust source read as words, for the rules in `tidy`. Not a parser: it knows comments, literals and paths.

/// Returns Rust text with every comment and literal blanked; lines stay where they are.
pub(crate) fn code(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut code = String::with_capacity(text.len());
    let mut at = 0;
    while at < chars.len() {
        let end = end_of_prose(&chars, at).min(chars.len());
        if end <= at {
            code.push(chars[at]);
            at += 1;
        } else {
            code.extend(chars[at..end].iter().map(|it| if *it == '\n' { '\n' } else { ' ' }));
            at = end;
        }
    }
    code
}

/// Returns the words and signs of code with their lines; `::` is one sign.
pub(crate) fn tokens(code: &str) -> Vec<(usize, String)> {
    let mut tokens: Vec<(usize, String)> = Vec::new();
    for (at, line) in code.lines().enumerate() {
        let mut rest = line.trim_start();
        while let Some(first) = rest.chars().next() {
            let is_word = |it: char| it.is_alphanumeric() || it == '_';
            let length = match first {
                _ if is_word(first) => rest.find(|it| !is_word(it)).unwrap_or(rest.len()),
                ':' if rest.starts_with("::") => 2,
                other => other.len_utf8(),
            };
            tokens.push((at + 1, rest[..length].to_owned()));
            rest = rest[length..].trim_start();
        }
    }
    tokens
}

/// Returns every path of two or more words that code names, with the groups of `use` written out.
pub(crate) fn paths(code: &str) -> Vec<(usize, String)> {
    let tokens = tokens(code);
    let is = |at: usize, wanted: &str| tokens.get(at).is_some_and(|(_, it)| it == wanted);
    let mut found = Vec::new();
    for at in 0..tokens.len() {
        let begins = tokens[at].1.starts_with(|it: char| it.is_alphabetic()) && is(at + 1, "::");
        let inside = 0 < at && is(at - 1, "::") && 1 < at && tokens[at - 2].1.starts_with(char::is_alphanumeric);
        if begins && !inside {
            path_at(&tokens, at, "", &mut found);
        }
    }
    found
}

/// Returns where the comment or literal that begins at `at` ends; `at` itself where none begins.
fn end_of_prose(chars: &[char], at: usize) -> usize {
    let is = |at: usize, wanted: char| chars.get(at) == Some(&wanted);
    let until =
        |from: usize, end: &dyn Fn(usize) -> bool| (from..chars.len()).find(|at| end(*at)).unwrap_or(chars.len());
    let quoted = |quote: char| {
        let mut at = at + 1;
        while at < chars.len() && chars[at] != quote {
            at += if chars[at] == '\\' { 2 } else { 1 };
        }
        at + 1
    };
    let after_word = 0 < at && (chars[at - 1].is_alphanumeric() || chars[at - 1] == '_') && chars[at - 1] != 'b';
    match chars[at] {
        '/' if is(at + 1, '/') => until(at, &|at| is(at, '\n')),
        '/' if is(at + 1, '*') => {
            let (mut open, mut at) = (1, at + 2);
            while 0 < open && at < chars.len() {
                let step = (is(at, '/') && is(at + 1, '*'), is(at, '*') && is(at + 1, '/'));
                open = open + usize::from(step.0) - usize::from(step.1);
                at += if step.0 || step.1 { 2 } else { 1 };
            }
            at
        }
        '"' => quoted('"'),
        // A lifetime has no second quote.
        '\'' if is(at + 1, '\\') || is(at + 2, '\'') => quoted('\''),
        'r' if !after_word => {
            let open = until(at + 1, &|at| !is(at, '#'));
            let hashes = open - at - 1;
            if !is(open, '"') {
                return at;
            }
            let closes = |at: usize| is(at, '"') && (1..=hashes).all(|hash| is(at + hash, '#'));
            until(open + 1, &closes) + 1 + hashes
        }
        _ => at,
    }
}

/// Reads the path at `at`, behind `before`, and returns where it ends.
fn path_at(tokens: &[(usize, String)], mut at: usize, before: &str, found: &mut Vec<(usize, String)>) -> usize {
    let word = |at: usize| tokens.get(at).map_or("", |(_, it)| it.as_str());
    let mut path = before.to_owned();
    while word(at).starts_with(|it: char| it.is_alphanumeric() || it == '_') {
        path = if path.is_empty() { word(at).to_owned() } else { format!("{path}::{}", word(at)) };
        if word(at + 1) != "::" {
            found.push((tokens[at].0, path));
            return at + 1;
        }
        at += 2;
    }
    if word(at) != "{" {
        // A star, or the `<` of type arguments.
        found.push((tokens[at.min(tokens.len() - 1)].0, path));
        return at;
    }
    at += 1;
    while at < tokens.len() && word(at) != "}" {
        let next = path_at(tokens, at, &path, found);
        // Past `as name` and the comma.
        at = (next..tokens.len()).find(|at| matches!(word(*at), "," | "}")).unwrap_or(tokens.len());
        at += usize::from(word(at) == ",");
    }
    at + 1
}

#[test]
fn comments_and_literals_are_not_code() {
    let text = "a/* b /* c */ d */e // f\n\"g\\\"h\" 'i' '\\'' &'j k r\"l\" br#\"m\"n\"# r#type\n";
    let words: Vec<String> = tokens(&code(text)).into_iter().map(|(_, word)| word).collect();
    assert_eq!(words.concat(), "ae&'jkbr#type");
}
