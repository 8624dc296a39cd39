//! The pull secrets in a user's namespace, and their entries in the default ServiceAccount.

use std::borrow::Cow;
use std::time::SystemTime;

use base64::engine::general_purpose::STANDARD;
use base64::Engine as _;
use secrecy::zeroize::Zeroizing;
use secrecy::ExposeSecret;
use serde_json::{json, Value};

use super::annotations::LISTED;
use super::kind::Kind;
use super::object::{Object, Upkeep};
use crate::config::registry::RegistrySecret;
use crate::naming::is_label;
use crate::registry::{DockerConfig, CREDENTIAL_END};
use crate::time::{parse_rfc3339, rfc3339};

/// The ServiceAccount that a pod gets if it specifies none.
pub const SERVICE_ACCOUNT: &str = "default";

/// The key of a pull secret's data.
const KEY: &str = ".dockerconfigjson";

/// The Secrets with which the kubelet logs in to registries.
pub fn pull_secrets(namespace: &str, wanted: &[RegistrySecret]) -> Vec<Object> {
    wanted.iter().map(|wanted| pull_secret(namespace, wanted)).collect()
}

fn pull_secret(namespace: &str, wanted: &RegistrySecret) -> Object {
    let data = STANDARD.encode(wanted.docker_config.expose_secret());
    let mut metadata = json!({ "name": wanted.name, "namespace": namespace });
    if let Some(end) = wanted.end {
        metadata["annotations"] = json!({ CREDENTIAL_END: rfc3339(end) });
    }
    Object {
        kind: Kind::Secret,
        name: wanted.name.clone(),
        body: json!({
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": metadata,
            "type": "kubernetes.io/dockerconfigjson",
            "data": { KEY: data },
        }),
        upkeep: Upkeep {
            keeps: wanted.keeps.clone(),
            only_if_there: wanted.only_if_there,
            ..Upkeep::default()
        },
    }
}

/// An object as it should be where `live` is: a RoleBinding with the live subjects, if its own are not known; a pull secret with live passwords that root's file has no better ones for. What the
/// kubelet does not read of them does not stay.
pub fn keeping<'a>(wanted: &'a Object, live: &Value) -> Cow<'a, Object> {
    if wanted.upkeep.keeps_subjects {
        let mut kept = wanted.clone();
        kept.body["subjects"] = live["subjects"].clone();
        return Cow::Owned(kept);
    }
    if wanted.upkeep.keeps.is_empty() {
        return Cow::Borrowed(wanted);
    }
    let mut merged = wanted.clone();
    if let (Some(mut config), Some(live)) = (config_of(&wanted.body), config_of(live)) {
        config.keep_from(&live, &wanted.upkeep.keeps, SystemTime::now());
        if let Ok(text) = config.to_text() {
            merged.body["data"][KEY] = STANDARD.encode(text.expose_secret()).into();
        }
    }
    Cow::Owned(merged)
}

fn config_of(secret: &Value) -> Option<DockerConfig> {
    let text = Zeroizing::new(STANDARD.decode(secret["data"][KEY].as_str()?).ok()?);
    DockerConfig::from_bytes(&text).ok()
}

/// When the passwords in a live pull secret expire, if they do.
pub fn credential_end(live: &Value) -> Option<SystemTime> {
    parse_rfc3339(live["metadata"]["annotations"][CREDENTIAL_END].as_str()?)
}

/// A ServiceAccount as it is created here if its controller has not created it yet.
pub fn service_account(namespace: &str, name: &str, pull_secrets: &[&str]) -> Object {
    Object {
        kind: Kind::ServiceAccount,
        name: name.into(),
        body: json!({
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": {
                "name": name, "namespace": namespace, "annotations": { LISTED: pull_secrets.join(",") },
            },
            "imagePullSecrets": references(pull_secrets),
        }),
        upkeep: Upkeep::default(),
    }
}

/// Pull secrets as a ServiceAccount lists them.
pub fn references(names: &[&str]) -> Value {
    names.iter().map(|name| json!({ "name": name })).collect()
}

/// Which entries of a live ServiceAccount's list are ours, and not wanted any more.
pub fn listed_before(live: &Value, wanted: &[&str]) -> Vec<String> {
    let ours = live["metadata"]["annotations"][LISTED].as_str().unwrap_or_default();
    let listed = live["imagePullSecrets"].as_array().map_or(&[][..], Vec::as_slice);
    let is_listed = |name: &&str| listed.iter().any(|entry| entry["name"] == **name);
    // A name goes into a command that is printed.
    let is_plain = |name: &&str| name.split('.').all(is_label);
    let left = ours
        .split(',')
        .filter(is_plain)
        .filter(|name| !wanted.contains(name))
        .filter(is_listed);
    left.map(str::to_owned).collect()
}

/// Which of these names a live ServiceAccount does not list.
pub fn not_listed<'a>(live: &Value, names: &[&'a str]) -> Vec<&'a str> {
    let listed = live["imagePullSecrets"].as_array().map_or(&[][..], Vec::as_slice);
    let is_missing = |name: &&&str| !listed.iter().any(|entry| entry["name"] == **name);
    names.iter().filter(is_missing).copied().collect()
}
