//! A Secret with the content of root's files, for `sync-secret`.

use base64::Engine as _;
use secrecy::{ExposeSecret, SecretSlice};
use serde_json::{json, Map, Value};

use super::kind::Kind;
use super::object::{Object, Upkeep};

/// The Secret, with these keys and no others.
pub fn synced_secret(namespace: &str, name: &str, kind: &str, files: &[(String, SecretSlice<u8>)]) -> Object {
    let encode = |bytes: &[u8]| base64::engine::general_purpose::STANDARD.encode(bytes);
    let pairs = files
        .iter()
        .map(|(key, bytes)| (key.clone(), Value::from(encode(bytes.expose_secret()))));
    let data: Map<String, Value> = pairs.collect();
    Object {
        kind: Kind::Secret,
        name: name.to_owned(),
        body: json!({
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": { "name": name, "namespace": namespace },
            "type": kind,
            "data": data,
        }),
        upkeep: Upkeep::default(),
    }
}
