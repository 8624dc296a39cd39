//! Server messages that are repeated in root's log line: none of them forges, splits or hides it.

use serde_json::{json, Value};

use super::Kind;
use crate::hostile::json as answered;

const GROUP: &str = "messages";

pub fn kinds() -> Vec<Kind> {
    [texts(), other_types(), owners(), echoes()]
        .into_iter()
        .flatten()
        .collect()
}

fn refuses(name: &str, message: &Value) -> Kind {
    let status = json!({ "kind": "Status", "reason": "Forbidden", "code": 403, "message": message });
    Kind::says(GROUP, name, answered("403 Forbidden", &status.to_string()))
}

/// Texts that try to look like our own output.
fn texts() -> Vec<Kind> {
    [
        ("NUL", "a\0b"),
        (
            "a new line",
            "no\nOct  1 00:00:00 web sshd[1]: Accepted password for root",
        ),
        ("a return", "no\rood-k8s: error: nothing"),
        ("other line ends", "a\u{b}b\u{c}c\u{85}d\u{2028}e\u{2029}f"),
        (
            "escapes",
            "\u{1b}[2J\u{1b}[31m\u{1b}]0;evil\u{7}\u{1b}]8;;https://evil\u{1b}\\x",
        ),
        ("controls of the second set", "\u{9b}2J\u{9d}0;evil\u{9c}\u{90}x"),
        (
            "direction marks",
            "\u{202e}live\u{202c}\u{2066}a\u{2069}\u{200f}\u{61c}",
        ),
        ("what is not seen", "a\u{200b}\u{2060}\u{feff}\u{ad}b"),
        ("a remedy of its own", "no; run: evil"),
        ("a remedy behind a Greek question mark", "no\u{37e} run: evil"),
        ("a remedy behind a wide semicolon", "no\u{ff1b} run: evil"),
        ("fillers, tags and anchors", "a\u{3164}\u{180e}\u{fff9}\u{e0041}b"),
        ("backspaces", "evil\u{8}\u{8}\u{8}\u{8}good\u{7f}"),
        ("a format", "%s%n%x{}{0}$(evil)`evil`"),
    ]
    .map(|(name, text)| refuses(name, &json!(text)))
    .into_iter()
    .chain([
        refuses("a text of 1 MiB", &json!("evil ".repeat(200_000))),
        refuses("a text of 1 MiB of semicolons", &json!(";".repeat(1_000_000))),
        refuses("a text of 1 MiB of new lines", &json!("\n".repeat(500_000))),
    ])
    .collect()
}

fn other_types() -> Vec<Kind> {
    let statuses = [
        "401 Unauthorized",
        "404 Not Found",
        "409 Conflict",
        "410 Gone",
        "422 Unprocessable Entity",
        "418 Teapot",
    ];
    let body =
        json!({ "message": "a\0b\n\u{1b}[2J; run: evil", "details": { "causes": [{ "reason": [] }] } }).to_string();
    [
        refuses("a message that is a list", &json!(["no", "\n"])),
        refuses("a message that is an object", &json!({ "message": "\u{1b}" })),
        refuses("a message that is a number", &json!(1e300)),
        refuses("no message", &Value::Null),
    ]
    .into_iter()
    .chain(statuses.map(|status| Kind::says(GROUP, status, answered(status, &body))))
    .collect()
}

/// A namespace of another user, whose name anyone who can annotate it chooses.
fn owners() -> Vec<Kind> {
    let of = |name: &str, owner: &'static str| {
        Kind::to(GROUP, name, move |asked| {
            let annotations = json!({ "openondemand.org/user": owner, "openondemand.org/owner": owner });
            let labels = json!({ "app.kubernetes.io/created-by": "open_ondemand", "created-by": "open_ondemand" });
            let found = json!({ "metadata": { "name": "x", "annotations": annotations, "labels": labels } });
            match () {
                () if asked.is("GET ") => answered("200 OK", &found.to_string()),
                () if asked.is("POST ") => answered("409 Conflict", "{\"message\":\"there\"}"),
                () => answered("422 Unprocessable Entity", "{\"message\":\"test failed\"}"),
            }
        })
    };
    vec![
        of("an owner with a new line", "bob\nOct 1 sshd: Accepted"),
        of("an owner with a remedy", "bob; run: evil"),
        of(
            "an owner with a remedy behind a Greek question mark",
            "bob\u{37e} run: evil",
        ),
        of("an owner that turns", "\u{202e}bob\u{1b}[2J"),
    ]
}

/// Answers that repeat the request's secrets.
fn echoes() -> Vec<Kind> {
    let of = |name: &str, disguise: fn(&str) -> String| {
        Kind::to(GROUP, name, move |asked| {
            let message = disguise(asked.field("authorization").unwrap_or_default());
            answered("403 Forbidden", &json!({ "message": message }).to_string())
        })
    };
    let body = Kind::to(GROUP, "our own body, Secret and all", |asked| {
        let body = String::from_utf8_lossy(&asked.body).into_owned();
        let status = if asked.head.contains("/secrets") {
            "403 Forbidden"
        } else {
            "200 OK"
        };
        answered(status, &json!({ "message": body }).to_string())
    });
    let alone = |field: &str| field.trim_start_matches("Bearer ").to_owned();
    vec![
        of("the token", str::to_owned),
        of("the token in a sentence", |field| {
            format!("invalid token \"{field}\" for you")
        }),
        of("the token alone", alone),
        body,
    ]
}
