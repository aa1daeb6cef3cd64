//! Typed reading of a tree: every fault is noted, reading goes on.
//!
//! A [`Form`] remembers what was asked for, so that [`Form::close`] can name what nobody asked for. A field that is
//! read is thereby known; there is no second list of names to keep in step.

use super::diagnostic::{Diagnostic, Severity, nearest, quoted};
use super::source::{Place, Source, Span};
use super::tree::{Node, Spanned, Value};

/// After so many faults no more are noted: nobody reads them, and each costs time.
const MOST_FAULTS: usize = 100;

/// The source, for places, and the faults found so far.
#[derive(Debug)]
pub struct Reader<'a> {
    source: &'a Source,
    faults: Vec<Diagnostic>,
    /// Takes what is said about a fault that is not noted any more.
    spare: Option<Diagnostic>,
}

impl<'a> Reader<'a> {
    /// Returns a reader without faults.
    #[must_use]
    pub fn of(source: &'a Source) -> Reader<'a> {
        Reader { source, faults: Vec::new(), spare: None }
    }

    /// Returns the faults, in the order of the file.
    #[must_use]
    pub fn into_faults(mut self) -> Vec<Diagnostic> {
        self.faults.sort_by_key(|it| it.place.span);
        self.faults
    }

    /// Whether an error was noted.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.faults.iter().any(|it| it.severity == Severity::Error)
    }

    /// Returns where a span stands.
    #[must_use]
    pub fn place(&self, span: Span) -> Place {
        self.source.place(span)
    }

    /// Notes an error.
    pub fn error(
        &mut self,
        code: &'static str,
        span: Span,
        summary: &str,
        detail: impl Into<String>,
    ) -> &mut Diagnostic {
        if self.faults.len() < MOST_FAULTS {
            self.faults.push(Diagnostic::error(code, self.source.place(span), summary, detail));
            let last = self.faults.len() - 1;
            return &mut self.faults[last];
        }
        let place = Place { file: String::new(), line: 0, column: 0, span };
        self.spare.insert(Diagnostic::error(code, place, summary, detail))
    }

    /// Notes a warning.
    pub fn warning(
        &mut self,
        code: &'static str,
        span: Span,
        summary: &str,
        detail: impl Into<String>,
    ) -> &mut Diagnostic {
        let fault = self.error(code, span, summary, detail);
        fault.severity = Severity::Warning;
        fault
    }

    /// Returns a value as text.
    pub fn text(&mut self, value: &Spanned<Value>, what: &str) -> Option<Spanned<String>> {
        if let Value::Text(text) = &value.value {
            return Some(Spanned { value: text.clone(), span: value.span });
        }
        let written = self.source.slice(value.span).to_owned();
        let help = format!("Write it in quotes: \"{}\".", written.trim_start_matches('#'));
        self.wrong_type(value, what, "a text").help(help);
        None
    }

    /// Returns a value as a whole number within bounds.
    pub fn whole(&mut self, value: &Spanned<Value>, what: &str, least: i32, most: i32) -> Option<i32> {
        let Value::Whole(number) = value.value else {
            self.wrong_type(value, what, "a whole number").help(format!("Write a number from {least} to {most}."));
            return None;
        };
        let fits = i32::try_from(number).ok().filter(|it| least <= *it && *it <= most);
        if fits.is_none() {
            let detail = format!("{what} is {number}, and must be from {least} to {most}.");
            self.error("spec::out-of-range", value.span, "Number out of range", detail)
                .help(format!("Write a number from {least} to {most}."));
        }
        fits
    }

    /// Returns a value as a switch.
    pub fn switch(&mut self, value: &Spanned<Value>, what: &str) -> Option<bool> {
        if let Value::Switch(switch) = value.value {
            return Some(switch);
        }
        self.wrong_type(value, what, "a switch").help("Write `#true` or `#false`.");
        None
    }

    /// Returns a value that is one of a few words.
    pub fn choice<T: Copy>(&mut self, value: &Spanned<Value>, what: &str, choices: &[(&str, T)]) -> Option<T> {
        let text = self.text(value, what)?;
        if let Some((_, it)) = choices.iter().find(|(word, _)| *word == text.value) {
            return Some(*it);
        }
        let words: Vec<String> = choices.iter().map(|(word, _)| format!("\"{word}\"")).collect();
        let detail = format!("{what} is {}, and must be one of {}.", quoted(&text.value), words.join(", "));
        let fault = self.error("spec::unknown-value", value.span, "Unknown value", detail);
        if let Some(near) = nearest(&text.value, choices.iter().map(|(word, _)| *word)) {
            fault.help(format!("Did you mean \"{near}\"?"));
        }
        None
    }

    /// Notes that a value has another type than it must have.
    pub fn wrong_type(&mut self, value: &Spanned<Value>, what: &str, wanted: &str) -> &mut Diagnostic {
        let found = match value.value {
            Value::Text(_) => "a text",
            Value::Whole(_) | Value::Decimal(_) => "a number",
            Value::Switch(_) => "a switch",
            Value::Null => "`#null`",
        };
        let found = if found == "a number" && wanted == "a whole number" { "a fraction" } else { found };
        self.error(
            "spec::wrong-type",
            value.span,
            "Wrong type of value",
            format!("{what} is {found}, and must be {wanted}."),
        )
    }
}

/// What was asked of a node so far.
#[derive(Debug)]
pub struct Form<'n> {
    node: &'n Node,
    fields: Vec<&'static str>,
    properties: Vec<&'static str>,
    /// How many arguments were asked for.
    arguments: usize,
}

impl<'n> Form<'n> {
    /// Opens a node for reading.
    #[must_use]
    pub fn of(node: &'n Node) -> Form<'n> {
        Form { node, fields: Vec::new(), properties: Vec::new(), arguments: 0 }
    }

    /// Returns where the node's name stands.
    #[must_use]
    pub fn span(&self) -> Span {
        self.node.name.span
    }

    /// Returns the field of that name in the node's block, of which there is at most one.
    pub fn field(&mut self, cx: &mut Reader<'_>, name: &'static str) -> Option<&'n Node> {
        let mut found = self.fields(name).into_iter();
        let first = found.next()?;
        for again in found {
            let place = cx.place(first.name.span);
            cx.error(
                "spec::duplicate",
                again.name.span,
                "Written twice",
                format!("`{name}` can stand here only once."),
            )
            .help("Remove one of the two.")
            .also(place, "the first one");
        }
        Some(first)
    }

    /// Returns every field of that name in the node's block.
    pub fn fields(&mut self, name: &'static str) -> Vec<&'n Node> {
        self.fields.push(name);
        self.node.children.iter().filter(|it| it.name.value == name).collect()
    }

    /// Returns the field of that name in the node's line.
    pub fn property(&mut self, cx: &mut Reader<'_>, name: &'static str) -> Option<&'n Spanned<Value>> {
        self.properties.push(name);
        let mut found = self.node.properties.iter().filter(|(it, _)| it.value == name);
        let (first, value) = found.next()?;
        for (again, _) in found {
            repeated(cx, first, again);
        }
        Some(value)
    }

    /// Returns every field in the node's line, for nodes whose field names are the user's.
    pub fn properties(&mut self, cx: &mut Reader<'_>) -> Vec<&'n (Spanned<String>, Spanned<Value>)> {
        let mut kept: Vec<&(Spanned<String>, Spanned<Value>)> = Vec::new();
        for one in &self.node.properties {
            match kept.iter().find(|it| it.0.value == one.0.value) {
                Some(first) => repeated(cx, &first.0, &one.0),
                None => kept.push(one),
            }
        }
        // Asked for, whatever their names are.
        self.properties.push("*");
        kept
    }

    /// Returns the node's one value, which must be there.
    pub fn argument(&mut self, cx: &mut Reader<'_>, example: &str) -> Option<&'n Spanned<Value>> {
        self.arguments = 1;
        if self.node.arguments.is_empty() {
            self.missing(cx, example);
        }
        self.node.arguments.first()
    }

    /// Returns all of the node's values, of which there must be one at least.
    pub fn arguments(&mut self, cx: &mut Reader<'_>, example: &str) -> &'n [Spanned<Value>] {
        self.arguments = usize::MAX;
        if self.node.arguments.is_empty() {
            self.missing(cx, example);
        }
        &self.node.arguments
    }

    /// Returns the node's one value, which may be absent.
    pub fn optional_argument(&mut self) -> Option<&'n Spanned<Value>> {
        self.arguments = 1;
        self.node.arguments.first()
    }

    fn missing(&self, cx: &mut Reader<'_>, example: &str) {
        let name = &self.node.name;
        cx.error("spec::missing-value", name.span, "Missing value", format!("`{}` needs a value.", name.value))
            .help(format!("Write for example: {example}"));
    }

    /// Names everything in the node that was not asked for.
    pub fn close(self, cx: &mut Reader<'_>) {
        let Form { node, fields, properties, arguments } = self;
        let owner = &node.name.value;
        for surplus in node.arguments.iter().skip(arguments) {
            let takes = if arguments == 0 { "takes no value in its line" } else { "takes one value" };
            cx.error("spec::surplus-value", surplus.span, "Value too many", format!("`{owner}` {takes}."))
                .help("Remove this value.");
        }
        for (name, _) in &node.properties {
            if !properties.contains(&"*") && !properties.contains(&name.value.as_str()) {
                let inside = fields.iter().find(|it| **it == name.value);
                let detail = format!("`{owner}` has no field {} in its line.", quoted(&name.value));
                unknown(cx, "spec::unknown-field", name, detail, &properties);
                if let Some(field) = inside {
                    cx.amend(|it| it.help(format!("Write it in the block: {owner} {{ {field} … }}")));
                }
            }
        }
        for child in &node.children {
            if !fields.contains(&child.name.value.as_str()) {
                let inline = properties.iter().find(|it| **it == child.name.value);
                let detail = format!("`{owner}` has no node {} in its block.", quoted(&child.name.value));
                unknown(cx, "spec::unknown-node", &child.name, detail, &fields);
                if let Some(field) = inline {
                    cx.amend(|it| it.help(format!("Write it in the line: {owner} {field}=…")));
                }
            }
        }
    }
}

impl Reader<'_> {
    /// Says more about the fault noted last.
    fn amend(&mut self, more: impl FnOnce(&mut Diagnostic) -> &mut Diagnostic) {
        if let Some(last) = self.spare.as_mut().or(self.faults.last_mut()) {
            more(last);
        }
    }
}

fn repeated(cx: &mut Reader<'_>, first: &Spanned<String>, again: &Spanned<String>) {
    let place = cx.place(first.span);
    let detail = format!("{} can stand here only once.", quoted(&again.value));
    cx.error("spec::duplicate", again.span, "Written twice", detail)
        .help("Remove one of the two.")
        .also(place, "the first one");
}

fn unknown(cx: &mut Reader<'_>, code: &'static str, name: &Spanned<String>, detail: String, known: &[&str]) {
    let summary = if code == "spec::unknown-node" { "Unknown node" } else { "Unknown field" };
    let fault = cx.error(code, name.span, summary, detail);
    match nearest(&name.value, known.iter().copied()) {
        Some(near) => fault.help(format!("Did you mean `{near}`?")),
        None if known.is_empty() => fault.help("Remove it."),
        None => fault.help(format!("Known here: {}.", known.join(", "))),
    };
}
