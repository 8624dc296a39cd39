//! The paths, and the public documents.

use serde_json::{json, Value};

use super::settings::Settings;
use super::signing::ALGORITHM;

/// The path of the realm.
pub(crate) const REALM: &str = "/realms/hpc";
/// The path of the discovery document.
pub const DISCOVERY: &str = "/realms/hpc/.well-known/openid-configuration";
/// The path of the token endpoint.
pub const TOKEN_ENDPOINT: &str = "/realms/hpc/protocol/openid-connect/token";
/// The path of the revocation endpoint.
pub const REVOCATION_ENDPOINT: &str = "/realms/hpc/protocol/openid-connect/revoke";
pub(crate) const KEYS: &str = "/realms/hpc/protocol/openid-connect/certs";

/// The fields of OpenID Connect Discovery 1.0, section 3, that clients need.
pub(crate) fn discovery(settings: &Settings) -> Value {
    let base = settings.issuer.strip_suffix(REALM).unwrap_or(&settings.issuer);
    let issuer = settings.announced_issuer.as_ref().unwrap_or(&settings.issuer);
    let mut document = json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{base}{REALM}/protocol/openid-connect/auth"),
        "token_endpoint": format!("{base}{TOKEN_ENDPOINT}"),
        "jwks_uri": format!("{base}{KEYS}"),
        "grant_types_supported": [
            "authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:token-exchange",
        ],
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [ALGORITHM],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
    });
    if settings.revokes {
        document["revocation_endpoint"] = json!(format!("{base}{REVOCATION_ENDPOINT}"));
        document["revocation_endpoint_auth_methods_supported"] =
            document["token_endpoint_auth_methods_supported"].clone();
    }
    document
}
