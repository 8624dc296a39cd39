//! What an administrator does in the cluster first: the site's objects, and root's right to a new token.

use ood_k8s_sandbox::Sandbox;
use serde_json::{json, Value};

use crate::error::Error;

const MANIFEST: &str = include_str!("../../control-plane/site.yaml");
const RBAC: &str = "/apis/rbac.authorization.k8s.io/v1/namespaces/ondemand";

/// Creates the objects.
pub fn install(sandbox: &Sandbox) -> Result<(), Error> {
    for document in MANIFEST.split("\n---\n") {
        let object: Value = serde_yaml::from_str(document).map_err(|error| Error::Cluster(error.to_string()))?;
        create(sandbox, &collection_of(&object), &object)?;
    }
    let right = json!({ "apiGroups": [""], "resources": ["serviceaccounts/token"], "resourceNames": ["ondemand"], "verbs": ["create"] });
    let role = json!({ "metadata": { "name": "token" }, "rules": [right] });
    create(sandbox, &format!("{RBAC}/roles"), &role)?;
    let binding = json!({
        "metadata": { "name": "token" },
        "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "token" },
        "subjects": [{ "kind": "ServiceAccount", "name": "ondemand", "namespace": "ondemand" }],
    });
    create(sandbox, &format!("{RBAC}/rolebindings"), &binding)?;
    Ok(())
}

/// A token of root's account.
pub fn token(sandbox: &Sandbox) -> Result<String, Error> {
    let request = json!({ "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {} });
    let path = "/api/v1/namespaces/ondemand/serviceaccounts/ondemand/token";
    let answer = create(sandbox, path, &request)?;
    Ok(answer["status"]["token"].as_str().unwrap_or_default().to_owned())
}

/// Whether the API server takes this token for root's account.
pub fn takes(sandbox: &Sandbox, token: &str) -> bool {
    let body = json!({ "apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview" });
    let path = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
    sandbox.ask(token, "POST", path, Some(("application/json", &body))).0 == 201
}

fn create(sandbox: &Sandbox, path: &str, object: &Value) -> Result<Value, Error> {
    let body = Some(("application/json", object));
    match sandbox.ask(sandbox.admin_token(), "POST", path, body) {
        (201, answer) => Ok(answer),
        (status, answer) => Err(Error::Cluster(format!("POST {path}: {status}: {}", answer["message"]))),
    }
}

fn collection_of(object: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let group = match text(&object["apiVersion"]).as_str() {
        "v1" => "/api/v1".to_owned(),
        group => format!("/apis/{group}"),
    };
    let resource = format!("{}s", text(&object["kind"]).to_lowercase());
    match text(&object["metadata"]["namespace"]).as_str() {
        "" => format!("{group}/{resource}"),
        namespace => format!("{group}/namespaces/{namespace}/{resource}"),
    }
}
