//! `mint-registry-secret`'s file: merged, replaced in one step, and nobody else's to read.

mod bad_input;
mod concurrency;
mod editing;
mod permissions;
mod secrecy;
mod terminal;
mod trial;

use base64::Engine as _;
use serde_json::{json, Value};

fn auth(user: &str, password: &str) -> String {
    base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"))
}

fn entry(user: &str, password: &str) -> Value {
    json!({ "auth": auth(user, password) })
}
