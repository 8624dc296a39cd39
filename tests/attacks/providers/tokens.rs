//! Tokens of other users, without a usable expiry, or malformed: none is written into a home directory.

use base64::Engine as _;
use serde_json::{json, Value};

use super::{claims, granted, Kind, AUTH_PROVIDER, EXCHANGE, EXCHANGE_BY_SUBJECT, REFRESH};
use crate::hostile::{json as answered, Act};

const GROUP: &str = "tokens";

pub fn kinds() -> Vec<Kind> {
    let mut kinds = Vec::new();
    for mode in ["a refreshed token", "an exchanged token"] {
        let mode = (mode, if mode.contains("refreshed") { REFRESH } else { EXCHANGE });
        kinds.extend(claimed(mode));
        kinds.extend(raw(mode));
    }
    kinds.extend(subjects());
    kinds.extend(refresh_tokens());
    kinds.extend(answers());
    kinds
}

type Mode = (&'static str, &'static str);

/// A token whose claims are correct except for this one; `Null` removes it.
fn with(mode: Mode, claim: &'static str, name: &str, value: Value) -> Kind {
    let kind = Kind::new(GROUP, &format!("{}: {name}", mode.0)).mode(mode.1);
    kind.tokens(move |url, _| {
        let mut claims = claims(url);
        if value.is_null() {
            claims.as_object_mut().unwrap().remove(claim);
        } else {
            claims[claim] = value.clone();
        }
        vec![Act::Say(answered("200 OK", &granted(&claims).to_string()))]
    })
}

fn claimed(mode: Mode) -> Vec<Kind> {
    vec![
        with(
            mode,
            "iss",
            "another issuer",
            json!("https://other.example.org/\u{1b}[2J; run: evil"),
        ),
        with(mode, "aud", "another audience", json!("evil\u{202e}; run: evil")),
        with(mode, "aud", "no audience", Value::Null),
        with(
            mode,
            "aud",
            "an audience that is an object",
            json!({ "kubernetes": true }),
        ),
        with(mode, "preferred_username", "another user", json!("root\n; run: evil")),
        with(mode, "preferred_username", "a user in a list", json!(["daemon"])),
        with(mode, "preferred_username", "no user", Value::Null),
        with(mode, "exp", "an end in words", json!("never")),
        with(mode, "exp", "an end that is true", json!(true)),
        with(mode, "exp", "an end before 1970", json!(-1)),
        with(mode, "exp", "an end at 1e300", json!(1e300)),
        with(mode, "exp", "an end in a list", json!([1])),
        with(mode, "exp", "an end that is over", json!(1000)),
        with(mode, "exp", "no end", Value::Null),
    ]
}

/// A refresh never changes the subject. An exchange may, if the provider has one per client, so it is compared only if
/// `OIDC_USERNAME_CLAIM` is not set.
fn subjects() -> Vec<Kind> {
    let (refreshed, exchanged) = (
        ("a refreshed token", REFRESH),
        ("an exchanged token", EXCHANGE_BY_SUBJECT),
    );
    let named = ("an exchanged token that names the user", EXCHANGE);
    let other = || json!("5678\n; run: evil");
    vec![
        with(refreshed, "sub", "another subject", other()),
        with(refreshed, "sub", "no subject", Value::Null),
        with(refreshed, "sub", "a subject that is a number", json!(1234)),
        with(exchanged, "sub", "another subject", other()),
        with(exchanged, "sub", "no subject", Value::Null),
        with(named, "sub", "another subject", other()).written(|_| true),
    ]
}

/// Malformed tokens, and claims that `with` cannot express.
fn raw(mode: Mode) -> Vec<Kind> {
    let encode = |text: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text);
    let says = |name: &str, token: Value| {
        let body = json!({ "access_token": token, "token_type": "Bearer" }).to_string();
        let kind = Kind::new(GROUP, &format!("{}: {name}", mode.0)).mode(mode.1);
        kind.tokens(move |_, _| vec![Act::Say(answered("200 OK", &body))])
    };
    let of = |name: &str, payload: &str| says(name, json!(format!("{}.{}.c2ln", encode("{}"), encode(payload))));
    let good = format!("{}.{}.c2ln", encode("{}"), encode("{\"exp\":99999999999}"));
    vec![
        of("an end at 1e400", "{\"exp\":1e400}"),
        of("claims that are a list", "[{\"exp\":99999999999}]"),
        of("claims that are a number", "1"),
        of("claims that are deep", &format!("{{\"a\":{}}}", "[".repeat(50_000))),
        of("claims that are no UTF-8", "{\"exp\":\u{fffd}}"),
        says("a number", json!(1)),
        says("a list", json!([good])),
        says("an empty text", json!("")),
        says("null", Value::Null),
        says("two parts", json!("a.b")),
        says("four parts", json!("a.b.c.d")),
        says("a new line in it", json!(good.replacen('.', ".\n", 1))),
        says("a NUL in it", json!(good.clone() + "\0")),
        says("escapes in it", json!(good.clone() + "\u{1b}[2J")),
        says("YAML in it", json!(good.clone() + "\nusers: [{name: evil}]")),
        says("200 kB", json!(format!("{}.{}", good, "a".repeat(200_000)))),
    ]
}

/// A refresh token is written into the kubeconfig as one scalar, whatever it contains.
fn refresh_tokens() -> Vec<Kind> {
    let of = |name: &str, token: Value| {
        let kind = Kind::new(GROUP, &format!("a refresh token {name}")).mode(AUTH_PROVIDER);
        let kind = kind.tokens(move |url, _| {
            let mut answer = granted(&claims(url));
            answer["refresh_token"] = token.clone();
            vec![Act::Say(answered("200 OK", &answer.to_string()))]
        });
        kind.written(|kubeconfig| {
            let file: Value = ood_k8s::yaml::from_str(kubeconfig).unwrap_or_default();
            let users = file["users"].as_array().map_or(0, Vec::len);
            // The existing user, and the new one.
            users == 2 && file["kind"] == "Config" && !kubeconfig.contains(['\0', '\u{1b}', '\u{85}', '\u{2028}'])
        })
    };
    vec![
        of("with new lines", json!("a\nusers:\n- name: evil\n  user: {}\n")),
        of("with a NUL", json!("a\0b")),
        of("with escapes", json!("a\u{1b}[2J\u{85}\u{2028}b")),
        of("with quotes", json!("'\"}{: evil # ]&*!|>%@`\\")),
        of("with a document's end", json!("a\n---\nkind: evil\n...\n")),
        of("that is true", json!("true")),
        of("that is empty", json!("")),
        of("of 50 kB", json!("a".repeat(50_000))),
    ]
}

fn answers() -> Vec<Kind> {
    let of = |name: &str, status: &'static str, body: &'static str| {
        Kind::new(GROUP, name).tokens(move |_, _| vec![Act::Say(answered(status, body))])
    };
    vec![
        of("a page", "200 OK", "<html>\u{1b}[2J; run: evil"),
        of("a list", "200 OK", "[]"),
        of("nothing", "200 OK", ""),
        of("no token", "200 OK", "{}"),
        of(
            "types that are others",
            "200 OK",
            "{\"access_token\":{},\"refresh_token\":[],\"id_token\":1}",
        ),
        Kind::new(GROUP, "a good token with status 500")
            .tokens(|url, _| vec![Act::Say(answered("500 Error", &granted(&claims(url)).to_string()))]),
    ]
}
