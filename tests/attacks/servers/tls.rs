//! Before the first response: silent TCP, invalid TLS, wrong certificates.

use std::sync::Arc;

use super::Kind;
use crate::hostile::{Act, Asked, Certificate, Speaks};

const GROUP: &str = "TLS";

pub fn kinds() -> Vec<Kind> {
    [garbage(), certificates(), afterwards()]
        .into_iter()
        .flatten()
        .collect()
}

fn garbage() -> Vec<Kind> {
    let record = |kind: u8, length: u16, payload: &[u8]| [&[kind, 3, 3][..], &length.to_be_bytes(), payload].concat();
    let handshake = |kind: u8, payload: &[u8]| [&[kind, 0xff, 0xff, 0xff][..], payload].concat();
    [
        ("silent", vec![Act::Wait]),
        ("hangs up", vec![Act::Close]),
        (
            "HTTP without TLS",
            vec![Act::Say(b"HTTP/1.1 400 Bad Request\r\n\r\nClient sent HTTP\n".to_vec())],
        ),
        ("SSH", vec![Act::Say(b"SSH-2.0-OpenSSH_9.9\r\n".to_vec())]),
        ("zeros forever", vec![Act::Forever(vec![0; 16 * 1024])]),
        ("ones forever", vec![Act::Forever(vec![0xff; 16 * 1024])]),
        ("an alert", vec![Act::Say(record(21, 2, &[2, 40]))]),
        ("warnings forever", vec![Act::Forever(record(21, 2, &[1, 90]))]),
        (
            "a record that is too long",
            vec![Act::Say(record(22, 0xffff, &[0; 0xffff]))],
        ),
        (
            "empty records forever",
            vec![Act::Forever(record(22, 0, &[]).repeat(1000))],
        ),
        (
            "a message of 16 MiB",
            vec![
                Act::Say(record(22, 4, &handshake(2, &[]))),
                Act::Forever(record(22, 0x4000, &[0; 0x4000])),
            ],
        ),
        (
            "changes of the cipher forever",
            vec![Act::Forever(record(20, 1, &[1]).repeat(1000))],
        ),
        ("a slow record", vec![Act::Slowly(record(22, 0x4000, &[0; 0x4000]))]),
    ]
    .map(|(name, acts)| Kind::new(GROUP, name, Speaks::Tcp, Arc::new(move |_| acts.clone())))
    .into()
}

fn certificates() -> Vec<Kind> {
    [
        ("of an authority that nobody knows", Certificate::OtherAuthority),
        ("of another host", Certificate::OtherName),
        ("that has expired", Certificate::Expired),
        ("of the year 3000", Certificate::NotYet),
    ]
    .map(|(name, certificate)| {
        let speaks = Speaks::Tls(certificate, "http/1.1");
        Kind::new(
            GROUP,
            &format!("a certificate {name}"),
            speaks,
            Arc::new(|_| vec![Act::Wait]),
        )
    })
    .into()
}

fn afterwards() -> Vec<Kind> {
    let answers = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}".repeat(100);
    let speaks = Speaks::Tls(Certificate::Good, "http/1.1");
    let answers = Arc::new(move |_: &Asked| vec![Act::Forever(answers.clone())]);
    let mut kinds: Vec<_> = [
        ("silent after the handshake", "http/1.1", vec![Act::Wait]),
        ("hangs up after the handshake", "http/1.1", vec![Act::Close]),
        ("another protocol", "evil", vec![Act::Wait]),
        (
            "an answer before the question",
            "http/1.1",
            vec![
                Act::Say(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}".to_vec()),
                Act::Wait,
            ],
        ),
        (
            "zeros in TLS forever",
            "http/1.1",
            vec![Act::Forever(vec![0; 16 * 1024])],
        ),
    ]
    .map(|(name, protocol, acts)| {
        let speaks = Speaks::Tls(Certificate::Good, protocol);
        Kind::new(GROUP, name, speaks, Arc::new(move |_| acts.clone()))
    })
    .into();
    // They are accepted as the answers to later requests.
    kinds.push(Kind::new(GROUP, "answers forever before the question", speaks, answers).good());
    kinds
}
