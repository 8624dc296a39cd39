//! Get, list and watch.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use base64::prelude::{Engine, BASE64_URL_SAFE_NO_PAD};
use serde_json::{json, Value};

use crate::api::{as_item, Call};
use crate::message::{Answer, Watch};
use crate::resources::Resource;
use crate::selectors::Selection;
use crate::status::{self, Result};
use crate::store::{Event, Store};
use crate::table;

/// `GET` of an object.
pub(crate) fn get(call: &Call<'_>) -> Result<Answer> {
    let object = call.state.store.get(&call.key());
    let object = object.ok_or_else(|| status::not_found(call.resource, &call.path.name))?;
    if table::is_wanted(&call.request.accept) {
        let version = object["metadata"]["resourceVersion"].clone();
        return Ok(Answer::json(
            200,
            &table::of(call.resource, [object], &json!({ "resourceVersion": version })),
        ));
    }
    Ok(Answer::json(200, object))
}

/// `GET` of a collection.
pub(crate) fn list(call: &Call<'_>, selection: Selection) -> Result<Answer> {
    if call.query("watch") == "true" || call.query("watch") == "1" {
        return Ok(watch(call, selection));
    }
    let store = &call.state.store;
    let start = continued(call.query("continue"))?;
    let mut wanted: Vec<&Value> = store
        .list(call.resource, call.path.storage_namespace())
        .filter(|(key, _)| {
            start
                .as_deref()
                .is_none_or(|start| place(&key.namespace, &key.name).as_str() > start)
        })
        .map(|(_, object)| object)
        .filter(|object| selection.matches(object))
        .collect();
    let mut metadata = json!({ "resourceVersion": store.version().to_string() });
    let limit: usize = call.query("limit").parse().unwrap_or(0);
    if limit > 0 && wanted.len() > limit {
        metadata["remainingItemCount"] = json!(wanted.len() - limit);
        wanted.truncate(limit);
        metadata["continue"] = json!(to_be_continued(store.version(), wanted.last().copied()));
    }
    if call.state.shuffle != 0 {
        wanted.sort_by_key(|object| shuffled(object, call.state.shuffle));
    }
    if table::is_wanted(&call.request.accept) {
        return Ok(Answer::json(200, &table::of(call.resource, wanted, &metadata)));
    }
    let items: Vec<Value> = wanted.into_iter().map(as_item).collect();
    let list = json!({
        "kind": format!("{}List", call.resource.kind), "apiVersion": call.resource.api_version(),
        "metadata": metadata, "items": items,
    });
    Ok(Answer::json(200, &list))
}

/// A number that is another one for each object and seed.
fn shuffled(object: &Value, seed: u64) -> u64 {
    let mut hasher = DefaultHasher::new();
    (seed, object["metadata"]["uid"].as_str()).hash(&mut hasher);
    hasher.finish()
}

fn place(namespace: &str, name: &str) -> String {
    format!("{namespace}/{name}")
}

fn to_be_continued(version: u64, last: Option<&Value>) -> String {
    let text = |field: &str| last.and_then(|it| it["metadata"][field].as_str()).unwrap_or_default();
    let start = place(text("namespace"), text("name"));
    let token = json!({ "v": "meta.k8s.io/v1", "rv": version, "start": start });
    BASE64_URL_SAFE_NO_PAD.encode(token.to_string())
}

fn continued(token: &str) -> Result<Option<String>> {
    if token.is_empty() {
        return Ok(None);
    }
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(token).unwrap_or_default();
    let value: Value = serde_json::from_slice(&bytes)
        .map_err(|error| status::bad_request(format!("invalid continue token: continue key is not valid: {error}")))?;
    Ok(value["start"].as_str().map(str::to_owned))
}

fn watch(call: &Call<'_>, selection: Selection) -> Answer {
    let bookmark = call.query("sendInitialEvents") == "true";
    let after = call
        .query("resourceVersion")
        .parse()
        .ok()
        .filter(|after| *after != 0 && !bookmark);
    let namespace = call.path.storage_namespace().into();
    let watch = Watch {
        resource: call.resource,
        namespace,
        selection,
        after,
        bookmark,
    };
    Answer {
        watch: Some(watch),
        ..Answer::json(200, &Value::Null)
    }
}

/// The next events of a watch, one JSON document per line, and the version after them.
pub(crate) fn events(store: &Store, watch: &Watch, after: Option<u64>) -> (Vec<u8>, u64) {
    let mut lines = String::new();
    let mut tell = |kind: &str, object: &Value| {
        lines += &json!({ "type": kind, "object": object }).to_string();
        lines.push('\n');
    };
    match after {
        None => {
            let present = store.list(watch.resource, &watch.namespace);
            for (_, object) in present.filter(|(_, object)| watch.selection.matches(object)) {
                tell("ADDED", object);
            }
            if watch.bookmark {
                tell("BOOKMARK", &bookmark(watch.resource, store.version()));
            }
        }
        Some(after) => {
            for event in store.events_after(after).filter(|event| fits(event, watch)) {
                tell(event.kind, &event.object);
            }
        }
    }
    (lines.into_bytes(), store.version())
}

fn fits(event: &Event, watch: &Watch) -> bool {
    event.key.group == watch.resource.group
        && event.key.plural == watch.resource.plural
        && (watch.namespace.is_empty() || event.key.namespace == watch.namespace)
        && watch.selection.matches(&event.object)
}

/// The bookmark after the initial events.
fn bookmark(resource: &Resource, version: u64) -> Value {
    json!({
        "kind": resource.kind, "apiVersion": resource.api_version(),
        "metadata": {
            "resourceVersion": version.to_string(),
            "annotations": { "k8s.io/initial-events-end": "true" },
        },
    })
}
