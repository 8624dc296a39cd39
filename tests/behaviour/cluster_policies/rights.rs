//! Every right that OnDemand's two roles give, used against what the policies keep: none leads round them.

use std::collections::BTreeSet;

use serde_json::{json, Value};

use super::cases::{changed, right_pod};
use super::court::Court;
use super::POLICIES;

const JSON: &str = "application/json";
const MERGE: &str = "application/merge-patch+json";
const ROLES: &str = "/apis/rbac.authorization.k8s.io/v1/clusterroles";
const NAME: &str = "of-rights";

/// What becomes of a try.
enum Becomes {
    /// This status, and these words.
    Refused(u16, &'static str),
    /// Whatever the server says against it.
    Impossible,
    /// It may: the object is the user's own, and nothing goes by it.
    Own,
}

use Becomes::{Impossible, Own, Refused};

/// A request.
struct Try {
    method: &'static str,
    path: String,
    body: Value,
    becomes: Becomes,
}

/// The user, and the account of the user's pods.
pub(super) fn each_is_tried(court: &Court) {
    let kept = kept(court);
    for (resource, body) in [
        ("pods", right_pod()),
        ("services", service(&json!({}))),
        ("secrets", json!({ "type": "Opaque" })),
        ("configmaps", json!({})),
    ] {
        let (status, message, _) = court.ask("alice", "POST", &of_main(resource, ""), JSON, &named(body));
        assert_eq!(status, 201, "{resource}: {message}");
    }
    for (role, user, rights) in [
        ("ood-user", "alice", 5 * 7),
        ("ood-initializer", "system:serviceaccount:main:default", 4 + 2 + 3),
    ] {
        let given = rights_of(court, role);
        assert_eq!(given.len(), rights, "{role}: {given:?}");
        for (resource, verb) in given {
            let tried = attempt(court, &resource, &verb);
            let Try {
                method,
                path,
                body,
                becomes,
            } = tried
                .unwrap_or_else(|| panic!("{role} may {verb} {resource}, and nobody has tried what that is good for"));
            let kind = if method == "PATCH" { MERGE } else { JSON };
            let (status, message, _) = court.ask(user, method, &path, kind, &body);
            let is_right = match becomes {
                Refused(expected, words) => status == expected && message.contains(words),
                Impossible => (400..500).contains(&status) && status != 403,
                Own => status < 300,
            };
            assert!(is_right, "{role}: {verb} {resource} as {user}: {status} {message}");
        }
    }
    assert_eq!(
        self::kept(court),
        kept,
        "the namespace, the policies and their bindings"
    );
    for resource in ["pods", "services", "secrets", "configmaps"] {
        court.site.cluster.delete(&of_main(resource, NAME));
    }
}

/// What a role gives, as the server has it.
fn rights_of(court: &Court, role: &str) -> BTreeSet<(String, String)> {
    let role = court.site.cluster.object(&format!("{ROLES}/{role}")).unwrap();
    let words = |list: &Value| -> Vec<String> {
        let list = list.as_array().unwrap().iter();
        list.map(|word| word.as_str().unwrap().to_owned()).collect()
    };
    let rules = role["rules"].as_array().unwrap().iter();
    rules
        .flat_map(|rule| {
            assert_eq!(rule["apiGroups"], json!([""]), "{rule}");
            let verbs = words(&rule["verbs"]);
            let resources = words(&rule["resources"]).into_iter();
            resources.flat_map(move |resource| verbs.clone().into_iter().map(move |verb| (resource.clone(), verb)))
        })
        .collect()
}

/// The worst that a right could be good for.
fn attempt(court: &Court, resource: &str, verb: &str) -> Option<Try> {
    let method = match verb {
        "get" | "list" | "watch" => "GET",
        "create" => "POST",
        "update" => "PUT",
        "patch" => "PATCH",
        "delete" => "DELETE",
        _ => return None,
    };
    let name = if verb == "create" { "" } else { NAME };
    let (kind, subresource) = resource.split_once('/').unwrap_or((resource, ""));
    // In another namespace than the user's own.
    if matches!(method, "GET" | "DELETE") {
        let path = format!("/api/v1/namespaces/kube-system/{kind}/{NAME}/{subresource}");
        let path = path.trim_end_matches('/').to_owned();
        return Some(Try {
            method,
            path,
            body: Value::Null,
            becomes: Refused(403, "cannot"),
        });
    }
    let (body, becomes) = match (resource, verb) {
        ("pods", "create") => (
            changed(&["/spec/securityContext/runAsUser=0"]),
            Refused(403, "runAsUser: 27601"),
        ),
        ("pods", _) => (
            networked(),
            Refused(403, "leave out annotations that begin with k8s.v1.cni.cncf.io/"),
        ),
        ("services", _) => (
            service(&json!({ "externalIPs": ["192.0.2.1"] })),
            Refused(403, "externalIPs"),
        ),
        ("secrets", "create") => (token(), Refused(403, "service-account-token")),
        // The type of a Secret cannot be changed.
        ("secrets", _) => (token(), Impossible),
        ("configmaps", _) => (json!({ "data": { "uid": "0" } }), Own),
        ("pods/log", _) => (json!({}), Impossible),
        _ => return None,
    };
    let path = match resource {
        "pods/log" => format!("{}/log", of_main("pods", NAME)),
        resource => of_main(resource, name),
    };
    let mut body = named(body);
    if verb == "update" && resource != "pods/log" {
        // The whole object as it is, with what is changed.
        let mut live = court.site.cluster.object(&path).unwrap();
        over(&mut live, &body);
        body = live;
    }
    if verb == "create" {
        body["metadata"]["name"] = "another-of-rights".into();
    }
    Some(Try {
        method,
        path,
        body,
        becomes,
    })
}

/// Adds what `more` says to an object: mappings field by field, everything else whole.
fn over(object: &mut Value, more: &Value) {
    match (object, more) {
        (Value::Object(object), Value::Object(more)) => {
            for (key, value) in more {
                over(object.entry(key).or_insert(Value::Null), value);
            }
        }
        (object, more) => *object = more.clone(),
    }
}

fn of_main(resource: &str, name: &str) -> String {
    format!("/api/v1/namespaces/main/{resource}/{name}")
        .trim_end_matches('/')
        .to_owned()
}

fn named(mut body: Value) -> Value {
    body["metadata"]["name"] = NAME.into();
    body
}

fn networked() -> Value {
    json!({ "metadata": { "annotations": { "k8s.v1.cni.cncf.io/networks": "kube-system/secret-net" } } })
}

fn service(more: &Value) -> Value {
    let mut service = json!({ "spec": { "ports": [{ "port": 80 }] } });
    service["spec"]
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    service
}

fn token() -> Value {
    json!({
        "metadata": { "annotations": { "kubernetes.io/service-account.name": "default" } },
        "type": "kubernetes.io/service-account-token",
    })
}

/// What no user may have changed.
fn kept(court: &Court) -> Vec<Value> {
    let object = |path: &str| court.site.cluster.object(path).unwrap();
    let items = |path: &str| object(&format!("{POLICIES}/{path}"))["items"].clone();
    let namespace = &object("/api/v1/namespaces/main")["metadata"];
    let specs = |list: Value| {
        let list = list.as_array().unwrap().iter();
        list.map(|item| json!([item["metadata"]["name"], item["spec"]]))
            .collect()
    };
    vec![
        namespace["labels"].clone(),
        namespace["annotations"].clone(),
        specs(items("validatingadmissionpolicies")),
        specs(items("validatingadmissionpolicybindings")),
    ]
}
