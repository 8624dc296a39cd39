//! HTTP/2 floods and protocol violations, frame by frame.

use std::sync::Arc;

use super::Kind;
use crate::hostile::frames::{
    frame, framed, good_block, headers, literal, new_field, opening, setting, ACK, CONTINUATION, DATA, END_HEADERS,
    END_STREAM, GOAWAY, HEADERS, OK, PADDED, PING, PRIORITY, PUSH_PROMISE, RST_STREAM, SETTINGS, WINDOW_UPDATE,
};
use crate::hostile::{Act, Answer, Speaks};

const GROUP: &str = "HTTP/2";
const HEADER_TABLE_SIZE: u16 = 1;
const MAX_CONCURRENT_STREAMS: u16 = 3;
const INITIAL_WINDOW_SIZE: u16 = 4;
const MAX_FRAME_SIZE: u16 = 5;
const MAX_HEADER_LIST_SIZE: u16 = 6;

pub fn kinds() -> Vec<Kind> {
    [openings(), floods(), bodies(), breaches(), ends()]
        .into_iter()
        .flatten()
        .collect()
}

/// Answers every request with an empty object.
pub fn good() -> Answer {
    Arc::new(|asked| {
        let head = headers(asked.stream, END_HEADERS, &good_block());
        vec![Act::Say([head, frame(DATA, END_STREAM, asked.stream, b"{}")].concat())]
    })
}

/// Runs this script for the request on a stream.
pub fn kind(name: &str, acts: impl Fn(u32) -> Vec<Act> + Send + Sync + 'static) -> Kind {
    let answer: Answer = Arc::new(move |asked| acts(asked.stream));
    Kind::new(GROUP, name, Speaks::Http2(opening()), answer)
}

/// Sends these frames forever after the first request.
fn flood(name: &str, frames: impl Into<Vec<u8>>) -> Kind {
    let frames = frames.into().repeat(100);
    kind(name, move |_| vec![Act::Forever(frames.clone())])
}

/// Sends these bytes first, and then answers every request.
fn open(name: &str, opening: Vec<u8>) -> Kind {
    Kind::new(GROUP, name, Speaks::Http2(opening), good())
}

fn openings() -> Vec<Kind> {
    vec![
        open("no settings", Vec::new()).good(),
        open("no streams", [setting(MAX_CONCURRENT_STREAMS, 0), opening()].concat()),
        open("one stream", [setting(MAX_CONCURRENT_STREAMS, 1), opening()].concat()).good(),
        open("no window", [setting(INITIAL_WINDOW_SIZE, 0), opening()].concat()).good(),
        open("a window that is too large", setting(INITIAL_WINDOW_SIZE, u32::MAX)),
        open("frames that may be too small", setting(MAX_FRAME_SIZE, 1)),
        open("frames that may be too large", setting(MAX_FRAME_SIZE, u32::MAX)),
        open("no table", [setting(HEADER_TABLE_SIZE, 0), opening()].concat()).good(),
        open(
            "the largest table",
            [setting(HEADER_TABLE_SIZE, u32::MAX), opening()].concat(),
        )
        .good(),
        open(
            "no header fields",
            [setting(MAX_HEADER_LIST_SIZE, 0), opening()].concat(),
        )
        .good(),
        open("HTTP/1.1", b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}".to_vec()),
        open("zeros", vec![0; 100_000]),
        open("ones", vec![0xff; 100_000]),
        open("settings of half a setting", frame(SETTINGS, 0, 0, &[0; 5])),
        open("settings of a stream", frame(SETTINGS, 0, 1, &[])),
        open("settings of 16 MiB", framed(0x00ff_ffff, SETTINGS, 0, 0, &[0; 100_000])),
        open(
            "an answer before the question",
            [opening(), headers(1, END_HEADERS | END_STREAM, &[OK])].concat(),
        )
        // The client may have opened the stream by then.
        .good(),
    ]
}

fn floods() -> Vec<Kind> {
    vec![
        flood("a flood of settings", setting(INITIAL_WINDOW_SIZE, 65_535)),
        flood("a flood of empty settings", frame(SETTINGS, 0, 0, &[])),
        flood("a flood of settings seen", frame(SETTINGS, ACK, 0, &[])),
        flood(
            "a flood of tables",
            [setting(HEADER_TABLE_SIZE, 0), setting(HEADER_TABLE_SIZE, 4096)].concat(),
        ),
        flood("a flood of pings", frame(PING, 0, 0, b"evilevil")),
        flood("a flood of pongs", frame(PING, ACK, 0, b"evilevil")),
        flood("a flood of priorities", frame(PRIORITY, 0, 1, &[0, 0, 0, 0, 255])),
        flood("a flood of windows", frame(WINDOW_UPDATE, 0, 0, &[0, 0, 0, 1])),
        flood("a flood of frames of no kind", frame(0xee, 0xff, 1, b"evil")),
        flood("a flood of resets", frame(RST_STREAM, 0, 1, &[0, 0, 0, 8])),
        flood(
            "a flood of farewells",
            frame(GOAWAY, 0, 0, &[0x7f, 255, 255, 255, 0, 0, 0, 0]),
        ),
        kind("a farewell of 16 kB after the other", |_| {
            let words = [
                &[0x7f, 255, 255, 255, 0, 0, 0, 11][..],
                &b"\n\x1b[2J; run: evil".repeat(500),
            ]
            .concat();
            vec![Act::Forever(frame(GOAWAY, 0, 0, &words))]
        }),
        kind("each stream is reset", |stream| {
            vec![Act::Say(frame(RST_STREAM, 0, stream, &[0, 0, 0, 8]))]
        }),
        kind("each stream is refused, as not begun", |stream| {
            vec![Act::Say(frame(RST_STREAM, 0, stream, &[0, 0, 0, 7]))]
        }),
        kind("answered and reset", |stream| {
            let head = headers(stream, END_HEADERS, &good_block());
            vec![Act::Say([head, frame(RST_STREAM, 0, stream, &[0, 0, 0, 2])].concat())]
        }),
    ]
}

/// Runs this script after a 200 response's header block.
fn body(name: &str, acts: impl Fn(u32) -> Vec<Act> + Send + Sync + 'static) -> Kind {
    kind(name, move |stream| {
        let head = headers(stream, END_HEADERS, &good_block());
        let mut all = vec![Act::Say(head)];
        all.extend(acts(stream));
        all
    })
}

fn bodies() -> Vec<Kind> {
    let padded = |stream, padding: u8, length: usize| {
        let payload = [&[padding][..], &vec![0; length]].concat();
        frame(DATA, PADDED, stream, &payload)
    };
    vec![
        body("a flood of empty data", |stream| {
            vec![Act::Forever(frame(DATA, 0, stream, &[]).repeat(100))]
        }),
        body("a flood of padded data", move |stream| {
            vec![Act::Forever(padded(stream, 255, 255))]
        }),
        body("more padding than data", move |stream| {
            vec![Act::Say(padded(stream, 200, 10))]
        }),
        body("endless data", |stream| {
            vec![Act::Forever(frame(DATA, 0, stream, &[b' '; 16_384]))]
        }),
        body("data forever, a byte each", |stream| {
            vec![Act::Forever(frame(DATA, 0, stream, b" ").repeat(100))]
        }),
        body("a frame of 16 MiB", |stream| {
            vec![
                Act::Say(framed(0x00ff_ffff, DATA, 0, stream, &[])),
                Act::Forever(vec![b' '; 16_384]),
            ]
        }),
        body("silent in the body", |_| vec![Act::Wait]),
        body("hangs up in the body", |_| vec![Act::Close]),
        body("a slow body", |stream| {
            vec![Act::Slowly(frame(DATA, END_STREAM, stream, &b" ".repeat(200)))]
        }),
        body("a flood of trailers", |stream| {
            vec![Act::Forever(
                headers(stream, END_HEADERS, &new_field(b"a", b"b")).repeat(100),
            )]
        }),
        kind("another length than the body's", |stream| {
            let block = [good_block(), literal(0x5c, b"200")].concat();
            let head = headers(stream, END_HEADERS, &block);
            vec![Act::Say([head, frame(DATA, END_STREAM, stream, b"{}")].concat())]
        }),
    ]
}

/// Violations of RFC 9113.
fn breaches() -> Vec<Kind> {
    let says = |name: &str, bytes: Vec<u8>| kind(name, move |_| vec![Act::Say(bytes.clone())]);
    let promise = |promised: u32| [&promised.to_be_bytes()[..], &[0x82, 0x84, 0x87, 0x41, 1, b'a']].concat();
    let promised = promise(2);
    vec![
        kind("a push", move |stream| {
            vec![Act::Say(frame(PUSH_PROMISE, END_HEADERS, stream, &promised))]
        }),
        kind("a flood of pushes", move |stream| {
            let pushes = (1..1000).map(|id| frame(PUSH_PROMISE, END_HEADERS, stream, &promise(2 * id)));
            vec![Act::Forever(pushes.flatten().collect())]
        }),
        says("data of no stream", frame(DATA, 0, 0, b"{}")),
        says("data of a stream that was not opened", frame(DATA, 0, 99, b"{}")),
        says(
            "a head of a stream of the server's",
            frame(HEADERS, END_HEADERS, 2, &good_block()),
        ),
        says("a window of nothing", frame(WINDOW_UPDATE, 0, 0, &[0; 4])),
        says(
            "a window that overflows",
            frame(WINDOW_UPDATE, 0, 0, &[0x7f, 255, 255, 255]),
        ),
        says("a ping of a stream", frame(PING, 0, 1, &[0; 8])),
        says("a ping of seven bytes", frame(PING, 0, 0, &[0; 7])),
        says("a continuation of nothing", frame(CONTINUATION, END_HEADERS, 1, &[OK])),
        says("a priority of four bytes", frame(PRIORITY, 0, 1, &[0; 4])),
    ]
}

fn ends() -> Vec<Kind> {
    vec![
        kind("silent", |_| vec![Act::Wait]),
        kind("hangs up when asked", |_| vec![Act::Close]),
        kind("a farewell and silence", |_| {
            vec![
                Act::Say(frame(GOAWAY, 0, 0, &[0x7f, 255, 255, 255, 0, 0, 0, 0])),
                Act::Wait,
            ]
        }),
        kind("a farewell for all, and out", |_| {
            vec![Act::Say(frame(GOAWAY, 0, 0, &[0; 8])), Act::Close]
        }),
        kind("half a frame", |_| vec![Act::Say(vec![0, 0]), Act::Wait]),
        kind("a slow head", |stream| {
            vec![Act::Slowly(headers(
                stream,
                END_HEADERS,
                &[good_block(), new_field(b"a", &[b'b'; 100])].concat(),
            ))]
        }),
    ]
}
