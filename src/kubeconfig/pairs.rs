//! The pairs of a mapping as they are read: merge keys resolved as kubectl resolves them, of a doubled key the last counts.

use std::collections::HashMap;

use super::error::DocumentError;
use super::tree::{Mapping, Node, Style, Value};

/// A mapping under construction, with an index of its keys.
#[derive(Default)]
pub(super) struct Pairs {
    /// A place is empty once its key is doubled.
    pairs: Vec<Option<(Node, Node)>>,
    /// The place of each key.
    known: HashMap<String, usize>,
}

impl Pairs {
    pub(super) fn take(&mut self, key: Node, value: Node, line: usize) -> Result<(), DocumentError> {
        if is_merge_key(&key) {
            self.merge(value, line)
        } else {
            self.add(key, value, line)
        }
    }

    pub(super) fn into_mapping(self) -> Mapping {
        let pairs = self.pairs.into_iter().flatten().collect();
        Mapping { pairs }
    }

    fn add(&mut self, key: Node, value: Node, line: usize) -> Result<(), DocumentError> {
        let text = key_text(&key, line)?;
        self.put(text, |_| key, value);
        Ok(())
    }

    /// Like kubectl's reader (go.yaml.in/yaml/v2 `decode.go`): in the order of the file, so that a merge overrides
    /// the keys above it, and in a list of mappings the first one wins.
    fn merge(&mut self, value: Node, line: usize) -> Result<(), DocumentError> {
        match value.value {
            Value::Mapping(mapping) => self.merge_pairs(mapping, line),
            Value::Sequence(items) => items.into_iter().rev().try_for_each(|item| match item.value {
                Value::Mapping(mapping) => self.merge_pairs(mapping, line),
                _ => Err(DocumentError::MergeNotMapping { line }),
            }),
            Value::Scalar(_) => Err(DocumentError::MergeNotMapping { line }),
        }
    }

    fn merge_pairs(&mut self, mapping: Mapping, line: usize) -> Result<(), DocumentError> {
        for (key, value) in mapping.pairs {
            let text = key_text(&key, line)?;
            self.put(text, |own| own.unwrap_or(key), value);
        }
        Ok(())
    }

    /// A string keeps its place. Anything else goes behind what it overrides: `y` and `yes` are one key for kubectl, of
    /// which the last counts.
    fn put(&mut self, text: String, key: impl FnOnce(Option<Node>) -> Node, value: Node) {
        let place = self.known.get(&text).copied();
        let own = place.and_then(|place| self.pairs[place].take());
        let pair = (key(own.map(|(key, _)| key)), value);
        if let Some(place) = place.filter(|_| pair.0.as_string().is_some()) {
            self.pairs[place] = Some(pair);
        } else {
            self.known.insert(text, self.pairs.len());
            self.pairs.push(Some(pair));
        }
    }
}

fn key_text(key: &Node, line: usize) -> Result<String, DocumentError> {
    match &key.value {
        Value::Scalar(scalar) => Ok(scalar.text.as_str().to_owned()),
        _ => Err(DocumentError::KeyNotScalar { line }),
    }
}

fn is_merge_key(key: &Node) -> bool {
    matches!(&key.value, Value::Scalar(scalar) if scalar.text.as_str() == "<<"
    && match key.tag.as_deref() {
        None => scalar.style == Style::Plain,
        Some(tag) => tag == "!!merge",
    })
}
