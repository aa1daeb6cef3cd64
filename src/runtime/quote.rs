//! Values as the languages of the files write them, and the rule that nothing is printed that is not quoted.
//!
//! `@@` is broken up everywhere: it is how tokens for late values begin, and a value must not look like one.

use minijinja::value::{Value, ValueKind};
use minijinja::{Environment, Error, ErrorKind, Output, State};

/// Returns an environment whose templates print numbers, switches and what a filter has quoted: nothing else.
pub(super) fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(minijinja::UndefinedBehavior::Strict);
    environment.set_keep_trailing_newline(true);
    environment.set_trim_blocks(true);
    environment.set_lstrip_blocks(true);
    environment.set_formatter(only_quoted);
    environment.remove_filter("safe");
    environment.add_filter("sh", |text: &str| Value::from_safe_string(shell(text)));
    environment.add_filter("php", |text: &str| Value::from_safe_string(php(text)));
    environment.add_filter("json", |text: &str| Value::from_safe_string(json(text)));
    environment.add_filter("word", word);
    environment
}

fn only_quoted(out: &mut Output<'_>, _: &State<'_, '_>, value: &Value) -> Result<(), Error> {
    let quoted = value.is_safe() || matches!(value.kind(), ValueKind::Number | ValueKind::Bool);
    if !quoted {
        return Err(Error::new(ErrorKind::BadEscape, format!("{value:?} is printed without a filter that quotes it")));
    }
    // Python's way of writing switches is nobody else's.
    let text = if value.kind() == ValueKind::Bool { value.is_true().to_string() } else { value.to_string() };
    out.write_str(&text).map_err(|_| Error::from(ErrorKind::WriteFailure))
}

/// Returns a text as one word of a shell.
fn shell(text: &str) -> String {
    format!("'{}'", apart(&text.replace('\'', r"'\''"), "''"))
}

/// Returns a text as a string of PHP, in which nothing but `\` and `'` has a meaning.
fn php(text: &str) -> String {
    format!("'{}'", apart(&text.replace('\\', r"\\").replace('\'', r"\'"), "'.'"))
}

/// Returns a text as a string of JSON.
fn json(text: &str) -> String {
    serde_json::Value::from(text).to_string().replace('@', r"\u0040")
}

/// Returns a text with `between` between any two `@` that stand side by side.
fn apart(text: &str, between: &str) -> String {
    let mut result = String::new();
    for it in text.chars() {
        if it == '@' && result.ends_with('@') {
            result.push_str(between);
        }
        result.push(it);
    }
    result
}

/// Returns a text that needs no quotes anywhere: letters, digits and `._:/@+-`.
fn word(text: &str) -> Result<Value, Error> {
    let plain = |it: char| it.is_ascii_alphanumeric() || "._:/@+-".contains(it);
    if text.is_empty() || !text.chars().all(plain) || text.contains("@@") {
        return Err(Error::new(ErrorKind::BadEscape, format!("{text:?} is more than a word")));
    }
    Ok(Value::from_safe_string(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use minijinja::context;
    use proptest::prelude::*;

    use super::*;

    fn print(template: &str, value: &str) -> Result<String, ErrorKind> {
        environment().render_str(template, context! { value }).map_err(|it| it.kind())
    }

    #[test]
    fn what_is_not_quoted_is_not_printed() {
        assert_eq!(print("{{ value }}", "a"), Err(ErrorKind::BadEscape));
        assert_eq!(print("{{ value|sh }} {{ 1 }} {{ true }}", "a").as_deref(), Ok("'a' 1 true"));
        assert!(print("{{ other|sh }}", "a").is_err(), "what is not there is no empty text");
    }

    #[test]
    fn each_language_has_its_quotes() {
        let hostile = "a'b\\c\"$(d)`e`\n@@F@@";
        assert_eq!(print("{{ value|sh }}", hostile).unwrap(), "'a'\\''b\\c\"$(d)`e`\n@''@F@''@'");
        assert_eq!(print("{{ value|php }}", hostile).unwrap(), "'a\\'b\\\\c\"$(d)`e`\n@'.'@F@'.'@'");
        assert_eq!(print("{{ value|json }}", hostile).unwrap(), r#""a'b\\c\"$(d)`e`\n\u0040\u0040F\u0040\u0040""#);
        assert_eq!(print("{{ value|sh }}", "@@@").unwrap(), "'@''@''@'");
        assert_eq!(print("{{ value|word }}", hostile), Err(ErrorKind::BadEscape));
        assert_eq!(print("{{ value|word }}", "eu-west-1").unwrap(), "eu-west-1");
    }

    /// Returns any texts, and those that are made of what means something somewhere.
    fn texts() -> impl Strategy<Value = Vec<String>> {
        proptest::collection::vec(prop_oneof!["[^\0]{0,20}", "['\"\\\\$`@{}()<>?!&|;*\n #]{0,12}"], 1..40)
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_shell_reads_what_was_written(texts in texts()) {
            let words: Vec<String> = texts.iter().map(|it| shell(it)).collect();
            prop_assert!(words.iter().all(|it| !it.contains("@@")));
            let script = format!("printf '%s\\0' {}", words.join(" "));
            let output = Command::new("bash").arg("-c").arg(&script).output().unwrap();
            let read: Vec<&str> = std::str::from_utf8(&output.stdout).unwrap().split_terminator('\0').collect();
            prop_assert_eq!(read, texts);
        }

        #[test]
        fn json_is_read_as_it_was_written(texts in texts()) {
            for text in texts {
                let written = json(&text);
                prop_assert!(!written.contains('@'));
                prop_assert_eq!(serde_json::from_str::<String>(&written).unwrap(), text);
            }
        }
    }
}
