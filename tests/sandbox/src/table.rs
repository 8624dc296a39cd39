//! Lists as tables, which `kubectl get` requests.

use serde_json::{json, Value};

use crate::clock;
use crate::resources::Resource;

/// Whether the client prefers a table.
pub(crate) fn is_wanted(accept: &str) -> bool {
    accept.starts_with("application/json;as=Table;v=v1;g=meta.k8s.io")
}

/// The table of these objects.
pub(crate) fn of<'a>(resource: &Resource, objects: impl IntoIterator<Item = &'a Value>, metadata: &Value) -> Value {
    let middle = middle(resource.kind);
    let mut columns = vec![column("Name", "name")];
    columns.extend(middle.map(|(title, _)| column(title, "")));
    columns.push(column("Age", ""));
    let rows: Vec<Value> = objects
        .into_iter()
        .map(|object| {
            let mut cells = vec![object["metadata"]["name"].clone()];
            cells.extend(middle.map(|(_, cell)| cell(object)));
            cells.push(json!(age(object)));
            let partial = json!({
                "kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1",
                "metadata": object["metadata"],
            });
            json!({ "cells": cells, "object": partial })
        })
        .collect();
    json!({
        "kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": metadata,
        "columnDefinitions": columns, "rows": rows,
    })
}

fn column(title: &str, format: &str) -> Value {
    json!({ "name": title, "type": "string", "format": format, "description": title, "priority": 0 })
}

/// Reads a cell from an object.
type Cell = fn(&Value) -> Value;

/// The column between name and age, if the kind has one.
fn middle(kind: &str) -> Option<(&'static str, Cell)> {
    match kind {
        "Namespace" | "Pod" => Some(("Status", |object| object["status"]["phase"].clone())),
        "Secret" => Some(("Type", |object| object["type"].clone())),
        "RoleBinding" | "ClusterRoleBinding" => Some(("Role", |object| {
            let text = |field: &str| object["roleRef"][field].as_str().unwrap_or_default().to_owned();
            json!(format!("{}/{}", text("kind"), text("name")))
        })),
        _ => None,
    }
}

/// The sandbox lives for minutes, so an age in seconds is enough; only the time of today is read.
fn age(object: &Value) -> String {
    let seconds = |time: &str| -> Option<u64> {
        let mut parts = time.get(11..19)?.split(':').map(|part| part.parse::<u64>().ok());
        Some(parts.next()?? * 3600 + parts.next()?? * 60 + parts.next()??)
    };
    let made = object["metadata"]["creationTimestamp"].as_str().and_then(seconds);
    let (Some(made), Some(now)) = (made, seconds(&clock::now())) else {
        return "<unknown>".into();
    };
    format!("{}s", (now + 86_400 - made) % 86_400)
}
