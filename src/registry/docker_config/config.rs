//! The docker configuration itself: read, checked and written; unknown fields are kept.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Write};

use secrecy::zeroize::Zeroizing;
use secrecy::SecretString;
use serde::ser::SerializeMap as _;
use serde::Serialize;
use serde_json::{Map, Value};

use super::error::{shown, DockerConfigError, LARGEST_SECRET};
use crate::registry::entry::{Entry, Holds};
use crate::registry::fault::EntryFault;
use crate::registry::members::{self, is_named, Read};
use crate::registry::name::RegistryName;

const AUTHS: &str = "auths";
const HELPERS: &str = "credHelpers";
const STORE: &str = "credsStore";

/// A docker configuration. It holds passwords.
#[derive(Default, Clone)]
pub struct DockerConfig {
    pub(super) auths: BTreeMap<String, Entry>,
    /// `credHelpers` and `credsStore`.
    pub(super) helpers: Map<String, Value>,
    pub(super) rest: Vec<(String, Read)>,
}

/// Counts what is written, so that the buffer for it never grows and leaves copies in memory.
struct Length(usize);

impl Write for Length {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl fmt::Debug for DockerConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys: Vec<&str> = self.auths.keys().map(|key| shown(key)).collect();
        f.debug_tuple("DockerConfig").field(&keys).finish()
    }
}

impl DockerConfig {
    /// Parses the bytes of a file.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DockerConfigError> {
        Self::parse(std::str::from_utf8(bytes).map_err(|_| DockerConfigError::NotUtf8)?)
    }

    /// Parses a docker configuration. [`DockerConfig::check`] tests whether its entries can be used.
    pub fn parse(text: &str) -> Result<Self, DockerConfigError> {
        let Read::Object(members) = serde_json::from_str(text).map_err(|error| not_json(&error))? else {
            return Err(DockerConfigError::NoAuths);
        };
        let (mut auths, mut helpers, mut rest) = (None, Map::new(), Vec::new());
        for (key, read) in members {
            match (spelled(&key), read) {
                (Some(AUTHS), Read::Object(more)) => {
                    let more = more.into_iter().map(|(key, entry)| (key, Entry::read(entry)));
                    auths.get_or_insert_with(BTreeMap::new).extend(more);
                }
                (Some(AUTHS), _) => return Err(DockerConfigError::NoAuths),
                (Some(name), read) => add(&mut helpers, name, read.into_value()),
                (None, read) => rest.push((key, read)),
            }
        }
        // docker may omit it if there is a credential helper.
        let auths = auths.or_else(|| (!helpers.is_empty()).then(BTreeMap::new));
        let auths = auths.ok_or(DockerConfigError::NoAuths)?;
        Ok(Self { auths, helpers, rest })
    }

    /// Whether it has no registry.
    pub fn is_empty(&self) -> bool {
        self.auths.is_empty()
    }

    /// Refuses a configuration without registries, or with an entry that cannot be used.
    pub fn check(&self) -> Result<(), DockerConfigError> {
        if self.is_empty() {
            return Err(self.nothing_in_it());
        }
        self.auths
            .iter()
            .try_for_each(|(key, entry)| self.check_entry(key, entry))
    }

    pub(super) fn nothing_in_it(&self) -> DockerConfigError {
        let store = self.helpers.get(STORE).and_then(Value::as_str);
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

    pub(super) fn check_entry(&self, key: &str, entry: &Entry) -> Result<(), DockerConfigError> {
        let registry = key.to_owned();
        match (entry.holds(), self.helper_of(key)) {
            (Ok(_), _) => Ok(()),
            (Err(EntryFault::Nothing), Some(helper)) => Err(DockerConfigError::Helper { registry, helper }),
            (Err(fault), _) => Err(DockerConfigError::Entry { registry, fault }),
        }
    }

    /// Whether a registry has only a token, which docker uses and the kubelet does not read.
    pub fn is_token(&self, registry: &RegistryName) -> bool {
        let mut entries = self
            .keys_of(registry)
            .into_iter()
            .filter_map(|key| self.auths.get(&key));
        entries.any(|entry| entry.holds() == Ok(Holds::Token))
    }

    /// A registry's user, if it can be read.
    pub fn user_of(&self, registry: &RegistryName) -> Option<String> {
        let mut users = self
            .keys_of(registry)
            .into_iter()
            .filter_map(|key| self.auths.get(&key)?.user());
        users.next()
    }

    /// The user and password of a registry, if it has both.
    pub fn password_of(&self, registry: &RegistryName) -> Option<(String, SecretString)> {
        let entry = self.auths.get(self.keys_of(registry).first()?)?;
        Some((entry.user()?, entry.password()?))
    }

    /// The text for the file and the Secret.
    pub fn to_text(&self) -> Result<SecretString, DockerConfigError> {
        // Cannot fail: keys are strings, and the output is a number, then a Vec.
        let mut length = Length(0);
        let _ = self.serialize(&mut serde_json::Serializer::pretty(&mut length));
        let mut bytes = Zeroizing::new(Vec::with_capacity(length.0 + 1));
        let _ = self.serialize(&mut serde_json::Serializer::pretty(&mut *bytes));
        bytes.push(b'\n');
        if bytes.len() > LARGEST_SECRET {
            return Err(DockerConfigError::TooLarge);
        }
        Ok(std::str::from_utf8(&bytes)
            .map_err(|_| DockerConfigError::NotUtf8)?
            .into())
    }

    /// The keys of `auths` for this registry, in any spelling.
    pub(super) fn keys_of(&self, registry: &RegistryName) -> Vec<String> {
        let is_same = |key: &&String| RegistryName::of_key(key).is_ok_and(|name| name == *registry);
        self.auths.keys().filter(is_same).cloned().collect()
    }

    /// `credHelpers`: registries and their helpers.
    pub(super) fn helpers(&self) -> impl Iterator<Item = (&str, &str)> {
        let helpers = self.helpers.get(HELPERS).and_then(Value::as_object);
        helpers
            .into_iter()
            .flatten()
            .filter_map(|(key, helper)| Some((key.as_str(), helper.as_str()?)))
    }

    /// The helper that docker would use for this registry (docker/cli, `getConfiguredCredentialStore`).
    pub(super) fn helper_of(&self, key: &str) -> Option<String> {
        let name = RegistryName::of_key(key).ok();
        let is_same = |other: &str| other == key || (name.is_some() && RegistryName::of_key(other).ok() == name);
        let own = self
            .helpers()
            .find(|(other, _)| is_same(other))
            .map(|(_, helper)| helper);
        let store = self.helpers.get(STORE).and_then(Value::as_str);
        own.or(store).filter(|name| !name.is_empty()).map(str::to_owned)
    }
}

/// The name by which we know this key, if we do.
fn spelled(key: &str) -> Option<&'static str> {
    [AUTHS, HELPERS, STORE].into_iter().find(|name| is_named(key, name))
}

/// Adds one more member, as Go does: an object to the one before it, and null leaves a text as it is.
fn add(helpers: &mut Map<String, Value>, name: &str, value: Value) {
    match (helpers.get_mut(name), value) {
        (Some(Value::Object(all)), Value::Object(more)) => all.extend(more),
        (Some(Value::String(_)), Value::Null) => {}
        (_, value) => drop(helpers.insert(name.to_owned(), value)),
    }
}

fn not_json(error: &serde_json::Error) -> DockerConfigError {
    let (line, column) = (error.line(), error.column());
    // serde_json's words for a line end within a string (`ErrorCode::ControlCharacterWhileParsingString`).
    if error.to_string().starts_with("control character") {
        return DockerConfigError::Folded { line };
    }
    DockerConfigError::NotJson { line, column }
}

impl Serialize for DockerConfig {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry(AUTHS, &self.auths)?;
        for (key, value) in &self.helpers {
            map.serialize_entry(key, value)?;
        }
        members::write(&self.rest, &mut map)?;
        map.end()
    }
}
