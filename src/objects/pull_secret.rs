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

/// The default ServiceAccount as we make it where its controller has not yet.
pub fn service_account(namespace: &Namespace, pull_secret: &str) -> Object {
    Object {
        kind: Kind::ServiceAccount,
        name: SERVICE_ACCOUNT.into(),
        body: json!({
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": { "name": SERVICE_ACCOUNT, "namespace": namespace.as_str() },
            "imagePullSecrets": [{ "name": pull_secret }],
        }),
    }
}

/// Whether a live ServiceAccount already names the pull secret.
pub fn lists_pull_secret(live: &Value, name: &str) -> bool {
    let listed = live["imagePullSecrets"].as_array();
    listed.is_some_and(|list| list.iter().any(|entry| entry["name"] == name))
}
