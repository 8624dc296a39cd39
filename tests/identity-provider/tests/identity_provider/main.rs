//! Keycloak behaves as the README of this crate says: each answer in its tables is tested here.

mod api_server;
#[path = "../common/mod.rs"]
mod common;
mod exchange;
mod login;
mod openidconnect;
mod process;
mod realm;

use std::time::{Duration, Instant};

use ood_k8s_identity_provider::{claims, Answer, Client};
use serde_json::Value;

fn refusal(answer: &Answer) -> (u16, &str, &str) {
    let text = |key| answer.text(key).unwrap_or_default();
    (answer.status, text("error"), text("error_description"))
}

/// The claims of a token in an answer, which must be successful.
fn claims_in(answer: &Answer, key: &str) -> Value {
    assert_eq!(answer.status, 200, "{}", answer.body);
    claims(answer.text(key).unwrap_or_default())
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
        assert!(Instant::now() < deadline, "timed out waiting until {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}
