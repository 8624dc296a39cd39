//! The body of an answer: read within its limit and the login's budget, so that a hostile one costs little memory.

use http_body_util::BodyExt as _;
use hyper::body::Body;
use hyper::body::Buf as _;
use serde_json::Value;

use crate::deadline::Deadline;

/// What an element of JSON takes in memory beside its text, at least, in bytes: an entry of a map or of a list.
const ELEMENT: usize = 32;

/// Why a body was not read.
pub(super) enum BodyError<E> {
    /// The connection failed.
    Broken(E),
    /// It is longer than what was asked for can be.
    TooLarge,
    /// All answers of one login, or of one piece of work, are too much together.
    Flood,
}

/// Reads a body of at most `limit` bytes.
pub(super) async fn read<B: Body + Unpin>(
    mut body: B,
    limit: usize,
    deadline: &Deadline,
) -> Result<Vec<u8>, BodyError<B::Error>> {
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        let Ok(mut data) = frame.map_err(BodyError::Broken)?.into_data() else {
            continue;
        };
        while data.has_remaining() {
            let chunk = data.chunk();
            let length = chunk.len();
            if bytes.len() + length > limit {
                return Err(BodyError::TooLarge);
            }
            if !deadline.spend(length) {
                return Err(BodyError::Flood);
            }
            bytes.extend_from_slice(chunk);
            data.advance(length);
        }
    }
    Ok(bytes)
}

/// The JSON in these bytes, `null` where there is none; nothing is parsed that would not fit into the budget.
pub(super) fn parse<E>(bytes: &[u8], deadline: &Deadline) -> Result<Value, BodyError<E>> {
    let elements = bytes.iter().filter(|byte| matches!(byte, b'{' | b'[' | b',')).count();
    if !deadline.spend(elements * ELEMENT) {
        return Err(BodyError::Flood);
    }
    Ok(serde_json::from_slice(bytes).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn many_small_elements_cost_more_than_a_long_text() {
        let parsed = |bytes: &[u8]| parse::<()>(bytes, &Deadline::after(Duration::from_secs(1))).is_ok();
        let mebibytes = 2 * 1024 * 1024;
        assert!(parsed(format!("{{\"data\":\"{}\"}}", "a".repeat(mebibytes)).as_bytes()));
        let hostile = format!("[{}0]", "{\"a\":0},".repeat(mebibytes / 8));
        assert!(!parsed(hostile.as_bytes()));
    }
}
