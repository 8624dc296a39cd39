//! A user's token, as it becomes known during a login, and as credentials.

use std::sync::Arc;

use secrecy::SecretString;
use tokio::sync::watch;

use super::identity::{describe, Identity};

/// What is known of a token.
enum State {
    /// Nothing yet.
    Unknown,
    /// There is none.
    None,
    /// This is it.
    Known(SecretString),
}

/// The token that the user's kubectl will send, which a login finds out beside its work; clones wait for the same one.
#[derive(Clone)]
pub struct UserToken(Arc<watch::Sender<State>>);

impl UserToken {
    /// Nothing is known yet.
    pub fn unknown() -> Self {
        Self(Arc::new(watch::Sender::new(State::Unknown)))
    }

    /// There is none to wait for.
    pub fn none() -> Self {
        Self(Arc::new(watch::Sender::new(State::None)))
    }

    /// Says what it is, or that there is none.
    pub fn set(&self, token: Option<SecretString>) {
        self.0.send_replace(token.map_or(State::None, State::Known));
    }

    /// Whether nothing is known yet.
    pub(super) fn is_awaited(&self) -> bool {
        matches!(*self.0.borrow(), State::Unknown)
    }

    /// The token, once it is known.
    pub(super) async fn known(&self) -> Option<SecretString> {
        let mut states = self.0.subscribe();
        let is_settled = |state: &State| !matches!(state, State::Unknown);
        let known = states.wait_for(is_settled).await.ok()?;
        match &*known {
            State::Known(token) => Some(token.clone()),
            State::Unknown | State::None => None,
        }
    }
}

/// What to say if the server does not accept it.
pub(super) fn identity(token: &SecretString) -> Identity {
    Identity::User {
        claims: describe(token),
    }
}
