//! What a user could create in a namespace that nothing protects: `check` tries each of them by a dry run.

use serde_json::{json, Value};

/// Of a made-up object; nothing is stored.
const NAME: &str = "ood-k8s-check";
/// An address for documentation (RFC 5737), which leads nowhere.
const ADDRESS: &str = "192.0.2.1";

/// Pods that are root on their node, and by what. A server may refuse one of them by itself (`--allow-privileged`).
pub fn privileged_pods() -> [(&'static str, Value); 2] {
    [
        (
            "a privileged container",
            pod(&json!({ "privileged": true }), &json!([])),
        ),
        (
            "the node's root directory (hostPath)",
            pod(&json!({}), &json!([{ "name": "node", "hostPath": { "path": "/" } }])),
        ),
    ]
}

/// A pod that every level of Pod Security allows, and that a quota can count. If it is refused, the refusal of another one
/// says nothing.
pub fn harmless_pod() -> Value {
    let context = json!({
        "allowPrivilegeEscalation": false,
        "capabilities": { "drop": ["ALL"] },
        "runAsNonRoot": true,
        "runAsUser": 65534,
        "seccompProfile": { "type": "RuntimeDefault" },
    });
    pod(&context, &json!([]))
}

fn pod(context: &Value, volumes: &Value) -> Value {
    let resources = json!({ "cpu": "1m", "memory": "1Mi" });
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": { "name": NAME },
        "spec": {
            "containers": [{
                "name": NAME,
                "image": NAME,
                "resources": { "requests": resources, "limits": resources },
                "securityContext": context,
            }],
            "volumes": volumes,
        },
    })
}

/// A Service that draws the traffic for an address of anybody's to the user's pods.
pub fn service_with_external_ip() -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": { "name": NAME },
        "spec": { "externalIPs": [ADDRESS], "ports": [{ "port": 80 }], "selector": { "app": NAME } },
    })
}
