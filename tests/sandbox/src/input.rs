//! Reads the objects that clients send, and refuses those that do not fit their request.

use serde_json::{json, Value};

use crate::api::Call;
use crate::decode::{decode, typed_problem};
use crate::status::{self, Result};

pub(crate) fn read_configuration(call: &Call<'_>) -> Result<Value> {
    let config: Value = serde_json::from_slice(&call.request.body)
        .map_err(|error| status::bad_request(format!("error decoding YAML: error converting YAML to JSON: {error}")))?;
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

pub(crate) fn gvk(object: &Value) -> String {
    let api_version = object["apiVersion"].as_str().unwrap_or_default();
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    format!(
        "{group}/{version}, Kind={}",
        object["kind"].as_str().unwrap_or_default()
    )
}

pub(crate) fn place(object: &Value) -> String {
    let text = |field: &str| object["metadata"][field].as_str().unwrap_or_default().to_owned();
    format!("{}/{}", text("namespace"), text("name"))
}

/// Reads the object of a create or update, with the warnings for dropped fields.
pub(crate) fn read_body(call: &Call<'_>) -> Result<(Value, Vec<String>)> {
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
    let decoded = decode(kind, &body)
        .map_err(|why| status::bad_request(format!("{kind} in version \"v1\" cannot be handled as a {kind}: {why}")))?;
    strictly(call, &decoded.unknown)?;
    Ok((decoded.object, warnings(&decoded.unknown)))
}

pub(crate) fn strictly(call: &Call<'_>, unknown: &[String]) -> Result<()> {
    if unknown.is_empty() || call.query("fieldValidation") != "Strict" {
        return Ok(());
    }
    let kind = call.resource.kind;
    Err(status::bad_request(format!(
        "{kind} in version \"v1\" cannot be handled as a {kind}: strict decoding error: {}",
        warnings(unknown).join(", ")
    )))
}

pub(crate) fn warnings(unknown: &[String]) -> Vec<String> {
    unknown.iter().map(|path| format!("unknown field \"{path}\"")).collect()
}

pub(crate) fn check_name(call: &Call<'_>, object: &Value) -> Result<()> {
    let on_url = &call.path.name;
    match object["metadata"]["name"].as_str() {
        Some(name) if name != on_url => Err(status::bad_request(format!(
            "the name of the object ({name}) does not match the name on the URL ({on_url})"
        ))),
        _ => check_namespace(call, object),
    }
}

pub(crate) fn check_namespace(call: &Call<'_>, object: &Value) -> Result<()> {
    match object["metadata"]["namespace"].as_str() {
        Some(namespace) if call.resource.namespaced && namespace != call.path.namespace => Err(status::bad_request(
            "the namespace of the provided object does not match the namespace sent on the request",
        )),
        _ => Ok(()),
    }
}
