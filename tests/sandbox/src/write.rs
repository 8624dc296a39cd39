//! Create, update, patch and apply.

use serde_json::{json, Value};

use crate::api::Call;
use crate::apply::Writer;
use crate::cause::Cause;
use crate::decode::decode;
use crate::escalation::check_escalation;
use crate::input::{check_name, check_namespace, gvk, place, read_body, read_configuration, strictly, warnings};
use crate::lifecycle::Due;
use crate::message::Answer;
use crate::rbac::{self, Attributes};
use crate::resources::known;
use crate::status::{self, Result};
use crate::store::Key;
use crate::{clock, defaults, patch as patches, validate};

/// `POST` to a collection.
pub(crate) fn create(call: &mut Call<'_>) -> Result<Answer> {
    if call.resource.namespaced && call.path.namespace.is_empty() {
        return Err(status::method_not_allowed());
    }
    let (mut object, warnings) = read_body(call)?;
    let metadata = &mut object["metadata"];
    if let (None, Some(prefix)) = (metadata["name"].as_str(), metadata["generateName"].as_str()) {
        let name = format!("{prefix}{:05x}", clock::random() & 0xf_ffff);
        metadata["name"] = json!(name);
    }
    defaults::set(call.resource, &mut object);
    let manager = call.manager();
    Writer {
        resource: call.resource,
        manager: &manager,
    }
    .record_update(None, &mut object);
    let created = store_new(call, object)?;
    Ok(Answer {
        warnings,
        ..Answer::json(201, &created)
    })
}

/// `PUT` of an object.
pub(crate) fn replace(call: &mut Call<'_>) -> Result<Answer> {
    let (object, warnings) = read_body(call)?;
    check_name(call, &object)?;
    let old = existing(call)?;
    let stored = update(call, &old, object)?;
    Ok(Answer {
        warnings,
        ..Answer::json(200, &stored)
    })
}

/// `PATCH` of an object.
pub(crate) fn patch(call: &mut Call<'_>) -> Result<Answer> {
    if call.is_apply() {
        return apply(call);
    }
    let content_type = call.request.content_type.split(';').next().unwrap_or_default();
    let body = &call.request.body;
    let kind = call.resource.kind;
    let known = ["json-patch+json", "merge-patch+json", "strategic-merge-patch+json"];
    let patch_type = content_type.trim().strip_prefix("application/").unwrap_or_default();
    if !known.contains(&patch_type) {
        return Err(status::unsupported_media_type());
    }
    let old = existing(call)?;
    let patched = if patch_type == "json-patch+json" {
        patches::json_patch(&old, body)?
    } else {
        let patch = patches::read(body)?;
        match patch_type {
            "merge-patch+json" => patches::merge_patch(&old, &patch),
            _ => patches::strategic_merge_patch(kind, &old, &patch),
        }
    };
    let decoded = decode(kind, &patched).map_err(|why| {
        let shown = Value::String(patched.to_string()).to_string();
        status::invalid("", "", "", &[Cause::invalid("patch", &shown, &why)])
    })?;
    strictly(call, &decoded.unknown)?;
    let stored = update(call, &old, decoded.object)?;
    Ok(Answer {
        warnings: warnings(&decoded.unknown),
        ..Answer::json(200, &stored)
    })
}

/// Server-side apply.
fn apply(call: &mut Call<'_>) -> Result<Answer> {
    let config = read_configuration(call)?;
    let live = call.state.store.get(&call.key()).cloned();
    if live.is_none() {
        authorize_create(call)?;
        if config["metadata"]["name"].is_null() {
            let name = &call.path.name;
            return Err(status::bad_request(format!(
                "the name of the object ({name} based on URL) was undeterminable: name must be provided"
            )));
        }
    }
    let manager = call.manager();
    let writer = Writer {
        resource: call.resource,
        manager: &manager,
    };
    let force = matches!(call.query("force"), "true" | "1" | "True" | "t");
    let merged = writer.apply(live.as_ref(), &config, force)?;
    let mut object = decode(call.resource.kind, &merged)
        .map_err(|why| {
            let gvk = gvk(&config);
            status::internal(format!(
                "failed to convert new object ({}; {gvk}) to proper version: unable to convert \
                 unstructured object to {gvk}: error decoding from json: {why}",
                place(&config)
            ))
        })?
        .object;
    defaults::set(call.resource, &mut object);
    match live {
        None => {
            object["metadata"]
                .as_object_mut()
                .map(|metadata| metadata.remove("resourceVersion"));
            Ok(Answer::json(201, &store_new(call, object)?))
        }
        Some(old) => Ok(Answer::json(200, &store_changed(call, &old, object)?)),
    }
}

/// An apply that would create the object requires permission to create it too.
fn authorize_create(call: &Call<'_>) -> Result<()> {
    let asked = Attributes {
        verb: "create".into(),
        group: call.path.group.clone(),
        resource: call.path.resource.clone(),
        namespace: call.path.namespace.clone(),
        name: call.path.name.clone(),
        ..Attributes::default()
    };
    rbac::authorize(&call.state.store, &call.user, &asked)
}

pub(crate) fn existing(call: &Call<'_>) -> Result<Value> {
    let found = call.state.store.get(&call.key()).cloned();
    found.ok_or_else(|| status::not_found(call.resource, &call.path.name))
}

/// Stores a new object after all checks.
fn store_new(call: &mut Call<'_>, mut object: Value) -> Result<Value> {
    let name = object["metadata"]["name"].as_str().unwrap_or_default().to_owned();
    check_namespace(call, &object)?;
    let namespace = call.path.storage_namespace().to_owned();
    if let (true, Some(uid)) = (call.is_apply(), object["metadata"]["uid"].as_str()) {
        return Err(status::uid_mismatch(call.resource, &name, uid));
    }
    if call.resource.namespaced {
        live_namespace(call, &namespace, &name)?;
    }
    let store = &call.state.store;
    check_escalation(store, &call.user, call.resource, &namespace, &object)?;
    validate::object(call.resource, &object)?;
    if object["metadata"]["resourceVersion"].is_string() {
        return Err(status::internal(
            "resourceVersion should not be set on objects to be created",
        ));
    }
    let key = call.key_of(&name);
    if let Some(old) = call.state.store.get(&key) {
        let leaving = old["metadata"]["deletionTimestamp"].is_string();
        return Err(status::already_exists(call.resource, &name, leaving));
    }
    defaults::prepare(call.resource, &namespace, &mut object);
    if call.is_dry_run() {
        return Ok(object);
    }
    if call.resource.kind == "Namespace" {
        call.state.due.push(Due::ServiceAccount(name));
    }
    Ok(call.state.store.put(key, object))
}

fn live_namespace(call: &Call<'_>, namespace: &str, name: &str) -> Result<()> {
    let resource = known("", "namespaces");
    match call.state.store.get(&Key::new(resource, "", namespace)) {
        None => Err(status::not_found(resource, namespace)),
        Some(object) if object["metadata"]["deletionTimestamp"].is_string() => {
            Err(status::terminating(call.resource, name, namespace))
        }
        Some(_) => Ok(()),
    }
}

/// An update by `PUT` or patch, with defaults, and recorded for the manager.
fn update(call: &mut Call<'_>, old: &Value, mut new: Value) -> Result<Value> {
    check_name(call, &new)?;
    defaults::set(call.resource, &mut new);
    let manager = call.manager();
    Writer {
        resource: call.resource,
        manager: &manager,
    }
    .record_update(Some(old), &mut new);
    store_changed(call, old, new)
}

/// Stores a changed object after all checks; without a change it keeps its version.
fn store_changed(call: &mut Call<'_>, old: &Value, mut new: Value) -> Result<Value> {
    let name = call.path.name.clone();
    defaults::prepare_update(call.resource, old, &mut new);
    if !only_for_garbage_collection(old, &new) {
        let namespace = &call.path.namespace;
        check_escalation(&call.state.store, &call.user, call.resource, namespace, &new)?;
    }
    match new["metadata"]["resourceVersion"].as_str() {
        Some(version) if old["metadata"]["resourceVersion"] != version => {
            return Err(status::modified(call.resource, &name));
        }
        _ => new["metadata"]["resourceVersion"] = old["metadata"]["resourceVersion"].clone(),
    }
    validate::change(call.resource, old, &new)?;
    validate::object(call.resource, &new)?;
    if new == *old || call.is_dry_run() {
        return Ok(new);
    }
    Ok(call.state.store.put(call.key(), new))
}

/// Whether a change is limited to fields for garbage collection, which requires no permission for the content.
fn only_for_garbage_collection(old: &Value, new: &Value) -> bool {
    let bare = |object: &Value| {
        let mut object = object.clone();
        if let Some(metadata) = object["metadata"].as_object_mut() {
            for field in ["ownerReferences", "finalizers", "managedFields"] {
                metadata.remove(field);
            }
        }
        object
    };
    bare(old) == bare(new)
}
