//! Get, list and watch.

use base64::prelude::{Engine, BASE64_URL_SAFE_NO_PAD};
use serde_json::{json, Value};

use crate::api::{as_item, Answer, Call, Watch};
use crate::selectors::Selection;
use crate::status::{self, Result};
use crate::table;

/// `GET` of an object.
pub(crate) fn get(call: &Call<'_>) -> Result<Answer> {
    let object = call.state.store.get(&call.key());
    let object = object.ok_or_else(|| status::not_found(call.resource, &call.path.name))?;
    if table::is_wanted(&call.request.accept) {
        let version = object["metadata"]["resourceVersion"].clone();
        return Ok(Answer::json(200, &table::of(call.resource, [object], &json!({ "resourceVersion": version }))));
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
        .filter(|(key, _)| start.as_deref().is_none_or(|start| place(&key.namespace, &key.name).as_str() > start))
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
    let value: Value = serde_json::from_slice(&bytes).map_err(|error| {
        status::bad_request(format!("invalid continue token: continue key is not valid: {error}"))
    })?;
    Ok(value["start"].as_str().map(str::to_owned))
}

fn watch(call: &Call<'_>, selection: Selection) -> Answer {
    let watch = Watch {
        resource: call.resource,
        namespace: call.path.storage_namespace().into(),
        selection,
        after: call.query("resourceVersion").parse().unwrap_or(0),
    };
    Answer { watch: Some(watch), ..Answer::json(200, &Value::Null) }
}

/// The events of a watch after a version, one JSON document a line; and the version reached.
pub(crate) fn events(store: &crate::store::Store, watch: &Watch, after: u64) -> (Vec<u8>, u64) {
    let mut lines = Vec::new();
    for event in store.events_after(after) {
        let key = &event.key;
        let fits = key.group == watch.resource.group
            && key.plural == watch.resource.plural
            && (watch.namespace.is_empty() || key.namespace == watch.namespace);
        if fits && watch.selection.matches(&event.object) {
            let event = json!({ "type": event.kind, "object": event.object });
            lines.extend_from_slice(event.to_string().as_bytes());
            lines.push(b'\n');
        }
    }
    (lines, store.version())
}
