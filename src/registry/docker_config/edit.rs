//! Changes to a docker configuration: setting, copying and removing registries.

use std::time::SystemTime;

use secrecy::SecretString;

use super::config::DockerConfig;
use super::error::{shown, DockerConfigError};
use crate::outcome::Outcome;
use crate::registry::entry::Entry;
use crate::registry::name::RegistryName;

impl DockerConfig {
    /// Sets a registry's user and password; entries of the same registry in other spellings are removed.
    pub fn set(&mut self, registry: &RegistryName, username: &str, password: &SecretString) -> Outcome {
        self.edit(registry, |entry| entry.set_password(username, password))
    }

    /// Sets a registry's identity token, which docker uses but the kubelet does not.
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

    /// Removes a registry in any spelling. Returns the removed keys.
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

    /// Copies entries from another configuration: all of them, or those of the given registries.
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

    /// Takes over what works of these registries, as the kubelet reads it.
    pub fn keep_from(&mut self, live: &Self, keys: &[String], now: SystemTime) {
        let live = live.for_kubelet(now).config;
        for key in keys {
            let same = RegistryName::of_key(key).map_or_else(|_| vec![key.clone()], |name| live.keys_of(&name));
            let entries = same
                .into_iter()
                .filter_map(|key| Some((live.auths.get(&key)?.clone(), key)));
            self.auths.extend(entries.map(|(entry, key)| (key, entry)));
        }
    }

    /// Every registry, including those with credential helpers, so that what cannot be copied is reported.
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
}
