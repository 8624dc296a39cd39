//! The defaults that the API server fills in.

use base64::prelude::{Engine, BASE64_STANDARD};
use serde_json::{json, Map, Value};

use crate::clock;
use crate::resources::Resource;

const RBAC: &str = "rbac.authorization.k8s.io";

/// Fills in the defaults of the versioned API, which count as the writer's own for field managers.
pub fn set(resource: &Resource, object: &mut Value) {
    match resource.kind {
        "Namespace" => namespace(object),
        "Secret" => secret(object),
        "NetworkPolicy" => policy_types(object),
        "RoleBinding" | "ClusterRoleBinding" => binding(object),
        "Pod" => pod(object),
        "LimitRange" => limits(object),
        "Role" | "ClusterRole" => default(object, "rules", Value::Null),
        _ => {}
    }
}

fn default(object: &mut Value, field: &str, value: Value) {
    if let Value::Object(map) = object {
        map.entry(field).or_insert(value);
    }
}

fn object_at<'a>(object: &'a mut Value, field: &str) -> Option<&'a mut Map<String, Value>> {
    if !object[field].is_object() {
        object[field] = json!({});
    }
    object[field].as_object_mut()
}

fn namespace(object: &mut Value) {
    let name = object["metadata"]["name"].clone();
    if name.as_str().unwrap_or_default().is_empty() {
        return;
    }
    if let Some(labels) = object_at(&mut object["metadata"], "labels") {
        labels.insert("kubernetes.io/metadata.name".into(), name);
    }
}

fn secret(object: &mut Value) {
    default(object, "type", json!("Opaque"));
    let Some(Value::Object(texts)) = object.as_object_mut().and_then(|map| map.remove("stringData")) else {
        return;
    };
    if let Some(data) = object_at(object, "data") {
        for (key, text) in texts {
            let bytes = text.as_str().unwrap_or_default();
            data.insert(key, json!(BASE64_STANDARD.encode(bytes)));
        }
    }
}

/// `SetDefaults_LimitRangeItem`.
fn limits(object: &mut Value) {
    for item in object["spec"]["limits"].as_array_mut().into_iter().flatten() {
        if item["type"] != "Container" {
            continue;
        }
        for (bound, from) in [
            ("default", "max"),
            ("defaultRequest", "default"),
            ("defaultRequest", "min"),
        ] {
            let from = item[from].as_object().cloned().unwrap_or_default();
            if from.is_empty() {
                continue;
            }
            if let Some(into) = object_at(item, bound) {
                for (resource, quantity) in from {
                    into.entry(resource).or_insert(quantity);
                }
            }
        }
    }
}

fn policy_types(object: &mut Value) {
    let spec = &mut object["spec"];
    if !spec.is_object() {
        *spec = json!({});
    }
    default(spec, "podSelector", json!({}));
    let types = if spec["egress"].is_array() {
        json!(["Ingress", "Egress"])
    } else {
        json!(["Ingress"])
    };
    default(spec, "policyTypes", types);
}

fn binding(object: &mut Value) {
    if object["roleRef"].is_object() {
        default(&mut object["roleRef"], "apiGroup", json!(RBAC));
    }
    for subject in object["subjects"].as_array_mut().into_iter().flatten() {
        if matches!(subject["kind"].as_str(), Some("User" | "Group")) {
            default(subject, "apiGroup", json!(RBAC));
        }
    }
}

fn pod(object: &mut Value) {
    let spec = &mut object["spec"];
    if !spec.is_object() {
        *spec = json!({});
    }
    default(spec, "restartPolicy", json!("Always"));
    default(spec, "serviceAccountName", json!("default"));
    default(spec, "terminationGracePeriodSeconds", json!(30));
}

/// Fills in what the API server sets in a new object without recording a field manager.
pub fn prepare(resource: &Resource, namespace: &str, object: &mut Value) {
    object["kind"] = json!(resource.kind);
    object["apiVersion"] = json!(resource.api_version());
    let metadata = &mut object["metadata"];
    metadata["uid"] = json!(clock::uuid());
    metadata["creationTimestamp"] = json!(clock::now());
    if resource.namespaced {
        metadata["namespace"] = json!(namespace);
    }
    if counts_generations(resource) {
        metadata["generation"] = json!(1);
    }
    match resource.kind {
        "Namespace" => {
            object["spec"] = json!({ "finalizers": ["kubernetes"] });
            object["status"] = json!({ "phase": "Active" });
        }
        "Pod" => object["status"] = json!({ "phase": "Pending" }),
        "Service" => object["status"] = json!({ "loadBalancer": {} }),
        _ => {}
    }
}

/// Keeps the fields that a client may not change, and increments the generation if the specification changed.
pub fn prepare_update(resource: &Resource, old: &Value, new: &mut Value) {
    new["kind"] = json!(resource.kind);
    new["apiVersion"] = json!(resource.api_version());
    for field in ["creationTimestamp", "deletionTimestamp", "generation", "namespace"] {
        match &old["metadata"][field] {
            Value::Null => {
                new["metadata"].as_object_mut().map(|metadata| metadata.remove(field));
            }
            value => new["metadata"][field] = value.clone(),
        }
    }
    if new["metadata"]["uid"].is_null() {
        new["metadata"]["uid"] = old["metadata"]["uid"].clone();
    }
    for field in ["status", "spec"] {
        let servers_own = field == "status" || resource.kind == "Namespace";
        if servers_own && !old[field].is_null() {
            new[field] = old[field].clone();
        }
    }
    if counts_generations(resource) && new["spec"] != old["spec"] {
        let generation = old["metadata"]["generation"].as_u64().unwrap_or(1);
        new["metadata"]["generation"] = json!(generation + 1);
    }
}

fn counts_generations(resource: &Resource) -> bool {
    matches!(resource.kind, "NetworkPolicy" | "Pod")
}
