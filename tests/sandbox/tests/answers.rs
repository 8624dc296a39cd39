//! What the API server answers: every expectation here was read from a real kube-apiserver 1.36.

use std::time::{Duration, Instant};

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

fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(5);
    while !holds() {
        assert!(Instant::now() < deadline, "{what} did not come about");
        std::thread::yield_now();
    }
}

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
    assert_eq!(managers.len(), 1, "the other has nothing left to manage: {managers:?}");
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

fn role(name: &str, rules: &Value) -> (String, Value) {
    (format!("{RBAC}/clusterroles/{name}"), json!({"rules": rules}))
}

/// A hook with the rights that it should have: `bind` on one role, no right to secrets.
fn with_hook(sandbox: &Sandbox) {
    for (path, object) in [
        role(
            "ood-user",
            &json!([{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}]),
        ),
        role(
            "other",
            &json!([{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}]),
        ),
        role(
            "hook",
            &json!([
                {"apiGroups": [""], "resources": ["namespaces"], "verbs": ["patch"]},
                {"apiGroups": ["rbac.authorization.k8s.io"], "resources": ["rolebindings"],
                 "verbs": ["create", "patch"]},
                {"apiGroups": ["rbac.authorization.k8s.io"], "resources": ["clusterroles"],
                 "verbs": ["bind"], "resourceNames": ["ood-user"]},
            ]),
        ),
    ] {
        sandbox.put(&path, object);
    }
    sandbox.put(
        &format!("{RBAC}/clusterrolebindings/hook"),
        json!({
            "roleRef": {"kind": "ClusterRole", "name": "hook"},
            "subjects": [{"kind": "User", "name": "hook"}],
        }),
    );
    sandbox.add_token("hook-token", "hook", &[]);
}

#[test]
fn nobody_grants_more_than_they_hold_without_the_right_to_bind() {
    let sandbox = Sandbox::start();
    with_hook(&sandbox);
    let bind = |role: &str| {
        let path = format!("{RBAC}/namespaces/default/rolebindings/b?fieldManager=hook");
        let body = json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
            "metadata": {"name": "b"}, "subjects": [{"kind": "User", "name": "alice"}],
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
        });
        sandbox.ask("hook-token", "PATCH", &path, Some((APPLY, &body)))
    };
    let (code, status) = bind("other");
    assert_eq!(code, 403);
    assert_eq!(
        status["message"],
        "rolebindings.rbac.authorization.k8s.io \"b\" is forbidden: user \"hook\" \
         (groups=[\"system:authenticated\"]) is attempting to grant RBAC permissions not \
         currently held:\n{APIGroups:[\"\"], Resources:[\"secrets\"], Verbs:[\"get\"]}"
    );
    assert_eq!(bind("ood-user").0, 201);
}

#[test]
fn an_apply_that_would_create_needs_that_right_too() {
    let sandbox = Sandbox::start();
    with_hook(&sandbox);
    let body = namespace("a", &json!({}));
    let path = "/api/v1/namespaces/a?fieldManager=hook";
    let (code, status) = sandbox.ask("hook-token", "PATCH", path, Some((APPLY, &body)));
    assert_eq!(code, 403);
    assert_eq!(
        status["message"],
        "namespaces \"a\" is forbidden: User \"hook\" cannot create resource \"namespaces\" in \
         API group \"\" in the namespace \"a\""
    );
}

#[test]
fn a_changed_role_of_a_binding_is_refused() {
    let sandbox = Sandbox::start();
    let path = format!("{RBAC}/namespaces/default/rolebindings/b");
    let roles = |name: &str| json!({"roleRef": {"kind": "ClusterRole", "name": name}});
    sandbox.put(&path, roles("view"));
    let (code, status) = as_admin(&sandbox, "PATCH", &path, Some((MERGE, &roles("edit"))));
    assert_eq!(
        (code, &status["details"]["causes"][0]["field"]),
        (422, &json!("roleRef"))
    );
}

#[test]
fn a_minted_token_is_its_account_until_the_account_goes() {
    let sandbox = Sandbox::builder().longest_token(Duration::from_secs(1800)).start();
    let account = "/api/v1/namespaces/default/serviceaccounts/ondemand";
    sandbox.put(account, json!({}));
    let request = |seconds: u32| json!({"spec": {"expirationSeconds": seconds}});
    let mint = |seconds| {
        as_admin(
            &sandbox,
            "POST",
            &format!("{account}/token"),
            Some((JSON, &request(seconds))),
        )
    };
    assert_eq!(mint(60).0, 422);
    let (code, minted) = mint(7200);
    assert_eq!((code, &minted["spec"]["expirationSeconds"]), (201, &json!(1800)));
    let token = minted["status"]["token"].as_str().unwrap();
    assert_eq!(token.split('.').count(), 3);
    let who = |token: &str| {
        let path = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
        sandbox.ask(token, "POST", path, Some((JSON, &json!({}))))
    };
    let name = "system:serviceaccount:default:ondemand";
    assert_eq!(who(token).1["status"]["userInfo"]["username"], name);
    sandbox.remove(account);
    assert_eq!(who(token).0, 401);
}

#[test]
fn an_expired_or_unknown_token_is_refused() {
    let sandbox = Sandbox::start();
    sandbox.add_expiring_token("old", "alice", &[], Duration::ZERO);
    for token in ["old", "unknown"] {
        let (code, status) = sandbox.ask(token, "GET", "/version", None);
        assert_eq!((code, &status["message"]), (401, &json!("Unauthorized")));
    }
}

#[test]
fn a_new_namespace_gets_its_service_account_when_the_controller_comes() {
    let sandbox = Sandbox::builder().service_account_delay(Duration::ZERO).start();
    let path = "/api/v1/namespaces/a/serviceaccounts/default";
    sandbox.hold_service_accounts();
    as_admin(&sandbox, "POST", NAMESPACES, Some((JSON, &namespace("a", &json!({})))));
    assert_eq!(as_admin(&sandbox, "GET", path, None).0, 404);
    sandbox.release_service_accounts();
    wait_until("the service account", || sandbox.object(path).is_some());
}

#[test]
fn a_namespace_that_goes_takes_nothing_in_and_then_all_with_it() {
    let sandbox = Sandbox::builder().termination_delay(Duration::ZERO).start();
    let path = "/api/v1/namespaces/a";
    let secret = json!({"metadata": {"name": "s"}});
    as_admin(&sandbox, "POST", NAMESPACES, Some((JSON, &namespace("a", &json!({})))));
    as_admin(&sandbox, "POST", &format!("{path}/secrets"), Some((JSON, &secret)));
    sandbox.hold_termination();
    let (_, leaving) = as_admin(&sandbox, "DELETE", path, None);
    assert_eq!(leaving["status"]["phase"], "Terminating");
    let (code, status) = as_admin(&sandbox, "POST", &format!("{path}/configmaps"), Some((JSON, &secret)));
    assert_eq!(code, 403);
    assert_eq!(status["details"]["causes"][0]["reason"], "NamespaceTerminating");
    let (code, status) = as_admin(&sandbox, "POST", NAMESPACES, Some((JSON, &namespace("a", &json!({})))));
    assert_eq!(code, 409);
    assert_eq!(
        status["message"],
        "object is being deleted: namespaces \"a\" already exists"
    );
    sandbox.release_termination();
    wait_until("the end of the namespace", || sandbox.object(path).is_none());
    assert_eq!(sandbox.object(&format!("{path}/secrets/s")), None);
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

#[test]
fn a_long_list_is_read_in_pages() {
    let sandbox = Sandbox::start();
    let list = |query: &str| as_admin(&sandbox, "GET", &format!("{NAMESPACES}?{query}"), None).1;
    let names = |list: &Value| -> Vec<String> {
        let items = list["items"].as_array().unwrap();
        items
            .iter()
            .map(|item| item["metadata"]["name"].as_str().unwrap().into())
            .collect()
    };
    let first = list("limit=3");
    assert_eq!(names(&first), ["default", "kube-node-lease", "kube-public"]);
    let next = first["metadata"]["continue"].as_str().unwrap();
    let second = list(&format!("limit=3&continue={next}"));
    assert_eq!(names(&second), ["kube-system"]);
    assert_eq!(second["metadata"]["continue"], Value::Null);
}

#[test]
fn only_an_anonymous_request_may_be_without_a_token() {
    let anonymous = "system:anonymous";
    let sandbox = Sandbox::start();
    let (code, status) = sandbox.ask("", "GET", "/api/v1/namespaces/default", None);
    assert_eq!(code, 403);
    assert!(status["message"].as_str().unwrap().contains(anonymous));
    let strict = Sandbox::builder().no_anonymous().start();
    assert_eq!(strict.ask("", "GET", "/version", None).0, 401);
}
