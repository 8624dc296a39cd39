//! The pairs of a mapping as they are read: merge keys are resolved as by kubectl, and duplicate keys are an error.

use std::collections::HashMap;

use super::error::DocumentError;
use super::tree::{Mapping, Node, Style, Value};

/// A mapping under construction, with an index of its keys.
#[derive(Default)]
pub(super) struct Pairs {
    mapping: Mapping,
    /// The index of each key, and whether the mapping itself sets it, not a merge.
    known: HashMap<String, (usize, bool)>,
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
        self.mapping
    }

    fn add(&mut self, key: Node, value: Node, line: usize) -> Result<(), DocumentError> {
        let text = key_text(&key, line)?;
        match self.known.get(&text) {
            Some((_, true)) => return Err(DocumentError::DuplicateKey { line }),
            Some(&(index, false)) => {
                self.mapping.pairs[index] = (key, value);
                self.known.insert(text, (index, true));
            }
            None => self.push(text, key, value, true),
        }
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
            match self.known.get(&text) {
                Some(&(index, _)) => self.mapping.pairs[index].1 = value,
                None => self.push(text, key, value, false),
            }
        }
        Ok(())
    }

    fn push(&mut self, text: String, key: Node, value: Node, own: bool) {
        self.known.insert(text, (self.mapping.pairs.len(), own));
        self.mapping.pairs.push((key, value));
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
