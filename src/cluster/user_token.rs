//! A connection with a user's token: to ask whom the API server takes it for.

use kube::config::AuthInfo;
use secrecy::SecretString;

use super::api::Api;
use super::connection::connect;
use super::error::ClusterError;
use super::given_token::describe;
use super::identity::Identity;
use super::target::Target;
use crate::deadline::Deadline;

/// A connection with a user's token instead of root's credentials, to ask who the server takes the user for.
pub async fn connect_with(token: &SecretString, mut target: Target, deadline: &Deadline) -> Result<Api, ClusterError> {
    target.config.auth_info = AuthInfo {
        token: Some(token.clone()),
        ..AuthInfo::default()
    };
    target.origin.given = None;
    target.identity = Identity::User {
        claims: describe(token),
    };
    connect(target, deadline).await
}
