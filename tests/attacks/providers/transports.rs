//! Redirects, and endless, slow, compressed or oversized responses, from discovery and from the token endpoint.

use super::{document_of, Kind};
use crate::hostile::{answer, Act};

const GROUP: &str = "transports";

/// `elsewhere` is a trusted server that would accept the requests.
pub fn kinds(elsewhere: &str) -> Vec<Kind> {
    let mut kinds = redirects(elsewhere);
    kinds.extend(bodies());
    kinds.extend(whole());
    kinds
}

/// Two kinds: for discovery, and for the token endpoint.
fn both(name: &str, acts: Vec<Act>) -> [Kind; 2] {
    let again = acts.clone();
    [
        Kind::new(GROUP, &format!("{name}, to discovery")).documents(move |_, _| acts.clone()),
        Kind::new(GROUP, &format!("{name}, to the token endpoint")).tokens(move |_, _| again.clone()),
    ]
}

fn redirects(elsewhere: &str) -> Vec<Kind> {
    let mut kinds = Vec::new();
    for status in ["301", "302", "303", "307", "308"] {
        let fields = format!("location: {elsewhere}/\r\n");
        let said = answer(&format!("{status} Away"), &fields, b"{}");
        kinds.extend(both(&format!("redirect {status}"), vec![Act::Say(said)]));
    }
    kinds
}

fn bodies() -> Vec<Kind> {
    let head = |fields: &str| Act::Say(format!("HTTP/1.1 200 OK\r\n{fields}\r\n").into());
    let blanks = vec![b' '; 16 * 1024];
    [
        ("silent", vec![Act::Wait]),
        ("hangs up", vec![Act::Close]),
        (
            "an endless head",
            vec![
                Act::Say(b"HTTP/1.1 200 OK\r\n".to_vec()),
                Act::Forever(b"a: b\r\n".repeat(100)),
            ],
        ),
        (
            "an endless body",
            vec![head("connection: close\r\n"), Act::Forever(blanks)],
        ),
        (
            "a slow head",
            vec![Act::Slowly(answer("200 OK", &"a: b\r\n".repeat(30), b"{}"))],
        ),
        (
            "a slow body",
            vec![head("content-length: 1000\r\n"), Act::Slowly(vec![b' '; 1000])],
        ),
        (
            "a flood of 100",
            vec![Act::Forever(b"HTTP/1.1 100 Continue\r\n\r\n".repeat(100))],
        ),
    ]
    .into_iter()
    .flat_map(|(name, acts)| both(name, acts))
    .collect()
}

fn whole() -> Vec<Kind> {
    let too_large = document_of("https://127.0.0.1").to_string() + &" ".repeat(256 * 1024);
    let gzip = answer(
        "200 OK",
        "content-encoding: gzip\r\n",
        &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3],
    );
    [
        ("gzip", vec![Act::Say(gzip)]),
        (
            "more than 256 KiB",
            vec![Act::Say(answer("200 OK", "", too_large.as_bytes()))],
        ),
        ("256 KiB of {\"a\":0}", vec![Act::Say(answer("200 OK", "", &many()))]),
        (
            "busy",
            vec![Act::Say(answer(
                "503 Busy",
                "retry-after: 0\r\n",
                b"{\"error\":\"\\u001b; run: evil\"}",
            ))],
        ),
    ]
    .into_iter()
    .flat_map(|(name, acts)| both(name, acts))
    .collect()
}

fn many() -> Vec<u8> {
    format!("{{\"a\":[{}0]}}", "{\"a\":0},".repeat(32 * 1024 - 10)).into()
}
