//! A docker configuration: what is set reads back, others stay, a second time changes nothing, and nothing is repeated or
//! lost.

use std::fmt;
use std::time::{Duration, UNIX_EPOCH};

use ood_k8s::outcome::Outcome;
use ood_k8s::registry::{DockerConfig, RegistryName};
use secrecy::ExposeSecret as _;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

const REGISTRY: &str = "registry-of-ours.example";
const PASSWORD: &str = "canary-7f3a";

/// Reads, lists, hands out, sets, and reads back.
pub fn holds(data: &[u8]) {
    let said = String::from_utf8_lossy(data);
    if said.contains(PASSWORD) {
        return;
    }
    let config = match DockerConfig::from_bytes(data) {
        Ok(config) => config,
        Err(error) => return is_one_line(&error.to_string()),
    };
    let now = UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    if let Err(error) = config.check() {
        is_one_line(&error.to_string());
    }
    for left in config.for_kubelet(now).left_out {
        is_one_line(&left.why());
    }
    let _ = config.list(now);
    for (registry, _) in config.split() {
        if let Ok(name) = RegistryName::parse(registry) {
            let _ = (config.user_of(&name), config.password_of(&name), config.is_token(&name));
        }
    }
    if let Some(written) = json(&config) {
        loses_no_name(data, &written);
    }
    if !said.contains("registry-of-ours") {
        reads_back(config);
    }
}

/// Registries, helpers and headers, however often what they are in is there.
fn loses_no_name(data: &[u8], written: &Value) {
    let Names(members) = serde_json::from_slice(data).expect("it was read");
    let written = written.as_object().expect("it is an object");
    for (key, inner) in &members {
        let is_same = |other: &str| folded(other) == folded(key);
        let alike = members.iter().filter(|(other, _)| is_same(other));
        // Something else than an object replaces it.
        if alike.clone().any(|(_, inner)| inner.is_none()) {
            continue;
        }
        for name in inner.iter().flatten() {
            let is_there = |(other, value): (&String, &Value)| is_same(other) && value.get(name).is_some();
            assert!(written.iter().any(is_there), "{key} has lost {name}");
        }
    }
}

fn folded(key: &str) -> String {
    key.to_uppercase().to_lowercase()
}

/// The members of an object in their order, with the names in each that is an object.
struct Names(Vec<(String, Option<Vec<String>>)>);

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Names;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Names, A::Error> {
                let mut names = Vec::new();
                while let Some((key, value)) = map.next_entry::<String, Value>()? {
                    let inner = value.as_object().map(|object| object.keys().cloned().collect());
                    names.push((key, inner));
                }
                Ok(Names(names))
            }
        }
        deserializer.deserialize_map(Members)
    }
}

fn reads_back(mut config: DockerConfig) {
    let name = RegistryName::parse(REGISTRY).expect("a name");
    let before = json(&config);
    let outcome = config.set(&name, "robot", &PASSWORD.into());
    assert!(outcome == Outcome::Created, "{outcome:?}");
    let Ok(text) = config.to_text() else { return };
    let mut read = DockerConfig::parse(text.expose_secret()).expect("what we wrote can be read");
    let (user, password) = read.password_of(&name).expect("it was set");
    assert_eq!((user.as_str(), password.expose_secret()), ("robot", PASSWORD));
    assert!(read.set(&name, "robot", &PASSWORD.into()) == Outcome::Unchanged);
    let mut after = json(&read);
    if let (Some(before), Some(after)) = (before, after.as_mut()) {
        after["auths"]
            .as_object_mut()
            .expect("there is one now")
            .remove(REGISTRY);
        assert!(before == *after, "{before} is now {after}");
    }
}

fn json(config: &DockerConfig) -> Option<Value> {
    let text = config.to_text().ok()?;
    Some(serde_json::from_str(text.expose_secret()).expect("what we wrote is JSON"))
}

fn is_one_line(said: &str) {
    assert!(!said.contains('\n') && !said.contains(PASSWORD), "{said:?}");
}
