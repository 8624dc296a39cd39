//! Create, update, patch, apply and delete.

use serde_json::{json, Value};

use crate::api::{as_item, success, Answer, Call};
use crate::apply::Writer;
use crate::decode::{decode, typed_problem};
use crate::lifecycle::Due;
use crate::rbac::{self, Attributes};
use crate::resources::known;
use crate::selectors::Selection;
use crate::status::{self, Cause, Result};
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
    Writer { resource: call.resource, manager: &manager }.record_update(None, &mut object);
    let created = store_new(call, object)?;
    Ok(Answer { warnings, ..Answer::json(201, &created) })
}

/// `PUT` of an object.
pub(crate) fn replace(call: &mut Call<'_>) -> Result<Answer> {
    let (object, warnings) = read_body(call)?;
    check_name(call, &object)?;
    let old = existing(call)?;
    let stored = update(call, &old, object)?;
    Ok(Answer { warnings, ..Answer::json(200, &stored) })
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
    Ok(Answer { warnings: warnings(&decoded.unknown), ..Answer::json(200, &stored) })
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
    let writer = Writer { resource: call.resource, manager: &manager };
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
            object["metadata"].as_object_mut().map(|metadata| metadata.remove("resourceVersion"));
            Ok(Answer::json(201, &store_new(call, object)?))
        }
        Some(old) => Ok(Answer::json(200, &store_changed(call, &old, object)?)),
    }
}

fn read_configuration(call: &Call<'_>) -> Result<Value> {
    let config: Value = serde_json::from_slice(&call.request.body).map_err(|error| {
        status::bad_request(format!("error decoding YAML: error converting YAML to JSON: {error}"))
    })?;
    if !config.is_object() {
        return Err(status::bad_request(
            "error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot \
             unmarshal array into Go value of type map[string]interface {}",
        ));
    }
    let right_kind = config["kind"] == call.resource.kind;
    if !right_kind || config["apiVersion"] != call.resource.api_version() {
        return Err(status::bad_request(format!("invalid object type: {}", gvk(&config))));
    }
    if !config["metadata"]["managedFields"].is_null() {
        return Err(status::bad_request("metadata.managedFields must be nil"));
    }
    if let Some(problem) = typed_problem(call.resource.kind, &config) {
        return Err(status::internal(format!(
            "failed to create typed patch object ({}; {}): {problem}",
            place(&config),
            gvk(&config)
        )));
    }
    check_name(call, &config)?;
    Ok(config)
}

fn gvk(object: &Value) -> String {
    let api_version = object["apiVersion"].as_str().unwrap_or_default();
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    format!("{group}/{version}, Kind={}", object["kind"].as_str().unwrap_or_default())
}

fn place(object: &Value) -> String {
    let text = |field: &str| object["metadata"][field].as_str().unwrap_or_default().to_owned();
    format!("{}/{}", text("namespace"), text("name"))
}

/// An apply that would make the object needs the right to create it too.
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

fn existing(call: &Call<'_>) -> Result<Value> {
    let found = call.state.store.get(&call.key()).cloned();
    found.ok_or_else(|| status::not_found(call.resource, &call.path.name))
}

/// Reads the object of a create or update, and the warnings for the fields that it drops.
fn read_body(call: &Call<'_>) -> Result<(Value, Vec<String>)> {
    let kind = call.resource.kind;
    let version = call.resource.api_version();
    let mut body: Value = serde_json::from_slice(&call.request.body).map_err(|error| {
        status::bad_request(format!(
            "the object provided is unrecognized (must be of type {kind}): couldn't get \
             version/kind; json parse error: {error}"
        ))
    })?;
    let given = body["kind"].as_str().unwrap_or(kind).to_owned();
    if given != kind {
        return Err(status::bad_request(format!(
            "{given} in version \"v1\" cannot be handled as a {kind}: converting (v1.{given}) to \
             (core.{kind}): unknown conversion"
        )));
    }
    if body["apiVersion"].as_str().is_some_and(|given| given != version) {
        let given = body["apiVersion"].as_str().unwrap_or_default();
        return Err(status::bad_request(format!(
            "the API version in the data ({given}) does not match the expected API version ({version})"
        )));
    }
    if body["metadata"].is_null() {
        body["metadata"] = json!({});
    }
    let decoded = decode(kind, &body).map_err(|why| {
        status::bad_request(format!(
            "{kind} in version \"v1\" cannot be handled as a {kind}: {why}"
        ))
    })?;
    strictly(call, &decoded.unknown)?;
    Ok((decoded.object, warnings(&decoded.unknown)))
}

fn strictly(call: &Call<'_>, unknown: &[String]) -> Result<()> {
    if unknown.is_empty() || call.query("fieldValidation") != "Strict" {
        return Ok(());
    }
    let kind = call.resource.kind;
    Err(status::bad_request(format!(
        "{kind} in version \"v1\" cannot be handled as a {kind}: strict decoding error: {}",
        warnings(unknown).join(", ")
    )))
}

fn warnings(unknown: &[String]) -> Vec<String> {
    unknown.iter().map(|path| format!("unknown field \"{path}\"")).collect()
}

fn check_name(call: &Call<'_>, object: &Value) -> Result<()> {
    let on_url = &call.path.name;
    match object["metadata"]["name"].as_str() {
        Some(name) if name != on_url => Err(status::bad_request(format!(
            "the name of the object ({name}) does not match the name on the URL ({on_url})"
        ))),
        _ => check_namespace(call, object),
    }
}

fn check_namespace(call: &Call<'_>, object: &Value) -> Result<()> {
    match object["metadata"]["namespace"].as_str() {
        Some(namespace) if call.resource.namespaced && namespace != call.path.namespace => {
            Err(status::bad_request(
                "the namespace of the provided object does not match the namespace sent on the request",
            ))
        }
        _ => Ok(()),
    }
}

/// Stores an object that is new, once all agree to it.
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
    rbac::check_escalation(store, &call.user, call.resource, &namespace, &object)?;
    validate::object(call.resource, &object)?;
    if object["metadata"]["resourceVersion"].is_string() {
        return Err(status::internal("resourceVersion should not be set on objects to be created"));
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

/// An update by `PUT` or patch: defaulted, and recorded as the manager's.
fn update(call: &mut Call<'_>, old: &Value, mut new: Value) -> Result<Value> {
    check_name(call, &new)?;
    defaults::set(call.resource, &mut new);
    let manager = call.manager();
    Writer { resource: call.resource, manager: &manager }.record_update(Some(old), &mut new);
    store_changed(call, old, new)
}

/// Stores a changed object, once all agree to it; a change of nothing keeps its version.
fn store_changed(call: &mut Call<'_>, old: &Value, mut new: Value) -> Result<Value> {
    let name = call.path.name.clone();
    defaults::prepare_update(call.resource, old, &mut new);
    if !only_for_garbage_collection(old, &new) {
        let namespace = &call.path.namespace;
        rbac::check_escalation(&call.state.store, &call.user, call.resource, namespace, &new)?;
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

/// Such a change needs no rights beside the one to make it.
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

/// `DELETE` of an object.
pub(crate) fn delete(call: &mut Call<'_>) -> Result<Answer> {
    let object = existing(call)?;
    check_preconditions(call, &object)?;
    if call.resource.kind == "Namespace" {
        return delete_namespace(call, object);
    }
    if !call.is_dry_run() {
        call.state.store.remove(&call.key());
        if call.resource.kind == "ServiceAccount" && call.path.name == "default" {
            call.state.due.push(Due::ServiceAccount(call.path.namespace.clone()));
        }
    }
    // These kinds give the deleted object back, the others a status.
    let answer = match call.resource.kind {
        "Pod" | "Service" | "ServiceAccount" => object,
        _ => success(call.resource, &object),
    };
    Ok(Answer::json(200, &answer))
}

fn check_preconditions(call: &Call<'_>, object: &Value) -> Result<()> {
    let options: Value = serde_json::from_slice(&call.request.body).unwrap_or_default();
    let wanted = &options["preconditions"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    for (field, word, hint) in [
        ("uid", "UID", "The object might have been deleted and then recreated"),
        ("resourceVersion", "ResourceVersion", "The object might have been modified"),
    ] {
        let real = &object["metadata"][field];
        if wanted[field].is_string() && wanted[field] != *real {
            let problem = format!(
                "the {word} in the precondition ({}) does not match the {word} in record ({}). {hint}",
                text(&wanted[field]),
                text(real)
            );
            return Err(status::precondition(call.resource, &call.path.name, &problem));
        }
    }
    Ok(())
}

fn delete_namespace(call: &mut Call<'_>, mut object: Value) -> Result<Answer> {
    let name = call.path.name.clone();
    if matches!(name.as_str(), "default" | "kube-system" | "kube-public") {
        let why = "this namespace may not be deleted";
        return Err(status::forbidden("", "namespaces", &name, why));
    }
    let leaving = object["metadata"]["deletionTimestamp"].is_string();
    if leaving || call.is_dry_run() {
        return Ok(Answer::json(200, &object));
    }
    object["metadata"]["deletionTimestamp"] = json!(clock::now());
    object["status"]["phase"] = json!("Terminating");
    let object = call.state.store.put(call.key(), object);
    call.state.due.push(Due::Termination(name));
    Ok(Answer::json(200, &object))
}

/// `DELETE` of a collection.
pub(crate) fn delete_all(call: &mut Call<'_>, selection: &Selection) -> Result<Answer> {
    if call.resource.kind == "Namespace" {
        return Err(status::method_not_allowed());
    }
    let store = &mut call.state.store;
    let namespace = &call.path.namespace;
    let keys: Vec<Key> = store
        .list(call.resource, namespace)
        .filter(|(_, object)| selection.matches(object))
        .map(|(key, _)| key.clone())
        .collect();
    let items: Vec<Value> =
        keys.iter().filter_map(|key| store.remove(key)).map(|object| as_item(&object)).collect();
    let list = json!({
        "kind": format!("{}List", call.resource.kind), "apiVersion": call.resource.api_version(),
        "metadata": { "resourceVersion": store.version().to_string() }, "items": items,
    });
    Ok(Answer::json(200, &list))
}
