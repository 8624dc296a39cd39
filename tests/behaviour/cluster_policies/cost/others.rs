//! The largest objects of other kinds that the policies are about.

use serde_json::{json, Map, Value};

use super::plain;

/// Root's account.
pub(super) const ACCOUNT: &str = "ondemand/ondemand";

/// So many labels or annotations with this beginning.
fn many(start: &str, count: u32) -> Map<String, Value> {
    (0..count).map(|n| (format!("{start}{n}"), json!("value"))).collect()
}

/// A namespace that others have given 200 labels and 400 annotations, before and after most of them change.
fn crowded(value: &str) -> Value {
    let mut namespace = plain();
    let metadata = &mut namespace["metadata"];
    let labels = metadata["labels"].as_object_mut().unwrap();
    labels.extend(many("example.org/label-", 200));
    labels.insert("pod-security.kubernetes.io/enforce".into(), json!("restricted"));
    let annotations = metadata["annotations"].as_object_mut().unwrap();
    annotations.extend(many("example.org/annotation-", 200));
    annotations.extend(many("openondemand.org/", 200));
    for (_, text) in annotations
        .iter_mut()
        .filter(|(key, _)| !key.ends_with("/uid") && !key.ends_with("/owner"))
    {
        *text = json!(format!("{}{value}", text.as_str().unwrap()));
    }
    namespace
}

fn of(kind: &str, version: &str, name: &str, rest: &Value) -> Value {
    let mut object = json!({ "apiVersion": version, "kind": kind, "metadata": { "name": name } });
    object
        .as_object_mut()
        .unwrap()
        .extend(rest.as_object().unwrap().clone());
    object
}

fn binding(subjects: u32) -> Value {
    let subject = |n| json!({ "apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": format!("{n}-alice") });
    of(
        "RoleBinding",
        "rbac.authorization.k8s.io/v1",
        "alice-ood-user",
        &json!({
            "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "ood-user" },
            "subjects": (0..subjects).map(subject).collect::<Vec<_>>(),
        }),
    )
}

fn wall(cidrs: u32) -> Value {
    let from: Vec<_> = (0..cidrs)
        .map(|n| json!({ "ipBlock": { "cidr": format!("10.{n}.0.0/16") } }))
        .collect();
    let spec = json!({ "podSelector": {}, "policyTypes": ["Ingress"], "ingress": [{ "from": from }] });
    of(
        "NetworkPolicy",
        "networking.k8s.io/v1",
        "deny-from-other-namespaces",
        &json!({ "spec": spec }),
    )
}

fn service(annotations: u32) -> Value {
    let port = |n: u32| json!({ "name": format!("p{n}"), "port": 8000 + n });
    let spec = json!({ "type": "NodePort", "ports": (0..100).map(port).collect::<Vec<_>>() });
    let metadata = json!({ "name": "s", "annotations": many("example.net/annotation-", annotations) });
    of("Service", "v1", "s", &json!({ "metadata": metadata, "spec": spec }))
}

fn secret(kind: &str) -> Value {
    // A Secret may have a mebibyte.
    let data: Map<_, _> = (0..1000)
        .map(|n| (format!("key-{n}"), json!("QUJD".repeat(340))))
        .collect();
    of("Secret", "v1", "s", &json!({ "type": kind, "data": data }))
}

fn made(name: &str, user: &str, resource: &str, object: &Value) -> Value {
    let mut case = super::made(name, &plain(), resource, object);
    (case["user"], case["allowed"]) = (json!(user), json!(user == ADMIN));
    case
}

fn updated(name: &str, user: &str, resource: &str, [object, old]: [&Value; 2]) -> Value {
    super::updated(made(name, user, resource, object), old)
}

const ADMIN: &str = "admin";

pub(super) fn cases() -> Vec<Value> {
    let account = "system:serviceaccount:ondemand:ondemand";
    let claim = plain();
    let crowded = [&crowded("-new"), &crowded("")];
    let (granted, walled, password) = (binding(100), wall(200), secret("kubernetes.io/dockerconfigjson"));
    let [before, after] = [199, 200].map(service);
    vec![
        updated("a claim", account, "namespaces", [&claim, &claim]),
        updated("a claim, 600 labels and annotations", account, "namespaces", crowded),
        updated(
            "400 annotations, changed by an administrator",
            ADMIN,
            "namespaces",
            crowded,
        ),
        updated("400 annotations, changed by somebody", "gitops", "namespaces", crowded),
        made("a login's RoleBinding, 100 subjects", account, "rolebindings", &granted),
        made(
            "a login's NetworkPolicy, 200 networks",
            account,
            "networkpolicies",
            &walled,
        ),
        made("a login's Secret of a mebibyte", account, "secrets", &password),
        made("an administrator's RoleBinding", ADMIN, "rolebindings", &granted),
        made(
            "a user's NetworkPolicy, 200 networks",
            "alice",
            "networkpolicies",
            &walled,
        ),
        made("a user's Secret of a mebibyte", "alice", "secrets", &secret("Opaque")),
        made("a user's Service, 200 annotations", "alice", "services", &after),
        updated("a user's Service, changed", "alice", "services", [&after, &before]),
    ]
}
