//! The log of requests, for tests that count requests, connections and round trips.

use std::sync::Mutex;
use std::time::Instant;

use crate::server::lock;

/// One request, as the server saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// When it was received completely.
    pub at: Instant,
    /// Method.
    pub method: String,
    /// Path, still encoded.
    pub path: String,
    /// Query, decoded, its parameters in alphabetical order.
    pub query: String,
    /// `HTTP/1.1` or `HTTP/2`.
    pub protocol: &'static str,
    /// `Content-Type` of the request.
    pub content_type: String,
    /// The user; `None` if refused with 401, or answered by a fault.
    pub user: Option<String>,
    /// `User-Agent`.
    pub user_agent: String,
    /// Status of the answer; `None` if there is none, or none yet.
    pub status: Option<u16>,
    /// Number of the connection, from 1.
    pub connection: u64,
}

#[derive(Debug, Default)]
struct Inner {
    records: Vec<Record>,
    connections: usize,
    /// Incremented when the log is cleared, so that a late answer is not stored in a new entry.
    generation: u64,
}

/// The log.
#[derive(Debug, Default)]
pub(crate) struct Log(Mutex<Inner>);

/// An entry without an answer yet.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    index: usize,
    generation: u64,
}

impl Log {
    pub(crate) fn connected(&self) {
        lock(&self.0).connections += 1;
    }

    pub(crate) fn begin(&self, record: Record) -> Entry {
        let mut inner = lock(&self.0);
        inner.records.push(record);
        Entry {
            index: inner.records.len() - 1,
            generation: inner.generation,
        }
    }

    pub(crate) fn end(&self, entry: Entry, status: u16, user: Option<String>) {
        let mut inner = lock(&self.0);
        if inner.generation != entry.generation {
            return;
        }
        if let Some(record) = inner.records.get_mut(entry.index) {
            record.status = Some(status);
            record.user = user;
        }
    }

    pub(crate) fn records(&self) -> Vec<Record> {
        lock(&self.0).records.clone()
    }

    pub(crate) fn connections(&self) -> usize {
        lock(&self.0).connections
    }

    pub(crate) fn clear(&self) {
        let mut inner = lock(&self.0);
        let generation = inner.generation + 1;
        *inner = Inner {
            generation,
            ..Inner::default()
        };
    }
}
