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
    if let Ok(written) = config.to_text() {
        keeps_every_name(data, written.expose_secret().as_bytes());
    }
    if !said.contains("registry-of-ours") {
        reads_back(config);
    }
}

/// Registries and helpers, however often what they are in is there; the rest as it was, in its order.
fn keeps_every_name(data: &[u8], written: &[u8]) {
    let Members(members) = serde_json::from_slice(data).expect("it was read");
    let Members(written) = serde_json::from_slice(written).expect("what we wrote can be read");
    for (key, inner) in &members {
        let is_same = |other: &str| folded(other) == folded(key);
        let alike = members.iter().filter(|(other, _)| is_same(other));
        // Something else than an object replaces it.
        if alike.clone().any(|(_, inner)| !inner.is_object()) {
            continue;
        }
        for name in inner.as_object().expect("it is one").keys() {
            let is_there = |(other, value): &(String, Value)| is_same(other) && value.get(name).is_some();
            assert!(written.iter().any(is_there), "{key} has lost {name}");
        }
    }
    let rest = |all: Vec<(String, Value)>| all.into_iter().filter(|(key, _)| !is_known(key)).collect::<Vec<_>>();
    assert_eq!(rest(members), rest(written));
}

fn is_known(key: &str) -> bool {
    ["auths", "credhelpers", "credsstore"].contains(&folded(key).as_str())
}

fn folded(key: &str) -> String {
    key.to_uppercase().to_lowercase()
}

/// The members of an object in their order.
struct Members(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct All;
        impl<'de> Visitor<'de> for All {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(All)
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
