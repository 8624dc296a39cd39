//! Deleting objects, namespaces and whole collections.

use serde_json::{json, Value};

use crate::api::{as_item, success, Call};
use crate::clock;
use crate::lifecycle::Due;
use crate::message::Answer;
use crate::selectors::Selection;
use crate::status::{self, Result};
use crate::store::Key;
use crate::write::existing;

/// `DELETE` of an object.
pub(crate) fn one(call: &mut Call<'_>) -> Result<Answer> {
    let object = existing(call)?;
    check_preconditions(call, &object)?;
    if call.resource.kind == "Namespace" {
        return delete_namespace(call, object);
    }
    if !is_dry_run(call) {
        call.state.store.remove(&call.key());
        if call.resource.kind == "ServiceAccount" && call.path.name == "default" {
            call.state.due.push(Due::ServiceAccount(call.path.namespace.clone()));
        }
    }
    // The answer for these kinds is the deleted object, for others a status.
    let answer = match call.resource.kind {
        "Pod" | "Service" | "ServiceAccount" => object,
        _ => success(call.resource, &object),
    };
    Ok(Answer::json(200, &answer))
}

/// If the body has options, those of the query are ignored (apiserver `handlers/delete.go`).
fn is_dry_run(call: &Call<'_>) -> bool {
    let options: Value = serde_json::from_slice(&call.request.body).unwrap_or_default();
    if options.is_object() {
        return options["dryRun"] == json!(["All"]);
    }
    call.is_dry_run()
}

fn check_preconditions(call: &Call<'_>, object: &Value) -> Result<()> {
    let options: Value = serde_json::from_slice(&call.request.body).unwrap_or_default();
    let wanted = &options["preconditions"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    for (field, word, hint) in [
        ("uid", "UID", "The object might have been deleted and then recreated"),
        (
            "resourceVersion",
            "ResourceVersion",
            "The object might have been modified",
        ),
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
    if leaving || is_dry_run(call) {
        return Ok(Answer::json(200, &object));
    }
    object["metadata"]["deletionTimestamp"] = json!(clock::now());
    object["status"]["phase"] = json!("Terminating");
    let object = call.state.store.put(call.key(), object);
    call.state.due.push(Due::Termination(name));
    Ok(Answer::json(200, &object))
}

/// `DELETE` of a collection.
pub(crate) fn all(call: &mut Call<'_>, selection: &Selection) -> Result<Answer> {
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
    let items: Vec<Value> = keys
        .iter()
        .filter_map(|key| store.remove(key))
        .map(|object| as_item(&object))
        .collect();
    let list = json!({
        "kind": format!("{}List", call.resource.kind), "apiVersion": call.resource.api_version(),
        "metadata": { "resourceVersion": store.version().to_string() }, "items": items,
    });
    Ok(Answer::json(200, &list))
}
