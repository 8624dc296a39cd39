//! The paths that are not resources: discovery, version and health.

use serde_json::{json, Value};

use crate::message::Answer;
use crate::resources::{Resource, RESOURCES};

const ALL_VERBS: &[&str] = &[
    "create",
    "delete",
    "deletecollection",
    "get",
    "list",
    "patch",
    "update",
    "watch",
];

/// The answer for a path that is not a resource; `None` if nothing is served there.
pub(crate) fn answer(path: &str, accept: &str) -> Option<Answer> {
    let trimmed = path.trim_end_matches('/');
    let parts: Vec<&str> = trimmed.split('/').skip(1).collect();
    let aggregated = accept.contains("as=APIGroupDiscoveryList");
    let body = match parts.as_slice() {
        ["healthz" | "livez" | "readyz"] => return Some(Answer::text(200, "ok")),
        ["version"] => version(),
        ["api" | "apis"] if aggregated => return Some(all_at_once(parts[0])),
        ["api"] => {
            json!({ "kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": [] })
        }
        ["apis"] => {
            let groups: Vec<Value> = groups().into_iter().map(group).collect();
            json!({ "kind": "APIGroupList", "apiVersion": "v1", "groups": groups })
        }
        ["api", "v1"] => resource_list("", "v1"),
        ["apis", name] if groups().contains(name) => {
            let mut group = group(name);
            group["kind"] = json!("APIGroup");
            group["apiVersion"] = json!("v1");
            group
        }
        ["apis", name, "v1"] if groups().contains(name) => resource_list(name, &format!("{name}/v1")),
        _ => return None,
    };
    Some(Answer::json(200, &body))
}

fn version() -> Value {
    json!({
        "major": "1", "minor": "36", "gitVersion": "v1.36.3", "gitCommit": "", "gitTreeState": "",
        "buildDate": "1970-01-01T00:00:00Z", "goVersion": "", "compiler": "", "platform": "linux/amd64",
    })
}

fn groups() -> Vec<&'static str> {
    let mut groups: Vec<&str> = RESOURCES
        .iter()
        .map(|resource| resource.group)
        .filter(|group| !group.is_empty())
        .collect();
    groups.sort_unstable();
    groups.dedup();
    groups
}

fn group(name: &str) -> Value {
    let version = json!({ "groupVersion": format!("{name}/v1"), "version": "v1" });
    json!({ "name": name, "versions": [version], "preferredVersion": version })
}

fn in_group(group: &str) -> impl Iterator<Item = &'static Resource> + use<'_> {
    RESOURCES.iter().filter(move |resource| resource.group == group)
}

fn verbs(resource: &Resource) -> &'static [&'static str] {
    if resource.stored {
        ALL_VERBS
    } else {
        &["create"]
    }
}

fn resource_list(group: &str, version: &str) -> Value {
    let mut resources: Vec<Value> = in_group(group)
        .map(|resource| {
            let mut entry = json!({
                "name": resource.plural, "singularName": resource.singular,
                "namespaced": resource.namespaced, "kind": resource.kind, "verbs": verbs(resource),
            });
            if !resource.short.is_empty() {
                entry["shortNames"] = json!(resource.short);
            }
            entry
        })
        .collect();
    if group.is_empty() {
        resources.push(json!({
            "name": "serviceaccounts/token", "singularName": "", "namespaced": true,
            "group": "authentication.k8s.io", "version": "v1", "kind": "TokenRequest",
            "verbs": ["create"],
        }));
    }
    json!({
        "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": version,
        "resources": resources,
    })
}

/// Aggregated discovery, which kubectl requests first.
fn all_at_once(root: &str) -> Answer {
    let names = if root == "api" { vec![""] } else { groups() };
    let items: Vec<Value> = names
        .into_iter()
        .map(|name| {
            let resources: Vec<Value> = in_group(name).map(aggregated).collect();
            let version = json!({ "version": "v1", "freshness": "Current", "resources": resources });
            let metadata = if name.is_empty() {
                json!({})
            } else {
                json!({ "name": name })
            };
            json!({ "metadata": metadata, "versions": [version] })
        })
        .collect();
    let body = json!({
        "kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {},
        "items": items,
    });
    Answer {
        content_type: "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList",
        ..Answer::json(200, &body)
    }
}

fn aggregated(resource: &Resource) -> Value {
    let kind = json!({ "group": resource.group, "version": "v1", "kind": resource.kind });
    let mut entry = json!({
        "resource": resource.plural, "responseKind": kind,
        "scope": if resource.namespaced { "Namespaced" } else { "Cluster" },
        "singularResource": resource.singular, "verbs": verbs(resource),
    });
    if !resource.short.is_empty() {
        entry["shortNames"] = json!(resource.short);
    }
    entry
}
