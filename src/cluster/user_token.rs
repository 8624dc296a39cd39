//! A user's token, as it becomes known during a login, and as credentials.

use std::sync::{Arc, Mutex, PoisonError};

use kube::config::AuthInfo;
use secrecy::SecretString;

use super::identity::{describe, Identity};

/// The token that the user's kubectl will send, as soon as a login knows it beside its work; clones share it.
#[derive(Clone, Default)]
pub struct UserToken(Arc<Mutex<Option<SecretString>>>);

impl UserToken {
    /// Says what it is, or that there is none.
    pub fn is(&self, token: Option<SecretString>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = token;
    }

    /// The token, if it is known by now.
    pub(super) fn known(&self) -> Option<SecretString> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Nothing but this token.
pub(super) fn only(token: &SecretString) -> AuthInfo {
    AuthInfo {
        token: Some(token.clone()),
        ..AuthInfo::default()
    }
}

/// What to say if the server does not accept it.
pub(super) fn identity(token: &SecretString) -> Identity {
    Identity::User {
        claims: describe(token),
    }
}
