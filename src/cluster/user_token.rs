//! A user's token: as it becomes known during a login, and a connection with it, to ask whom the API server takes it for.

use std::sync::Arc;
use std::time::Duration;

use kube::config::AuthInfo;
use secrecy::SecretString;
use tokio::sync::watch;

use super::api::Api;
use super::connection::connect;
use super::error::ClusterError;
use super::given_token::describe;
use super::identity::Identity;
use super::review::who_am_i;
use super::target::Target;
use crate::deadline::Deadline;

/// How long a login waits for the answer to a question that changes nothing.
const PATIENCE: Duration = Duration::from_secs(1);
/// The part of the deadline that is left when a token comes too late to be asked about.
const SHARE_OF_THE_REST: f64 = 0.2;

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
    pub fn is(&self, token: Option<SecretString>) {
        self.0.send_replace(token.map_or(State::None, State::Known));
    }

    async fn known(&self) -> Option<SecretString> {
        let mut states = self.0.subscribe();
        let is_settled = |state: &State| !matches!(state, State::Unknown);
        let known = states.wait_for(is_settled).await.ok()?;
        match &*known {
            State::Known(token) => Some(token.clone()),
            State::Unknown | State::None => None,
        }
    }
}

/// The name that the server has for the user, asked on root's own connection: no handshake more. `None` if there is no
/// token in time, or the server does not say; whether it takes the token at all is for `check`.
pub(super) async fn known_as(api: &Api, token: &UserToken) -> Option<String> {
    let deadline = api.deadline();
    let end = deadline.instant() - deadline.total().mul_f64(SHARE_OF_THE_REST);
    let token = tokio::time::timeout_at(end, token.known()).await.ok()??;
    let as_user = api.as_user(&token)?;
    let answer = tokio::time::timeout(PATIENCE, who_am_i(&as_user)).await.ok()?;
    answer.unwrap_or_else(|error| {
        crate::log::debug(|| format!("the name that {} has for the user is unknown: {error}", api.server()));
        None
    })
}

/// A connection with a user's token instead of root's credentials, to ask who the server takes the user for.
pub async fn connect_with(token: &SecretString, mut target: Target, deadline: &Deadline) -> Result<Api, ClusterError> {
    target.config.auth_info = only(token);
    target.origin.given = None;
    target.identity = identity(token);
    connect(target, deadline).await
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
