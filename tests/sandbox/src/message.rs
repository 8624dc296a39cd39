//! Requests and answers, independent of HTTP.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::resources::{percent_decode, Resource};
use crate::selectors::Selection;
use crate::status::Refusal;

/// The query of a request.
pub(crate) type Query = BTreeMap<String, String>;

/// A request, independent of HTTP.
#[derive(Debug, Clone, Default)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: Query,
    pub(crate) content_type: String,
    pub(crate) accept: String,
    pub(crate) user_agent: String,
    pub(crate) authorization: Option<String>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    /// The path with the query, decoded.
    pub(crate) fn target(&self) -> String {
        let pairs: Vec<_> = self.query.iter().map(|(key, value)| format!("{key}={value}")).collect();
        format!("{}?{}", self.path, pairs.join("&"))
    }
}

/// Parses a query.
pub(crate) fn parse_query(query: &str) -> Query {
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (percent_decode(key), percent_decode(&value.replace('+', " ")))
        })
        .collect()
}

/// An answer, independent of HTTP.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) code: u16,
    pub(crate) content_type: &'static str,
    pub(crate) body: Vec<u8>,
    pub(crate) warnings: Vec<String>,
    pub(crate) retry_after: Option<u32>,
    pub(crate) watch: Option<Watch>,
}

/// What a client watches.
#[derive(Debug, Clone)]
pub(crate) struct Watch {
    pub(crate) resource: &'static Resource,
    pub(crate) namespace: String,
    pub(crate) selection: Selection,
    /// The version after which changes are sent; `None` sends the existing objects first.
    pub(crate) after: Option<u64>,
    /// Whether the client waits for a bookmark after that.
    pub(crate) bookmark: bool,
}

impl Answer {
    pub(crate) fn json(code: u16, body: &Value) -> Self {
        let body = body.to_string().into_bytes();
        Self {
            content_type: "application/json",
            ..Self::text(code, body)
        }
    }

    pub(crate) fn text(code: u16, body: impl Into<Vec<u8>>) -> Self {
        Self {
            code,
            content_type: "text/plain; charset=utf-8",
            body: body.into(),
            warnings: Vec::new(),
            retry_after: None,
            watch: None,
        }
    }
}

impl From<Refusal> for Answer {
    fn from(refusal: Refusal) -> Self {
        Self {
            retry_after: refusal.retry_after,
            ..Self::json(refusal.code, &refusal.body())
        }
    }
}
