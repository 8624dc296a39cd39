//! The registry password in a user's namespace, and its place in the default ServiceAccount.

use secrecy::{ExposeSecret, SecretString};
use serde_json::{json, Value};

use super::{Kind, Object};
use crate::naming::Namespace;

/// The ServiceAccount that a pod gets when it names none.
pub const SERVICE_ACCOUNT: &str = "default";

/// The Secret that the kubelet logs in to the registry with.
pub fn secret(namespace: &Namespace, name: &str, config: &SecretString) -> Object {
    use base64::Engine as _;
    let data = base64::engine::general_purpose::STANDARD.encode(config.expose_secret());
    Object {
        kind: Kind::Secret,
        name: name.to_owned(),
        body: json!({
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": { "name": name, "namespace": namespace.as_str() },
            "type": "kubernetes.io/dockerconfigjson",
            "data": { ".dockerconfigjson": data },
        }),
    }
}

/// A ServiceAccount as we make it where its controller has not yet.
pub fn service_account(namespace: &str, name: &str, pull_secrets: &[&str]) -> Object {
    Object {
        kind: Kind::ServiceAccount,
        name: name.into(),
        body: json!({
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": { "name": name, "namespace": namespace },
            "imagePullSecrets": references(pull_secrets),
        }),
    }
}

/// Pull secrets as a ServiceAccount lists them.
pub fn references(names: &[&str]) -> Value {
    names.iter().map(|name| json!({ "name": name })).collect()
}

/// Which of these names a live ServiceAccount does not list.
pub fn not_listed<'a>(live: &Value, names: &[&'a str]) -> Vec<&'a str> {
    let listed = live["imagePullSecrets"].as_array().map_or(&[][..], Vec::as_slice);
    let is_missing = |name: &&&str| !listed.iter().any(|entry| entry["name"] == **name);
    names.iter().filter(is_missing).copied().collect()
}
