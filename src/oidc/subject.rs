//! Whose a token is: `iss` and `sub` together, the only claims that name an account for good (OpenID Connect Core 1.0,
//! section 5.7).

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::token::{self, TokenError};
use crate::foreign::Foreign;

/// Whose a token is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// Who issued it, if it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iss: Option<String>,
    /// The account, by the issuer's own id.
    pub sub: String,
}

impl Subject {
    /// What a token says; `None` if it is opaque or has no `sub`.
    pub fn of(token: &SecretString) -> Option<Self> {
        let claims = token::claims(token).ok()?;
        Some(Self {
            iss: claims.iss,
            sub: claims.sub?,
        })
    }

    /// Refuses a token that is not this account's. A refresh changes neither claim (OpenID Connect Core 1.0, section
    /// 12.2), so one that has lost them is refused as well.
    pub fn check(&self, token: &SecretString) -> Result<(), TokenError> {
        let said = Self::of(token);
        match &said {
            Some(said) if said.sub == self.sub && self.is_of(said.iss.as_deref()) => Ok(()),
            _ => Err(TokenError::OtherSubject {
                said: said.map_or_else(|| "nobody".into(), |said| said.words()),
                expected: self.words(),
            }),
        }
    }

    /// Whether this issuer gave it; a slash at the end makes no difference, as in [`token::meets`].
    pub fn is_of(&self, issuer: Option<&str>) -> bool {
        let bare = |issuer: Option<&str>| issuer.map(|issuer| issuer.trim_end_matches('/').to_owned());
        bare(self.iss.as_deref()) == bare(issuer)
    }

    fn words(&self) -> String {
        let sub = Foreign::from(self.sub.as_str());
        match &self.iss {
            Some(iss) => format!("{sub} of {}", Foreign::from(iss.as_str())),
            None => sub.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;

    use super::*;

    fn jwt(claims: &str) -> SecretString {
        let encode = |text: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text);
        format!("{}.{}.sig", encode("{}"), encode(claims)).into()
    }

    #[test]
    fn a_token_is_somebody_elses_unless_both_claims_are_the_same() {
        let ann = Subject::of(&jwt(r#"{"iss":"https://idp","sub":"1"}"#)).unwrap();
        assert_eq!(ann.check(&jwt(r#"{"iss":"https://idp/","sub":"1","x":2}"#)), Ok(()));
        for other in [
            jwt(r#"{"iss":"https://idp","sub":"2"}"#),
            jwt(r#"{"iss":"https://other","sub":"1"}"#),
            jwt(r#"{"sub":"1"}"#),
            jwt(r#"{"iss":"https://idp"}"#),
            "opaque".to_owned().into(),
        ] {
            assert!(matches!(ann.check(&other), Err(TokenError::OtherSubject { .. })));
        }
    }

    #[test]
    fn a_token_without_sub_is_nobodys() {
        assert_eq!(Subject::of(&jwt(r#"{"iss":"https://idp"}"#)), None);
        assert_eq!(Subject::of(&"opaque".to_owned().into()), None);
    }
}
