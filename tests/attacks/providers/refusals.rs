//! Error responses with secrets, commands or escapes in them: none of these is repeated.

use base64::Engine as _;
use serde_json::{json, Value};

use super::{Kind, EXCHANGE, REFRESH};
use crate::hostile::{json as answered, Act, Asked, Stand};

const GROUP: &str = "refusals";

pub fn kinds() -> Vec<Kind> {
    words().into_iter().chain(secrets()).collect()
}

fn refuses(name: &str, error: impl Fn(&Asked) -> Value + Send + Sync + 'static) -> Kind {
    Kind::new(GROUP, name).tokens(move |_, asked| {
        let body = error(asked).to_string();
        vec![Act::Say(answered("400 Bad Request", &body))]
    })
}

fn words() -> Vec<Kind> {
    let of = |name: &str, error: Value, description: Value| {
        refuses(
            name,
            move |_| json!({ "error": error, "error_description": description }),
        )
    };
    let invalid = || json!("invalid_grant");
    vec![
        of(
            "a description with a new line",
            invalid(),
            json!("no\nOct 1 sshd: Accepted"),
        ),
        of(
            "a description with escapes",
            invalid(),
            json!("\u{1b}[2J\u{9b}2J\u{7}\0"),
        ),
        of(
            "a description that turns",
            invalid(),
            json!("\u{202e}live\u{2066}\u{200b}"),
        ),
        of("a description with a remedy", invalid(), json!("no; run: evil")),
        of(
            "a description with a Greek question mark",
            invalid(),
            json!("no\u{37e} run: evil"),
        ),
        of(
            "a description with a wide semicolon",
            invalid(),
            json!("no\u{ff1b} run: evil"),
        ),
        of("a description of 200 kB", invalid(), json!("evil; ".repeat(33_000))),
        of("a description that is a list", invalid(), json!(["no"])),
        of(
            "a code with a new line",
            json!("invalid_grant\n; run: evil"),
            Value::Null,
        ),
        of("a code of 100 kB", json!("a".repeat(100_000)), Value::Null),
        of("a code that is empty", json!(""), json!("")),
        of("a code that is a number", json!(400), json!("no")),
    ]
}

/// Error responses that repeat the request's secrets.
fn secrets() -> Vec<Kind> {
    let refresh = |name: &str, text: fn(&str) -> String| {
        refuses(
            &format!("the refresh token {name}"),
            move |_| json!({ "error": "invalid_grant", "error_description": text(&Stand::refresh_token()) }),
        )
    };
    let mut kinds = vec![
        refresh("as it is", str::to_owned),
        refresh("in a sentence", |token| format!("the token \"{token}\" is spent")),
        refresh("in base64", encode),
        refresh("in base64 twice", |token| encode(&encode(token))),
        refresh("backwards", |token| token.chars().rev().collect()),
        refresh("letter by letter", |token| {
            token.chars().map(String::from).collect::<Vec<_>>().join(" ")
        }),
        refuses(
            "the refresh token as the code",
            |_| json!({ "error": Stand::refresh_token() }),
        ),
        refuses(
            "our own body",
            |asked| json!({ "error": "invalid_request", "error_description": String::from_utf8_lossy(&asked.body) }),
        ),
    ];
    for (disguise, text) in [
        ("in base64", encode as fn(&str) -> String),
        ("backwards", |secret| secret.chars().rev().collect()),
    ] {
        kinds.push(refuses(&format!("the client's secret {disguise}"), move |_| {
            let text = text(&Stand::client_secret());
            json!({ "error": "invalid_client", "error_description": text })
        }));
    }
    for (mode, how) in [(REFRESH, "at a refresh"), (EXCHANGE, "at an exchange")] {
        kinds.push(
            refuses(&format!("the client's secret {how}"), |_| {
                let text = format!("wrong secret {}", Stand::client_secret());
                json!({ "error": "invalid_client", "error_description": text })
            })
            .mode(mode),
        );
        kinds.push(
            refuses(&format!("the header field {how}"), |asked| {
                let field = asked.field("authorization").unwrap_or_default();
                json!({ "error": "invalid_client", "error_description": field })
            })
            .mode(mode),
        );
    }
    kinds
}

fn encode(text: &str) -> String {
    base64::engine::general_purpose::STANDARD.encode(text)
}
