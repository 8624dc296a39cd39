//! Keycloak does what the README of this crate says: each answer in its tables is asked for here.

mod api_server;
mod exchange;
mod login;
mod process;
mod realm;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use ood_k8s_identity_provider::{claims, Answer, Client, Distribution};
use serde_json::Value;

type Outcome = Result<(), Box<dyn std::error::Error>>;

const KUBERNETES: (&str, &str) = ("audience", "kubernetes");

/// Whether something was not built: then says so loudly, and fails with `OOD_K8S_TEST_STRICT=1`.
fn lacks(missing: Option<String>) -> bool {
    let Some(missing) = missing else {
        return false;
    };
    let strict = std::env::var_os("OOD_K8S_TEST_STRICT").is_some_and(|strict| strict == "1");
    assert!(!strict, "skipped, and OOD_K8S_TEST_STRICT is set: {missing}");
    eprintln!("SKIPPED: {missing}");
    true
}

fn skipped() -> bool {
    lacks(Distribution::find().err().map(|error| error.to_string()))
}

fn refusal(answer: &Answer) -> (u16, &str, &str) {
    let text = |key| answer.text(key).unwrap_or_default();
    (answer.status, text("error"), text("error_description"))
}

/// The claims of a token in an answer that must be good.
fn claims_in(answer: &Answer, key: &str) -> Value {
    assert_eq!(answer.status, 200, "{}", answer.body);
    claims(answer.text(key).unwrap_or_default())
}

/// Keycloak keeps them in no order.
fn audiences(claims: &Value) -> BTreeSet<&str> {
    let aud = &claims["aud"];
    let many = aud.as_array().map_or(std::slice::from_ref(aud), Vec::as_slice);
    many.iter().filter_map(Value::as_str).collect()
}

fn with_wrong_secret(client: &Client) -> Client {
    Client {
        secret: "wrong".to_owned(),
        ..client.clone()
    }
}

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !holds() {
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}
