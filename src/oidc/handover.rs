//! The tokens that OnDemand passes in the environment, which are removed from it at once.

use secrecy::{ExposeSecret, SecretString};

/// `OOD_` and the name that `mod_auth_openidc` gives the variable.
const ACCESS_TOKEN: &str = "OOD_OIDC_ACCESS_TOKEN";
const REFRESH_TOKEN: &str = "OOD_OIDC_REFRESH_TOKEN";
const ID_TOKEN: &str = "OOD_OIDC_ID_TOKEN";
/// Everything with this prefix is removed: also other claims and tokens that the administrator exported.
const PREFIX: &str = "OOD_OIDC_";

/// What the environment lacks.
#[derive(Debug, thiserror::Error)]
pub enum HandoverError {
    /// No access token.
    #[error("there is no OOD_OIDC_ACCESS_TOKEN in the environment; add OIDC_ACCESS_TOKEN and OIDC_REFRESH_TOKEN to pun_pre_hook_exports in ood_portal.yml, and set OIDCPassRefreshToken On in the Apache configuration")]
    NoAccessToken,
}

/// The tokens of the login.
#[derive(Debug, Default)]
pub struct Handover {
    access_token: Option<SecretString>,
    /// `None` if `OIDCPassRefreshToken` is off; kubectl then cannot renew its tokens.
    pub refresh_token: Option<SecretString>,
    /// The ID token, which serves where access tokens are opaque.
    pub id_token: Option<SecretString>,
}

impl Handover {
    /// With this access token alone.
    pub fn of(token: &SecretString) -> Self {
        Self {
            access_token: Some(token.clone()),
            ..Self::default()
        }
    }

    /// The access token, or an error that says how to have it passed.
    pub fn access_token(&self) -> Result<&SecretString, HandoverError> {
        self.access_token.as_ref().ok_or(HandoverError::NoAccessToken)
    }
}

/// Removes the tokens from the environment, in whatever letter case the administrator wrote their names.
///
/// OnDemand copies the names of `pun_pre_hook_exports` as they were typed. Must be called before any thread is started:
/// what stays in the environment could reach a child.
pub fn take_from_environment() -> Handover {
    let mut handover = Handover::default();
    for (name, value) in std::env::vars_os() {
        let Some(name) = name.to_str() else {
            continue;
        };
        let upper = name.to_ascii_uppercase();
        if !upper.starts_with(PREFIX) {
            continue;
        }
        std::env::remove_var(name);
        let value = value.into_string().unwrap_or_default();
        match upper.as_str() {
            ACCESS_TOKEN => keep(&mut handover.access_token, value, name == ACCESS_TOKEN),
            ID_TOKEN => keep(&mut handover.id_token, value, name == ID_TOKEN),
            REFRESH_TOKEN => keep(&mut handover.refresh_token, value, name == REFRESH_TOKEN),
            _ => {}
        }
    }
    handover
}

/// An empty value counts as missing; of two spellings, the documented one wins.
fn keep(slot: &mut Option<SecretString>, value: String, documented: bool) {
    let value = SecretString::from(value);
    if !value.expose_secret().is_empty() && (documented || slot.is_none()) {
        *slot = Some(value);
    }
}
