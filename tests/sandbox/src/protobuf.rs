//! Reads the protobuf bodies that `kubectl create`, `auth` and `create token` send, as JSON.
//!
//! The field numbers are those of the `generated.proto` files of the Kubernetes API; only the
//! kinds that kubectl creates from its command line are described.

use base64::prelude::{Engine, BASE64_STANDARD};
use serde_json::{json, Map, Value};

/// The content type of these bodies.
pub(crate) const CONTENT_TYPE: &str = "application/vnd.kubernetes.protobuf";

const MAGIC: &[u8] = b"k8s\0";

enum Kind {
    Text,
    Bytes,
    Int,
    Bool,
    Message(Fields),
    /// A map with string keys, whose values are strings or bytes.
    Map(&'static Kind),
    List(&'static Kind),
}

type Fields = &'static [(u64, &'static str, &'static Kind)];

use Kind::{Bool, Bytes, Int, List, Message, Text};

const TEXT_MAP: Kind = Kind::Map(&Text);
const TEXTS: Kind = List(&Text);

const METADATA: Kind = Message(&[
    (1, "name", &Text),
    (2, "generateName", &Text),
    (3, "namespace", &Text),
    (11, "labels", &TEXT_MAP),
    (12, "annotations", &TEXT_MAP),
]);

const REFERENCE: Kind = Message(&[(1, "name", &Text)]);

const ROLE_REF: Kind = Message(&[(1, "apiGroup", &Text), (2, "kind", &Text), (3, "name", &Text)]);

const SUBJECT: Kind = Message(&[
    (1, "kind", &Text),
    (2, "apiGroup", &Text),
    (3, "name", &Text),
    (4, "namespace", &Text),
]);

const RULE: Kind = Message(&[
    (1, "verbs", &TEXTS),
    (2, "apiGroups", &TEXTS),
    (3, "resources", &TEXTS),
    (4, "resourceNames", &TEXTS),
    (5, "nonResourceURLs", &TEXTS),
]);

const ACCESS: Kind = Message(&[
    (
        1,
        "resourceAttributes",
        &Message(&[
            (1, "namespace", &Text),
            (2, "verb", &Text),
            (3, "group", &Text),
            (4, "version", &Text),
            (5, "resource", &Text),
            (6, "subresource", &Text),
            (7, "name", &Text),
        ]),
    ),
    (
        2,
        "nonResourceAttributes",
        &Message(&[(1, "path", &Text), (2, "verb", &Text)]),
    ),
]);

const TOKEN: Kind = Message(&[(1, "audiences", &TEXTS), (4, "expirationSeconds", &Int)]);

fn fields(kind: &str) -> Option<Fields> {
    Some(match kind {
        "Namespace" | "SelfSubjectReview" => &[(1, "metadata", &METADATA)],
        "ServiceAccount" => &[(1, "metadata", &METADATA), (3, "imagePullSecrets", &List(&REFERENCE))],
        "Secret" => &[
            (1, "metadata", &METADATA),
            (2, "data", &Kind::Map(&Bytes)),
            (3, "type", &Text),
            (4, "stringData", &TEXT_MAP),
            (5, "immutable", &Bool),
        ],
        "ConfigMap" => &[
            (1, "metadata", &METADATA),
            (2, "data", &TEXT_MAP),
            (3, "binaryData", &Kind::Map(&Bytes)),
            (4, "immutable", &Bool),
        ],
        "Role" | "ClusterRole" => &[(1, "metadata", &METADATA), (2, "rules", &List(&RULE))],
        "RoleBinding" | "ClusterRoleBinding" => &[
            (1, "metadata", &METADATA),
            (2, "subjects", &List(&SUBJECT)),
            (3, "roleRef", &ROLE_REF),
        ],
        "SelfSubjectAccessReview" => &[(1, "metadata", &METADATA), (2, "spec", &ACCESS)],
        "TokenRequest" => &[(1, "metadata", &METADATA), (2, "spec", &TOKEN)],
        _ => return None,
    })
}

/// The body as JSON; `None` if it is broken or of a kind that is not described.
pub(crate) fn to_json(body: &[u8]) -> Option<Value> {
    const TYPE: Kind = Message(&[(1, "apiVersion", &Text), (2, "kind", &Text)]);
    const ENVELOPE: Fields = &[(1, "type", &TYPE), (2, "raw", &Bytes)];
    let envelope = message(body.strip_prefix(MAGIC)?, ENVELOPE)?;
    let kind = envelope["type"]["kind"].as_str()?;
    let raw = BASE64_STANDARD
        .decode(envelope["raw"].as_str().unwrap_or_default())
        .ok()?;
    let mut object = message(&raw, fields(kind)?)?;
    object["kind"] = json!(kind);
    object["apiVersion"] = envelope["type"]["apiVersion"].clone();
    Some(object)
}

fn message(mut bytes: &[u8], fields: Fields) -> Option<Value> {
    let mut out = Map::new();
    while !bytes.is_empty() {
        let tag = varint(&mut bytes)?;
        let payload = payload(&mut bytes, tag & 7)?;
        let Some((_, name, kind)) = fields.iter().find(|(number, _, _)| *number == tag >> 3) else {
            continue;
        };
        add(out.entry(*name).or_insert(Value::Null), kind, &payload)?;
    }
    Some(Value::Object(out))
}

enum Payload<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

fn payload<'a>(bytes: &mut &'a [u8], wire_type: u64) -> Option<Payload<'a>> {
    let mut take = |length: usize| {
        let (taken, rest) = bytes.split_at_checked(length)?;
        *bytes = rest;
        Some(Payload::Bytes(taken))
    };
    match wire_type {
        0 => varint(bytes).map(Payload::Number),
        1 => take(8),
        2 => {
            let length = usize::try_from(varint(bytes)?).ok()?;
            let (taken, rest) = bytes.split_at_checked(length)?;
            *bytes = rest;
            Some(Payload::Bytes(taken))
        }
        5 => take(4),
        _ => None,
    }
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (first, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(first & 0x7f) << shift;
        if first & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

fn add(target: &mut Value, kind: &Kind, payload: &Payload<'_>) -> Option<()> {
    *target = match (kind, payload) {
        (Text, Payload::Bytes(bytes)) => json!(std::str::from_utf8(bytes).ok()?),
        (Bytes, Payload::Bytes(bytes)) => json!(BASE64_STANDARD.encode(bytes)),
        (Int, Payload::Number(number)) => json!(number),
        (Bool, Payload::Number(number)) => json!(*number != 0),
        (Message(fields), Payload::Bytes(bytes)) => message(bytes, fields)?,
        (List(inner), _) => {
            let mut item = Value::Null;
            add(&mut item, inner, payload)?;
            let mut items = target.as_array().cloned().unwrap_or_default();
            items.push(item);
            Value::Array(items)
        }
        (Kind::Map(inner), Payload::Bytes(bytes)) => {
            let (key, value) = entry(bytes, inner)?;
            let mut map = target.as_object().cloned().unwrap_or_default();
            map.insert(key, value);
            Value::Object(map)
        }
        _ => return None,
    };
    Some(())
}

fn entry(mut bytes: &[u8], inner: &Kind) -> Option<(String, Value)> {
    let (mut key, mut value) = (Value::Null, json!(""));
    while !bytes.is_empty() {
        let tag = varint(&mut bytes)?;
        let payload = payload(&mut bytes, tag & 7)?;
        match tag >> 3 {
            1 => add(&mut key, &Text, &payload)?,
            2 => add(&mut value, inner, &payload)?,
            _ => {}
        }
    }
    Some((key.as_str()?.to_owned(), value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_namespace_from_kubectl_is_read() {
        let mut body = b"k8s\0".to_vec();
        body.extend(b"\n\x0f\n\x02v1\x12\tNamespace\x12\x0f\n\x09\n\x03foo\x12\x00\x1a\x00\x12\x00\x1a\x00");
        let object = to_json(&body).unwrap();
        assert_eq!(
            object,
            json!({
                "apiVersion": "v1", "kind": "Namespace",
                "metadata": {"name": "foo", "generateName": "", "namespace": ""},
            })
        );
    }

    #[test]
    fn a_broken_body_is_not_read() {
        assert_eq!(to_json(b"k8s\0\n\xff"), None);
        assert_eq!(to_json(b"{}"), None);
    }
}
