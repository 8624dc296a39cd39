//! HTTP/2 header blocks that are HPACK bombs, endless or invalid.

use super::http2::kind;
use super::Kind;
use crate::hostile::frames::{
    frame, good_block, headers, literal, new_field, CONTINUATION, END_HEADERS, END_STREAM, OK, PING,
};
use crate::hostile::Act;

pub fn kinds() -> Vec<Kind> {
    [fields(), continued()].into_iter().flatten().collect()
}

fn fields() -> Vec<Kind> {
    let whole = END_HEADERS | END_STREAM;
    let block =
        move |name: &str, block: Vec<u8>| kind(name, move |stream| vec![Act::Say(headers(stream, whole, &block))]);
    // A field of 4,000 bytes is stored in the table and then referenced 12,000 times.
    let bomb = [
        &[OK, 0x40, 1, b'a', 0x7f, 0xa1, 0x1e][..],
        &[b'a'; 4000],
        &[0xbe; 12_000],
    ]
    .concat();
    let many = [vec![OK], new_field(b"a", b"b").repeat(3000)].concat();
    vec![
        block("a bomb of HPACK", bomb),
        block("3,000 header fields", many),
        block("an index that there is not", vec![OK, 0xff, 0xff, 0x7f]),
        block("index 0", vec![OK, 0x80]),
        block(
            "a number that overflows",
            vec![OK, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
        ),
        block(
            "a table that is larger than was said",
            vec![0x3f, 0xff, 0xff, 0xff, 0x7f, OK],
        ),
        block("a text that is longer than its block", vec![OK, 0x40, 0x7f, 0xff, 0x7f]),
        block(
            "Huffman that is none",
            vec![OK, 0x40, 0x84, 0xff, 0xff, 0xff, 0xff, 0x84, 0xff, 0xff, 0xff, 0xff],
        ),
        block("no status", new_field(b"a", b"b")),
        block("two statuses", vec![OK, OK]),
        block("a status in words", literal(0x48, b"two")),
        block(
            "a field of HTTP/1.1",
            [vec![OK], new_field(b"transfer-encoding", b"chunked")].concat(),
        ),
        block("a name in capitals", [vec![OK], new_field(b"EVIL", b"a")].concat()),
        block(
            "a value with a new line",
            [vec![OK], new_field(b"a", b"b\r\nc: d")].concat(),
        ),
    ]
}

/// Blocks in several frames.
fn continued() -> Vec<Kind> {
    vec![
        kind("a flood of continuations", |stream| {
            vec![
                Act::Say(headers(stream, 0, &good_block())),
                Act::Forever(frame(CONTINUATION, 0, stream, &new_field(b"a", b"b").repeat(100))),
            ]
        }),
        kind("a flood of empty continuations", |stream| {
            vec![
                Act::Say(headers(stream, 0, &good_block())),
                Act::Forever(frame(CONTINUATION, 0, stream, &[]).repeat(100)),
            ]
        }),
        kind("another frame where a continuation must be", |stream| {
            vec![Act::Say(
                [headers(stream, 0, &good_block()), frame(PING, 0, 0, &[0; 8])].concat(),
            )]
        }),
        kind("a flood of 100", |stream| {
            vec![Act::Forever(
                headers(stream, END_HEADERS, &literal(0x48, b"100")).repeat(100),
            )]
        }),
    ]
}
