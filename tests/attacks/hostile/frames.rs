//! Hand-made HTTP/2 frames, valid and invalid (RFC 9113, section 4.1; HPACK: RFC 7541).

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::sync::mpsc::UnboundedSender;

pub const DATA: u8 = 0;
pub const HEADERS: u8 = 1;
pub const PRIORITY: u8 = 2;
pub const RST_STREAM: u8 = 3;
pub const SETTINGS: u8 = 4;
pub const PUSH_PROMISE: u8 = 5;
pub const PING: u8 = 6;
pub const GOAWAY: u8 = 7;
pub const WINDOW_UPDATE: u8 = 8;
pub const CONTINUATION: u8 = 9;

pub const END_STREAM: u8 = 1;
pub const ACK: u8 = 1;
pub const END_HEADERS: u8 = 4;
pub const PADDED: u8 = 8;

pub const OK: u8 = 0x88;
const CONTENT_TYPE: u8 = 0x5f;
const LOCATION: u8 = 0x6e;
const STATUS: u8 = 0x48;
const PREFACE: usize = 24;

pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap();
    framed(length, kind, flags, stream, payload)
}

/// A frame with any length field.
pub fn framed(length: u32, kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let mut frame = length.to_be_bytes()[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// A SETTINGS frame with one setting.
pub fn setting(id: u16, value: u32) -> Vec<u8> {
    let payload = [&id.to_be_bytes()[..], &value.to_be_bytes()].concat();
    frame(SETTINGS, 0, 0, &payload)
}

/// The usual server preface: empty settings, and the acknowledgement of the client's.
pub fn opening() -> Vec<u8> {
    [frame(SETTINGS, 0, 0, &[]), frame(SETTINGS, ACK, 0, &[])].concat()
}

/// The header block of a 200 response with JSON.
pub fn good_block() -> Vec<u8> {
    [&[OK, CONTENT_TYPE, 16][..], b"application/json"].concat()
}

pub fn headers(stream: u32, flags: u8, block: &[u8]) -> Vec<u8> {
    frame(HEADERS, flags, stream, block)
}

/// The header block of a redirect.
pub fn redirect_block(status: &str, location: &str) -> Vec<u8> {
    let mut block = vec![STATUS, 3];
    block.extend(status.as_bytes());
    block.extend(literal(LOCATION, location.as_bytes()));
    block
}

/// A literal with an indexed name; the value has at most 126 bytes.
pub fn literal(name: u8, value: &[u8]) -> Vec<u8> {
    let length = u8::try_from(value.len()).unwrap();
    assert!(length < 127);
    [&[name, length][..], value].concat()
}

/// A literal with a new name, without indexing.
pub fn new_field(name: &[u8], value: &[u8]) -> Vec<u8> {
    [literal(0, name), literal(0, value)[1..].to_vec()].concat()
}

/// Reads the client's frames until it disconnects, and reports the stream of each request.
pub async fn read(stream: &mut (impl AsyncRead + Unpin), told: UnboundedSender<u32>) -> io::Result<()> {
    stream.read_exact(&mut [0; PREFACE]).await?;
    loop {
        let mut head = [0; 9];
        stream.read_exact(&mut head).await?;
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let mut payload = vec![0; length as usize];
        stream.read_exact(&mut payload).await?;
        if head[3] == HEADERS {
            let id = u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
            let _ = told.send(id);
        }
    }
}
