//! A YAML document as a tree that keeps what it does not understand: scalars as written, key order, tags.

use std::fmt;

use secrecy::zeroize::Zeroizing;

use super::error::DocumentError;

/// A value with its tag. Merge keys and aliases are already resolved.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    /// As it is written in front of the value: `!!str`, `!local`, `!<uri>`.
    pub(super) tag: Option<String>,
    pub(super) value: Value,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Scalar(Scalar),
    Sequence(Vec<Node>),
    Mapping(Mapping),
}

impl Node {
    pub(super) fn string(text: &str) -> Self {
        Value::Scalar(Scalar::string(text)).into()
    }

    /// A scalar that is not a string, such as `true`.
    pub(super) fn plain(text: &str) -> Self {
        let text = Zeroizing::new(text.to_owned());
        let style = Style::Plain;
        Value::Scalar(Scalar { text, style }).into()
    }

    pub(super) fn empty_mapping() -> Self {
        Value::Mapping(Mapping::default()).into()
    }

    pub(super) fn empty_sequence() -> Self {
        Value::Sequence(Vec::new()).into()
    }

    /// The text, if kubectl reads this node as a string.
    pub(super) fn as_string(&self) -> Option<&str> {
        let Value::Scalar(scalar) = &self.value else {
            return None;
        };
        let is_string = match self.tag.as_deref() {
            None => scalar.style != Style::Plain || is_plain_string(&scalar.text),
            Some("!!str") => true,
            Some(_) => false,
        };
        is_string.then_some(scalar.text.as_str())
    }

    /// Whether this is a plain `null`, which an empty value is too.
    pub(super) fn is_null(&self) -> bool {
        matches!(&self.value, Value::Scalar(scalar) if self.tag.is_none()
            && scalar.style == Style::Plain
            && matches!(scalar.text.as_str(), "~" | "null" | "Null" | "NULL"))
    }

    pub(super) fn as_mapping_mut(&mut self, place: &str) -> Result<&mut Mapping, DocumentError> {
        match &mut self.value {
            Value::Mapping(mapping) => Ok(mapping),
            _ => Err(wrong_shape(place, "mapping")),
        }
    }

    pub(super) fn as_sequence_mut(&mut self, place: &str) -> Result<&mut Vec<Self>, DocumentError> {
        match &mut self.value {
            Value::Sequence(items) => Ok(items),
            _ => Err(wrong_shape(place, "list")),
        }
    }
}

pub(super) fn wrong_shape(place: &str, expected: &'static str) -> DocumentError {
    DocumentError::WrongShape {
        place: place.to_owned(),
        expected,
    }
}

impl From<Value> for Node {
    fn from(value: Value) -> Self {
        Self { tag: None, value }
    }
}

/// Keys and values in the order of the file, without duplicate keys.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Mapping {
    pub(super) pairs: Vec<(Node, Node)>,
}

impl Mapping {
    pub(super) fn value(&self, key: &str) -> Option<&Node> {
        self.pairs
            .iter()
            .find(|(name, _)| name.as_string() == Some(key))
            .map(|(_, value)| value)
    }

    pub(super) fn set(&mut self, key: &str, value: Node) {
        match self.position(key) {
            Some(index) => self.pairs[index].1 = value,
            None => self.pairs.push((Node::string(key), value)),
        }
    }

    /// Keeps the node as it is written if kubectl already reads it as this string.
    pub(super) fn set_string(&mut self, key: &str, text: &str) {
        if self.value(key).and_then(Node::as_string) != Some(text) {
            self.set(key, Node::string(text));
        }
    }

    pub(super) fn remove(&mut self, key: &str) {
        self.pairs.retain(|(name, _)| name.as_string() != Some(key));
    }

    /// Returns the value of this key; if it is missing or null, sets it to `default` first.
    pub(super) fn filled(&mut self, key: &str, default: Node) -> &mut Node {
        let index = self.position(key).unwrap_or_else(|| {
            self.pairs.push((Node::string(key), default.clone()));
            self.pairs.len() - 1
        });
        let value = &mut self.pairs[index].1;
        if value.is_null() {
            *value = default;
        }
        value
    }

    fn position(&self, key: &str) -> Option<usize> {
        self.pairs.iter().position(|(name, _)| name.as_string() == Some(key))
    }
}

/// A scalar as it was written. The text is wiped from memory when it is dropped, since it may be a token.
#[derive(Clone)]
pub(super) struct Scalar {
    pub(super) text: Zeroizing<String>,
    pub(super) style: Style,
}

/// How a scalar is written. Only a plain one can be something other than a string.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Style {
    Plain,
    Quoted,
    /// Several lines after `|` or `>`.
    Block,
}

impl Scalar {
    fn string(text: &str) -> Self {
        Self {
            text: Zeroizing::new(text.to_owned()),
            style: if is_safely_plain(text) {
                Style::Plain
            } else {
                Style::Quoted
            },
        }
    }
}

/// Equal if they mean the same to every YAML reader: quotes and `|` differ only in appearance.
impl PartialEq for Scalar {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text && (self.style == Style::Plain) == (other.style == Style::Plain)
    }
}

/// Omits the text: a kubeconfig is full of secrets.
impl fmt::Debug for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Scalar({:?}, {} bytes)", self.style, self.text.len())
    }
}

/// Strict on purpose: what we add is plain only if no YAML reader, old or new, could read it as anything else.
fn is_safely_plain(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "_./@-".contains(c))
        && !is_word(text)
}

/// Whether kubectl's YAML reader (go.yaml.in/yaml/v2 `resolve.go`) reads this plain text as a string.
///
/// If in doubt (`12-5`), the answer is no: at worst, that adds a pair of quotes.
fn is_plain_string(text: &str) -> bool {
    let may_be_number = text.starts_with(|first: char| first.is_ascii_digit() || "+-.".contains(first))
        && text
            .chars()
            .all(|c| c.is_ascii_hexdigit() || "xXoO_+-.:tTzZ ".contains(c));
    !may_be_number && !is_word(text)
}

/// The words that YAML 1.1 or 1.2 reads as a boolean, null, a number or a merge key, in any letter case.
fn is_word(text: &str) -> bool {
    const WORDS: [&str; 18] = [
        "", "~", "null", "y", "n", "yes", "no", "on", "off", "true", "false", "<<", "=", ".nan", ".inf", "+.inf",
        "-.inf", "nan",
    ];
    WORDS.iter().any(|word| text.eq_ignore_ascii_case(word))
}
