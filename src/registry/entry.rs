//! One registry's entry in a docker configuration: how it holds credentials, and whether they can be used.

use std::time::SystemTime;

use secrecy::{ExposeSecret, SecretString};
use serde::ser::SerializeMap as _;
use serde_json::Value;

use super::auth::{decode, encode, has_control};
use super::end::{is_session, stated_end, CREDENTIAL_END};
use super::fault::EntryFault;
use super::members::{self, is_named, Read};
use crate::time::{for_a_person, parse_rfc3339};

const AUTH: &str = "auth";
const USERNAME: &str = "username";
const PASSWORD: &str = "password";
const IDENTITY_TOKEN: &str = "identitytoken";
const REGISTRY_TOKEN: &str = "registrytoken";
const FIELDS: [&str; 5] = [AUTH, USERNAME, PASSWORD, IDENTITY_TOKEN, REGISTRY_TOKEN];

/// How an entry holds credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// User and password.
    Password,
    /// Only an identity or registry token. docker uses it; the kubelet reads only user and password.
    Token,
}

/// One registry's entry. Unknown fields are kept.
#[derive(Default, Clone)]
pub(super) struct Entry {
    auth: Option<SecretString>,
    username: Option<String>,
    password: Option<SecretString>,
    identity_token: Option<SecretString>,
    registry_token: Option<SecretString>,
    rest: Vec<(String, Read)>,
    /// What stands instead of an object.
    other: Option<Read>,
}

impl Entry {
    /// Moves strings out of the JSON, so that no copy of a password remains in memory.
    pub(super) fn read(entry: Read) -> Self {
        let mut fields = match entry {
            Read::Object(fields) => fields,
            // For Go, null is an empty one.
            Read::Other(Value::Null) => Vec::new(),
            other => {
                return Self {
                    other: Some(other),
                    ..Self::default()
                }
            }
        };
        Self {
            auth: take(&mut fields, AUTH).map(Into::into),
            username: take(&mut fields, USERNAME),
            password: take(&mut fields, PASSWORD).map(Into::into),
            identity_token: take(&mut fields, IDENTITY_TOKEN).map(Into::into),
            registry_token: take(&mut fields, REGISTRY_TOKEN).map(Into::into),
            rest: fields,
            other: None,
        }
    }

    /// How it holds credentials, or why it cannot be used.
    pub(super) fn holds(&self) -> Result<Holds, EntryFault> {
        if self.other.is_some() {
            return Err(EntryFault::NotAnObject);
        }
        if let Some(field) = FIELDS.iter().find(|field| self.field(field).is_some()) {
            return Err(EntryFault::NotText(field));
        }
        let (user, password) = self.user_and_password()?;
        if has_control(&user) {
            return Err(EntryFault::Control("user"));
        }
        if has_control(password.expose_secret()) {
            return Err(EntryFault::Control("password"));
        }
        match (user.is_empty(), password.expose_secret().is_empty()) {
            (false, false) => Ok(Holds::Password),
            (_, true) if self.has_token() => Ok(Holds::Token),
            (true, true) if !is_set(self.auth.as_ref()) => Err(EntryFault::Nothing),
            (true, _) => Err(EntryFault::EmptyUser),
            (false, true) => Err(EntryFault::EmptyPassword),
        }
    }

    /// What the kubelet reads of it, and no more: `auth`, or else user and password.
    pub(super) fn for_kubelet(&self, now: SystemTime) -> Result<Self, EntryFault> {
        if self.holds()? == Holds::Token {
            return Err(EntryFault::Token);
        }
        let password = self.password();
        if password.as_ref().is_some_and(is_session) {
            return Err(EntryFault::Session);
        }
        let over = self.end().and_then(|end| now.duration_since(end).ok());
        if let Some(over) = over {
            return Err(EntryFault::Ended {
                ago: for_a_person(over),
            });
        }
        let has_auth = is_set(self.auth.as_ref());
        Ok(Self {
            auth: self.auth.clone().filter(|_| has_auth),
            username: self.username.clone().filter(|_| !has_auth),
            password: self.password.clone().filter(|_| !has_auth),
            ..Self::default()
        })
    }

    /// Whether it has a token beside a password, which docker would use instead.
    pub(super) fn has_token(&self) -> bool {
        is_set(self.identity_token.as_ref()) || is_set(self.registry_token.as_ref())
    }

    /// When its password ends: as it was noted, or as the password itself says, whichever is first.
    pub(super) fn end(&self) -> Option<SystemTime> {
        let noted = self.note(CREDENTIAL_END).and_then(parse_rfc3339);
        let stated = self.password().as_ref().and_then(stated_end);
        noted.into_iter().chain(stated).min()
    }

    /// The user's name, if it can be read.
    pub(super) fn user(&self) -> Option<String> {
        let (user, _) = self.user_and_password().ok()?;
        Some(user).filter(|user| !user.is_empty())
    }

    /// The password, if there is one.
    pub(super) fn password(&self) -> Option<SecretString> {
        let (_, password) = self.user_and_password().ok()?;
        Some(password).filter(|password| !password.expose_secret().is_empty())
    }

    /// Like docker and the kubelet: `auth` takes precedence over the two fields.
    fn user_and_password(&self) -> Result<(String, SecretString), EntryFault> {
        match self.auth.as_ref().filter(|auth| !auth.expose_secret().is_empty()) {
            Some(auth) => decode(auth),
            None => Ok((
                self.username.clone().unwrap_or_default(),
                self.password.clone().unwrap_or_else(|| "".into()),
            )),
        }
    }

    /// Sets user and password in `auth`, and in the fields that were present, and removes tokens, which would be used
    /// instead. Returns whether anything changed.
    pub(super) fn set_password(&mut self, user: &str, password: &SecretString) -> bool {
        let mut new = self.without_credentials();
        new.auth = Some(encode(user, password));
        new.username = self.username.as_ref().map(|_| user.to_owned());
        new.password = self.password.as_ref().map(|_| password.clone());
        self.replace(new)
    }

    /// Replaces the credentials with an identity token. Returns whether anything changed.
    pub(super) fn set_identity_token(&mut self, token: &SecretString) -> bool {
        let mut new = self.without_credentials();
        new.identity_token = Some(token.clone());
        self.replace(new)
    }

    /// Replaces the entry; returns whether it differs.
    pub(super) fn replace(&mut self, new: Self) -> bool {
        let differs = *self != new;
        *self = new;
        differs
    }

    /// A field of our own.
    pub(super) fn note(&self, key: &str) -> Option<&str> {
        match self.field(key)? {
            Read::Other(Value::String(text)) => Some(text),
            _ => None,
        }
    }

    fn field(&self, key: &str) -> Option<&Read> {
        let mut last_first = self.rest.iter().rev();
        last_first.find_map(|(other, value)| (other == key).then_some(value))
    }

    /// Sets or removes a field of our own; returns whether anything changed.
    pub(super) fn set_note(&mut self, key: &str, text: Option<String>) -> bool {
        let after = text.map(|text| Read::Other(Value::String(text)));
        if self.field(key) == after.as_ref() {
            return false;
        }
        self.rest.retain(|(other, _)| other != key);
        self.rest.extend(after.map(|after| (key.to_owned(), after)));
        true
    }

    fn without_credentials(&self) -> Self {
        let mut rest = self.rest.clone();
        rest.retain(|(key, _)| !FIELDS.contains(&key.as_str()));
        Self {
            rest,
            ..Self::default()
        }
    }

    fn secrets(&self) -> [(&'static str, Option<&str>); 5] {
        fn text(secret: Option<&SecretString>) -> Option<&str> {
            secret.map(ExposeSecret::expose_secret)
        }
        [
            (USERNAME, self.username.as_deref()),
            (PASSWORD, text(self.password.as_ref())),
            (AUTH, text(self.auth.as_ref())),
            (IDENTITY_TOKEN, text(self.identity_token.as_ref())),
            (REGISTRY_TOKEN, text(self.registry_token.as_ref())),
        ]
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.secrets() == other.secrets() && self.rest == other.rest && self.other == other.other
    }
}

impl serde::Serialize for Entry {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if let Some(other) = &self.other {
            return other.serialize(serializer);
        }
        let mut map = serializer.serialize_map(None)?;
        for (field, text) in self.secrets() {
            if let Some(text) = text {
                map.serialize_entry(field, text)?;
            }
        }
        members::write(&self.rest, &mut map)?;
        map.end()
    }
}

/// Takes a field out, in whatever spelling and however often it is there: for Go the last one counts, and null is none.
fn take(fields: &mut Vec<(String, Read)>, field: &str) -> Option<String> {
    let mut last = None;
    for (_, read) in fields.extract_if(.., |(key, _)| is_named(key, field)) {
        match read {
            Read::Other(Value::Null) => {}
            read => last = Some(read),
        }
    }
    match last? {
        Read::Other(Value::String(text)) => Some(text),
        // Kept as it is; `holds` reports it.
        other => {
            fields.push((field.to_owned(), other));
            None
        }
    }
}

fn is_set(secret: Option<&SecretString>) -> bool {
    secret.is_some_and(|secret| !secret.expose_secret().is_empty())
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;

    use super::*;
    use serde_json::json;

    fn entry(value: Value) -> Entry {
        Entry::read(serde_json::from_value(value).unwrap())
    }

    fn auth(pair: &str) -> String {
        base64::engine::general_purpose::STANDARD.encode(pair)
    }

    #[test]
    fn an_entry_holds_what_docker_and_the_kubelet_would_find_in_it() {
        for (value, holds) in [
            (json!({ "auth": auth("robot:pass:word") }), Ok(Holds::Password)),
            (
                json!({ "auth": auth("ro:p").trim_end_matches('=') }),
                Ok(Holds::Password),
            ),
            (json!({ "auth": "cm9ib3Q6\ncGFzcw==" }), Ok(Holds::Password)),
            (json!({ "username": "robot", "password": "pass" }), Ok(Holds::Password)),
            (
                json!({ "auth": auth("robot:pass"), "username": "x" }),
                Ok(Holds::Password),
            ),
            (json!({ "identitytoken": "t" }), Ok(Holds::Token)),
            (json!({ "registrytoken": "t", "auth": "" }), Ok(Holds::Token)),
            (json!({ "auth": auth("0000:"), "identitytoken": "t" }), Ok(Holds::Token)),
            (json!({}), Err(EntryFault::Nothing)),
            (json!({ "auth": null, "email": "x" }), Err(EntryFault::Nothing)),
            (json!({ "auth": "no base64!" }), Err(EntryFault::Auth)),
            (json!({ "auth": auth("robot") }), Err(EntryFault::Auth)),
            (json!({ "auth": "cm9ib3Q6 cGFzcw==" }), Err(EntryFault::Folded)),
            (json!({ "Auth": auth("robot:pass") }), Ok(Holds::Password)),
            (
                json!({ "auth": auth("robot:pass\n") }),
                Err(EntryFault::Control("password")),
            ),
            (
                json!({ "auth": auth("ro\tbot:pass") }),
                Err(EntryFault::Control("user")),
            ),
            (json!("robot:pass"), Err(EntryFault::NotAnObject)),
            (json!(null), Err(EntryFault::Nothing)),
            (json!({ "auth": auth(":pass") }), Err(EntryFault::EmptyUser)),
            (json!({ "auth": auth(":") }), Err(EntryFault::EmptyUser)),
            (json!({ "auth": auth("robot:") }), Err(EntryFault::EmptyPassword)),
            (json!({ "username": "robot" }), Err(EntryFault::EmptyPassword)),
            (json!({ "auth": 7 }), Err(EntryFault::NotText("auth"))),
            (
                json!({ "auth": auth("r:p"), "password": ["p"] }),
                Err(EntryFault::NotText("password")),
            ),
        ] {
            let text = value.to_string();
            assert_eq!(entry(value).holds(), holds, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn what_is_set_is_read_back(user in r"[^:\p{Cc}]{1,20}", password in r"[^\p{Cc}]{1,40}") {
            let mut entry = Entry::default();
            entry.set_password(&user, &password.as_str().into());
            assert_eq!((entry.holds(), entry.user()), (Ok(Holds::Password), Some(user)));
            assert_eq!(entry.password().unwrap().expose_secret(), password);
        }
    }

    #[test]
    fn a_new_password_stands_in_every_place_that_had_the_old_one_and_the_rest_stays() {
        let mut entry = entry(json!({
            "auth": auth("old:old"), "username": "old", "password": "old", "identitytoken": "old", "email": "a@b.example"
        }));
        assert!(entry.set_password("robot", &"pass".into()));
        let written = serde_json::to_value(&entry).unwrap();
        let expected = json!({
            "auth": auth("robot:pass"), "username": "robot", "password": "pass", "email": "a@b.example"
        });
        assert_eq!(written, expected);
        assert!(!entry.set_password("robot", &"pass".into()), "nothing changed");
    }

    #[test]
    fn an_identity_token_replaces_the_password() {
        let mut entry = entry(json!({ "auth": auth("robot:pass") }));
        assert!(entry.set_identity_token(&"token".into()));
        assert_eq!(
            serde_json::to_value(&entry).unwrap(),
            json!({ "identitytoken": "token" })
        );
    }
}
