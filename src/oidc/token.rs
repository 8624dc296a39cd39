//! What a token says of itself, read as kubectl reads it; the signature is the API server's affair.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::time::for_a_person;

/// client-go takes a token as ended this long before its time (`expiryDelta` of its oidc plugin).
const EXPIRY_DELTA: Duration = Duration::from_secs(10);

/// Why kubectl could not use a token. Nothing of the token is in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not three parts, or not base64url, or not JSON: opaque tokens of some providers.
    #[error(
        "is not a JWT, and kubectl would fail with it at every call; let the identity provider issue JWT access tokens"
    )]
    NotJwt,
    /// Without `exp` kubectl refuses it.
    #[error("has no expiry (exp), and kubectl would fail with it at every call; let the identity provider issue tokens with exp")]
    NoExpiry,
    /// Its time is over.
    #[error("ended {ago} ago; log in to OnDemand again, or let mod_auth_openidc refresh it (OIDCRefreshAccessTokenBeforeExpiry)")]
    Expired {
        /// How long ago, for a person.
        ago: String,
    },
}

/// The claims that we look at (RFC 7519). None of them is a secret.
#[derive(Debug, Deserialize)]
pub struct Claims {
    /// `iss`: who made it.
    pub iss: Option<String>,
    /// `sub`: whom it is for.
    pub sub: Option<String>,
    /// `aud`: who shall accept it; a text or a list of texts.
    #[serde(default, deserialize_with = "one_or_many")]
    pub aud: Vec<String>,
    exp: Option<f64>,
}

impl Claims {
    /// When the token ends; `None` where it says nothing that makes sense.
    pub fn end(&self) -> Option<SystemTime> {
        let exp = self.exp.filter(|exp| (0.0..=1e12).contains(exp))?;
        Some(UNIX_EPOCH + Duration::from_secs_f64(exp))
    }
}

fn one_or_many<'de, D: serde::Deserializer<'de>>(claim: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Audience {
        One(String),
        Many(Vec<String>),
        Other(serde::de::IgnoredAny),
    }
    Ok(match Audience::deserialize(claim)? {
        Audience::One(one) => vec![one],
        Audience::Many(many) => many,
        Audience::Other(_) => Vec::new(),
    })
}

/// When the token ends.
pub fn expiry(token: &SecretString) -> Result<SystemTime, TokenError> {
    claims(token)?.end().ok_or(TokenError::NoExpiry)
}

/// Refuses a token that kubectl could not use at `now`.
pub fn check(token: &SecretString, now: SystemTime) -> Result<(), TokenError> {
    let end = expiry(token)?;
    match (now + EXPIRY_DELTA).duration_since(end) {
        Err(_) => Ok(()),
        Ok(over) => Err(TokenError::Expired {
            ago: for_a_person(over.saturating_sub(EXPIRY_DELTA)),
        }),
    }
}

/// What the token says of itself.
pub fn claims(token: &SecretString) -> Result<Claims, TokenError> {
    let mut parts = token.expose_secret().split('.');
    let (Some(_), Some(payload), Some(_), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return Err(TokenError::NotJwt);
    };
    let json = base64::engine::general_purpose::URL_SAFE_NO_PAD
        .decode(payload)
        .map_err(|_| TokenError::NotJwt)?;
    serde_json::from_slice(&json).map_err(|_| TokenError::NotJwt)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jwt(claims: &str) -> SecretString {
        let encode = |text: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text);
        format!("{}.{}.sig", encode("{}"), encode(claims)).into()
    }

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn a_token_ends_ten_seconds_early_as_for_kubectl() {
        let token = jwt(r#"{"exp":1000}"#);
        assert_eq!(check(&token, at(989)), Ok(()));
        assert_eq!(check(&token, at(990)), Err(TokenError::Expired { ago: "0s".into() }));
        assert_eq!(
            check(&token, at(1090)),
            Err(TokenError::Expired { ago: "1m30s".into() })
        );
    }

    #[test]
    fn what_kubectl_chokes_on_is_told_apart() {
        for opaque in ["opaque", "a.b", "a.b.c", "a.b.c.d", "..", ""] {
            assert_eq!(expiry(&opaque.to_owned().into()), Err(TokenError::NotJwt), "{opaque:?}");
        }
        assert_eq!(expiry(&jwt("{}")), Err(TokenError::NoExpiry));
        assert_eq!(expiry(&jwt(r#"{"exp":-1}"#)), Err(TokenError::NoExpiry));
    }
}
