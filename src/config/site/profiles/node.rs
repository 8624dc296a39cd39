//! Nodes of the profiles file as mappings, lists and texts, with the line of what is none.

use super::fault::{quoted, Fault};
use crate::config::raw::near::nearest;
use crate::config::raw::tree::{Node, Ruby, Value};

/// A mapping whose keys are known.
#[derive(Clone, Copy)]
pub struct Fields<'n> {
    node: &'n Node,
}

impl<'n> Fields<'n> {
    /// The mapping, if it has no other keys than these.
    pub fn of(node: &'n Node, place: &str, known: &[&'static str]) -> Result<Self, Fault> {
        for (key, line, _) in pairs(node, place)? {
            if known.contains(&key) {
                continue;
            }
            let what = format!("unknown key {} in {place}", quoted(key));
            return Err(Fault::at(
                line,
                match nearest(key, known) {
                    Some(near) => format!("{what}; did you mean {near}?"),
                    None => format!("{what}; the keys are {}", known.join(", ")),
                },
            ));
        }
        Ok(Self { node })
    }

    /// The value of a key.
    pub fn get(self, key: &str) -> Option<&'n Node> {
        self.node.map()?.get(key)
    }
}

/// The keys of a mapping with their lines and values; keys are taken as they are written.
pub fn pairs<'n>(node: &'n Node, place: &str) -> Result<Vec<(&'n str, usize, &'n Node)>, Fault> {
    let Some(map) = node.map() else {
        let reason = format!(
            "{place} is {} and must be a mapping; indent its keys below it",
            node.kind()
        );
        return Err(Fault::at(node.line, reason));
    };
    let pair = |(key, value): (&'n Node, &'n Node)| match &key.value {
        Value::Scalar(scalar) => Ok((scalar.text.as_str(), key.line, value)),
        _ => Err(Fault::at(
            key.line,
            format!("a key in {place} is {}; write a word", key.kind()),
        )),
    };
    map.pairs().map(pair).collect()
}

/// The items of a list that has some.
pub fn items<'n>(node: &'n Node, place: &str) -> Result<&'n [Node], Fault> {
    match &node.value {
        Value::List(items) if items.is_empty() => Err(Fault::at(
            node.line,
            format!("{place} is an empty list, of which nobody can tell what it should mean; leave out the key"),
        )),
        Value::List(items) => Ok(items),
        _ => {
            let reason = format!("{place} is {} and must be a list; write [a, b]", node.kind());
            Err(Fault::at(node.line, reason))
        }
    }
}

/// A text. What YAML takes for something else must be in quotes, as in Kubernetes' own files.
pub fn text<'n>(node: &'n Node, place: &str) -> Result<&'n str, Fault> {
    match &node.value {
        Value::Scalar(scalar) if scalar.ruby == Ruby::Text => Ok(&scalar.text),
        Value::Scalar(scalar) if scalar.ruby != Ruby::Nil => {
            let reason = format!(
                "{place} is {}, for YAML {}; write it in quotes",
                quoted(&scalar.text),
                node.kind()
            );
            Err(Fault::at(node.line, reason))
        }
        _ => Err(Fault::at(
            node.line,
            format!("{place} is {}; write a text", node.kind()),
        )),
    }
}

/// A list of texts, each of which `read` accepts.
pub fn texts<T>(node: &Node, place: &str, read: impl Fn(&str) -> Result<T, String>) -> Result<Vec<T>, Fault> {
    let one =
        |item: &Node| read(text(item, place)?).map_err(|reason| Fault::at(item.line, format!("{place}: {reason}")));
    items(node, place)?.iter().map(one).collect()
}

/// A number or a text as it is written; a number that YAML reads otherwise than Kubernetes must be in quotes.
pub fn number_or_text<'n>(node: &'n Node, place: &str) -> Result<&'n str, Fault> {
    match &node.value {
        Value::Scalar(scalar) if matches!(&scalar.ruby, Ruby::Number(printed) if *printed == scalar.text) => {
            Ok(&scalar.text)
        }
        _ => text(node, place),
    }
}
