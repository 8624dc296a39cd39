//! Namespaces: their ServiceAccount, their deletion, and long lists.

use std::time::{Duration, Instant};

use ood_k8s_sandbox::Sandbox;
use serde_json::{json, Value};

use crate::{as_admin, namespace, JSON, NAMESPACES};

fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(5);
    while !holds() {
        assert!(Instant::now() < deadline, "timed out waiting for {what}");
        std::thread::yield_now();
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
