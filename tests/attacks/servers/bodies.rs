//! Bodies: HTML, decompression bombs, and JSON that is deep, huge, invalid or of the wrong type.

use super::Kind;
use crate::hostile::{answer, json};

const GROUP: &str = "bodies";
/// The program's own limit for one object.
const TWO_MEBIBYTES: usize = 2 * 1024 * 1024;

pub fn kinds() -> Vec<Kind> {
    [no_objects(), bombs(), memory(), busy(), odd()]
        .into_iter()
        .flatten()
        .collect()
}

fn no_objects() -> Vec<Kind> {
    let page = "<!DOCTYPE html><title>\u{1b}[2Jevil</title><p>; run: evil</p>";
    let html = |status: &str| answer(status, "content-type: text/html\r\n", page.as_bytes());
    let utf16: Vec<_> = "{\"kind\":\"Status\"}"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let of = |name: &str, body: &[u8]| Kind::says(GROUP, name, answer("200 OK", "", body));
    let mut kinds: Vec<_> = [
        "200 OK",
        "204 No Content",
        "401 Unauthorized",
        "403 Forbidden",
        "404 Not Found",
        "500 Error",
    ]
    .map(|status| Kind::says(GROUP, &format!("HTML with {status}"), html(status)))
    .into();
    kinds.extend([
        of("nothing", b""),
        of("a list", b"[{}]"),
        of("a number", b"1e999999"),
        of("a text", b"\"evil\""),
        of("null", b"null"),
        of("half an object", b"{\"a\":{"),
        of("an object and more", b"{}{}"),
        of("bytes that are no UTF-8", b"{\"a\":\"\xff\xfe\xc3\"}"),
        of("UTF-16", &utf16),
        of("a mark before the object", b"\xef\xbb\xbf{}"),
        of("NUL", &[0; 1000]),
        of("YAML", b"kind: Status\n"),
        of("protobuf", b"k8s\0\x0a\x0c\x0a\x02v1\x12\x06Status"),
        of("half a surrogate", b"{\"a\":\"\\ud800\"}"),
    ]);
    kinds
}

fn bombs() -> Vec<Kind> {
    let nested = |open: &str, close: &str, depth: usize| format!("{}{}", open.repeat(depth), close.repeat(depth));
    let of = |name: &str, body: String| Kind::says(GROUP, name, json("200 OK", &body));
    let bomb = bomb();
    let encoded = |encoding: &str| answer("200 OK", &format!("content-encoding: {encoding}\r\n"), &bomb);
    vec![
        of("lists, 100,000 deep", nested("[", "]", 100_000)),
        of(
            "objects, 100,000 deep",
            format!("{}1{}", "{\"a\":".repeat(100_000), "}".repeat(100_000)),
        ),
        of(
            "a message, 1,000 deep",
            format!("{{\"message\":{}}}", nested("[", "]", 1000)),
        ),
        Kind::says(GROUP, "a bomb of gzip", encoded("gzip")),
        Kind::says(GROUP, "a bomb of gzip twice", encoded("gzip, gzip")),
        Kind::says(GROUP, "an encoding that is another", encoded("br")),
    ]
}

/// A gzip bomb of 1 MB that expands to 155 MB: repeated matches of 258 bytes in DEFLATE's fixed codes (RFC 1951,
/// section 3.2.6).
fn bomb() -> Vec<u8> {
    let literal = "1" /* the last block */ .to_owned() + "10" /* fixed codes */ + "10101000" /* x */;
    let again = "11000101" /* 258 bytes */ .to_owned() + "00000" /* from one byte before */;
    let bits = literal + &again.repeat(600_000) + "0000000";
    let mut gzip = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3];
    let byte = |bits: &[u8]| bits.iter().rev().fold(0, |byte, bit| byte << 1 | (bit - b'0'));
    gzip.extend(bits.as_bytes().chunks(8).map(byte));
    gzip.extend([0; 8]);
    gzip
}

/// JSON that needs far more memory than its text, just below the size limit of one object.
fn memory() -> Vec<Kind> {
    let many = |element: &str| {
        let count = (TWO_MEBIBYTES - 100) / (element.len() + 1);
        format!("{{\"items\":[{}0]}}", format!("{element},").repeat(count))
    };
    let keys: Vec<_> = (0..150_000).map(|key| format!("\"{key:x}\":0")).collect();
    let of = |name: &str, body: String| Kind::says(GROUP, name, json("200 OK", &body)).good().large();
    vec![
        of("2 MiB of {\"a\":0}", many("{\"a\":0}")),
        of("2 MiB of {}", many("{}")),
        of("2 MiB of []", many("[]")),
        of("2 MiB of 0", many("0")),
        of("2 MiB of \"\"", many("\"\"")),
        of("2 MiB of [[0]]", many("[[0]]")),
        of("150,000 keys", format!("{{{}}}", keys.join(","))),
        of(
            "2 MiB of one text",
            format!("{{\"a\":\"{}\"}}", "a".repeat(TWO_MEBIBYTES - 100)),
        ),
        of(
            "2 MiB of escapes",
            format!("{{\"a\":\"{}\"}}", "\\u0001".repeat(340_000)),
        ),
        of("2 MiB of blanks", format!("{{{}}}", " ".repeat(TWO_MEBIBYTES - 100))),
    ]
}

/// Temporary errors are retried, but not as often as the server asks.
fn busy() -> Vec<Kind> {
    let of = |name: &str, status: &str, wait: &str| {
        let fields = format!("retry-after: {wait}\r\n");
        let body = b"{\"message\":\"\xc2\x9b2J; run: evil\"}";
        // Two requests, each retried after 0.1, 0.2, 0.4, 0.8 s and so on.
        Kind::says(GROUP, name, answer(status, &fields, body)).asked_at_most(30)
    };
    vec![
        of("429, and again at once", "429 Too Many Requests", "0"),
        of("503, and again at once", "503 Service Unavailable", "0"),
        of("500, and again at once", "500 Internal Server Error", "0"),
        of("429, and again before now", "429 Too Many Requests", "-1"),
        of(
            "429, and again in 10^30 s",
            "429 Too Many Requests",
            "1000000000000000000000000000000",
        ),
        of(
            "429, and again in 2^64-1 s",
            "429 Too Many Requests",
            "18446744073709551615",
        ),
        of(
            "429, and again on a day",
            "429 Too Many Requests",
            "Fri, 31 Dec 9999 23:59:59 GMT",
        ),
        of("429, and again half a second later", "429 Too Many Requests", "0.5"),
    ]
}

/// Well-formed objects with unexpected content.
fn odd() -> Vec<Kind> {
    let of = |name: &str, body: &str| Kind::says(GROUP, name, json("200 OK", body));
    vec![
        secret_too_large(),
        leaving(),
        of("keys twice", "{\"metadata\":{},\"metadata\":[],\"metadata\":1}").good(),
        of(
            "metadata that is a list",
            "{\"metadata\":[[]],\"data\":1,\"subjects\":{}}",
        )
        .good(),
        of(
            "metadata that is a number",
            "{\"metadata\":1e308,\"data\":[],\"roleRef\":null}",
        )
        .good(),
    ]
}

/// A Secret created by a user that takes six times its size as JSON.
fn secret_too_large() -> Kind {
    let too_large = format!(
        "{{\"metadata\":{{\"annotations\":{{\"a\":\"{}\"}}}}}}",
        "\\u0001".repeat(400_000)
    );
    let kind = Kind::to(GROUP, "a Secret that is larger than 2 MiB", move |asked| match () {
        () if asked.is("POST /api/v1/namespaces?") => json("409 Conflict", "{}"),
        () if asked.is("GET ") && asked.head.contains("/secrets/") => json("200 OK", &too_large),
        () => json("200 OK", "{}"),
    });
    kind.told_as("larger than 2 MiB")
}

/// A namespace that stays in deletion.
fn leaving() -> Kind {
    Kind::to(GROUP, "a namespace that is being deleted forever", |asked| match () {
        () if asked.is("POST ") => json("409 Conflict", "{}"),
        () => json(
            "200 OK",
            "{\"metadata\":{\"deletionTimestamp\":\"\\u001b[2J; run: evil\"}}",
        ),
    })
}
