//! Patches and new objects: what is stored, and what is refused as outdated or invalid.

use ood_k8s_sandbox::Sandbox;
use serde_json::json;

use crate::{as_admin, namespace, JSON, JSON_PATCH, MERGE, NAMESPACES};

#[test]
fn a_json_patch_whose_test_fails_says_only_that() {
    let sandbox = Sandbox::start();
    let change = json!([{"op": "test", "path": "/metadata/annotations/owner", "value": "bob"}]);
    let path = "/api/v1/namespaces/default";
    let (code, status) = as_admin(&sandbox, "PATCH", path, Some((JSON_PATCH, &change)));
    assert_eq!(
        (code, &status["reason"], &status["details"]),
        (422, &json!("Invalid"), &json!({}))
    );
    let message = "the server rejected our request due to an error in our request";
    assert_eq!(status["message"], message);
    let (code, _) = as_admin(
        &sandbox,
        "PATCH",
        "/api/v1/namespaces/gone",
        Some((JSON_PATCH, &change)),
    );
    assert_eq!(code, 404);
}

#[test]
fn a_stale_version_is_a_conflict_and_a_change_of_nothing_keeps_its_version() {
    let sandbox = Sandbox::start();
    let path = "/api/v1/namespaces/default";
    let before = sandbox.object(path).unwrap();
    let (_, after) = as_admin(&sandbox, "PATCH", path, Some((MERGE, &json!({}))));
    assert_eq!(after, before);
    let stale = json!({"metadata": {"resourceVersion": "0", "labels": {"a": "b"}}});
    let (code, status) = as_admin(&sandbox, "PATCH", path, Some((MERGE, &stale)));
    assert_eq!((code, &status["reason"]), (409, &json!("Conflict")));
}

#[test]
fn what_may_not_be_stored_is_refused_by_field() {
    let sandbox = Sandbox::start();
    let policy = json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "p"},
        "spec": {"podSelector": {}, "ingress": [{"from": [{"ipBlock": {"cidr": "10.0.0.1/8"}}]}]},
    });
    let pull = json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"},
        "type": "kubernetes.io/dockerconfigjson", "data": {".dockerconfigjson": "bm90anNvbg=="},
    });
    for (collection, object, field) in [
        (NAMESPACES, namespace("a.b", &json!({})), "metadata.name"),
        (
            NAMESPACES,
            namespace("a", &json!({"labels": {"k": "b c"}})),
            "metadata.labels",
        ),
        (
            "/apis/networking.k8s.io/v1/namespaces/default/networkpolicies",
            policy,
            "spec.ingress[0].from[0].ipBlock.cidr",
        ),
        ("/api/v1/namespaces/default/secrets", pull, "data[.dockerconfigjson]"),
    ] {
        let (code, status) = as_admin(&sandbox, "POST", collection, Some((JSON, &object)));
        assert_eq!((code, &status["details"]["causes"][0]["field"]), (422, &json!(field)));
    }
}
