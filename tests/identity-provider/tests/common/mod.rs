//! Shared by both test programs: requests to Keycloak, and skipping tests if it was not built.

use std::collections::BTreeSet;

use ood_k8s_identity_provider::Distribution;
use serde_json::Value;

pub type Outcome = Result<(), Box<dyn std::error::Error>>;

pub const KUBERNETES: (&str, &str) = ("audience", "kubernetes");

/// Whether something was not built: then prints that, and fails with `OOD_K8S_TEST_STRICT=1`.
pub fn lacks(missing: Option<String>) -> bool {
    let Some(missing) = missing else {
        return false;
    };
    let strict = std::env::var_os("OOD_K8S_TEST_STRICT").is_some_and(|strict| strict == "1");
    assert!(!strict, "skipped, and OOD_K8S_TEST_STRICT is set: {missing}");
    eprintln!("SKIPPED: {missing}");
    true
}

/// Whether Keycloak was not prepared.
pub fn skipped() -> bool {
    lacks(Distribution::find().err().map(|error| error.to_string()))
}

/// Keycloak returns them in no defined order.
pub fn audiences(claims: &Value) -> BTreeSet<&str> {
    let aud = &claims["aud"];
    let many = aud.as_array().map_or(std::slice::from_ref(aud), Vec::as_slice);
    many.iter().filter_map(Value::as_str).collect()
}
