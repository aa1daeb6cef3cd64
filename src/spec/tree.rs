//! A spec as a tree of nodes with their places.

use kdl::{KdlDocument, KdlEntry, KdlNode, KdlValue};

use super::diagnostic::Diagnostic;
use super::source::{Source, Span};
use super::{shape, tokens};

/// The most faults of the parser that are shown; more are consequences.
const MOST_FAULTS: usize = 20;

/// Something and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Spanned<T> {
    /// The thing.
    pub value: T,
    /// Where it stands.
    pub span: Span,
}

/// A value in a spec.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A text, quoted or bare.
    Text(String),
    /// A whole number.
    Whole(i128),
    /// Another number.
    Decimal(f64),
    /// `#true` or `#false`.
    Switch(bool),
    /// `#null`.
    Null,
}

/// A node: `name argument field=value { children }`.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Its name.
    pub name: Spanned<String>,
    /// The values in its line.
    pub arguments: Vec<Spanned<Value>>,
    /// The fields in its line.
    pub properties: Vec<(Spanned<String>, Spanned<Value>)>,
    /// The nodes in its block.
    pub children: Vec<Node>,
}

/// Returns the nodes of a spec.
///
/// # Errors
/// Everything that is wrong with its syntax.
pub fn parse(source: &Source) -> Result<Vec<Node>, Vec<Diagnostic>> {
    let faults = shape::faults_of(source, &tokens::tokens(source.text()));
    if !faults.is_empty() {
        return Err(faults);
    }
    match KdlDocument::parse_v2(source.text()) {
        Ok(document) => Ok(document.nodes().iter().map(node_of).collect()),
        Err(error) => Err(syntax(source, &error.diagnostics)),
    }
}

fn syntax(source: &Source, errors: &[kdl::KdlDiagnostic]) -> Vec<Diagnostic> {
    let mut faults: Vec<Diagnostic> = Vec::new();
    for error in errors {
        let start = error.span.offset();
        let span = Span { start, end: start + error.span.len() };
        // The parser tells one fault several times, in general and in particular.
        if faults.iter().any(|it| it.place.span.start == start) {
            continue;
        }
        let detail = error.message.clone().unwrap_or_else(|| "This cannot be read.".to_owned());
        let mut fault =
            Diagnostic::error("spec::syntax", source.place(span), "The spec is not valid KDL", sentence(&detail));
        if let Some(help) = &error.help {
            fault.help(sentence(help));
        }
        faults.push(fault);
        if faults.len() == MOST_FAULTS {
            break;
        }
    }
    faults
}

/// The parser ends only some of its messages with a full stop.
fn sentence(text: &str) -> String {
    let stop = if text.ends_with(['.', '?', '!']) { "" } else { "." };
    format!("{text}{stop}")
}

// Recursion is bounded by the depth that the shape check allows.
fn node_of(node: &KdlNode) -> Node {
    let (named, plain): (Vec<&KdlEntry>, Vec<&KdlEntry>) = node.entries().iter().partition(|it| it.name().is_some());
    Node {
        name: Spanned { value: node.name().value().to_owned(), span: span_of(node.name().span()) },
        arguments: plain.into_iter().map(value_of).collect(),
        properties: named.into_iter().filter_map(property_of).collect(),
        children: node.children().map_or(&[][..], KdlDocument::nodes).iter().map(node_of).collect(),
    }
}

fn property_of(entry: &KdlEntry) -> Option<(Spanned<String>, Spanned<Value>)> {
    let name = entry.name()?;
    Some((Spanned { value: name.value().to_owned(), span: span_of(name.span()) }, value_of(entry)))
}

fn value_of(entry: &KdlEntry) -> Spanned<Value> {
    let value = match entry.value() {
        KdlValue::String(text) => Value::Text(text.clone()),
        KdlValue::Integer(number) => Value::Whole(*number),
        KdlValue::Float(number) => Value::Decimal(*number),
        KdlValue::Bool(switch) => Value::Switch(*switch),
        KdlValue::Null => Value::Null,
    };
    let whole = span_of(entry.span());
    // The span of a field starts at its name; its value is at the end.
    let length = entry.format().map_or(0, |it| it.value_repr.len());
    let start = if length == 0 { whole.start } else { whole.end.saturating_sub(length).max(whole.start) };
    Spanned { value, span: Span { start, end: whole.end } }
}

fn span_of(span: miette::SourceSpan) -> Span {
    Span { start: span.offset(), end: span.offset() + span.len() }
}
