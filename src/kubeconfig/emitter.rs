//! Writes a tree as YAML text, in the layout that kubectl uses: block style, two spaces, lists not indented.

use std::fmt::Write as _;

use secrecy::zeroize::Zeroizing;

use super::tree::{Mapping, Node, Scalar, Style, Value};

/// YAML readers look for the `:` of an implicit key within 1024 characters (YAML 1.2, section 7.4).
const LONGEST_SHORT_KEY: usize = 1000;

pub(super) fn emit(root: &Node) -> Zeroizing<String> {
    let mut out = Out::default();
    if let Some(tag) = &root.tag {
        out.push("--- ");
        out.push(tag);
        out.push("\n");
    }
    match &root.value {
        Value::Mapping(mapping) if !mapping.pairs.is_empty() => out.mapping(mapping, 0),
        _ => out.push("{}\n"),
    }
    out.text
}

#[derive(Default)]
struct Out {
    text: Zeroizing<String>,
}

impl Out {
    fn mapping(&mut self, mapping: &Mapping, indent: usize) {
        for (index, (key, value)) in mapping.pairs.iter().enumerate() {
            if index > 0 {
                self.pad(indent);
            }
            self.key(key, indent);
            self.push(":");
            self.value_of_key(value, indent);
        }
    }

    fn key(&mut self, key: &Node, indent: usize) {
        let start = self.text.len();
        self.tag(key);
        if let Value::Scalar(scalar) = &key.value {
            self.inline(scalar);
        }
        if self.text.len() - start > LONGEST_SHORT_KEY {
            self.text.insert_str(start, "? ");
            self.push("\n");
            self.pad(indent);
        }
    }

    fn value_of_key(&mut self, node: &Node, indent: usize) {
        if is_empty(node) || matches!(node.value, Value::Scalar(_)) {
            self.push(" ");
            return self.leaf(node, indent);
        }
        if let Some(tag) = &node.tag {
            self.push(" ");
            self.push(tag);
        }
        self.push("\n");
        self.collection(node, indent, indent + 2);
    }

    fn item(&mut self, node: &Node, indent: usize) {
        self.push("- ");
        if is_empty(node) || matches!(node.value, Value::Scalar(_)) {
            return self.leaf(node, indent);
        }
        match &node.tag {
            Some(tag) => {
                self.push(tag);
                self.push("\n");
                self.collection(node, indent + 2, indent + 2);
            }
            None => self.collection_from_here(node, indent + 2, indent + 2),
        }
    }

    fn collection(&mut self, node: &Node, list_indent: usize, map_indent: usize) {
        self.pad(match node.value {
            Value::Sequence(_) => list_indent,
            _ => map_indent,
        });
        self.collection_from_here(node, list_indent, map_indent);
    }

    fn collection_from_here(&mut self, node: &Node, list_indent: usize, map_indent: usize) {
        match &node.value {
            Value::Mapping(mapping) => self.mapping(mapping, map_indent),
            Value::Sequence(items) => {
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        self.pad(list_indent);
                    }
                    self.item(item, list_indent);
                }
            }
            Value::Scalar(_) => {}
        }
    }

    /// A scalar or an empty collection, and the end of the line.
    fn leaf(&mut self, node: &Node, indent: usize) {
        self.tag(node);
        match &node.value {
            Value::Sequence(_) => self.push("[]"),
            Value::Mapping(_) => self.push("{}"),
            Value::Scalar(scalar) if scalar.style == Style::Block && fits_a_block(&scalar.text) => {
                return self.block(&scalar.text, indent + 2);
            }
            Value::Scalar(scalar) => self.inline(scalar),
        }
        self.push("\n");
    }

    fn tag(&mut self, node: &Node) {
        if let Some(tag) = &node.tag {
            self.push(tag);
            self.push(" ");
        }
    }

    fn inline(&mut self, scalar: &Scalar) {
        match scalar.style {
            Style::Plain => self.push(&scalar.text),
            Style::Quoted | Style::Block => self.quoted(&scalar.text),
        }
    }

    fn block(&mut self, text: &str, indent: usize) {
        let body = text.strip_suffix('\n');
        self.push(if body.is_some() { "|\n" } else { "|-\n" });
        for line in body.unwrap_or(text).split('\n') {
            if !line.is_empty() {
                self.pad(indent);
            }
            self.push(line);
            self.push("\n");
        }
    }

    fn quoted(&mut self, text: &str) {
        self.push("\"");
        for c in text.chars() {
            match c {
                '"' => self.push("\\\""),
                '\\' => self.push("\\\\"),
                '\n' => self.push("\\n"),
                '\r' => self.push("\\r"),
                '\t' => self.push("\\t"),
                c if needs_escape(c) => {
                    // Writing to a string cannot fail.
                    let _ = write!(self.text, "\\u{:04X}", u32::from(c));
                }
                c => self.text.push(c),
            }
        }
        self.push("\"");
    }

    fn pad(&mut self, indent: usize) {
        self.text.extend(std::iter::repeat_n(' ', indent));
    }

    fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }
}

fn is_empty(node: &Node) -> bool {
    match &node.value {
        Value::Scalar(_) => false,
        Value::Sequence(items) => items.is_empty(),
        Value::Mapping(mapping) => mapping.pairs.is_empty(),
    }
}

/// Control characters; the line breaks of YAML 1.1, which kubectl's reader folds; what no YAML stream may contain.
fn needs_escape(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

/// Whether `|` can hold the text without an indentation indicator, `+` or escapes.
fn fits_a_block(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with([' ', '\n'])
        && !text.ends_with("\n\n")
        && text.split('\n').all(|line| !line.starts_with('\t'))
        && !text.chars().any(|c| needs_escape(c) && !"\n\t".contains(c))
}
