//! Asks whom the API server takes a user's token for: on root's connection during a login, on one of its own in `check`.

use std::time::Duration;

use secrecy::SecretString;

use super::api::Api;
use super::connection::connect;
use super::error::ClusterError;
use super::login::Credentials;
use super::review::who_am_i;
use super::target::Target;
use super::user_token::{identity, UserToken};
use crate::deadline::Deadline;

/// How long a login waits for the answer to a question that changes nothing.
const PATIENCE: Duration = Duration::from_secs(1);
/// The part of the time left that remains when a token comes too late to be asked about.
const SHARE_OF_THE_REST: f64 = 0.2;

/// The name that the server has for the user, asked on root's own connection: no handshake more. `None` if there is no
/// token in time, or the server does not say; whether it takes the token at all is for `check`.
pub async fn known_as(api: &Api, token: &UserToken) -> Option<String> {
    let end = api.deadline().until_left(SHARE_OF_THE_REST);
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
    target.credentials = Credentials::only(token);
    target.way.certificate = None;
    target.identity = identity(token);
    connect(target, deadline).await
}
