//! A docker configuration as data: registries with their credentials, and everything else as it was.

mod end;
mod error;
mod list;

use std::collections::BTreeMap;
use std::fmt;

use secrecy::zeroize::Zeroizing;
use secrecy::SecretString;
use serde::ser::SerializeMap as _;
use serde::Serialize;
use serde_json::{Map, Value};

use super::entry::{Entry, EntryFault};
use super::name::RegistryName;
use crate::outcome::Outcome;

pub use end::CREDENTIAL_END;
use error::shown;
pub use error::DockerConfigError;
pub use list::{How, Listed};

const AUTHS: &str = "auths";
const HELPERS: &str = "credHelpers";
const STORE: &str = "credsStore";
/// Of a Secret's data (`MaxSecretSize`, Kubernetes `pkg/apis/core/types.go`). In bytes.
pub const LARGEST_SECRET: usize = 1024 * 1024;
/// More than any registry file needs, so that its buffer need not grow and leave copies behind. In bytes.
const USUAL_SIZE: usize = 64 * 1024;

/// A docker configuration. It holds passwords.
#[derive(Default, Clone)]
pub struct DockerConfig {
    auths: BTreeMap<String, Entry>,
    rest: Map<String, Value>,
}

impl fmt::Debug for DockerConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys: Vec<&str> = self.auths.keys().map(|key| shown(key)).collect();
        f.debug_tuple("DockerConfig").field(&keys).finish()
    }
}

impl DockerConfig {
    /// Reads the bytes of a file.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DockerConfigError> {
        Self::parse(std::str::from_utf8(bytes).map_err(|_| DockerConfigError::NotUtf8)?)
    }

    /// Reads a docker configuration. Whether its entries can be used is another question: [`DockerConfig::check`].
    pub fn parse(text: &str) -> Result<Self, DockerConfigError> {
        let json: Value = serde_json::from_str(text).map_err(|error| DockerConfigError::NotJson {
            line: error.line(),
            column: error.column(),
        })?;
        let Value::Object(mut rest) = json else {
            return Err(DockerConfigError::NoAuths);
        };
        let has_helper = rest.contains_key(HELPERS) || rest.contains_key(STORE);
        let auths = match rest.remove(AUTHS) {
            Some(Value::Object(auths)) => auths,
            // docker with a credential helper may leave it out.
            None if has_helper => Map::new(),
            _ => return Err(DockerConfigError::NoAuths),
        };
        let auths: Result<_, _> = auths
            .into_iter()
            .map(|(registry, entry)| match entry {
                Value::Object(fields) => Ok((registry, Entry::from_json(fields))),
                _ => Err(DockerConfigError::NotAnObject { registry }),
            })
            .collect();
        Ok(Self { auths: auths?, rest })
    }

    /// Whether there is no registry in it.
    pub fn is_empty(&self) -> bool {
        self.auths.is_empty()
    }

    /// Refuses a configuration without registries, or with an entry that nobody can log in with.
    pub fn check(&self) -> Result<(), DockerConfigError> {
        if self.is_empty() {
            return Err(self.nothing_in_it());
        }
        self.auths
            .iter()
            .try_for_each(|(key, entry)| self.check_entry(key, entry))
    }

    fn nothing_in_it(&self) -> DockerConfigError {
        let store = self.rest.get(STORE).and_then(Value::as_str);
        match (self.helpers().next(), store) {
            (Some((registry, helper)), _) => DockerConfigError::Helper {
                registry: registry.to_owned(),
                helper: helper.to_owned(),
            },
            (None, Some(helper)) => DockerConfigError::Store {
                helper: helper.to_owned(),
            },
            (None, None) => DockerConfigError::Empty,
        }
    }

    fn check_entry(&self, key: &str, entry: &Entry) -> Result<(), DockerConfigError> {
        let registry = key.to_owned();
        match (entry.holds(), self.helper_of(key)) {
            (Ok(_), _) => Ok(()),
            (Err(EntryFault::Nothing), Some(helper)) => Err(DockerConfigError::Helper { registry, helper }),
            (Err(fault), _) => Err(DockerConfigError::Entry { registry, fault }),
        }
    }

    /// Sets a registry's user and password; entries of the same registry in other spellings go.
    pub fn set(&mut self, registry: &RegistryName, username: &str, password: &SecretString) -> Outcome {
        self.edit(registry, |entry| entry.set_password(username, password))
    }

    /// Sets a registry's identity token, which docker uses and the kubelet does not.
    pub fn set_identity_token(&mut self, registry: &RegistryName, token: &SecretString) -> Outcome {
        self.edit(registry, |entry| entry.set_identity_token(token))
    }

    fn edit(&mut self, registry: &RegistryName, change: impl FnOnce(&mut Entry) -> bool) -> Outcome {
        let mut same = self.keys_of(registry);
        let exact = same.iter().position(|key| key == registry.as_key());
        let kept = (!same.is_empty()).then(|| same.swap_remove(exact.unwrap_or(0)));
        let mut entry = kept.as_ref().and_then(|key| self.auths.remove(key)).unwrap_or_default();
        let was_spelled_otherwise = exact.is_none() || !same.is_empty();
        same.iter().for_each(|key| drop(self.auths.remove(key)));
        let differs = change(&mut entry);
        self.auths.insert(registry.as_key().to_owned(), entry);
        match kept {
            None => Outcome::Created,
            Some(_) if differs || was_spelled_otherwise => Outcome::Changed,
            Some(_) => Outcome::Unchanged,
        }
    }

    /// Takes a registry out, in whatever spelling it is there. Returns the keys that went.
    pub fn remove(&mut self, registry: &str) -> Result<Vec<String>, DockerConfigError> {
        let mut keys = RegistryName::of_key(registry).map_or_else(|_| Vec::new(), |name| self.keys_of(&name));
        if self.auths.contains_key(registry) && !keys.iter().any(|key| key == registry) {
            keys.push(registry.to_owned());
        }
        if keys.is_empty() {
            return Err(DockerConfigError::Unknown {
                registry: shown(registry).to_owned(),
            });
        }
        keys.iter().for_each(|key| drop(self.auths.remove(key)));
        Ok(keys)
    }

    /// Copies entries from another configuration: all of them, or those of the registries named.
    pub fn copy_from(
        &mut self,
        source: &Self,
        only: &[RegistryName],
    ) -> Result<Vec<(RegistryName, Outcome)>, DockerConfigError> {
        let wanted = if only.is_empty() {
            source.names()?
        } else {
            only.to_vec()
        };
        let mut copied = Vec::new();
        for registry in wanted {
            let entry = source.entry_of(&registry)?.clone();
            let outcome = self.edit(&registry, |mine| mine.replace(entry));
            copied.push((registry, outcome));
        }
        Ok(copied)
    }

    /// Every registry in it, those of credential helpers too: what cannot be copied shall be told.
    fn names(&self) -> Result<Vec<RegistryName>, DockerConfigError> {
        if self.is_empty() {
            return Err(self.nothing_in_it());
        }
        let helped = self.helpers().map(|(key, _)| key);
        let mut names = Vec::new();
        for key in self.auths.keys().map(String::as_str).chain(helped) {
            let name = RegistryName::of_key(key).map_err(|reason| DockerConfigError::Name {
                key: key.to_owned(),
                reason,
            })?;
            if !names.contains(&name) {
                names.push(name);
            }
        }
        Ok(names)
    }

    fn entry_of(&self, registry: &RegistryName) -> Result<&Entry, DockerConfigError> {
        let keys = self.keys_of(registry);
        let mut entries = keys.iter().filter_map(|key| Some((key, self.auths.get(key)?)));
        let Some((key, entry)) = entries.next() else {
            let registry = registry.as_key().to_owned();
            return Err(match self.helper_of(&registry) {
                Some(helper) => DockerConfigError::Helper { registry, helper },
                None => DockerConfigError::Unknown { registry },
            });
        };
        if entries.any(|(_, other)| other != entry) {
            let registry = registry.clone();
            return Err(DockerConfigError::Several { registry });
        }
        self.check_entry(key, entry)?;
        Ok(entry)
    }

    /// The user and password of a registry, where it has both.
    pub fn password_of(&self, registry: &RegistryName) -> Option<(String, SecretString)> {
        let entry = self.auths.get(self.keys_of(registry).first()?)?;
        Some((entry.user()?, entry.password()?))
    }

    /// The text of the file, and of the Secret.
    pub fn to_text(&self) -> Result<SecretString, DockerConfigError> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(USUAL_SIZE));
        let mut serializer = serde_json::Serializer::pretty(&mut *bytes);
        // Nothing in it can fail: keys are text, and a Vec takes all.
        let _ = self.serialize(&mut serializer);
        bytes.push(b'\n');
        if bytes.len() > LARGEST_SECRET {
            return Err(DockerConfigError::TooLarge);
        }
        Ok(std::str::from_utf8(&bytes)
            .map_err(|_| DockerConfigError::NotUtf8)?
            .into())
    }

    /// The keys of `auths` that are this registry, in whatever spelling.
    fn keys_of(&self, registry: &RegistryName) -> Vec<String> {
        let is_same = |key: &&String| RegistryName::of_key(key).is_ok_and(|name| name == *registry);
        self.auths.keys().filter(is_same).cloned().collect()
    }

    /// `credHelpers`: registries and their helpers.
    fn helpers(&self) -> impl Iterator<Item = (&str, &str)> {
        let helpers = self.rest.get(HELPERS).and_then(Value::as_object);
        helpers
            .into_iter()
            .flatten()
            .filter_map(|(key, helper)| Some((key.as_str(), helper.as_str()?)))
    }

    /// Which helper docker would ask for this registry (docker/cli, `getConfiguredCredentialStore`).
    fn helper_of(&self, key: &str) -> Option<String> {
        let name = RegistryName::of_key(key).ok();
        let is_same = |other: &str| other == key || (name.is_some() && RegistryName::of_key(other).ok() == name);
        let own = self
            .helpers()
            .find(|(other, _)| is_same(other))
            .map(|(_, helper)| helper);
        let store = self.rest.get(STORE).and_then(Value::as_str);
        own.or(store).filter(|name| !name.is_empty()).map(str::to_owned)
    }
}

impl Serialize for DockerConfig {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry(AUTHS, &self.auths)?;
        for (key, value) in &self.rest {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret as _;
    use serde_json::json;

    const ROBOT: &str = "cm9ib3Q6cGFzcw==";

    fn name(text: &str) -> RegistryName {
        RegistryName::parse(text).unwrap()
    }

    fn config(value: &Value) -> DockerConfig {
        DockerConfig::parse(&value.to_string()).unwrap()
    }

    fn written(config: &DockerConfig) -> Value {
        serde_json::from_str(config.to_text().unwrap().expose_secret()).unwrap()
    }

    #[test]
    fn what_is_no_docker_configuration_is_named_without_its_content() {
        for (text, reason) in [
            ("canary", "not JSON (line 1, column 1)"),
            ("[\"canary\"]", "no \"auths\""),
            ("{\"canary\":1}", "no \"auths\""),
            ("{\"auths\":\"canary\"}", "no \"auths\""),
            (
                "{\"auths\":{\"r.example\":\"canary\"}}",
                "\"r.example\" is not an object",
            ),
        ] {
            let error = DockerConfig::parse(text).unwrap_err().to_string();
            assert!(error.contains(reason) && !error.contains("canary"), "{error}");
        }
    }

    #[test]
    fn what_nobody_could_log_in_with_is_named_by_its_registry() {
        for (value, reason) in [
            (json!({ "auths": {} }), "\"auths\" is empty"),
            (
                json!({ "auths": { "r.example": { "auth": "canary" } } }),
                "\"r.example\" cannot be used: its auth is not base64",
            ),
            (
                json!({ "auths": { "r.example": { "username": "canary" } } }),
                "\"r.example\" cannot be used: its password is empty",
            ),
            (
                json!({ "auths": { "u:canary@r.example": {} } }),
                "\"r.example\" cannot be used: it has neither",
            ),
            (
                json!({ "auths": { "r.example": {} }, "credsStore": "pass" }),
                "--registry r.example --credential-command docker-credential-pass",
            ),
            (
                json!({ "auths": { "r.example": {} }, "credHelpers": { "r.example": "ecr-login" } }),
                "docker-credential-ecr-login",
            ),
            (
                json!({ "credHelpers": { "r.example": "gcr" } }),
                "--registry r.example --credential-command docker-credential-gcr",
            ),
            (
                json!({ "credsStore": "pass" }),
                "--registry HOST --credential-command docker-credential-pass",
            ),
        ] {
            let error = config(&value).check().unwrap_err().to_string();
            assert!(error.contains(reason) && !error.contains("canary"), "{error}");
        }
        let helped_but_there = json!({ "auths": { "r.example": { "auth": ROBOT } }, "credsStore": "pass" });
        assert_eq!(config(&helped_but_there).check(), Ok(()));
    }

    #[test]
    fn a_registry_is_added_beside_the_others_and_what_is_not_known_is_kept() {
        let mut merged = config(&json!({
            "auths": { "a.example": { "auth": ROBOT, "x": [1, null] } }, "HttpHeaders": { "X": "y" }, "z": 1.5
        }));
        let outcome = merged.set(&name("b.example"), "robot", &"pass".into());
        assert_eq!(outcome, Outcome::Created);
        assert_eq!(
            written(&merged),
            json!({
                "auths": { "a.example": { "auth": ROBOT, "x": [1, null] }, "b.example": { "auth": ROBOT } },
                "HttpHeaders": { "X": "y" }, "z": 1.5
            })
        );
        assert_eq!(
            merged.set(&name("b.example"), "robot", &"pass".into()),
            Outcome::Unchanged
        );
        assert_eq!(merged.set(&name("b.example"), "robot", &"new".into()), Outcome::Changed);
    }

    #[test]
    fn an_old_password_does_not_stay_under_another_spelling() {
        let mut config = config(&json!({ "auths": {
            "docker.io": { "auth": "b2xk" }, "https://index.docker.io/v1/": { "auth": "b2xk" }, "docker.io/team": { "auth": ROBOT },
            "https://r.example/v2/": { "auth": "b2xk", "email": "a@b.example" }
        } }));
        assert_eq!(
            config.set(&name("index.docker.io/v1/"), "robot", &"pass".into()),
            Outcome::Changed
        );
        assert_eq!(
            config.set(&name("r.example"), "robot", &"pass".into()),
            Outcome::Changed
        );
        assert_eq!(
            written(&config)["auths"],
            json!({
                "docker.io/team": { "auth": ROBOT }, "https://index.docker.io/v1/": { "auth": ROBOT },
                "r.example": { "auth": ROBOT, "email": "a@b.example" }
            })
        );
    }

    #[test]
    fn a_registry_is_removed_in_whatever_spelling_even_one_that_nobody_could_add() {
        let mut config = config(&json!({ "auths": {
            "https://r.example": {}, "r.example/v1/": {}, "ftp://r.example": {}, "s.example": {}
        } }));
        assert_eq!(
            config.remove("r.example").unwrap(),
            ["https://r.example", "r.example/v1/"]
        );
        assert_eq!(config.remove("ftp://r.example").unwrap(), ["ftp://r.example"]);
        assert_eq!(written(&config), json!({ "auths": { "s.example": {} } }));
        let error = config.remove("u:canary@r.example").unwrap_err().to_string();
        assert!(
            error.contains("no entry of \"r.example\"") && !error.contains("canary"),
            "{error}"
        );
    }

    #[test]
    fn entries_are_copied_whole_and_only_those_asked_for() {
        let source = config(&json!({ "auths": {
            "https://index.docker.io/v1/": { "auth": ROBOT, "email": "x" }, "r.example": { "auth": ROBOT }
        } }));
        let mut one = DockerConfig::default();
        let copied = one.copy_from(&source, &[name("docker.io")]).unwrap();
        assert_eq!(copied, [(name("docker.io"), Outcome::Created)]);
        assert_eq!(
            written(&one)["auths"],
            json!({ "https://index.docker.io/v1/": { "auth": ROBOT, "email": "x" } })
        );
        let mut all = one.clone();
        let copied = all.copy_from(&source, &[]).unwrap();
        assert_eq!(
            copied.iter().map(|(_, outcome)| *outcome).collect::<Vec<_>>(),
            [Outcome::Unchanged, Outcome::Created]
        );
    }

    #[test]
    fn what_cannot_be_copied_is_told_and_nothing_is_left_out_silently() {
        for (value, only, reason) in [
            (
                json!({ "auths": { "r.example": { "auth": ROBOT } }, "credHelpers": { "s.example": "gcr" } }),
                None,
                "\"s.example\" is not in it but with",
            ),
            (
                json!({ "auths": { "r.example": {} }, "credsStore": "pass" }),
                Some("r.example"),
                "credential helper",
            ),
            (
                json!({ "auths": {}, "credsStore": "pass" }),
                Some("r.example"),
                "credential helper",
            ),
            (
                json!({ "auths": { "r.example": { "auth": ROBOT } } }),
                Some("s.example"),
                "no entry of \"s.example\"",
            ),
            (json!({ "auths": { "r.example": { "auth": "!" } } }), None, "not base64"),
            (
                json!({ "auths": { "ftp://r.example": { "auth": ROBOT } } }),
                None,
                "\"ftp://r.example\" is of no use",
            ),
            (json!({ "auths": {} }), None, "empty"),
            (
                json!({ "auths": { "r.example": { "auth": ROBOT }, "https://r.example": { "auth": "b2xkOm9sZA==" } } }),
                None,
                "several entries of r.example",
            ),
        ] {
            let only: Vec<_> = only.into_iter().map(name).collect();
            let error = DockerConfig::default()
                .copy_from(&config(&value), &only)
                .unwrap_err()
                .to_string();
            assert!(error.contains(reason), "{error}");
        }
    }

    #[test]
    fn what_no_secret_can_hold_is_not_written() {
        let mut large = config(&json!({ "auths": {}, "x": "y".repeat(LARGEST_SECRET) }));
        large.set(&name("r.example"), "robot", &"pass".into());
        assert_eq!(large.to_text().unwrap_err(), DockerConfigError::TooLarge);
    }

    #[test]
    fn the_list_has_users_and_no_passwords() {
        let config = config(&json!({
            "auths": {
                "a.example": { "auth": ROBOT }, "b.example": { "identitytoken": "canary" }, "c.example": {},
                "d.example": { "auth": "canary" }
            },
            "credHelpers": { "c.example": "pass", "e.example": "gcr" }
        }));
        let list = serde_json::to_value(config.list()).unwrap();
        assert_eq!(
            list,
            json!([
                { "registry": "a.example", "username": "robot", "how": "password" },
                { "registry": "b.example", "username": null, "how": "token" },
                { "registry": "c.example", "username": null, "how": "credential helper pass" },
                { "registry": "d.example", "username": null, "how": "unusable: its auth is not base64 of user:password" },
                { "registry": "e.example", "username": null, "how": "credential helper gcr" },
            ])
        );
        assert!(!format!("{config:?}").contains("cm9ib3Q"));
        let (user, password) = config.password_of(&name("a.example")).unwrap();
        assert_eq!((user.as_str(), password.expose_secret()), ("robot", "pass"));
    }
}
