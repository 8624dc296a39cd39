//! Redirects: none is followed, so the token is never sent elsewhere.

use std::sync::Arc;

use super::Kind;
use crate::hostile::{answer, frames, Act, Speaks};

const GROUP: &str = "redirects";

/// `elsewhere` is a trusted server that would accept the requests.
pub fn kinds(elsewhere: &str) -> Vec<Kind> {
    let plain = elsewhere.replace("https:", "http:");
    let redirect = |status: &str, location: &str, body: &[u8]| {
        let fields = format!("location: {location}\r\n");
        Kind::says(GROUP, &format!("{status} to {location}"), answer(status, &fields, body))
    };
    let mut kinds = Vec::new();
    for status in ["301", "302", "303", "307", "308"] {
        kinds.push(redirect(&format!("{status} Away"), elsewhere, b""));
        kinds.push(over_http2(status, elsewhere));
    }
    for status in ["307 Away", "308 Away"] {
        kinds.push(redirect(
            status,
            elsewhere,
            b"{\"kind\":\"Status\",\"message\":\"away\"}",
        ));
        kinds.push(redirect(status, &plain, b""));
    }
    kinds.extend([
        redirect("300 Choices", elsewhere, b"{}"),
        redirect("304 Not Modified", elsewhere, b""),
        redirect("305 Use Proxy", elsewhere, b"{}"),
        redirect("307 Away", "/", b""),
        redirect("307 Away", "//192.0.2.7/", b""),
        redirect("307 Away", "file:///etc/shadow", b"{}"),
        redirect("307 Away", "", b"{}"),
        redirect("307 Away", &"a".repeat(50_000), b"{}"),
    ]);
    kinds.push(Kind::says(
        GROUP,
        "a header field to refresh",
        answer("403 Forbidden", &format!("refresh: 0; url={elsewhere}\r\n"), b"{}"),
    ));
    kinds.push(Kind::says(
        GROUP,
        "another service",
        answer(
            "403 Forbidden",
            &format!("alt-svc: h2=\"{}\"; ma=1\r\n", &elsewhere[8..]),
            b"{}",
        ),
    ));
    kinds
}

fn over_http2(status: &str, location: &str) -> Kind {
    let block = frames::redirect_block(status, location);
    let flags = frames::END_HEADERS | frames::END_STREAM;
    Kind::new(
        GROUP,
        &format!("{status} over HTTP/2"),
        Speaks::Http2(frames::opening()),
        Arc::new(move |asked| vec![Act::Say(frames::headers(asked.stream, flags, &block))]),
    )
}
