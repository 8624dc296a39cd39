//! What an administrator does in the cluster before OnDemand may use it.

use ood_k8s_sandbox::Sandbox;
use serde_json::{json, Value};

use super::Error;

/// The same manifest that the tests install in a real control plane.
const MANIFEST: &str = include_str!("../../../control-plane/site.yaml");

/// Creates the objects of the manifest, as the cluster's administrator.
pub fn install_site(sandbox: &Sandbox) -> Result<(), Error> {
    for document in MANIFEST.split("\n---\n") {
        let object: Value = serde_yaml::from_str(document).map_err(|error| Error::Cluster {
            what: format!("site.yaml: {error}"),
        })?;
        create(sandbox, &collection_of(&object), &object)?;
    }
    Ok(())
}

/// A token of the ServiceAccount `ondemand`, for root's kubeconfig.
pub fn ondemand_token(sandbox: &Sandbox) -> Result<String, Error> {
    let request = json!({ "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {} });
    let answer = create(
        sandbox,
        "/api/v1/namespaces/ondemand/serviceaccounts/ondemand/token",
        &request,
    )?;
    Ok(answer["status"]["token"].as_str().unwrap_or_default().to_owned())
}

fn create(sandbox: &Sandbox, path: &str, object: &Value) -> Result<Value, Error> {
    let body = Some(("application/json", object));
    match sandbox.ask(sandbox.admin_token(), "POST", path, body) {
        (201, answer) => Ok(answer),
        (status, answer) => Err(Error::Cluster {
            what: format!("POST {path}: {status}: {}", answer["message"]),
        }),
    }
}

/// The API path for creating an object of the manifest.
fn collection_of(object: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let group = match text(&object["apiVersion"]).as_str() {
        "v1" => "/api/v1".to_owned(),
        group => format!("/apis/{group}"),
    };
    // The plural of every kind in the manifest.
    let resource = format!("{}s", text(&object["kind"]).to_lowercase());
    match text(&object["metadata"]["namespace"]).as_str() {
        "" => format!("{group}/{resource}"),
        namespace => format!("{group}/namespaces/{namespace}/{resource}"),
    }
}
