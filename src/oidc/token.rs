//! What a token says of itself, read as kubectl reads it; the signature is the API server's affair.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

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

/// The claims that we look at.
#[derive(Debug, Deserialize)]
struct Claims {
    exp: Option<f64>,
}

/// When the token ends.
pub fn expiry(token: &SecretString) -> Result<SystemTime, TokenError> {
    let exp = claims(token)?.exp.ok_or(TokenError::NoExpiry)?;
    if !exp.is_finite() || !(0.0..=1e12).contains(&exp) {
        return Err(TokenError::NoExpiry);
    }
    Ok(UNIX_EPOCH + Duration::from_secs_f64(exp))
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

fn claims(token: &SecretString) -> Result<Claims, TokenError> {
    let mut parts = token.expose_secret().split('.');
    let (Some(_), Some(payload), Some(_), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return Err(TokenError::NotJwt);
    };
    let json = base64::engine::general_purpose::URL_SAFE_NO_PAD
        .decode(payload)
        .map_err(|_| TokenError::NotJwt)?;
    serde_json::from_slice(&json).map_err(|_| TokenError::NotJwt)
}

/// A duration as people say it: the two largest units.
pub fn for_a_person(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match (seconds / 86400, seconds / 3600 % 24, seconds / 60 % 60, seconds % 60) {
        (0, 0, 0, s) => format!("{s}s"),
        (0, 0, m, s) => format!("{m}m{s}s"),
        (0, h, m, _) => format!("{h}h{m}m"),
        (d, h, _, _) => format!("{d}d{h}h"),
    }
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
