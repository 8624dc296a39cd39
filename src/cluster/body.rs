//! The body of an answer: read within its limit and the login's budget, so that a hostile one costs little memory; and
//! which answer took most of it.

use std::sync::{Arc, Mutex, PoisonError};

use http_body_util::BodyExt as _;
use hyper::body::Body;
use hyper::body::Buf as _;
use serde_json::Value;

use super::call::Call;
use crate::deadline::Deadline;

/// What an element of JSON takes in memory beside its text, at least, in bytes: an entry of a map or of a list.
const ELEMENT: usize = 32;
/// The least cost of an answer that is remembered as the largest, in bytes: no login gets one as large.
const REMARKABLE: usize = 256 * 1024;

/// Why a body was not read.
pub(super) enum BodyError<E> {
    /// The connection failed.
    Broken(E),
    /// It is longer than what was asked for can be.
    TooLarge,
    /// All answers of one login, or of one piece of work, are too much together.
    Flood,
}

/// The answer that cost the most so far, and the request for it. Which answer was the one too many is chance, where several
/// are on their way; which one is the largest is not. Clones share it.
#[derive(Clone, Default)]
pub(super) struct Largest(Arc<Mutex<Option<Request>>>);

/// The request for an answer.
#[derive(Clone)]
pub(super) struct Request {
    cost: usize,
    /// The request, in kubectl's words.
    pub what: String,
    /// Whether the answer is an object that the namespace's user may write.
    pub is_of_the_user: bool,
}

impl Largest {
    /// Compares this answer with the largest.
    pub fn weigh(&self, cost: usize, call: &Call<'_>) {
        if cost < REMARKABLE {
            return;
        }
        let mut largest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if largest.as_ref().is_none_or(|largest| largest.cost < cost) {
            *largest = Some(Request::new(cost, call));
        }
    }

    /// The request for the largest answer; this one, if none was remarkable.
    pub fn or(&self, call: &Call<'_>) -> Request {
        let largest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        largest.clone().unwrap_or_else(|| Request::new(0, call))
    }
}

impl Request {
    fn new(cost: usize, call: &Call<'_>) -> Self {
        Self {
            cost,
            what: call.describe(),
            is_of_the_user: call.users_object().is_some(),
        }
    }
}

/// Reads a body of at most `limit` bytes, and adds them to `cost`, those that were refused too.
pub(super) async fn read<B: Body + Unpin>(
    mut body: B,
    limit: usize,
    cost: &mut usize,
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
            *cost += length;
            if !deadline.spend(length) {
                return Err(BodyError::Flood);
            }
            bytes.extend_from_slice(chunk);
            data.advance(length);
        }
    }
    Ok(bytes)
}

/// The JSON in these bytes, `null` where there is none; nothing is parsed that would not fit into the budget. What it takes
/// in memory is added to `cost`.
pub(super) fn parse<E>(bytes: &[u8], cost: &mut usize, deadline: &Deadline) -> Result<Value, BodyError<E>> {
    let elements = bytes.iter().filter(|byte| matches!(byte, b'{' | b'[' | b',')).count();
    *cost += elements * ELEMENT;
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
        let parsed = |bytes: &[u8]| parse::<()>(bytes, &mut 0, &Deadline::after(Duration::from_secs(1))).is_ok();
        let mebibytes = 2 * 1024 * 1024;
        assert!(parsed(format!("{{\"data\":\"{}\"}}", "a".repeat(mebibytes)).as_bytes()));
        let hostile = format!("[{}0]", "{\"a\":0},".repeat(mebibytes / 8));
        assert!(!parsed(hostile.as_bytes()));
    }
}
