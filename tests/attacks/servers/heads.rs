//! HTTP/1.1 status lines, header fields, lengths and chunks that are endless, slow, contradictory or invalid.

use super::Kind;
use crate::hostile::{answer, json, Act};

const GROUP: &str = "heads, lengths and chunks";
const CHUNKED: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n";

pub fn kinds() -> Vec<Kind> {
    [
        slow(),
        endless(),
        endless_chunks(),
        informational(),
        lengths(),
        chunks(),
        lines(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn says(text: impl Into<Vec<u8>>) -> Act {
    Act::Say(text.into())
}

fn forever(text: impl Into<Vec<u8>>) -> Act {
    Act::Forever(text.into())
}

fn head(fields: &str) -> Act {
    says(format!("HTTP/1.1 200 OK\r\n{fields}\r\n"))
}

fn slow() -> Vec<Kind> {
    let whole = json("200 OK", &format!("{{\"a\":\"{}\"}}", "a".repeat(500)));
    let (start, body) = whole.split_at(whole.len() - 500);
    [
        ("silent", vec![Act::Wait]),
        ("hangs up when asked", vec![Act::Close]),
        (
            "hangs up in the head",
            vec![says("HTTP/1.1 200 OK\r\ncont"), Act::Close],
        ),
        ("hangs up in the body", vec![says(start), Act::Close]),
        ("silent in the status line", vec![says("HTTP/1.1 2"), Act::Wait]),
        ("silent in the head", vec![says("HTTP/1.1 200 OK\r\n"), Act::Wait]),
        ("silent in the body", vec![says(start), Act::Wait]),
        ("a slow head", vec![Act::Slowly(whole.clone())]),
        ("a slow body", vec![says(start), Act::Slowly(body.to_vec())]),
        (
            "slow chunks",
            vec![says(CHUNKED), Act::Slowly("1\r\n \r\n".repeat(500).into())],
        ),
    ]
    .map(|(name, acts)| Kind::http1(GROUP, name, acts))
    .into()
}

fn endless() -> Vec<Kind> {
    let page = " ".repeat(16 * 1024);
    [
        (
            "endless header fields",
            vec![says("HTTP/1.1 200 OK\r\n"), forever("a: b\r\n".repeat(1000))],
        ),
        (
            "an endless header field",
            vec![says("HTTP/1.1 200 OK\r\na: "), forever("b".repeat(16 * 1024))],
        ),
        (
            "an endless name",
            vec![says("HTTP/1.1 200 OK\r\n"), forever("b".repeat(16 * 1024))],
        ),
        (
            "an endless reason",
            vec![says("HTTP/1.1 200 "), forever("b".repeat(16 * 1024))],
        ),
        (
            "an endless body without a length",
            vec![head("connection: close\r\n"), forever(page.clone())],
        ),
        (
            "an endless body with a length",
            vec![head("content-length: 4611686018427387904\r\n"), forever(page)],
        ),
        (
            "endless empty lines before the answer",
            vec![forever("\r\n".repeat(1000))],
        ),
    ]
    .map(|(name, acts)| Kind::http1(GROUP, name, acts))
    .into()
}

fn endless_chunks() -> Vec<Kind> {
    let chunk = format!("4000\r\n{}\r\n", " ".repeat(16 * 1024));
    [
        ("endless chunks", vec![says(CHUNKED), forever(chunk)]),
        (
            "endless chunks of a byte",
            vec![says(CHUNKED), forever("1\r\n \r\n".repeat(1000))],
        ),
        (
            "an endless chunk extension",
            vec![says(CHUNKED), says("2;a="), forever("b".repeat(16 * 1024))],
        ),
        (
            "endless trailers",
            vec![
                says(CHUNKED),
                says("2\r\n{}\r\n0\r\n"),
                forever("a: b\r\n".repeat(1000)),
            ],
        ),
    ]
    .map(|(name, acts)| Kind::http1(GROUP, name, acts))
    .into()
}

fn informational() -> Vec<Kind> {
    let hints = "HTTP/1.1 103 Early Hints\r\nlink: </a>; rel=preload\r\n\r\n".repeat(100);
    let mut kinds: Vec<_> = [
        (
            "a flood of 100",
            vec![forever("HTTP/1.1 100 Continue\r\n\r\n".repeat(100))],
        ),
        (
            "a flood of 102",
            vec![forever("HTTP/1.1 102 Processing\r\n\r\n".repeat(100))],
        ),
        ("a flood of 103", vec![forever(hints)]),
        (
            "101",
            vec![
                says("HTTP/1.1 101 Switching Protocols\r\nupgrade: evil\r\nconnection: upgrade\r\n\r\n"),
                Act::Wait,
            ],
        ),
        ("199 and silence", vec![says("HTTP/1.1 199 Odd\r\n\r\n"), Act::Wait]),
    ]
    .map(|(name, acts)| Kind::http1(GROUP, name, acts))
    .into();
    let few = [b"HTTP/1.1 100 Continue\r\n\r\n".to_vec(), json("200 OK", "{}")].concat();
    kinds.push(Kind::says(GROUP, "100 and then the answer", few).good());
    kinds
}

fn lengths() -> Vec<Kind> {
    let of = |name: &str, fields: &str| {
        let text = format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n{fields}\r\n{{}}");
        Kind::says(GROUP, name, text.into())
    };
    vec![
        of("two lengths", "content-length: 2\r\ncontent-length: 200\r\n"),
        of("two lengths in one", "content-length: 2, 200\r\n"),
        of("a negative length", "content-length: -2\r\n"),
        of("a length with a sign", "content-length: +2\r\n"),
        of("a length in words", "content-length: two\r\n"),
        of("a length that overflows", "content-length: 18446744073709551618\r\n"),
        of("an empty length", "content-length:\r\n"),
        of("a length that is too short", "content-length: 1\r\n"),
        of("a length that is too long", "content-length: 200\r\n"),
        of(
            "a length and chunks",
            "content-length: 2\r\ntransfer-encoding: chunked\r\n",
        ),
        of("an encoding that nobody knows", "transfer-encoding: evil\r\n"),
        of("chunks that are compressed", "transfer-encoding: gzip, chunked\r\n"),
    ]
}

fn chunks() -> Vec<Kind> {
    let of = |name: &str, chunks: &str| Kind::says(GROUP, name, format!("{CHUNKED}{chunks}").into());
    vec![
        of("a chunk that overflows", "fffffffffffffffff\r\n{}\r\n0\r\n\r\n"),
        of("the largest chunk", "ffffffffffffffff\r\n{}\r\n0\r\n\r\n"),
        of("a negative chunk", "-2\r\n{}\r\n0\r\n\r\n"),
        of("a chunk in words", "two\r\n{}\r\n0\r\n\r\n"),
        of("a chunk with a prefix", "0x2\r\n{}\r\n0\r\n\r\n"),
        of("a chunk without an end", "2\r\n{}2\r\n{}"),
        of("a chunk of which there is less", "200\r\n{}\r\n0\r\n\r\n"),
        of("line ends alone", "\n\n\n\n"),
    ]
}

fn lines() -> Vec<Kind> {
    let of = |name: &str, text: &[u8]| Kind::says(GROUP, name, text.to_vec());
    let with = |field: &str| answer("403 Forbidden", field, b"{\"message\":\"no\"}");
    vec![
        of("status 0", &json("000 None", "{}")),
        of("status 99", &json("099 Low", "{}")),
        of("status 1000", &json("1000 High", "{}")),
        of("status 999", &json("999 High", "{}")),
        of("a status in words", &json("two hundred", "{}")),
        of("HTTP/0.9", b"{\"kind\":\"Status\"}\r\n\r\n"),
        of("HTTP/2.0 in text", b"HTTP/2.0 200 OK\r\ncontent-length: 2\r\n\r\n{}"),
        of("HTTP/9.9", b"HTTP/9.9 200 OK\r\ncontent-length: 2\r\n\r\n{}"),
        of("a mail server", b"220 mail.example.org ESMTP\r\n"),
        of("a reason with escapes", &json("403 \u{1b}[2J\u{1b}]0;evil\u{7}", "{}")),
        of("a reason with a NUL", &json("403 a\0b", "{}")),
        of("a reason that turns", &json("403 \u{202e}evil; run: evil", "{}")),
        of(
            "a reason of bytes",
            b"HTTP/1.1 403 \xff\xfe\x80\r\ncontent-length: 2\r\n\r\n{}",
        ),
        of("a field with a NUL", &with("a: b\0c\r\n")),
        of("a field that is folded", &with("a: b\r\n c: d\r\n")),
        of("a field without a name", &with(": b\r\n")),
        of("a field with a blank before the colon", &with("content-length : 3\r\n")),
        of("a thousand fields", &with(&"a: b\r\n".repeat(1000))),
        of("a field of 300 kB", &with(&format!("a: {}\r\n", "b".repeat(300_000)))),
        of(
            "a date of the year 9999",
            &with("date: Fri, 31 Dec 9999 23:59:59 GMT\r\n"),
        ),
        of("a date that is none", &with("date: \u{202e}; run: evil\r\n")),
        of(
            "two answers to one question",
            &[json("403 Forbidden", "{}"), json("403 Forbidden", "{}")].concat(),
        ),
    ]
}
