//! The modes of users' credentials, against the sandbox's identity provider; and faults of that provider.

mod credential;
mod faults;
mod google;
mod modes;
pub(crate) mod real;
mod secrets;

use serde_json::Value;

/// The claims of a JWT.
fn claims(token: &Value) -> Value {
    use base64::Engine as _;
    let payload = token.as_str().and_then(|token| token.split('.').nth(1)).expect("a JWT");
    let json = base64::engine::general_purpose::URL_SAFE_NO_PAD
        .decode(payload)
        .unwrap();
    serde_json::from_slice(&json).unwrap()
}
