//! What the API server answers: every expectation here was read from a real kube-apiserver 1.36.

mod apply;
mod namespaces;
mod rights;
mod tokens;
mod writes;

use ood_k8s_sandbox::Sandbox;
use serde_json::{json, Value};

const APPLY: &str = "application/apply-patch+yaml";
const MERGE: &str = "application/merge-patch+json";
const JSON: &str = "application/json";
const JSON_PATCH: &str = "application/json-patch+json";
const NAMESPACES: &str = "/api/v1/namespaces";
const RBAC: &str = "/apis/rbac.authorization.k8s.io/v1";

fn namespace(name: &str, metadata: &Value) -> Value {
    let mut object = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata});
    object["metadata"]["name"] = json!(name);
    object
}

fn apply(sandbox: &Sandbox, manager: &str, path: &str, body: &Value) -> (u16, Value) {
    let path = format!("{path}?fieldManager={manager}");
    sandbox.ask(sandbox.admin_token(), "PATCH", &path, Some((APPLY, body)))
}

fn as_admin(sandbox: &Sandbox, method: &str, path: &str, body: Option<(&str, &Value)>) -> (u16, Value) {
    sandbox.ask(sandbox.admin_token(), method, path, body)
}
