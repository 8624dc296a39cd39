//! When a password ends by its own words, and passwords that are a person's session.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use base64::Engine as _;
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use crate::json;

/// A field of an entry: docker and the kubelet ignore unknown fields. The Secrets' annotation has the same name.
pub const CREDENTIAL_END: &str = "openondemand.org/credential-end";
/// What `OpenShift`'s OAuth server puts before the tokens of people's sessions
/// (openshift/api `oauth/v1/types.go`, `OAuthAccessToken`).
const OPENSHIFT_SESSION: &str = "sha256~";
/// Later ends are not plausible, in seconds since 1970.
const LATEST: f64 = 1e12;

#[derive(Deserialize)]
struct Payload {
    /// RFC 7519.
    exp: Option<f64>,
    /// Amazon's registry: the password is base64 of JSON with this in it.
    expiration: Option<f64>,
}

/// When a password says that it ends: a JWT, or one of Amazon's. The server checks it; this is no more than a date.
pub fn stated_end(password: &SecretString) -> Option<SystemTime> {
    let text = password.expose_secret();
    let parts: Vec<_> = text.split('.').collect();
    let bytes = match parts.as_slice() {
        [_, payload, _] => URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')),
        _ => STANDARD.decode(text),
    };
    let payload: Payload = json::object(&Zeroizing::new(bytes.ok()?)).ok()?;
    let end = payload.exp.or(payload.expiration);
    let end = end.filter(|end| (0.0..=LATEST).contains(end))?;
    Some(UNIX_EPOCH + Duration::from_secs_f64(end))
}

/// Whether a password is a session with all of a person's rights, and not the registry's alone.
pub(super) fn is_session(password: &SecretString) -> bool {
    password.expose_secret().starts_with(OPENSHIFT_SESSION)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_that_states_its_end_is_believed_and_others_have_none() {
        let jwt = |claims: &str| format!("e30.{}.x", URL_SAFE_NO_PAD.encode(claims));
        let end = Some(UNIX_EPOCH + Duration::from_secs(100));
        for (password, expected) in [
            (jwt(r#"{"exp":100}"#), end),
            (jwt(r#"{"exp":100.0,"sub":"x"}"#), end),
            (
                STANDARD.encode(r#"{"payload":"x","version":"2","expiration":100}"#),
                end,
            ),
            (jwt(r#"{"sub":"x"}"#), None),
            (jwt(r#"{"exp":"100"}"#), None),
            (jwt(r#"{"exp":1e300}"#), None),
            (jwt(r#"{"exp":-5}"#), None),
            ("pass.word.x".into(), None),
            (STANDARD.encode("pass"), None),
            (String::new(), None),
        ] {
            assert_eq!(stated_end(&password.as_str().into()), expected, "{password}");
        }
    }
}
