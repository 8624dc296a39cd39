//! What the API server refuses to store, and in which words.

use std::net::IpAddr;

use base64::alphabet::STANDARD;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};
use base64::Engine;
use serde_json::Value;

use crate::resources::Resource;
use crate::status::{self, Cause, Result};

const LABEL_RULE: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const SUBDOMAIN_RULE: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const VALUE_RULE: &str = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const KEY_RULE: &str = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const CONFIG_KEY_RULE: &str = "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
/// Go takes base64 whose last character has bits to spare.
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
        // The real server names this one twice: in the precondition and in the validation.
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

/// As `refuse`, but the two causes for one `uid` make one line of the message.
fn refuse_once(resource: &Resource, object: &Value, causes: Vec<Cause>) -> Result<()> {
    let Err(refusal) = refuse(resource, object, &causes) else { return Ok(()) };
    let mut single = causes;
    single.dedup();
    let Err(mut worded) = refuse(resource, object, &single) else { return Ok(()) };
    worded.details = refusal.details;
    Err(worded)
}

fn refuse(resource: &Resource, object: &Value, causes: &[Cause]) -> Result<()> {
    if causes.is_empty() {
        return Ok(());
    }
    let name = object["metadata"]["name"].as_str().unwrap_or_default();
    Err(status::invalid(resource.group, resource.kind, name, causes))
}

fn shown(value: &Value) -> String {
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

fn items(value: &Value) -> impl Iterator<Item = (usize, &Value)> {
    value.as_array().into_iter().flatten().enumerate()
}

fn name_problem(resource: &Resource, name: &str) -> Option<String> {
    match resource.kind {
        "Namespace" if name.contains('.') => Some("must not contain dots".into()),
        "Namespace" if name.len() > 63 => Some("must be no more than 63 characters".into()),
        "Namespace" => (!is_label(name)).then(|| LABEL_RULE.into()),
        "Role" | "ClusterRole" | "RoleBinding" | "ClusterRoleBinding" => match name {
            "." | ".." => Some(format!("may not be '{name}'")),
            _ => ['/', '%'].iter().find(|c| name.contains(**c)).map(|c| format!("may not contain '{c}'")),
        },
        _ if name.len() > 253 => Some("must be no more than 253 characters".into()),
        _ => (!name.split('.').all(is_label)).then(|| SUBDOMAIN_RULE.into()),
    }
}

fn is_label(name: &str) -> bool {
    let lower = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit();
    let bytes = name.as_bytes();
    bytes.first().is_some_and(|c| lower(*c))
        && bytes.last().is_some_and(|c| lower(*c))
        && bytes.iter().all(|c| lower(*c) || *c == b'-')
}

fn is_value(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.first().is_some_and(u8::is_ascii_alphanumeric)
        && bytes.last().is_some_and(u8::is_ascii_alphanumeric)
        && bytes.iter().all(|c| c.is_ascii_alphanumeric() || b"-_.".contains(c))
}

fn key_problem(key: &str) -> Option<String> {
    let (prefix, name) = key.split_once('/').map_or((None, key), |(p, n)| (Some(p), n));
    if prefix.is_some_and(|prefix| !prefix.split('.').all(is_label)) {
        return Some(format!("prefix part {SUBDOMAIN_RULE}"));
    }
    if name.is_empty() {
        return Some("name part must be non-empty".into());
    }
    if name.len() > 63 {
        return Some("name part must be no more than 63 bytes".into());
    }
    (!is_value(name)).then(|| KEY_RULE.into())
}

fn label_value_problem(value: &str) -> Option<String> {
    if value.len() > 63 {
        return Some("must be no more than 63 bytes".into());
    }
    (!value.is_empty() && !is_value(value)).then(|| VALUE_RULE.into())
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
        .map(|(key, _)| {
            Cause::invalid(format!("data[{key}]"), &format!("\"{key}\""), CONFIG_KEY_RULE)
        })
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
        Ok(_) => Some(
            "json: cannot unmarshal value into Go value of type map[string]interface {}".into(),
        ),
        Err(error) => Some(syntax_problem(bytes, &error)),
    }
}

/// A JSON error in Go's words, for the errors of the first two characters.
pub fn syntax_problem(bytes: &[u8], error: &serde_json::Error) -> String {
    let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
    match first {
        None => "unexpected end of JSON input".into(),
        Some(b'n') if bytes.get(1) != Some(&b'u') => {
            let second = bytes.get(1).map_or(' ', |byte| char::from(*byte));
            format!("invalid character '{second}' in literal null (expecting 'u')")
        }
        Some(first) if !b"{[\"-0123456789tfn".contains(first) => {
            format!("invalid character '{}' looking for beginning of value", char::from(*first))
        }
        Some(_) => error.to_string(),
    }
}

/// The first byte at which text stops being base64, as Go counts it.
pub fn base64_problem(text: &str) -> Option<usize> {
    match BASE64.decode(text) {
        Ok(_) => None,
        Err(base64::DecodeError::InvalidByte(at, _) | base64::DecodeError::InvalidLastSymbol(at, _)) => {
            Some(at)
        }
        Err(_) => Some(text.len() / 4 * 4),
    }
}

fn binding(resource: &Resource, object: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    let role = &object["roleRef"];
    let kinds: &[&str] =
        if resource.namespaced { &["Role", "ClusterRole"] } else { &["ClusterRole"] };
    let kind = role["kind"].as_str().unwrap_or_default();
    if !kinds.contains(&kind) {
        causes.push(Cause::unsupported("roleRef.kind", &format!("\"{kind}\""), kinds));
    }
    if role["name"].as_str().unwrap_or_default().is_empty() {
        causes.push(Cause::required("roleRef.name", ""));
    }
    for (index, subject) in items(&object["subjects"]) {
        causes.extend(subject_problems(resource, &format!("subjects[{index}]"), subject));
    }
    causes
}

fn subject_problems(resource: &Resource, at: &str, subject: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    let name = subject["name"].as_str().unwrap_or_default();
    if name.is_empty() {
        causes.push(Cause::required(format!("{at}.name"), ""));
    }
    match subject["kind"].as_str().unwrap_or_default() {
        "ServiceAccount" => {
            if !name.is_empty() && !name.split('.').all(is_label) {
                let shown = shown(&subject["name"]);
                causes.push(Cause::invalid(format!("{at}.name"), &shown, SUBDOMAIN_RULE));
            }
            if !resource.namespaced && subject["namespace"].as_str().is_none() {
                causes.push(Cause::required(format!("{at}.namespace"), ""));
            }
        }
        "User" | "Group" => {}
        kind => causes.push(Cause::unsupported(
            format!("{at}.kind"),
            &format!("\"{kind}\""),
            &["ServiceAccount", "User", "Group"],
        )),
    }
    causes
}

fn rules(resource: &Resource, object: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    for (index, rule) in items(&object["rules"]) {
        let at = |field: &str| format!("rules[{index}].{field}");
        let missing = |field: &str| items(&rule[field]).next().is_none();
        if missing("verbs") {
            causes.push(Cause::required(at("verbs"), "verbs must contain at least one value"));
        }
        if !missing("nonResourceURLs") {
            if resource.namespaced {
                let why = "namespaced rules cannot apply to non-resource URLs";
                causes.push(Cause::invalid(at("nonResourceURLs"), &shown(&rule["nonResourceURLs"]), why));
            }
            continue;
        }
        for (field, what) in [("apiGroups", "api group"), ("resources", "resource")] {
            if missing(field) {
                let why = format!("resource rules must supply at least one {what}");
                causes.push(Cause::required(at(field), &why));
            }
        }
    }
    causes
}

fn network_policy(spec: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    for (direction, peers) in [("ingress", "from"), ("egress", "to")] {
        for (rule_index, rule) in items(&spec[direction]) {
            for (index, peer) in items(&rule[peers]) {
                let at = format!("spec.{direction}[{rule_index}].{peers}[{index}]");
                causes.extend(peer_problems(&at, peer));
            }
        }
    }
    for (index, kind) in items(&spec["policyTypes"]) {
        if !matches!(kind.as_str(), Some("Ingress" | "Egress")) {
            let at = format!("spec.policyTypes[{index}]");
            causes.push(Cause::unsupported(at, &shown(kind), &["Ingress", "Egress"]));
        }
    }
    causes
}

fn peer_problems(at: &str, peer: &Value) -> Vec<Cause> {
    let has = |field: &str| !peer[field].is_null();
    let selects = has("podSelector") || has("namespaceSelector");
    if !has("ipBlock") {
        let missing = || vec![Cause::required(at, "must specify a peer")];
        return if selects { Vec::new() } else { missing() };
    }
    if selects {
        return vec![Cause::forbidden(at, "may not specify both ipBlock and another peer")];
    }
    let cidr = peer["ipBlock"]["cidr"].as_str().unwrap_or_default();
    let field = format!("{at}.ipBlock.cidr");
    if cidr.is_empty() {
        return vec![Cause::required(field, "")];
    }
    cidr_problem(cidr)
        .map(|why| Cause::invalid(field, &format!("\"{cidr}\""), why))
        .into_iter()
        .collect()
}

/// Why a text is not a CIDR that a new object may hold.
fn cidr_problem(cidr: &str) -> Option<&'static str> {
    const NOT_ONE: Option<&str> =
        Some("must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)");
    let Some((address, length)) = cidr.split_once('/') else { return NOT_ONE };
    let (Ok(address), Ok(length)) = (address.parse::<IpAddr>(), length.parse::<u32>()) else {
        return NOT_ONE;
    };
    let (bits, width) = match address {
        IpAddr::V4(v4) => (u128::from(u32::from(v4)), 32),
        IpAddr::V6(v6) => (u128::from(v6), 128),
    };
    if length > width {
        return NOT_ONE;
    }
    let host = 1_u128.checked_shl(width - length).map_or(u128::MAX, |bit| bit - 1);
    (bits & host != 0).then_some("must not have bits set beyond the prefix length")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cidr_with_host_bits_is_refused() {
        assert_eq!(cidr_problem("10.0.0.0/8"), None);
        assert_eq!(cidr_problem("::/0"), None);
        assert_eq!(
            cidr_problem("10.0.0.1/8"),
            Some("must not have bits set beyond the prefix length")
        );
        for bad in ["10.0.0.0", "10.0.0.300/8", "10.0.0.0/33", "x/8"] {
            assert!(cidr_problem(bad).unwrap().starts_with("must be a valid CIDR"), "{bad}");
        }
    }

    #[test]
    fn an_annotation_key_may_have_a_prefix_and_no_space() {
        assert_eq!(key_problem("openondemand.org/last-hook-execution"), None);
        assert!(key_problem("a b").is_some());
        assert!(key_problem("a/b/c").is_some());
    }
}
