//! A token's claims, read as kubectl reads them; the API server checks the signature.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::foreign::Foreign;
use crate::json;
use crate::time::for_a_person;

/// client-go considers a token expired this long before its expiry (`expiryDelta` of its oidc plugin).
const EXPIRY_DELTA: Duration = Duration::from_secs(10);

/// Why kubectl could not use a token. Contains no part of the token except its claims.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not three parts, or not base64url, or not JSON: opaque tokens of some providers.
    #[error(
        "is not a JWT, and kubectl would fail with it at every call; configure the identity provider to issue JWT access tokens, or have the portal pass the ID token as well (OIDCPassIDTokenAs serialized, and OIDC_ID_TOKEN in pun_pre_hook_exports)"
    )]
    NotJwt,
    /// Without `exp` kubectl rejects it.
    #[error("has no expiry (exp), and kubectl would fail with it at every call; configure the identity provider to issue tokens with exp")]
    NoExpiry,
    /// It has expired.
    #[error("expired {ago} ago; log in to OnDemand again, or configure mod_auth_openidc to refresh it (OIDCRefreshAccessTokenBeforeExpiry)")]
    Expired {
        /// How long ago, human-readable.
        ago: String,
    },
    /// It had expired when it was issued.
    #[error("was issued just now but expired {ago} ago; correct the clocks of this host and of the identity provider (chronyc tracking)")]
    EndedAtBirth {
        /// How long ago, human-readable.
        ago: String,
    },
    /// Another provider's.
    #[error("was issued by {said}, but the API server expects {expected} (--oidc-issuer-url); set IDP_ISSUER_URL and the API server's option to the issuer of OnDemand's tokens")]
    OtherIssuer {
        /// The claim `iss`.
        said: Foreign,
        /// The issuer of hook.env.
        expected: String,
    },
    /// For another audience.
    #[error("is for the audience {said}, but the API server expects {expected:?}; add an audience mapper for {expected:?} to the client {client} in the identity provider, for access and ID tokens")]
    OtherAudience {
        /// The claim `aud`.
        said: Foreign,
        /// The audience of hook.env or clusters.d.
        expected: String,
        /// The client that the token was issued to.
        client: Foreign,
    },
    /// It contains no user name.
    #[error("has no claim {claim:?}, from which the API server takes the user's name; add a mapper for it to the client {client} in the identity provider, or correct OIDC_USERNAME_CLAIM")]
    NoUser {
        /// `OIDC_USERNAME_CLAIM`.
        claim: String,
        /// The client that the token was issued to.
        client: Foreign,
    },
    /// It is another account's, or nobody's, where the login's own token names one.
    #[error("is for {said}, and the login is {expected} (claims sub and iss), so it is not written")]
    OtherSubject {
        /// What it says.
        said: String,
        /// What the login's token says.
        expected: String,
    },
    /// It is for another user.
    #[error("is for the user {said} (claim {claim:?}), but the RoleBinding is for {expected:?}; configure the identity provider to map {claim:?} to the account's name, or correct OIDC_USERNAME_CLAIM")]
    OtherUser {
        /// What the claim says.
        said: Foreign,
        /// `OIDC_USERNAME_CLAIM`.
        claim: String,
        /// The account.
        expected: String,
    },
}

/// What the API server will require of a token; what is not known is not checked.
#[derive(Debug, Clone, Copy, Default)]
pub struct Expected<'a> {
    /// `--oidc-issuer-url`.
    pub issuer: Option<&'a str>,
    /// `--oidc-client-id`.
    pub audience: Option<&'a str>,
    /// `--oidc-username-claim`, and its required value: the RoleBinding's subject without its prefix.
    pub user: Option<(&'a str, &'a str)>,
}

/// The claims that are used (RFC 7519). None of them is a secret.
#[derive(Debug, Deserialize)]
pub struct Claims {
    /// `iss`: who issued it.
    pub iss: Option<String>,
    /// `sub`: the account that it is for.
    pub sub: Option<String>,
    /// `aud`: who should accept it; a string or a list of strings.
    #[serde(default, deserialize_with = "one_or_many")]
    pub aud: Vec<String>,
    /// `azp`: the client that it was issued to.
    pub azp: Option<String>,
    exp: Option<f64>,
    iat: Option<f64>,
}

impl Claims {
    /// When the token was issued; `None` if it does not say, or not plausibly.
    pub fn start(&self) -> Option<SystemTime> {
        self.iat.and_then(time)
    }

    /// When the token expires; `None` if it does not say, or not plausibly.
    pub fn end(&self) -> Option<SystemTime> {
        self.exp.and_then(time)
    }
}

/// The latest time that can be written down and read back, in the year 9999 (jiff `Timestamp::MAX`): what comes later is as
/// good as that, and is kept as that.
const LATEST: f64 = 253_402_207_200.0;

fn time(seconds: f64) -> Option<SystemTime> {
    let is_plausible = (0.0..=1e12).contains(&seconds);
    is_plausible.then(|| UNIX_EPOCH + Duration::from_secs_f64(seconds.min(LATEST)))
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

/// When the token expires.
pub fn expiry(token: &SecretString) -> Result<SystemTime, TokenError> {
    claims(token)?.end().ok_or(TokenError::NoExpiry)
}

/// Rejects a token that kubectl could not use at `now`.
pub fn check(token: &SecretString, now: SystemTime) -> Result<(), TokenError> {
    let end = expiry(token)?;
    match (now + EXPIRY_DELTA).duration_since(end) {
        Err(_) => Ok(()),
        Ok(over) => Err(TokenError::Expired {
            ago: for_a_person(over.saturating_sub(EXPIRY_DELTA)),
        }),
    }
}

/// Like [`check`], but for a token that was issued a moment ago: if it has expired, a clock is wrong.
pub fn check_new(token: &SecretString, now: SystemTime) -> Result<(), TokenError> {
    check(token, now).map_err(|error| match error {
        TokenError::Expired { ago } => TokenError::EndedAtBirth { ago },
        other => other,
    })
}

/// Rejects a token that the API server would reject, or accept as another user's.
pub fn meets(token: &SecretString, expected: &Expected<'_>) -> Result<(), TokenError> {
    let claims = claims(token)?;
    let client = || {
        claims
            .azp
            .as_deref()
            .map_or_else(|| "that OnDemand uses".into(), Foreign::from)
    };
    if let (Some(said), Some(issuer)) = (&claims.iss, expected.issuer) {
        if said.trim_end_matches('/') != issuer.trim_end_matches('/') {
            return Err(TokenError::OtherIssuer {
                said: said.as_str().into(),
                expected: issuer.to_owned(),
            });
        }
    }
    if let Some(audience) = expected.audience {
        if !claims.aud.iter().any(|aud| aud == audience) {
            return Err(TokenError::OtherAudience {
                said: claims.aud.join(", ").into(),
                expected: audience.to_owned(),
                client: client(),
            });
        }
    }
    let Some((claim, name)) = expected.user else {
        return Ok(());
    };
    let said = text_claim(token, claim)?.ok_or_else(|| TokenError::NoUser {
        claim: claim.to_owned(),
        client: client(),
    })?;
    if said == name {
        return Ok(());
    }
    Err(TokenError::OtherUser {
        said: said.into(),
        claim: claim.to_owned(),
        expected: name.to_owned(),
    })
}

/// The token's claims.
pub fn claims(token: &SecretString) -> Result<Claims, TokenError> {
    json::object(&payload(token)?).map_err(|_| TokenError::NotJwt)
}

/// A string claim, by its name.
fn text_claim(token: &SecretString, name: &str) -> Result<Option<String>, TokenError> {
    let mut all: serde_json::Map<String, serde_json::Value> =
        serde_json::from_slice(&payload(token)?).map_err(|_| TokenError::NotJwt)?;
    Ok(all.remove(name).and_then(|value| value.as_str().map(str::to_owned)))
}

/// The name in a claim from which the API server takes it; `None` if it would refuse the token: it takes no address that the
/// provider has not verified (`oidc.go` of the API server).
pub fn name_in(token: &SecretString, claim: &str) -> Option<String> {
    let all: serde_json::Value = serde_json::from_slice(&payload(token).ok()?).ok()?;
    let is_verified = claim != "email" || all["email_verified"] != false;
    let name = all[claim].as_str().filter(|_| is_verified)?;
    let is_plain =
        !name.is_empty() && name.len() <= 256 && !name.contains(|c: char| c.is_control() || c.is_whitespace());
    is_plain.then(|| name.to_owned())
}

fn payload(token: &SecretString) -> Result<Vec<u8>, TokenError> {
    let mut parts = token.expose_secret().split('.');
    let (Some(_), Some(payload), Some(_), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return Err(TokenError::NotJwt);
    };
    // The API server checks the header and the signature, but what is not base64url must not be passed on.
    let is_base64url = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if !token.expose_secret().chars().all(is_base64url) {
        return Err(TokenError::NotJwt);
    }
    base64::engine::general_purpose::URL_SAFE_NO_PAD
        .decode(payload)
        .map_err(|_| TokenError::NotJwt)
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
    fn an_end_beyond_what_can_be_written_down_is_the_latest_that_can_and_one_that_is_no_time_is_none() {
        for exp in ["253402207200", "253402207201", "253402300800", "999999999999"] {
            let end = expiry(&jwt(&format!("{{\"exp\":{exp}}}"))).unwrap();
            let text = crate::time::rfc3339(end);
            assert_eq!(crate::time::parse_rfc3339(&text), Some(end), "{exp}: {text}");
        }
        for exp in ["1e13", "-1"] {
            assert_eq!(
                expiry(&jwt(&format!("{{\"exp\":{exp}}}"))),
                Err(TokenError::NoExpiry),
                "{exp}"
            );
        }
    }

    #[test]
    fn what_the_api_server_would_refuse_is_named_with_what_it_asks_for() {
        let token =
            jwt(r#"{"iss":"https://idp","aud":["a","b"],"azp":"portal","preferred_username":"ann","exp":1000}"#);
        let expected = Expected {
            issuer: Some("https://idp/"),
            audience: Some("b"),
            user: Some(("preferred_username", "ann")),
        };
        assert_eq!(meets(&token, &expected), Ok(()));
        assert_eq!(meets(&jwt("{}"), &Expected::default()), Ok(()));
        let refused = |expected: &Expected<'_>| meets(&token, expected).unwrap_err().to_string();
        let issuer = refused(&Expected {
            issuer: Some("https://other"),
            ..expected
        });
        assert!(
            issuer.contains("https://idp") && issuer.contains("https://other"),
            "{issuer}"
        );
        let audience = refused(&Expected {
            audience: Some("c"),
            ..expected
        });
        assert!(
            audience.contains(r#""a, b""#) && audience.contains(r#"mapper for "c" to the client "portal""#),
            "{audience}"
        );
        let user = refused(&Expected {
            user: Some(("preferred_username", "bob")),
            ..expected
        });
        assert!(user.contains("\"ann\"") && user.contains("\"bob\""), "{user}");
        let nobody = refused(&Expected {
            user: Some(("email", "ann")),
            ..expected
        });
        assert!(nobody.contains("no claim \"email\""), "{nobody}");
    }

    #[test]
    fn a_new_token_that_has_ended_is_a_matter_of_clocks() {
        let error = check_new(&jwt(r#"{"exp":1000}"#), at(1300)).unwrap_err();
        assert_eq!(error, TokenError::EndedAtBirth { ago: "5m0s".into() });
        assert_eq!(check_new(&jwt(r#"{"exp":1000}"#), at(900)), Ok(()));
    }

    #[test]
    fn what_kubectl_chokes_on_is_told_apart() {
        for opaque in ["opaque", "a.b", "a.b.c", "a.b.c.d", "..", ""] {
            assert_eq!(expiry(&opaque.to_owned().into()), Err(TokenError::NotJwt), "{opaque:?}");
        }
        // serde would take the elements for the claims, in their order.
        for list in [r#"["https://idp","1",["a"],"p",1e12,2]"#, "[]", " [1]", "null", "7"] {
            assert_eq!(claims(&jwt(list)).err(), Some(TokenError::NotJwt), "{list}");
        }
        assert_eq!(expiry(&jwt("{}")), Err(TokenError::NoExpiry));
        assert_eq!(expiry(&jwt(r#"{"exp":-1}"#)), Err(TokenError::NoExpiry));
    }
}
