//! Server-side apply: managers, conflicts, and fields that no longer have a manager.

use ood_k8s_sandbox::Sandbox;
use serde_json::{json, Value};

use crate::{apply, as_admin, namespace, JSON, JSON_PATCH};

#[test]
fn an_apply_creates_and_then_changes_nothing() {
    let sandbox = Sandbox::start();
    let path = "/api/v1/namespaces/a";
    let body = namespace("a", &json!({"labels": {"x": "1"}}));
    let (code, created) = apply(&sandbox, "ours", path, &body);
    assert_eq!(code, 201);
    assert_eq!(created["metadata"]["labels"]["kubernetes.io/metadata.name"], "a");
    assert_eq!(created["status"]["phase"], "Active");
    let (code, again) = apply(&sandbox, "ours", path, &body);
    assert_eq!((code, again), (200, created));
}

#[test]
fn an_apply_on_a_field_of_another_manager_conflicts_until_forced() {
    let sandbox = Sandbox::start();
    let path = "/api/v1/namespaces/a";
    apply(
        &sandbox,
        "theirs",
        path,
        &namespace("a", &json!({"labels": {"x": "1"}})),
    );
    let ours = namespace("a", &json!({"labels": {"x": "2"}}));
    let (code, status) = apply(&sandbox, "ours", path, &ours);
    assert_eq!(
        (code, status),
        (
            409,
            json!({
                "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "code": 409,
                "message": "Apply failed with 1 conflict: conflict with \"theirs\": .metadata.labels.x",
                "reason": "Conflict",
                "details": {"causes": [{
                    "reason": "FieldManagerConflict", "message": "conflict with \"theirs\"",
                    "field": ".metadata.labels.x",
                }]},
            })
        )
    );
    let (code, forced) = apply(&sandbox, "ours&force=true", path, &ours);
    assert_eq!((code, &forced["metadata"]["labels"]["x"]), (200, &json!("2")));
    let managers = forced["metadata"]["managedFields"].as_array().unwrap();
    assert_eq!(managers.len(), 1, "the other manager has no fields left: {managers:?}");
}

#[test]
fn a_field_that_is_applied_no_more_goes_unless_another_manages_it() {
    let sandbox = Sandbox::start();
    let path = "/api/v1/namespaces/a";
    let labels = json!({"labels": {"mine": "1", "shared": "1"}});
    apply(&sandbox, "ours", path, &namespace("a", &labels));
    apply(
        &sandbox,
        "theirs",
        path,
        &namespace("a", &json!({"labels": {"shared": "1"}})),
    );
    let (_, left) = apply(&sandbox, "ours", path, &namespace("a", &json!({})));
    let labels = json!({"kubernetes.io/metadata.name": "a", "shared": "1"});
    assert_eq!(left["metadata"]["labels"], labels);
}

#[test]
fn a_client_side_apply_is_a_manager_with_its_version_in_the_conflict() {
    let sandbox = Sandbox::start();
    let secrets = "/api/v1/namespaces/default/secrets";
    let secret = |data: &str| {
        json!({
            "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"},
            "type": "kubernetes.io/dockerconfigjson", "data": {".dockerconfigjson": data},
        })
    };
    let create = format!("{secrets}?fieldManager=kubectl-client-side-apply");
    as_admin(&sandbox, "POST", &create, Some((JSON, &secret("e30="))));
    let (code, status) = apply(&sandbox, "ours", &format!("{secrets}/s"), &secret("e30g"));
    assert_eq!(code, 409);
    assert_eq!(
        status["message"],
        "Apply failed with 1 conflict: conflict with \"kubectl-client-side-apply\" using v1: .data..dockerconfigjson"
    );
}

#[test]
fn a_client_may_rewrite_the_managers_and_the_next_apply_then_drops_what_it_took_over() {
    let sandbox = Sandbox::start();
    let path = "/api/v1/namespaces/default/secrets/s";
    let note = json!({"annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}"}});
    sandbox.put(path, json!({"metadata": note, "data": {"a": "e30="}}));
    let managers = json!([{
        "manager": "ours", "operation": "Apply", "apiVersion": "v1", "fieldsType": "FieldsV1",
        "fieldsV1": {"f:data": {"f:a": {}}, "f:metadata": {"f:annotations": {
            ".": {}, "f:kubectl.kubernetes.io/last-applied-configuration": {},
        }}},
    }]);
    let rewrite = json!([{"op": "add", "path": "/metadata/managedFields", "value": managers}]);
    let (code, _) = as_admin(&sandbox, "PATCH", path, Some((JSON_PATCH, &rewrite)));
    assert_eq!(code, 200);
    let ours = json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": {"a": "e30="},
    });
    let (code, applied) = apply(&sandbox, "ours", path, &ours);
    assert_eq!(code, 200);
    assert_eq!(applied["metadata"]["annotations"], Value::Null);
    assert_eq!(applied["data"], json!({"a": "e30="}));
}

#[test]
fn pull_secrets_are_one_field_that_the_last_writer_has_whole() {
    let sandbox = Sandbox::start();
    let path = "/api/v1/namespaces/default/serviceaccounts/default";
    let account = json!({
        "apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"},
        "imagePullSecrets": [{"name": "ours"}],
    });
    apply(&sandbox, "ours", path, &account);
    let change = json!({"imagePullSecrets": [{"name": "site"}]});
    let strategic = "application/strategic-merge-patch+json";
    let (_, patched) = as_admin(&sandbox, "PATCH", path, Some((strategic, &change)));
    assert_eq!(patched["imagePullSecrets"], json!([{"name": "site"}]));
    let (code, status) = apply(&sandbox, "ours", path, &account);
    assert_eq!(
        (code, &status["details"]["causes"][0]["field"]),
        (409, &json!(".imagePullSecrets"))
    );
}

#[test]
fn a_dry_run_answers_as_if_and_stores_nothing() {
    let sandbox = Sandbox::start();
    let (code, _) = apply(
        &sandbox,
        "ours&dryRun=All",
        "/api/v1/namespaces/a",
        &namespace("a", &json!({})),
    );
    assert_eq!((code, sandbox.object("/api/v1/namespaces/a")), (201, None));
}
