//! Discovery documents with other issuers, or with token endpoints that must not receive secrets.

use serde_json::{json, Value};

use super::{document_of, Kind};
use crate::hostile::{json as answered, Act};

const GROUP: &str = "documents";

pub fn kinds() -> Vec<Kind> {
    [issuers(), endpoints(), shapes()].into_iter().flatten().collect()
}

/// A document that is correct except for this key.
fn with(key: &'static str, name: &str, value: impl Fn(&str) -> Value + Send + Sync + 'static) -> Kind {
    Kind::new(GROUP, name).documents(move |url, _| {
        let mut document = document_of(url);
        document[key] = value(url);
        vec![Act::Say(answered("200 OK", &document.to_string()))]
    })
}

fn issuers() -> Vec<Kind> {
    let of = |name: &str, value: fn(&str) -> Value| with("issuer", name, value);
    vec![
        of("another issuer", |_| json!("https://other.example.org")),
        of("an issuer with one slash more", |url| {
            json!(format!("{url}/realms/hpc/"))
        }),
        of("an issuer in capitals", |url| json!(format!("{url}/realms/HPC"))),
        of("a forged issuer", |url| {
            json!(format!("{url}/realms/hpc\nOct 1 sshd: Accepted\u{1b}[2J; run: evil"))
        }),
        of("an issuer that turns", |_| json!("\u{202e}\u{2066}; run: evil")),
        of("an issuer with a Greek question mark", |_| {
            json!("https://other\u{37e} run: evil")
        }),
        of("an issuer with a NUL", |url| json!(format!("{url}/realms/hpc\0"))),
        of("an issuer of 100 kB", |_| json!("; run: evil".repeat(10_000))),
        of("an issuer that is a list", |url| json!([format!("{url}/realms/hpc")])),
        of("an issuer that is null", |_| Value::Null),
    ]
}

fn endpoints() -> Vec<Kind> {
    let of = |name: &str, value: fn(&str) -> Value| with("token_endpoint", &format!("an endpoint {name}"), value);
    vec![
        of("without TLS", |url| json!(url.replace("https:", "http:") + "/token")),
        of("that is a file", |_| json!("file:///etc/shadow")),
        of("by FTP", |_| json!("ftp://127.0.0.1/token")),
        of("that is a script", |_| json!("javascript:evil()")),
        of("with a new line", |url| {
            json!(format!("{url}/token\r\nauthorization: evil"))
        }),
        of("with a NUL", |url| json!(format!("{url}/to\0ken"))),
        of("with escapes", |url| {
            json!(format!("{url}/\u{1b}[2J\u{202e}; run: evil"))
        }),
        of("that is empty", |_| json!("")),
        of("that is relative", |_| json!("/realms/hpc/token")),
        of("without a scheme", |url| {
            json!(format!("{}/token", &url["https:".len()..]))
        }),
        of("without a host", |_| json!("https:///token")),
        of("of 100 kB", |url| json!(format!("{url}/{}", "a".repeat(100_000)))),
        of("that is a list", |url| json!([format!("{url}/token")])),
        of("with port 0", |_| json!("https://127.0.0.1:0/token")),
        of("with port 99999", |_| json!("https://127.0.0.1:99999/token")),
        of("with a user and a password", |url| {
            json!(url.replace("https://", "https://user:hushhush@") + "/realms/hpc/token")
        })
        .hushes("hushhush"),
        of("with a user", |url| {
            json!(url.replace("https://", "https://hushhush@") + "/realms/hpc/token")
        })
        .hushes("hushhush"),
    ]
}

fn shapes() -> Vec<Kind> {
    let of = |name: &str, body: &'static str| {
        Kind::new(GROUP, name).documents(move |_, _| vec![Act::Say(answered("200 OK", body))])
    };
    vec![
        of("a page", "<html>\u{1b}[2J; run: evil"),
        of("a list", "[]"),
        of("nothing", ""),
        of("no issuer", "{\"token_endpoint\":\"https://127.0.0.1/token\"}"),
        of("no endpoint", "{}"),
        with("issuer", "deep lists", |_| json!({})).documents(|_, _| {
            let deep = format!("{{\"a\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
            vec![Act::Say(answered("200 OK", &deep))]
        }),
        with(
            "token_endpoint_auth_methods_supported",
            "methods that are a number",
            |_| json!(1),
        ),
        Kind::new(GROUP, "the issuer twice").documents(|url, _| {
            let twice = format!(
                "{{\"issuer\":\"https://evil\",\"issuer\":\"{url}/realms/hpc\",\"token_endpoint\":\"{url}/token\"}}"
            );
            vec![Act::Say(answered("200 OK", &twice))]
        }),
    ]
}
