//! Printing: data on standard output, talk on standard error.

use std::io::{BufRead, IsTerminal, Write};

use super::args::Common;
use crate::report::style::Style;

/// Where output goes, and how it looks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terminal {
    /// Whether data is printed as JSON.
    pub(super) json: bool,
    /// Whether standard error is a terminal that live progress may be drawn on.
    pub(super) live: bool,
    data_style: Style,
    style: Style,
}

#[expect(clippy::unused_self, reason = "who has no terminal cannot print")]
impl Terminal {
    pub(super) fn of(common: &Common) -> Terminal {
        let plain = common.plain || std::env::var_os("NO_COLOR").is_some_and(|it| !it.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|it| it == "dumb");
        let talks = std::io::stderr().is_terminal() && !plain && !dumb;
        Terminal {
            json: common.json,
            live: talks && !common.json,
            data_style: Style { colour: std::io::stdout().is_terminal() && !plain && !dumb },
            style: Style { colour: talks },
        }
    }

    /// The style of standard error.
    pub(super) fn style(self) -> Style {
        self.style
    }

    /// The style of standard output.
    pub(super) fn data_style(self) -> Style {
        self.data_style
    }

    /// Prints data on standard output. A reader that went away (`| head`) is no error.
    pub(super) fn data(self, text: &str) {
        let mut out = std::io::stdout().lock();
        let _gone = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    }

    /// Prints talk on standard error.
    pub(super) fn talk(self, text: &str) {
        let _gone = std::io::stderr().lock().write_all(text.as_bytes());
    }

    /// Prints a line of talk.
    pub(super) fn note(self, text: &str) {
        self.talk(&format!("{text}\n"));
    }

    /// Whether a person can be asked.
    pub(super) fn can_ask(self) -> bool {
        std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
    }

    /// Asks a person; only the word `yes` is yes.
    pub(super) fn ask(self, question: &str) -> bool {
        self.talk(&format!("{question} Only `yes` is yes: "));
        let mut answer = String::new();
        std::io::stdin().lock().read_line(&mut answer).is_ok() && answer.trim() == "yes"
    }

    /// Asks a person for a text; an empty answer is the default.
    pub(super) fn ask_for(self, question: &str, default: &str) -> String {
        let shown = if default.is_empty() { "none".to_owned() } else { format!("`{default}`") };
        self.talk(&format!("{question} [{shown}]: "));
        let mut answer = String::new();
        let read = std::io::stdin().lock().read_line(&mut answer);
        let answer = answer.trim();
        if read.is_err() || answer.is_empty() { default.to_owned() } else { answer.to_owned() }
    }
}
