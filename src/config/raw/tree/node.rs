//! A YAML document as Ruby has it: typed scalars, the last of doubled keys, and the line of everything.

use std::collections::HashMap;

use super::scalar::Ruby;

/// A value, and the line on which it begins.
#[derive(Clone, Debug)]
pub struct Node {
    pub line: usize,
    pub value: Value,
}

#[derive(Clone, Debug)]
pub enum Value {
    Scalar(Scalar),
    List(Vec<Node>),
    Map(Map),
}

/// A scalar as it is written, and what Ruby makes of it.
#[derive(Clone, Debug)]
pub struct Scalar {
    pub text: String,
    pub ruby: Ruby,
}

/// Keys and values in the order of the file; a key that stands there twice has the last value, as in a Ruby hash.
#[derive(Clone, Debug, Default)]
pub struct Map {
    pairs: Vec<(Node, Node)>,
    places: HashMap<String, usize>,
}

impl Node {
    /// The string that Ruby prints for a scalar; `None` for nil, lists and mappings.
    pub fn text(&self) -> Option<String> {
        match &self.value {
            Value::Scalar(scalar) => scalar.printed(),
            _ => None,
        }
    }

    pub fn map(&self) -> Option<&Map> {
        match &self.value {
            Value::Map(map) => Some(map),
            _ => None,
        }
    }

    pub fn is_nil(&self) -> bool {
        matches!(&self.value, Value::Scalar(scalar) if scalar.ruby == Ruby::Nil)
    }

    /// What it is called in messages.
    pub fn kind(&self) -> &'static str {
        match &self.value {
            Value::Map(_) => "a mapping",
            Value::List(_) => "a list",
            Value::Scalar(scalar) => match scalar.ruby {
                Ruby::Nil => "empty",
                Ruby::Text => "a string",
                Ruby::Bool(_) => "true or false",
                Ruby::Number(_) => "a number",
                Ruby::Refused(kind) => kind,
            },
        }
    }
}

impl Scalar {
    /// As Ruby's `to_s` prints it; `None` for nil, and for what cannot be loaded.
    pub fn printed(&self) -> Option<String> {
        match &self.ruby {
            Ruby::Nil | Ruby::Refused(_) => None,
            Ruby::Bool(value) => Some(value.to_string()),
            Ruby::Text => Some(self.text.clone()),
            Ruby::Number(printed) => Some(printed.clone()),
        }
    }
}

impl Map {
    /// The value of a key that is a string.
    pub fn get(&self, key: &str) -> Option<&Node> {
        let (name, value) = &self.pairs[*self.places.get(key)?];
        let is_text = matches!(&name.value, Value::Scalar(scalar) if scalar.ruby == Ruby::Text);
        is_text.then_some(value)
    }

    pub fn pairs(&self) -> impl Iterator<Item = (&Node, &Node)> {
        self.pairs.iter().map(|(key, value)| (key, value))
    }

    /// Sets a key; keys that are no scalars are all different.
    pub fn set(&mut self, key: Node, value: Node) {
        let name = match &key.value {
            Value::Scalar(scalar) => scalar.text.clone(),
            _ => return self.pairs.push((key, value)),
        };
        if let Some(&place) = self.places.get(&name) {
            self.pairs[place] = (key, value);
            return;
        }
        self.places.insert(name, self.pairs.len());
        self.pairs.push((key, value));
    }
}
