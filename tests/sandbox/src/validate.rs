//! What the API server refuses to store, and its messages.

use base64::alphabet::STANDARD;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};
use base64::Engine;
use serde_json::Value;

use crate::cause::Cause;
use crate::names::{key_problem, label_value_problem, name_problem};
use crate::resources::Resource;
use crate::status::{self, Result};
use crate::validate_policy::network_policy;
use crate::validate_rbac::{binding, rules};

const CONFIG_KEY_RULE: &str = "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
/// Go accepts base64 whose last character has unused bits set.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
);
const REDACTED: &str = "\"<secret contents redacted>\"";

/// Refuses an object that may not be stored.
pub fn object(resource: &Resource, object: &Value) -> Result<()> {
    let mut causes = metadata(resource, object);
    causes.extend(body(resource, object));
    refuse(resource, object, &causes)
}

/// Refuses a change that may not be made.
pub fn change(resource: &Resource, old: &Value, new: &Value) -> Result<()> {
    let mut causes = Vec::new();
    if old["metadata"]["uid"] != new["metadata"]["uid"] {
        // The real server reports this one twice: from the precondition and from the validation.
        let cause = Cause::invalid("metadata.uid", &shown(&new["metadata"]["uid"]), IMMUTABLE);
        causes.extend([cause.clone(), cause]);
    }
    match resource.kind {
        "RoleBinding" | "ClusterRoleBinding" if old["roleRef"] != new["roleRef"] => {
            let role = &new["roleRef"];
            let text = |key: &str| role[key].as_str().unwrap_or_default().to_owned();
            let shown = format!(
                "{{\"APIGroup\":\"{}\",\"Kind\":\"{}\",\"Name\":\"{}\"}}",
                text("apiGroup"),
                text("kind"),
                text("name")
            );
            causes.push(Cause::invalid("roleRef", &shown, "cannot change roleRef"));
        }
        "Secret" if old["type"] != new["type"] => {
            causes.push(Cause::invalid("type", &shown(&new["type"]), IMMUTABLE));
        }
        _ => {}
    }
    causes.extend(immutable_data(old, new));
    refuse_once(resource, new, causes)
}

const IMMUTABLE: &str = "field is immutable";

fn immutable_data(old: &Value, new: &Value) -> Vec<Cause> {
    if old["immutable"] != true {
        return Vec::new();
    }
    let mut causes = Vec::new();
    for field in ["immutable", "data", "binaryData"] {
        if old[field] != new[field] {
            causes.push(Cause::forbidden(field, "field is immutable when `immutable` is set"));
        }
    }
    causes
}

/// Like `refuse`, but the two causes for one `uid` are one line of the message.
fn refuse_once(resource: &Resource, object: &Value, causes: Vec<Cause>) -> Result<()> {
    let Err(mut refusal) = refuse(resource, object, &causes) else {
        return Ok(());
    };
    let mut single = causes;
    single.dedup();
    if let Err(mut worded) = refuse(resource, object, &single) {
        refusal.message = std::mem::take(&mut worded.message);
    }
    Err(refusal)
}

fn refuse(resource: &Resource, object: &Value, causes: &[Cause]) -> Result<()> {
    if causes.is_empty() {
        return Ok(());
    }
    let name = object["metadata"]["name"].as_str().unwrap_or_default();
    Err(status::invalid(resource.group, resource.kind, name, causes))
}

pub(crate) fn shown(value: &Value) -> String {
    value.to_string()
}

fn metadata(resource: &Resource, object: &Value) -> Vec<Cause> {
    let metadata = &object["metadata"];
    let name = metadata["name"].as_str().unwrap_or_default();
    let mut causes = Vec::new();
    if name.is_empty() {
        causes.push(Cause::required("metadata.name", "name or generateName is required"));
        return causes;
    }
    if let Some(why) = name_problem(resource, name) {
        causes.push(Cause::invalid("metadata.name", &shown(&metadata["name"]), &why));
        if resource.kind == "Namespace" && !why.contains("no more than") {
            return causes;
        }
    }
    for (key, value) in entries(&metadata["labels"]) {
        if let Some(why) = key_problem(key) {
            causes.push(Cause::invalid("metadata.labels", &format!("\"{key}\""), &why));
        }
        if let Some(why) = label_value_problem(value.as_str().unwrap_or_default()) {
            causes.push(Cause::invalid("metadata.labels", &shown(value), &why));
        }
    }
    for (key, _) in entries(&metadata["annotations"]) {
        if let Some(why) = key_problem(key) {
            causes.push(Cause::invalid("metadata.annotations", &format!("\"{key}\""), &why));
        }
    }
    causes
}

fn entries(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

pub(crate) fn items(value: &Value) -> impl Iterator<Item = (usize, &Value)> {
    value.as_array().into_iter().flatten().enumerate()
}

fn body(resource: &Resource, object: &Value) -> Vec<Cause> {
    match resource.kind {
        "Secret" => secret(object),
        "ConfigMap" => config_keys(&object["data"]),
        "RoleBinding" | "ClusterRoleBinding" => binding(resource, object),
        "Role" | "ClusterRole" => rules(resource, object),
        "NetworkPolicy" => network_policy(&object["spec"]),
        "Pod" if items(&object["spec"]["containers"]).next().is_none() => {
            vec![Cause::required("spec.containers", "")]
        }
        _ => Vec::new(),
    }
}

fn config_keys(data: &Value) -> Vec<Cause> {
    let legal = |key: &str| key.bytes().all(|c| c.is_ascii_alphanumeric() || b"-_.".contains(&c));
    entries(data)
        .filter(|(key, _)| !legal(key))
        .map(|(key, _)| Cause::invalid(format!("data[{key}]"), &format!("\"{key}\""), CONFIG_KEY_RULE))
        .collect()
}

fn secret(object: &Value) -> Vec<Cause> {
    let mut causes = config_keys(&object["data"]);
    let key = match object["type"].as_str() {
        Some("kubernetes.io/dockerconfigjson") => ".dockerconfigjson",
        Some("kubernetes.io/dockercfg") => ".dockercfg",
        _ => return causes,
    };
    let field = format!("data[{key}]");
    match object["data"][key].as_str() {
        None => causes.push(Cause::required(field, "")),
        Some(text) => {
            let bytes = BASE64.decode(text).unwrap_or_default();
            if let Some(why) = json_problem(&bytes) {
                causes.push(Cause::invalid(field, REDACTED, &why));
            }
        }
    }
    causes
}

/// Why these bytes are not a JSON object.
fn json_problem(bytes: &[u8]) -> Option<String> {
    match serde_json::from_slice::<Value>(bytes) {
        Ok(Value::Object(_) | Value::Null) => None,
        Ok(_) => Some("json: cannot unmarshal value into Go value of type map[string]interface {}".into()),
        Err(error) => Some(syntax_problem(bytes, &error)),
    }
}

/// Go's message for a JSON error in the first two characters.
pub fn syntax_problem(bytes: &[u8], error: &serde_json::Error) -> String {
    let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
    match first {
        None => "unexpected end of JSON input".into(),
        Some(b'n') if bytes.get(1) != Some(&b'u') => {
            let second = bytes.get(1).map_or(' ', |byte| char::from(*byte));
            format!("invalid character '{second}' in literal null (expecting 'u')")
        }
        Some(first) if !b"{[\"-0123456789tfn".contains(first) => {
            format!(
                "invalid character '{}' looking for beginning of value",
                char::from(*first)
            )
        }
        Some(_) => error.to_string(),
    }
}

/// The offset of the first byte that is not base64, as Go counts it.
pub fn base64_problem(text: &str) -> Option<usize> {
    match BASE64.decode(text) {
        Ok(_) => None,
        Err(base64::DecodeError::InvalidByte(at, _) | base64::DecodeError::InvalidLastSymbol(at, _)) => Some(at),
        Err(_) => Some(text.len() / 4 * 4),
    }
}
