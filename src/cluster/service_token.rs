//! Tokens of a ServiceAccount: requested, or read from a Secret, and tried before they are used.

use std::time::{Duration, SystemTime};

use base64::Engine as _;
use http::StatusCode;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{json, Value};

use super::api::Api;
use super::connection::connect;
use super::error::ClusterError;
use super::reply::refused;
use super::review::who_am_i;
use super::target::Target;
use crate::deadline::Deadline;
use crate::foreign::Foreign;
use crate::naming::ServiceAccountName;
use crate::oidc::token;
use crate::time::{for_a_person, parse_rfc3339};

/// The type of a Secret whose token Kubernetes fills in.
const TOKEN_SECRET: &str = "kubernetes.io/service-account-token";
/// The annotation that says whose token it is.
const ACCOUNT_ANNOTATION: &str = "kubernetes.io/service-account.name";

/// Far larger than any token, in bytes.
pub(super) const LARGEST_TOKEN: usize = 64 * 1024;

/// A ServiceAccount's token.
#[derive(Debug, Clone)]
pub struct ServiceToken {
    /// The token.
    pub token: SecretString,
    /// When it expires; `None` if it does not say, like legacy tokens, which never expire.
    pub end: Option<SystemTime>,
}

/// Requests a new token that is valid for `life`, or for less if the server has a limit.
pub async fn request_token(
    api: &Api,
    account: &ServiceAccountName,
    life: Duration,
) -> Result<ServiceToken, ClusterError> {
    let ServiceAccountName { namespace, name } = account;
    let path = format!("/api/v1/namespaces/{namespace}/serviceaccounts/{name}/token");
    let body = json!({
        "apiVersion": "authentication.k8s.io/v1",
        "kind": "TokenRequest",
        "spec": { "expirationSeconds": life.as_secs() },
    });
    let mut reply = api.submit(&path, &body).await?;
    let what = || format!("create a token for the ServiceAccount {account}");
    match reply.status {
        status if status.is_success() => {}
        StatusCode::NOT_FOUND => {
            let what = format!(
                "{} (create the account: ood-k8s cluster-roles --apply --admin-kubeconfig FILE)",
                what()
            );
            return Err(refused(&what, &reply));
        }
        _ => return Err(refused(&what(), &reply)),
    }
    let status = reply.body["status"].take();
    // The server's limit (--service-account-max-token-expiration) shows only here, not in the request.
    let end = status["expirationTimestamp"].as_str().and_then(parse_rfc3339);
    // A huge token would make the kubeconfig too large to be read, which would break the logins to all clusters.
    let token = take_text(status, "token").filter(is_of_a_tokens_size);
    match (token, end) {
        (Some(token), Some(end)) => not_ended(api, ServiceToken { token, end: Some(end) }, end),
        _ => Err(refused(&what(), &reply)),
    }
}

fn not_ended(api: &Api, token: ServiceToken, end: SystemTime) -> Result<ServiceToken, ClusterError> {
    match SystemTime::now().duration_since(end) {
        Err(_) => Ok(token),
        Ok(over) => Err(ClusterError::MintedEnded {
            server: api.server().to_owned(),
            ago: for_a_person(over),
        }),
    }
}

/// Reads the token of a Secret of type `kubernetes.io/service-account-token`, in the account's namespace.
pub async fn read_token_secret(
    api: &Api,
    account: &ServiceAccountName,
    secret: &str,
) -> Result<ServiceToken, ClusterError> {
    let path = format!("/api/v1/namespaces/{}/secrets/{secret}", account.namespace);
    let mut reply = api.read(&path).await?;
    let fault = |reason: String| ClusterError::TokenSecret {
        secret: format!("{}/{secret}", account.namespace),
        account: account.to_string(),
        reason,
    };
    match reply.status {
        status if status.is_success() => {}
        StatusCode::NOT_FOUND => return Err(fault("there is no such Secret; correct --from-secret".into())),
        _ => return Err(refused(&format!("read the Secret {secret}"), &reply)),
    }
    if reply.body["type"] != TOKEN_SECRET {
        let found = Foreign::from(reply.body["type"].as_str().unwrap_or("unknown"));
        return Err(fault(format!("its type is {found}; it must be {TOKEN_SECRET}")));
    }
    let owner = &reply.body["metadata"]["annotations"][ACCOUNT_ANNOTATION];
    if *owner != account.name.as_str() {
        let owner = owner.as_str().unwrap_or("no account").to_owned();
        return Err(fault(format!(
            "it belongs to {owner}; specify the account's own Secret"
        )));
    }
    let empty = || fault("Kubernetes has not filled it in yet; try again in a moment".into());
    let data = reply.body["data"].take();
    let encoded = take_text(data, "token").ok_or_else(empty)?;
    let token = decode(&encoded).ok_or_else(empty)?;
    if !is_of_a_tokens_size(&token) {
        return Err(fault("it is larger than any token; inspect it".into()));
    }
    let end = token::claims(&token).ok().and_then(|claims| claims.end());
    Ok(ServiceToken { token, end })
}

/// Asks the cluster, with the new token, whose it is: a token is used only after it has worked.
pub async fn try_token(target: Target, account: &ServiceAccountName, deadline: &Deadline) -> Result<(), ClusterError> {
    let api = connect(target, deadline).await?;
    match who_am_i(&api).await? {
        Some(found) if found != account.username() => Err(ClusterError::TokenOfAnother {
            server: api.server().to_owned(),
            found: found.into(),
            wanted: account.username(),
        }),
        _ => Ok(()),
    }
}

fn is_of_a_tokens_size(token: &SecretString) -> bool {
    token.expose_secret().len() <= LARGEST_TOKEN
}

fn take_text(mut map: Value, key: &str) -> Option<SecretString> {
    match map[key].take() {
        Value::String(text) if !text.is_empty() => Some(text.into()),
        _ => None,
    }
}

fn decode(encoded: &SecretString) -> Option<SecretString> {
    let bytes = base64::engine::general_purpose::STANDARD
        .decode(encoded.expose_secret())
        .ok()?;
    String::from_utf8(bytes)
        .ok()
        .filter(|text| !text.is_empty())
        .map(Into::into)
}
