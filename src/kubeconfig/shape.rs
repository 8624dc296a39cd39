//! The shape of a kubeconfig as client-go's types have it (`tools/clientcmd/api/v1/types.go`), and what differs from it.
//!
//! kubectl refuses a file as a whole if one value anywhere is of another type. Here only the entries that are used have
//! to have it; of the rest it is told.

use super::decode::decoded;
use super::resolve::Plain;
use super::tree::{Mapping, Node, Value};

/// What a value must be. Null is always allowed, and means that it is not there.
pub(super) enum Shape {
    Text,
    Boolean,
    /// Text in base64.
    Bytes,
    List(&'static Self),
    /// Any keys, and values of one shape.
    Map(&'static Self),
    /// Known keys; others may be there.
    Fields(&'static [(&'static str, Self)]),
    Any,
}

use Shape::{Any, Boolean, Bytes, Fields, List, Map, Text};

const EXTENSIONS: Shape = List(&Fields(&[("name", Text), ("extension", Any)]));

pub(super) const CLUSTER: Shape = Fields(&[
    ("server", Text),
    ("tls-server-name", Text),
    ("insecure-skip-tls-verify", Boolean),
    ("certificate-authority", Text),
    ("certificate-authority-data", Bytes),
    ("proxy-url", Text),
    ("disable-compression", Boolean),
    ("extensions", EXTENSIONS),
]);

pub(super) const CONTEXT: Shape = Fields(&[
    ("cluster", Text),
    ("user", Text),
    ("namespace", Text),
    ("extensions", EXTENSIONS),
]);

pub(super) const USER: Shape = Fields(&[
    ("client-certificate", Text),
    ("client-certificate-data", Bytes),
    ("client-key", Text),
    ("client-key-data", Bytes),
    ("token", Text),
    ("tokenFile", Text),
    ("as", Text),
    ("as-uid", Text),
    ("as-groups", List(&Text)),
    ("as-user-extra", Map(&List(&Text))),
    ("username", Text),
    ("password", Text),
    ("auth-provider", Fields(&[("name", Text), ("config", Map(&Text))])),
    ("exec", EXEC),
    ("extensions", EXTENSIONS),
]);

const EXEC: Shape = Fields(&[
    ("command", Text),
    ("args", List(&Text)),
    ("env", List(&Fields(&[("name", Text), ("value", Text)]))),
    ("apiVersion", Text),
    ("installHint", Text),
    ("provideClusterInfo", Boolean),
    ("interactiveMode", Text),
]);

/// What stands at the top beside the three lists.
pub(super) const TOP: Shape = Fields(&[
    ("kind", Text),
    ("apiVersion", Text),
    (
        "preferences",
        Fields(&[("colors", Boolean), ("extensions", EXTENSIONS)]),
    ),
    ("current-context", Text),
    ("extensions", EXTENSIONS),
]);

/// Where a value is not of its shape.
pub(super) struct Mismatch {
    pub(super) line: usize,
    /// As `exec.env.value`.
    pub(super) key: String,
    /// What is wrong with it, and what to do.
    pub(super) reason: String,
}

impl Shape {
    /// The first value in `node` that is not of its shape.
    pub(super) fn mismatch(&self, node: &Node, key: &str) -> Option<Mismatch> {
        if node.is_null() {
            return None;
        }
        match (self, &node.value) {
            (Any, _) => unspeakable(node, key),
            (Text, Value::Scalar(_)) if is_text(node) => None,
            (Boolean, Value::Scalar(_)) if matches!(node.kind(), Some(Plain::Boolean(_))) => None,
            (Bytes, Value::Scalar(_)) if is_text(node) => bytes(node, key),
            (List(inner), Value::Sequence(items)) => items.iter().find_map(|item| inner.mismatch(item, key)),
            (Map(inner), Value::Mapping(mapping)) => {
                let values = mapping.pairs.iter();
                null_key(mapping, key).or_else(|| values.into_iter().find_map(|(_, value)| inner.mismatch(value, key)))
            }
            (Fields(fields), Value::Mapping(mapping)) => fields_of(fields, mapping, key),
            _ => Some(self.wrong(node, key)),
        }
    }

    fn wrong(&self, node: &Node, key: &str) -> Mismatch {
        let found = found(node);
        let wanted = match self {
            Text | Bytes => "a string",
            Boolean => "true or false",
            List(_) => "a list",
            Map(_) | Fields(_) => "a mapping",
            Any => "a value",
        };
        let remedy = match (self, &node.value) {
            (Text | Bytes, Value::Scalar(_)) => "put quotes around it",
            _ => "correct it",
        };
        Mismatch {
            line: node.line.0,
            key: key.to_owned(),
            reason: format!("is {found} and must be {wanted}; {remedy}"),
        }
    }
}

fn fields_of(fields: &[(&str, Shape)], mapping: &Mapping, key: &str) -> Option<Mismatch> {
    let known = fields.iter().find_map(|(name, shape)| {
        let value = mapping.value(name)?;
        let name = if key.is_empty() {
            (*name).to_owned()
        } else {
            format!("{key}.{name}")
        };
        shape.mismatch(value, &name)
    });
    known.or_else(|| null_key(mapping, key))
}

fn found(node: &Node) -> &'static str {
    match (&node.value, node.kind()) {
        (Value::Sequence(_), _) => "a list",
        (Value::Mapping(_), _) => "a mapping",
        (_, Some(Plain::Number)) => "a number",
        (_, Some(Plain::Boolean(_))) => "true or false",
        _ => "a string",
    }
}

/// A string, or `!!binary`, which is one behind its base64.
fn is_text(node: &Node) -> bool {
    matches!(node.kind(), Some(Plain::String) | None)
}

fn bytes(node: &Node, key: &str) -> Option<Mismatch> {
    let text = node.as_string()?;
    decoded(text).is_none().then(|| Mismatch {
        line: node.line.0,
        key: key.to_owned(),
        reason: "is not base64; write it with: base64 -w0 FILE".into(),
    })
}

/// kubectl turns the file into JSON first, which has no null as a key and no infinite number.
fn unspeakable(node: &Node, key: &str) -> Option<Mismatch> {
    match &node.value {
        Value::Sequence(items) => items.iter().find_map(|item| unspeakable(item, key)),
        Value::Mapping(mapping) => {
            let inner = mapping.pairs.iter().find_map(|(_, value)| unspeakable(value, key));
            null_key(mapping, key).or(inner)
        }
        Value::Scalar(scalar) => {
            let unsigned = scalar.text.trim_start_matches(['+', '-']);
            let is_finite = ![".inf", ".nan"].iter().any(|word| unsigned.eq_ignore_ascii_case(word));
            (node.kind() == Some(Plain::Number) && !is_finite).then(|| Mismatch {
                line: node.line.0,
                key: key.to_owned(),
                reason: "is an infinite number; put quotes around it".into(),
            })
        }
    }
}

fn null_key(mapping: &Mapping, key: &str) -> Option<Mismatch> {
    let (null, _) = mapping.pairs.iter().find(|(name, _)| name.is_null())?;
    Some(Mismatch {
        line: null.line.0,
        key: key.to_owned(),
        reason: "has a key that is null; put quotes around it".into(),
    })
}
